"""Counts of neighbours and the embeddings made of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.training.embeddings import count_pairs, embed_by_pmi


def slow_counts(tokens, vocabulary: int, reach: int) -> np.ndarray:
    counts = np.zeros((vocabulary, vocabulary))
    for first in range(len(tokens)):
        for second in range(first + 1, min(first + reach, len(tokens) - 1) + 1):
            counts[tokens[first], tokens[second]] += 1 / (second - first)
            counts[tokens[second], tokens[first]] += 1 / (second - first)
    return counts


def test_nearer_pairs_weigh_more():
    counts = count_pairs(np.array([0, 1, 2], np.uint16), 4, reach=2)
    assert counts.tolist() == [[0, 1, 0.5, 0], [1, 0, 1, 0], [0.5, 1, 0, 0], [0, 0, 0, 0]]


@given(tokens=st.lists(st.integers(0, 4), max_size=30), reach=st.integers(1, 5), chunk=st.integers(1, 40))
def test_counts_are_those_of_a_plain_loop_whatever_the_chunk(tokens, reach, chunk):
    counts = count_pairs(np.array(tokens, np.uint16), 5, reach=reach, chunk=chunk)
    assert np.allclose(counts, slow_counts(tokens, 5, reach), atol=1e-4)
    assert (counts == counts.T).all()


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Two groups of words that keep company among themselves; id 11 is never seen."""
    draw = np.random.default_rng(0)
    sentences = [draw.choice(range(0, 5) if turn % 2 else range(5, 10), 8) for turn in range(800)]
    tokens = np.concatenate([np.append(sentence, 10) for sentence in sentences]).astype(np.uint16)
    return embed_by_pmi(count_pairs(tokens, 12), 4, spread=0.02, seed=1)


def test_words_of_like_company_lie_together(vectors):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = unit @ unit.T
    for word in range(10):
        ours = [other for other in range(10) if other // 5 == word // 5 and other != word]
        theirs = [other for other in range(10) if other // 5 != word // 5]
        assert alike[word, ours].min() > alike[word, theirs].max()


def test_every_vector_has_the_size_asked_for(vectors):
    assert vectors.shape == (12, 4)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([0.02 * 2] * 12, rel=1e-3)
    assert vectors.std() == pytest.approx(0.02, rel=0.2)
    assert np.isfinite(vectors).all()


def test_the_seed_decides():
    counts = count_pairs(np.random.default_rng(0).integers(0, 50, 4000).astype(np.uint16), 60)
    first, again, other = (embed_by_pmi(counts.copy(), 8, spread=1.0, seed=seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert not np.allclose(first[50:], other[50:])  # unseen ids get noise of the seed
