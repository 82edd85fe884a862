"""A set from anywhere as a checked ``datasets.DatasetDict``, its columns and labels in terms of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasrih.data.checks import check
from tasrih.data.findings import Finding
from tasrih.data.forms import FORMS, Form, conform, guess_task
from tasrih.data.labelled import LABEL_MAPS, TARGET_NAMES
from tasrih.data.limits import Limits
from tasrih.data.sources import locate, read_splits
from tasrih.errors import MissingExtraError

if TYPE_CHECKING:
    from datasets import DatasetDict


@dataclass(frozen=True, slots=True)
class CheckedSet:
    """A set in the form of its task, and what its check found.

    Attributes:
        form: the form of the task.
        splits: split to its rows.
        findings: what was found, in the order of the checks.
    """

    form: Form
    splits: dict[str, list[dict]]
    findings: tuple[Finding, ...]


def open_set(
    source: str | Path, task: str | None = None, *, root: str | Path | None = None,
    columns: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None,
    near: bool = True, limits: Limits | None = None, config: str | None = None,
) -> CheckedSet:  # fmt: skip
    """Read a set, bring it into the form of its task, and check it.

    Args:
        source: a file, a folder of splits, a folder under ``root``, or a hub id (see ``sources.read_splits``).
        task: a key of ``FORMS``; None guesses it from the columns and labels.
        root: the data root.
        columns: our column to the set's, where the names differ.
        labels: the set's label to ours; None takes the map of ``LABEL_MAPS`` for the set's folder, if it has one.
        near: look for near duplicates between splits too.
        limits: what each file may hold; None takes ``current_limits()``.
        config: the configuration of a set on the hub that has several, such as ``arabic``.

    Returns:
        The set with its findings. Rows that do not fit are left out of it; an error-level finding says so.

    Raises:
        FileNotFoundError: if the source is not there.
        ValueError: if a file cannot be read, the task or a column is unknown, or a configuration is named of what is no
            hub id.
    """
    if task is not None and task not in FORMS:
        raise ValueError(f"unknown task {task!r}: choose from {', '.join(FORMS)}")
    raw = read_splits(source, root, limits, config=config)
    asked, labels = labels, _own_map(source, root) if labels is None else labels
    form = FORMS[task or _guess(raw, columns or {}, labels)]
    if form.scheme is None:
        if asked:
            raise ValueError(f"labels: the task {form.task} has none of its own that a set's could be mapped to")
        labels = None
    splits: dict[str, list[dict]] = {}
    findings: list[Finding] = []
    for split, rows in raw.items():
        splits[split], found = conform(rows, form, split, columns=columns, labels=labels)
        findings += found
        for row in splits[split]:
            if row.get("target") in TARGET_NAMES:
                row["target"] = TARGET_NAMES[row["target"]]
    findings += check(splits, form, near=near)
    return CheckedSet(form, splits, tuple(findings))


def load_dataset_dict(
    source: str | Path, task: str | None = None, *, root: str | Path | None = None,
    columns: Mapping[str, str] | None = None, labels: Mapping[str, str] | None = None,
    limits: Limits | None = None, config: str | None = None,
) -> DatasetDict:  # fmt: skip
    """Give a set as a ``DatasetDict`` whose columns, labels and offsets hold.

    Leakage between splits does not stop it: the held-out guard takes such rows out of training.

    Args:
        source: as in ``open_set``.
        task: as in ``open_set``.
        root: as in ``open_set``.
        columns: as in ``open_set``.
        labels: as in ``open_set``.
        limits: as in ``open_set``.
        config: as in ``open_set``.

    Returns:
        Split to its table, with the columns of ``FORMS[task]``.

    Raises:
        FileNotFoundError: if the source is not there.
        ValueError: if the set has an error other than leakage; the message gives the first and the command that
            lists all of them.
        MissingExtraError: if ``datasets`` is not installed.
    """
    try:
        from datasets import Dataset, DatasetDict
    except ImportError:
        raise MissingExtraError("datasets", "train", "a DatasetDict") from None
    checked = open_set(
        source, task, root=root, columns=columns, labels=labels, near=False, limits=limits, config=config
    )  # fmt: skip
    faults = [found for found in checked.findings if found.level == "error" and found.check != "leakage"]
    if faults:
        named = f" ({', '.join(faults[0].examples)})" if faults[0].examples else ""
        raise ValueError(
            f"{source}, {faults[0].split}: {faults[0].message}{named}; `tasrih data check {source}` lists every finding"
        )
    features = _features(checked.form)
    tables = {
        split: Dataset.from_list([{name: row.get(name) for name in features} for row in rows], features=features)
        for split, rows in checked.splits.items()
    }
    # the library takes word characters and dots only
    return DatasetDict({split.replace(" ", "_"): table for split, table in tables.items()})


def _features(form: Form):
    """The types of a form's columns: inferred ones would differ where a split holds no speaker."""
    from datasets import Features, List, Value

    span = {"text": Value("string"), "start": Value("int64"), "end": Value("int64")}
    kinds = {
        "tags": List(Value("string")), "conditional": Value("bool"), "speaker": span,
        "stances": List({"target": span, "stance": Value("string")}),
        "summaries": List(Value("string")),
    }  # fmt: skip
    names = dict.fromkeys(("id", *form.required, *form.optional, *form.answers))
    return Features({name: kinds.get(name, Value("string")) for name in names})


def _own_map(source: str | Path, root: str | Path | None) -> Mapping[str, str] | None:
    path = locate(source, root)
    return None if path is None else LABEL_MAPS.get("/".join((path.parent if path.is_file() else path).parts[-2:]))


def _guess(raw: Mapping[str, Sequence[dict]], columns: Mapping[str, str], labels: Mapping[str, str] | None) -> str:
    theirs = {theirs: ours for ours, theirs in columns.items()}
    rows = [{theirs.get(name, name): value for name, value in row.items()} for rows in raw.values() for row in rows]
    if labels is not None:
        return "stance" if any("target" in row for row in rows) else "topic"
    return guess_task(rows)
