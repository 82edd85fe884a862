"""How much is read of files that somebody else made: the bounds, and what is said when a file goes beyond one."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields, replace

#: Overrides the bounds, as in ``row=64MiB,ratio=1000``.
VARIABLE = "TASRIH_LIMITS"

KIB, MIB, GIB = 2**10, 2**20, 2**30

#: No bound may be larger: Python cannot be asked to read more bytes than fit in 63 bits.
_MOST = 2**20 * GIB
_UNITS = {"": 1, "KiB": KIB, "MiB": MIB, "GiB": GIB}
_ENTRY = re.compile(r"\s*(\w+)\s*=\s*([0-9]{1,15})\s*(KiB|MiB|GiB)?\s*")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may hold; beyond any of it, the file or the row is refused before memory is taken.

    Attributes:
        row: bytes of one row: a line of JSONL, a record of a table, a value of Parquet (characters, in ``.json``).
        file: bytes of a file that is held whole, which are texts and ``.json``.
        unpacked: bytes that a packed file (``.xz``, ``.gz``, ``.zip``, ``.parquet``) unpacks to.
        ratio: how many times its own size, padding apart, a packed file unpacks to, at any place in it; what fits into
            one ``row`` is never too much.

    Example:
        >>> Limits.parse("row=64MiB,ratio=1000").row
        67108864
    """

    row: int = 16 * MIB
    file: int = 256 * MIB
    unpacked: int = 16 * GIB
    ratio: int = 200

    @classmethod
    def parse(cls, text: str) -> Limits:
        """Read bounds as the command line and the environment give them.

        Args:
            text: ``NAME=NUMBER`` entries with commas between them, a number of bytes with or without KiB, MiB or GiB;
                what is not named keeps its default.

        Returns:
            The bounds.

        Raises:
            ValueError: if a name is unknown, or a number is none.
        """
        changes = {}
        for entry in filter(str.strip, text.split(",")):
            found = _ENTRY.fullmatch(entry)
            names = [field.name for field in fields(cls)]
            if found is None or found[1] not in names or not int(found[2]):
                raise ValueError(
                    f"limits: cannot read {entry.strip()!r}: give {', '.join(names)} as in row=64MiB,ratio=1000"
                )
            changes[found[1]] = int(found[2]) * _UNITS[found[3] or ""]
            if changes[found[1]] > _MOST:
                raise ValueError(f"limits: {entry.strip()} is too much: give {shown(_MOST)} at most")
        return replace(cls(), **changes)

    def may_unpack(self, packed: int) -> int:
        """Give the most bytes that a packed file may unpack to.

        Args:
            packed: its own size in bytes.

        Returns:
            The bytes.
        """
        return min(self.unpacked, max(self.ratio * packed, self.row))

    def too_packed(self, packed: int) -> ValueError:
        """Make the error for a packed file that unpacks to more than ``may_unpack``."""
        if self.may_unpack(packed) == self.unpacked:
            return ValueError(f"it unpacks to more than {shown(self.unpacked)}{_mend('unpacked', 2 * self.unpacked)}")
        return ValueError(f"it unpacks to more than {self.ratio} times its size{_mend('ratio', 10 * self.ratio)}")

    def too_long_row(self) -> ValueError:
        """Make the error for a row beyond ``row``."""
        return ValueError(f"longer than {shown(self.row)}{_mend('row', 4 * self.row)}")

    def too_large_file(self) -> ValueError:
        """Make the error for a file beyond ``file`` that has to be held whole."""
        return ValueError(f"larger than {shown(self.file)}{_mend('file', 4 * self.file)}")


def current_limits() -> Limits:
    """Give the bounds that hold where none are passed.

    Returns:
        Those of ``$TASRIH_LIMITS``, else the defaults.

    Raises:
        ValueError: if the variable cannot be read.
    """
    return Limits.parse(os.environ.get(VARIABLE, ""))


def shown(size: int) -> str:
    """Write a number of bytes.

    Args:
        size: the bytes.

    Returns:
        The number in the largest unit that gives a whole one.

    Example:
        >>> shown(64 * 2**20), shown(1000)
        ('64MiB', '1000')
    """
    for name, unit in (("GiB", GIB), ("MiB", MIB), ("KiB", KIB)):
        if size and size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)


def _mend(name: str, value: int) -> str:
    entry = f"{name}={value if name == 'ratio' else shown(value)}"
    return f": if you trust it, allow more with `tasrih --limits {entry} ...` or {VARIABLE}={entry}"
