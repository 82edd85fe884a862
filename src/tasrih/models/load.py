"""Opening any model by name: a classifier or a summariser, whichever its folder holds."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tasrih.models.classifier import Classifier
from tasrih.models.files import kind_of, locate
from tasrih.models.summariser import Summariser


@lru_cache(maxsize=16)
def _opened(name: str, device: str | None, engine: str | None) -> Classifier | Summariser:
    place = locate(name)
    summarises = False
    if isinstance(place, Path):
        kind = kind_of(place)
        summarises = kind == "summariser" if kind else Summariser.is_one(place)
    if summarises:
        return Summariser.from_pretrained(name, device=device)
    return Classifier.from_pretrained(name, device=device, engine=engine)


def load(name: str | Path, *, device: str | None = None, engine: str | None = None) -> Classifier | Summariser:
    """Open a model by name, folder or hub id.

    A hub id is opened as a classifier; for a summariser of the hub use ``Summariser.from_pretrained``.

    Args:
        name: a bundled model's name (``tasrih models`` lists them), a folder, or a hub id.
        device: where a torch model runs; bundled models run on the CPU.
        engine: what computes a classifier: ``"onnx"``, ``"openvino"``, ``"torch"``, or ``"auto"`` for the fastest on
            this machine (see ``Classifier.from_pretrained``).

    Returns:
        A ``Classifier`` or a ``Summariser``; the same one when asked again.

    Raises:
        ModelError: if there is no such model, or it is damaged; it is a ``ValueError``.

    Example:
        >>> load("topic").task
        'topic'
    """
    return _opened(str(name), device, engine)
