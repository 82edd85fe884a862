"""First values for token embeddings: a truncated SVD of the corpus's positive PMI matrix.

A masked language model spends its first millions of tokens on learning which tokens keep which
company. Counting that and factorising the counts takes two minutes (Levy & Goldberg, "Neural Word
Embedding as Implicit Matrix Factorization", NeurIPS 2014) and gives the encoder a start beyond it.
"""

from __future__ import annotations

import numpy as np


def count_pairs(tokens: np.ndarray, vocabulary: int, *, reach: int = 4, chunk: int = 1 << 23) -> np.ndarray:
    """Count how often each pair of tokens stands within reach, nearer pairs weighing more.

    Args:
        tokens: flat array of ids, shape (tokens,).
        vocabulary: number of ids.
        reach: largest distance between the two, in tokens.
        chunk: tokens counted at a time.

    Returns:
        ``float32`` array of shape (vocabulary, vocabulary), symmetric; a pair at distance d adds 1/d.
    """
    counts = np.zeros(vocabulary * vocabulary, dtype=np.float32)
    for start in range(0, len(tokens), chunk):
        part = tokens[start : start + chunk + reach].astype(np.int64)
        for distance in range(1, reach + 1):
            ahead = part[distance : chunk + distance]  # a pair belongs to the chunk that its first token is in
            keys = part[: len(ahead)] * vocabulary + ahead
            keys, number = np.unique(keys, return_counts=True)
            counts[keys] += number.astype(np.float32) / distance
    square = counts.reshape(vocabulary, vocabulary)
    square += square.T.copy()
    return square


def embed_by_pmi(counts: np.ndarray, width: int, *, spread: float, seed: int) -> np.ndarray:
    """Factorise the positive PMI of pair counts.

    Context frequencies are smoothed with power 0.75, and both factors take the square root of the singular values.

    Args:
        counts: shape (vocabulary, vocabulary).
        width: dimensions wanted.
        spread: standard deviation that the values are scaled to.
        seed: of the randomised SVD.

    Returns:
        ``float32`` array of shape (vocabulary, width); ids without company get small noise.
    """
    from sklearn.utils.extmath import randomized_svd

    total = counts.sum()
    row = counts.sum(axis=1)
    column = row**0.75
    column *= total / column.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        pmi = counts * total
        pmi /= row[:, None]
        pmi /= column[None, :]
        np.log(pmi, out=pmi)
    np.nan_to_num(pmi, copy=False, nan=0.0, neginf=0.0, posinf=0.0)
    np.maximum(pmi, 0.0, out=pmi)
    left, values, _ = randomized_svd(pmi, width, n_iter=3, random_state=seed)
    vectors = left * np.sqrt(values)
    vectors -= vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-6
    noise = np.random.default_rng(seed).normal(size=vectors.shape)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    vectors[row == 0] = noise[row == 0]
    # all rows have length 1 here, so that frequency does not decide a vector's size
    return (vectors * spread * np.sqrt(width)).astype(np.float32)
