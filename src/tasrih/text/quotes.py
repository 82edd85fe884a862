"""Quotations in a text: «», “”, ‘’ and straight quotes, nested or left open, with exact offsets.

A quotation never leaves its paragraph (its line). Arabic print is careless with its marks, so a mark's
role is read from the characters beside it first and from its shape second: »نص« and ”نص“ are quotations
too, and one odd straight quote does not turn all that follow inside out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tasrih.text.normalise import STEPS

#: What ends a line, as a regular expression's character class (without its brackets).
LINE_BREAKS = "\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"

# mark: (kind, its role by shape: 1 opens, -1 closes, 0 either). Marks of one kind close each other.
_QUOTES = {
    "«": ("«", 1),
    "»": ("«", -1),
    "‹": ("‹", 1),
    "›": ("‹", -1),
    "‘": ("‘", 1),
    "’": ("‘", -1),
    '"': ('"', 0),
    "“": ('"', 1),
    "”": ('"', -1),
    "„": ('"', 1),
}
_BRACKETS = {"(": ("(", 1), ")": ("(", -1), "[": ("[", 1), "]": ("[", -1), "{": ("{", 1), "}": ("{", -1)}

# what is never printed alone: an opening and a closing mark; ﴿ and ﴾ are found either way round
_PARTNERS = {**_BRACKETS, **{mark: entry for mark, entry in _QUOTES.items() if entry[1]}, "﴿": ("﴿", 0), "﴾": ("﴿", 0)}
_CONTROLS = {
    **dict.fromkeys("\u202a\u202b\u202d\u202e", ("embedding", 1)), "\u202c": ("embedding", -1),
    **dict.fromkeys("\u2066\u2067\u2068", ("isolate", 1)), "\u2069": ("isolate", -1),
}  # fmt: skip
# an apostrophe stands in Latin words: و‘نعم’ is a quotation
_LATIN = re.compile(r"[0-9A-Za-z\u00c0-\u024f]")
_PARTNER = re.compile("[" + re.escape("".join(_PARTNERS)) + "]")
_CONTROL = re.compile("[" + "".join(_CONTROLS) + "]")

_LINE = re.compile(f"[^{LINE_BREAKS}]+")
# a doubled mark (""نص"") is one mark; brackets do nest
_QUOTE_RUN = re.compile(r"([«»‹›‘’\"“”„])\1*")
_ANY_RUN = re.compile(r"([«»‹›‘’\"“”„])\1*|[()\[\]{}]")
_UNSEEN = frozenset(STEPS["invisible"]) | frozenset(STEPS["diacritics"])
_OPENS_AFTER = frozenset(":([{-–—ـ/=«")
_CLOSES_BEFORE = frozenset(".,،؛;:؟?!…۔)]}/»")
_PREFIX = re.compile(r"(?<!\w)و?(?:[وفبلك]|ال|لل)$")


@dataclass(frozen=True, slots=True)
class Quotation:
    """A quotation with its marks, ``text[start:end]``, and without, ``text[inner_start:inner_end]``.

    Attributes:
        start: its opening mark.
        end: one past its closing mark; where it is never closed, where the next quotation or the paragraph ends it.
        inner_start: one past the opening mark.
        inner_end: the closing mark, or ``end`` where there is none.
        closed: whether it has a closing mark.
    """

    start: int
    end: int
    inner_start: int
    inner_end: int
    closed: bool


class Pair(NamedTuple):
    """An opening and a closing mark: ``text[start:end]`` with them, ``text[inner_start:inner_end]`` without."""

    start: int
    end: int
    inner_start: int
    inner_end: int


def _role(text: str, start: int, end: int, low: int, high: int, shape: int, is_open: bool) -> int:
    """Say whether the mark ``text[start:end]`` opens (1) or closes (-1), in the line ``text[low:high]``."""
    left, right = start - 1, end
    while left >= low and text[left] in _UNSEEN:
        left -= 1
    while right < high and text[right] in _UNSEEN:
        right += 1
    free_left = left < low or text[left].isspace() or text[left] in _OPENS_AFTER
    free_right = right >= high or text[right].isspace() or text[right] in _CLOSES_BEFORE
    if free_left != free_right:
        clear = 1 if free_left else -1
        # a shaped mark is believed against its shape only where that makes a pair: »نص« but not «نص «
        if not shape or clear == shape or (clear == 1) != is_open:
            return clear
    if shape:
        return shape
    if not free_left and _PREFIX.search(text, max(low, left - 3), left + 1):
        return 1  # ل"الرياض"
    return -1 if is_open else 1


def pairs(text: str, start: int, end: int, *, brackets: bool = False) -> tuple[list[Pair], list[tuple[int, int]]]:
    """Pair the marks of one line.

    Args:
        text: any string.
        start: where the line begins.
        end: where it ends.
        brackets: whether to pair brackets as well.

    Returns:
        Every closed pair, outer and inner, by its start; and the span of every opening mark that is never closed.

    Example:
        >>> pairs('قال "نعم" ثم "لا', 0, 16)
        ([Pair(start=4, end=9, inner_start=5, inner_end=8)], [(13, 14)])
    """
    closed: list[Pair] = []
    stack: list[tuple[str, int, int]] = []
    lost: list[tuple[int, int]] = []
    is_open: Counter[str] = Counter()
    for match in (_ANY_RUN if brackets else _QUOTE_RUN).finditer(text, start, end):
        mark, (left, right) = match[0][0], match.span()
        if mark in _BRACKETS:
            kind, role = _BRACKETS[mark]
        else:
            kind, shape = _QUOTES[mark]
            role = _role(text, left, right, start, end, shape, is_open[kind] > 0)
        if role == 1:
            stack.append((kind, left, right))
            is_open[kind] += 1
        elif is_open[kind]:
            while True:  # whatever was opened inside this pair and not closed is lost
                opened, first, inner = stack.pop()
                is_open[opened] -= 1
                if opened == kind:
                    break
                lost.append((first, inner))
            closed.append(Pair(first, right, inner, left))
    lost += (entry[1:] for entry in stack)
    return sorted(closed), sorted(lost)


def _is_apostrophe(text: str, at: int) -> bool:
    """Say whether a single mark stands within a Latin word (d’Or), whatever controls stand beside it."""
    left, right = at - 1, at + 1
    while left >= 0 and text[left] in _CONTROLS:
        left -= 1
    while right < len(text) and text[right] in _CONTROLS:
        right += 1
    return left >= 0 and bool(_LATIN.match(text, left)) and text[right : right + 1].isalnum()


def _alone(text: str, found: re.Pattern[str], marks: Mapping[str, tuple[str, int]]) -> list[int]:
    """Find the marks of a text that have no partner, each kind by itself, whatever line they stand in."""
    opened: dict[str, list[int]] = {}
    alone: list[int] = []
    for match in found.finditer(text):
        mark, at = match[0], match.start()
        if mark in "‘’" and _is_apostrophe(text, at):
            continue
        kind, role = marks[mark]
        waiting = opened.setdefault(kind, [])
        before = text[waiting[-1]] if waiting else ""
        if not role:
            role = -1 if before not in ("", mark) else 1
        elif mark == "“" and before == "„":
            role = -1
        if role == 1:
            waiting.append(at)
        elif waiting:
            waiting.pop()
        else:
            alone.append(at)
    return sorted([*alone, *(at for waiting in opened.values() for at in waiting)])


def lone_marks(text: str) -> list[int]:
    """Find the quotation marks and brackets of a text that have no partner, as its shape tells.

    Args:
        text: any string, such as a piece that was cut out of another.

    Returns:
        Their places, in order; of straight quotes in an odd number the last.

    Example:
        >>> lone_marks("قال ‹نعم› ثم ﴾لا"), lone_marks('"نعم" و"لا')
        ([13], [7])
    """
    alone = _alone(text, _PARTNER, _PARTNERS)
    return sorted([*alone, text.rindex('"')]) if text.count('"') % 2 else alone


def lone_controls(text: str) -> list[int]:
    """Find the direction controls of a text that have no partner: they turn round whatever it is printed with.

    Args:
        text: any string.

    Returns:
        Places of embeddings, overrides and isolates that are not closed, and of what closes none.

    Example:
        >>> lone_controls("a\\u2067b"), lone_controls("a\\u2067b\\u2069\\u202c")
        ([1], [4])
    """
    return _alone(text, _CONTROL, _CONTROLS)


def outermost(found: Iterable[Pair]) -> Iterator[Pair]:
    """Give the pairs that lie in no other one.

    Args:
        found: pairs by their start, as ``pairs`` gives them.

    Returns:
        The outer ones, in order.

    Example:
        >>> [pair.start for pair in outermost(pairs("«أ “ب” ج»", 0, 9)[0])]
        [0]
    """
    reached = -1
    for pair in found:
        if pair.start >= reached:
            reached = pair.end
            yield pair


def quotations(text: str) -> list[Quotation]:
    """Find the outermost quotations of a text.

    One that is never closed is given with ``closed=False``: it runs to the next quotation or to its
    paragraph's end, and it is for the caller to cut it at the end of its sentence.

    Args:
        text: any string.

    Returns:
        The quotations in order; they do not overlap.

    Example:
        >>> [(q.start, q.end, q.closed) for q in quotations("قال «نعم» ثم «لا")]
        [(4, 9, True), (13, 16, False)]
    """
    found: list[Quotation] = []
    for line in _LINE.finditer(text):
        closed, lost = pairs(text, *line.span())
        marks = sorted([*outermost(closed), *lost])
        followings = [mark[0] for mark in marks[1:]] + [line.end()]
        reached = line.start()
        for mark, following in zip(marks, followings, strict=False):
            if mark[0] < reached:
                continue  # an opening mark inside a closed quotation
            if isinstance(mark, Pair):
                quotation = Quotation(*mark, True)
            else:
                end = mark[0] + len(text[mark[0] : following].rstrip())
                quotation = Quotation(mark[0], end, mark[1], end, False)
            reached = quotation.end
            found.append(quotation)
    return found
