"""Results as lines for other programs: fields parted by tabs, one line a fact, without colours, boxes or isolates.

The first field of a line says what it tells; the command line puts the file before it. Fields by that word:

- ``topic``, ``stance`` or ``tags`` (of the task ``statement``): labels, their probabilities, ``conditional`` or
  nothing, and the reason where there is no answer;
- ``statement``: number, acts, ``conditional`` or nothing, speaker, ``inferred`` or nothing, stances
  (``favor:target``), the sentence;
- ``summary``: method, supported share, the reason where it is another method than was asked for, the summary;
- ``explanation``: label, probability, method, and the reason where nothing is explained;
- ``word``: label, contribution, first character, one past the last, the word.

Several values in a field are parted by ``|``. A tab, line break or control character in a text becomes a space.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tasrih.results import Document, Explanation, Prediction, Statement, Summary

#: The fields of a line.
Fields = tuple[str, ...]

_BREAKS = re.compile("[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]|\r(?!\n)")
_UNFIT = re.compile("[\ud800-\udfff]")


def line(fields: Iterable[str]) -> str:
    """Put fields on a line that can be encoded as UTF-8.

    Args:
        fields: any texts.

    Returns:
        The line, with a tab between two fields and nowhere else.

    Example:
        >>> line(("summary", "نعم\\tأو\\nلا"))
        'summary\\tنعم أو لا'
    """
    return "\t".join(_BREAKS.sub(" ", _UNFIT.sub("\ufffd", field)).strip() for field in fields)


def printable(text: str) -> str:
    """Make a text of one line or more fit for a terminal, and for UTF-8.

    Args:
        text: any text.

    Returns:
        The text with U+FFFD for each control character (but tabs and the ends of lines) and each lone surrogate.

    Example:
        >>> printable("نعم\\x1b[2J\\n")
        'نعم\ufffd[2J\\n'
    """
    return _CONTROL.sub("\ufffd", text)


def document_fields(document: Document) -> Iterator[Fields]:
    """Tell a document: its topic and summary where it has them, then its statements."""
    if document.topic is not None:
        yield from prediction_fields(document.topic, "topic")
    if document.summary is not None:
        yield from summary_fields(document.summary)
    for number, statement in enumerate(document.statements, 1):
        yield _statement(number, statement)


def prediction_fields(prediction: Prediction, task: str) -> Iterator[Fields]:
    """Tell a prediction, under the name of its task."""
    named = () if prediction.label is None else (prediction.label,)
    labels = () if prediction.abstained else prediction.labels or named
    scores = {prediction.label: prediction.score, **prediction.scores}
    shares = _joined(f"{scores[label]:.4f}" for label in labels)
    kind = "tags" if task == "statement" else task
    yield kind, _joined(labels), shares, _flag(prediction.conditional), prediction.reason or ""


def summary_fields(summary: Summary) -> Iterator[Fields]:
    """Tell a summary."""
    yield "summary", summary.method, f"{summary.supported:.4f}", summary.reason or "", summary.text


def explanation_fields(explanation: Explanation) -> Iterator[Fields]:
    """Tell an explanation: its label, then its words in the order of the text."""
    yield "explanation", explanation.label, f"{explanation.score:.4f}", explanation.method, explanation.reason or ""
    for word in explanation.words:
        yield "word", explanation.label, f"{word.contribution:+.4f}", str(word.start), str(word.end), word.text


def _statement(number: int, statement: Statement) -> Fields:
    speaker = statement.speaker.text if statement.speaker else ""
    stances = _joined(f"{stance.label}:{stance.target.text}" for stance in statement.stances)
    inferred = "inferred" if statement.speaker_inferred else ""
    told = (_joined(statement.tags), _flag(statement.conditional), speaker, inferred, stances, statement.text)
    return "statement", str(number), *told


def _joined(values: Iterable[str]) -> str:
    return "|".join(values)


def _flag(conditional: bool | None) -> str:
    return "conditional" if conditional else ""
