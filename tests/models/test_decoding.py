"""Beam search against exhaustive enumeration, and the rules that it keeps."""

from __future__ import annotations

import math
import time
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.models.deadline import until
from tasrih.models.decoding import WordTrie, beam_search, search_together

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
    (found,) = search_together(lambda owners, prefixes: next_logits(prefixes), [beam_search(**{**defaults, **options})])
    return found


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


# --- words that are written again ------------------------------------------------------------------

# 1 and 4 begin words, 2 and 3 go on with one, 5 is punctuation
STARTS, MARKS = np.array([False, True, False, False, True, False]), frozenset({5})


def words_of(pieces: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Part pieces into words, independently of the search."""
    found: list[list[int]] = []
    within = False
    for piece in pieces:
        if piece in MARKS:
            within = False
        elif within and not STARTS[piece]:
            found[-1].append(piece)
        else:
            found.append([piece])
            within = True
    return [tuple(word) for word in found]


def repeats_words(words: list[tuple[int, ...]], size: int) -> bool:
    runs = [tuple(words[at : at + size]) for at in range(len(words) - size + 1)]
    return len(set(runs)) < len(runs) or any(one == other for one, other in pairwise(words))


def begins_with_a_repeat(pieces: tuple[int, ...], size: int) -> bool:
    return any(repeats_words(words_of(pieces[:at]), size) for at in range(len(pieces) + 1))


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 1000), st.integers(1, 3))
def test_all_but_repeated_words_are_written_in_order(seed, size):
    model = table(seed, 6)
    found = search(
        model, beams=4000, max_pieces=4, no_repeat_words=size, word_starts=STARTS, marks=MARKS
    )
    expected = everything(
        model, vocabulary=6, longest=4, shortest=1, penalty=1.0,
        allowed=lambda pieces: not begins_with_a_repeat(pieces, size) and (5, 5) not in pairwise(pieces),
    )  # fmt: skip
    assert {beam.pieces for beam in found} == {pieces for _, pieces in expected}
    assert found[0].pieces == expected[0][1]


@settings(deadline=None, max_examples=6)
@given(st.integers(0, 1000), st.integers(1, 3))
def test_in_a_trie_a_longer_word_may_begin_as_one_that_is_there(seed, size):
    model = table(seed, 6)
    found = search(
        model, trie=WordTrie(WORDS, FREE), beams=4000, max_pieces=5, no_repeat_words=size, word_starts=STARTS, marks=MARKS
    )
    expected = everything(
        model, vocabulary=6, longest=5, shortest=1, penalty=1.0,
        allowed=lambda pieces: is_written(pieces) and not repeats_words(words_of(pieces), size)
        and (5, 5) not in pairwise(pieces),
    )  # fmt: skip
    assert {beam.pieces for beam in found} == {pieces for _, pieces in expected}
    assert (1, 2, 1, 2, 3) in {beam.pieces for beam in found}  # after 1 2 the word 1 2 3
    assert found[0].pieces == expected[0][1]


def scripted(script: dict[tuple[int, ...], list[float]], vocabulary: int = 6):
    """A model by hand: probabilities of the next piece by the whole prefix; the end where nothing is said."""
    end = [1.0] + [0.0] * (vocabulary - 1)
    return lambda prefixes: np.log(np.array([script.get(prefix, end) for prefix in prefixes]) + 1e-12)


def test_the_rule_for_words_by_hand():
    """Word a is the pieces 1 2, word b the piece 4; the model likes a b a b best, then a b a."""
    script = {
        (): [0, 0.9, 0, 0, 0.1, 0], (1,): [0, 0, 1.0, 0, 0, 0], (1, 2): [0, 0.1, 0, 0, 0.9, 0],
        (1, 2, 4): [0.2, 0.8, 0, 0, 0, 0], (1, 2, 4, 1): [0, 0, 1.0, 0, 0, 0],
        (1, 2, 4, 1, 2): [0.3, 0, 0, 0, 0.7, 0], (1, 2, 1): [0, 0, 1.0, 0, 0, 0], (4,): [0.5, 0.5, 0, 0, 0, 0],
        (4, 1): [0, 0, 1.0, 0, 0, 0],
    }  # fmt: skip
    options = {"beams": 4, "max_pieces": 8, "length_penalty": 0.0, "word_starts": STARTS, "marks": MARKS}
    free = search(scripted(script), **options)
    assert (free[0].pieces, math.exp(free[0].score)) == ((1, 2, 4, 1, 2, 4), pytest.approx(0.9 * 0.9 * 0.8 * 0.7))
    # two pieces: the word a, which is two, can never stand twice, so that what is best is lost
    by_pieces = search(scripted(script), no_repeat=2, **options)
    assert all(beam.pieces != (1, 2, 4, 1, 2) for beam in by_pieces)
    by_words = search(scripted(script), no_repeat_words=2, **options)
    assert by_words[0].pieces == (1, 2, 4, 1, 2)  # a b a; a second a b is none
    assert math.exp(by_words[0].score) == pytest.approx(0.9 * 0.9 * 0.8 * 0.3)
    likely = [beam.pieces for beam in by_words if math.exp(beam.score) > 1e-6]
    assert likely[1:] == [(1, 2, 4), (4,), (4, 1, 2)]
    assert not any(repeats_words(words_of(beam.pieces), 2) for beam in by_words)


def test_a_word_next_to_itself_is_refused_across_punctuation_too():
    script = {(): [0, 0, 0, 0, 1.0, 0], (4,): [0.1, 0, 0, 0, 0.4, 0.5], (4, 5): [0.1, 0, 0, 0, 0.9, 0]}
    options = {"beams": 2, "max_pieces": 4, "length_penalty": 0.0, "word_starts": STARTS, "marks": MARKS}
    assert search(scripted(script), **options)[0].pieces == (4, 5, 4)
    assert search(scripted(script), no_repeat_words=2, **options)[0].pieces == (4,)


def test_a_number_with_a_mark_inside_is_one_word():
    """3.5, of the pieces 1 5 2, and -3, of 5 1: in a trie the mark belongs to the number."""
    trie = WordTrie([[1, 5, 2], [4]], [5])
    found = search(
        table(2, 6), trie=trie, beams=2000, max_pieces=7, no_repeat_words=2, word_starts=STARTS, marks=MARKS
    )
    written = {beam.pieces for beam in found}
    assert (1, 5, 2, 4, 1, 5, 2) in written
    assert (1, 5, 2, 1, 5, 2) not in written
    signed = search(
        table(2, 6), trie=WordTrie([[5, 1], [4]], [5]), beams=2000, max_pieces=5, no_repeat_words=2,
        word_starts=STARTS, marks=MARKS,
    )  # fmt: skip
    assert (5, 1, 4, 5, 1) in {beam.pieces for beam in signed}


def test_one_beam_is_not_led_into_a_word_that_it_may_not_end():
    """Greedy, the model likes the word 1 2 3 again; it must not begin it, for it could not go on to any other."""
    script = {
        (): [0, 1.0, 0, 0, 0, 0], (1,): [0, 0, 1.0, 0, 0, 0], (1, 2): [0, 0, 0, 1.0, 0, 0],
        (1, 2, 3): [0.1, 0.8, 0, 0, 0.1, 0], (1, 2, 3, 1): [0, 0, 1.0, 0, 0, 0],
    }  # fmt: skip
    options = {"beams": 1, "max_pieces": 6, "no_repeat_words": 2, "word_starts": STARTS, "marks": MARKS}
    found = search(scripted(script), trie=WordTrie([[1, 2, 3], [4]], []), **options)
    assert found[0].pieces in {(1, 2, 3), (1, 2, 3, 4)}
    # with 1 2 2 in the trie, 1 may come, and what follows it may not
    script[(1, 2, 3, 1, 2)] = [0, 0, 0, 0.9, 0.1, 0]
    both = search(scripted(script), trie=WordTrie([[1, 2, 3], [1, 2, 2]], []), **options)
    assert both[0].pieces == (1, 2, 3, 1, 2, 2)


def test_marks_do_not_run_on():
    """Two marks, 2 and 3, that the model likes best come once each between two words."""
    model = lambda prefixes: np.tile(np.array([-5.0, 0.0, 3.0, 2.9]), (len(prefixes), 1))  # noqa: E731
    options = {"beams": 2000, "max_pieces": 5, "min_pieces": 5, "word_starts": np.array([False, True, False, False])}
    free = search(model, marks={2, 3}, **options)
    assert free[0].pieces == (2,) * 5
    found = search(model, marks={2, 3}, no_repeat_words=2, **options, max_words=2)
    both = [(2, 3), (3, 2)]
    assert {beam.pieces for beam in found} == {(*before, 1, *after) for before in both for after in both}


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 3), st.integers(1, 6)), min_size=1, max_size=4))
def test_searches_that_go_together_find_what_each_finds_alone(asked):
    """Of other models, widths and lengths, so that some end before others."""
    models = [table(seed) for seed, _, _ in asked]

    def begun():
        return [beam_search(end=END, beams=beams, max_pieces=most, min_pieces=0) for _, beams, most in asked]

    def together(owners, prefixes):
        assert len(set(map(len, prefixes))) == 1
        assert owners == sorted(owners)
        return np.stack([models[owner]([prefix])[0] for owner, prefix in zip(owners, prefixes, strict=True)])

    alone = [
        search_together(lambda _, prefixes, model=model: model(prefixes), [one])[0]
        for model, one in zip(models, begun(), strict=True)
    ]
    assert search_together(together, begun()) == alone


def test_a_search_that_may_write_nothing_asks_nothing():
    model = table(1)
    searches = [beam_search(end=END, beams=2, max_pieces=most, min_pieces=0) for most in (-1, 2, -1)]
    found = search_together(lambda owners, prefixes: model(prefixes), searches)
    assert found[0] == found[2] == [] != found[1]
    assert search_together(lambda owners, prefixes: model(prefixes), []) == []
