"""Scores of classifiers, with bootstrap intervals; numpy alone, so that training needs nothing more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


def f1_from_counts(true_positive, predicted, actual):
    """Give F1 from counts, 0 where nothing is predicted and nothing is there.

    Args:
        true_positive: hits, a number or an array.
        predicted: predictions made.
        actual: true cases.

    Returns:
        ``2 TP / (predicted + actual)``, of the same shape.
    """
    total = np.asarray(predicted, dtype=float) + np.asarray(actual, dtype=float)
    return np.divide(2.0 * np.asarray(true_positive, dtype=float), total, out=np.zeros_like(total), where=total > 0)


def multi_label_scores(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Score label sets.

    Args:
        truth: booleans of shape (texts, labels).
        predicted: booleans of the same shape.

    Returns:
        ``micro_f1``, ``macro_f1`` (over all labels) and ``exact`` (share of texts with the very same set).

    Example:
        >>> multi_label_scores(np.eye(2, dtype=bool), np.eye(2, dtype=bool))["macro_f1"]
        1.0
    """
    truth, predicted = np.asarray(truth, dtype=bool), np.asarray(predicted, dtype=bool)
    hits, made, there = (truth & predicted).sum(0), predicted.sum(0), truth.sum(0)
    return {
        "micro_f1": float(f1_from_counts(hits.sum(), made.sum(), there.sum())),
        "macro_f1": float(f1_from_counts(hits, made, there).mean()),
        "exact": float((truth == predicted).all(1).mean()),
    }


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float:
    """Give the average precision over all (text, label) decisions, which no threshold moves.

    Args:
        truth: booleans of shape (texts, labels).
        scores: anything that ranks, of the same shape.

    Returns:
        The mean precision at each true decision, best scores first.

    Example:
        >>> average_precision(np.array([[True, False]]), np.array([[2.0, 1.0]]))
        1.0
    """
    hits = np.asarray(truth, dtype=bool).ravel()[np.argsort(-np.asarray(scores).ravel(), kind="stable")]
    places = np.nonzero(hits)[0] + 1
    return float((np.arange(1, len(places) + 1) / places).mean()) if len(places) else 0.0


def single_label_scores(truth: np.ndarray, predicted: np.ndarray, classes: int) -> dict[str, float]:
    """Score one label a text.

    Args:
        truth: class indices of shape (texts,).
        predicted: class indices of the same shape.
        classes: number of classes.

    Returns:
        ``accuracy``, and ``macro_f1`` over the classes that occur in ``truth`` or ``predicted``
        (as scikit-learn's ``f1_score`` does).
    """
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    hits = np.bincount(truth[truth == predicted], minlength=classes)
    made, there = np.bincount(predicted, minlength=classes), np.bincount(truth, minlength=classes)
    seen = (made + there) > 0
    return {
        "accuracy": float((truth == predicted).mean()),
        "macro_f1": float(f1_from_counts(hits, made, there)[seen].mean()),
    }


@dataclass(frozen=True, slots=True)
class Interval:
    """A score with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(
    score: Callable[..., dict[str, float]], *arrays: np.ndarray, resamples: int = 1000, seed: int = 0
) -> dict[str, Interval]:
    """Put percentile bootstrap intervals round scores (Efron 1979), texts drawn with replacement.

    Args:
        score: takes the arrays, gives named scores.
        arrays: arrays with one row a text.
        resamples: number of resamples.
        seed: of the draw.

    Returns:
        Each named score with the 2.5th and 97.5th percentile of its resamples.
    """
    random = np.random.default_rng(seed)
    size = len(arrays[0])
    drawn: dict[str, list[float]] = {}
    for _ in range(resamples):
        rows = random.integers(0, size, size)
        for name, value in score(*(array[rows] for array in arrays)).items():
            drawn.setdefault(name, []).append(value)
    whole = score(*arrays)
    return {
        name: Interval(value, float(np.percentile(drawn[name], 2.5)), float(np.percentile(drawn[name], 97.5)))
        for name, value in whole.items()
    }
