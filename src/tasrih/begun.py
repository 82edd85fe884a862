"""What a run was begun with, kept beside its unfinished output: only the same run may go on with it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tasrih import __version__
from tasrih.data.formats import suffix_of
from tasrih.data.limits import current_limits
from tasrih.data.packed import PACKINGS
from tasrih.models.engines import best_engine
from tasrih.models.files import digest, is_exported, locate
from tasrih.writing import whole_file

#: Bytes at each end of a file that tell it from another: all of a large one would take as long as reading it.
_EDGE = 2**20

#: Under this name the options hold what the model's files are known by.
_FILES = "the model's files"

#: Files of a transformers folder that shape its answers; a card or figures may be put beside them at any time.
_SHAPING = ("config.json", "tokenizer*", "vocab*", "*.safetensors", "*.bin", "*.model")

Option = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Source:
    """An input as it was.

    Attributes:
        name: the file, or ``-``.
        bytes: its size; None for what is no file (standard input, a pipe).
        sha256: of its first and last MiB; None where it could not be read.
    """

    name: str
    bytes: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """What shapes the rows of a run.

    Attributes:
        options: by their names, verb and model with them.
        sources: the inputs in order.
    """

    options: Mapping[str, Option]
    sources: Sequence[Source]

    @classmethod
    def now(cls, options: Mapping[str, Option], files: Sequence[Path | None], *, as_lines: bool) -> Begun:
        """State the run that begins.

        Args:
            options: as ``options_of`` gives them.
            files: the inputs, None for standard input.
            as_lines: whether every input is taken as JSONL.

        Returns:
            The statement, the bounds on files with it: they decide which rows are errors.
        """
        limits = ",".join(f"{name}={value}" for name, value in asdict(current_limits()).items())
        return cls({**options, "--jsonl": as_lines, "--limits": limits}, [*map(_source, files)])

    @classmethod
    def read(cls, path: Path) -> Begun | None:
        """Read a statement.

        Args:
            path: the file.

        Returns:
            The statement; None if there is none, or it cannot be read.
        """
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            return cls(dict(stored["options"]), [Source(**source) for source in stored["inputs"]])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Write the statement so that no kill, and no power cut, leaves half of it.

        Args:
            path: the file.
        """
        stored = {"options": dict(self.options), "inputs": [asdict(source) for source in self.sources]}
        with whole_file(path, follow=False) as place, place.open("w", encoding="utf-8") as out:
            json.dump(stored, out, indent=1)
            out.flush()
            os.fsync(out.fileno())

    def difference(self, now: Begun) -> str | None:
        """Say why another run may not go on with this one's rows.

        Args:
            now: the other run.

        Returns:
            The first difference in words; None if there is none. A last input of plain JSONL may have grown: its rows
            so far are the same.
        """
        for name in [*self.options, *now.options]:
            old, new = self.options.get(name), now.options.get(name)
            if old != new:
                if name == _FILES:
                    return "was begun with a model whose files have changed since"
                return f"was begun with {_told(name, old)}, and this run has {_told(name, new)}"
        if len(self.sources) != len(now.sources):
            return f"was begun from {len(self.sources):,} inputs, and this run has {len(now.sources):,}"
        for old, new in zip(self.sources, now.sources, strict=True):
            if old.name != new.name:
                return f"was begun from {_line(old.name)}, and this run reads {_line(new.name)}"
            if old != new and not (old is self.sources[-1] and _has_grown(old, new, bool(now.options["--jsonl"]))):
                return f"was begun from another {_line(old.name)}: it has changed since"
        return None


def options_of(verb: str, model: str | None, **given: Option) -> dict[str, Option]:
    """Name the options that shape a run's rows.

    Args:
        verb: the command.
        model: the model's name.
        given: further options, as the command line calls them.

    Returns:
        The options with their values, and what the model's files are known by.

    Raises:
        ModelError: if there is no such model.
    """
    options = {f"--{name.replace('_', '-')}": value for name, value in given.items()}
    if given.get("engine") == "auto":  # another one may be the fastest when the run goes on
        options["--engine"] = f"auto ({best_engine()})"
    files = None if model is None else _model_files(model)
    return {"tasrih": __version__, "the command": verb, "--model": model, _FILES: files, **options}


def edges(path: Path, size: int) -> str:
    """Give what tells a file from another without reading all of it.

    Args:
        path: the file.
        size: bytes of it that count, from its beginning.

    Returns:
        The SHA-256 of the first and the last MiB of these.
    """
    with open(path, "rb") as file:
        found = hashlib.sha256(file.read(min(size, _EDGE)))
        if size > _EDGE:
            start = max(size - _EDGE, _EDGE)
            file.seek(start)
            found.update(file.read(size - start))
    return found.hexdigest()


def _source(path: Path | None) -> Source:
    if path is None:
        return Source("-")
    if not path.is_file():  # what a pipe holds would be gone
        return Source(str(path))
    size = path.stat().st_size
    try:
        return Source(str(path), size, edges(path, size))
    except OSError:  # its row will say so
        return Source(str(path), size)


def _has_grown(old: Source, new: Source, as_lines: bool) -> bool:
    """Say whether lines were added to a file of lines, and nothing else was done to it."""
    path = Path(old.name)
    if path.suffix in PACKINGS or not (as_lines or suffix_of(path) == ".jsonl"):
        return False
    if old.bytes is None or new.bytes is None or old.bytes > new.bytes:
        return False
    try:
        with open(path, "rb") as file:
            file.seek(max(old.bytes - 1, 0))
            whole_lines = old.bytes == 0 or file.read(1) == b"\n"  # else the last line was not all there
        return whole_lines and edges(path, old.bytes) == old.sha256
    except OSError:
        return False


def _model_files(name: str) -> str | None:
    """Give what a model's files are known by; None for a hub id, whose files lie in the hub's own store."""
    place = locate(name)
    if not isinstance(place, Path):
        return None
    if is_exported(place):
        return digest(place / "config.json")  # it holds the SHA-256 of each of the others
    found = hashlib.sha256()
    for path in sorted({path for pattern in _SHAPING for path in place.glob(pattern)}):
        found.update(os.fsencode(path.name) + edges(path, path.stat().st_size).encode())
    return found.hexdigest()


def _told(name: str, value: Any) -> str:
    if value is None or value is False:
        return f"no {name}"
    return name if value is True else f"{name} {_line(str(value))}"


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
