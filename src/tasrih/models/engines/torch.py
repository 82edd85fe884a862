"""A transformers checkpoint in torch: fp32 or bf16, on the CPU or a GPU."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tasrih.errors import MissingExtraError, ModelError
from tasrih.models.engines.token_head import open_joined
from tasrih.models.ngrams import Ngrams, ngram_layer

PRECISIONS = ("bf16", "fp32")


def no_model(name: object) -> ModelError:
    """Give what is raised for a hub id that cannot be had."""
    return ModelError(
        f"no model {name}: it is no bundled model and no folder, and the hub could not be asked for it; give the path "
        "of a local folder"
    )


class TorchEngine:
    """A transformers classifier in torch, on the CPU or a GPU, with the token head and linear part beside it."""

    #: torch has a pool of threads of its own, which one pass fills
    streams = 1

    def __init__(
        self, model, *, device: str, precision: str | None = None, compiled: bool = False,
        ngrams: Ngrams | None = None, joined=None,
    ) -> None:  # fmt: skip
        """Wrap a model.

        Args:
            model: any ``AutoModelForSequenceClassification``.
            device: such as ``cpu`` or ``cuda``.
            precision: ``fp32`` or ``bf16``; None is fp32, so that the device changes no answer.
            compiled: let ``torch.compile`` make kernels for it, for any shape: worth its minute or so for a
                long run on a GPU.
            ngrams: the linear part beside it, if it has one.
            joined: the model and its token head in one module (``token_head.joined``), if it has one.

        Raises:
            ModelError: if the precision is another.
        """
        import torch

        precision = precision or "fp32"
        if precision not in PRECISIONS:
            raise ModelError(f"torch has no precision {precision!r} here: choose from {', '.join(PRECISIONS)}")
        self._model = model
        # the joined module holds the model itself: one move, and one pass, for both heads
        whole = (model if joined is None else joined).to(
            device, torch.bfloat16 if precision == "bf16" else torch.float32
        ).eval()  # fmt: skip
        self._ngrams = ngram_layer(ngrams).to(device) if ngrams else None
        self._device = device
        self._known = frozenset(inspect.signature(whole.forward).parameters)
        self._forward = torch.compile(whole, dynamic=True) if compiled else whole
        self._process = os.getpid()
        self.name = f"torch {precision} on {device}" + (", compiled" if compiled else "")

    @classmethod
    def from_pretrained(
        cls, name: str | Path, *, device: str | None, precision: str | None = None, compiled: bool = False
    ) -> TorchEngine:
        """Open a transformers folder or hub id.

        Args:
            name: the folder, whose token head (``spans/``) and linear part (``ngrams.safetensors``) are opened with
                it; or the id, of which neither is read.
            device: where to run; None takes a GPU where there is one.
            precision: as in the constructor.
            compiled: as in the constructor.

        Returns:
            The engine.

        Raises:
            ModelError: if there is no such model, or it has no classification head, or what lies beside it is
                damaged or of another model.
            MissingExtraError: if torch or transformers is not installed.
        """
        try:
            import torch
            from transformers import AutoConfig, AutoModelForSequenceClassification
        except ImportError:
            raise MissingExtraError("torch and transformers", "train", f"opening {name}") from None
        try:
            config = AutoConfig.from_pretrained(name, trust_remote_code=False)  # None would ask at a terminal
        except (OSError, ValueError):
            raise no_model(name) from None
        kinds = config.architectures or []
        if config.is_encoder_decoder:
            raise ModelError(f"{name} is a summariser ({', '.join(kinds) or config.model_type}), not a classifier")
        if not any(kind.endswith("ForSequenceClassification") for kind in kinds):
            raise ModelError(
                f"{name} is a base encoder ({', '.join(kinds) or 'no head'}); fine-tune it with `tasrih train`"
            )
        try:
            model = AutoModelForSequenceClassification.from_pretrained(
                name, dtype=torch.float32, use_safetensors=True, trust_remote_code=False
            )
        except Exception as error:  # safetensors' own errors share no base with the others
            raise ModelError(f"the weights of {name} cannot be opened: {str(error).splitlines()[0]}") from None
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        ngrams = Ngrams.load(name, config.num_labels)
        joined = open_joined(name, model)
        return cls(model, device=device, precision=precision, compiled=compiled, ngrams=ngrams, joined=joined)

    @property
    def has_gradients(self) -> bool:
        """Whether its score is a function of the embeddings alone; the linear part reads the ids."""
        return self._ngrams is None

    @property
    def config(self):
        """The transformers config of the model."""
        return self._model.config

    def _inputs(self, batch: dict[str, np.ndarray]) -> dict:
        import torch

        return {key: torch.from_numpy(value).to(self._device) for key, value in batch.items() if key in self._known}

    def integrated_gradients(
        self, batch: dict[str, np.ndarray], baseline: np.ndarray, score: Callable[[Any], Any], *, steps: int = 32
    ) -> np.ndarray:
        """Share the change of a score out among tokens (Sundararajan, Taly & Yan 2017).

        Args:
            batch: one padded batch, computed together.
            baseline: ids of the same shape that the path of embeddings begins at.
            score: from the logits of the batch, a float tensor of shape (windows, labels), to one number.
            steps: points of the path, those of Gauss and Legendre's quadrature.

        Returns:
            Shape (windows, length): they add up to ``score`` of the batch less ``score`` of the baseline, but for the
            error of the quadrature. 0 where both have the same id.
        """
        import torch

        inputs = self._inputs(batch)
        embed = self._model.get_input_embeddings()
        with torch.no_grad():
            there = embed(inputs.pop("input_ids"))
            way = there - embed(torch.from_numpy(baseline).to(self._device))
        total = torch.zeros_like(way, dtype=torch.float32)
        for point, weight in zip(*np.polynomial.legendre.leggauss(steps), strict=True):
            # the points lie in -1 ... 1, the path in 0 ... 1
            embeddings = (there - way * (1 - point) / 2).requires_grad_()
            logits = self._model(inputs_embeds=embeddings, **inputs).logits.float()
            total += torch.autograd.grad(score(logits), embeddings)[0].float() * (weight / 2)
        return (way.float() * total).sum(-1).cpu().numpy()

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute one padded batch: ``logits``, and ``span_logits`` where there is a token head."""
        import torch

        if os.getpid() != self._process:
            # the threads of torch's pool do not live on in a forked process, which would wait for them for ever
            torch.set_num_threads(1)
            self._process = os.getpid()
        inputs = self._inputs(batch)
        with torch.inference_mode():
            found = self._forward(**inputs)
            results = {name: found[name] for name in ("logits", "span_logits") if name in found}
            if self._ngrams:
                results["logits"] = self._ngrams(results["logits"], inputs["input_ids"], inputs["attention_mask"])
            return {name: value.float().cpu().numpy() for name, value in results.items()}
