"""Scoring a model on a labelled set: every figure with its interval, beside baselines and, if asked, another model."""

from __future__ import annotations

import importlib.util
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from tasrih.data.corpus import data_root, find_split, read_rows
from tasrih.data.guard import HeldOut
from tasrih.data.labelled import Row, limited, statement_stances, statements
from tasrih.data.labelled_source import Source, read_records, read_source
from tasrih.data.sources import locate
from tasrih.data.standoff import SUFFIX, read_standoff
from tasrih.errors import MissingExtraError
from tasrih.evaluation.analysis import analyse, surest_errors
from tasrih.evaluation.baselines import BaselineError, TfidfBaseline, prior
from tasrih.evaluation.bootstrap import Draw, differences, draw, intervals
from tasrih.evaluation.classification import COMMON, LOSSES, Answers, Questions
from tasrih.evaluation.report import Analysis, Comparison, Report, SliceScores, WrongAnswer
from tasrih.evaluation.slices import parts
from tasrih.evaluation.summary_metrics import FOLDING, Measured, lead, measures, oracle, summary_scores
from tasrih.models.classifier import Classifier, ClassifierSettings
from tasrih.models.files import bundled_models
from tasrih.models.load import load
from tasrih.models.summariser import Summariser
from tasrih.models.summary_settings import STYLES
from tasrih.results import Summary
from tasrih.schemes import SCHEMES
from tasrih.text.language import unreadable

__all__ = ["TASKS", "Report", "evaluate"]

#: First folder of a set to the task that it belongs to.
TASKS = {
    "statements": "statement", "topic_iptc": "topic", "topic": "topic", "topic_unlicensed": "topic",
    "stance": "stance", "summarisation": "summary", "summarisation_unlicensed": "summary",
}  # fmt: skip

#: Baselines of a classifier; of those that are equally strong the first is taken.
BASELINES = ("tfidf_more", "tfidf", "majority")

_NO_TRAINING = "no training split: no baseline could be fitted"

#: What must be known of a classifier's figures.
MEANINGS = {
    "macro_f1_common": f"over labels with at least {COMMON} texts in the split",
    "ece": "expected calibration error, 15 bins",
    "brier": "squared error of the probabilities, summed over the labels; of several labels a text, the mean",
    "aurc": "area under the risk-coverage curve, 0 is best",
    "lrap": "over texts with a tag",
}


def evaluate(
    model: str, data: str | Source, split: str = "test", root: Path | None = None, *, against: str | None = None,
    more: Sequence[str] = (), style: str = "headline",
) -> Report:  # fmt: skip
    """Score a model on one split of a set, with its baselines fitted on the same set's training split.

    Args:
        model: a bundled model's name, a folder, or a hub id.
        data: the set's folder under the data root; or a file, a folder of files or a hub id, as a ``Source`` where its
            columns or labels have names of their own. A file is one split, whatever its name. Summaries are
            scored against the column that its ``label`` names: by default ``title`` or, for briefs, ``summary``, or
            ``summaries`` where a row has several.
        split: the split.
        root: the data root; None takes ``data_root()``.
        against: another model of the same task, to be compared on the same texts and resamples.
        more: files that the model was trained on beside the set, of labels alone (``*.standoff.jsonl``) or in the form
            of ``statements``: a second baseline, ``tfidf_more``, is fitted on all.
        style: what a summariser writes: ``headline``, scored against titles, or ``brief``, against summaries and with
            the words of each reference as its limit, so that beginnings of equal length stand beside it.

    Returns:
        The report. The difference of a classifier is to the strongest baseline in each score, that of a summariser to
        the beginning of the text that is as long.

    Raises:
        FileNotFoundError: if the set has no such split.
        ValueError: if the model does another task than the set's, or the other model another than the first; if a
            column is missing or a label is none of the model's; or the set has no text of that style.
        MissingExtraError: without scikit-learn, which the baselines and curves are made with.
    """
    if importlib.util.find_spec("sklearn") is None:
        raise MissingExtraError("scikit-learn", "train", "evaluating")
    root = root or data_root()
    # a folder here may bear the name of a system, such as ``model`` or ``tfidf``: with ./ before it, it does not
    bare = against is not None and Path(against).name == against and against not in bundled_models()
    other = f"./{against}" if bare else against
    models = {"model": load(model)} | ({other: load(against)} if against else {})
    tasks = {name: "summary" if isinstance(one, Summariser) else one.task for name, one in models.items()}
    task = tasks["model"]
    if style not in STYLES:
        raise ValueError(f"unknown style {style!r}: choose from {', '.join(STYLES)}")
    source = replace(data, split=split) if isinstance(data, Source) else Source(data, split)
    command = _command(model, source, against, more, style)
    report = partial(Report, model, source.name, split, command=command, task=task)
    kind = TASKS.get(source.name.split("/")[0], task)
    if kind != task and not (task == "stance" and source.name == "statements"):
        raise ValueError(f"{source.name} is a set for the task {kind}; {model} does {task}")
    if against and tasks[other] != task:
        raise ValueError(f"{against} does {tasks[other]}; {model} does {task}: compare models of one task")
    if task == "summary":
        articles = _articles(source, root, style)
        if not articles:
            raise ValueError(f"{source.name}, split {split}: there is no row to score")
        return (_headlines if style == "headline" else _briefs)(models, articles, report)
    settings = models["model"].settings
    rows = _rows(source, root, settings)
    if not rows:
        raise ValueError(f"{source.name}, split {split}: there is no row to score")
    return _classified(models, rows, _fitting_rows(source, root, settings, more, rows), report)


def _command(model: str, source: Source, against: str | None, more: Sequence[str], style: str) -> str:
    columns = {name: getattr(source, name) for name in ("text", "label", "target", "id")}
    options = [
        ("split", source.split), *([("config", source.config)] if source.config else []),
        *(("column", f"{ours}={theirs}") for ours, theirs in columns.items() if ours != theirs),
        *(("map", f"{theirs}={ours}") for theirs, ours in source.labels.items()),
        *([("against", against)] if against else []), *(("more", path) for path in more),
        *([("style", style)] if style != "headline" else []),
    ]  # fmt: skip
    words = [word for option, value in options for word in (f"--{option}", value)]
    return shlex.join(["tasrih", "evaluate", model, source.name, *words])


def _rows(source: Source, root: Path, settings: ClassifierSettings) -> list[Row]:
    """Read a set by the labels of a model, which may be those of a scheme or its own."""
    scheme = SCHEMES.get(settings.task)
    own = scheme is None or not {*settings.labels} <= {*scheme.names, "conditional"}
    found = read_source(
        source, root, settings.task, settings.labels, multi_label=settings.multi_label, own_labels=own
    )  # fmt: skip
    return found.rows


@dataclass(frozen=True)
class _Fitting:
    """What baselines are fitted on: a set's own rows and further ones of the model's, and what to know of them."""

    train: list[Row] = field(default_factory=list)
    validation: list[Row] = field(default_factory=list)
    more: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _further_rows(path: str, task: str, root: Path) -> Iterator[Row]:
    if path.endswith(SUFFIX):
        return read_standoff(path, task, root)
    if task not in ("statement", "stance"):
        raise ValueError(f"{path} is no *{SUFFIX}, and {task} has no other such form: give labels of that kind")
    return statements(path) if task == "statement" else statement_stances(path)


def _fitting_rows(
    source: Source, root: Path, settings: ClassifierSettings, more: Sequence[str], scored: Iterable[Row]
) -> _Fitting:
    further = [row for path in more for row in _further_rows(path, settings.task, root)]

    def split(name: str) -> list[Row]:
        return _rows(replace(source, split=name), root, settings)

    place = locate(source.name, root)
    if place is not None and place.is_file():
        return _Fitting(notes=[_NO_TRAINING])  # one split alone: what would be fitted on it would be scored on it
    try:
        train = split("train")
    except FileNotFoundError:
        return _Fitting(notes=[_NO_TRAINING])
    if source.name == "statements" and settings.task == "statement":
        train += split("train_written")
    try:
        validation = split("validation") if source.split != "validation" else []
    except FileNotFoundError:
        validation = []

    def kept(rows: list[Row], guard: HeldOut) -> tuple[list[Row], int]:
        return guard.refuse(rows, lambda row: row.text, lambda row: row.id)

    asked = [row.text for row in scored]
    guard = (HeldOut.from_root(root) if root.is_dir() else HeldOut()).also(asked)
    (train, known), (further, known_further) = kept(train, guard), kept(further, guard)
    # the root's guard holds back its validation rows, every one
    validation, known_validation = kept(validation, HeldOut().also(asked))
    notes = []
    if known or known_further or known_validation:
        notes.append(
            f"kept from the baselines, as their text is scored or held out: {known} training, {known_further} further "
            f"and {known_validation} validation rows"
        )
    if not train:
        return _Fitting(notes=[*notes, "no training row is left: no baseline could be fitted"])
    if settings.multi_label and not validation and len(train) > 1:
        validation = limited(train, max(len(train) // 5, 1), lambda row: row.id)
        drawn = {*map(id, validation)}
        train = [row for row in train if id(row) not in drawn]
        notes.append(
            f"no validation rows beside those scored: {len(validation)} training rows, a fifth, are held out for "
            "TF-IDF's thresholds"
        )
    return _Fitting(train, validation, further, notes)


def _classified(
    models: dict[str, Classifier], rows: list[Row], fitting: _Fitting, report: Callable[..., Report]
) -> Report:
    first = next(iter(models.values()))
    labels, multi_label = first.settings.labels, first.settings.multi_label
    for name, other in models.items():
        if {*other.settings.labels} != {*labels}:
            raise ValueError(f"{name} has other labels: {', '.join(sorted({*other.settings.labels} ^ {*labels}))}")
    questions = questions_of(rows, labels, multi_label)
    train, validation, more = fitting.train, fitting.validation, fitting.more
    # an unreadable text gets what is commonest
    shares = prior(train, labels) if train else np.full(len(labels), 1 / len(labels))
    systems = {name: answers_of(one, rows, labels, shares) for name, one in models.items()}
    left_out = []
    if train:
        for name, read in {"tfidf": train, **({"tfidf_more": train + more} if more else {})}.items():
            try:
                systems[name] = baseline_answers(read, validation, rows, labels, multi_label)
            except BaselineError as error:
                left_out.append(f"{name} is left out: {error}")
        systems["majority"] = _majority(questions, shares)
    draws = {name: draw(questions.scores(given), len(rows)) for name, given in systems.items()}
    for name, one in models.items():
        if (floors := _floors(one.settings, labels)).any():
            draws[name] |= draw(questions.abstaining(systems[name], floors), len(rows))
    baselines = strongest(draws)
    notes = [f"{name}: {text}" for name, text in MEANINGS.items() if name in draws["model"]]
    if multi_label:
        counts = zip(labels, questions.truth.sum(0), strict=True)
        notes.insert(0, f"positives: {', '.join(f'{label} {number}' for label, number in counts)}")
    if "answered" in draws["model"]:
        asked = first.settings.abstain_precision
        notes.append(
            f"answered, right_of_answered: with abstain=True, which was set for {asked:.0%} right: the share of the "
            f"{'tags' if multi_label else 'texts'} that it answers still, and of these the share that is right"
        )
    if "tfidf_more" in systems:
        notes.append(f"tfidf_more: fitted on {len(more)} further rows, as the model was")
    if baselines:
        notes.append("difference: to the strongest baseline in each score")
    theirs = {score: draws[name][score] for score, name in baselines.items()}
    return report(
        len(rows), scores={name: intervals(drawn) for name, drawn in draws.items()},
        notes=[*notes, *left_out, *fitting.notes], difference=differences(draws["model"], theirs), baselines=baselines,
        against=_comparison(models, draws),
        analysis=analyse(questions, systems, rows), errors=surest_errors(questions, systems["model"], rows),
    )  # fmt: skip


def _floors(settings: ClassifierSettings, labels: tuple[str, ...]) -> np.ndarray:
    """Give the probability of each label from which a model that may abstain gives it."""
    if settings.multi_label:
        return np.array([settings.sure_from.get(label, 0.0) for label in labels])
    return np.full(len(labels), settings.abstain_below)


def strongest(draws: dict[str, dict[str, Draw]]) -> dict[str, str]:
    """Find the strongest baseline in each score.

    Args:
        draws: system to its scores, ``model`` and those of ``BASELINES`` that were fitted among them.

    Returns:
        Score to the baseline's name; nothing where none was fitted.
    """
    found = {}
    for score in draws["model"]:
        # who always gives the same label knows how often that is right, and tells nothing else
        named = [name for name in BASELINES if (name, score) != ("majority", "ece")]
        there = {name: draws[name][score].value for name in named if score in draws.get(name, ())}
        if there:
            found[score] = (min if score in LOSSES else max)(there, key=there.__getitem__)
    return found


def baseline_answers(
    train: list[Row], validation: list[Row], rows: list[Row], labels: tuple[str, ...], multi_label: bool
) -> Answers:
    """Fit TF-IDF with logistic regression and put its decisions for rows into the form that is scored.

    Args:
        train: training rows.
        validation: rows that the thresholds of several labels are fitted on.
        rows: the rows to answer.
        labels: the labels, in the order of the columns.
        multi_label: whether a row may have several.

    Returns:
        The answers.

    Raises:
        BaselineError: if nothing can be learnt from the training rows.
    """
    predicted, probabilities = TfidfBaseline(labels, multi_label=multi_label).fit(train, validation).answer(rows)
    return Answers(given_labels(predicted, labels) if multi_label else predicted, probabilities)


def given_labels(passed: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
    """Give the labels that texts get of those that passed their thresholds: no text is conditional without a tag.

    Args:
        passed: booleans of shape (texts, labels).
        labels: names of the columns; ``conditional``, if it is there, is the last.

    Returns:
        Booleans of the same shape.
    """
    given = passed.copy()
    if labels[-1] == "conditional":
        given[:, -1] &= given[:, :-1].any(1)
    return given


def _comparison(models: dict, draws: dict[str, dict[str, Draw]]) -> Comparison | None:
    other = next((name for name in models if name != "model"), None)
    return Comparison(other, differences(draws["model"], draws[other])) if other else None


def questions_of(rows: list[Row], labels: tuple[str, ...], multi_label: bool) -> Questions:
    """Put the true labels of rows into the form that answers are scored against.

    Args:
        rows: labelled rows.
        labels: the labels, in the order of the columns.
        multi_label: whether a row may have several.

    Returns:
        The questions; ``conditional``, where it stands last, is an attribute and no tag.
    """
    if multi_label:
        table = np.array([[label in row.labels for label in labels] for row in rows])
        return Questions(labels, table, tags=len(labels) - (labels[-1] == "conditional"))
    second = np.array([labels.index(row.other[0]) if row.other else -1 for row in rows])
    truth = np.array([labels.index(row.labels[0]) for row in rows])
    return Questions(labels, truth, second if (second >= 0).any() else None)


def answers_of(classifier: Classifier, rows: list[Row], labels: tuple[str, ...], shares: np.ndarray) -> Answers:
    """Put a classifier's decisions and probabilities for rows into the form that is scored.

    Args:
        classifier: the model.
        rows: labelled rows.
        labels: the labels, in the order of the columns, which may not be the model's own.
        shares: probabilities of a text that cannot be read, shape (labels,).

    Returns:
        The answers.
    """
    texts = [row.text for row in rows]
    if not classifier.settings.multi_label:
        targets = [row.target or "" for row in rows] if rows[0].target is not None else None
        found = classifier.predict(texts, targets)
        table = np.array([[one.scores[label] for label in labels] if one.label else shares for one in found])
        return Answers(table.argmax(1), table, np.array([one.label is not None for one in found]))
    # a prediction does not keep the probability of ``conditional``: the readings do
    order = [classifier.settings.labels.index(label) for label in labels]
    probabilities, predicted = np.tile(shares, (len(rows), 1)), np.zeros((len(rows), len(labels)), dtype=bool)
    readable = [at for at, text in enumerate(texts) if unreadable(text) is None]
    for at, reading in zip(readable, classifier.read([texts[at] for at in readable]), strict=True):
        given = classifier.prediction(reading)
        probabilities[at] = classifier.probabilities(reading)[0][order]
        predicted[at] = [label in given.labels or (label == "conditional" and given.conditional) for label in labels]
    return Answers(predicted, probabilities, np.isin(np.arange(len(texts)), readable))


def _majority(questions: Questions, shares: np.ndarray) -> Answers:
    """Give every text the commonest label, by the shares of the training rows."""
    size, most = len(questions.truth), int(shares[: questions.tags].argmax())
    if questions.multi_label:
        return Answers(np.tile(np.arange(len(shares)) == most, (size, 1)), np.tile(shares, (size, 1)))
    return Answers(np.full(size, most), np.tile(shares, (size, 1)))


def _summary_file(root: Path, data: str, split: str) -> Path:
    """Find a split; a set that is one file alone is a test set."""
    alone = root / f"{data}.jsonl.xz"
    return alone if split == "test" and alone.is_file() else find_split(root / data, split)


@dataclass(frozen=True)
class _Article:
    """What is summarised, and what the summary is scored against: a title, or one summary or several."""

    id: str
    text: str
    references: list[str]
    source: str | None


def _articles(source: Source, root: Path, style: str) -> list[_Article]:
    if source.labels or source.target != "target":
        raise ValueError(f"{source.name}: a summary has no label and no target: name text, title or summary, and id")
    try:
        records = list(read_rows(_summary_file(root, source.name, source.split)))
    except FileNotFoundError:  # no set of the root in its own form, but a file, a folder of files or a hub id
        records = read_records(source, root)
    reference = "title" if style == "headline" else "summary"
    column = reference if source.label == "label" else source.label
    articles = []
    for number, record in enumerate(records):
        text, given = record.get(source.text), record.get(column)
        if not isinstance(text, str):
            told = f"no text in {source.text!r}: name its column (--column text=...), of {', '.join(record)}"
            raise ValueError(f"{source.name}, row {number}: {told}")
        if column == "summary":
            given = record.get("summaries") or given
        references = given if style == "brief" and isinstance(given, list) else [given]
        articles.append(_Article(str(record.get(source.id, number)), text, references, record.get("source")))
    if missing := sum(not all(one and isinstance(one, str) for one in article.references) for article in articles):
        raise ValueError(
            f"{missing} of the {len(articles)} rows have no {column} to score a {style} against: name the column that "
            f"holds it (--column {reference}=...)"
        )
    return articles


def _headlines(models: dict[str, Summariser], rows: list[_Article], report: Callable[..., Report]) -> Report:
    texts: Sequence[str] = [row.text for row in rows]
    titles: Sequence[str] = [row.references[0] for row in rows]
    written = {name: one.summarise_all(texts) for name, one in models.items()}
    systems = {name: [summary.text for summary in found] for name, found in written.items()} | {
        "extractive": [one.text for one in models["model"].summarise_all(texts, method="extractive")],
        "lead_1": [lead(text, 1) for text in texts],
        "lead_3": [lead(text, 3) for text in texts],
        **{f"first_{size}_words": [_beginning(text, size) for text in texts] for size in (12, 14, 16, 20)},
        "oracle": [oracle(text, title) for text, title in zip(texts, titles, strict=True)],
    }
    measured = {name: measures(made, titles, texts) for name, made in systems.items()}
    return _summary_report(
        rows, systems["model"], titles, measured, written["model"], report, models, baseline="first_14_words",
        notes=["the difference is to first_14_words: as many words as a headline may have"],
    )  # fmt: skip


def _briefs(models: dict[str, Summariser], rows: list[_Article], report: Callable[..., Report]) -> Report:
    references = [row.references for row in rows]
    texts = [row.text for row, wanted in zip(rows, references, strict=True) for _ in wanted]
    flat = [reference for wanted in references for reference in wanted]
    sizes = [max(len(reference.split()), 1) for reference in flat]
    written = {
        name: [
            one.summarise(text, style="brief", max_words=size) for text, size in zip(texts, sizes, strict=True)
        ]
        for name, one in models.items()
    }  # fmt: skip
    systems = {name: [summary.text for summary in found] for name, found in written.items()} | {
        "lead_1": [lead(text, 1) for text in texts],
        "lead_3": [lead(text, 3) for text in texts],
        "first_words": [_beginning(text, size) for text, size in zip(texts, sizes, strict=True)],
        "lead_as_long": [
            _beginning(text, len(made.text.split())) for text, made in zip(texts, written["model"], strict=True)
        ],
        "oracle": [oracle(text, reference) for text, reference in zip(texts, flat, strict=True)],
    }
    # the references of one article count together, and are resampled together
    starts = np.cumsum([0, *map(len, references[:-1])])
    measured = {
        name: {
            measure: Measured(np.add.reduceat(values.part, starts), np.add.reduceat(values.whole, starts))
            for measure, values in measures(made, flat, texts).items()
        }
        for name, made in systems.items()
    }
    notes = [
        f"{len(flat)} references; each summary has the words of its reference at most, and first_words as many; "
        "lead_as_long has as many words as the summary, and the difference is to it; lead_1 and lead_3 are whole "
        "sentences; the oracle takes three whole sentences at most"
    ]
    made = [systems["model"][start] for start in starts]
    first = [wanted[0] for wanted in references]
    return _summary_report(
        rows, made, first, measured, written["model"], report, models, baseline="lead_as_long", notes=notes
    )


def _beginning(text: str, size: int) -> str:
    return " ".join(text.split()[:size])


def _summary_report(
    rows: list[_Article], made: list[str], references: Sequence[str], measured: dict[str, dict[str, Measured]],
    written: list[Summary], report: Callable[..., Report], models: dict[str, Summariser], *, baseline: str,
    notes: Sequence[str] = (),
) -> Report:  # fmt: skip
    draws = {name: draw(summary_scores(found), len(rows)) for name, found in measured.items()}
    fallen = sum(summary.method != "abstractive" for summary in written) / len(written)
    supported = float(np.mean([summary.supported for summary in written]))
    difference = differences(draws["model"], draws[baseline])
    return report(
        len(rows), scores={name: intervals(drawn) for name, drawn in draws.items()},
        difference=difference, baselines=dict.fromkeys(difference, baseline), against=_comparison(models, draws),
        analysis=Analysis(slices=_summary_slices(measured["model"], rows)),
        errors=_worst_summaries(made, references, measured["model"], rows),
        notes=[
            f"supported words {supported:.4f}; given by the extractive fallback {fallen:.3f}; {FOLDING}; "
            "oracle: sentences chosen with the reference in sight", *notes,
        ],
    )  # fmt: skip


def _summary_slices(measured: dict[str, Measured], rows: list[_Article]) -> list[SliceScores]:
    found = []
    for part in parts([row.text for row in rows], [row.source for row in rows]):
        kept = {
            name: Measured(values.part[part.mask], values.whole[part.mask])
            for name, values in measured.items()
            if name in ("rouge_1", "rouge_l", "chrf_pp")
        }
        size = int(part.mask.sum())
        found.append(SliceScores(part.group, part.name, size, intervals(draw(summary_scores(kept), size))))
    return found


def _worst_summaries(
    made: list[str], references: Sequence[str], measured: dict[str, Measured], rows: list[_Article], most: int = 30
) -> list[WrongAnswer]:
    """Find the summaries that are least like their reference."""
    score = measured["chrf_pp"].part / measured["chrf_pp"].whole
    return [
        WrongAnswer(
            rows[at].id, rows[at].text, None, (references[at],), (made[at],), float(score[at]), rows[at].source
        )
        for at in np.argsort(score, kind="stable")[:most]
    ]  # fmt: skip
