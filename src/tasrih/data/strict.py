"""JSON and text from strangers, read strictly: wrong encodings, keys twice and lines without end are named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tasrih.data.limits import MIB, Limits

_MARK = b"\xef\xbb\xbf"

_BLANK = re.compile(r"[ \t\r\n]*")

_NO_ROWS = "expected a list of objects; one object a line is read as .jsonl"

#: Arabic letters of windows-1256; other languages have no three letters beyond ASCII in a row, nor has UTF-8.
_ARABIC_WORD = re.compile(rb"[\xc0-\xed]{3}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file.

    Attributes:
        number: its number, from 1.
        start: the offset of its first byte in the file.
        size: its bytes, the line's end included.
        data: the bytes; None where they are more than a row may have.
    """

    number: int
    start: int
    size: int
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a line of JSONL: an object, or why it cannot be read.

    Attributes:
        number: the line's number, from 1.
        size: its bytes.
        row: the object.
        error: the fault, without the place, where there is no object.
    """

    number: int
    size: int
    row: dict[str, Any] | None
    error: str | None = None


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Put a name before the message of whatever ``ValueError`` is raised within.

    Args:
        path: the file, or the line.
    """
    try:
        yield
    except ValueError as error:
        told = (str(error).splitlines() or ["?"])[0]
        raise ValueError(f"{path}{', ' if told.startswith('line ') else ': '}{told}") from None


def read_lines(stream: BinaryIO, limits: Limits) -> Iterator[Line]:
    """Read lines in bounded memory; the rest of one that is too long is passed over.

    Args:
        stream: a buffered stream.
        limits: what a line may hold.

    Yields:
        Every line, empty ones too.
    """
    number = start = 0
    while data := stream.readline(limits.row + 1):
        size = len(data)
        ended = data.endswith(b"\n")
        if size > limits.row:
            data = None
            while not ended and (rest := stream.readline(MIB)):
                size += len(rest)
                ended = rest.endswith(b"\n")
        number += 1
        yield Line(number, start, size, data)
        start += size


def read_objects(stream: BinaryIO, limits: Limits) -> Iterator[Found]:
    """Read JSONL; a line that holds no object does not end the reading.

    Args:
        stream: a buffered stream.
        limits: what a line may hold.

    Yields:
        What stands in each line that is not blank.
    """
    for line in read_lines(stream, limits):
        if line.data is not None and not line.data.strip():
            continue
        try:
            if line.data is None:
                raise limits.too_long_row()
            yield Found(line.number, line.size, _object(line.data, line.start))
        except json.JSONDecodeError as error:
            yield Found(line.number, line.size, None, f"not JSON ({error.msg} at column {error.colno})")
        except ValueError as error:
            yield Found(line.number, line.size, None, str(error))


def _object(data: bytes, start: int) -> dict[str, Any]:
    value = parse(decode(data, start).rstrip("\r\n"))
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, found {type(value).__name__}")
    return value


def parse(text: str) -> Any:
    """Read JSON.

    Args:
        text: the JSON.

    Returns:
        What it says.

    Raises:
        json.JSONDecodeError: if it is none.
        ValueError: if an object has a key twice (which one is meant?), is nested too deep, or a number is too long.

    Example:
        >>> parse('{"text": "خبر", "text": "خبر آخر"}')
        Traceback (most recent call last):
        ...
        ValueError: the key 'text' stands twice in an object: keep one
    """
    with _readable():
        return json.loads(text, object_pairs_hook=_unique)


def parse_rows(text: str, limits: Limits) -> Iterator[dict[str, Any]]:
    """Read a list of objects one by one: all at once can take 30 times the memory of their text.

    Args:
        text: the JSON.
        limits: what an object may hold.

    Yields:
        The objects.

    Raises:
        ValueError: if it is no JSON, or no list of objects, or one of them is longer than a row may be, or is refused
            by ``parse``.

    Example:
        >>> list(parse_rows('[{"text": "خبر"}, {"text": "آخر"}]', Limits()))
        [{'text': 'خبر'}, {'text': 'آخر'}]
    """
    read = json.JSONDecoder(object_pairs_hook=_unique).raw_decode
    start, window = 0, ""
    at = _past_blank(text, 0)
    if not text.startswith("[", at):
        raise ValueError(_NO_ROWS)
    at = _past_blank(text, at + 1)
    more = not text.startswith("]", at)
    with _readable():
        while more:
            if text[at : at + 1] not in ("{", ""):
                raise ValueError(_NO_ROWS)
            if start + len(window) < min(at + limits.row, len(text)):
                # whatever an object holds, no more than this of it is taken apart
                start, window = at, text[at : at + 2 * limits.row]
            try:
                row, end = read(window, at - start)
            except json.JSONDecodeError as error:
                cut = f", or {limits.too_long_row()}" if start + len(window) < len(text) else ""
                raise ValueError(not_json(error.msg, text, start + error.pos) + cut) from None
            if start + end - at > limits.row:
                raise limits.too_long_row()
            yield row
            at = _past_blank(text, start + end)
            if more := text.startswith(",", at):
                at = _past_blank(text, at + 1)
    if not text.startswith("]", at):
        raise ValueError(not_json("Expecting ',' delimiter", text, at))
    if (at := _past_blank(text, at + 1)) < len(text):
        raise ValueError(not_json("Extra data", text, at))


def _past_blank(text: str, at: int) -> int:
    return _BLANK.match(text, at).end()


def not_json(told: str, text: str, at: int) -> str:
    """Say where a text is no JSON.

    Args:
        told: what is wrong, in the words of Python's reader.
        text: the text.
        at: the character.

    Returns:
        The fault with its line and column.

    Example:
        >>> not_json("Expecting value", "[\\n{},]", 5)
        'line 2: not JSON (Expecting value at column 4)'
    """
    error = json.JSONDecodeError(told, text, at)
    return f"line {error.lineno}: not JSON ({told} at column {error.colno})"


@contextmanager
def _readable() -> Iterator[None]:
    """Say in words what JSON allows and Python does not read."""
    try:
        yield
    except RecursionError:
        raise ValueError("not JSON that can be read: it is nested too deep") from None
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        if "integer string conversion" in str(error):
            raise ValueError("not JSON that can be read: a number has too many digits") from None
        raise


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        raise ValueError(f"the key {_twice([key for key, _ in pairs])!r} stands twice in an object: keep one")
    return row


def check_columns(names: list[str]) -> None:
    """Refuse a table that has two columns of one name.

    Args:
        names: its columns.

    Raises:
        ValueError: if a name stands twice.
    """
    if len(set(names)) < len(names):
        raise ValueError(f"the column {_twice(names)!r} stands twice: rename or drop one")


def _twice(names: list[str]) -> str:
    seen: set[str] = set()
    found = next(name for name in names if name in seen or seen.add(name))
    return found if len(found) <= 40 else f"{found[:40]}…"


def decode(data: bytes, start: int = 0) -> str:
    """Decode UTF-8, with or without a byte order mark, or say what the bytes look like instead.

    Args:
        data: the bytes.
        start: the offset of the first of them in the file.

    Returns:
        The text.

    Raises:
        ValueError: if it is not UTF-8; the message has the offset of the first wrong byte, and the mend.

    Example:
        >>> decode(b"abc \\xff", 10)
        Traceback (most recent call last):
        ...
        ValueError: not UTF-8 (byte 0xFF at 14): convert it with `iconv -f windows-1256 -t utf-8`
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("UTF-16, not UTF-8: convert it with `iconv -f utf-16 -t utf-8`")
    # the bytes of Arabic in UTF-16 are all ASCII: every other one is U+0006, which stands in no text
    if data.count(b"\6", 0, 4096) * 5 > len(data[:4096]):
        raise ValueError("UTF-16 without its mark, not UTF-8: convert it with `iconv -f utf-16le -t utf-8`")
    if data.startswith(_MARK):
        data, start = data[len(_MARK) :], start + len(_MARK)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        guess = "; it looks like windows-1256" if _ARABIC_WORD.search(data[error.start :][:4096]) else ""
        raise ValueError(
            f"not UTF-8 (byte 0x{data[error.start]:02X} at {start + error.start}){guess}: "
            "convert it with `iconv -f windows-1256 -t utf-8`"
        ) from None
