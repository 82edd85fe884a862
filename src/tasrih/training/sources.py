"""The rows of a run: sets under the data root, files with named columns, or hub ids, held-out texts taken out."""

from __future__ import annotations

import hashlib
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tasrih.data.corpus import data_root
from tasrih.data.guard import HeldOut
from tasrih.data.labelled import Row
from tasrih.data.labelled_source import Part, Source, facts_of, read_source

if TYPE_CHECKING:
    from tasrih.training.config import ClassifierConfig


_LOGGER = logging.getLogger("tasrih")


@dataclass
class TrainingData:
    """Rows read for a run, and how many the guard took out."""

    train: list[Row]
    validation: list[Row]
    removed: dict[str, int] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    fingerprints: list[dict] = field(default_factory=list)
    repeated: int = 0
    """Rows of the sets whose text, and target, stood before with the same labels."""
    contradicted: int = 0
    """Rows whose text, and target, stood before with other labels."""


def read_training_data(config: ClassifierConfig, root: Path | None = None) -> TrainingData:
    """Read a run's rows, held-out texts and those of its own validation set taken out of the training part.

    Args:
        config: the run.
        root: the data root; None takes ``data_root()``.

    Returns:
        The rows, the number removed for each set, and the fingerprint of what was read.

    Raises:
        FileNotFoundError: if a set is not there.
        ValueError: if a column is missing or a label unknown, or no row is left to train on.
    """
    root = root or data_root()
    guard = HeldOut.from_root(root) if root.is_dir() else HeldOut()

    def read(source: Source) -> Part:
        return read_source(
            source, root, config.task, config.labels, multi_label=config.multi_label,
            own_labels=bool(config.label_names),
        )  # fmt: skip

    data, refused, own = TrainingData([], []), [], HeldOut()
    seen: dict[bytes, set[frozenset[str]]] = {}
    if config.validation is not None:
        held = read(config.validation)
        data.validation = held.rows
        data.fingerprints.append(facts_of(held))
        # by their texts alone: an id may be the number of a row, or name a row of each split
        own, guard = (each.also(row.text for row in held.rows) for each in (own, guard))
    for source in config.train:
        part = read(source)
        allowed = [not guard.holds(row.text, row.id) for row in part.rows]
        refused += [row.text for row, free in zip(part.rows, allowed, strict=True) if not free]
        part.removed = allowed.count(False)
        data.fingerprints.append(facts_of(part))
        part.folds = [fold for fold, free in zip(part.folds, allowed, strict=False) if free]
        part.rows = [row for row, free in zip(part.rows, allowed, strict=True) if free]
        for row in part.rows:
            labels = frozenset(row.labels)
            before = seen.setdefault(_mark(row), set())
            data.contradicted += bool(before - {labels})
            data.repeated += before == {labels}
            before.add(labels)
        name = _place(source)
        data.removed[name] = data.removed.get(name, 0) + part.removed
        data.train += part.rows * source.repeat
        data.parts.append(part)
    if refused and not data.train:
        shared = sum(map(own.holds, refused))
        raise ValueError(_nothing_left(config, list(data.removed), shared, len(refused) - shared))
    if (data.repeated or data.contradicted) and os.environ.get("RANK", "0") == "0":
        _LOGGER.warning(
            "train: %d rows repeat a text, %d have other labels than the same text elsewhere; those within one set are "
            "listed by `tasrih data check`", data.repeated, data.contradicted,
        )  # fmt: skip
    return data


def _mark(row: Row) -> bytes:
    """Stand for a row's text and target: the texts themselves would be held twice."""
    return hashlib.sha256(f"{' '.join(row.text.split())}\0{row.target or ''}".encode("utf-8", "surrogatepass")).digest()


def _place(source: Source) -> str:
    return f"{source.name}/{source.split}"


def _nothing_left(config: ClassifierConfig, names: list[str], shared: int, others: int) -> str:
    """Say why the guard left no row: how many stand in the run's own validation set, how many in held-out sets."""
    given = f"in validation ({_place(config.validation)})" if config.validation is not None else ""
    if not others:
        return (
            f"train: all {shared} rows of {', '.join(names)} stand {given} too, so that none is left to train on: "
            "part the rows, each text into one of the two"
        )
    return (
        f"train: none of the {shared + others} rows of {', '.join(names)} is left to train on: "
        + (f"{shared} stand {given} too, " if shared else "")
        + f"{others} in held-out sets under the data root"
    )
