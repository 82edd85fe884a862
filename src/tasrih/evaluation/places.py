"""Where files lie on a machine is nobody's business: stored settings and figures without their folders."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

# a path from the root, in a line such as a command; an address is none, and no element of HTML
_IN_LINE = re.compile(r"(?<![\w:/.<\\-])(?:/(?:[^\s\"'`/]+/)+|[A-Za-z]:\\(?:[^\s\"'`\\]+\\)+)(?=[^\s\"'`/\\])")


def without_place(name: str) -> str:
    """Give the last part of a path that begins at the root; anything else as it is.

    Args:
        name: a path, or any name.

    Returns:
        The file's or folder's name, without where it lies.

    Example:
        >>> without_place("/home/someone/posts.csv"), without_place("stance/ans"), without_place("owner/model")
        ('posts.csv', 'stance/ans', 'owner/model')
    """
    for kind in (PurePosixPath, PureWindowsPath):
        path = kind(name)
        if path.is_absolute() and path.name and len(path.parts) > 2:
            return path.name
    return name


def line_without_places(line: str) -> str:
    """Give a line, such as a command, with the last part of each path in it that begins at the root.

    Args:
        line: the line.

    Returns:
        The line.

    Example:
        >>> line_without_places("tasrih evaluate /home/someone/model https://huggingface.co/a/b ../data/x")
        'tasrih evaluate model https://huggingface.co/a/b ../data/x'
    """
    return _IN_LINE.sub("", line)


def without_places(value: Any) -> Any:
    """Give JSON with the last part of each path that begins at the root.

    Args:
        value: what a JSON file holds. A key that is such a path and the name of a split, as of ``removed_by_guard``,
            keeps both.

    Returns:
        The same, but for such strings.

    Example:
        >>> without_places({"base": "/models/arabert", "removed_by_guard": {"/data/posts.csv/train": 2}})
        {'base': 'arabert', 'removed_by_guard': {'posts.csv/train': 2}}
    """
    if isinstance(value, dict):
        return {_key(key): without_places(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_places(each) for each in value]
    return without_place(value) if isinstance(value, str) else value


def _key(key: str) -> str:
    if without_place(key) == key:
        return key
    place, _, split = key.rpartition("/")
    return f"{without_place(place)}/{split}"
