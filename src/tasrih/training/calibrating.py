"""What a fine-tuned classifier needs beside its weights, fitted on rows that it was not trained on."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tasrih.data.labelled import Row
from tasrih.evaluation.calibration import TEMPERATURES, confidence_for_precision, fit_calibration
from tasrih.evaluation.metrics import average_precision, multi_label_scores, single_label_scores
from tasrih.evaluation.spans import fit_spans
from tasrih.models.classifier import Classifier, ClassifierSettings, Reading
from tasrih.models.encoding import TextEncoder

if TYPE_CHECKING:
    from tasrih.training.config import ClassifierConfig


class ModuleEngine:
    """A torch module behind the engine protocol, for calibrating what was just trained."""

    def __init__(self, module) -> None:
        self._module = module.eval()

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute one padded batch."""
        import torch

        device = next(self._module.parameters()).device
        known = inspect.signature(self._module.forward).parameters
        inputs = {name: torch.from_numpy(value).to(device) for name, value in batch.items() if name in known}
        with torch.no_grad():
            result = self._module(**inputs)
        return {name: value.float().cpu().numpy() for name, value in result.items() if name.endswith("logits")}


def classifier_of(module, encoder: TextEncoder, config: ClassifierConfig) -> Classifier:
    """Make a classifier of a module that was just trained, nothing fitted yet.

    Args:
        module: the module.
        encoder: its tokenizer.
        config: the run.

    Returns:
        The classifier.
    """
    pool = {} if config.pool_windows == "none" else {"window_pool": config.pool_windows}
    settings = ClassifierSettings(
        config.task, config.labels, config.multi_label, encoder.profile, config.max_length, **pool
    )
    return Classifier(ModuleEngine(module), encoder, settings)


def read_rows(classifier: Classifier, rows: Sequence[Row]) -> list[Reading]:
    """Compute the logits of labelled rows.

    Args:
        classifier: the classifier.
        rows: the rows; with targets for stance.

    Returns:
        One reading a row.
    """
    targets = [row.target or "" for row in rows] if classifier.settings.task == "stance" else None
    return classifier.read([row.text for row in rows], targets)


def truth_of(rows: Sequence[Row], config: ClassifierConfig) -> np.ndarray:
    """Give the labels of rows: indices of shape (rows,), or booleans of shape (rows, labels)."""
    if config.multi_label:
        return np.array([[label in row.labels for label in config.labels] for row in rows])
    return np.array([config.labels.index(row.labels[0]) for row in rows])


def logits_of(classifier: Classifier, readings: Sequence[Reading]) -> np.ndarray:
    """Give one row of logits a text, windows pooled as the classifier pools them.

    Args:
        classifier: the classifier, for how it pools windows.
        readings: one a text.

    Returns:
        ``float32`` of shape (texts, labels): the maximum over the windows, or the logarithm of the mean of their
        probabilities; of a text of one window, its logits as they are.
    """
    settings = classifier.settings
    by_maximum = settings.multi_label or settings.window_pool == "max"

    def pooled(reading: Reading) -> np.ndarray:
        if by_maximum or len(reading.logits) == 1:
            return reading.logits.max(0)
        return np.log(classifier.probabilities(reading)[0].clip(1e-30))

    return np.stack([pooled(reading) for reading in readings]).astype(np.float32)


def served_temperature(classifier: Classifier, readings: Sequence[Reading], truth: np.ndarray) -> tuple[float, float]:
    """Find the temperature under which the probabilities that a text is answered by have the least log loss.

    Within a mean of windows a temperature turns answers too, and may gain likelihood by doing so: one that leaves fewer
    right than a temperature of 1 does, by more than two standard errors of their number, is not taken.

    Args:
        classifier: of one label a text; its settings say how windows are pooled.
        readings: one a text.
        truth: the label of each text, an index of shape (texts,).

    Returns:
        ``(temperature, loss)``: what each window's logits are to be divided by before they are pooled, and the log
        loss then, in nats a text.
    """
    if classifier.settings.window_pool == "max":  # each text is a window of its own
        logits = logits_of(classifier, readings).astype(float)
        weights, firsts = np.zeros(len(logits)), np.arange(len(logits))
    else:
        logits = np.concatenate([reading.logits for reading in readings]).astype(float)
        weights = np.log(np.concatenate([classifier.weights(reading.windows) for reading in readings]))
        firsts = np.cumsum([0, *(len(reading.logits) for reading in readings[:-1])])
    logits -= logits.max(1, keepdims=True)

    def answered(temperature: float) -> tuple[int, float]:
        """Count the texts answered right, and give the log loss."""
        shares = logits / temperature
        shares += (weights - np.log(np.exp(shares).sum(1)))[:, None]
        pooled = np.logaddexp.reduceat(shares, firsts)
        return int((pooled.argmax(1) == truth).sum()), -float(pooled[np.arange(len(truth)), truth].mean())

    right = answered(1.0)[0]
    least = right - 2 * np.sqrt(right * (len(truth) - right) / len(truth))
    found = {temperature: answered(temperature) for temperature in (1.0, *TEMPERATURES)}
    loss, temperature = min((loss, temperature) for temperature, (right, loss) in found.items() if right >= least)
    return float(temperature), loss


def score_readings(
    classifier: Classifier, rows: Sequence[Row], readings: Sequence[Reading], config: ClassifierConfig
) -> dict[str, float]:
    """Score readings against their rows' labels, labels of several being given from a probability of one half.

    Args:
        classifier: the classifier, for how it pools windows.
        rows: the rows.
        readings: one a row.
        config: the run.

    Returns:
        The scores that a run may choose its epoch by.
    """
    truth = truth_of(rows, config)
    pooled = np.stack([classifier.probabilities(reading)[0] for reading in readings])
    if config.multi_label:
        scores = multi_label_scores(truth[:, :-1], pooled[:, :-1] > 0.5)
        return scores | {"average_precision": average_precision(truth, logits_of(classifier, readings))}
    return single_label_scores(truth, pooled.argmax(1), len(config.labels))


def fit_settings(
    classifier: Classifier, rows: Sequence[Row], readings: Sequence[Reading], config: ClassifierConfig
) -> ClassifierSettings:
    """Fit temperature, thresholds and the pooling of windows.

    Args:
        classifier: the classifier.
        rows: rows that none of what gave the readings was trained on: validation rows, or all rows of a
            cross-validation with the readings of the folds that left them out.
        readings: one a row.
        config: the run.

    Returns:
        The settings that are stored with the model.
    """
    precision, truth = config.abstain_precision, truth_of(rows, config)
    settings = replace(classifier.settings, abstain_precision=precision)
    if config.multi_label:
        found = fit_calibration(
            logits_of(classifier, readings), truth, config.labels, multi_label=True, precision=precision
        )
        classifier.settings = replace(
            settings, temperature=found.temperature, temperatures=found.temperatures, thresholds=found.thresholds,
            sure_from=found.sure_from,
        )  # fmt: skip
        return fit_spans(classifier, rows, readings) if config.spans else classifier.settings
    # by the loss: of a few hundred texts, which has the most answers right is a matter of chance
    best: tuple[float, ClassifierSettings] | None = None
    for lead_weight in (0.0,) if config.pool_windows == "max" else (0.0, 1.0, 3.0, 9.0):
        classifier.settings = tried = replace(settings, lead_weight=lead_weight)
        temperature, loss = served_temperature(classifier, readings, truth)
        if best is None or loss < best[0]:
            best = loss, replace(tried, temperature=temperature)
    classifier.settings = settings = best[1]
    pooled = np.stack([classifier.probabilities(reading)[0] for reading in readings])
    floor = confidence_for_precision(pooled.max(1), pooled.argmax(1) == truth, precision)
    return replace(settings, abstain_below=floor)


def calibrate(module, encoder: TextEncoder, rows: list[Row], config: ClassifierConfig) -> ClassifierSettings:
    """Fit temperature, thresholds and the pooling of windows on the validation rows.

    Args:
        module: the trained model.
        encoder: its tokenizer.
        rows: validation rows.
        config: the run.

    Returns:
        The settings that are stored with the model.
    """
    classifier = classifier_of(module, encoder, config)
    return fit_settings(classifier, rows, read_rows(classifier, rows), config)
