"""What an evaluation found: figures with intervals, and what lies behind them. No text stands in its JSON."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field

from tasrih.evaluation.metrics import Interval


@dataclass(frozen=True)
class Comparison:
    """Another model on the same texts.

    Attributes:
        model: its name; its scores stand under it in the report.
        difference: the model less the other, on the same resamples.
    """

    model: str
    difference: dict[str, Interval]


@dataclass(frozen=True)
class ClassScores:
    """Scores of one label, taken as a yes-or-no question.

    Attributes:
        label: the label.
        support: texts that have it.
        predicted: texts that it was given to.
        precision, recall, f1: of the decisions.
        average_precision: of the ranking by probability; None where no text has the label.
    """

    label: str
    support: int
    predicted: int
    precision: Interval
    recall: Interval
    f1: Interval
    average_precision: Interval | None


@dataclass(frozen=True)
class Confusion:
    """How often each true label (rows) met each given one (columns).

    Attributes:
        labels: names of rows and columns.
        counts: rows of counts.
    """

    labels: list[str]
    counts: list[list[int]]


@dataclass(frozen=True)
class Bin:
    """Decisions of like probability: their number, mean probability, and the share that held."""

    count: int
    confidence: float
    share: float


@dataclass(frozen=True)
class Curve:
    """Points of a curve.

    Attributes:
        name: what it is of.
        x, y: the points (recall and precision; coverage and risk).
        area: the area under it.
    """

    name: str
    x: list[float]
    y: list[float]
    area: float


@dataclass(frozen=True)
class SliceScores:
    """Scores of some of the texts.

    Attributes:
        group: what they were parted by.
        name: what these have.
        size: texts.
        scores: their scores.
    """

    group: str
    name: str
    size: int
    scores: dict[str, Interval]


@dataclass(frozen=True)
class Analysis:
    """What lies behind a model's figures.

    Attributes:
        per_class: system to its labels' scores.
        confusion: of the model. Of several labels a text, each missed tag is set against each wrongly given one.
        reliability: bins of the model's probabilities, of equal width.
        precision_recall: a curve a label that occurs, and ``all`` over every decision.
        risk_coverage: system to its curve.
        slices: the model on parts of the texts.
    """

    per_class: dict[str, list[ClassScores]] = field(default_factory=dict)
    confusion: Confusion | None = None
    reliability: list[Bin] = field(default_factory=list)
    precision_recall: list[Curve] = field(default_factory=list)
    risk_coverage: list[Curve] = field(default_factory=list)
    slices: list[SliceScores] = field(default_factory=list)


@dataclass(frozen=True)
class WrongAnswer:
    """One text that the model got wrong. It holds the text: for reports that stay on the machine.

    Attributes:
        id: the row's id.
        text: the text.
        target: for stance, what the stance is to.
        expected: its labels, or its reference summary.
        given: the model's.
        confidence: the model's probability of the wrong answer; for a summary, its score.
        source: where the text is from.
    """

    id: str
    text: str
    target: str | None
    expected: tuple[str, ...]
    given: tuple[str, ...]
    confidence: float
    source: str | None = None


@dataclass
class Report:
    """Figures of one model on one split.

    Attributes:
        model: the model's name.
        data: the set.
        split: the split.
        size: texts scored.
        command: what makes these figures again.
        scores: system (``model``, the model it is set against, and the baselines) to its scores.
        difference: ``model`` less a baseline, on the same resamples: of a classifier the strongest in each score, of a
            summariser the beginning that is as long.
        notes: what a reader must know.
        task: what the model does.
        baselines: score to the baseline that the difference is to.
        against: the paired comparison with another model, if one was asked for.
        analysis: label by label, curves and slices.
        errors: wrong answers with their texts, the most confident first; never part of the JSON.
    """

    model: str
    data: str
    split: str
    size: int
    command: str
    scores: dict[str, dict[str, Interval]]
    difference: dict[str, Interval] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    task: str = ""
    baselines: dict[str, str] = field(default_factory=dict)
    against: Comparison | None = None
    analysis: Analysis | None = None
    errors: list[WrongAnswer] = field(default_factory=list, repr=False)

    def to_dict(self) -> dict:
        """Give the report as plain JSON types, rounded to four places, without any text."""

        def plain(value):
            if isinstance(value, dict):
                return {key: plain(item) for key, item in value.items()}
            if isinstance(value, (list, tuple)):
                return [plain(item) for item in value]
            if isinstance(value, float):
                return round(value, 4) if math.isfinite(value) else None
            return value

        found = plain({key: value for key, value in asdict(self).items() if key != "errors"})
        return {key: value for key, value in found.items() if value not in (None, "")}

    def table(self) -> str:
        """Lay the scores out as a Markdown table."""
        names = list(dict.fromkeys(name for scores in self.scores.values() for name in scores))
        columns = [(system, self.scores[system]) for system in self.scores]
        if self.difference:
            told = {name: f" to {baseline}" for name, baseline in self.baselines.items()}
            change = {name: f"{value}{told.get(name, '')}" for name, value in self.difference.items()}
            columns.append(("difference", change))
        if self.against is not None:
            columns.append((f"less {self.against.model}", self.against.difference))
        rows = [["score", *(head for head, _ in columns)], ["---"] * (len(columns) + 1)]
        rows += [[name, *(str(scores.get(name, "")) for _, scores in columns)] for name in names]
        lines = [f"{self.model} on {self.data}, {self.split} split, {self.size} texts; 95 % bootstrap intervals"]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([*lines, *self.notes])
