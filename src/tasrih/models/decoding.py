"""Beam search over a decoder's next-token scores, with the rules that keep a headline honest.

Grounded decoding writes words of the source and function words only: a trie of the allowed words'
pieces says which piece may come next, so that no word can be made up from pieces of others.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TypeVar

import numpy as np

from tasrih.models.deadline import check
from tasrih.models.spans import softmax

T = TypeVar("T")


class WordTrie:
    """The words that may be written, as paths of token ids."""

    def __init__(self, words: Iterable[list[int]], free: Iterable[int]) -> None:
        """Build the trie.

        Args:
            words: pieces of each allowed word.
            free: pieces that stand alone wherever a word may begin, such as punctuation.
        """
        self.root: dict[int, dict] = {}
        for pieces in words:
            node = self.root
            for piece in pieces:
                node = node.setdefault(piece, {})
            node[-1] = {}  # a word may end here
        self._free = frozenset(free)

    def next(self, node: dict) -> tuple[set[int], bool]:
        """Say which pieces may follow, and whether a word may end, at a node."""
        ends = node is self.root or -1 in node
        allowed = set(node) - {-1}
        if ends:
            allowed |= set(self.root) | self._free
        return allowed, ends

    def step(self, node: dict, piece: int) -> dict:
        """Go from a node by one piece."""
        if piece in node:
            return node[piece]
        return self.root.get(piece, self.root)

    def goes_on(self, node: dict, piece: int) -> bool:
        """Say whether a piece goes on with the word that a node is in."""
        return node is not self.root and piece in node


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One beam: its pieces, their summed log-probability, its place in the trie, and the words that it has begun."""

    pieces: tuple[int, ...]
    score: float
    node: dict
    done: bool = False
    words: tuple[tuple[int, ...], ...] = ()
    within: bool = False
    """Whether the last of the words may go on."""

    @property
    def whole(self) -> tuple[tuple[int, ...], ...]:
        """The words that cannot go on."""
        return self.words[:-1] if self.within else self.words

    def worth(self, length_penalty: float) -> float:
        """Log-probability by length (Wu et al. 2016, without the constant)."""
        return self.score / max(len(self.pieces), 1) ** length_penalty


#: A search under way: gives prefixes of one length, is sent their logits, of shape (prefixes, vocabulary), and at last
#: returns the finished hypotheses.
Search = Generator[list[tuple[int, ...]], np.ndarray, list[Hypothesis]]


def search_together(
    next_logits: Callable[[list[int], list[tuple[int, ...]]], np.ndarray], searches: Sequence[Search]
) -> list[list[Hypothesis]]:
    """Go through searches step by step, one call for all of a step.

    Args:
        next_logits: takes the number of the search of each prefix, and the prefixes, all of one length; gives logits of
            shape (prefixes, vocabulary).
        searches: as ``beam_search`` begins them.

    Returns:
        What each of them found.
    """
    found: dict[int, list[Hypothesis]] = {}
    given: dict[int, np.ndarray | None] = dict.fromkeys(range(len(searches)))
    while given:
        asked: dict[int, list[tuple[int, ...]]] = {}
        for number, rows in given.items():
            try:
                asked[number] = searches[number].send(rows)  # of None, as it begins
            except StopIteration as ended:
                found[number] = ended.value
        owners = [number for number, prefixes in asked.items() for _ in prefixes]
        whole = next_logits(owners, [prefix for prefixes in asked.values() for prefix in prefixes]) if asked else ()
        ends = np.cumsum([len(prefixes) for prefixes in asked.values()])
        given = {
            number: whole[end - len(asked[number]) : end] for number, end in zip(asked, ends, strict=True)
        }  # fmt: skip
    return [found[number] for number in range(len(searches))]


def beam_search(
    *, end: int, beams: int, max_pieces: int, trie: WordTrie | None = None, banned: Iterable[int] = (),
    length_penalty: float = 1.0, no_repeat: int = 0, no_repeat_words: int = 0, marks: Container[int] = (),
    min_pieces: int = 4, word_starts: np.ndarray | None = None, max_words: int | None = None, min_words: int = 0,
) -> Search:  # fmt: skip
    """Search for the likeliest sequences.

    No word is written that would repeat a run of words, nor in a search without a trie one that goes on from the pieces
    of such a word: it is known for a repetition when its last piece is chosen, and not a piece later.

    Args:
        end: id of the end mark.
        beams: hypotheses kept (1 is greedy).
        max_pieces: pieces written at most.
        trie: the words that may be written; None allows any.
        banned: pieces that are never written.
        length_penalty: exponent of the length that scores are divided by.
        no_repeat: no run of this many pieces occurs twice; 0 allows it.
        no_repeat_words: no run of this many words occurs twice, and no word stands next to itself, punctuation between
            them left out; nor does a mark stand twice between two words. 0 allows it.
        marks: pieces that belong to no word, such as punctuation.
        min_pieces: pieces written before the end mark may come.
        word_starts: booleans of shape (vocabulary,): pieces that begin a word; needed for the bounds in words, and
            for words' repetition where there is no trie.
        max_words: words written at most.
        min_words: words that must be there before the end mark may come.

    Yields:
        The prefixes that logits are needed of; they are sent.

    Returns:
        The finished hypotheses, best first; empty if none came to an end within ``max_pieces``.

    Raises:
        TimeoutError: if the caller has set a deadline (see ``tasrih.models.deadline``), and it is past.
    """
    banned = list(banned)

    def goes_on(beam: Hypothesis, piece: int) -> bool:
        """Say whether a piece belongs to the last word of a beam."""
        if not beam.within:
            return False
        if trie:
            return trie.goes_on(beam.node, piece)
        return piece not in marks and not (word_starts is not None and word_starts[piece])

    def repeats(beam: Hypothesis) -> set[int]:
        """Give the pieces after which the word could only become one that repeats a run of words."""
        found = set()
        begun = beam.words[-1] if beam.within else ()
        for start, words, on in ((begun, beam.whole, True), ((), beam.words, False)):
            refused = _repeated(words, no_repeat_words)
            rests = [word[len(start) :] for word in refused if word[: len(start)] == start and word != start]
            for piece in {rest[0] for rest in rests if goes_on(beam, rest[0]) is on}:
                left = {rest[1:] for rest in rests if rest[0] == piece}
                if _leads_only(trie.step(beam.node, piece), left) if trie else () in left:
                    found.add(piece)
        return found

    def grow(beam: Hypothesis, piece: int, score: float) -> Hypothesis:
        node, words = trie.step(beam.node, piece) if trie else {}, beam.words
        if goes_on(beam, piece):
            words = (*words[:-1], (*words[-1], piece))
        elif piece not in marks:
            words = (*words, (piece,))
        return Hypothesis((*beam.pieces, piece), score, node, words=words, within=words is not beam.words)

    alive = [Hypothesis((), 0.0, trie.root if trie else {})]
    done: list[Hypothesis] = []
    for length in range(max_pieces + 1):
        check()
        scores = np.log(softmax((yield [beam.pieces for beam in alive]).astype(np.float64)) + 1e-12)
        grown: list[Hypothesis] = []
        for beam, row in zip(alive, scores, strict=True):
            allowed = np.ones(len(row), dtype=bool)
            if trie:
                pieces, may_end = trie.next(beam.node)
                allowed[:] = False
                allowed[list(pieces)] = True
                allowed[end] = may_end
            allowed[banned] = False
            if no_repeat_words:
                if beam.within and beam.words[-1] in _repeated(beam.whole, no_repeat_words):
                    # it was let through as the beginning of another word
                    longer = [piece for piece in np.flatnonzero(allowed) if goes_on(beam, int(piece))]
                    allowed[:] = False
                    allowed[longer] = True
                allowed[list(repeats(beam))] = False
                if not beam.within:  # between two words, none of the marks that stand there
                    allowed[list(takewhile(lambda piece: piece in marks, reversed(beam.pieces)))] = False
            allowed[list(_repeats(beam.pieces, no_repeat))] = False
            written = 0 if word_starts is None else word_starts[list(beam.pieces)].sum()
            if max_words is not None and written >= max_words:
                allowed &= ~word_starts
            if length < min_pieces or written < min_words:
                allowed[end] = False
            row = np.where(allowed, row, -np.inf)
            for piece in np.argsort(-row)[: beams + 1]:
                if not np.isfinite(row[piece]):
                    break
                if piece == end:
                    grown.append(replace(beam, score=beam.score + row[piece], done=True))
                else:
                    grown.append(grow(beam, int(piece), beam.score + row[piece]))
        # all of one step have made as many choices, the end mark being one: here length does not count
        grown.sort(key=lambda beam: beam.score, reverse=True)
        done += [beam for beam in grown[:beams] if beam.done]
        alive = [beam for beam in grown if not beam.done][:beams]
        if not alive or length == max_pieces:
            break
        best = max((beam.worth(length_penalty) for beam in done), default=-np.inf)
        if len(done) >= beams and best >= alive[0].worth(length_penalty):
            break
    return sorted(done, key=lambda beam: beam.worth(length_penalty), reverse=True)


def _repeats(units: tuple[T, ...], size: int) -> set[T]:
    """Give the units that would write a run of ``size`` units a second time."""
    if size < 1 or len(units) < size:
        return set()
    tail = units[len(units) - size + 1 :]
    return {units[at + size - 1] for at in range(len(units) - size + 1) if units[at : at + size - 1] == tail}


def _repeated(words: tuple[tuple[int, ...], ...], size: int) -> set[tuple[int, ...]]:
    """Give the words that would write a run of ``size`` words a second time, or the last one twice in a row."""
    return _repeats(words, size) | set(words[-1:] if size > 0 else ())


def _leads_only(node: dict, rests: set[tuple[int, ...]]) -> bool:
    """Say whether every word that goes through a node of a trie goes on with one of the rests."""
    if not rests or (-1 in node and () not in rests):
        return False
    return all(
        _leads_only(following, {rest[1:] for rest in rests if rest[:1] == (piece,)})
        for piece, following in node.items() if piece != -1
    )  # fmt: skip
