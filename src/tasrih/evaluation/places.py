"""Where files lie on a machine is nobody's business: stored settings and figures without their folders."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

_ADDRESS = re.compile(r"(?!file:)[A-Za-z][\w+.-]+://")


def without_place(name: str) -> str:
    """Give the last part of a path that begins at the root, at a home or above the folder here; else what was given.

    Args:
        name: a path, or any name.

    Returns:
        The file's or folder's name, without where it lies.

    Example:
        >>> [without_place(name) for name in ("/home/someone/posts.csv", "~/posts.csv", "stance/ans", "https://a.org/b")]
        ['posts.csv', 'posts.csv', 'stance/ans', 'https://a.org/b']
    """
    if _ADDRESS.match(name):
        return name
    windows, posix = PureWindowsPath(name), PurePosixPath(name.removeprefix("file://"))
    if windows.drive and windows.root:
        return windows.name or name
    if posix.is_absolute() or posix.parts[:1] == ("..",) or name.startswith("~"):
        return posix.name.replace("..", "") or name
    return name


def line_without_places(line: str) -> str:
    """Give a sentence, such as a note, with the last part of each path in it.

    Args:
        line: the sentence.

    Returns:
        The sentence; a path ends at a space here.

    Example:
        >>> line_without_places("tfidf is left out: /home/someone/posts.csv, row 3 of 1/2")
        'tfidf is left out: posts.csv, row 3 of 1/2'
    """
    # what closes a sentence or a bracket is no part of a path, and </b> is none
    return re.sub(r"(?<!<)[^\s,;()\"'`«»<>=]+", lambda word: without_place(word[0]), line)


def command_without_places(command: str) -> str:
    """Give a command with the last part of each path in it.

    Args:
        command: as a shell reads it.

    Returns:
        The command, quoted where a shell needs it.

    Example:
        >>> command_without_places("tasrih evaluate '/home/some one/m' --map a=b --column text=/data/x")
        'tasrih evaluate m --map a=b --column text=x'
    """
    try:
        words = shlex.split(command)
    except ValueError:  # a quote that nobody closed
        return line_without_places(command)
    parted = [word.rpartition("=") for word in words]
    return shlex.join(f"{name}{sign}{without_place(value)}" for name, sign, value in parted)


def without_places(value: Any, name: str = "") -> Any:
    """Give JSON with the last part of each path in it.

    Args:
        value: what a JSON file holds. A key that is a path and the name of a split, as of ``removed_by_guard``, keeps
            both; of keys that are then alike the later ones are numbered.
        name: the key that it stands under.

    Returns:
        The same, but for such strings.

    Example:
        >>> without_places({"base": "/models/arabert", "removed_by_guard": {"/data/posts.csv/train": 2}})
        {'base': 'arabert', 'removed_by_guard': {'posts.csv/train': 2}}
    """
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for key, each in value.items():
            told, count = _key(key), 1
            while told in found:
                count += 1
                told = f"{_key(key)} ({count})"
            found[told] = without_places(each, key)
        return found
    if isinstance(value, list):
        return [without_places(each, name) for each in value]
    if not isinstance(value, str):
        return value
    if name == "command":
        return command_without_places(value)
    return line_without_places(value) if name == "notes" else without_place(value)


def _key(key: str) -> str:
    if without_place(key) == key:
        return key
    place, slash, split = key.rpartition("/")
    if not slash or without_place(place) == place:  # no split stands behind it
        return without_place(key)
    return f"{without_place(place)}/{split}"
