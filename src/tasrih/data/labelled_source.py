"""A labelled set as recipes and evaluations name it: under the data root, a file with named columns, or a hub id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tasrih.data.corpus import find_split, read_rows
from tasrih.data.labelled import (
    TARGET_NAMES,
    Row,
    article_text,
    limited,
    read_task,
    statement_stances,
    statements,
)  # fmt: skip
from tasrih.data.sources import read_splits
from tasrih.data.standoff import SUFFIX, read_standoff


@dataclass(frozen=True)
class Source:
    """One set to train on."""

    name: str
    """The set's folder under the data root; or a JSONL, CSV or Parquet file, a folder of such, or a hub id; or a folder
    anywhere in the form of ``statements``; or a file of labels alone, ``*.standoff.jsonl`` (``data/standoff.py``)."""
    split: str = "train"
    """Its split; ``all`` takes every split or fold that it has."""
    config: str | None = None
    """Configuration of a hub dataset that has several, such as ``arabic``."""
    limit: int | None = None
    """Rows at most, drawn by a hash of the id."""
    repeat: int = 1
    """How often each row is seen in an epoch."""
    text: str = "text"
    """Column of the text; of articles with a ``title`` column, the title goes before it on a line of its own."""
    label: str = "label"
    """Column of the label; of several labels a list, or their names with ``|`` between, empty where there is none."""
    target: str = "target"
    """Column of what the stance is to."""
    id: str = "id"
    """Column of the id; rows without it are numbered."""
    fold: str | None = None
    """Column that names each row's fold, where the set comes with folds (``fold`` in AuSTR and ArabicFC)."""
    labels: dict[str, str] = field(default_factory=dict)
    """The set's labels in terms of ours; rows of a label that is not named are left out. Empty takes them all."""
    folded: bool = True
    """Whether its rows take turns in cross-validation; the others (weak labels, written examples) are always
    trained on."""

    def __post_init__(self) -> None:
        if self.repeat < 1:
            raise ValueError(f"repeat must be 1 at least, not {self.repeat}")
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"limit must be 1 at least, not {self.limit}")

    @property
    def plain(self) -> bool:
        """Whether no column or label is named, so that the set is read in its own form."""
        default = Source(self.name)
        named = ("config", "text", "label", "target", "id", "fold", "labels")
        return all(getattr(self, name) == getattr(default, name) for name in named)


@dataclass
class Part:
    """What was read of one source.

    Attributes:
        source: the source.
        rows: its rows, those that the guard refuses taken out; each once.
        folds: the fold of each row; empty where the source names no column for them.
        removed: rows that the guard took out.
        sha256: of the rows as they were read, the guard's included.
    """

    source: Source
    rows: list[Row]
    folds: list[str] = field(default_factory=list)
    removed: int = 0
    sha256: str = ""


def fingerprint_rows(rows: Iterable) -> str:
    """Give the SHA-256 of rows in their order.

    Args:
        rows: dataclasses, such as ``Row`` or ``Article``.

    Returns:
        The digest in hexadecimal; it changes with any text, label or order.
    """
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(asdict(row), ensure_ascii=True, sort_keys=True).encode())
    return digest.hexdigest()


def read_records(source: Source, root: Path) -> list[dict]:
    """Read the rows of a source as they stand in it.

    Args:
        source: the source.
        root: the data root.

    Returns:
        One dictionary a row.

    Raises:
        FileNotFoundError: if it is not there, or has no such split.
        ValueError: if it names a configuration and is no hub id.
    """
    splits = read_splits(source.name, root, config=source.config)
    if source.split == "all":
        return [row for rows in splits.values() for row in rows]
    if source.split not in splits and len(splits) == 1 and Path(source.name).suffix:
        return next(iter(splits.values()))  # a file is one split, whatever its name
    if source.split not in splits:
        raise FileNotFoundError(f"{source.name} has no split {source.split!r}: it has {', '.join(splits)}")
    return splits[source.split]


def _cell(record: dict, column: str, where: str):
    if column not in record:
        raise ValueError(f"{where}: no column {column!r}: it has {', '.join(record)}")
    return record[column]


def _statements_file(source: Source) -> Path | None:
    """Find the split of a folder outside the data root that has the form of ``statements``, spans and all."""
    try:
        path = find_split(source.name, source.split)
    except FileNotFoundError:
        return None
    return path if "tags" in next(iter(read_rows(path)), {}) else None


def read_source(
    source: Source, root: Path, task: str, labels: tuple[str, ...], *, multi_label: bool, own_labels: bool = False
) -> Part:
    """Read one source, its labels checked; the guard has not yet looked at it.

    Args:
        source: the source.
        root: the data root.
        task: the task.
        labels: the labels of the head.
        multi_label: whether a text may have several.
        own_labels: whether the labels are not those of the task's scheme.

    Returns:
        The rows.

    Raises:
        FileNotFoundError: if it is not there, or has no such split.
        ValueError: if a column is missing or a label unknown (the message names the row), or it names a configuration
            and is no hub id.
    """
    if source.name.endswith(SUFFIX) and source.config is None:
        rows = limited(read_standoff(source.name, task, root), source.limit, lambda row: row.id)
        return Part(source, rows, sha256=fingerprint_rows(rows))
    if source.plain and not own_labels and (path := _statements_file(source)):
        read = {"statement": statements, "stance": statement_stances}.get(task)
        if read is None:
            raise ValueError(f"{path} holds statements, which say nothing of {task}")
        rows = limited(read(path), source.limit, lambda row: row.id)
        return Part(source, rows, sha256=fingerprint_rows(rows))
    if source.plain and not own_labels and (root / source.name).is_dir():
        rows = read_task(root, task, source.name, source.split, limit=source.limit)
        return Part(source, rows, sha256=fingerprint_rows(rows))
    found: list[tuple[Row, str]] = []
    for number, record in enumerate(read_records(source, root)):
        where = f"{source.name}, row {number}"
        text, given = _cell(record, source.text, where), _cell(record, source.label, where)
        if isinstance(text, str) and source.text == "text" and record.get("title"):
            text = article_text(record)
        told = isinstance(text, str) and bool(text.strip())
        if not told or (given is None and not multi_label):
            raise ValueError(f"{where}: no {'label' if told else 'text'}: leave it out of the set")
        names = given if isinstance(given, list) else [str(given)]
        if multi_label and not isinstance(given, list):
            # an empty cell is a text without a label, as `tasrih data check` has it
            names = [name.strip() for name in str(given or "").split("|") if name.strip()]
        if source.labels:
            names = [source.labels[name] for name in names if name in source.labels]
            if not names and not multi_label:
                continue
        for name in names:
            if name not in labels:
                raise ValueError(f"{where}: unknown label {name!r}: choose from {', '.join(labels)}")
        target = None
        if task == "stance":
            target = str(_cell(record, source.target, where))
            target = TARGET_NAMES.get(target, target)
        identifier = str(record.get(source.id) or f"{source.name}:{number}")
        row = Row(identifier, text, tuple(names), target=target, source=record.get("source"))
        found.append((row, str(_cell(record, source.fold, where)) if source.fold else ""))
    found = limited(found, source.limit, lambda pair: pair[0].id)
    rows = [row for row, _ in found]
    folds = [fold for _, fold in found] if source.fold else []
    return Part(source, rows, folds, sha256=fingerprint_rows(rows))


def facts_of(part: Part) -> dict:
    """Give what is stored of a source that was read: name, split, rows, SHA-256 and what the guard took out."""
    return {
        "name": part.source.name, "split": part.source.split, "rows": len(part.rows), "sha256": part.sha256,
        "removed_by_guard": part.removed,
    }  # fmt: skip
