"""How far a model's labels move with spelling: the same texts, written as other people write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tasrih.data.corpus import data_root
from tasrih.data.labelled import Row, read_task
from tasrih.data.respelling import respelt_row
from tasrih.evaluation.bootstrap import differences, draw, intervals
from tasrih.evaluation.classification import Answers, Questions
from tasrih.evaluation.evaluate import answers_of, questions_of
from tasrih.evaluation.report import Report
from tasrih.models.classifier import Classifier
from tasrih.models.load import load
from tasrih.text.spellings import VARIANTS, is_folded


def evaluate_spelling(model: str, data: str, split: str = "test", root: Path | None = None) -> Report:
    """Compare a model's labels on a set's texts with its labels on other spellings of the same texts.

    A stance's target is respelt with the text where it is a stretch of it, and else kept.

    Args:
        model: a bundled model's name, a folder, or a hub id.
        data: the set's folder under the data root.
        split: the split.
        root: the data root; None takes ``data_root()``.

    Returns:
        The report: for each variant the share of texts whose labels are ``unchanged`` (of several labels, the whole
        set), and the F1 against the true labels; a note says what the noise of a scanned page costs, on the same
        resamples.

    Raises:
        FileNotFoundError: if the set has no such split.
    """
    root = root or data_root()
    classifier = load(model)
    rows = read_task(root, classifier.task, data, split)
    labels, several = classifier.settings.labels, classifier.settings.multi_label
    questions = questions_of(rows, labels, several)
    plain = _given(classifier, rows)
    headline = "micro_f1" if several else "macro_f1"
    scores, draws, notes = {}, {}, []
    for name in ("as_written", *VARIANTS):
        written = rows if name == "as_written" else [respelt_row(row, name) for row in rows]
        changed = sum(a.text != b.text for a, b in zip(rows, written, strict=True))
        found = plain if name == "as_written" else _given(classifier, written)
        same = (found.predicted == plain.predicted).reshape(len(rows), -1).all(1)
        draws[name] = draw(_scorer(questions, found, same, headline), len(rows))
        scores[name] = intervals(draws[name])
        if name != "as_written":
            kind = "folded" if is_folded(name, classifier.settings.profile) else "not folded"
            notes.append(f"{name} ({kind}): {changed} texts differ, labels of {int((~same).sum())} change")
    lost = differences(draws["ocr_noise"], draws["as_written"])[headline]
    if any(row.target for row in rows):
        notes.append("A target that stands in the text is respelt with it; another one is kept.")
    notes.append(f"{headline} under ocr_noise less as_written: {lost}")
    return Report(
        model, data, split, len(rows), command=f"tasrih evaluate {model} {data} --split {split} --spelling",
        task=classifier.task, scores=scores, notes=notes,
    )  # fmt: skip


def _given(classifier: Classifier, rows: list[Row]) -> Answers:
    labels = classifier.settings.labels
    return answers_of(classifier, rows, labels, np.full(len(labels), 1 / len(labels)))


def _scorer(questions: Questions, found: Answers, same: np.ndarray, headline: str):
    full = questions.scores(found)

    def score(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"unchanged": weights @ same / weights.sum(1), headline: full(weights)[headline]}

    return score
