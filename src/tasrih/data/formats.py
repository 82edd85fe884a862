"""The rows of one file, by its suffix: JSONL, JSON, CSV, TSV (plain or packed) and Parquet, each within bounds."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tasrih.data.corpus import read_rows
from tasrih.data.limits import Limits, current_limits, shown
from tasrih.data.packed import PACKINGS, open_bytes, read_whole, unpacked_name
from tasrih.data.strict import check_columns, decode, naming, not_json, parse, parse_rows, read_lines
from tasrih.errors import MissingExtraError

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyarrow.parquet import ParquetFile

#: Suffixes of the files that are read; all but Parquet, which packs its own parts, may have one of ``PACKINGS`` behind.
SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet")

#: Rows of Parquet that are decoded at once, and those of them that become Python's own at once.
_DECODED, _GIVEN = 4096, 16

#: Bytes of a column that are read ahead: without it, opening one reads all of it.
_BUFFER = 2**16


def suffix_of(path: str | Path) -> str | None:
    """Tell the format of a file by its name.

    Args:
        path: the file.

    Returns:
        One of ``SUFFIXES``, or None.

    Example:
        >>> suffix_of("sets/train.csv.gz"), suffix_of("article.txt")
        ('.csv', None)
    """
    path = Path(path)
    if path.suffix == ".parquet":
        return path.suffix
    return next((suffix for suffix in SUFFIXES[:-1] if unpacked_name(path).endswith(suffix)), None)


def read_file(path: str | Path, limits: Limits | None = None) -> Iterator[dict]:
    """Read the rows of one file, by its suffix.

    Args:
        path: a file with one of ``SUFFIXES``.
        limits: what it may hold; None takes ``current_limits()``.

    Yields:
        One dictionary a row, values as the file has them (strings from CSV).

    Raises:
        ValueError: if the suffix is unknown, a row cannot be read, or the file holds more than it may.
        MissingExtraError: if Parquet is read without pyarrow.
    """
    path = Path(path)
    limits = limits or current_limits()
    match suffix_of(path):
        case ".jsonl":
            return read_rows(path, limits)
        case ".json":
            return _json(path, limits)
        case ".csv":
            return _table(path, ",", limits)
        case ".tsv":
            return _table(path, "\t", limits)
        case ".parquet":
            return _parquet(path, limits)
    told = f"{', '.join(SUFFIXES)} (all but the last also with {', '.join(PACKINGS)} behind it)"
    raise ValueError(f"{path}: cannot read {path.suffix or 'a file without suffix'}: give {told}")


def read_json(path: str | Path, limits: Limits | None = None) -> Any:
    """Read a file that is one JSON value.

    Args:
        path: the file, plain or packed.
        limits: what it may hold; None takes ``current_limits()``.

    Returns:
        The value.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not JSON in UTF-8, has a key twice, or is too large.
    """
    path = Path(path)
    limits = limits or current_limits()
    with naming(path):
        with open_bytes(path, limits) as stream:
            data = read_whole(stream, limits)
        try:
            return parse(decode(data))
        except json.JSONDecodeError as error:
            raise ValueError(not_json(error.msg, error.doc, error.pos)) from None


def _json(path: Path, limits: Limits) -> Iterator[dict]:
    with naming(path):
        with open_bytes(path, limits) as stream:
            text = decode(read_whole(stream, limits))
        yield from parse_rows(text, limits)


class _Records:
    """The lines of a table for the standard reader, counted, so that a quote left open does not read on without end."""

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self._lines, self._limits = read_lines(stream, limits), limits
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._size += line.size
            with naming(f"line {line.number}"):
                if line.data is None or self._size > self._limits.row:
                    raise self._limits.too_long_row()
                text = decode(line.data, line.start)
            yield text

    def ended(self) -> None:
        """Count anew: a record has come to its end."""
        self._size = 0


def _table(path: Path, separator: str, limits: Limits) -> Iterator[dict]:
    # the standard reader takes cells as they are: others turn a label such as "None" or "NA" into a missing value
    csv.field_size_limit(sys.maxsize)
    with naming(path), open_bytes(path, limits) as stream:
        records = _Records(stream, limits)
        reader = csv.DictReader(iter(records), delimiter=separator, strict=True)
        try:
            check_columns(list(reader.fieldnames or ()))
            records.ended()
            for row in reader:
                if None in row or None in row.values():
                    cells = len(reader.fieldnames or ())
                    raise ValueError(
                        f"line {reader.line_num}: the row has not {cells} cells, as the first line has: "
                        "quote cells that hold a separator"
                    )
                records.ended()
                yield row
        except csv.Error as error:
            raise ValueError(f"line {reader.reader.line_num}: {error}") from None


def _parquet(path: Path, limits: Limits) -> Iterator[dict]:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "train", "reading Parquet") from None
    with naming(path):
        try:
            with parquet.ParquetFile(path, buffer_size=_BUFFER) as file:
                _check_parquet(file, path, limits)
                columns = [file.schema.column(place) for place in range(len(file.schema))]
            # a value that many rows share stays one value until a row is given
            strings = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
            with parquet.ParquetFile(path, read_dictionary=strings) as file:
                for batch in file.iter_batches(batch_size=_DECODED):
                    _check_values(batch, limits)
                    for start in range(0, batch.num_rows, _GIVEN):
                        yield from batch.slice(start, _GIVEN).to_pylist()
        except (OSError, OverflowError, pyarrow.ArrowException) as error:  # a date may be beyond Python's last
            raise ValueError(f"not Parquet that can be read: {error}") from None


def _check_parquet(file: ParquetFile, path: Path, limits: Limits) -> None:
    """Hold what the file's own directory says against the bounds, before a row is read."""
    check_columns(file.schema_arrow.names)
    packed = path.stat().st_size
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > limits.may_unpack(packed):
        raise limits.too_packed(packed)
    lists = [place for place in range(len(file.schema)) if file.schema.column(place).max_repetition_level]
    for number, group in enumerate(groups):
        if lists:
            # a damaged column ends the process where it is looked at below; opened for no rows, it raises an error
            next(file.reader.iter_batches(0, row_groups=[number], column_indices=lists), None)
        for place in lists:
            # a list packs any number of values into one row
            values = group.column(place).num_values
            if values * 8 > limits.file:
                name = file.schema.column(place).path
                raise ValueError(f"the lists of {name} hold {values:,} values: {limits.too_large_file()}")


def _check_values(batch: RecordBatch, limits: Limits) -> None:
    import pyarrow as pa
    import pyarrow.compute as compute

    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            longest = compute.max(compute.binary_length(column.dictionary)).as_py() or 0
            if longest > limits.row:
                raise ValueError(f"a value of {name} has {shown(longest)} bytes: {limits.too_long_row()}")
