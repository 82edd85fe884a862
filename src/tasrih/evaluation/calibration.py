"""Temperatures, thresholds and abstention, fitted on logits of texts that the model was not trained on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from tasrih.evaluation.metrics import f1_from_counts
from tasrih.evaluation.weighted import calibration_error
from tasrih.models.spans import softmax

#: Temperatures that are tried.
TEMPERATURES = np.geomspace(0.3, 4.0, 80)
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

    return float(min(TEMPERATURES, key=loss))


def fit_thresholds(
    probabilities: np.ndarray, truth: np.ndarray, labels: tuple[str, ...], *, trusted: int = 30
) -> dict[str, float]:
    """Find each label's threshold of highest F1; that of a label with few positives shrinks towards the common one.

    Args:
        probabilities: shape (texts, labels).
        truth: booleans of the same shape.
        labels: names of the columns.
        trusted: positives from which a label's own threshold is used; with fewer, its share of the mean of the two is
            its positives in terms of that number.

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
    found = {}
    for column, name in enumerate(labels):
        share = min(1.0, truth[:, column].sum() / trusted)
        own = best(probabilities[:, column], truth[:, column]) if share else common
        found[name] = float(share * own + (1 - share) * common)
    return found


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


@dataclass(frozen=True)
class Calibration:
    """What turns a model's logits into probabilities and decisions; stored in its config.

    Attributes:
        temperature: the common one; divides the logits of a single-label model.
        temperatures: for several labels a text, each label's own.
        thresholds: for several labels a text, the probability from which each is given.
        abstain_below: for one label a text, the probability under which no answer reaches the precision asked for.
        sure_from: for several, each label's probability from which it reaches that precision.
        before, after: negative log-likelihood and expected calibration error without and with the temperatures.
    """

    temperature: float
    temperatures: dict[str, float] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)
    abstain_below: float = 0.0
    sure_from: dict[str, float] = field(default_factory=dict)
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)

    def probabilities(self, logits: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
        """Give the calibrated probabilities of logits.

        Args:
            logits: shape (texts, labels).
            labels: names of the columns.

        Returns:
            Probabilities of the same shape: of each label by itself where there are ``temperatures``, else of one
            label of all.
        """
        if self.temperatures:
            return _sigmoid(logits / np.array([self.temperatures[label] for label in labels]))
        return softmax(logits / self.temperature)


def fit_label_temperatures(
    logits: np.ndarray, truth: np.ndarray, labels: tuple[str, ...], *, trusted: int = 30
) -> dict[str, float]:
    """Find each label's temperature; that of a label with few positives shrinks towards the common one.

    Args:
        logits: shape (texts, labels).
        truth: booleans of the same shape.
        labels: names of the columns.
        trusted: positives from which a label's own temperature is used, as in ``fit_thresholds``.

    Returns:
        What each label's logits are to be divided by.
    """
    common = fit_temperature(logits, truth, multi_label=True)
    found = {}
    for at, label in enumerate(labels):
        share = min(1.0, truth[:, at].sum() / trusted)
        own = fit_temperature(logits[:, at : at + 1], truth[:, at : at + 1], multi_label=True) if share else common
        found[label] = float(own**share * common ** (1 - share))
    return found


def fit_calibration(
    logits: np.ndarray, truth: np.ndarray, labels: tuple[str, ...], *, multi_label: bool, precision: float = 0.9,
    trusted: int = 30, attributes: tuple[str, ...] = ("conditional",),
) -> Calibration:  # fmt: skip
    """Fit temperatures, thresholds and abstention on predictions of texts that the model was not trained on.

    Args:
        logits: shape (texts, labels); out of fold, each row by the model of the folds that leave its text out.
        truth: class indices of shape (texts,), or booleans of shape (texts, labels).
        labels: names of the columns.
        multi_label: which of the two.
        precision: share of right answers that abstention is to reach.
        trusted: positives from which a label's own temperature and threshold are used; those of one with fewer
            shrink towards what is common to its like.
        attributes: labels whose common threshold is their own, being no tags.

    Returns:
        The calibration.

    Raises:
        ValueError: if the shapes do not fit, or there is no text.

    Example:
        >>> logits = np.array([[4.0, 0.0], [0.0, 4.0], [4.0, 0.0], [4.0, 0.0]])
        >>> fit_calibration(logits, np.array([0, 1, 0, 1]), ("a", "b"), multi_label=False).temperature > 1
        True
    """
    logits, truth = np.asarray(logits, dtype=float), np.asarray(truth)
    wanted = logits.shape if multi_label else logits.shape[:1]
    if logits.ndim != 2 or not len(logits) or logits.shape[1] != len(labels) or truth.shape != wanted:
        raise ValueError(
            f"logits of shape {logits.shape} and truth of shape {truth.shape} do not fit {len(labels)} labels: "
            f"give (texts, labels) and {'(texts, labels)' if multi_label else '(texts,)'}, one text at least"
        )
    temperature = fit_temperature(logits, truth, multi_label=multi_label)
    if not multi_label:
        found = Calibration(temperature)
        table = found.probabilities(logits, labels)
        floor = confidence_for_precision(table.max(1), table.argmax(1) == truth, precision)
        before, after = (_quality(one, truth) for one in (softmax(logits), table))
        return replace(found, abstain_below=floor, before=before, after=after)
    truth = truth.astype(bool)
    temperatures = fit_label_temperatures(logits, truth, labels, trusted=trusted)
    found = Calibration(temperature, temperatures)
    table = found.probabilities(logits, labels)
    thresholds: dict[str, float] = {}
    sure: dict[str, float] = {}
    for alike in _alike(labels, attributes):
        names = tuple(labels[at] for at in alike)
        thresholds |= fit_thresholds(table[:, alike], truth[:, alike], names, trusted=trusted)
        common = confidence_for_precision(table[:, alike].ravel(), truth[:, alike].ravel(), precision)
        for at in alike:
            own = truth[:, at].sum() >= trusted
            sure[labels[at]] = confidence_for_precision(table[:, at], truth[:, at], precision) if own else common
    before, after = (_quality(one, truth) for one in (_sigmoid(logits), table))
    return replace(found, thresholds=thresholds, sure_from=sure, before=before, after=after)


def _alike(labels: tuple[str, ...], attributes: tuple[str, ...]) -> list[list[int]]:
    """Part the columns into tags, and each attribute by itself: what shares a common threshold."""
    tags = [at for at, label in enumerate(labels) if label not in attributes]
    return [part for part in (tags, *([at] for at, label in enumerate(labels) if label in attributes)) if part]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -logits))


def _quality(table: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Give the mean negative log-likelihood and the calibration error of probabilities."""
    safe = np.clip(table, 1e-12, 1 - 1e-12)
    whole = np.ones((1, len(table)))
    if truth.ndim == 2:
        loss = -np.where(truth, np.log(safe), np.log1p(-safe)).mean()
        return {"nll": float(loss), "ece": float(calibration_error(whole, table, truth)[0])}
    loss = -np.log(safe[np.arange(len(truth)), truth]).mean()
    right = table.argmax(1) == truth
    return {"nll": float(loss), "ece": float(calibration_error(whole, table.max(1), right)[0])}
