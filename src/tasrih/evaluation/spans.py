"""Scoring speakers and targets: the token head beside the rules, exact and by overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tasrih.data.corpus import data_root
from tasrih.data.labelled import MarkedSpan, Row, read_task
from tasrih.evaluation.evaluate import Report
from tasrih.evaluation.metrics import bootstrap, f1_from_counts
from tasrih.models.classifier import Classifier, ClassifierSettings, Reading
from tasrih.models.load import load
from tasrih.models.spans import FoundSpan
from tasrih.models.speaker_spans import SPEAKER_BY, speaker_of
from tasrih.models.tagger import Tagger, span_logits
from tasrih.schemes import STANCE
from tasrih.text.speakers import find_speaker


def merged(spans: Sequence[MarkedSpan]) -> list[MarkedSpan]:
    """Keep the longest of spans that overlap.

    Args:
        spans: gold spans.

    Returns:
        Spans that do not overlap, in order.
    """
    kept: list[MarkedSpan] = []
    for span in sorted(spans, key=lambda span: span.start - span.end):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def match(found: Sequence[FoundSpan], gold: Sequence[MarkedSpan]) -> list[tuple[FoundSpan, MarkedSpan]]:
    """Pair found and gold spans one to one, largest overlaps first.

    Args:
        found: predicted spans.
        gold: gold spans that do not overlap each other.

    Returns:
        The pairs that overlap.
    """
    overlaps = [
        (min(one.end, other.end) - max(one.start, other.start), index, place)
        for index, one in enumerate(found)
        for place, other in enumerate(gold)
    ]
    pairs, used_found, used_gold = [], set(), set()
    for size, index, place in sorted(overlaps, reverse=True):
        if size > 0 and index not in used_found and place not in used_gold:
            used_found.add(index)
            used_gold.add(place)
            pairs.append((found[index], gold[place]))
    return pairs


def _speaker_counts(guess: tuple[int, int] | None, gold: MarkedSpan | None) -> list[int]:
    """Count exact hits, overlaps, predictions and gold spans."""
    if guess is None or gold is None:
        return [0, 0, guess is not None, gold is not None]
    start, end = guess
    return [guess == (gold.start, gold.end), start < gold.end and gold.start < end, 1, 1]


def _speaker_tallies(rows: list[Row], readings: list[Reading]) -> dict[str, np.ndarray]:
    speakers: dict[str, list] = {by: [] for by in SPEAKER_BY}
    for row, reading in zip(rows, readings, strict=True):
        speaker = next((span for span in row.spans if span.label == "speaker"), None)
        ruled = find_speaker(row.text)
        own = (ruled.start, ruled.end) if ruled else None
        # a speaker is given, and is in the reference, for tagged sentences alone
        tagged = bool(set(row.labels) - {"conditional"})
        for by, counted in speakers.items():
            guess = speaker_of(*span_logits(reading), row.text, own, by)
            counted.append(_speaker_counts(guess, speaker) if tagged else [0, 0, 0, 0])
    return {by: np.array(counted) for by, counted in speakers.items()}


def _targets(classifier: Classifier, rows: list[Row], readings: list[Reading]) -> list[list[FoundSpan]]:
    """Give the targets of each row as tagging finds them."""
    tagger = Tagger(classifier)
    return [
        [span for span in tagger.spans(reading, row.text) if span.kind == "target"]
        for row, reading in zip(rows, readings, strict=True)
    ]


def _target_tallies(rows: list[Row], found: list[list[FoundSpan]]) -> tuple[np.ndarray, np.ndarray]:
    """Count hits, exact hits, predictions and gold targets of each row; and confusions of the stances to the hits."""
    targets, stances = [], []
    for row, guessed in zip(rows, found, strict=True):
        wanted = merged([span for span in row.spans if span.label != "speaker"])
        pairs = match(guessed, wanted)
        exact = sum((one.start, one.end) == (other.start, other.end) for one, other in pairs)
        targets.append([len(pairs), exact, len(guessed), len(wanted)])
        cells = np.zeros((len(STANCE.names), len(STANCE.names)), dtype=int)
        for one, other in pairs:
            guess = max(one.stances, key=one.stances.__getitem__)
            cells[STANCE.names.index(other.label), STANCE.names.index(guess)] += 1
        stances.append(cells.ravel())
    return np.array(targets), np.array(stances)


def _speaker_score(counts: np.ndarray) -> dict[str, float]:
    exact, overlap, made, there = counts.sum(0)
    return {
        "speaker_exact_f1": float(f1_from_counts(exact, made, there)),
        "speaker_overlap_f1": float(f1_from_counts(overlap, made, there)),
    }


def _target_score(counts: np.ndarray, cells: np.ndarray) -> dict[str, float]:
    hits, exact, made, there = counts.sum(0)
    confusion = cells.sum(0).reshape(len(STANCE.names), -1)
    f1 = f1_from_counts(confusion.diagonal(), confusion.sum(0), confusion.sum(1))
    return {
        "target_overlap_f1": float(f1_from_counts(hits, made, there)),
        "target_exact_f1": float(f1_from_counts(exact, made, there)),
        "stance_macro_f1_on_matched": float(f1.mean()),
    }


def fit_spans(classifier: Classifier, rows: list[Row], readings: list[Reading]) -> ClassifierSettings:
    """Fit on validation rows from when a target is given, and choose by what a speaker is named.

    Args:
        classifier: a statement model with a token head.
        rows: validation rows.
        readings: what the classifier read in them.

    Returns:
        Its settings with ``span_bias`` and ``target_from`` of the highest target F1, by overlap and exact together, and
        ``speaker_by`` of the highest exact F1: the rules, the token head or both.
    """
    before = classifier.settings
    speakers = _speaker_tallies(rows, readings)
    speaker_by = max(speakers, key=lambda by: _speaker_score(speakers[by])["speaker_exact_f1"])
    best: tuple[float, ClassifierSettings] | None = None
    for bias in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5):
        classifier.settings = replace(before, span_bias=bias, target_from=0.0, speaker_by=speaker_by)
        found = _targets(classifier, rows, readings)
        for least in (0.0, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5):
            given = [[span for span in spans if span.score >= least] for spans in found]
            score = _target_score(*_target_tallies(rows, given))
            worth = score["target_overlap_f1"] + score["target_exact_f1"]
            if best is None or worth > best[0]:
                best = worth, replace(classifier.settings, target_from=least)
    classifier.settings = before
    return best[1]


def evaluate_spans(model: str, data: str = "statements", split: str = "test", root: Path | None = None) -> Report:
    """Score the speakers and targets that a statement model finds, beside those of the rules.

    Args:
        model: a statement model with a token head.
        data: a set in the form of ``statements``.
        split: the split.
        root: the data root; None takes ``data_root()``.

    Returns:
        The report: speakers of tagged sentences (exact and overlapping span) as tagging names them, by the token head
        (the rules where it names nobody), and by the rules alone; targets (one to one, by overlap;
        overlapping gold spans count as their longest), and the stance to the targets found.

    Raises:
        ValueError: if the model has no token head.
    """
    classifier = load(model)
    rows = read_task(root or data_root(), "statement", data, split)
    readings = classifier.read([row.text for row in rows])
    if readings[0].span_logits is None:
        raise ValueError(f"{model} has no token head: train it with spans: true")
    counts, targets = _speaker_tallies(rows, readings), _target_tallies(rows, _targets(classifier, rows, readings))
    named = counts[classifier.settings.speaker_by]
    scores = {
        "model": bootstrap(_speaker_score, named) | bootstrap(_target_score, *targets),
        "token_head": bootstrap(_speaker_score, counts["spans"]),
        "rules": bootstrap(_speaker_score, counts["rules"]),
    }

    def difference(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
        first, second = _speaker_score(ours), _speaker_score(theirs)
        return {name: first[name] - second[name] for name in first}

    above_rules = bootstrap(difference, named, counts["rules"])
    return Report(
        model, data, split, len(rows), f"tasrih evaluate {model} {data} --split {split} --spans", scores, above_rules,
        [f"the model's speakers are named by: {classifier.settings.speaker_by} (of {', '.join(SPEAKER_BY)})"],
        baselines=dict.fromkeys(above_rules, "rules"),
    )  # fmt: skip
