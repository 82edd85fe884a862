"""The columns that each task reads, and rows of any set brought into that form."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasrih.data.findings import Finding, finding
from tasrih.schemes import STANCE, STATEMENT, TOPIC, Scheme


@dataclass(frozen=True, slots=True)
class Form:
    """What the rows of a task hold.

    Attributes:
        task: the task.
        required: columns that every set must have.
        optional: further columns that are read where they are there.
        scheme: the labels that are allowed; None where a set brings its own.
        answers: columns of which one at least must be there.
    """

    task: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    scheme: Scheme | None = None
    answers: tuple[str, ...] = ()


#: Task to the form of its rows. ``label`` is classification by labels of the set's own, ``pair`` the same over two
#: texts, ``text`` no labels at all.
FORMS: dict[str, Form] = {
    form.task: form
    for form in (
        Form("statement", ("text", "tags"), ("id", "conditional", "speaker", "stances", "source"), STATEMENT),
        Form("topic", ("text", "label"), ("id", "title", "second", "source"), TOPIC),
        Form("stance", ("text", "target", "label"), ("id", "source", "fold"), STANCE),
        Form("pair", ("text", "target", "label"), ("id", "source", "fold")),
        Form("label", ("text", "label"), ("id", "title", "source", "fold")),
        Form("summary", ("text",), ("id", "title", "source"), answers=("title", "summary", "summaries")),
        Form("text", ("text",), ("id", "title", "source", "date")),
    )
}

#: Other names that sets give our columns.
ALIASES: dict[str, tuple[str, ...]] = {
    "text": ("sentence", "content", "article", "body", "tweet", "document"),
    "label": ("category", "class", "stance", "topic", "labels"),
    "target": ("claim", "topic", "premise"),
    "tags": ("labels", "acts"),
    "summary": ("highlights", "abstract"),
    "title": ("headline",),
}

_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no", "")


def guess_task(rows: Sequence[Mapping[str, Any]]) -> str:
    """Tell what a set is for by its columns and labels.

    Args:
        rows: some of its rows.

    Returns:
        A key of ``FORMS``; ``pair`` or ``label`` where the labels are the set's own.

    Example:
        >>> guess_task([{"text": "فاز الفريق", "label": "sport"}])
        'topic'
    """
    columns = {column for row in rows for column in row}
    if "tags" in columns:
        return "statement"
    if "label" not in columns and columns & {"summary", "summaries"}:
        return "summary"
    column = next((name for name in ("label", *ALIASES["label"]) if name in columns), None)
    if column is None:
        return "text"
    scheme, task, other = (STANCE, "stance", "pair") if "target" in columns else (TOPIC, "topic", "label")
    return task if {row.get(column) for row in rows} <= {*scheme.names} else other


def conform(
    rows: Iterable[Mapping[str, Any]], form: Form, split: str, *, columns: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> tuple[list[dict], list[Finding]]:  # fmt: skip
    """Bring rows into the form of a task, and say what does not fit.

    Args:
        rows: rows as a file has them; tables give lists and spans as JSON, or tags with ``|`` between them.
        form: the form.
        split: name of the split, for the findings.
        columns: our column to the set's; what is not named is found by its own name or by ``ALIASES``.
        labels: the set's label to ours; rows whose label has no counterpart are left out.

    Returns:
        The rows that fit, with the form's columns (None where a row has no value) and an ``id``, and the findings.

    Raises:
        ValueError: if ``columns`` names a column that the set does not have.
    """
    rows = list(rows)
    named, findings = _columns(rows, form, split, columns or {})
    if any(found.level == "error" for found in findings):
        return [], findings
    wanted = dict.fromkeys((*form.required, *form.optional, *form.answers))
    kept: list[dict] = []
    faults: dict[str, list[str]] = {}
    unmapped: Counter[str] = Counter()
    for number, source in enumerate(rows, 1):
        row = {name: source.get(named[name]) if name in named else None for name in wanted}
        row["id"] = str(row["id"]) if row.get("id") not in (None, "") else f"row {number}"
        if labels is not None and isinstance(row.get("label"), str):
            if row["label"] not in labels:
                unmapped[row["label"]] += 1
                continue
            row["label"] = labels[row["label"]]
        fault = _mend(row, form)
        if fault is None:
            kept.append(row)
        else:
            faults.setdefault(fault, []).append(row["id"])
    findings += [finding("error", "rows", split, f"rows left out: {fault}", ids) for fault, ids in faults.items()]
    if unmapped:
        told = ", ".join(f"{label} {count:,}" for label, count in unmapped.most_common())
        message = f"rows left out: their labels have no counterpart in {form.task} ({told})"
        findings.append(Finding("note", "labels", split, message, unmapped.total()))
    return kept, findings


def _columns(
    rows: Sequence[Mapping[str, Any]], form: Form, split: str, given: Mapping[str, str]
) -> tuple[dict[str, str], list[Finding]]:
    there = dict.fromkeys(column for row in rows for column in row)
    named, findings = {}, []
    for ours, theirs in given.items():
        if theirs not in there:
            raise ValueError(f"{split} has no column {theirs!r} to read as {ours}: it has {', '.join(there)}")
        named[ours] = theirs
    for name in dict.fromkeys((*form.required, *form.optional, *form.answers)):
        others = [other for other in ALIASES.get(name, ()) if other in there and other not in named.values()]
        if name in named:
            continue
        if name in there:
            named[name] = name
        elif len(others) == 1 and name in (*form.required, *form.answers):
            named[name] = others[0]
            findings.append(Finding("note", "columns", split, f"column {others[0]!r} is read as {name}"))
    missing = [name for name in form.required if name not in named]
    if form.answers and not set(form.answers) & named.keys():
        missing.append(" or ".join(form.answers))
    if not rows:
        findings.append(Finding("error", "rows", split, "it has no rows"))
    elif missing:
        message = f"{form.task} needs {', '.join(missing)}; the set has {', '.join(there)} (--column text=their_name)"
        findings.append(Finding("error", "columns", split, message, len(rows)))
    return named, findings


def _mend(row: dict, form: Form) -> str | None:
    """Turn what a table writes as strings into lists and spans; say what cannot be read."""
    if row.get("fold") is not None:
        row["fold"] = str(row["fold"])
    if not isinstance(row["text"], str | None):
        return "the text is no string"
    if "target" in row and (not isinstance(row["target"], str) or not row["target"].strip()):
        return "the target is empty"
    if "label" in row:
        if isinstance(row["label"], int | float) and not isinstance(row["label"], bool):
            return "the label is a number: give its name"
        if not isinstance(row["label"], str) or not row["label"].strip():
            return "the label is empty"
        if form.scheme is not None and row["label"] not in form.scheme.names:
            return f"unknown {form.task} label {row['label']!r}: choose from {', '.join(form.scheme.names)}"
    if "second" in row:
        row["second"] = row["second"] or None
        if row["second"] is not None and form.scheme is not None and row["second"] not in form.scheme.names:
            return f"unknown second label {row['second']!r}"
    return _mend_statement(row) if form.task == "statement" else None


def _mend_statement(row: dict) -> str | None:
    try:
        row["tags"] = _tags(row["tags"])
        for column in ("speaker", "stances"):
            if isinstance(row[column], str):
                row[column] = json.loads(row[column]) if row[column].strip() else None
    except json.JSONDecodeError:
        return "a list or span is not JSON"
    unknown = [tag for tag in row["tags"] if tag not in STATEMENT.names]
    if unknown:
        return f"unknown tag {unknown[0]!r}: choose from {', '.join(STATEMENT.names)}"
    flag = row["conditional"]
    if flag is None or isinstance(flag, str):
        if str(flag or "").lower() not in (*_TRUE, *_FALSE):
            return f"conditional is {flag!r}: give true or false"
        flag = str(flag or "").lower() in _TRUE
    row["conditional"] = bool(flag)
    row["stances"] = row["stances"] or []
    return _spans_fault(row)


def _tags(value: Any) -> list[str]:
    if isinstance(value, str):
        value = json.loads(value) if value.lstrip().startswith("[") else value.split("|")
    return [str(tag).strip() for tag in value or [] if str(tag).strip()]


def _spans_fault(row: dict) -> str | None:
    try:
        spans = [row["speaker"]] if row["speaker"] else []
        for stance in row["stances"]:
            if stance["stance"] not in STANCE.names:
                return f"unknown stance {stance['stance']!r}: choose from {', '.join(STANCE.names)}"
            spans.append(stance["target"])
        if any((row["text"] or "")[span["start"] : span["end"]] != span["text"] for span in spans):
            return "the offsets of a speaker or target do not give its text"
    except (KeyError, TypeError):
        return "a speaker or target has not the form {text, start, end}"
    return None
