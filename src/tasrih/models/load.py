"""Opening any model by name: a classifier or a summariser, whichever its folder holds."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from tasrih.models.classifier import Classifier
from tasrih.models.engines import EngineChoice
from tasrih.models.engines.torch import no_model
from tasrih.models.files import is_exported, kind_of, locate
from tasrih.models.summariser import Summariser


def _summarises(place: Path | str) -> bool:
    """Say whether a folder or hub id is a summariser's, by its config."""
    if isinstance(place, Path):
        kind = kind_of(place)
        return kind == "summariser" if kind else Summariser.is_one(place)
    try:
        from transformers import AutoConfig

        return bool(AutoConfig.from_pretrained(place, trust_remote_code=False).is_encoder_decoder)
    except OSError:  # asked again it would take as long to say so
        raise no_model(place) from None
    except Exception:  # a stranger's config can fail in any way; opening it as a classifier tells which
        return False


def _check_device(name: str, place: Path | str, device: str | None) -> None:
    """Refuse a device that the model cannot run on."""
    if device is None:
        return
    if isinstance(place, Path) and is_exported(place):
        if device != "cpu":
            raise ValueError(
                f"device {device!r}: the model {name} runs on the CPU alone: leave device out, or give a folder that "
                "`tasrih train` saved, which runs in torch"
            )
        return
    if find_spec("torch") is None:  # opening the model says so
        return
    import torch

    try:
        asked = torch.device(device)
    except (RuntimeError, TypeError):
        raise ValueError(f'device {device!r}: torch knows none of that name: give "cpu", "cuda" or "cuda:0"') from None
    count = torch.cuda.device_count()
    if asked.type == "cuda" and (asked.index or 0) >= count:
        raise ValueError(f'device {device!r}: torch finds {count or "no"} GPUs here: give "cpu", or leave device out')


def _check_summariser_engine(name: str, place: Path | str, engine: EngineChoice | None) -> None:
    """Refuse an engine that no summariser runs on: each has one."""
    own = "onnx" if isinstance(place, Path) and is_exported(place) else "torch"
    if engine is not None and str(engine) not in ("auto", own):
        raise ValueError(f"engine {str(engine)!r}: the summariser {name} runs on {own} alone: leave engine out")


@lru_cache(maxsize=16)
def _opened(name: str, device: str | None, engine: str | None) -> Classifier | Summariser:
    choice = EngineChoice.parse(engine)
    place = locate(name)
    _check_device(name, place, device)
    if _summarises(place):
        _check_summariser_engine(name, place, choice)
        return Summariser.from_pretrained(name, device=device)
    return Classifier.from_pretrained(name, device=device, engine=engine)


def load(name: str | Path, *, device: str | None = None, engine: str | None = None) -> Classifier | Summariser:
    """Open a model by name, folder or hub id.

    Args:
        name: a bundled model's name (``tasrih models`` lists them), a folder, or a hub id.
        device: where a torch model runs, such as ``"cuda:0"``; bundled and exported models run on the CPU alone.
        engine: what computes a classifier: ``"onnx"``, ``"openvino"``, ``"torch"``, or ``"auto"`` for the fastest on
            this machine (see ``Classifier.from_pretrained``). A summariser runs on one: ``onnx`` where it is bundled or
            exported, else ``torch``.

    Returns:
        A ``Classifier`` or a ``Summariser``; the same one when asked again.

    Raises:
        ModelError: if there is no such model, or it is damaged; it is a ``ValueError``.
        ValueError: if there is no such engine or device, or the model does not run on it.

    Example:
        >>> load("topic").task
        'topic'
    """
    return _opened(str(name), device, engine)
