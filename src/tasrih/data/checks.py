"""Checks of a set before it is trained or scored on: texts, labels, repeats, leakage between splits, lengths."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasrih.data.findings import Finding, finding
from tasrih.data.forms import Form
from tasrih.data.leakage import THRESHOLD, folded_words, near_pairs
from tasrih.data.sources import role

#: A label with fewer training rows than this is hardly learnt, and its score hardly measured.
FEW = 20

Splits = Mapping[str, Sequence[dict]]


@dataclass(frozen=True, slots=True)
class Reader:
    """How a model sees texts, for the check of lengths.

    Attributes:
        name: the model's or tokenizer's name.
        window: tokens that it reads at once, special tokens included.
        count: gives the number of tokens of each of some texts, special tokens included.
    """

    name: str
    window: int
    count: Callable[[Sequence[str]], Sequence[int]]


def check(splits: Splits, form: Form, *, near: bool = True) -> list[Finding]:
    """Check the texts and labels of a set, and what its splits share.

    Args:
        splits: split to its rows, in the form of ``form`` (see ``tasrih.data.forms.conform``).
        form: the form.
        near: look for near duplicates between splits too.

    Returns:
        The findings, in the order of the checks.

    Example:
        >>> from tasrih.data.forms import FORMS
        >>> rows = [{"id": "1", "text": " ", "label": "sport"}]
        >>> check({"train": rows}, FORMS["topic"])[0].message
        'rows without text'
    """
    findings: list[Finding] = []
    for split, rows in splits.items():
        findings += _texts(split, rows)
        findings += _labels(split, rows, form)
        findings += _repeats(split, rows, form)
    findings += _unseen_labels(splits)
    findings += _leakage(splits, form, near)
    return findings


def lengths(splits: Splits, reader: Reader | None = None) -> list[Finding]:
    """Tell how long the texts are, and how many are longer than a model reads at once.

    Args:
        splits: split to its rows.
        reader: how the model sees texts; None counts words only.

    Returns:
        A note for each split that has texts.
    """
    return [found for split, rows in splits.items() for found in _lengths(split, rows, reader)]


def answer(row: Mapping) -> tuple[str, ...]:
    """Give what a row says of its text: its label, or its tags and whether they are conditional."""
    if "tags" in row:
        return (*sorted(row["tags"]), *(("conditional",) if row.get("conditional") else ()))
    return (row["label"],) if row.get("label") else ()


def _key(row: Mapping) -> tuple[str, str]:
    """What makes two rows the same question: the text, and for stance the target, spelling folded."""
    return " ".join(folded_words(row["text"] or "")), " ".join(folded_words(row.get("target") or ""))


def _texts(split: str, rows: Sequence[dict]) -> Iterator[Finding]:
    empty = [row["id"] for row in rows if not (row["text"] or "").strip()]
    if empty:
        yield finding("error", "texts", split, "rows without text", empty)
    foreign = [row["id"] for row in rows if (row["text"] or "").strip() and not _has_arabic(row["text"])]
    if foreign:
        yield finding("warning", "texts", split, "texts without an Arabic letter", foreign)
    broken = [row["id"] for row in rows if "\ufffd" in (row["text"] or "")]
    if broken:
        yield finding("warning", "texts", split, "texts with U+FFFD, the mark of a wrong decoding", broken)
    ids = Counter(row["id"] for row in rows)
    twice = [name for name, count in ids.items() if count > 1]
    if twice:
        yield finding("warning", "ids", split, "ids that several rows have", twice)


def _has_arabic(text: str) -> bool:
    return any("\u0620" <= char <= "\u06d3" or "\ufb50" <= char <= "\ufefc" for char in text)


def _labels(split: str, rows: Sequence[dict], form: Form) -> Iterator[Finding]:
    counts = Counter(label for row in rows for label in answer(row))
    if not counts:
        return
    names = form.scheme.names if form.scheme is not None else ()
    told = ", ".join(f"{label} {count:,}" for label, count in counts.most_common())
    own = "" if names else " (labels of the set's own)"
    yield Finding("note", "labels", split, f"rows by label: {told}{own}", len(rows))
    few = [f"{name} {count}" for name, count in counts.most_common() if count < FEW]
    if few:
        yield Finding("warning", "labels", split, f"labels with fewer than {FEW} rows: {', '.join(few)}", len(few))
    never = [name for name in names if not counts[name]] if role(split) == "train" else []
    if never:
        yield Finding("note", "labels", split, f"labels of the scheme without a row: {', '.join(never)}", len(never))


def _repeats(split: str, rows: Sequence[dict], form: Form) -> Iterator[Finding]:
    groups: dict[tuple[str, str], list[dict]] = defaultdict(list)
    for row in rows:
        groups[_key(row)].append(row)
    # what has no letter or digit left folds to nothing, and is no repeat of the others of its kind
    groups.pop(("", ""), None)
    several = [group for group in groups.values() if len(group) > 1]
    same = [row["id"] for group in several for row in group[1:] if len({*map(answer, group)}) == 1]
    what = "text and target" if "target" in form.required else "text"
    if same:
        yield finding("warning", "repeats", split, f"rows that repeat an earlier row's {what}", same)
    torn = [row["id"] for group in several for row in group if len({*map(answer, group)}) > 1]
    if torn:
        yield finding("warning", "two labels", split, f"rows that share their {what} but not their labels", torn)


def _unseen_labels(splits: Splits) -> Iterator[Finding]:
    trained = {split: rows for split, rows in splits.items() if role(split) == "train"}
    known = {label for rows in trained.values() for row in rows for label in answer(row)}
    for split, rows in splits.items():
        unseen = [row["id"] for row in rows if known and split not in trained and not known.issuperset(answer(row))]
        if unseen:
            yield finding("warning", "labels", split, "rows with a label that no training row has", unseen)


def _leakage(splits: Splits, form: Form, near: bool) -> Iterator[Finding]:
    """Compare each split with those before it: test with training and validation, validation with training."""
    names = list(splits)
    for position, split in enumerate(names):
        for earlier in names[:position]:
            if role(split) == role(earlier) == "train":
                continue  # parts of one training set
            yield from _compare(split, splits[split], earlier, splits[earlier], near)


def _compare(split: str, rows: Sequence[dict], earlier: str, others: Sequence[dict], near: bool) -> Iterator[Finding]:
    where = f"{split} / {earlier}"
    known: dict[str, dict[str, set]] = defaultdict(lambda: defaultdict(set))
    for row in others:
        text, target = _key(row)
        known[text][target].add(answer(row))
    known.pop("", None)
    same, torn, text_alone, left = [], [], [], []
    for row in rows:
        text, target = _key(row)
        if target in known.get(text, ()):
            (same if answer(row) in known[text][target] else torn).append(row["id"])
        elif text in known:
            text_alone.append(row["id"])
        elif text:
            left.append(row)
    if same or torn:
        message = f"rows of {split} that stand in {earlier}" + (f", {len(torn)} with other labels" if torn else "")
        # files that no name makes splits of each other may share rows by plan
        level = "error" if role(split) and role(earlier) else "warning"
        yield finding(level, "leakage", where, message, same + torn)
    if text_alone:
        message = f"rows of {split} whose text stands in {earlier} with another target"
        yield finding("warning", "leakage", where, message, text_alone)
    if near:
        pairs = near_pairs([row["text"] for row in left], [row["text"] or "" for row in others])
        told = f"texts of {split} that nearly stand in {earlier} (at least {THRESHOLD:.0%} of the word bigrams shared)"
        if pairs:
            yield finding("warning", "near leakage", where, told, (left[pair.left]["id"] for pair in pairs))


def _lengths(split: str, rows: Sequence[dict], reader: Reader | None) -> Iterator[Finding]:
    texts = [row["text"] for row in rows if row["text"]]
    if not texts:
        return
    words = np.array([len(text.split()) for text in texts])
    message = f"words {_spread(words)}"
    if reader is not None:
        targets = [row.get("target") or "" for row in rows if row["text"]]
        tokens = np.array(reader.count(texts)) + (np.array(reader.count(targets)) if any(targets) else 0)
        over = float((tokens > reader.window).mean())
        message += f"; tokens of the {reader.name} {_spread(tokens)}"
        message += f"; {over:.1%} of the texts are longer than its window of {reader.window}"
    yield Finding("note", "lengths", split, message, len(texts))


def _spread(values: np.ndarray) -> str:
    median, high = np.percentile(values, (50, 95))
    return f"{values.min():,} to {values.max():,} (median {median:,.0f}, 95th percentile {high:,.0f})"
