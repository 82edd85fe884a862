"""Temperature and thresholds, fitted on validation logits."""

from __future__ import annotations

import numpy as np

from tasrih.evaluation.metrics import f1_from_counts

_TEMPERATURES = np.geomspace(0.3, 4.0, 80)
_THRESHOLDS = np.linspace(0.05, 0.95, 91)


def fit_temperature(logits: np.ndarray, truth: np.ndarray, *, multi_label: bool) -> float:
    """Find the temperature of least negative log-likelihood.

    Args:
        logits: shape (texts, labels).
        truth: class indices of shape (texts,), or booleans of shape (texts, labels).
        multi_label: which of the two.

    Returns:
        What the logits are to be divided by.

    Source:
        Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        if multi_label:
            return float((np.logaddexp(0, scaled) - truth * scaled).mean())
        top = scaled.max(1, keepdims=True)
        normaliser = top[:, 0] + np.log(np.exp(scaled - top).sum(1))
        return float((normaliser - scaled[np.arange(len(truth)), truth]).mean())

    return float(min(_TEMPERATURES, key=loss))


def fit_thresholds(
    probabilities: np.ndarray, truth: np.ndarray, labels: tuple[str, ...], *, trusted: int = 30
) -> dict[str, float]:
    """Find each label's threshold of highest F1; a label with few positives takes the common one.

    Args:
        probabilities: shape (texts, labels).
        truth: booleans of the same shape.
        labels: names of the columns.
        trusted: positives from which a label's own threshold is used.

    Returns:
        Threshold of each label.
    """

    def best(scores: np.ndarray, there: np.ndarray) -> float:
        def f1(cut: float) -> float:
            return float(f1_from_counts(((scores >= cut) & there).sum(), (scores >= cut).sum(), there.sum()))

        values = np.array([f1(cut) for cut in _THRESHOLDS])
        floor = values.max() - 0.005
        # the middle of the plateau near the top moves less from sample to sample than its peak
        near = np.flatnonzero(values >= floor)
        middle = float(_THRESHOLDS[near].mean())
        if f1(middle) >= floor:
            return middle
        # the middle fell into a dip between two plateaus: keep to the one with the peak
        parts = np.split(near, np.flatnonzero(np.diff(near) > 1) + 1)
        part = next(part for part in parts if values.argmax() in part)
        return float(_THRESHOLDS[part[len(part) // 2]])

    common = best(probabilities, truth)
    return {
        name: best(probabilities[:, column], truth[:, column]) if truth[:, column].sum() >= trusted else common
        for column, name in enumerate(labels)
    }


def confidence_for_precision(best: np.ndarray, right: np.ndarray, precision: float) -> float:
    """Find the confidence above which answers reach a stated precision.

    Args:
        best: probability of each text's label, shape (texts,).
        right: whether that label is right, shape (texts,).
        precision: the share of right answers wanted.

    Returns:
        The lowest such confidence; 1.0 if none reaches it.
    """
    order = np.argsort(-best, kind="stable")
    ranked = best[order]
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    # texts of one confidence are answered together or not at all
    last = np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]
    reached = np.flatnonzero(last & (share >= precision))
    return float(ranked[reached[-1]]) if len(reached) else 1.0
