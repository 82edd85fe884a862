"""Files that appear whole: written under another name, and moved when they are complete."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextmanager
def whole_file(path: Path, *, follow: bool = True) -> Iterator[Path]:
    """Give a place to write to, which takes the file's name at the end; a fault or a kill leaves the old file alone.

    Args:
        path: the final name.
        follow: take a link for the file that it leads to; a name that nobody gave is not to be a link.

    Yields:
        The place: a new ``FILE.*.tmp`` beside the file, which is where a link leads, so that the link stays; the name
        itself where that is no ordinary file (``/dev/stdout``).
    """
    if follow:
        path = target_of(path)
        if path.is_symlink() or (path.exists() and not path.is_file()):
            yield path
            return
    # a name that can be told beforehand could be made a link to another file; the cut leaves room for what is added
    place = path.with_name(f"{path.name[:50]}.{os.urandom(4).hex()}.tmp")
    place.touch(exist_ok=False)
    try:
        yield place
        os.replace(place, path)
    finally:
        place.unlink(missing_ok=True)


def target_of(path: Path) -> Path:
    """Find the file that a name stands for.

    Args:
        path: the name.

    Returns:
        Where a link leads, whether there is a file or not; any other name as it is, and so a link that leads to no
        ordinary file, to an open one (``/dev/stdout``), or around in a circle.
    """
    if not path.is_symlink() or path.absolute().parts[1:2] in (("dev",), ("proc",)):
        return path
    if path.exists() and not path.is_file():
        return path
    target = Path(os.path.realpath(path))
    return path if target.is_symlink() else target


def open_alone(path: Path) -> BinaryIO:
    """Open a file for adding to it, which no other process does in this way until it is closed.

    Args:
        path: the file, which is made if there is none.

    Returns:
        The file, open for reading too.

    Raises:
        OSError: if another process has it open, or it is a link, which may lead to anything.
    """
    if path.is_symlink():
        raise OSError(f"{path} is a link: delete it")
    file = open(path, "a+b", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NOFOLLOW", 0), 0o666))
    try:
        _lock(file)
        # the other process may just have given it its final name
        alone = os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        alone = False
    if not alone:
        file.close()
        raise BlockingIOError(f"another run is writing {path}: wait for it, or name another output")
    return file


def _lock(file: BinaryIO) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.ENOLCK):  # some disks of a network have no locks
            raise


def move_open(file: BinaryIO, place: Path, path: Path) -> None:
    """Give a file that ``open_alone`` opened its final name, and close it.

    Args:
        file: the file.
        place: its name so far.
        path: its final name.
    """
    if fcntl is None:  # Windows moves no open file
        file.close()
    os.replace(place, path)
    file.close()


def write_whole(path: Path, text: str) -> None:
    """Write a text as UTF-8 to a file that appears whole.

    Args:
        path: the file.
        text: what it will hold.
    """
    with whole_file(path) as place:
        place.write_text(text, encoding="utf-8")
