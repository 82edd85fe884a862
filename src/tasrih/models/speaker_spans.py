"""Which words name a sentence's speaker: the run that the token head finds likeliest, the rules' reading helping.

Token by token a name falls apart where the head is unsure of one piece of it. So whole runs are weighed against each
other: by the log-odds that the run is a speaker rather than none, as in a semi-Markov model of one segment.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tasrih.models.spans import in_word, kind_chances
from tasrih.text.lexicon import words
from tasrih.text.normalise import normalise
from tasrih.text.phrases import CLOSING, COMMAS, DASHES, OPENING

#: What may name a statement's speaker.
SPEAKER_BY = ("rules", "spans", "both")
#: Log-odds under which nobody is named, and what the rules' reading adds to those of its run. Chosen by exact F1 on
#: validation: .804 with both, .761 by the token head, .693 by the rules.
_LEAST, _RULED = 1.0, 4.0
# a name that the head noticed after its first piece only still begins there
_LATE = -2.0
_LONGEST = 30
# what no name ends with; not على, which is a man's name where it is spelt so
_FORWARD = words("وهو وهي وهم الذي التي الذين من في عن إلى ال و")
_LOOSE = COMMAS + DASHES + ":"


def speaker_of(
    logits: np.ndarray, tokens: Sequence[tuple[int, int]], text: str, ruled: tuple[int, int] | None, by: str
) -> tuple[int, int] | None:
    """Choose the words that name a sentence's speaker.

    Args:
        logits: of the token head, shape (tokens, ``len(SPAN_LABELS)``).
        tokens: each token's stretch of the text.
        text: the sentence.
        ruled: characters of the speaker that the rules name in it, if they do.
        by: ``rules``; ``spans`` for the token head, the rules where it names nobody; or ``both`` for the run of words
            that is likeliest, that of the rules being likelier for it.

    Returns:
        The speaker's characters; None where nobody is named.

    Source:
        Sarawagi & Cohen, "Semi-Markov Conditional Random Fields", NIPS 2004, for weighing segments in place of tokens.
    """
    if by == "rules" or not len(tokens):
        return ruled
    runs = _runs(logits, tokens, text)
    if ruled and by == "both":
        # the rules may leave a preposition out that is written together with the first word
        word = ruled[0] - next(
            (back for back, char in enumerate(reversed(text[: ruled[0]])) if not in_word(char)), ruled[0]
        )
        runs[ruled] = runs.get(ruled, runs.get((word, ruled[1]), -np.inf)) + _RULED
    best = max(runs, key=runs.__getitem__, default=None)
    if best is None or runs[best] < _LEAST:
        return ruled if by == "spans" else None
    return _trimmed(text, *best)


def _runs(logits: np.ndarray, tokens: Sequence[tuple[int, int]], text: str) -> dict[tuple[int, int], float]:
    """Give the log-odds of each run of words, of ``_LONGEST`` at most."""
    chances = np.log(kind_chances(logits) + 1e-6)
    begin, inside = chances[:, 1], chances[:, 2]
    outside = np.logaddexp.reduce(chances[:, [0, 3, 4]], axis=1)
    first, last = _words(tokens, text)
    opened = np.maximum(begin, inside + _LATE)[first] - outside[first]
    gained = np.concatenate([[0.0], np.cumsum(inside - outside)])
    found: dict[tuple[int, int], float] = {}
    for more in range(min(_LONGEST, len(first))):
        end = last[more:]
        begun = len(end)
        odds = opened[:begun] + gained[end + 1] - gained[first[:begun] + 1]
        # a run that is unlikely is never the best: what is left is little
        for at in np.flatnonzero(odds > _LEAST - _RULED).tolist():
            start = tokens[first[at]][0]
            if text[start].isalnum():
                found[start, tokens[end[at]][1]] = float(odds[at])
    return found


def _words(tokens: Sequence[tuple[int, int]], text: str) -> tuple[np.ndarray, np.ndarray]:
    """Give the first and the last token of each word or mark."""
    first, last = [], []
    for index, (start, end) in enumerate(tokens):
        before = tokens[index - 1][1] if index else -1
        if before >= start and in_word(text[start - 1]) and end > start and in_word(text[start]):
            last[-1] = index
        else:
            first.append(index)
            last.append(index)
    return np.array(first), np.array(last)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Drop marks and words at the end that look forward to another, and quotation marks round the whole."""
    while True:
        piece = text[start:end].rstrip(_LOOSE + " \t\n")
        if piece[-1:] in CLOSING and not set(piece[:-1]) & set(OPENING):
            piece = piece[:-1]  # its quotation began before the name
        before, _, word = piece.rpartition(" ")
        if before and normalise(word, "encoder") in _FORWARD:
            piece = before
        if len(piece) == end - start:
            break
        end = start + len(piece)
    inner = text[start + 1 : end - 1]
    if inner and text[start] in OPENING and text[end - 1] in CLOSING and not set(inner) & set(OPENING + CLOSING):
        return start + 1, end - 1
    return start, end
