"""An explanation drawn: the text with its words marked by what they add to a label, and a list of the strongest.

A word that speaks for the label has a blue ground and a whole line under it, one that speaks against it an orange
ground and a dashed line (two hues that all kinds of colour vision tell apart); the stronger, the deeper and thicker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasrih.render.escaping import escaped
from tasrih.render.reasons import arabic_reason
from tasrih.render.terminal import (
    CONDITIONAL,
    FSI,
    NO_ANSWER,
    PDI,
    RLI,
    Line,
    Piece,
    clean,
    paragraph,
    print_lines,
    right,
    width_of,
)
from tasrih.results import Explanation, Word
from tasrih.schemes import SCHEMES

if TYPE_CHECKING:
    from rich.console import Console

#: Words in the list of the strongest, and grades of the marks.
STRONGEST, GRADES = 10, 4
_NUMBER = len("+0.00")

#: Contribution under which no word is given the highest grade: a text that nothing in it decides looks so.
_FULL = 0.1

FOR, AGAINST = "يؤيّد الوسم", "يعارضه"
METHODS = {
    "occlusion": "كم ينقص احتمال الوسم إذا حُجبت الكلمة",
    "integrated_gradients": "نصيب الكلمة من احتمال الوسم، بالتدرّجات المتكاملة",
}

_BLUE, _ORANGE = 210, 28


def grade(word: Word, explanation: Explanation) -> int:
    """Say how strongly a word speaks for the label, from ``-GRADES`` to ``GRADES``.

    Args:
        word: one of the explanation's.
        explanation: the explanation.

    Returns:
        0 for a word that hardly matters beside the strongest; else the sign is that of its contribution.

    Example:
        >>> words = (Word("فاز", 0, 3, 0.4), Word("ثم", 4, 6, -0.15))
        >>> [grade(word, Explanation("فاز ثم", "sport", 0.9, words)) for word in words]
        [4, -2]
    """
    most = max(_FULL, *(abs(other.contribution) for other in explanation.words))
    size = round(GRADES * abs(word.contribution) / most)
    return size if word.contribution > 0 else -size


def strongest(explanation: Explanation) -> list[Word]:
    """Give the words that matter most, strongest first, those of grade 0 left out."""
    told = [word for word in explanation.words if grade(word, explanation)]
    return sorted(told, key=lambda word: -abs(word.contribution))[:STRONGEST]


def _label(explanation: Explanation) -> str:
    label = explanation.label
    if label == "conditional":
        return CONDITIONAL
    return next((scheme.arabic(label) for scheme in SCHEMES.values() if label in scheme.names), label)


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else '−'}{abs(value):.2f}"


# --- HTML -----------------------------------------------------------------------------------------------


def explanation_fragment(explanation: Explanation) -> str:
    """Make the HTML of an explanation, styled by itself alone, on a light or a dark ground.

    Args:
        explanation: the explanation.

    Returns:
        What stands within the ``div`` of ``tasrih.render.html.fragment``.
    """
    head = f'<b dir="auto" title="{escaped(explanation.label)}">{escaped(_label(explanation))}</b>'
    if explanation.reason:
        reason = escaped(explanation.reason)
        shown = f'<bdi dir="auto" data-english="{reason}">{escaped(arabic_reason(explanation.reason))}</bdi>'
        return f"<div>{head}: <span>{NO_ANSWER}</span> — {shown}</div>"
    method = f"<small>{METHODS[explanation.method]}</small>"
    # not in small print, whose soft colour would be hard to read on the deepest grounds
    legend = f'<span style="font-size:.85em">{_marked(FOR, GRADES)} {_marked(AGAINST, -GRADES)}</span>'
    items = "".join(
        f"<li>{_marked(word.text, grade(word, explanation), own=True)}"
        f' <bdi dir="ltr">{_signed(word.contribution)}</bdi></li>'
        for word in strongest(explanation)
    )
    style = "display:flex;flex-wrap:wrap;gap:.2em 1.2em;padding:0;margin:.3em 0 0;list-style:none"
    return (
        f"<div>{head} <bdi>{explanation.score:.2f}</bdi> — {method} {legend}</div>"
        f'<div class="sentence" style="white-space:pre-wrap;line-height:2.2">{_text(explanation)}</div>'
        + (f'<ul class="strongest" style="{style}">{items}</ul>' if items else "")
    )


def _text(explanation: Explanation) -> str:
    parts, at = [], 0
    for word in explanation.words:
        if word.start < at or explanation.text[word.start : word.end] != word.text:
            continue
        told = f"\u200e{_signed(word.contribution)}"
        parts += [escaped(explanation.text[at : word.start]), _marked(word.text, grade(word, explanation), told)]
        at = word.end
    return "".join((*parts, escaped(explanation.text[at:])))


def _marked(text: str, size: int, told: str = "", *, own: bool = False) -> str:
    title = f' title="{told}"' if told else ""
    inner = f"<bdi>{escaped(text)}</bdi>" if own else escaped(text)
    if not size:
        return f"<span{title}>{inner}</span>"
    return f'<span class="word" data-grade="{size}" style="{look(size)}"{title}>{inner}</span>'


def look(size: int) -> str:
    """Give the style of a word of a grade (not 0), on a light or a dark ground."""
    hue, line = (_BLUE, "solid") if size > 0 else (_ORANGE, "dashed")
    # a translucent ground keeps the colours of a notebook legible, light or dark
    return (
        f"background:hsla({hue},85%,50%,{0.06 + 0.09 * abs(size):.2f});"
        f"border-bottom:{1 + abs(size) // 2}px {line} hsl({hue},75%,50%)"
    )


# --- terminal -------------------------------------------------------------------------------------------


def print_explanation(explanation: Explanation, console: Console) -> None:
    """Print an explanation: the label, the text with its words marked, and the strongest words with their numbers.

    Args:
        explanation: the explanation.
        console: a rich console; colours and width are its own.

    Example:
        >>> from rich.console import Console
        >>> print_explanation(Explanation("...", "sport", 0.0, reason="..."), Console())  # doctest: +SKIP
    """
    width = min(max(console.width, 12), 120)
    english = f" ({clean(explanation.label)})" if _label(explanation) != explanation.label else ""
    if explanation.reason:
        told = f"{clean(_label(explanation))}: {NO_ANSWER}: {clean(arabic_reason(explanation.reason))}"
        print_lines(paragraph(told, "bold", width), console)
        return
    lines = paragraph(f"{clean(_label(explanation))} {explanation.score:.2f}{english}", "bold", width)
    lines += paragraph(METHODS[explanation.method], "dim", width)
    lines += [[], *_wrapped(_pieces(explanation), width), []]
    found = strongest(explanation)
    most = max((abs(word.contribution) for word in found), default=1.0)
    widest = min(max((width_of(clean(word.text)) for word in found), default=0), width // 3)
    room = (width - widest - _NUMBER - 2) // 2
    for word in found:
        # from right to left: the word, its number, a bar that grows to the left
        style = _style(grade(word, explanation))
        bar = right("█" * max(1, round(room * abs(word.contribution) / most)), style, width - widest - _NUMBER - 2)
        number = right(_signed(word.contribution), "", _NUMBER, FSI)
        lines.append([*bar, (" ", ""), *number, (" ", ""), *right(_fitted(clean(word.text), widest), style, widest)])
    print_lines(lines, console)


def _style(size: int) -> str:
    if not size:
        return ""
    colour = "bright_blue" if size > 0 else "yellow"
    return f"bold {colour} underline" if abs(size) > GRADES // 2 else colour


def _fitted(text: str, width: int) -> str:
    while width_of(text) > width:
        text = text[:-1]
    return text


def _pieces(explanation: Explanation) -> list[list[Piece]]:
    """Cut the text at its white space into what may stand on a line of its own, words styled."""
    pieces: list[list[Piece]] = [[]]
    at = 0

    def add(text: str, style: str) -> None:
        for number, part in enumerate(text.replace("\u00a0", " ").split(" ")):
            if number:
                pieces.append([])
            if part:
                pieces[-1].append((part, style))

    for word in explanation.words:
        if word.start < at:
            continue
        between = explanation.text[at : word.start]
        add(_kept_edges(between), "")
        add(clean(word.text), _style(grade(word, explanation)))
        at = word.end
    add(_kept_edges(explanation.text[at:]), "")
    return [piece for piece in pieces if piece]


def _kept_edges(text: str) -> str:
    """Clean a stretch between words without losing that white space stood at its ends."""
    return f"{' ' if text[:1].isspace() else ''}{clean(text)}{' ' if text[-1:].isspace() else ''}"


def _wrapped(pieces: list[list[Piece]], width: int) -> list[Line]:
    lines: list[list[Piece]] = []
    room = 0
    for piece in pieces:
        size = sum(width_of(text) for text, _ in piece)
        if lines and size < room:
            lines[-1] += [(" ", ""), *piece]
            room -= size + 1
        else:
            lines.append(list(piece))
            room = width - size
    return [
        [(" " * (width - sum(width_of(text) for text, _ in line)), ""), (RLI, ""), *line, (PDI, "")] for line in lines
    ]
