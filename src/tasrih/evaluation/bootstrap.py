"""Bootstrap intervals for scores that are made of weighted sums over texts: all resamples in a few array operations.

A resample draws as many texts as there are, with replacement; to a score it is a row of counts, how often each text
was drawn. A score that takes such rows as weights is computed for all resamples at once, and two systems' scores on
the same rows give the paired bootstrap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tasrih.evaluation.metrics import Interval

#: Weights of shape (resamples, texts) to named scores of shape (resamples,).
WeightedScore = Callable[[np.ndarray], dict[str, np.ndarray]]

#: Cells of one block of weights: what bounds the memory, whatever the number of texts.
_BLOCK = 2_000_000


@dataclass(frozen=True)
class Draw:
    """A score of the texts as they are, and of their resamples.

    Attributes:
        value: the score; nan where it is not defined (average precision without a positive).
        resampled: its resamples, shape (resamples,).
    """

    value: float
    resampled: np.ndarray

    def __sub__(self, other: Draw) -> Draw:
        """Give the difference of two systems' scores, resample by resample (the paired bootstrap)."""
        return Draw(self.value - other.value, self.resampled - other.resampled)

    def interval(self) -> Interval:
        """Give the score with the 2.5th and 97.5th percentile of its resamples."""
        low, high = np.nanpercentile(self.resampled, (2.5, 97.5))
        return Interval(float(self.value), float(low), float(high))


def _weights(size: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    random = np.random.default_rng(seed)
    block = max(1, _BLOCK // max(size, 1))
    for first in range(0, resamples, block):
        rows = range(min(block, resamples - first))
        drawn = (random.integers(0, size, size) for _ in rows)
        yield np.stack([np.bincount(picks, minlength=size) for picks in drawn]).astype(float)


def draw(score: WeightedScore, size: int, *, resamples: int = 1000, seed: int = 0) -> dict[str, Draw]:
    """Score the texts and their resamples.

    Args:
        score: takes weights of shape (rows, texts), gives named scores of shape (rows,).
        size: number of texts.
        resamples: number of resamples.
        seed: of the draw; the same seed and size draw the same resamples.

    Returns:
        Each named score that is defined on the whole, with its resamples.

    Raises:
        ValueError: if there is no text.

    Source:
        Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 1979.

    Example:
        >>> right = np.array([1.0, 1.0, 0.0, 1.0])
        >>> draw(lambda weights: {"accuracy": weights @ right / 4}, 4)["accuracy"].value
        0.75
    """
    if size < 1:
        raise ValueError("there is no text to score")
    whole = score(np.ones((1, size)))
    blocks = [score(weights) for weights in _weights(size, resamples, seed)]
    return {
        name: Draw(float(value[0]), np.concatenate([block[name] for block in blocks]))
        for name, value in whole.items()
        if np.isfinite(value[0])
    }


def intervals(draws: dict[str, Draw]) -> dict[str, Interval]:
    """Give each drawn score with its 95 % interval."""
    return {name: drawn.interval() for name, drawn in draws.items()}


def differences(ours: dict[str, Draw], theirs: dict[str, Draw]) -> dict[str, Interval]:
    """Give ``ours - theirs`` with its 95 % interval, for every score that both have.

    Args:
        ours: draws of the first system.
        theirs: draws of the second, of the same texts and seed.

    Returns:
        The paired bootstrap of each score.
    """
    return {name: (ours[name] - theirs[name]).interval() for name in ours if name in theirs}
