"""Scores of weighted texts: each takes weights of shape (rows, texts) and gives one score a row.

A row of ones scores the texts as they are; a row of counts scores a bootstrap resample.
"""

from __future__ import annotations

import numpy as np


def ratio(numerator: np.ndarray, denominator: np.ndarray, *, empty: float = 0.0) -> np.ndarray:
    """Divide, with ``empty`` where there is nothing to divide by."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, dtype=float), denominator)
    return np.divide(numerator, denominator, out=np.full(numerator.shape, empty), where=denominator > 0)


def grouped(weights: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """Add weights up by group.

    Args:
        weights: shape (rows, texts).
        groups: each text's group, integers under ``count``.
        count: number of groups.

    Returns:
        Sums of shape (rows, count).
    """
    sums = np.zeros((len(weights), count))
    order = np.argsort(groups, kind="stable")
    present, starts = np.unique(groups[order], return_index=True)
    if len(present):
        sums[:, present] = np.add.reduceat(weights[:, order], starts, axis=1)
    return sums


def confusion(weights: np.ndarray, truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count (true, predicted) pairs.

    Args:
        weights: shape (rows, texts).
        truth: class indices of shape (texts,).
        predicted: class indices of the same shape.
        classes: number of classes.

    Returns:
        Counts of shape (rows, classes, classes), the true class first.
    """
    return grouped(weights, truth * classes + predicted, classes**2).reshape(-1, classes, classes)


def f1_averages(hits: np.ndarray, made: np.ndarray, there: np.ndarray, *, seen_only: bool) -> dict[str, np.ndarray]:
    """Average F1 over classes.

    Args:
        hits: true positives of shape (rows, classes).
        made: predictions, same shape.
        there: true cases, same shape.
        seen_only: whether the macro average leaves out classes that are neither there nor predicted
            (as scikit-learn's ``f1_score`` does for single labels).

    Returns:
        ``macro_f1``, ``micro_f1`` and ``weighted_f1`` (by true cases).
    """
    f1 = ratio(2 * hits, made + there)
    counted = (made + there) > 0 if seen_only else np.ones_like(f1)
    return {
        "macro_f1": ratio((f1 * counted).sum(1), counted.sum(1)),
        "micro_f1": ratio(2 * hits.sum(1), (made + there).sum(1)),
        "weighted_f1": ratio((f1 * there).sum(1), there.sum(1)),
    }


def matthews(counts: np.ndarray) -> np.ndarray:
    """Give Matthews' correlation of a confusion matrix, 0 where either side has one class alone.

    Args:
        counts: shape (..., classes, classes), the true class first.

    Returns:
        Shape (...,).

    Source:
        Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004.
    """
    there, made = counts.sum(-1), counts.sum(-2)
    whole, hits = there.sum(-1), np.trace(counts, axis1=-2, axis2=-1)
    spread = (whole**2 - (there**2).sum(-1)) * (whole**2 - (made**2).sum(-1))
    return ratio(hits * whole - (there * made).sum(-1), np.sqrt(np.maximum(spread, 0)))


def _ranked(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the order of falling scores, and where each run of equal ones begins in it."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    return order, np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))


def average_precision(weights: np.ndarray, truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Give the average precision of one ranking, equal scores taken together (as scikit-learn does).

    Args:
        weights: shape (rows, texts).
        truth: booleans of shape (texts,).
        scores: anything that ranks, same shape.

    Returns:
        Shape (rows,); nan in a row without a positive.
    """
    order, starts = _ranked(scores)
    ranked = weights[:, order]
    hits = np.add.reduceat(ranked * truth[order], starts, axis=1)
    seen = np.add.reduceat(ranked, starts, axis=1).cumsum(1)
    return ratio((hits * ratio(hits.cumsum(1), seen)).sum(1), hits.sum(1), empty=np.nan)


def calibration_error(weights: np.ndarray, confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> np.ndarray:
    """Give the expected calibration error over bins of equal width.

    Args:
        weights: shape (rows, texts).
        confidence: probability of each text's decision, or of its decisions, shape (texts,) or (texts, decisions).
        right: whether each holds, same shape.
        bins: number of bins.

    Returns:
        Shape (rows,).

    Source:
        Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    columns = confidence.reshape(len(confidence), -1)
    places = bins_of(columns, bins)
    short = right.reshape(columns.shape) - columns
    gap = sum(grouped(weights * short[:, at], places[:, at], bins) for at in range(columns.shape[1]))
    return ratio(np.abs(gap).sum(1), weights.sum(1) * columns.shape[1])


def bins_of(probabilities: np.ndarray, bins: int) -> np.ndarray:
    """Give the bin of equal width that each probability falls into."""
    return np.minimum((probabilities * bins).astype(int), bins - 1)


def risk_area(weights: np.ndarray, confidence: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Give the area under the risk-coverage curve: the mean share of errors over every coverage.

    Args:
        weights: shape (rows, texts).
        confidence: what texts are answered by, highest first; equal ones in mean order.
        wrong: whether each answer is wrong, shape (texts,).

    Returns:
        Shape (rows,); 0 is best.

    Source:
        Geifman & El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017.
    """
    order, starts = _ranked(confidence)
    ranked = weights[:, order]
    sizes = np.diff(np.append(starts, len(order)))
    share = ratio(np.add.reduceat(ranked * wrong[order], starts, axis=1), np.add.reduceat(ranked, starts, axis=1))
    errors = (ranked * np.repeat(share, sizes, axis=1)).cumsum(1)
    covered = ranked.cumsum(1)
    return ratio((ranked * ratio(errors, covered)).sum(1), covered[:, -1])


def ranking_precision(truth: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Give each text's label ranking average precision.

    Args:
        truth: booleans of shape (texts, labels).
        scores: anything that ranks, same shape.

    Returns:
        Shape (texts,): the mean, over a text's true labels, of the share of true ones among the labels ranked at
        least as high; 0 where it has none (scikit-learn counts such texts as 1, which says nothing of the model).

    Source:
        Tsoumakas et al., "Mining Multi-label Data", 2010.
    """
    above = scores[:, None, :] >= scores[:, :, None]  # (texts, label, label ranked at least as high)
    precision = ratio((above & truth[:, None, :]).sum(2), above.sum(2))
    return ratio((precision * truth).sum(1), truth.sum(1))
