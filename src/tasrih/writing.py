"""Files that appear whole: written under another name, and moved when they are complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a place to write to, which takes the file's name at the end; a fault or a kill leaves the old file alone.

    Args:
        path: the final name.

    Yields:
        The place: ``FILE.tmp`` beside the file, which is where a link leads, so that the link stays; the name itself
        where that is no ordinary file (``/dev/stdout``).
    """
    path = target_of(path)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        yield path
        return
    place = path.with_name(path.name + ".tmp")
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


def write_whole(path: Path, text: str) -> None:
    """Write a text as UTF-8 to a file that appears whole.

    Args:
        path: the file.
        text: what it will hold.
    """
    with whole_file(path) as place:
        place.write_text(text, encoding="utf-8")
