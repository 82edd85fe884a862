"""Settings that lie beside weights, read as if a stranger had written them: each value is held against its field."""

from __future__ import annotations

from dataclasses import MISSING, fields
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from tasrih.errors import ModelError

T = TypeVar("T")

#: No setting is a larger number.
_MOST = 2**31


def read_settings(kind: type[T], stored: Any, where: object) -> T:
    """Make a dataclass of settings from what stands in a model's ``config.json``.

    Args:
        kind: the dataclass; its fields are strings, numbers, tuples of strings, or numbers by name, and its
            ``__post_init__`` may raise ``ValueError`` for values that do not fit.
        stored: what was read; lists stand for tuples.
        where: the file, for messages.

    Returns:
        The settings.

    Raises:
        ModelError: if a value is missing, unknown or does not fit its field; the message names it.
    """
    needed = {item.name for item in fields(kind) if item.default is MISSING and item.default_factory is MISSING}
    known = {item.name for item in fields(kind)}
    if not isinstance(stored, dict) or not needed <= set(stored) <= known:
        wrong = sorted(needed - set(stored) or set(stored) - known) if isinstance(stored, dict) else ()
        told = f" ({'missing' if needed - set(stored) else 'unknown'}: {str(wrong[0])[:40]!r})" if wrong else ""
        raise ModelError(f"{where}: its settings are not a {kind.__name__.removesuffix('Settings').lower()}'s{told}")
    hints, values = get_type_hints(kind), {}
    for name, value in stored.items():
        if not _fits(value, hints[name]):
            told = f"{where}: {name} must be {_told(hints[name])}, not {str(value)[:60]!r}"
            raise ModelError(f"{told}: get the model again")
        values[name] = tuple(value) if get_origin(hints[name]) is tuple else value
    try:
        return kind(**values)
    except ValueError as error:
        raise ModelError(f"{where}: {error}: get the model again") from None


def _fits(value: Any, hint: Any) -> bool:
    if hint in (float, int):
        kinds = (int, float) if hint is float else int
        return isinstance(value, kinds) and not isinstance(value, bool) and -_MOST < value < _MOST
    match get_origin(hint):
        case None:
            return isinstance(value, hint)
        case origin if origin is tuple:
            return isinstance(value, (list, tuple)) and all(_fits(item, get_args(hint)[0]) for item in value)
        case origin if origin is dict:
            return isinstance(value, dict) and all(_fits(item, get_args(hint)[1]) for item in value.values())
    return any(_fits(value, part) for part in get_args(hint))  # such as ``int | None``


def _told(hint: Any) -> str:
    words = {float: "a number", int: "a whole number", bool: "true or false", str: "a string", NoneType: "null"}
    if hint in words:
        return words[hint]
    if get_origin(hint) is tuple:
        return "a list of names"
    if get_origin(hint) is dict:
        return "numbers by name"
    return " or ".join(map(_told, get_args(hint)))
