"""What the commands read and write: texts, JSONL and tables in; tables or JSON lines out, resumable in a file."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tasrih.data.formats import SUFFIXES, suffix_of
from tasrih.data.limits import Limits, current_limits
from tasrih.data.packed import PACKINGS, open_bytes, read_whole
from tasrih.data.strict import Found, decode, naming
from tasrih.data.texts import text_lines, text_rows
from tasrih.render.plain import line
from tasrih.streams import Resumed, metered
from tasrih.writing import move_open, open_alone, target_of

if TYPE_CHECKING:
    from tasrih.begun import Begun, Option

#: Seconds after which what was written to a file is handed to the system, where no kill can reach it.
_FLUSH_SECONDS = 1.0

_STANDARD_INPUT = "standard input"

#: Control characters that JSON lets stand as they are; a terminal obeys some of them.
_CONTROL = re.compile("[\x7f-\x9f]")


class InputError(Exception):
    """An input that cannot be read; its message is what the user sees."""


@dataclass(frozen=True, slots=True)
class Article:
    """One text of the input, or what was wrong with its line or file.

    Attributes:
        name: the file.
        text: the text; None where it cannot be read.
        line: its line in JSONL, or its row in a table.
        error: why it cannot be read.
        size: bytes of the input that it stands for.
    """

    name: str
    text: str | None
    line: int | None = None
    error: str | None = None
    size: int = 0

    @property
    def place(self) -> str:
        """The file as lines of a pipe name it, and the line or row in it; ``-`` for standard input."""
        name = "-" if self.name == _STANDARD_INPUT else line((self.name,))
        return name if self.line is None else f"{name}:{self.line}"

    def error_row(self) -> dict:
        """Give what is written in its place where it cannot be read."""
        place = {"file": self.name} if self.line is None else {"line": self.line}
        return {**place, "error": self.error}


#: How a line of the output begins that holds an error in place of a result.
_ERROR_STARTS = (b'{"line": ', b'{"file": ')


def find_files(paths: list[str]) -> list[Path | None]:
    """List every file to read, None for standard input; what is not there is reported before any work begins.

    Args:
        paths: files, folders, or ``-``.

    Returns:
        The files, those of a folder in alphabetical order.

    Raises:
        InputError: if a path does not exist, or a folder holds nothing to read.
    """
    files: list[Path | None] = []
    for name in paths:
        path = Path(name)
        if name == "-":
            files.append(None)
        elif path.is_dir():
            inside = sorted(file for file in path.rglob("*") if _is_article(file) and file.is_file())
            if not inside:
                raise InputError(f"{name} holds no .txt or .jsonl file, nor {', '.join(SUFFIXES[1:])}")
            files += inside
        elif path.exists():
            files.append(path)
        else:
            raise InputError(f"{name} does not exist")
    return files


def check_outputs(files: Iterable[Path | None], *outputs: Path | None) -> None:
    """Refuse to write over what is read.

    Args:
        files: what is read, None for standard input.
        outputs: what is written, None for what is not.

    Raises:
        InputError: if one of the outputs is one of the files, by whatever name.
    """
    written = [path for path in outputs if path is not None and path.exists()]
    for path in files if written else ():
        for output in written:
            if path is not None and path.exists() and path.samefile(output):
                raise InputError(f"{output} is one of the files that are read: name another to write to")


def tell(message: str) -> None:
    """Print a line on stderr, whatever stands in the names that it tells.

    Args:
        message: the line.
    """
    print(f"tasrih: {line((message,))}", file=sys.stderr)


def _is_article(path: Path) -> bool:
    return path.suffix == ".txt" or suffix_of(path) is not None


def _articles(files: list[Path | None], as_lines: bool) -> Iterator[Article]:
    """Read files in turn; one that cannot be read is passed on as its error, so that the others still are."""
    limits = current_limits()
    for path in files:
        name = _STANDARD_INPUT if path is None else str(path)
        try:
            if path is None:
                with naming(name):
                    yield from _from_stream(sys.stdin.buffer, name, as_lines, limits)
            elif suffix_of(path) is not None and not as_lines:
                yield from (_of_row(name, found) for found in text_rows(path, limits))
            else:
                with naming(name), open_bytes(path, limits) as stream:
                    yield from _from_stream(stream, name, as_lines, limits)
        except (ValueError, OSError) as error:
            yield Article(name, None, None, str(error))


def _from_stream(stream: BinaryIO, name: str, as_lines: bool, limits: Limits) -> Iterator[Article]:
    if as_lines:
        yield from (_of_row(name, found) for found in text_lines(stream, limits))
        return
    data = read_whole(stream, limits)
    yield Article(name, decode(data), size=len(data))


def _of_row(name: str, found: Found) -> Article:
    if found.row is None:
        return Article(name, None, found.number, found.error, found.size)
    return Article(name, found.row["text"], found.number, size=found.size)


def json_line(value: dict) -> str:
    """Write a row as one line of JSON that can be encoded as UTF-8, and has no control characters."""
    written = json.dumps(value, ensure_ascii=False)
    try:
        written.encode("utf-8")
    except UnicodeEncodeError:  # lone surrogates, which JSON escapes
        written = json.dumps(value)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


class OutputFile:
    """JSON lines under ``FILE.part``, which takes the name ``FILE`` when they are complete.

    Beside it lies ``FILE.part.run``, which states what the run was begun with. It is there before any row is, and
    leaves after them: no kill parts rows from what they were made of. One run at a time holds ``FILE.part``.

    Attributes:
        rows: complete lines that an interrupted run left.
        results: those among them that hold a result, not an error.
        read: bytes of the input that those rows stand for, as far as it has been read past them.
    """

    def __init__(self, path: Path, begun: Begun, *, resume: bool) -> None:
        """Open the file, for going on after what is there with ``resume``.

        Args:
            path: the final name.
            begun: what this run is made of.
            resume: keep the complete lines of an interrupted run; a torn last line is dropped.

        Raises:
            InputError: if an interrupted run left lines and ``resume`` is off, or was begun otherwise.
            OSError: if another run is writing them.
        """
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._record = record_of(path)
        self.rows = self.results = self.read = 0
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is no ordinary file, which a run could go on from: leave --output out, and use >")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open_alone(self._part)
        try:
            if self._file.seek(0, os.SEEK_END):
                self._check(begun, resume)
            begun.write(self._record)
            self._count()
        except BaseException:
            self._file.close()
            raise
        self._flushed = time.monotonic()

    def _check(self, begun: Begun, resume: bool) -> None:
        """Refuse to join the rows of two different runs."""
        if not resume:
            raise InputError(f"{self._part} is left from an interrupted run: go on with --resume, or delete it")
        stored = type(begun).read(self._record)
        if stored is None:
            told = f"no {self._record.name} says what {self._part} was begun with"
            raise InputError(f"{told}: delete it, and begin anew")
        if (difference := stored.difference(begun)) is not None:
            raise InputError(f"{self._part} {difference}: give the same again, or delete it")

    def _count(self) -> None:
        """Count the rows that are there, and drop a torn one."""
        self._file.seek(0)
        end = 0
        for row in self._file:
            if not row.endswith(b"\n"):
                break
            end += len(row)
            self.rows += 1
            self.results += not row.startswith(_ERROR_STARTS)
        self._file.truncate(end)
        self._file.seek(0, os.SEEK_END)

    def write(self, row: dict) -> None:
        """Add a line."""
        self._file.write(json_line(row).encode("utf-8") + b"\n")
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self._file.flush()
            self._flushed = time.monotonic()

    def finish(self) -> None:
        """Give the complete file its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        move_open(self._file, self._part, self._path)
        self._record.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave what is written for a later run to go on from."""
        self._file.close()


def record_of(path: Path) -> Path:
    """Give the place of what states how an output was begun: ``FILE.part.run``."""
    return path.with_name(path.name + ".part.run")


def leave_pipe() -> None:
    """Keep Python from flushing into a closed pipe at exit: its reader has what it wanted."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_stream(
    paths: list[str], verb: Callable[[Iterator[str]], Iterator], show: Callable[[object], None], *, as_lines: bool,
    as_json: bool, output: Path | None = None, resume: bool = False,
    plain: Callable[[object], Iterable[str]] | None = None, options: Mapping[str, Option] | None = None,
) -> bool:  # fmt: skip
    """Send the input through a verb, results in order, bad lines in their place.

    Args:
        paths: files, folders, or ``-`` for standard input.
        verb: takes an iterator of texts, gives one of results.
        show: prints a result for a reader.
        as_lines: take every input as JSONL.
        as_json: print JSON lines.
        output: write JSON lines there instead of printing.
        resume: go on with what an interrupted run left of ``output``.
        plain: gives a result as lines, which are printed behind the name of the file in place of all else.
        options: what shapes the rows of ``output`` (``begun.options_of``): a run goes on with the same alone.

    Returns:
        Whether every file could be read, and with ``plain`` every line of it.

    Raises:
        InputError: if there is nothing to read, or ``output`` is left from another run, or is one of the inputs.
    """
    files = find_files(paths)
    if resume and output is None:
        raise InputError("--resume goes on with an output file: name it with --output")
    file = None
    if output is not None:
        check_outputs(files, output)
        output = target_of(output)  # a link stays one
        if resume and output.exists() and not output.with_name(output.name + ".part").exists():
            record_of(output).unlink(missing_ok=True)  # where a kill came between the two last steps
            tell(f"{output} is complete; what it was made of is not compared: leave --resume out to make it anew")
            return True
        from tasrih.begun import Begun

        file = OutputFile(output, Begun.now(options or {}, files, as_lines=as_lines), resume=resume)
    # what is packed is counted as it was
    known = all(path is not None and path.suffix not in PACKINGS for path in files)
    total = sum(path.stat().st_size for path in files) if known else None
    rows = _rows(_articles(files, as_lines), verb, file)
    shown = file is not None or not sys.stdout.isatty()  # a table needs no bar
    fine = True
    try:
        seen = metered(rows, total=total, unit="articles", amount=_size, done=lambda: file.read if file else 0)
        for article, result in seen if shown else rows:
            if result is None and (article.line is None or plain is not None):
                fine = False
                place = "" if article.line is None else f"{article.place}: "
                tell(f"{place}{article.error}")
            if plain is not None:
                for told in plain(result) if result is not None else ():
                    print(f"{article.place}\t{told}", flush=True)
            elif file is not None:
                file.write(article.error_row() if result is None else result.to_dict())
            elif result is None:
                if article.line is not None:
                    print(json_line(article.error_row()), flush=True)
            elif as_json or article.line is not None:
                print(json_line(result.to_dict()), flush=True)
            else:
                if len(files) > 1:
                    print("==", line((article.name,)))
                show(result)
        if file is not None:
            file.finish()
    except BrokenPipeError:
        leave_pipe()
    finally:
        rows.close()
        if file is not None:
            file.close()
    return fine


def _size(row: tuple[Article, object]) -> int:
    return row[0].size


def _rows(articles: Iterator[Article], verb, file: OutputFile | None) -> Iterator[tuple[Article, object]]:
    """Pair each article that has no line in the output yet with its result, None where it cannot be read."""
    waiting: deque[Article] = deque()
    rows, results = (file.rows, file.results) if file is not None else (0, 0)
    number = good = 0

    def texts() -> Iterator[str]:
        nonlocal number, good
        for article in articles:
            number += 1
            if number > rows:
                waiting.append(article)
            else:
                file.read += article.size
                good += article.text is not None
            if number == rows and good != results:
                return
            if article.text is not None:
                yield article.text

    def check() -> None:
        if rows and (number < rows or good != results):
            raise InputError("the output was begun from another input: give the same files, or delete FILE.part")

    def unreadable() -> Iterator[tuple[Article, None]]:
        while waiting and waiting[0].text is None:
            yield waiting.popleft(), None

    for result in verb(Resumed(texts(), results)):
        check()
        yield from unreadable()
        yield waiting.popleft(), result
    check()
    yield from unreadable()
