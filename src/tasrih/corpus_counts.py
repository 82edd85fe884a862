"""Counting names and what they do in bounded memory: folded spellings, tallies that let go of the rarest, dates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable
from datetime import date as Date

from tasrih.results import Span
from tasrih.text.normalise import normalise

#: Spellings remembered of one name.
SPELLINGS = 8

_WORD = re.compile(r"\w+")
_DATES = (
    (re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})"), (3, 2, 1)),
)


def name_key(name: str) -> str:
    """Fold a name so that its spellings meet: hamza, marks, tatweel, punctuation and spaces.

    Args:
        name: a speaker or target as an article writes it.

    Returns:
        Its words, folded by the profile ``search``.

    Example:
        >>> name_key("«الأُمم المتحدة»") == name_key("الامم  المتحده")
        True
    """
    return " ".join(_WORD.findall(normalise(name, "search").lower()))


def read_date(value: str | None) -> str | None:
    """Read a date as ISO 8601, from ``2015-07-21...``, ``2015/7/21`` or ``21/07/2015``; None where it is none."""
    for pattern, (year, month, day) in _DATES:
        found = pattern.match((value or "").strip())
        if found:
            try:
                return Date(int(found[year]), int(found[month]), int(found[day])).isoformat()
            except ValueError:
                return None
    return None


class Tally:
    """Counts of keys, with conditional ones apart; the rarest are let go where there are too many."""

    def __init__(self, limit: int) -> None:
        """Start at nothing.

        Args:
            limit: keys that are kept for certain; up to twice as many are held.
        """
        self.limit = limit
        self.counts: dict[Hashable, list[int]] = {}
        self.dropped = 0

    def add(self, key: Hashable, conditional: bool) -> None:
        """Count a key once."""
        count = self.counts.setdefault(key, [0, 0])
        count[0] += 1
        count[1] += conditional
        if len(self.counts) > 2 * self.limit:
            ranked = sorted(self.counts.items(), key=lambda item: -item[1][0])
            self.dropped += sum(count[0] for _, count in ranked[self.limit :])
            self.counts = dict(ranked[: self.limit])


class Names:
    """The spellings behind each folded name."""

    def __init__(self, limit: int) -> None:
        """Start at nothing.

        Args:
            limit: names that are kept for certain.
        """
        self.limit = limit
        self.spellings: dict[str, Counter[str]] = {}

    def key(self, span: Span | None) -> str | None:
        """Note a name and give its folded form; None where nothing is named."""
        key = name_key(span.text) if span is not None else ""
        if not key:
            return None
        seen = self.spellings.setdefault(key, Counter())
        spelling = " ".join(span.text.split())
        if spelling in seen or len(seen) < SPELLINGS:
            seen[spelling] += 1
        if len(self.spellings) > 2 * self.limit:
            kept = sorted(self.spellings.items(), key=lambda item: -item[1].total())[: self.limit]
            self.spellings = dict(kept)
        return key

    def merged(self) -> dict[str, str]:
        """Map a name with a fused preposition to the bare one, where that one stands in the corpus too."""
        bare = {key: "ال" + key[2:] for key in self.spellings if key.startswith("لل")}
        return {key: plain for key, plain in bare.items() if plain in self.spellings}

    def shown(self, keys: Iterable[str]) -> tuple[str, ...]:
        """The spellings of some keys that are one name, most frequent first; a fused one never first."""
        ranked = [
            (key.startswith("لل"), -count, spelling)
            for key in keys
            for spelling, count in self.spellings.get(key, {key: 1}).items()
        ]
        return tuple(spelling for _, _, spelling in sorted(ranked))[:SPELLINGS]
