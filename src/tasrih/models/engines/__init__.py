"""Engines: arrays of ids and masks in, arrays of logits out.

``onnx`` is what a model in our own layout runs on, ``torch`` what a transformers folder runs on; ``openvino``
and ``auto`` are asked for by name, so that installing a package never changes an answer.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np

from tasrih.errors import ModelError
from tasrih.models.engines.machine import cores, processor_flags
from tasrih.models.engines.onnx import OnnxEngine
from tasrih.models.engines.openvino import OpenVinoEngine, best_precision
from tasrih.models.engines.torch import TorchEngine

__all__ = [
    "MODES",
    "Engine",
    "EngineChoice",
    "OnnxEngine",
    "OpenVinoEngine",
    "TorchEngine",
    "best_checkpoint_precision",
    "best_engine",
    "cores",
    "on_gpu",
    "open_checkpoint",
    "open_graph",
    "processor_flags",
]  # fmt: skip

#: Says at INFO what ``auto`` came to; the command line prints it.
_LOGGER = logging.getLogger("tasrih")

#: Engine to the modes that may follow its name after a colon.
MODES = {"onnx": (), "openvino": ("bf16", "int8", "fp32"), "torch": ("bf16", "fp32", "compiled"), "auto": ()}


class Engine(Protocol):
    """What a model needs of an engine.

    An engine that may compute several batches at once says how many in ``streams``, and what it is in ``name``;
    one that has neither is given one batch at a time.
    """

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute one padded batch; the names of the outputs are the model's."""
        ...


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """An engine that was asked for, and its mode."""

    name: str
    mode: str | None = None

    def __str__(self) -> str:
        return self.name if self.mode is None else f"{self.name}:{self.mode}"

    @classmethod
    def parse(cls, text: str | None) -> EngineChoice | None:
        """Read ``"openvino"`` or ``"openvino:bf16"``.

        Args:
            text: what the caller wrote; None for the model's own engine.

        Returns:
            The choice, or None.

        Raises:
            ValueError: if there is no such engine or mode; the message lists those that exist.
        """
        if text is None:
            return None
        name, _, mode = text.partition(":")
        if name not in MODES or (mode and mode not in MODES[name]):
            allowed = [name if not modes else f"{name}[:{'|'.join(modes)}]" for name, modes in MODES.items()]
            raise ValueError(f"unknown engine {text!r}: choose from {', '.join(allowed)}")
        return cls(name, mode or None)


def best_engine() -> EngineChoice:
    """Choose what runs a model in our own layout fastest on this machine: OpenVINO where it has lower precision.

    Returns:
        ``openvino`` with its precision if it is installed and the processor has AMX or VNNI, else ``onnx``.
    """
    if find_spec("openvino") is not None and best_precision() != "fp32":
        return EngineChoice("openvino", best_precision())
    return EngineChoice("onnx")


def open_graph(path: Path, choice: EngineChoice | None) -> Engine:
    """Open the graph of a model in our own layout.

    Args:
        path: the ``.onnx`` file.
        choice: the engine; None takes ``onnx``. What ``auto`` came to is logged.

    Returns:
        The engine, which takes as many batches at once as this process has cores.

    Raises:
        ModelError: if the file cannot be opened, or the engine does not read such files.
        MissingExtraError: if the engine is not installed.
    """
    if choice is not None and choice.name == "auto":
        return _told(open_graph(path, best_engine()), path.parent)
    if choice is None or choice.name == "onnx":
        return OnnxEngine(path, threads=1, streams=cores())
    if choice.name == "openvino":
        return OpenVinoEngine(path, precision=choice.mode)
    raise ModelError(f"{path} is an ONNX graph, which torch does not open: give the folder that `tasrih train` saved")


def open_checkpoint(name: str | Path, choice: EngineChoice | None, *, device: str | None) -> TorchEngine:
    """Open a transformers folder or hub id.

    Args:
        name: the folder or id.
        choice: the engine; None takes ``torch`` in fp32. ``auto`` takes bf16 on a GPU, and on a CPU with AMX; which is
            logged.
        device: where to run; None takes a GPU where there is one.

    Returns:
        The engine.

    Raises:
        ModelError: if it cannot be opened, or the engine does not read such folders.
        MissingExtraError: if torch is not installed.
    """
    choice = choice or EngineChoice("torch")
    if choice.name not in ("torch", "auto"):
        raise ModelError(f"{name} holds no ONNX graph for {choice.name}: write one with `tasrih export {name} FOLDER`")
    if choice.name == "auto":
        found = EngineChoice("torch", best_checkpoint_precision(device))
        return _told(open_checkpoint(name, found, device=device), name)
    mode = choice.mode
    compiled = mode == "compiled"
    return TorchEngine.from_pretrained(
        name, device=device, precision="bf16" if compiled else mode, compiled=compiled
    )  # fmt: skip


def _told(engine: Engine, place: str | Path) -> Engine:
    """Log what ``auto`` came to."""
    _LOGGER.info("engine auto: %s runs on %s (`tasrih doctor` says why)", Path(place).name, engine.name)
    return engine


def best_checkpoint_precision(device: str | None = None) -> str:
    """Choose what a transformers folder is computed in where ``auto`` is asked for.

    Args:
        device: where it runs; None takes a GPU where there is one.

    Returns:
        ``bf16`` on a GPU and on a processor with AMX, else ``fp32``.
    """
    return "bf16" if on_gpu(device) or "amx_bf16" in processor_flags() else "fp32"


def on_gpu(device: str | None = None) -> bool:
    """Say whether a transformers folder runs on a GPU; None as the device stands for one where torch finds it."""
    if device is not None:
        return device.startswith("cuda")
    if find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()
