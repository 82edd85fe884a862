"""Shards of token ids and the windows drawn from them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.training.shards import WindowSampler, read_shard, tokenise_texts
from tasrih.training.tokenizer import learn_vocabulary

TOKENIZER = learn_vocabulary(["قال الوزير إن الأمر انتهى"] * 6, size=120, profile="encoder", min_frequency=2)


def test_each_text_is_normalised_and_closed_by_sep():
    shard = tokenise_texts(["قَالَ الوزير", "", "إنّ الأمر"], TOKENIZER, profile="encoder")
    assert shard.dtype == np.uint16
    first, second = (TOKENIZER.encode(text, add_special_tokens=False).ids for text in ("قال الوزير", "ان الامر"))
    assert shard.tolist() == [*first, 3, 3, *second, 3]


@given(st.lists(st.sampled_from(["قال", "الوزير", "إن الأمر", ""]), max_size=9), st.integers(1, 5))
def test_the_chunk_changes_nothing(texts, chunk):
    whole = tokenise_texts(texts, TOKENIZER, profile="encoder")
    assert tokenise_texts(iter(texts), TOKENIZER, profile="encoder", chunk=chunk).tolist() == whole.tolist()
    assert (whole == 3).sum() == len(texts)


def test_a_vocabulary_beyond_16_bits_is_refused():
    class Wide:
        def get_vocab_size(self):
            return 65_537

    with pytest.raises(ValueError, match="65537 pieces does not fit uint16"):
        tokenise_texts(["قال"], Wide(), profile="encoder")


def test_a_shard_is_mapped_from_disk_and_checked(tmp_path):
    np.save(tmp_path / "good.npy", np.arange(9, dtype=np.uint16))
    shard = read_shard(tmp_path / "good.npy")
    assert isinstance(shard, np.memmap)
    assert shard.tolist() == list(range(9))
    np.save(tmp_path / "wide.npy", np.arange(9))
    np.save(tmp_path / "square.npy", np.zeros((3, 3), np.uint16))
    with pytest.raises(ValueError, match=r"wide\.npy is no shard: expected a flat uint16 array, found int64"):
        read_shard(tmp_path / "wide.npy")
    with pytest.raises(ValueError, match=r"square\.npy is no shard.* of 2 axes"):
        read_shard(tmp_path / "square.npy")
    with pytest.raises(FileNotFoundError):
        read_shard(tmp_path / "none.npy")


def test_windows_are_stretches_of_a_shard_behind_cls():
    shard = np.arange(100, 600, dtype=np.uint16)
    rows = WindowSampler([shard], [1.0], cls_id=2, seed=1).batch(200, 16)
    assert rows.shape == (200, 16)
    assert rows.dtype == np.int64
    assert (rows[:, 0] == 2).all()
    assert (np.diff(rows[:, 1:], axis=1) == 1).all()
    assert rows[:, 1:].min() >= 100 and rows[:, 1:].max() < 600
    assert len(set(rows[:, 1].tolist())) > 100  # not the same places again and again


def test_a_share_is_tokens_times_weight():
    few, many = np.full(1000, 7, np.uint16), np.full(9000, 8, np.uint16)
    rows = WindowSampler([few, many], [1.0, 1.0], cls_id=2, seed=3).batch(4000, 8)
    assert (rows[:, 1] == 7).mean() == pytest.approx(0.1, abs=0.02)
    rows = WindowSampler([few, many], [9.0, 1.0], cls_id=2, seed=3).batch(4000, 8)
    assert (rows[:, 1] == 7).mean() == pytest.approx(0.5, abs=0.03)
    rows = WindowSampler([few, many], [1.0, 0.0], cls_id=2, seed=3).batch(500, 8)
    assert (rows[:, 1] == 7).all()


def test_the_seed_decides_the_windows():
    shard = np.arange(5000, dtype=np.uint16)
    draw = [WindowSampler([shard], [1.0], cls_id=2, seed=seed).batch(20, 8).tolist() for seed in (1, 1, 2)]
    assert draw[0] == draw[1] != draw[2]
