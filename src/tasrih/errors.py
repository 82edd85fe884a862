"""Errors that say what was wrong, where, and how to mend it."""

from __future__ import annotations


class ModelError(ValueError):
    """A model that cannot be found or opened: unknown, incomplete, damaged, or of the wrong kind."""


class MissingExtraError(ImportError):
    """A package of an optional extra that is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}, which is not installed: pip install 'tasrih[{extra}]'")


def named(error: Exception) -> str:
    """Name an error of a library by its kind and the first line of what it says."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"
