"""Opening any model by name: a classifier or a summariser, whichever its folder holds."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tasrih.models.classifier import Classifier
from tasrih.models.files import kind_of, locate
from tasrih.models.summariser import Summariser


def _summarises(place: Path | str) -> bool:
    """Say whether a folder or hub id is a summariser's, by its config."""
    if isinstance(place, Path):
        kind = kind_of(place)
        return kind == "summariser" if kind else Summariser.is_one(place)
    try:
        from transformers import AutoConfig

        return bool(AutoConfig.from_pretrained(place, trust_remote_code=False).is_encoder_decoder)
    except Exception:  # a stranger's config can fail in any way; opening it as a classifier tells which
        return False


@lru_cache(maxsize=16)
def _opened(name: str, device: str | None, engine: str | None) -> Classifier | Summariser:
    if _summarises(locate(name)):
        return Summariser.from_pretrained(name, device=device)
    return Classifier.from_pretrained(name, device=device, engine=engine)


def load(name: str | Path, *, device: str | None = None, engine: str | None = None) -> Classifier | Summariser:
    """Open a model by name, folder or hub id.

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
