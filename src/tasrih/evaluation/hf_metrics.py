"""The package's scores as ``evaluate.Metric``, which need no network and compose with ``evaluate.combine``.

Three classes cover them all: one for decisions, one for probabilities, one for summaries; the metric's name is its
config name, as ``metric("macro_f1")`` gives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tasrih.errors import MissingExtraError
from tasrih.evaluation.bootstrap import WeightedScore
from tasrih.evaluation.classification import Answers, Questions
from tasrih.evaluation.summary_metrics import MEASURES, measures, summary_scores
from tasrih.evaluation.weighted import confusion

try:
    import datasets
    import evaluate
except ImportError as error:
    raise MissingExtraError(error.name or "evaluate", "train", "metrics in the form of the evaluate library") from None

#: Of class indices; ``mcc`` is Matthews' correlation.
DECISIONS = ("accuracy", "macro_f1", "micro_f1", "weighted_f1", "mcc")
#: Of class indices: one number a class, by its index; ``confusion`` rows of counts, the true class first.
BY_CLASS = ("precision", "recall", "f1", "confusion")
#: Of rows of 0 and 1, a column a label.
LABEL_SETS = ("exact", "multilabel_macro_f1", "multilabel_micro_f1", "multilabel_weighted_f1", "multilabel_mcc")
#: Of rows of 0 and 1: one number a label.
BY_LABEL = ("multilabel_precision", "multilabel_recall", "multilabel_f1")
#: Of rows of probabilities beside class indices.
PROBABILITIES = ("ece", "brier", "aurc")
#: Of rows of probabilities beside rows of 0 and 1.
LABEL_PROBABILITIES = ("lrap", "mean_average_precision", "multilabel_ece", "multilabel_brier", "multilabel_aurc")
#: Of the same: one number a label, nan where no text has it.
RANKED_BY_LABEL = ("multilabel_average_precision",)
#: Of texts; the last three need ``sources`` too.
SUMMARIES = MEASURES
#: Every name that ``metric`` takes.
METRICS = (
    *DECISIONS, *BY_CLASS, *LABEL_SETS, *BY_LABEL, *PROBABILITIES, *LABEL_PROBABILITIES, *RANKED_BY_LABEL, *SUMMARIES,
)  # fmt: skip


def metric(name: str, **options: Any) -> evaluate.Metric:
    """Give one of the package's metrics.

    Args:
        name: one of ``METRICS``.
        options: what ``evaluate.Metric`` takes, such as ``num_process``.

    Returns:
        The metric; its ``compute`` gives ``{name: value}``, a list of values for those of classes or labels.

    Raises:
        ValueError: if there is no such metric.

    Example:
        >>> metric("accuracy").compute(predictions=[0, 1], references=[0, 0])
        {'accuracy': 0.5}
    """
    kinds = {
        DecisionMetric: (*DECISIONS, *BY_CLASS, *LABEL_SETS, *BY_LABEL),
        ProbabilityMetric: (*PROBABILITIES, *LABEL_PROBABILITIES, *RANKED_BY_LABEL),
        SummaryMetric: SUMMARIES,
    }
    for kind, names in kinds.items():
        if name in names:
            return kind(name, **options)
    raise ValueError(f"unknown metric {name!r}: choose from {', '.join(METRICS)}")


def combined(names: Sequence[str]) -> evaluate.CombinedEvaluations:
    """Give several metrics as one, by ``evaluate.combine``.

    Args:
        names: some of ``METRICS`` that read the same inputs.

    Returns:
        What computes them together.

    Example:
        >>> combined(["accuracy", "mcc"]).compute(predictions=[0, 1], references=[0, 1])
        {'accuracy': 1.0, 'mcc': 1.0}
    """
    return evaluate.combine({name: metric(name) for name in names})


class _Metric(evaluate.Metric):
    """What the three kinds share: the name is the config's, and what a combination's other metrics read is let pass."""

    def _described(self, description: str, features: dict[str, Any]) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=f"{self.config_name}: {description}", citation="", features=datasets.Features(features),
            inputs_description="Args: " + ", ".join(features) + f". Returns: {self.config_name}.",
        )  # fmt: skip

    def _given(self, score: WeightedScore, name: str, size: int) -> dict[str, float]:
        return {self.config_name: float(score(np.ones((1, size)))[name][0])}

    def _listed(self, questions: Questions, answers: Answers, name: str) -> dict[str, list[float]]:
        found = questions.class_scores(answers)(np.ones((1, len(questions.truth))))
        return {self.config_name: [float(found[f"{name} of {label}"][0]) for label in questions.labels]}


class DecisionMetric(_Metric):
    """A score of decisions: class indices, or for ``LABEL_SETS`` and ``BY_LABEL`` rows of 0 and 1."""

    def _info(self) -> evaluate.MetricInfo:
        kind = datasets.Value("int32")
        kind = datasets.Sequence(kind) if self.config_name in (*LABEL_SETS, *BY_LABEL) else kind
        return self._described("of predicted labels", {"predictions": kind, "references": kind})

    def _compute(self, predictions, references, **_) -> dict[str, Any]:
        made, truth = np.asarray(predictions), np.asarray(references)
        name = self.config_name.removeprefix("multilabel_")
        if made.ndim == 2:
            questions = Questions(_columns(truth.shape[1]), truth.astype(bool))
            answers = Answers(made.astype(bool), made.astype(float))
        else:
            size = int(max(made.max(), truth.max())) + 1
            questions = Questions(_columns(size), truth)
            answers = Answers(made, np.eye(size)[made])
        if name == "confusion":
            counts = confusion(np.ones((1, len(truth))), truth, made, size)[0]
            return {name: counts.astype(int).tolist()}
        if self.config_name in (*BY_CLASS, *BY_LABEL):
            return self._listed(questions, answers, name)
        return self._given(questions.scores(answers), name, len(truth))


class ProbabilityMetric(_Metric):
    """A score of probabilities: predictions are rows of them, a column a class or label."""

    def _info(self) -> evaluate.MetricInfo:
        kind = datasets.Value("int32")
        kind = datasets.Sequence(kind) if self.config_name in (*LABEL_PROBABILITIES, *RANKED_BY_LABEL) else kind
        features = {"predictions": datasets.Sequence(datasets.Value("float64")), "references": kind}
        return self._described("of probabilities", features)

    def _compute(self, predictions, references, **_) -> dict[str, Any]:
        table, truth = np.asarray(predictions, dtype=float), np.asarray(references)
        name = self.config_name.removeprefix("multilabel_")
        several = truth.ndim == 2
        questions = Questions(_columns(table.shape[1]), truth.astype(bool) if several else truth)
        answers = Answers(table >= 0.5 if several else table.argmax(1), table)
        if self.config_name in RANKED_BY_LABEL:
            return self._listed(questions, answers, name)
        return self._given(questions.scores(answers), name, len(truth))


class SummaryMetric(_Metric):
    """A measure of summaries beside references, or beside the articles that they were made from (``sources``)."""

    def _info(self) -> evaluate.MetricInfo:
        text = datasets.Value("string")
        needed = ("predictions", "references", "sources")[: 3 if self.config_name in MEASURES[-3:] else 2]
        return self._described("of summaries", dict.fromkeys(needed, text))

    def _compute(self, predictions, references, sources=None, **_) -> dict[str, float]:
        found = measures(predictions, references, sources, [self.config_name])
        return self._given(summary_scores(found), self.config_name, len(predictions))


def _columns(count: int) -> tuple[str, ...]:
    return tuple(str(at) for at in range(count))
