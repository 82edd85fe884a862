"""Corpora as flat ``uint16`` arrays of token ids: small on disk, read with numpy alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tasrih.text.normalise import normalise


def tokenise_texts(texts: Iterable[str], tokenizer, *, profile: str, chunk: int = 2000) -> np.ndarray:
    """Turn texts into one array of ids, each text closed by ``[SEP]``.

    Args:
        texts: the texts.
        tokenizer: a ``tokenizers.Tokenizer`` with fewer than 65,536 pieces.
        profile: the normalisation profile that the tokenizer was learnt under.
        chunk: texts handed to the tokenizer at a time.

    Returns:
        ``uint16`` array of shape (tokens,).

    Raises:
        ValueError: if the vocabulary does not fit 16 bits.
    """
    if tokenizer.get_vocab_size() > 1 << 16:
        raise ValueError(f"a vocabulary of {tokenizer.get_vocab_size()} pieces does not fit uint16 shards")
    separator = np.array([tokenizer.token_to_id("[SEP]")], dtype=np.uint16)
    pieces: list[np.ndarray] = []

    def flush(batch: list[str]) -> None:
        for encoding in tokenizer.encode_batch_fast(batch, add_special_tokens=False):
            pieces.extend((np.array(encoding.ids, dtype=np.uint16), separator))

    batch: list[str] = []
    for text in texts:
        batch.append(normalise(text, profile))
        if len(batch) == chunk:
            flush(batch)
            batch = []
    flush(batch)
    return np.concatenate(pieces) if pieces else np.zeros(0, np.uint16)


def read_shard(path: str | Path) -> np.ndarray:
    """Open a shard without reading it into memory.

    Args:
        path: a ``.npy`` file of ``uint16``.

    Returns:
        The array, mapped from disk.

    Raises:
        ValueError: if the file holds something else.
    """
    shard = np.load(path, mmap_mode="r")
    if shard.dtype != np.uint16 or shard.ndim != 1:
        raise ValueError(f"{path} is no shard: expected a flat uint16 array, found {shard.dtype} of {shard.ndim} axes")
    return shard


class Drawing:
    """What draws at random, and can go on where it stood."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    @property
    def state(self) -> dict:
        """Where the draws stand: set it to go on from there."""
        return self._random.bit_generator.state

    @state.setter
    def state(self, state: dict) -> None:
        self._random.bit_generator.state = state


class WindowSampler(Drawing):
    """Draws batches of windows from weighted shards, ``[CLS]`` before each."""

    def __init__(self, shards: list[np.ndarray], weights: list[float], *, cls_id: int, seed: int) -> None:
        super().__init__(seed)
        self._shards = shards
        sizes = np.array([len(shard) * weight for shard, weight in zip(shards, weights, strict=True)], dtype=np.float64)
        self._shares = sizes / sizes.sum()
        self._cls_id = cls_id

    def batch(self, windows: int, length: int) -> np.ndarray:
        """Draw windows.

        Args:
            windows: how many.
            length: tokens of each, ``[CLS]`` included.

        Returns:
            ``int64`` array of shape (windows, length).
        """
        rows = np.empty((windows, length), dtype=np.int64)
        rows[:, 0] = self._cls_id
        for row, which in zip(rows, self._random.choice(len(self._shards), size=windows, p=self._shares), strict=True):
            shard = self._shards[which]
            start = self._random.integers(0, len(shard) - length)
            row[1:] = shard[start : start + length - 1]
        return rows
