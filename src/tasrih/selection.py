"""Which articles of a corpus are read: those of some days, and those in which some words stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tasrih.corpus_counts import name_key, read_date
from tasrih.interchange import Article

# conjunctions and prepositions of one letter are written together with the word
_CLITICS = "[وف]?[بلك]?"


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice of articles by date and by words.

    Attributes:
        since: the first day, ISO 8601; None takes those without a date too.
        until: the last day; None likewise.
        words: words or phrases, one of which must stand in the title or the text, in any spelling that ``name_key``
            folds, alone or with a fused conjunction or preposition; empty takes all.

    Raises:
        ValueError: if a day is no date, or a word has no letter.

    Example:
        >>> Selection(words=("اليمن",)).takes(Article("1", "وصلت المساعدات لليمن."))
        True
    """

    since: str | None = None
    until: str | None = None
    words: tuple[str, ...] = ()
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("since", "until"):
            day = getattr(self, name)
            if day is not None and read_date(day) is None:
                raise ValueError(f"{name} {day!r} is no date: write it as 2015-07-21")
            object.__setattr__(self, name, read_date(day))
        for word in self.words:
            if not name_key(word):
                raise ValueError(f"the word {word!r} has no letter or digit")
        found = "|".join(_forms(name_key(word)) for word in self.words)
        object.__setattr__(self, "_pattern", re.compile(rf"(?:^| )(?:{found})(?: |$)"))

    def takes(self, article: Article) -> bool:
        """Say whether an article is one of them; one that cannot be read always is, so that its fault is told."""
        if article.error is not None:
            return True
        if self.since is not None or self.until is not None:
            day = read_date(article.date)
            if day is None or not (self.since or day) <= day <= (self.until or day):
                return False
        return not self.words or any(
            self._pattern.search(name_key(part)) for part in (article.title, article.text) if part
        )

    def __call__(self, articles: Iterable[Article]) -> Iterator[Article]:
        """Let the chosen articles through."""
        return filter(self.takes, articles)


def _forms(key: str) -> str:
    """The forms in which a folded word or phrase is written together with what stands before it."""
    plain = _CLITICS + re.escape(key)
    return f"{plain}|[وف]?لل{re.escape(key[2:])}" if key.startswith("ال") else plain
