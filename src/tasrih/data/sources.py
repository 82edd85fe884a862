"""Reading a set from wherever it lies: JSONL, JSON, CSV, TSV or Parquet, a folder of splits, or a hub id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tasrih.data.formats import SUFFIXES, read_file, suffix_of
from tasrih.data.limits import Limits
from tasrih.data.packed import unpacked_name
from tasrih.errors import MissingExtraError
from tasrih.hub_ids import is_hub_id

#: Other names of splits, in terms of ours.
SPLIT_NAMES = {"dev": "validation", "valid": "validation", "val": "validation", "training": "train", "testing": "test"}

_ROLES = ("train", "validation", "test", "fold")
_SHARD = re.compile(r"[-_.]\d+-of-\d+$")


def read_splits(
    source: str | Path, root: str | Path | None = None, limits: Limits | None = None, *, config: str | None = None
) -> dict[str, list[dict]]:
    """Read every split of a set as plain rows.

    Args:
        source: a file (one split, named by its stem), a folder of such files (``train.jsonl``, ``test.csv``,
            ``train-00000-of-00002.parquet``), a folder under ``root``, or the id of a set on the Hugging Face hub.
        root: the data root, for the name of a set that lies under it.
        limits: what each file may hold; None takes ``current_limits()``.
        config: the configuration of a set on the hub that has several, such as ``arabic``.

    Returns:
        Split to its rows, training splits first; ``dev`` and the like are called ``validation``. A set that is one
        file with a ``fold`` column gives each fold as a split.

    Raises:
        FileNotFoundError: if the source is neither there nor to be had from the hub.
        ValueError: if a file cannot be read (the message names file and line), or a configuration is named of what is
            no hub id.
        MissingExtraError: if Parquet or the hub needs a package that is not installed.

    Example:
        >>> read_splits("no/such/folder/at/all")
        Traceback (most recent call last):
        ...
        FileNotFoundError: no/such/folder/at/all does not exist
    """
    path = locate(source, root)
    if path is None:
        return _from_hub(str(source), config)
    if config is not None:
        raise ValueError(f"config {config!r}: {source} is a file or folder here, and only sets of the hub have one")
    files = [path] if path.is_file() else _files(path)
    splits: dict[str, list[dict]] = {}
    for file in files:
        splits.setdefault(split_name(file), []).extend(read_file(file, limits))
    if len(splits) == 1:
        splits = _by_fold(splits)
    return dict(sorted(splits.items(), key=lambda item: _order(item[0])))


def locate(source: str | Path, root: str | Path | None = None) -> Path | None:
    """Find a source on disk: as a path, or by its name under the data root.

    Args:
        source: what the user named.
        root: the data root, or None.

    Returns:
        The path, or None where it can only be the id of a set on the hub.

    Raises:
        FileNotFoundError: if it is neither a path nor fit to be a hub id.
    """
    places = [Path(source)] + ([Path(root) / source] if root is not None else [])
    found = next((place for place in places if place.exists()), None)
    if found is None and not is_hub_id(str(source), *([Path(root)] if root is not None else [])):
        raise FileNotFoundError(f"{source} does not exist" + (f", nor does {places[-1]}" if root is not None else ""))
    return found


def split_name(path: Path) -> str:
    """Give the split that a file holds, by its name."""
    name = unpacked_name(path).removesuffix(suffix_of(path) or "")
    name = _SHARD.sub("", name)
    return SPLIT_NAMES.get(name, name)


def role(split: str) -> str | None:
    """Give what a split is for, by the words of its name.

    Args:
        split: its name.

    Returns:
        ``train``, ``validation``, ``test``, or ``fold``; None where its name does not tell.

    Example:
        >>> role("train_written"), role("protest_sentences")
        ('train', None)
    """
    words = [SPLIT_NAMES.get(word, word) for word in re.split(r"[\W_]+", split.lower())]
    return next((word for word in words if word in _ROLES), None)


def _order(split: str) -> tuple[int, str]:
    return _ROLES.index(role(split) or _ROLES[-1]), split


def _files(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if suffix_of(file) and file.is_file())
    if not files:
        inside = sorted(child.name for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
        hint = f"; give one of its folders: {', '.join(inside)}" if inside else f" (looked for {', '.join(SUFFIXES)})"
        raise FileNotFoundError(f"{folder} holds no data file{hint}")
    return files


def _by_fold(splits: dict[str, list[dict]]) -> dict[str, list[dict]]:
    (name, rows), *_ = splits.items()
    if not rows or any(row.get("fold") in (None, "") for row in rows):
        return splits
    folds: dict[str, list[dict]] = {}
    for row in rows:
        folds.setdefault(f"fold {row['fold']}", []).append(row)
    return folds if len(folds) > 1 else {name: rows}


def _from_hub(name: str, config: str | None) -> dict[str, list[dict]]:
    try:
        from datasets import ClassLabel, load_dataset
    except ImportError:
        raise MissingExtraError("datasets", "train", f"{name} is no path, and reading it from the hub") from None
    try:
        found = load_dataset(name, config)
    except (OSError, ValueError, RuntimeError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        # of a set with several configurations the second line lists them
        reason = " ".join(lines[: 2 if lines[0].startswith("Config name") else 1])
        asked = f" with config {config!r}" if config is not None else ""
        raise FileNotFoundError(
            f"{name} is no file or folder here, and the hub does not give a set of that name{asked} ({reason}):"
            " pass the path of a local copy"
        ) from None
    splits = {}
    for split, table in found.items():
        named = {column: kind.names for column, kind in table.features.items() if isinstance(kind, ClassLabel)}
        splits[SPLIT_NAMES.get(split, split)] = list(_named(table, named))
    return dict(sorted(splits.items(), key=lambda item: _order(item[0])))


def _named(rows: Iterable[dict], named: dict[str, list[str]]) -> Iterator[dict]:
    """Give class numbers by their names; -1 is the hub's mark for a hidden label."""
    for row in rows:
        codes = {column: row[column] for column in named if row[column] is not None}
        yield {**row, **{column: named[column][code] if code >= 0 else None for column, code in codes.items()}}
