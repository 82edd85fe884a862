"""Reading articles and labelled rows from a data root, one JSON object a line, plain or packed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tasrih.data.limits import Limits, current_limits
from tasrih.data.packed import open_bytes
from tasrih.data.strict import naming, read_objects

#: Where the data lie unless ``TASRIH_DATA`` says otherwise.
DEFAULT_ROOT = Path("../shared/data")


def data_root() -> Path:
    """Give the folder that holds the corpora and labelled sets.

    Returns:
        ``$TASRIH_DATA`` where it is set, else ``../shared/data``.

    Example:
        >>> data_root().name
        'data'
    """
    return Path(os.environ.get("TASRIH_DATA") or DEFAULT_ROOT)


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a corpus: its id, text and, where it has one, its headline."""

    id: str
    text: str
    title: str | None = None
    source: str | None = None


def read_rows(path: str | Path, limits: Limits | None = None) -> Iterator[dict]:
    """Read the rows of a JSONL file, packed (``.xz``, ``.gz``, ``.zip``) or plain; blank lines are passed over.

    Args:
        path: the file.
        limits: what it may hold; None takes ``current_limits()``.

    Yields:
        One dictionary a line.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if a line is not a JSON object in UTF-8, has a key twice or is too long, or the file unpacks to too
            much; the message names file and line.
    """
    path = Path(path)
    limits = limits or current_limits()
    with naming(path), open_bytes(path, limits) as stream:
        for found in read_objects(stream, limits):
            if found.row is None:
                raise ValueError(f"line {found.number}: {found.error}")
            yield found.row


def find_split(folder: str | Path, split: str) -> Path:
    """Find the file of one split of a set, plain or packed.

    Args:
        folder: the set's folder.
        split: the split's name, such as ``train``.

    Returns:
        The file's path.

    Raises:
        FileNotFoundError: if the folder has no file of that split.
    """
    for suffix in (".jsonl", ".jsonl.xz"):
        path = Path(folder) / f"{split}{suffix}"
        if path.exists():
            return path
    raise FileNotFoundError(f"no {split}.jsonl or {split}.jsonl.xz in {folder}")


def read_articles(folder: str | Path) -> Iterator[Article]:
    """Read every article of every file in a corpus folder, in the order of the file names.

    Args:
        folder: a folder of ``*.jsonl`` or ``*.jsonl.xz`` files with ``id`` and ``text``.

    Yields:
        One ``Article`` a row.

    Raises:
        FileNotFoundError: if the folder holds no such file.
    """
    paths = sorted(Path(folder).glob("*.jsonl*"))
    if not paths:
        raise FileNotFoundError(f"no *.jsonl or *.jsonl.xz in {folder}")
    for path in paths:
        for row in read_rows(path):
            yield Article(row["id"], row["text"], row.get("title"), row.get("source"))
