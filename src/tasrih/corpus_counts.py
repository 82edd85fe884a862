"""Counting names and what they do in bounded memory: folded spellings, tallies that let go of the rarest, dates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from datetime import date as Date

from tasrih.results import Span
from tasrih.text.normalise import normalise

#: Spellings remembered of one name.
SPELLINGS = 8

# at least three letters behind the article: بالي is no ي
_ARTICLE = re.compile(r"ال\w{3}")
_PLURAL = re.compile(r"(?<=\w{3})ون\b")
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


def bare_forms(key: str) -> Iterator[tuple[str, bool]]:
    """Give what a folded name may be without the conjunction and preposition that are written together with it.

    The nominative of a masculine plural (الحوثيون) is given as its other case (الحوثيين) too. Whether a form is a
    name at all, who has the names must say.

    Args:
        key: a name, folded by ``name_key``.

    Yields:
        Each form, and whether the letters that go can hardly be the name's own: the article stands after them.

    Example:
        >>> [form for form, sure in bare_forms("بالحوثيين") if sure]
        ['الحوثيين']
    """
    rests = [key]
    if key[:1] in ("و", "ف"):
        rests.append(key[1:])
        sure = bool(_ARTICLE.match(key[1:]))
        if sure or (key[0] == "و" and len(key) > 3):
            yield key[1:], sure
    for rest in rests:
        if rest.startswith("لل"):  # the article has lost its alef; a name in lam may have lost one of its own
            yield "ال" + rest[2:], True
            yield "ال" + rest[1:], True
            yield rest[1:], False
        elif rest[:1] in ("ب", "ل", "ك"):
            sure = bool(_ARTICLE.match(rest[1:]))
            if sure or (rest[0] != "ك" and len(rest) > 3):
                yield rest[1:], sure
    if _PLURAL.search(key):
        yield _PLURAL.sub("ين", key), True


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
        """Map a name that has something written together with it to the bare one, where that stands here too.

        Where several could be meant (للجنة: to the committee, to a committee), the most frequent is taken.
        """
        totals = {key: spelled.total() for key, spelled in self.spellings.items()}
        fused = {}
        for key, total in totals.items():
            # without the article a letter may belong to the name: the bare one must be at least as frequent
            known = [form for form, sure in bare_forms(key) if sure or totals.get(form, 0) >= total]
            best = max(known, key=lambda form: totals.get(form, 0), default=None)
            if best in totals:
                fused[key] = best
        return {key: _end(fused, key) for key in fused}

    def shown(self, keys: Iterable[str], bare: str) -> tuple[str, ...]:
        """The spellings of some keys that are one name: those of the bare one first, then the most frequent."""
        ranked = [
            (key != bare, -count, spelling)
            for key in {*keys, bare}
            for spelling, count in self.spellings.get(key, {key: 1}).items()
        ]
        return tuple(spelling for _, _, spelling in sorted(ranked))[:SPELLINGS]


def _end(fused: dict[str, str], key: str) -> str:
    seen = set()
    while key in fused and key not in seen:
        seen.add(key)
        key = fused[key]
    return key
