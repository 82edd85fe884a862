"""Headlines cut out of an article: runs of words from clause to clause, and the features that they are ranked by.

A window begins where a clause or a noun phrase may begin and ends where one may end, so that no construct, number or
quotation is cut through, and never within what is denied or short of what turns it (``headline_scopes``); times,
brackets and the like may be left out of it (``asides``). What windows are worth is a sum over these features
(``headline_weights``), fitted to the headlines of newspapers and to what readers found whole
(``training.extracting``), and what the ranker makes of them (``headline_ranker``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain

from tasrih.models.asides import asides, is_even
from tasrih.models.headline_scopes import is_conditional, refutations, shaded, ties
from tasrih.models.headline_words import (
    BARE_THAT,
    CLAUSES,
    LOOKING_ON,
    NOT_FIRST,
    NOT_FIRST_TIMES,
    PREPOSITIONS,
    SAID,
    THAT,
    TIMES,
    goes_on,
    is_ours,
    is_stranded,
    kind_of,
)  # fmt: skip
from tasrih.text import lexicon as lex
from tasrih.text.normalise import normalise
from tasrih.text.quotes import lone_controls, lone_marks
from tasrih.text.sentences import Sentence
from tasrih.text.words import is_function_word, word_forms, words

#: Words of a headline, where there is room for them; of one that is asked to be longer a sentence serves.
SHORTEST_WINDOW, LONGEST_WINDOW = 4, 30

#: Sentences of four words or more whose windows are scored: so many of the first, and the most central of all others.
FIRST = 4

# a glued comma ends its word (الجديد،وقال)
_TOKEN = re.compile(r"[^\s،؛]+[،؛]*|[،؛]+")
_MARKS = "،؛,;:.…-–—|/•*ـ"
_BREAK = re.compile(r"[،؛,;:.…؟?!\-–—|]$")
_QUOTES, _CLOSES = "«“\"", "»”)]"
# of one sentence, words that windows are looked for in: a list without a stop may run on for megabytes
_MOST_TOKENS = 200
_DATELINE = 10  # words at the beginning among which a dash or colon may close a dateline or byline


@dataclass(frozen=True, slots=True)
class Window:
    """A run of words of an article, ``text[start:end]`` less what is left out of it.

    Attributes:
        sentence: number of the sentence that it is cut out of.
        start: where it begins in the article.
        end: where it ends.
        features: names with their values.
        left_out: stretches of the article within it that are not read, in order.
    """

    sentence: int
    start: int
    end: int
    features: tuple[tuple[str, float], ...]
    left_out: tuple[tuple[int, int], ...] = ()

    def read(self, text: str) -> str:
        """Give its words.

        Args:
            text: the article.

        Returns:
            The headline, without direction controls that have no partner in it.

        Example:
            >>> Window(0, 0, 13, (), ((4, 10),)).read("وصل اليوم وفد")
            'وصل وفد'
        """
        pieces, at = [], self.start
        for start, end in self.left_out:
            pieces.append(text[at:start].rstrip())
            at = end
        read = " ".join([*pieces, text[at : self.end]])
        lone = set(lone_controls(read))
        return "".join(char for place, char in enumerate(read) if place not in lone) if lone else read


@dataclass(frozen=True, slots=True)
class _Token:
    """A word with the marks on it: ``text[start:end]``, and ``text[first:last]`` without outer marks."""

    start: int
    end: int
    first: int
    last: int
    folded: str
    kind: str
    broken: bool
    features: tuple[tuple[str, float], ...]

    @property
    def is_word(self) -> bool:
        return bool(self.folded)


def fold(word: str) -> str:
    """Fold a word for look-up: the letters and digits of its ``encoder`` form, which the lexicon is kept in."""
    # what is kept must not hold on to megabytes of somebody's one word
    return _fold(word) if len(word) <= 32 else _fold.__wrapped__(word)


@lru_cache(maxsize=8192)
def _fold(word: str) -> str:
    return "".join(char for char in normalise(word, "encoder") if char.isalnum())


def _is_broken(raw: str) -> bool:
    return bool(_BREAK.search(raw.rstrip(_CLOSES + '"')))


@dataclass(slots=True)
class _Article:
    """What the windows of one article are measured against."""

    text: str
    sentences: Sequence[Sentence]
    terms: list[Counter[str]]
    likeness: Sequence[float]
    counts: Counter[str] = field(init=False, default_factory=Counter)
    spread: Counter[str] = field(init=False, default_factory=Counter)

    def __post_init__(self) -> None:
        for terms in self.terms:
            self.counts.update(terms)
            self.spread.update(terms.keys())

    def tokens(self, index: int) -> list[_Token]:
        """Cut a sentence into words, each with its own features."""
        sentence = self.sentences[index]
        found = []
        for match in _TOKEN.finditer(self.text, sentence.start, sentence.end):
            raw = match[0]
            left = len(raw) - len(raw.lstrip(_MARKS))
            right = len(raw.rstrip(_MARKS))
            folded = fold(raw)
            broken = _is_broken(raw)
            if not folded or left >= right:
                if found and broken:  # a mark by itself
                    found[-1] = replace(found[-1], broken=True)
                found.append(_Token(*match.span(), match.start(), match.end(), "", "word", broken, ()))
                continue
            start = match.start()
            own = tuple(self._of(raw, folded, index))
            found.append(_Token(start, match.end(), start + left, start + right, folded, kind_of(folded), broken, own))
        return found

    def _of(self, raw: str, folded: str, index: int) -> Iterator[tuple[str, float]]:
        yield f"w:{folded}", 1.0
        if is_function_word(raw.strip(_MARKS)):
            yield "function", 1.0
            return
        yield "open", 1.0
        if any(char.isdigit() for char in folded):
            yield "digit", 1.0
        if folded.startswith("ال"):
            yield "definite", 1.0
        spans = list(words(raw))
        if spans:
            term = word_forms(raw[slice(*spans[0])])[-1]
            yield f"times:{min(self.counts[term], 5)}", 1.0
            yield f"sentences:{min(self.spread[term], 5)}", 1.0
            if index and term in self.terms[0]:
                yield "in first", 1.0


def _is_joined(word: str, known: Set[str]) -> bool:
    """Say whether a folded word bears a preposition or conjunction, as far as the article shows."""
    if word.startswith(("بال", "لل", "وال", "كال", "فال", "ولل", "وبال")) and len(word) > 4:
        return True
    if word[0] in "بل" and lex.is_stop(word):
        return True
    rest = word[1:]
    return word[0] in "وبلف" and len(rest) > 2 and (rest in known or "ال" + rest in known)


def _starts(text: str, tokens: Sequence[_Token], shade: Set[int]) -> dict[int, str]:
    """Find the words that a headline may begin with, and why; ``shade`` are the starts of those within a denial."""
    found: dict[int, str] = {}
    for at, token in enumerate(tokens):
        if not token.is_word:
            continue
        before = tokens[at - 1] if at else None
        if not found:
            found[at] = "begin"
        elif token.start in shade or _hangs_on(text, before, token):
            continue
        elif before.folded in THAT:
            # (طلب أن) تقوم stands alone badly
            if before.folded not in BARE_THAT or token.folded[0] not in "يتن" or token.folded in lex.NATIONS:
                found[at] = "that"
        elif text[token.start] in _QUOTES and text[token.last - 1] not in _QUOTES + _CLOSES:
            found[at] = "quotation"
        elif token.folded in NOT_FIRST:
            continue
        elif before.broken and at <= _DATELINE and not text[before.start : before.end].endswith(("،", "؛", ",")):
            found[at] = "dateline"
        elif token.folded in LOOKING_ON or is_function_word(token.folded):
            continue
        elif before.broken:
            found[at] = "pause"
        elif before.folded in PREPOSITIONS and lex.is_deed(token.folded):
            found[at] = "phrase"  # (كشف) عن بدء العمل
    return found


def _hangs_on(text: str, before: _Token, token: _Token) -> bool:
    """Say whether a word within a sentence is not understood without what stands before it."""
    if before.folded in THAT:
        # (إن) مطالبة النقابات is no participle
        hangs = is_stranded(token.folded) or (goes_on(token.folded) and not token.folded.endswith("ة"))
    else:
        hangs = goes_on(token.folded)
    if hangs:
        return True
    # a speaker's words after a colon may begin so
    comma = before.folded in THAT or text[before.start : before.end].endswith(("،", ","))
    quoted = text[token.start] in _QUOTES
    return comma and not quoted and (token.folded in NOT_FIRST_TIMES or is_ours(token.folded))


def _ends(tokens: Sequence[_Token], known: Set[str], open_words: frozenset[str]) -> dict[int, str]:
    """Find the places after which a headline may end, and why."""
    found: dict[int, str] = {}
    after = ""  # the next word
    for at in reversed(range(len(tokens))):
        token, follows = tokens[at], after
        after = token.folded or after
        if not token.is_word or token.folded in LOOKING_ON:
            continue
        if not follows:
            found[at + 1] = "stop"
        elif token.broken:
            found[at + 1] = "pause"
        elif token.folded in open_words or token.folded in lex.GOVERNING or lex.verb(token.folded):
            continue
        elif follows in PREPOSITIONS:
            found[at + 1] = "phrase"
        elif follows in CLAUSES:
            found[at + 1] = "clause"
        elif follows in TIMES:
            found[at + 1] = "time"
        elif follows not in THAT and _is_joined(follows, known):
            found[at + 1] = "joined"
    return found


def _pieces(text: str, tokens: Sequence[_Token]) -> tuple[list[str], list[str]]:
    """Give words as they are looked up and as they stand."""
    return [token.folded for token in tokens], [text[token.start : token.end] for token in tokens]


def _untwisted(ends: dict[int, str], words: Sequence[str], raws: Sequence[str]) -> dict[int, str]:
    """Leave out the ends before a condition, and before what says that it is not so."""
    barred: set[int] = set()
    for begun, at in refutations(words, raws):
        barred.update(range(begun + 1, at + 1))
    after = len(words)
    for at in reversed(range(len(words))):
        if after < len(words) and is_conditional(words, after):
            barred.add(at + 1)
        if words[at]:
            after = at
    return {last: why for last, why in ends.items() if last not in barred}


def _is_unsaid(tokens: Sequence[_Token]) -> bool:
    """Say whether a window tells who says something and leaves out what."""
    verb = lex.verb(tokens[0].folded)
    if verb is None or verb[0] not in lex.SAYING:
        return False
    inner = [token.folded for token in tokens[1:-1]]
    return not any(word in SAID or (word[:1] == "ب" and len(word) > 3) for word in inner)


def _whole(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Shrink a window past a mark at its edge that has no partner in it; None where one is left within."""
    for _ in range(4):
        piece = text[start:end].rstrip(_MARKS + " ")
        end = start + len(piece)
        start = end - len(piece := piece.lstrip())
        if not piece:
            return None
        lone = lone_marks(piece)
        if not lone:
            return start, end
        if lone[0] == 0 or (piece[0] == '"' and any(piece[at] == '"' for at in lone)):
            start += 1
        elif lone[-1] == len(piece) - 1:
            end -= 1
        else:
            return None
    return None


def windows(
    text: str, sentences: Sequence[Sentence], terms: list[Counter[str]], likeness: Sequence[float], *,
    open_words: frozenset[str] = frozenset(), max_words: int = 14, min_words: int = SHORTEST_WINDOW,
) -> Iterator[Window]:  # fmt: skip
    """Give the runs of words that can stand as a headline.

    Args:
        text: the article.
        sentences: its sentences.
        terms: the terms of each, as counted for likeness.
        likeness: how like the whole article each is.
        open_words: folded words after which a clause hardly ever ends.
        max_words: words of a window at most.
        min_words: at least.

    Yields:
        The windows, each with its features.
    """
    article = _Article(text, sentences, terms, likeness)
    known = {
        fold(match[0]) for sentence in sentences[:20] for match in _TOKEN.finditer(text, sentence.start, sentence.end)
    }
    readable = [index for index, sentence in enumerate(sentences) if len(sentence.text.split()) >= 4]
    chosen = readable[:FIRST]
    if rest := readable[FIRST:]:
        chosen.append(max(rest, key=lambda index: likeness[index]))
    for place, index in enumerate(chosen or range(len(sentences))):
        tokens = article.tokens(index)
        runs_on, tokens = len(tokens) > _MOST_TOKENS, tokens[:_MOST_TOKENS]
        about = [
            (f"place:{place}", 1.0),
            (f"rank:{sum(value > likeness[index] for value in likeness[:8])}", 1.0),
            ("likeness", likeness[index]),
            (f"sentence size:{min(len(tokens) // 6, 8)}", 1.0),
        ]
        shade = {tokens[at].start for at in shaded(*_pieces(text, tokens))}
        shorter, gaps = _without_asides(text, tokens)
        for read, left_out in [(tokens, {}), (shorter, gaps)][: 2 if gaps else 1]:
            ends = _ends(read, known, open_words)
            if runs_on:
                ends.pop(len(read), None)
            pieces = _pieces(text, read)
            ends = _untwisted(ends, *pieces)
            tied = ties(*pieces)
            for first, why in _starts(text, read, shade).items():
                opening = _opening(read, first, why, place)
                for last in range(first + min_words, min(first + max_words, len(read)) + 1):
                    if (until := ends.get(last)) is None or _is_unsaid(read[first:last]):
                        continue
                    if any(first <= verb < last <= complement for verb, complement in tied):
                        continue
                    inner = [gap for at, gap in left_out.items() if first < at < last]
                    if left_out and not inner:
                        continue
                    edges = _whole(text, read[first].first, read[last - 1].last)
                    if edges is None:
                        continue
                    own = chain.from_iterable(token.features for token in read[first:last])
                    seams = chain.from_iterable(gap.features for gap in inner)
                    yield Window(
                        index, *edges, (*about, *opening, *_closing(read, first, last, why, until), *seams, *own),
                        tuple((gap.start, gap.end) for gap in inner),
                    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Gap:
    """What is left out before a word: ``text[start:end]``."""

    start: int
    end: int
    features: tuple[tuple[str, float], ...]


def _without_asides(text: str, tokens: Sequence[_Token]) -> tuple[list[_Token], dict[int, _Gap]]:
    """Give a sentence's words without its asides, and by the place of the word after it what is left out."""
    kept: list[_Token] = []
    gaps: dict[int, _Gap] = {}
    at = 0
    for aside in asides(*_pieces(text, tokens)):
        follows = next((place for place in range(aside.last, len(tokens)) if tokens[place].is_word), None)
        last = next((token for token in reversed(tokens[at : aside.first]) if token.is_word), None)
        if follows is None or last is None:
            continue  # what begins or ends the sentence is no aside
        if not is_even(text[last.end : tokens[follows].start]):
            continue  # with the marks by themselves that would go with it, it is not whole
        kept += tokens[at : aside.first]
        while not kept[-1].is_word:
            kept.pop()  # a comma by itself
        at = follows
        before, closed = kept[-1], tokens[aside.last - 1].broken
        start = before.end
        if before.broken and closed:  # both commas go
            kept[-1], start = replace(before, broken=False), before.last
        elif closed:
            kept[-1] = replace(before, broken=True)
        seams = (f"left out:{aside.kind}", f"seam:{before.kind}:{tokens[at].kind}", f"seam:{aside.kind}:{before.kind}")
        gaps[len(kept)] = _Gap(start, tokens[at].start, tuple((name, 1.0) for name in seams))
    return kept + list(tokens[at:]), gaps


def _opening(tokens: Sequence[_Token], first: int, why: str, place: int) -> list[tuple[str, float]]:
    word, kind = tokens[first].folded, tokens[first].kind
    before, kind_before = (tokens[first - 1].folded, tokens[first - 1].kind) if first else ("^", "word")
    after, kind_after = (
        (tokens[first + 1].folded, tokens[first + 1].kind) if first + 1 < len(tokens) else ("$", "word")
    )
    return [
        (f"first two:{word} {after}", 1.0),
        (f"before first:{before} {word}", 1.0),
        (f"first kind:{kind}", 1.0),
        (f"first kinds:{kind_before} {kind} {kind_after}", 1.0),
        (f"before form:{before[:2]}:{word[:2]}", 1.0),
        (f"begins:{why}", 1.0),
        (f"begins:{why}:{min(place, 2)}", 1.0),
        (f"begins at:{min(first, 4) if first < 5 else 5 + min(first // 8, 3)}", 1.0),
        (f"first:{word}", 1.0),
        (f"first form:{word[:2]}", 1.0),
        (f"before:{before}", 1.0),
        (f"first definite:{word.startswith('ال')}", 1.0),
    ]


def _closing(tokens: Sequence[_Token], first: int, last: int, why: str, until: str) -> list[tuple[str, float]]:
    size = last - first
    word = tokens[last - 1].folded
    after, follows = next(((token.folded, token.kind) for token in tokens[last:] if token.is_word), ("$", "word"))
    breaks = sum(token.broken for token in tokens[first : last - 1])
    whole = "whole" if until == "stop" and why == "begin" else "part"
    kind, opened = tokens[last - 1].kind, tokens[first].kind
    inner = [token.kind for token in tokens[first + 1 : last] if token.is_word]
    return [
        (f"last two:{tokens[last - 2].folded} {word}", 1.0),
        (f"last after:{word} {after}", 1.0),
        (f"kinds:{opened} {kind} {follows}:{until}", 1.0),
        (f"edges:{why}:{opened}:{until}:{follows}", 1.0),
        (f"sized:{opened}:{size // 3}:{until}", 1.0),
        (f"verbs:{opened}:{min(inner.count('verb'), 2)}:{min(inner.count('preposition'), 3)}", 1.0),
        (f"opened after:{tokens[first].folded} {after}", 1.0),
        (f"ends:{until}", 1.0),
        (f"last:{word}", 1.0),
        (f"last form:{word[-2:]}", 1.0),
        (f"after:{after}", 1.0),
        (f"size:{min(size, 20)}", 1.0),
        (f"size:{min(size, 20) // 3}:{why}", 1.0),
        (f"breaks:{min(breaks, 3)}", 1.0),
        (f"{whole}:{until}", 1.0),
    ]


def cut_words(text: str, start: int, end: int) -> list[tuple[str, bool]]:
    """Cut a stretch of a text into folded words, each with whether a pause or stop follows it.

    Args:
        text: any string.
        start: where the stretch begins.
        end: where it ends.

    Returns:
        The words in order.

    Example:
        >>> cut_words("قال الوزير، أمس", 0, 15)
        [('قال', False), ('الوزير', True), ('امس', False)]
    """
    found: list[tuple[str, bool]] = []
    for match in _TOKEN.finditer(text, start, end):
        folded, broken = fold(match[0]), _is_broken(match[0])
        if folded:
            found.append((folded, broken))
        elif found and broken:
            found[-1] = (found[-1][0], True)
    return found
