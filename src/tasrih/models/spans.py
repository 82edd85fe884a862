"""From token logits to a sentence's speaker and the targets of its stances."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tasrih.schemes import STANCE
from tasrih.text.lexicon import ADJECTIVES, ADVERBS, NATIONS, is_adjective, is_stop, verb
from tasrih.text.normalise import STEPS, normalise
from tasrih.text.words import words

#: Labels of the token head: BIO over the speaker and over targets by the stance to them.
SPAN_LABELS = ("O", *(f"{place}-{name}" for name in ("speaker", *STANCE.names) for place in "BI"))

_KINDS = ("O", "B-speaker", "I-speaker", "B-target", "I-target")
# which of SPAN_LABELS make up each kind, and each stance: shapes (labels, kinds) and (labels, stances)
_MEMBERS = np.zeros((len(SPAN_LABELS), len(_KINDS)), dtype=np.float32)
_STANCES = np.zeros((len(SPAN_LABELS), len(STANCE.names)), dtype=np.float32)
for _row, _label in enumerate(SPAN_LABELS):
    _place, _, _name = _label.partition("-")
    _MEMBERS[_row, _KINDS.index(f"{_place}-target" if _name in STANCE.names else _label)] = 1
    if _name in STANCE.names:
        _STANCES[_row, STANCE.names.index(_name)] = 1
_LONGEST_WORD = 40
_MARKS = frozenset(STEPS["diacritics"])
# what may stand before a name in its own word without being part of it
_PROCLITICS = frozenset(("", "و", "ف", "ب", "ل", "ك", "وب", "ول", "وك", "فب", "فل"))
# ... and at the head of the first word: before the article with three letters behind it, or before لل
_LEADING = re.compile(r"(?:[وف]ب?|ب)(?=[اٱ]ل\w{3})|[وف](?=لل\w{2})")
# names and words whose own letters look so
_OWN_LETTERS = ("والد", "والت", "فالنس", "فالنت", "فالك", "فالف", "بالتيم", "بالمر", "بالوت")
_DEFINITE = re.compile(r"([وف]?[بك]?)ال\w{2,}|[وف]?لل\w{2,}")
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


def kind_chances(logits: np.ndarray) -> np.ndarray:
    """Give each token's probability of ``O`` and of beginning or going on with a speaker or a target.

    Args:
        logits: shape (tokens, ``len(SPAN_LABELS)``).

    Returns:
        Shape (tokens, 5): ``O``, ``B-speaker``, ``I-speaker``, ``B-target``, ``I-target``.
    """
    return softmax(logits) @ _MEMBERS


def find_spans(
    logits: np.ndarray, tokens: Sequence[tuple[int, int] | None], text: str, *, bias: float = 0.0, least: float = 0.0
) -> list[FoundSpan]:
    """Read spans off the token head's logits.

    Tokens are decided by the summed probability of the kinds ``O``, speaker and target; a target's
    stance is the mean over its tokens. Spans hold whole words (conjunctions and prepositions that are written
    together with a word may stay outside; those of a target do where they can be told from it), the noun of an
    adjective that was found alone, and the closing mark of a quotation that they open.

    Args:
        logits: shape (tokens, ``len(SPAN_LABELS)``).
        tokens: each token's stretch of the text; None for special tokens.
        text: the text.
        bias: added to the log-probability of every kind but ``O``; fitted on validation.
        least: probability under which a target is not given; fitted with it.

    Returns:
        The spans in the order of the text.
    """
    probabilities = softmax(logits)
    chances = probabilities @ _MEMBERS
    kinds = np.log(chances + 1e-9)
    kinds[:, 1:] += bias
    found = kinds.argmax(-1)
    if not found.any():  # nothing but O
        return []
    # plain lists: a span has a few tokens, which numpy would spend more on finding than on adding
    stances = (probabilities @ _STANCES).T.tolist()
    speakers, targets = (chances[:, [1, 3]] + chances[:, [2, 4]]).T.tolist()
    spans: list[FoundSpan] = []
    run: list[int] = []
    kind = None

    def close() -> None:
        if not run:
            return
        start, end = _whole_words(text, tokens[run[0]][0], tokens[run[-1]][1])
        start = max(start, spans[-1].end if spans else 0)
        if kind == "target":
            end = _without_lone_mark(text, start, end)
            start += _leading(text, start, end)
        noun = _noun_before(text, start, end) if kind == "target" else start
        if not spans or spans[-1].end <= noun:
            start = noun
        elif noun < start and spans[-1].kind == "target" and text[spans[-1].end : start].isspace():
            spans[-1] = replace(spans[-1], end=end)  # an adjective of the target before it
            run.clear()
            return
        chosen = slice(run[0], run[-1] + 1)  # the tokens of a run follow one another
        score = sum((speakers if kind == "speaker" else targets)[chosen]) / len(run)
        shares = {}
        if kind == "target":
            sums = [sum(column[chosen]) for column in stances]
            whole = sum(sums) or 1.0
            shares = {name: part / whole for name, part in zip(STANCE.names, sums, strict=True)}
        spans.append(FoundSpan(kind, start, end, min(score, 1.0), shares))
        run.clear()

    for index, best in enumerate(found.tolist()):
        if not (best or run):
            continue
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
    return [span for span in spans if span.kind != "target" or span.score >= least]


def in_word(char: str) -> bool:
    """Say whether a character is part of a word: a letter, a digit or a vowel mark."""
    return char.isalnum() or char in _MARKS


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Carry a span to the ends of the words that it cuts, and over the quotation mark that closes it."""
    word = start
    while word > 0 and in_word(text[word]) and in_word(text[word - 1]):
        word -= 1
    if "".join(filter(str.isalnum, text[word:start])) not in _PROCLITICS:
        start = word
    while end < len(text) and in_word(text[end]) and in_word(text[end - 1]):
        end += 1
    inside = text[start:end]
    mark = text[end : end + 1]
    return start, end + _is_opened(inside, mark)


def _is_opened(inside: str, mark: str) -> bool:
    """Say whether a mark closes a quotation or bracket that the text before it opened."""
    if mark not in _CLOSES:
        return False
    return inside.count('"') % 2 == 1 if mark == '"' else inside.count(_CLOSES[mark]) > inside.count(mark)


def _without_lone_mark(text: str, start: int, end: int) -> int:
    """Give where a target ends, the marks that close quotations begun before it left out."""
    while end - start > 1 and text[end - 1] in _CLOSES and not _is_opened(text[start : end - 1], text[end - 1]):
        end -= 1
    return end


def _leading(text: str, start: int, end: int) -> int:
    """Count the characters at the head of a target that are a conjunction or preposition: والسعودية, بالاتفاق, لمصر."""
    if start > 0 and in_word(text[start - 1]):
        return 0
    first, last = next(words(text[start:end]), (0, 0))
    letters = [at for at in range(first, last) if text[start + at] not in _MARKS]
    word = "".join(text[start + at] for at in letters)
    if first or word.startswith(_OWN_LETTERS):
        return 0
    if found := _LEADING.match(word):
        return letters[found.end()]
    nation = normalise(word, "encoder")
    if nation in NATIONS or len(nation) != len(word):
        return 0
    # a conjunction and a preposition at most
    clitics = len(nation) - len(nation.lstrip("وفبل"))
    return next((letters[number] for number in range(1, min(clitics, 2) + 1) if nation[number:] in NATIONS), 0)


def _noun_before(text: str, start: int, end: int) -> int:
    """Give where the noun begins that a span of one adjective goes with; the span's own start where it is another word.

    An adjective follows its noun at once, definite after definite: القوة الدفاعية, قوة جديدة. A definite one after a
    noun without the article may be a noun itself (وزارة الداخلية), so it stays as it is.
    """
    found = list(words(text[start:end]))
    if len(found) != 1 or found[0] != (0, end - start):
        return start
    word = normalise(text[start:end], "encoder")
    definite = word.startswith("ال")
    if word in NATIONS or not (is_adjective(word) if definite else f"ال{word}" in ADJECTIVES):
        return start
    left = start
    while before := list(words(text[max(0, left - _LONGEST_WORD) : left])):
        first, last = (edge + max(0, left - _LONGEST_WORD) for edge in before[-1])
        noun = normalise(text[first:last], "encoder")
        article = _DEFINITE.fullmatch(noun)
        if not text[last:left].isspace() or "\n" in text[last:left] or bool(article) != definite or noun in ADVERBS:
            break
        if not definite and (is_stop(noun) or verb(noun) or not noun.isalpha()):
            break
        # what is written together with the noun stays outside
        left = first + (len(article[1] or "") if article else 0)
        if not (definite and is_adjective(noun)):
            break
    return left


def _inside_word(tokens: Sequence[tuple[int, int] | None], index: int, run: list[int]) -> bool:
    """Whether a token goes on with the word that the open span's last token is part of."""
    return bool(run) and run[-1] == index - 1 and tokens[index - 1][1] == tokens[index][0]
