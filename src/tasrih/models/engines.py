"""Engines: arrays of ids and masks in, arrays of logits out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from tasrih.errors import MissingExtraError, ModelError


class Engine(Protocol):
    """What a model needs of an engine."""

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute one padded batch; the names of the outputs are the model's."""
        ...


class OnnxEngine:
    """ONNX Runtime on the CPU, fp32."""

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        """Open a graph.

        Args:
            path: the ``.onnx`` file.
            threads: threads of one pass; None leaves it to the runtime (all cores).

        Raises:
            ModelError: if the file is no graph that the runtime can open.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's own exception classes share no base of their own
            raise ModelError(f"{path} cannot be opened by onnxruntime: {str(error).splitlines()[0]}") from None
        self._inputs = {node.name for node in self._session.get_inputs()}
        self._outputs = [node.name for node in self._session.get_outputs()]

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute one padded batch; inputs that the graph does not know are left out."""
        inputs = {name: value for name, value in batch.items() if name in self._inputs}
        return dict(zip(self._outputs, self._session.run(self._outputs, inputs), strict=True))


class TorchEngine:
    """A transformers classifier in torch, on the CPU or a GPU."""

    def __init__(self, model, *, device: str) -> None:
        """Wrap a model.

        Args:
            model: any ``AutoModelForSequenceClassification``.
            device: such as ``cpu`` or ``cuda``.
        """
        self._model = model.to(device).eval()
        self._device = device

    @classmethod
    def from_pretrained(cls, name: str | Path, *, device: str | None) -> TorchEngine:
        """Open a transformers folder or hub id.

        Args:
            name: the folder or id.
            device: where to run; None takes a GPU where there is one.

        Returns:
            The engine.

        Raises:
            ModelError: if there is no such model, or it has no classification head.
            MissingExtraError: if torch or transformers is not installed.
        """
        try:
            import torch
            from transformers import AutoConfig, AutoModelForSequenceClassification
        except ImportError:
            raise MissingExtraError("torch and transformers", "train", f"opening {name}") from None
        try:
            config = AutoConfig.from_pretrained(name)
        except (OSError, ValueError):
            raise ModelError(
                f"no model {name}: it is no bundled model and no folder, and the hub could not be asked for it; "
                "give the path of a local folder"
            ) from None
        kinds = config.architectures or []
        if config.is_encoder_decoder:
            raise ModelError(f"{name} is a summariser ({', '.join(kinds) or config.model_type}), not a classifier")
        if not any(kind.endswith("ForSequenceClassification") for kind in kinds):
            raise ModelError(
                f"{name} is a base encoder ({', '.join(kinds) or 'no head'}); fine-tune it with `tasrih train`"
            )
        try:
            model = AutoModelForSequenceClassification.from_pretrained(name, dtype=torch.float32, use_safetensors=True)
        except Exception as error:  # safetensors' own errors share no base with the others
            raise ModelError(f"the weights of {name} cannot be opened: {str(error).splitlines()[0]}") from None
        return cls(model, device=device or ("cuda" if torch.cuda.is_available() else "cpu"))

    @property
    def config(self):
        """The transformers config of the model."""
        return self._model.config

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute one padded batch."""
        import inspect

        import torch

        known = inspect.signature(self._model.forward).parameters
        inputs = {key: torch.from_numpy(value).to(self._device) for key, value in batch.items() if key in known}
        with torch.no_grad():
            return {"logits": self._model(**inputs).logits.float().cpu().numpy()}
