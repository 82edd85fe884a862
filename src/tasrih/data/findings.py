"""What a check of a set finds: one fact a finding, with how grave it is and where to look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: From grave to harmless: an error stops training on the set, a warning should be looked at, a note tells.
LEVELS = ("error", "warning", "note")

#: Examples that a finding names.
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found.

    Attributes:
        level: one of ``LEVELS``.
        check: what was checked, such as ``labels``.
        split: the split, or the two that were compared.
        message: what was found; where it is about rows, it says which, and ``count`` how many.
        count: rows (or ids, or labels) that it concerns.
        examples: ids of some of them.
    """

    level: str
    check: str
    split: str
    message: str
    count: int = 0
    examples: tuple[str, ...] = ()


def finding(level: str, check: str, split: str, message: str, rows: Iterable[str] = ()) -> Finding:
    """Make a finding of the ids of the rows that it concerns.

    Args:
        level: one of ``LEVELS``.
        check: what was checked.
        split: where.
        message: what was found.
        rows: ids of the rows.

    Returns:
        The finding, with a few of the ids.

    Example:
        >>> finding("warning", "texts", "train", "rows without text", ["a", "b"]).count
        2
    """
    ids = tuple(rows)
    return Finding(level, check, split, message, len(ids), ids[:EXAMPLES])


def worst(findings: Iterable[Finding]) -> str | None:
    """Give the gravest level among findings, or None where there are none."""
    levels = {found.level for found in findings}
    return next((level for level in LEVELS if level in levels), None)
