"""Rows with a text, from a file in any format: a row that cannot be read comes in its place, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from tasrih.data.formats import read_file, suffix_of
from tasrih.data.limits import Limits
from tasrih.data.packed import open_bytes, read_whole
from tasrih.data.strict import Found, decode, naming, read_objects


def text_rows(path: Path, limits: Limits) -> Iterator[Found]:
    """Read the rows of a file, each of which has a ``text``.

    Args:
        path: a file with one of ``formats.SUFFIXES``.
        limits: what it may hold.

    Yields:
        The rows, numbered from 1 (those of JSONL by their lines); ``error`` where one has no text.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file cannot be read, or is a table without that column.
        MissingExtraError: if Parquet is read without pyarrow.
    """
    if suffix_of(path) == ".jsonl":
        with naming(path), open_bytes(path, limits) as stream:
            yield from text_lines(stream, limits)
        return
    for number, row in enumerate(read_file(path, limits), 1):
        if number == 1 and "text" not in row and suffix_of(path) != ".json":
            raise ValueError(f"{path}: {no_text(row)}")
        yield _checked(Found(number, 0, row))


def text_lines(stream: BinaryIO, limits: Limits) -> Iterator[Found]:
    """Read JSONL, each line of which has a ``text``.

    Args:
        stream: a buffered stream.
        limits: what a line may hold.

    Yields:
        What stands in each line that is not blank; ``error`` where it is no object with a text.
    """
    return map(_checked, read_objects(stream, limits))


def read_text(path: Path, limits: Limits) -> str:
    """Read a file that is one text in UTF-8, with or without a byte order mark.

    Args:
        path: the file.
        limits: what it may hold.

    Returns:
        The text.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not UTF-8, or too large.
    """
    with naming(path), open_bytes(path, limits) as stream:
        return decode(read_whole(stream, limits))


def _checked(found: Found) -> Found:
    if found.row is None or isinstance(found.row.get("text"), str):
        return found
    return replace(found, row=None, error=no_text(found.row))


def no_text(row: Mapping[str, Any]) -> str:
    """Say what is wrong with a row that has no text.

    Args:
        row: the row.

    Returns:
        The fault.

    Example:
        >>> no_text({"body": "خبر"})
        'no "text"; it has body: rename the one that holds the text'
    """
    if "text" in row:
        return f'"text" is no string, but {type(row["text"]).__name__}'
    # as Python writes them, but for the quotes: a line break in a name would begin a line of its own
    there = ", ".join(repr(str(name)[:40])[1:-1] for name in [*row][:12])
    return f'no "text"; it has {there}: rename the one that holds the text' if there else 'no "text": it is empty'
