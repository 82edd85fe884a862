"""Sentences of Arabic news, with exact offsets: plain rules, in time linear in the text.

``sentences`` states the rules. Each stop is judged by the few characters on either side of it and by the
quotation or bracket around it; nothing is rewritten, so a sentence is always ``text[start:end]``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from tasrih.text.normalise import STEPS
from tasrih.text.quotes import LINE_BREAKS, Pair, outermost, pairs

#: A quotation or bracket with more characters than this is read as running text: its own stops count.
EMBEDDED = 200

_NEAR = 32  # how many characters on either side of a stop are looked at
_LINE = re.compile(f"[^{LINE_BREAKS}]+")
_WORD = re.compile(r"\w")
_STOPS = ".؟?!…۔‽"
_ASKING = frozenset("؟?!‽")
# an address swallows the stops inside it; what else is matched is a run of stops
_STOP = re.compile(rf"(?P<address>(?:https?://|www\.)[!-~]*[\w/=&#%+~-])|[{re.escape(_STOPS)}]+", re.ASCII)
_SPACE = re.compile(r"\s*")
_EMOJI = re.compile("\\s*[\u2600-\u27bf\U0001f000-\U0001faff]+")
_CLOSING = frozenset("»›”’)]}")
_TRAILING = frozenset("\u200b\u200c\u200d\u200e\u200f\u061c\u202c\u2069\ufeff\ufe0f") | frozenset(STEPS["diacritics"])

# How the surroundings are read: no vowel marks, tatweel, invisible marks or hamza on alef, Arabic forms of letters.
_STEPS = ("invisible", "tatweel", "diacritics", "lookalikes", "alef")
_BARE = str.maketrans({char: new for step in _STEPS for char, new in STEPS[step].items()})

# Words that open a sentence of news; they decide after "…", after an abbreviation, and after "؟»".
_OPENER = re.compile(
    r"""(?:[وف](?:قد|كانت?|يذكر|يشار|تاتي|ياتي|لم|لن|هذا|هذه|هكذا|هناك|في\ المقابل|من\ (?:جهة|جانب|المقرر|المتوقع)\w*|
        (?:قال|اضاف|تابع|اكد|اوضح|اشار|ذكر|اعتبر|لفت|شدد|ختم|اعلن|كشف|اجاب|رد|نقل|نفى|تساءل|راى|افاد|زاد|بين|طالب
        |دعا|حذر|توقع|استطرد|اردف|وصف|اعرب|عبر|نوه|صرح|حمل|اتهم|انتقد)ت?
        |نفت|رات|دعت)
        |من\ (?:جهت|جانب)\w+|في\ المقابل|الى\ ذلك|يذكر\ ان|يشار\ الى|يتبع)(?!\w)""",
    re.VERBOSE,
)

_LETTER = r"[^\W\d_]"
# a title or initial (د. و+د.), letters joined by dots (أ.ف.ب), or a known short form
_ABBREVIATION = re.compile(
    rf"{_LETTER}|و?[دماجص]|ل[دم]|[وفبلك]?(?:ال)?{_LETTER}(?:\.{_LETTER})+|اد|"
    r"Mrs?|Ms|Dr|Prof|Sr|Jr|St|Mt|Gen|Col|Lt|Capt|Sgt|Maj|Adm|Sen|Rep|Gov|Rev|Hon|Nos?|Vol|Fig|vs|Inc|Ltd|Co|Corp|Bros"
)
# the same letters seen from inside, and Latin ones by their names (سي.إن.إن)
_NAMED = "(?:ايه?|بي|سي|دي|اف|جيه?|اتش|كيه?|ال|ام|ان|او|كيو|ار|اس|تي|يو|في|دبليو|اكس|واي|زد)"
_ACRONYM = re.compile(rf"(?:\d*{_LETTER}(?:\.{_LETTER})+|(?:ال|[وفبلك])?{_NAMED}(?:\.{_NAMED})+)(?!\w)")
_BETWEEN = re.compile(r"[^\w.]+")
_SPACED_ACRONYM = re.compile(rf"(?<!\w){_LETTER} {_LETTER} {_LETTER}$")  # أ ف ب: its letters have no dots
_UNIT = re.compile(rf"\d\s*{_LETTER}$")  # 2014م, 24 م
_LIST_NUMBER = re.compile(r"(?:^|(?<!\d)[:؛])\W*\d{1,3}$")  # "1." where a sentence begins, and "as follows: 1."
_NUMBER = re.compile(r"(?<![\w.,/:-])\d{1,3}$")
_MISPLACED = re.compile(r"\d[\d.,/٫٬]*(?=\s|$)")  # the number of "عام .2014 وقد", typed from left to right
_CONTINUES = re.compile(r"[،,؛;:.؟?!…۔‽]|\(?الموافق")
_LATIN = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text: ``text == source[start:end]``."""

    text: str
    start: int
    end: int


def sentences(text: str) -> list[Sentence]:
    """Split a text into its sentences.

    A line break always ends a sentence, so a heading or a list item is one. Within a line:

    * ``؟ ? !`` end a sentence, ``.`` and ``۔`` end one unless they belong to a number, date, time, address, file
      name, abbreviation, initial or list number; with no space after them as well (``انتهى.وقال``). The closing
      marks right after a stop stay with it. ``،``, ``؛`` and ``:`` end nothing, nor does a stop before them.
    * ``...`` and ``…`` are a pause, unless a word that opens sentences of news follows (``وقال``, ``من جهته``). The
      same words tell whether the last dot of ``أ.ف.ب.`` is a stop too.
    * A stop inside a quotation or bracket that closes in the same line ends nothing, unless the quotation is the whole
      line or longer than ``EMBEDDED`` characters: such a one is running text. A quotation that is never closed
      binds nothing.
    * A full stop right before the closing mark of a quotation ends the sentence after that mark; ``؟»``, ``!»`` and
      ``…»`` (often a title: «أين أبي؟») do only if a word that opens sentences follows; ``.)`` does only if the
      bracket began the sentence.

    Args:
        text: any string.

    Returns:
        The sentences in order, without white space around them; only white space lies between them.

    Example:
        >>> [s.text for s in sentences("قال د. سامي «لن نقبل. سنرد».وغادر عند 10.30.")]
        ['قال د. سامي «لن نقبل. سنرد».', 'وغادر عند 10.30.']
    """
    found: list[Sentence] = []
    for line in _LINE.finditer(text):
        start = line.start()
        for end in (*_Line(text, *line.span()).boundaries(), line.end()):
            piece = text[start:end]
            first = start + len(piece) - len(piece.lstrip())
            last = start + len(piece.rstrip())
            if first < last:
                if start > line.start() and not _WORD.search(piece):  # a stray mark: part of what it follows
                    first = found.pop().start
                found.append(Sentence(text[first:last], first, last))
            start = end
    return found


class _Line:
    """One line of a text, and the quotations and brackets that bind its stops."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.start, self.end = text, start, end
        closed, _ = pairs(text, start, end, brackets=True)
        self.opening = {pair.start for pair in closed}
        self.closing = {pair.inner_end: pair.end for pair in closed}
        self.binding = list(outermost([pair for pair in closed if self._binds(pair)]))
        self.binding_starts = [pair.start for pair in self.binding]
        self.item = 0  # the number of the list item that was last begun

    def boundaries(self) -> Iterator[int]:
        """Give the offset of each sentence's end in the line, but for the last one's."""
        start = self.start
        word = _WORD.search(self.text, start, self.end)
        for stop in _STOP.finditer(self.text, start, self.end):
            if word is None or stop["address"] or stop.start() < word.start():
                continue  # a stop before the sentence's first word ends nothing
            end = self._ending(stop, start, word.start())
            if end is not None:
                yield end
                start = end
                word = _WORD.search(self.text, start, self.end)

    def _binds(self, pair: Pair) -> bool:
        """Tell whether the stops in a pair are bound: it is short, and words of its line stand outside it."""
        if pair.end - pair.start > EMBEDDED:
            return False
        if pair.start - self.start > _NEAR or self.end - pair.end > _NEAR:
            return True
        outside = _WORD.search(self.text, self.start, pair.start) or _WORD.search(self.text, pair.end, self.end)
        return outside is not None

    def _ending(self, stop: re.Match[str], start: int, word: int) -> int | None:
        """Say where the sentence from ``start``, whose first word is at ``word``, ends if this stop ends it."""
        end, follows = self._past_closing(stop.end())
        rest = self.text[follows : min(follows + _NEAR, self.end)].translate(_BARE)
        if _CONTINUES.match(rest):  # where more stops follow, the last of them decides
            return None
        index = bisect_right(self.binding_starts, stop.start()) - 1
        bound = index >= 0 and stop.start() < self.binding[index].end
        if bound:
            pair = self.binding[index]
            if pair.end > end or (self.text[pair.start] in "([{" and word < pair.start):
                return None
        before = self.text[max(start, stop.start() - _NEAR) : stop.start()].translate(_BARE)
        glued = rest[:1] if follows == end else ""
        if stop[0] in ".۔":
            if glued.isdigit() and before[-1:].isspace():
                number = _MISPLACED.match(self.text, follows, self.end)
                return number.end() if number and not before.rstrip()[-1:].isdigit() else None  # 7 .17
            if not glued.isdigit() and self._numbers_an_item(before):
                return None
            if not before.rstrip().endswith((".", "…")):
                return end if _full_stop(before, rest, glued) else None
        if not _ASKING.intersection(stop[0]):  # a pause
            return end if _OPENER.match(rest) else None
        in_address = _LATIN.match(glued) and _LATIN.match(before[-1:])
        return end if not (bound or in_address) or _OPENER.match(rest) else None

    def _numbers_an_item(self, before: str) -> bool:
        """Tell whether a dot belongs to a list's number: one that begins a list, or the one after the last."""
        number = _NUMBER.search(before)
        if number and (_LIST_NUMBER.search(before) or int(number[0]) == self.item + 1 > 1):
            self.item = int(number[0])
            return True
        return False

    def _past_closing(self, end: int) -> tuple[int, int]:
        """Give the end of the marks that close behind a stop, and where the next thing begins."""
        text = self.text
        while end < self.end:
            char, after = text[end], text[end + 1 : end + 2]
            stray = char in _CLOSING or (char in '"“' and not after.strip())
            if char in _TRAILING or (stray and end not in self.opening and end not in self.closing):
                end += 1
                continue
            follows = _SPACE.match(text, end, self.end).end()
            if follows in self.closing:
                end = self.closing[follows]
            elif emoji := _EMOJI.match(text, end, self.end):
                end = emoji.end()
            else:
                return end, follows
        return end, end


def _full_stop(before: str, rest: str, glued: str) -> bool:
    """Tell whether one dot ends a sentence.

    Args:
        before: what stands before it in its sentence, read bare.
        rest: what follows it, less white space and closing marks.
        glued: the first character of ``rest`` if nothing lies between, else nothing.

    Returns:
        Whether it does.
    """
    last = before[-1:]
    if glued.isdigit() and last.isdigit():
        return False
    if _LATIN.match(glued) and (glued.islower() or _LATIN.match(last)):  # an address, a version or a file
        return False
    before = before.rstrip()
    token = _BETWEEN.split(before)[-1]
    inside = _ACRONYM.match(f"{token}.{rest[:8]}") if glued else None
    if inside and inside.end() > len(token):
        return False
    if _UNIT.search(before):
        return not rest[:1].isdigit()
    if _ABBREVIATION.fullmatch(token) and not _SPACED_ACRONYM.search(before):
        return _OPENER.match(rest) is not None
    return True
