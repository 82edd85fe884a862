"""What lies behind a classifier's figures: label by label, calibration, curves, slices and the surest errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tasrih.data.labelled import Row
from tasrih.evaluation.bootstrap import draw, intervals
from tasrih.evaluation.classification import Answers, Questions
from tasrih.evaluation.report import Analysis, Bin, ClassScores, Confusion, Curve, SliceScores, WrongAnswer
from tasrih.evaluation.slices import parts
from tasrih.evaluation.weighted import bins_of, risk_area

#: Scores that a slice is given by.
_SLICE_SCORES = ("accuracy", "exact", "macro_f1", "micro_f1")
_POINTS = 80
NOTHING = "(none)"


def analyse(questions: Questions, systems: dict[str, Answers], rows: Sequence[Row]) -> Analysis:
    """Look behind the figures of the first system.

    Args:
        questions: what the labels are.
        systems: name to answers, the model first.
        rows: the texts, in the order of the answers.

    Returns:
        The analysis.
    """
    answers = next(iter(systems.values()))
    return Analysis(
        per_class={name: class_scores(questions, given) for name, given in systems.items()},
        confusion=confusions(questions, answers),
        reliability=reliability(questions, answers),
        precision_recall=precision_recall(questions, answers),
        risk_coverage=[risk_coverage(name, questions, given) for name, given in systems.items()],
        slices=slice_scores(questions, answers, rows),
    )


def class_scores(questions: Questions, answers: Answers) -> list[ClassScores]:
    """Score every label by itself, with intervals."""
    found = intervals(draw(questions.class_scores(answers), len(questions.truth)))
    support, predicted = questions.table.sum(0), questions.decisions(answers).sum(0)
    return [
        ClassScores(
            label, int(support[at]), int(predicted[at]), found[f"precision of {label}"], found[f"recall of {label}"],
            found[f"f1 of {label}"], found.get(f"average_precision of {label}"),
        )
        for at, label in enumerate(questions.labels)
    ]  # fmt: skip


def confusions(questions: Questions, answers: Answers) -> Confusion:
    """Count which labels were given for which.

    Of several labels a text, a hit counts on the diagonal; each missed label counts against each wrongly given one,
    against ``(none)`` where nothing was wrongly given, and so the other way round.

    Args:
        questions: what the labels are.
        answers: a system's answers.

    Returns:
        The matrix, true labels first.
    """
    size = len(questions.labels)
    if not questions.multi_label:
        counts = np.zeros((size, size), dtype=int)
        np.add.at(counts, (questions.truth, answers.predicted), 1)
        return Confusion(list(questions.labels), counts.tolist())
    tags = list(questions.labels[: questions.tags])
    none = len(tags)
    counts = np.zeros((none + 1, none + 1), dtype=int)
    pairs = zip(questions.truth[:, :none], answers.predicted[:, :none], strict=True)
    for truth, given in pairs:
        counts[np.diag_indices(none)] += truth & given
        missed, wrong = np.flatnonzero(truth & ~given), np.flatnonzero(given & ~truth)
        if len(missed) or len(wrong):
            counts[np.ix_(missed if len(missed) else [none], wrong if len(wrong) else [none])] += 1
        elif not truth.any():
            counts[none, none] += 1
    return Confusion([*tags, NOTHING], counts.tolist())


def reliability(questions: Questions, answers: Answers, bins: int = 10) -> list[Bin]:
    """Set probabilities against the share of decisions that held.

    Args:
        questions: what the labels are.
        answers: a system's answers.
        bins: bins of equal width.

    Returns:
        The bins that hold anything: of each text's answer, or of every (text, tag) probability.
    """
    if questions.multi_label:
        probabilities, held = (table[:, : questions.tags].ravel() for table in (answers.probabilities, questions.truth))
    else:
        probabilities, held = questions.confidence(answers), questions.right(answers)
    place = bins_of(probabilities, bins)
    inside = [place == at for at in range(bins)]
    return [Bin(int(m.sum()), float(probabilities[m].mean()), float(held[m].mean())) for m in inside if m.any()]


def precision_recall(questions: Questions, answers: Answers) -> list[Curve]:
    """Draw the precision-recall curve of every label that occurs, and of all decisions together."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    columns = {
        label: (questions.table[:, at], answers.probabilities[:, at]) for at, label in enumerate(questions.labels)
    }
    tags = questions.tags
    together = {"all": (questions.table[:, :tags].ravel(), answers.probabilities[:, :tags].ravel())}
    curves = []
    for name, (truth, scores) in (together | columns).items():
        if truth.any():
            precision, recall, _ = precision_recall_curve(truth, scores)
            kept = _spread(recall)
            area = float(average_precision_score(truth, scores))
            curves.append(Curve(name, recall[kept].tolist(), precision[kept].tolist(), area))
    return curves


def risk_coverage(name: str, questions: Questions, answers: Answers) -> Curve:
    """Draw the share of errors among the texts answered, surest first, against how many are answered."""
    confidence, wrong = questions.confidence(answers), ~questions.right(answers)
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    # texts of one confidence are answered together
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    risk = wrong[order].cumsum()[last] / (last + 1)
    coverage = (last + 1) / len(order)
    kept = _spread(coverage)
    area = float(risk_area(np.ones((1, len(wrong))), confidence, wrong)[0])
    return Curve(name, coverage[kept].tolist(), risk[kept].tolist(), area)


def _spread(x: np.ndarray) -> np.ndarray:
    """Choose at most ``_POINTS`` points of a curve, evenly along x, its ends among them."""
    if len(x) <= _POINTS:
        return np.arange(len(x))
    wanted = np.linspace(x.min(), x.max(), _POINTS)
    nearest = np.abs(x[:, None] - wanted[None]).argmin(0)
    return np.unique([0, *nearest, len(x) - 1])


def slice_scores(questions: Questions, answers: Answers, rows: Sequence[Row]) -> list[SliceScores]:
    """Score the parts of the texts that ``slices.parts`` finds."""
    found = []
    for part in parts([row.text for row in rows], [row.source for row in rows]):
        asked, given = questions.part(answers, part.mask)
        size = int(part.mask.sum())
        scores = intervals(draw(asked.scores(given), size))
        kept = {name: scores[name] for name in _SLICE_SCORES if name in scores}
        # of one label a text it is the accuracy; of several, a label that a small part lacks would count as 0
        kept.pop("macro_f1" if questions.multi_label else "micro_f1")
        found.append(SliceScores(part.group, part.name, size, kept))
    return found


def surest_errors(questions: Questions, answers: Answers, rows: Sequence[Row], most: int = 30) -> list[WrongAnswer]:
    """Find the wrong answers that the model was surest of.

    Args:
        questions: what the labels are.
        answers: the model's answers.
        rows: the texts.
        most: how many at most.

    Returns:
        Them, surest first; of several labels a text, by its surest wrong decision.
    """
    if questions.multi_label:
        chosen = np.where(answers.predicted, answers.probabilities, 1 - answers.probabilities)
        wrong = (answers.predicted != questions.truth)[:, : questions.tags]
        sure = np.where(wrong, chosen[:, : questions.tags], -1.0).max(1)
    else:
        right = questions.right(answers)
        if questions.second is not None:
            right = right | (answers.predicted == questions.second)
        sure = np.where(right, -1.0, questions.confidence(answers))
    decided, truth = questions.decisions(answers), questions.table

    def named(row: np.ndarray) -> tuple[str, ...]:
        return tuple(label for label, there in zip(questions.labels, row, strict=True) if there)

    order = [index for index in np.argsort(-sure, kind="stable")[:most] if sure[index] >= 0]
    return [
        WrongAnswer(
            rows[at].id, rows[at].text, rows[at].target, named(truth[at]), named(decided[at]), float(sure[at]),
            rows[at].source,
        )
        for at in order
    ]  # fmt: skip
