"""Scoring a model on a labelled set: every figure with its interval, beside its baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from tasrih.data.corpus import data_root, find_split, read_rows
from tasrih.data.guard import HeldOut
from tasrih.data.labelled import Row, read_task
from tasrih.evaluation.baselines import TfidfBaseline, majority
from tasrih.evaluation.metrics import (
    Interval,
    bootstrap,
    f1_from_counts,
    multi_label_scores,
    paired_bootstrap,
    single_label_scores,
)
from tasrih.models.classifier import Classifier
from tasrih.models.load import load
from tasrih.models.summariser import Summariser


@dataclass
class Report:
    """Figures of one model on one split.

    Attributes:
        model: the model's name.
        data: the set.
        split: the split.
        size: texts scored.
        command: what makes these figures again.
        scores: system (``model`` and the baselines) to its scores.
        difference: ``model`` less the strongest baseline, on the same resamples.
        notes: what a reader must know.
    """

    model: str
    data: str
    split: str
    size: int
    command: str
    scores: dict[str, dict[str, Interval]]
    difference: dict[str, Interval] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict:
        """Give the report as plain JSON types, rounded to four places."""

        def rounded(value):
            if isinstance(value, dict):
                return {key: rounded(item) for key, item in value.items()}
            if isinstance(value, list):
                return [rounded(item) for item in value]
            return round(value, 4) if isinstance(value, float) else value

        return rounded(asdict(self))

    def table(self) -> str:
        """Lay the scores out as a Markdown table."""
        names = list(dict.fromkeys(name for scores in self.scores.values() for name in scores))
        systems = list(self.scores)
        rows = [["score", *systems] + (["difference"] if self.difference else [])]
        rows.append(["---"] * len(rows[0]))
        for name in names:
            row = [name, *(str(self.scores[system].get(name, "")) for system in systems)]
            if self.difference:
                row.append(str(self.difference.get(name, "")))
            rows.append(row)
        lines = [f"{self.model} on {self.data}, {self.split} split, {self.size} texts; 95 % bootstrap intervals"]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([*lines, *self.notes])


#: First folder of a set to the task that it belongs to.
TASKS = {
    "statements": "statement", "topic_iptc": "topic", "topic": "topic", "topic_unlicensed": "topic",
    "stance": "stance", "summarisation": "summary", "summarisation_unlicensed": "summary",
}  # fmt: skip


def evaluate(model: str, data: str, split: str = "test", root: Path | None = None) -> Report:
    """Score a model on one split of a set, with its baselines fitted on the same set's training split.

    Args:
        model: a bundled model's name, a folder, or a hub id.
        data: the set's folder under the data root.
        split: the split.
        root: the data root; None takes ``data_root()``.

    Returns:
        The report.

    Raises:
        FileNotFoundError: if the set has no such split.
        ValueError: if the model does another task than the set's.
    """
    root = root or data_root()
    opened = load(model)
    report = partial(Report, model, data, split, command=f"tasrih evaluate {model} {data} --split {split}")
    task = "summary" if isinstance(opened, Summariser) else opened.task
    kind = TASKS.get(data.split("/")[0], task)
    if kind != task and not (task == "stance" and data == "statements"):
        raise ValueError(f"{data} is a set for the task {kind}; {model} does {task}")
    if task == "summary":
        return _summaries(opened, root, data, split, report)
    rows = read_task(root, task, data, split)
    train, validation = _fitting_rows(root, task, data)
    baseline = TfidfBaseline(opened.settings.labels, multi_label=opened.settings.multi_label)
    baseline.fit(train, validation)
    if task == "statement":
        return _statements(opened, rows, baseline, report)
    return _single(opened, rows, train, baseline, report)


def _fitting_rows(root: Path, task: str, data: str) -> tuple[list[Row], list[Row]]:
    """Read what a baseline is fitted on: the training rows that the guard lets through, and validation."""
    train = read_task(root, task, data, "train")
    if data == "statements" and task == "statement":
        train += read_task(root, task, data, "train_written")
    kept, _ = HeldOut.from_root(root).refuse(train, lambda row: row.text, lambda row: row.id)
    try:
        return kept, read_task(root, task, data, "validation")
    except FileNotFoundError:
        return kept, kept


def _single(
    classifier: Classifier, rows: list[Row], train: list[Row], baseline: TfidfBaseline, report: Callable[..., Report]
) -> Report:
    labels = classifier.settings.labels
    texts = [row.text for row in rows]
    targets = [row.target or "" for row in rows] if rows[0].target is not None else None
    predictions = classifier.predict(texts, targets)
    common = majority(train, labels)
    truth = np.array([labels.index(row.labels[0]) for row in rows])
    ours = np.array([labels.index(found.label) if found.label else common for found in predictions])
    theirs = baseline.predict(rows)
    other = np.array([labels.index(row.other[0]) if row.other else -1 for row in rows])
    support = np.bincount(truth, minlength=len(labels))

    def score(truth: np.ndarray, predicted: np.ndarray, second: np.ndarray) -> dict[str, float]:
        scores = single_label_scores(truth, predicted, len(labels))
        if (other >= 0).any():
            scores["accuracy_with_second"] = float(((predicted == truth) | (predicted == second)).mean())
            hits = np.bincount(truth[truth == predicted], minlength=len(labels))
            f1 = f1_from_counts(
                hits, np.bincount(predicted, minlength=len(labels)), np.bincount(truth, minlength=len(labels))
            )
            scores["macro_f1_common"] = float(f1[support >= 10].mean())
        return scores

    def paired(truth_and_second: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        return score(truth_and_second[:, 0], predicted, truth_and_second[:, 1])

    most = np.full_like(truth, common)
    scores = {
        "model": bootstrap(score, truth, ours, other),
        "tfidf": bootstrap(score, truth, theirs, other),
        "majority": bootstrap(score, truth, most, other),
    }
    notes = ["macro_f1_common: over labels with at least 10 texts in the split"] if (other >= 0).any() else []
    difference = paired_bootstrap(paired, np.stack([truth, other], 1), ours, theirs)
    return report(len(rows), scores=scores, difference=difference, notes=notes)


def _statements(
    classifier: Classifier, rows: list[Row], baseline: TfidfBaseline, report: Callable[..., Report]
) -> Report:
    labels = classifier.settings.labels
    predictions = classifier.predict([row.text for row in rows])
    truth = np.array([[label in row.labels for label in labels] for row in rows])
    ours = np.array(
        [[label in found.labels for label in labels[:-1]] + [bool(found.conditional)] for found in predictions]
    )
    theirs = baseline.predict(rows)
    theirs[:, -1] &= theirs[:, :-1].any(1)

    def score(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        scores = multi_label_scores(truth[:, :-1], predicted[:, :-1])
        f1 = f1_from_counts((truth & predicted).sum(0), predicted.sum(0), truth.sum(0))
        return scores | dict(zip(labels, f1.tolist(), strict=True))

    scores = {"model": bootstrap(score, truth, ours), "tfidf": bootstrap(score, truth, theirs)}
    counts = ", ".join(f"{label} {number}" for label, number in zip(labels, truth.sum(0), strict=True))
    return report(
        len(rows), scores=scores, difference=paired_bootstrap(score, truth, ours, theirs),
        notes=[f"positives: {counts}"],
    )  # fmt: skip


def _summaries(summariser: Summariser, root: Path, data: str, split: str, report: Callable[..., Report]) -> Report:
    from tasrih.evaluation.rouge import rouge

    rows = list(read_rows(find_split(root / data, split)))
    written = [summariser.summarise(row["text"]) for row in rows]
    extracted = [summariser.summarise(row["text"], method="extractive").text for row in rows]
    lead = [_lead(row["text"]) for row in rows]
    first = [" ".join(row["text"].split()[:14]) for row in rows]
    systems = {
        "model": [summary.text for summary in written],
        "extractive": extracted,
        "lead_1": lead,
        "first_14_words": first,
    }
    titles: Sequence[str] = [row["title"] for row in rows]
    table = {
        name: np.array([list(rouge(text, title).values()) for text, title in zip(texts, titles, strict=True)])
        for name, texts in systems.items()
    }

    def score(values: np.ndarray) -> dict[str, float]:
        return dict(zip(("rouge_1", "rouge_2", "rouge_l"), values.mean(0).tolist(), strict=True))

    fallen = sum(summary.method != "abstractive" for summary in written) / len(written)
    supported = float(np.mean([summary.supported for summary in written]))
    return report(
        len(rows), scores={name: bootstrap(score, values) for name, values in table.items()},
        difference=bootstrap(score, table["model"] - table["first_14_words"]),
        notes=[
            f"supported words {supported:.4f}; given by the extractive fallback {fallen:.3f}; "
            "ROUGE F1 on Unicode words, folded (search profile), unstemmed; difference is to first_14_words"
        ],
    )  # fmt: skip


def _lead(text: str) -> str:
    from tasrih.text.sentences import sentences

    found = sentences(text)
    return found[0].text if found else text
