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
        The place: ``FILE.tmp`` beside it; the name itself where that is a link or no ordinary file (``/dev/stdout``).
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        yield path
        return
    place = path.with_name(path.name + ".tmp")
    try:
        yield place
        os.replace(place, path)
    finally:
        place.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text as UTF-8 to a file that appears whole.

    Args:
        path: the file.
        text: what it will hold.
    """
    with whole_file(path) as place:
        place.write_text(text, encoding="utf-8")
