"""A linear part beside an encoder: weights of word pieces and of neighbouring pairs of them, in one hashed table.

An encoder of a few million weights knows what a sentence is about and misses the single word that decides; a linear
model over n-grams is the other way round. Their logits are added, in the graph itself, so that every engine has both.

Source: Cheng et al., "Wide & Deep Learning for Recommender Systems", 2016; hashing as in Weinberger et al., "Feature
Hashing for Large Scale Multitask Learning", ICML 2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasrih.errors import ModelError

#: What lies beside a fine-tuned transformers folder that has such a part.
FILE = "ngrams.safetensors"
#: Places that pairs are hashed to: a prime, so that no pattern of ids falls together.
BUCKETS = 131_071
_MULTIPLIER = 40_503


def pair_places(ids, vocabulary: int, buckets: int = BUCKETS):
    """Give the place in the table of each pair of neighbouring pieces; a piece alone has its id for a place.

    Args:
        ids: integers of shape (..., tokens), of numpy or torch.
        vocabulary: number of piece ids; the pairs stand after them.
        buckets: places for pairs.

    Returns:
        Integers of shape (..., tokens - 1).
    """
    return vocabulary + (ids[..., :-1] * _MULTIPLIER + ids[..., 1:]) % buckets


@dataclass(frozen=True, eq=False)
class Ngrams:
    """The linear part of a classifier.

    Attributes:
        weights: ``float32`` of shape (vocabulary + buckets, labels).
        bias: ``float32`` of shape (labels,).
        kept: what multiplies the encoder's logits before the two are added.
        vocabulary: number of piece ids.
    """

    weights: np.ndarray
    bias: np.ndarray
    kept: float
    vocabulary: int

    def save(self, folder: str | Path) -> None:
        """Write the part beside a model."""
        from safetensors.numpy import save_file

        scalars = {"kept": np.array([self.kept], np.float32), "vocabulary": np.array([self.vocabulary], np.int64)}
        save_file({"weights": self.weights, "bias": self.bias, **scalars}, Path(folder) / FILE)

    @classmethod
    def load(cls, folder: str | Path, labels: int) -> Ngrams | None:
        """Read the part of a model.

        Args:
            folder: the model's folder, or a hub id, which has none that is read.
            labels: how many labels the model has.

        Returns:
            The part; None where there is none.

        Raises:
            ModelError: if the file is damaged or of another model.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = Path(folder) / FILE
        if not path.is_file():
            return None
        try:
            stored = load_file(path)
            weights, bias = stored["weights"], stored["bias"]
            kept, vocabulary = float(stored["kept"][0]), int(stored["vocabulary"][0])
        except (OSError, KeyError, IndexError, ValueError, SafetensorError) as error:
            raise ModelError(f"{path} cannot be read ({error}): get the model again") from None
        fits = weights.ndim == 2 and bias.shape == (labels,) == weights.shape[1:]
        if not fits or not 0 < vocabulary < len(weights):
            raise ModelError(f"{path} is of another model: its weights are {weights.shape}, the labels {labels}")
        return cls(weights, bias, kept, vocabulary)


def ngram_layer(ngrams: Ngrams):
    """Make the layer that adds the linear part to an encoder's logits.

    Args:
        ngrams: the part.

    Returns:
        A torch module; called with logits (batch, labels), ids and mask (batch, tokens) it gives logits. What is
        summed is divided by the square root of how many pieces and pairs there are, whatever the padding.
    """
    import torch
    from torch import nn

    class NgramLayer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.from_numpy(ngrams.weights), requires_grad=False)
            self.bias = nn.Parameter(torch.from_numpy(ngrams.bias), requires_grad=False)
            self.kept, self.vocabulary = ngrams.kept, ngrams.vocabulary

        def forward(self, logits, input_ids, attention_mask):
            pairs = pair_places(input_ids, self.vocabulary, len(self.table) - self.vocabulary)
            here = torch.cat([attention_mask, attention_mask[:, :-1] * attention_mask[:, 1:]], 1).to(self.table.dtype)
            rows = nn.functional.embedding(torch.cat([input_ids, pairs], 1), self.table)
            total = (rows * here[..., None]).sum(1) / here.sum(1, keepdim=True).sqrt()
            return self.kept * logits.float() + total + self.bias

    return NgramLayer()


def with_ngrams(module, ngrams: Ngrams):
    """Wrap a classifier so that its logits have the linear part.

    Args:
        module: gives ``logits`` (and ``span_logits``) from ``input_ids`` and ``attention_mask``.
        ngrams: the part.

    Returns:
        A torch module of the same outputs.
    """
    from torch import nn

    class WithNgrams(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whole, self.ngrams = module, ngram_layer(ngrams)

        def forward(self, input_ids, attention_mask):
            found = self.whole(input_ids=input_ids, attention_mask=attention_mask)
            logits = self.ngrams(found["logits"], input_ids, attention_mask)
            return {"logits": logits} | ({"span_logits": found["span_logits"]} if "span_logits" in found else {})

    return WithNgrams()
