"""From token logits to a sentence's speaker and the targets of its stances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasrih.schemes import STANCE
from tasrih.text.normalise import STEPS

#: Labels of the token head: BIO over the speaker and over targets by the stance to them.
SPAN_LABELS = ("O", *(f"{place}-{name}" for name in ("speaker", *STANCE.names) for place in "BI"))

_KINDS = ("O", "B-speaker", "I-speaker", "B-target", "I-target")
# columns of SPAN_LABELS that make up each kind, and each stance
_MEMBERS = [[SPAN_LABELS.index(kind)] for kind in _KINDS[:3]] + [
    [SPAN_LABELS.index(f"{place}-{stance}") for stance in STANCE.names] for place in "BI"
]
_STANCES = [[SPAN_LABELS.index(f"{place}-{stance}") for place in "BI"] for stance in STANCE.names]
_MARKS = frozenset(STEPS["diacritics"])
# what may stand before a name in its own word without being part of it
_PROCLITICS = frozenset(("", "و", "ف", "ب", "ل", "ك", "وب", "ول", "وك", "فب", "فل"))
_CLOSES = {'"': '"', "»": "«", "”": "“", ")": "("}


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """A speaker or target: characters ``start:end`` of the text, its probability, and the stance probabilities."""

    kind: str
    start: int
    end: int
    score: float
    stances: dict[str, float]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Give probabilities along the last axis."""
    exponents = np.exp(logits - logits.max(-1, keepdims=True))
    return exponents / exponents.sum(-1, keepdims=True)


def find_spans(
    logits: np.ndarray, tokens: Sequence[tuple[int, int] | None], text: str, *, bias: float = 0.0
) -> list[FoundSpan]:
    """Read spans off the token head's logits.

    Tokens are decided by the summed probability of the kinds ``O``, speaker and target; a target's
    stance is the mean over its tokens. Spans hold whole words (conjunctions and prepositions that are written
    together with a word may stay outside), and the closing mark of a quotation that they open.

    Args:
        logits: shape (tokens, ``len(SPAN_LABELS)``).
        tokens: each token's stretch of the text; None for special tokens.
        text: the text.
        bias: added to the log-probability of every kind but ``O``; fitted on validation.

    Returns:
        The spans in the order of the text.
    """
    probabilities = softmax(logits)
    kinds = np.log(np.stack([probabilities[:, columns].sum(-1) for columns in _MEMBERS], axis=1) + 1e-9)
    kinds[:, 1:] += bias
    stances = np.stack([probabilities[:, columns].sum(-1) for columns in _STANCES], axis=1)
    spans: list[FoundSpan] = []
    run: list[int] = []
    kind = None

    def close() -> None:
        if not run:
            return
        start, end = _whole_words(text, tokens[run[0]][0], tokens[run[-1]][1])
        start = max(start, spans[-1].end if spans else 0)
        share = stances[run].mean(0)
        share = share / (share.sum() or 1.0)
        columns = (1, 2) if kind == "speaker" else (3, 4)
        score = float(np.exp(kinds[run][:, columns] - bias).sum(-1).mean())
        shares = dict(zip(STANCE.names, share.tolist(), strict=True)) if kind == "target" else {}
        spans.append(FoundSpan(kind, start, end, min(score, 1.0), shares))
        run.clear()

    for index, best in enumerate(kinds.argmax(-1)):
        label = _KINDS[best] if tokens[index] is not None else "O"
        begins = label.startswith("B-") and not _inside_word(tokens, index, run)
        if label == "O" or begins or label[2:] != kind:
            close()
            if label != "O" and spans and tokens[index][0] < spans[-1].end:
                label = "O"  # the span before was carried on over this token
            kind = label[2:] or None
        if label != "O":
            run.append(index)
    close()
    return spans


def _in_word(char: str) -> bool:
    return char.isalnum() or char in _MARKS


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Carry a span to the ends of the words that it cuts, and over the quotation mark that closes it."""
    word = start
    while word > 0 and _in_word(text[word]) and _in_word(text[word - 1]):
        word -= 1
    if "".join(filter(str.isalnum, text[word:start])) not in _PROCLITICS:
        start = word
    while end < len(text) and _in_word(text[end]) and _in_word(text[end - 1]):
        end += 1
    inside = text[start:end]
    mark = text[end : end + 1]
    if mark in _CLOSES and (inside.count('"') % 2 if mark == '"' else inside.count(_CLOSES[mark]) > inside.count(mark)):
        end += 1
    return start, end


def _inside_word(tokens: Sequence[tuple[int, int] | None], index: int, run: list[int]) -> bool:
    """Whether a token goes on with the word that the open span's last token is part of."""
    return bool(run) and run[-1] == index - 1 and tokens[index - 1][1] == tokens[index][0]
