"""A linear part beside an encoder: weights of word pieces and of neighbouring pairs of them, in one hashed table.

An encoder of a few million weights knows what a sentence is about and misses the single word that decides; a linear
model over n-grams is the other way round. Their logits are added, in the graph itself, so that every engine has both.

Where a text is judged towards a target, two kinds of piece come to these: each piece of the text crossed with the
target, for what is for one target is against another, and the pieces that stand near the target's own in the text.

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
#: What multiplies the left piece of a pair (and a piece that is crossed), and a target's first and last piece.
_MULTIPLIERS = (40_503, 7_919, 104_729)
#: How many pieces before and after one of the target's are near it.
_REACH = 4


def pair_places(ids: np.ndarray, vocabulary: int, buckets: int = BUCKETS) -> np.ndarray:
    """Give the place in the table of each pair of neighbouring pieces; a piece alone has its id for a place.

    Args:
        ids: integers of shape (..., tokens).
        vocabulary: number of piece ids; the pairs stand after them.
        buckets: places for pairs.

    Returns:
        Integers of shape (..., tokens - 1).
    """
    return vocabulary + (ids[..., :-1] * _MULTIPLIERS[0] + ids[..., 1:]) % buckets


def places_of(
    ids: np.ndarray, vocabulary: int, separator: int | None = None, buckets: int = BUCKETS
) -> list[np.ndarray]:
    """Give the places in the table of all that one window holds; ``ngram_layer`` computes the same in a graph.

    Args:
        ids: integers of shape (tokens,), without padding.
        vocabulary: number of piece ids.
        separator: the piece that ends either text of a pair; None where a text stands alone.
        buckets: places for pairs, and as many for crossed pieces.

    Returns:
        The groups, each of which is summed and divided by the square root of its size: pieces with pairs; and of a pair
        of texts the first one's pieces crossed with the second, and those of them that are near a piece of it.
    """
    ids = np.asarray(ids, np.int64)
    groups = [np.concatenate([ids, pair_places(ids, vocabulary, buckets)])]
    if separator is None:
        return groups
    end = int(np.flatnonzero(ids == separator)[0])
    text, target = ids[1:end], ids[end:][ids[end:] != separator]
    first, last = (int(target[0]), int(target[-1])) if len(target) else (0, 0)
    _, of_first, of_last = _MULTIPLIERS
    crossed = (text * _MULTIPLIERS[0] + first * of_first + last * of_last) % buckets
    meant = np.isin(text, target)
    near = np.convolve(meant, np.ones(2 * _REACH + 1))[_REACH : _REACH + len(text)] > 0 if len(text) else meant
    return [*groups, vocabulary + buckets + crossed, vocabulary + 2 * buckets + text[near & ~meant]]


def table_rows(vocabulary: int, separator: int | None = None, buckets: int = BUCKETS) -> int:
    """Give how many places a table has."""
    return vocabulary + buckets if separator is None else 2 * (vocabulary + buckets)


@dataclass(frozen=True, eq=False)
class Ngrams:
    """The linear part of a classifier.

    Attributes:
        weights: ``float32`` of shape (``table_rows``, labels).
        bias: ``float32`` of shape (labels,).
        kept: what multiplies the encoder's logits before the two are added.
        vocabulary: number of piece ids.
        separator: the piece that ends either text of a pair; None where a text stands alone.
    """

    weights: np.ndarray
    bias: np.ndarray
    kept: float
    vocabulary: int
    separator: int | None = None

    @property
    def buckets(self) -> int:
        """Places for pairs of pieces."""
        return len(self.weights) // (1 if self.separator is None else 2) - self.vocabulary

    def save(self, folder: str | Path) -> None:
        """Write the part beside a model."""
        from safetensors.numpy import save_file

        scalars = {"kept": np.array([self.kept], np.float32), "vocabulary": np.array([self.vocabulary], np.int64)}
        if self.separator is not None:
            scalars["separator"] = np.array([self.separator], np.int64)
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
            separator = int(stored["separator"][0]) if "separator" in stored else None
        except (OSError, KeyError, IndexError, ValueError, SafetensorError) as error:
            raise ModelError(f"{path} cannot be read ({error}): get the model again") from None
        part = cls(weights, bias, kept, vocabulary, separator)
        fits = weights.ndim == 2 and bias.shape == (labels,) == weights.shape[1:]
        if not fits or vocabulary <= 0 or part.buckets <= 0:
            raise ModelError(f"{path} is of another model: its weights are {weights.shape}, the labels {labels}")
        return part


def ngram_layer(ngrams: Ngrams):
    """Make the layer that adds the linear part to an encoder's logits.

    Args:
        ngrams: the part.

    Returns:
        A torch module; called with logits (batch, labels), ids and mask (batch, tokens) it gives logits. Each group of
        ``places_of`` is divided by the square root of its size, whatever the padding.
    """
    import torch
    from torch import nn

    vocabulary, buckets = ngrams.vocabulary, ngrams.buckets

    class NgramLayer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Parameter(torch.from_numpy(ngrams.weights), requires_grad=False)
            self.bias = nn.Parameter(torch.from_numpy(ngrams.bias), requires_grad=False)
            # remainders are looked up, and a sum of them lies a known number of times above the divisor: OpenVINO
            # 2026.4 divides integers as floats, which are too short for ids that are multiplied
            rows = [np.arange(vocabulary) * by % buckets for by in (1, *_MULTIPLIERS)]
            kept = rows[: 2 if ngrams.separator is None else 4]
            self.register_buffer("remainders", torch.from_numpy(np.array(kept, np.int32)), persistent=False)

        def _hashed(self, *parts):
            total = sum(parts)
            for _ in parts[1:]:
                total = torch.where(total >= buckets, total - buckets, total)
            return total

        def _summed(self, places, here):
            here = here.to(self.table.dtype)
            rows = nn.functional.embedding(places, self.table)
            return (rows * here[..., None]).sum(1) / here.sum(1, keepdim=True).clamp(min=1).sqrt()

        def forward(self, logits, input_ids, attention_mask):
            remainders = self.remainders.long()
            pairs = self._hashed(remainders[1][input_ids[:, :-1]], remainders[0][input_ids[:, 1:]])
            here = torch.cat([attention_mask, attention_mask[:, :-1] * attention_mask[:, 1:]], 1)
            total = self._summed(torch.cat([input_ids, vocabulary + pairs], 1), here)
            if ngrams.separator is not None:
                total = total + self._towards(remainders, input_ids, attention_mask)
            return ngrams.kept * logits.float() + total + self.bias

        def _towards(self, remainders, ids, mask):
            ends = (ids == ngrams.separator).long()
            after = (ends.cumsum(1) > 0).long()
            places = torch.arange(ids.shape[1], device=ids.device)
            # what stands before a text is none of it; a text that holds the separator itself ends there
            text, target = (1 - after) * mask * (places > 0), after * (1 - ends) * mask
            first = torch.where(target > 0, places, ids.shape[1]).amin(1, keepdim=True)
            last = torch.where(target > 0, places, -1).amax(1, keepdim=True)
            first, last = ((ids * (places == place)).sum(1, keepdim=True) for place in (first, last))
            crossed = self._hashed(remainders[1][ids], remainders[2][first], remainders[3][last])
            same = (ids[:, :, None] == ids[:, None, :]).float() * target[:, None, :].float()
            meant = same.amax(2) * text.float()
            reached = ((places[:, None] - places).abs() <= _REACH).float()
            near = (meant[:, None, :] * reached).amax(2) * text.float() * (1 - meant)
            return self._summed(vocabulary + buckets + crossed, text) + self._summed(
                vocabulary + 2 * buckets + ids, near
            )

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
