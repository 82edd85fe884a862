"""Beam search over a decoder's next-token scores, with the rules that keep a headline honest.

Grounded decoding writes words of the source and function words only: a trie of the allowed words'
pieces says which piece may come next, so that no word can be made up from pieces of others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from tasrih.models.deadline import check
from tasrih.models.spans import softmax


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


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One beam: its pieces, their summed log-probability, and its place in the trie."""

    pieces: tuple[int, ...]
    score: float
    node: dict
    done: bool = False

    def worth(self, length_penalty: float) -> float:
        """Log-probability by length (Wu et al. 2016, without the constant)."""
        return self.score / max(len(self.pieces), 1) ** length_penalty


def beam_search(
    next_logits: Callable[[list[tuple[int, ...]]], np.ndarray], *, end: int, beams: int, max_pieces: int,
    trie: WordTrie | None = None, banned: Iterable[int] = (), length_penalty: float = 1.0, no_repeat: int = 2,
    min_pieces: int = 4, word_starts: np.ndarray | None = None, max_words: int | None = None,
    min_words: int = 0,
) -> list[Hypothesis]:  # fmt: skip
    """Search for the likeliest sequences.

    Args:
        next_logits: takes prefixes of one length, gives logits of shape (prefixes, vocabulary).
        end: id of the end mark.
        beams: hypotheses kept (1 is greedy).
        max_pieces: pieces written at most.
        trie: the words that may be written; None allows any.
        banned: pieces that are never written.
        length_penalty: exponent of the length that scores are divided by.
        no_repeat: no run of this many pieces occurs twice.
        min_pieces: pieces written before the end mark may come.
        word_starts: booleans of shape (vocabulary,): pieces that begin a word; needed for the bounds in words.
        max_words: words written at most.
        min_words: words that must be there before the end mark may come.

    Returns:
        The finished hypotheses, best first; empty if none came to an end within ``max_pieces``.

    Raises:
        TimeoutError: if the caller has set a deadline (see ``tasrih.models.deadline``), and it is past.
    """
    banned = list(banned)
    alive = [Hypothesis((), 0.0, trie.root if trie else {})]
    done: list[Hypothesis] = []
    for length in range(max_pieces + 1):
        check()
        scores = np.log(softmax(next_logits([beam.pieces for beam in alive]).astype(np.float64)) + 1e-12)
        grown: list[Hypothesis] = []
        for beam, row in zip(alive, scores, strict=True):
            allowed = np.ones(len(row), dtype=bool)
            if trie:
                pieces, may_end = trie.next(beam.node)
                allowed[:] = False
                allowed[list(pieces)] = True
                allowed[end] = may_end
            allowed[banned] = False
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
                    grown.append(Hypothesis(beam.pieces, beam.score + row[piece], beam.node, done=True))
                else:
                    node = trie.step(beam.node, int(piece)) if trie else {}
                    grown.append(Hypothesis((*beam.pieces, int(piece)), beam.score + row[piece], node))
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


def _repeats(pieces: tuple[int, ...], size: int) -> set[int]:
    """Give the pieces that would write a run of ``size`` pieces a second time."""
    if size < 1 or len(pieces) < size:
        return set()
    tail = pieces[len(pieces) - size + 1 :]
    return {pieces[at + size - 1] for at in range(len(pieces) - size + 1) if pieces[at : at + size - 1] == tail}
