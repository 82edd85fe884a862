"""Beam search against exhaustive enumeration, and the rules that it keeps."""

from __future__ import annotations

import math
import time
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.models.deadline import until
from tasrih.models.decoding import WordTrie, beam_search

END = 0


def table(seed: int, vocabulary: int = 4):
    """A small language model: logits by the last two pieces."""
    weights = np.random.default_rng(seed).normal(0, 2, (vocabulary + 1, vocabulary + 1, vocabulary))

    def next_logits(prefixes):
        rows = [(-1, -1, *prefix)[-2:] for prefix in prefixes]
        return np.stack([weights[first, second] for first, second in rows])

    return next_logits


def log_probability(next_logits, pieces: tuple[int, ...]) -> float:
    total = 0.0
    for at in range(len(pieces)):
        row = next_logits([pieces[:at]])[0]
        total += row[pieces[at]] - math.log(np.exp(row).sum())
    return total


def everything(
    next_logits, *, vocabulary: int, longest: int, shortest: int, penalty: float, allowed=lambda pieces: True
):
    """Every sequence that may be written, best first."""
    made = []
    for length in range(shortest, longest + 1):
        for pieces in product(range(1, vocabulary), repeat=length):
            if allowed(pieces):
                made.append((log_probability(next_logits, (*pieces, END)) / max(length, 1) ** penalty, pieces))
    return sorted(made, reverse=True)


def search(next_logits, **options):
    defaults = {"end": END, "beams": 500, "max_pieces": 4, "min_pieces": 1, "no_repeat": 0}
    return beam_search(next_logits, **{**defaults, **options})


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.7, 1.0]), st.integers(0, 2))
def test_a_wide_beam_finds_every_sequence_in_order(seed, penalty, shortest):
    model = table(seed)
    found = search(model, length_penalty=penalty, min_pieces=shortest)
    expected = everything(model, vocabulary=4, longest=4, shortest=shortest, penalty=penalty)
    assert len(found) == len(expected)
    assert {beam.pieces for beam in found} == {pieces for _, pieces in expected}
    assert [beam.worth(penalty) for beam in found] == pytest.approx([worth for worth, _ in expected], abs=1e-6)
    assert found[0].pieces == expected[0][1]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1000))
def test_one_beam_writes_the_greedy_sequence(seed):
    model = table(seed)
    pieces: tuple[int, ...] = ()
    while len(pieces) <= 6:
        best = int(model([pieces])[0].argmax())
        if best == END:
            break
        pieces = (*pieces, best)
    found = search(model, beams=1, max_pieces=6, min_pieces=0)
    # after its end the beam may go on, in case a longer sequence is worth more
    assert pieces in [beam.pieces for beam in found] if len(pieces) <= 6 else found == []


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1000), st.integers(1, 4))
def test_scores_are_the_models_own(seed, beams):
    model = table(seed)
    for beam in search(model, beams=beams):
        assert beam.done
        assert beam.score == pytest.approx(log_probability(model, (*beam.pieces, END)), abs=1e-6)


# words over the pieces 1-5: 1 2, 1 2 3, 4; 5 is punctuation; 2 and 3 begin no word
WORDS, FREE = [[1, 2], [1, 2, 3], [4]], [5]


def is_written(pieces: tuple[int, ...]) -> bool:
    """Whether pieces part into allowed words and free pieces."""
    if not pieces:
        return True
    units = [*map(tuple, WORDS), *((piece,) for piece in FREE)]
    return any(pieces[: len(unit)] == unit and is_written(pieces[len(unit) :]) for unit in units)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000))
def test_a_trie_writes_allowed_words_and_all_of_them(seed):
    model = table(seed, 6)
    found = search(model, trie=WordTrie(WORDS, FREE), beams=2000, max_pieces=4)
    expected = everything(model, vocabulary=6, longest=4, shortest=1, penalty=1.0, allowed=is_written)
    assert {beam.pieces for beam in found} == {pieces for _, pieces in expected}
    assert found[0].pieces == expected[0][1]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1000), st.integers(1, 4))
def test_a_narrow_beam_in_a_trie_writes_allowed_words_only(seed, beams):
    for beam in search(table(seed, 6), trie=WordTrie(WORDS, FREE), beams=beams, max_pieces=8, no_repeat=2):
        assert is_written(beam.pieces)


def test_the_steps_of_a_trie_by_hand():
    trie = WordTrie(WORDS, FREE)
    assert trie.next(trie.root) == ({1, 4, 5}, True)
    first = trie.step(trie.root, 1)
    assert trie.next(first) == ({2}, False)
    second = trie.step(first, 2)
    assert trie.next(second) == ({3, 1, 4, 5}, True)
    assert trie.next(trie.step(second, 3)) == ({1, 4, 5}, True)
    assert trie.step(second, 1) is first
    assert trie.step(second, 5) is trie.root


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1000), st.integers(1, 3), st.integers(1, 4))
def test_no_run_is_written_twice(seed, size, beams):
    for beam in search(table(seed), beams=beams, max_pieces=10, no_repeat=size):
        runs = [beam.pieces[at : at + size] for at in range(len(beam.pieces) - size + 1)]
        assert len(set(runs)) == len(runs)


def test_no_repeat_keeps_all_else():
    model = table(3)
    found = search(model, no_repeat=1)
    expected = everything(
        model, vocabulary=4, longest=4, shortest=1, penalty=1.0, allowed=lambda pieces: len(set(pieces)) == len(pieces)
    )
    assert [beam.pieces for beam in found] == [pieces for _, pieces in expected]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1000), st.integers(1, 3), st.integers(1, 4), st.sampled_from([2, 500]))
def test_lengths_in_words_and_pieces_are_kept(seed, max_words, shortest, beams):
    starts = np.array([False, True, True, False])
    for beam in search(table(seed), beams=beams, min_pieces=shortest, max_words=max_words, word_starts=starts):
        assert shortest <= len(beam.pieces) <= 4
        assert starts[list(beam.pieces)].sum() <= max_words


def test_a_word_may_be_finished_after_the_last_word_began():
    # piece 1 begins a word, piece 2 goes on with it
    model = table(5)
    starts = np.array([False, True, True, False])
    found = {beam.pieces for beam in search(model, max_words=1, word_starts=starts, max_pieces=3)}
    assert (1, 3) in found and (1, 3, 3) in found
    assert (1, 1) not in found and (3, 1, 2) not in found


def test_banned_pieces_are_never_written():
    found = search(table(1), banned=[2])
    assert found and all(2 not in beam.pieces for beam in found)


def test_nothing_is_given_back_where_nothing_ends():
    assert search(table(1), banned=[END]) == []
    assert search(table(1), trie=WordTrie([[1, 2, 3, 1, 2]], [])) == []  # the one word is longer than 4 pieces
    assert search(table(1), min_pieces=5) == []
    assert search(table(1), trie=WordTrie([], [])) == []


def test_a_search_whose_time_is_up_goes_no_further():
    steps = []
    model = table(1)

    def slow(prefixes):
        steps.append(len(prefixes))
        time.sleep(0.05)
        return model(prefixes)

    with until(time.monotonic() + 0.12), pytest.raises(TimeoutError):
        search(slow, beams=4, max_pieces=40, min_pieces=40)
    assert 1 <= len(steps) <= 3
    assert search(slow, max_pieces=2)  # where nobody waits, nothing is looked at
