"""Cross-validation: which rows each run leaves unread, and what the runs read of the rows that they left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tasrih.data.guard import HeldOut, fingerprint
from tasrih.data.labelled import Row
from tasrih.models.classifier import Classifier, Reading
from tasrih.training.sources import TrainingData

if TYPE_CHECKING:
    from tasrih.training.config import ClassifierConfig


@dataclass(frozen=True)
class Turn:
    """One run of a cross-validation.

    Attributes:
        train: its training rows, repeats included.
        chosen_on: indices of the rows that its epoch is chosen on.
        unread: indices of the rows that it does not see at all.
    """

    train: list[Row]
    chosen_on: list[int]
    unread: list[int]


@dataclass(frozen=True)
class OutOfFold:
    """What a cross-validation read of every row by the run that had left it out.

    Attributes:
        rows: the rows.
        readings: one a row.
        scores: each run's scores on its unread fold.
    """

    rows: list[Row]
    readings: list[Reading]
    scores: list[dict[str, float]]


def assign_folds(rows: Sequence[Row], named: Sequence[str], count: int, seed: int) -> np.ndarray:
    """Put rows into folds: those that the set names, else folds alike in labels, a text never in two of them.

    Args:
        rows: the rows.
        named: each row's fold, or nothing.
        count: number of folds.
        seed: of the draw.

    Returns:
        Fold of each row, 0 and up, of shape (rows,).

    Raises:
        ValueError: if the set names another number of folds, or there are too few texts.
    """
    if named:
        found = sorted(set(named), key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0, name))
        if len(found) != count:
            raise ValueError(f"folds is {count}, but the set names {len(found)}: {', '.join(found)}")
        return np.array([found.index(name) for name in named])
    from sklearn.model_selection import StratifiedGroupKFold

    texts = [fingerprint(row.text) for row in rows]
    if len(set(texts)) < count:
        raise ValueError(f"folds is {count}, but there are only {len(set(texts))} different texts")
    often: dict[str, int] = {}
    for row in rows:
        for label in row.labels:
            often[label] = often.get(label, 0) + 1
    # a text with several labels counts as one of its rarest
    kinds = [min(row.labels, key=often.__getitem__, default="") for row in rows]
    folds = np.zeros(len(rows), dtype=int)
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    for fold, (_, chosen) in enumerate(splitter.split(np.zeros(len(rows)), kinds, texts)):
        folds[chosen] = fold
    return folds


def turns(config: ClassifierConfig, data: TrainingData) -> tuple[list[Row], Iterator[Turn]]:
    """Lay out a cross-validation over the folded training rows and the validation rows.

    Args:
        config: the run.
        data: what was read.

    Returns:
        ``(rows, turns)``: the rows that take turns, each once, and the runs; indices are places in ``rows``. Run i
        leaves fold i unread and chooses its epoch on the next one, as the authors of AuSTR do.

    Raises:
        ValueError: if some sources name folds and others do not.
    """
    taking = [part for part in data.parts if part.source.folded]
    rows = [row for part in taking for row in part.rows]
    named = [name for part in taking for name in part.folds]
    repeats = [part.source.repeat for part in taking for _ in part.rows]
    rows += data.validation
    repeats += [1] * len(data.validation)
    if named and len(named) != len(rows):
        raise ValueError("some rows of the cross-validation name a fold and others do not: give each source its fold")
    folds = assign_folds(rows, named, config.folds, config.seed)
    always = [row for part in data.parts if not part.source.folded for row in part.rows * part.source.repeat]

    def each() -> Iterator[Turn]:
        for fold in range(config.folds):
            following = (fold + 1) % config.folds
            unread, chosen_on = (np.flatnonzero(folds == which).tolist() for which in (fold, following))
            held = HeldOut(prints=frozenset(fingerprint(rows[index].text) for index in (*unread, *chosen_on)))
            beside, _ = held.refuse(always, lambda row: row.text, lambda row: None)
            train = [
                row for index, row in enumerate(rows) for _ in range(repeats[index])
                if folds[index] not in (fold, following)
            ]  # fmt: skip
            yield Turn(train + beside, chosen_on, unread)

    return rows, each()


def save_out_of_fold(path: Path, result: OutOfFold, classifier: Classifier, config: ClassifierConfig) -> None:
    """Store what a cross-validation read, for calibration and study.

    Args:
        path: an ``.npz`` file: ``ids`` (texts,), ``logits`` (texts, labels) and ``truth``, class indices (texts,) or
            booleans (texts, labels); ``labels`` names the columns.
        result: the readings.
        classifier: pools their windows; nothing of it fitted yet, so that no row's own label bears on its logits.
        config: the run.
    """
    from tasrih.training.calibrating import logits_of, truth_of

    np.savez_compressed(
        path, ids=np.array([row.id for row in result.rows]), logits=logits_of(classifier, result.readings),
        truth=truth_of(result.rows, config), labels=np.array(config.labels),
    )  # fmt: skip
