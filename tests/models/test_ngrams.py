"""The linear part beside an encoder: where pieces and pairs stand in its table, what it adds, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.errors import ModelError
from tasrih.models.ngrams import FILE, Ngrams, ngram_layer, pair_places


def small(kept: float = 0.5) -> Ngrams:
    draw = np.random.default_rng(3)
    return Ngrams(draw.normal(size=(60, 3)).astype(np.float32), np.array([0.1, 0.2, 0.3], np.float32), kept, 20)


def test_the_order_of_a_pair_counts():
    there, back = pair_places(np.array([7, 8]), 100), pair_places(np.array([8, 7]), 100)
    assert there != back


def test_what_is_added_is_the_sum_of_pieces_and_pairs_over_the_root_of_their_number():
    import torch

    part, ids = small(), np.array([[2, 5, 5, 9]])
    pairs = pair_places(ids[0], 20, 40)
    by_hand = (part.weights[ids[0]].sum(0) + part.weights[pairs].sum(0)) / np.sqrt(7)
    logits = torch.tensor([[1.0, -2.0, 4.0]])
    found = ngram_layer(part)(logits, torch.from_numpy(ids), torch.ones(1, 4, dtype=torch.long))
    assert np.allclose(found.numpy(), logits.numpy() * 0.5 + by_hand + part.bias, atol=1e-6)


def test_padding_adds_nothing():
    import torch

    layer, logits = ngram_layer(small()), torch.zeros(1, 3)
    bare = layer(logits, torch.tensor([[2, 5, 9]]), torch.ones(1, 3, dtype=torch.long))
    padded = layer(logits, torch.tensor([[2, 5, 9, 0, 0]]), torch.tensor([[1, 1, 1, 0, 0]]))
    assert torch.allclose(bare, padded, atol=1e-6)


def test_a_part_is_saved_and_read_again(tmp_path):
    part = small()
    part.save(tmp_path)
    read = Ngrams.load(tmp_path, 3)
    assert (read.weights == part.weights).all() and (read.bias == part.bias).all()
    assert (read.kept, read.vocabulary) == (0.5, 20)
    assert Ngrams.load(tmp_path / "elsewhere", 3) is None


@pytest.mark.parametrize("damage", [b"", b"nothing", None])
def test_a_part_that_is_damaged_or_anothers_is_named(tmp_path, damage):
    small().save(tmp_path)
    if damage is not None:
        (tmp_path / FILE).write_bytes(damage)
    with pytest.raises(ModelError, match=FILE):
        Ngrams.load(tmp_path, 3 if damage is not None else 4)
