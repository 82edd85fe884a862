"""Results as lines for a terminal, to be read from right to left.

Text stays in logical order and letters keep their plain forms: shaping and reordering are the terminal's work.
Every stretch of a line stands in an isolate of its own (U+2067 ... U+2069), so that a terminal that knows the
bidirectional algorithm keeps the columns where they are, and one that does not shows nothing odd.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import zip_longest
from typing import TYPE_CHECKING

from tasrih.render.reasons import arabic_reason
from tasrih.results import Document, Prediction, Statement, Summary
from tasrih.schemes import SCHEMES, STANCE, STATEMENT, TOPIC

if TYPE_CHECKING:
    from rich.console import Console

#: A styled piece of a line, and a line of them.
Piece = tuple[str, str]
Line = list[Piece]

#: The sign of each stance, so that colour is never the only mark.
SIGNS = {"favor": "+", "against": "−", "neutral": "="}
#: Arabic names of the ways in which a summary is made.
METHODS = {"abstractive": "توليدي", "extractive": "استخراجي", "source": "النص نفسه"}
CONDITIONAL = "مشروط"
NO_ANSWER = "لا جواب"
NOTHING = "لا جمل في هذا النص"
INFERRED = "*"

RLI, FSI, PDI = "\u2067", "\u2068", "\u2069"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MARKS = "\u200c\u200d\u200e\u200f\u061c"  # joiners and directional marks: they change no nesting
_STANCE_STYLES = {"favor": "green", "against": "red"}
_WIDEST, _NARROWEST_SENTENCE = 160, 24
_SEPARATOR = " │ "
_TIE = "\u00a0"  # keeps a number with its word; it is printed as a space


def clean(text: str) -> str:
    """Make any text fit to stand on one line of a terminal.

    White space becomes single spaces, control characters and lone surrogates become U+FFFD, and invisible
    characters that could open or close an isolate of their own are dropped.

    Args:
        text: any string.

    Returns:
        The text as it may be printed.

    Example:
        >>> clean("قال\\n نعم")
        'قال نعم'
    """
    text = _CONTROL.sub("\ufffd", re.sub(r"\s+", " ", text)).strip()
    return "".join(c for c in text if unicodedata.category(c) != "Cf" or c in _MARKS or _is_number_sign(c))


def width_of(text: str) -> int:
    """Count the columns that a text takes: none for combining marks, two for wide characters.

    Args:
        text: a text without control characters.

    Returns:
        The number of terminal columns.

    Example:
        >>> width_of("كَتَبَ")
        3
    """
    return sum(map(_width, text))


def prediction_line(prediction: Prediction, scheme_name: str) -> str:
    """Put a prediction on one line, with the Arabic and the English names of its labels.

    Args:
        prediction: what a classifier said.
        scheme_name: a key of ``SCHEMES``; under an unknown name the labels stand as they are.

    Returns:
        The line, isolated, without a line break.

    Example:
        >>> prediction_line(Prediction("sport", 0.91, {"sport": 0.91}), "topic").strip("\\u2067\\u2069")
        'رياضة 0.91 (sport)'
    """
    line = _prediction(prediction, scheme_name).replace(_TIE, " ")
    if prediction.abstained and prediction.reason:
        line += f": {_isolate(clean(arabic_reason(prediction.reason)), FSI)}"
    return _isolate(line)


def statement_lines(document: Document, width: int = 80) -> list[str]:
    """Lay out the table of a document's statements without styles.

    Args:
        document: the article taken apart.
        width: columns to fill.

    Returns:
        The lines, none wider than ``width`` (which counts as 12 at least).

    Example:
        >>> len(statement_lines(Document("")))
        1
    """
    return ["".join(text for text, _ in line) for line in _body(document, max(width, 12))]


def print_document(document: Document, console: Console) -> None:
    """Print a document: its topic and summary where it has them, then a table of its statements.

    Args:
        document: the article taken apart.
        console: a rich console; colours and width are its own.

    Example:
        >>> from rich.console import Console
        >>> print_document(Document("..."), Console())  # doctest: +SKIP
    """
    width = max(console.width, 12)
    head, body = _head(document, width), _body(document, width)
    print_lines([*head, *([[]] if head else []), *body], console)


def print_lines(lines: list[Line], console: Console) -> None:
    """Print lines that are laid out already."""
    from rich.text import Text

    unicode = console.encoding.lower().startswith("utf")
    page = Text()
    for line in lines:
        for text, style in line:
            page.append(text if unicode else _encodable(text, console.encoding), style)
        page.append("\n")
    # older versions of rich count an isolate as a column
    console.print(page, soft_wrap=True, end="")


def _is_number_sign(char: str) -> bool:
    return unicodedata.bidirectional(char) == "AN"  # among format characters: visible ones such as U+06DD


def _width(char: str) -> int:
    category = unicodedata.category(char)
    if category in ("Mn", "Me") or (category == "Cf" and not _is_number_sign(char)):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _isolate(text: str, opener: str = RLI) -> str:
    return f"{opener}{text}{PDI}" if text else ""


def _encodable(text: str, encoding: str) -> str:
    plain = text.translate({ord("│"): "|", ord("─"): "-", ord("┼"): "+", ord("−"): "-", ord("…"): ".", ord("█"): "#"})
    plain = plain.translate(dict.fromkeys(map(ord, RLI + FSI + PDI)))
    return plain.encode(encoding, "replace").decode(encoding)


def _score(scores: dict[str, float], name: str) -> str:
    return f"{_TIE}{scores[name]:.2f}" if name in scores else ""


def _prediction(prediction: Prediction, scheme_name: str) -> str:
    def name(label: str) -> str:
        return clean(scheme.arabic(label) if scheme else label)

    scheme = SCHEMES.get(scheme_name)
    scores = prediction.scores
    if prediction.abstained:
        return NO_ANSWER
    if prediction.label is None:
        strongest = max(scores, key=lambda label: scores[label], default=None)
        return "بلا وسم" + (f" (الأقرب: {name(strongest)} {scores[strongest]:.2f})" if strongest else "")
    scores = {prediction.label: prediction.score, **scores}
    line = "، ".join(
        # the number stands next to the Arabic name: after a Latin word it would be read from the left
        f"{name(label)}{_score(scores, label)}" + (f" ({clean(label)})" if name(label) != clean(label) else "")
        for label in prediction.labels or (prediction.label,)
    )
    return f"{line} [{CONDITIONAL}]" if prediction.conditional else line


def _wrap(text: str, width: int) -> list[str]:
    lines: list[str] = []
    line, room = "", width
    for word in text.split(" "):
        size = width_of(word)
        if line and size < room:
            line, room = f"{line} {word}", room - size - 1
            continue
        if line:
            lines.append(line)
        while size > width:  # a word longer than a line: cut before a character, never before its marks
            end = taken = 0
            while end < len(word) and (end == 0 or taken + _width(word[end]) <= width):
                taken += _width(word[end])
                end += 1
            lines.append(word[:end])
            word, size = word[end:], size - taken
        line, room = word, width - size
    return [line.replace(_TIE, " ") for line in [*lines, *([line] if line else [])]]


def _shorten(text: str, width: int) -> str:
    lines = _wrap(text, width)
    if len(lines) < 2:
        return text
    return (_wrap(text, width - 2) or [""])[0] + " …"


def right(text: str, style: str, width: int, opener: str = RLI) -> Line:
    """Give a piece of a line, isolated, at the right edge of so many columns."""
    return [(" " * (width - width_of(text)), ""), (_isolate(text, opener), style)]


def paragraph(text: str, style: str, width: int, opener: str = RLI) -> list[Line]:
    """Wrap a text into lines of so many columns, each at the right edge."""
    return [right(line, style, width, opener) for line in _wrap(text, width)]


def _head(document: Document, width: int) -> list[Line]:
    lines: list[Line] = []
    inner = min(width, _WIDEST)
    if document.topic is not None:
        lines += paragraph(f"الموضوع: {_prediction(document.topic, TOPIC.name)}", "bold", inner)
        lines += paragraph(clean(arabic_reason(document.topic.reason or "")), "dim", inner, FSI)
    if document.summary is not None:
        lines += _summary(document.summary, inner)
    return _to_the_right(lines, width - inner)


def _body(document: Document, width: int) -> list[Line]:
    inner = min(width, _WIDEST)
    lines = _table(document.statements, inner) if document.statements else paragraph(NOTHING, "", inner)
    return _to_the_right(lines, width - inner)


def _to_the_right(lines: list[Line], margin: int) -> list[Line]:
    return [[(" " * margin, ""), *line] if margin and line else line for line in lines]


def _summary(summary: Summary, width: int) -> list[Line]:
    method = METHODS.get(summary.method, clean(summary.method))
    sure = "" if summary.score is None else f"، سلامة صياغته {summary.score:.2f}"
    lines = paragraph(f"الملخص ({method}، سنده في النص {summary.supported:.2f}{sure}):", "bold", width)
    lines += paragraph(clean(summary.text), "", width)
    return lines + paragraph(clean(arabic_reason(summary.reason or "")), "dim", width, FSI)


def _tags(statement: Statement) -> list[Piece]:
    tags = [
        (clean(STATEMENT.arabic(tag)) + _score(statement.scores, tag), "cyan bold" if rank == 0 else "cyan")
        for rank, tag in enumerate(statement.tags)
    ]
    return [*tags, (f"[{CONDITIONAL}]", "yellow")] if statement.conditional else tags


def _speaker(statement: Statement) -> list[Piece]:
    if statement.speaker is None:
        return []
    return [(clean(statement.speaker.text) + (f" {INFERRED}" if statement.speaker_inferred else ""), "")]


def _stances(statement: Statement) -> list[Piece]:
    pieces = []
    for stance in statement.stances:
        sign = SIGNS.get(stance.label, clean(stance.label))
        text = f"{sign} {clean(stance.target.text)}{_TIE}{stance.score:.2f}"
        pieces.append((text, _STANCE_STYLES.get(stance.label, "")))
    return pieces


def _key(statements: tuple[Statement, ...]) -> str:
    parts = []
    if any(statement.stances for statement in statements):
        parts += [f"{sign} {STANCE.arabic(label)}" for label, sign in SIGNS.items()]
    if any(statement.speaker_inferred for statement in statements):
        parts.append(f"{INFERRED} متكلم ذُكر في جملة سابقة")
    return "   ".join(parts)


def _table(statements: tuple[Statement, ...], width: int) -> list[Line]:
    rows = [
        ([(str(number), "dim")], _tags(statement), _speaker(statement), _stances(statement))
        for number, statement in enumerate(statements, 1)
    ]
    titles = ("#", "الوسوم", "المتكلم", "المواقف")
    # a column that no statement fills is left out
    kept = [0] + [i for i in (1, 2, 3) if any(row[i] for row in rows)]
    cap = max(width // 6, 12)
    widths = [
        min(cap, max(width_of(text) for text in (titles[i], *(text for row in rows for text, _ in row[i]))))
        for i in kept
    ]
    sentence = width - sum(widths) - len(_SEPARATOR) * len(kept)
    if sentence < _NARROWEST_SENTENCE:
        lines = _stack(statements, rows, width)
    else:
        widths.insert(1, sentence)
        header = [[(titles[i], "bold")] for i in kept]
        lines = _row([header[0], [("الجملة", "bold")], *header[1:]], widths)
        rule = "─┼─".join("─" * size for size in reversed(widths))
        for statement, row in zip(statements, rows, strict=True):
            text, told = clean(statement.text), any(row[1:])
            body = (text, "") if told else (_shorten(text, sentence), "dim")
            lines += [[(rule, "dim")], *_row([row[0], [body], *(row[i] for i in kept[1:])], widths)]
        lines.append([(rule.replace("┼", "┴"), "dim")])
    key = _key(statements)
    return lines + paragraph(key, "dim", width) if key else lines


def _row(cells: list[list[Piece]], widths: list[int]) -> list[Line]:
    """Lay out one row; the first cell is the rightmost, hence the last to be written."""
    columns = [
        [(line, style) for text, style in cell for line in _wrap(text, size)]
        for cell, size in zip(cells, widths, strict=True)
    ]
    lines = []
    for pieces in zip_longest(*columns, fillvalue=("", "")):
        line: Line = []
        for (text, style), size in reversed(list(zip(pieces, widths, strict=True))):
            line += [(_SEPARATOR, "dim")] if line else []
            line += right(text, style, size)
        lines.append(line)
    return lines


def _stack(statements: tuple[Statement, ...], rows: list[tuple[list[Piece], ...]], width: int) -> list[Line]:
    lines: list[Line] = []
    for statement, (number, tags, speaker, stances) in zip(statements, rows, strict=True):
        told = any((tags, speaker, stances))
        text = f"{number[0][0]}. {clean(statement.text)}"
        lines += paragraph(text if told else _shorten(text, width), "" if told else "dim", width)
        if tags:
            lines += paragraph("، ".join(text for text, _ in tags), "cyan", width)
        for text, style in speaker:
            lines += paragraph(f"المتكلم: {text}", style, width)
        for text, style in stances:
            lines += paragraph(text, style, width)
        lines.append([])
    return lines
