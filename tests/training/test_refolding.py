"""A vocabulary under a profile that folds more: what becomes one piece, and what its row in the embeddings is."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.text.normalise import normalise
from tasrih.training.refolding import refold_embeddings, refold_tokenizer
from tasrih.training.tokenizer import SPECIAL_TOKENS, learn_vocabulary

TEXTS = ["المدرسة مسؤولة", "المدرسه مسوول عن «البيئة»، \"هنا\"", "قال: بيئة؟ بييه؛ نعم"] * 6


@pytest.fixture(scope="module")
def tokenizer():
    return learn_vocabulary(TEXTS, size=200, profile="encoder", min_frequency=2)


def test_texts_read_alike_under_the_folded_vocabulary(tokenizer):
    folded, _ = refold_tokenizer(tokenizer, "news")
    one, other = (folded.encode(normalise(text, "news")).tokens for text in ("«المدرسة»، مسؤول", '"المدرسه", مسوول'))
    assert one == other
    assert "[UNK]" not in one


def test_each_old_piece_has_the_place_of_its_folded_form(tokenizer):
    folded, pieces = refold_tokenizer(tokenizer, "news")
    old, new = tokenizer.get_vocab(), folded.get_vocab()
    assert len(new) < len(old) == len(pieces)
    assert sorted(new.values()) == list(range(len(new)))
    for piece, index in old.items():
        assert pieces[index] == new[piece if piece in SPECIAL_TOKENS else normalise(piece, "news")]
    assert [new[name] for name in SPECIAL_TOKENS] == [0, 1, 2, 3, 4]
    assert folded.encode("قال").tokens[0] == "[CLS]"


def test_a_profile_that_folds_nothing_more_changes_nothing(tokenizer):
    folded, pieces = refold_tokenizer(tokenizer, "encoder")
    assert folded.get_vocab() == tokenizer.get_vocab()
    assert (pieces == np.arange(len(pieces))).all()


def test_a_piece_of_which_nothing_is_left_has_no_place():
    made = learn_vocabulary(["قالـ ـ"] * 9, size=60, profile="lossless", min_frequency=1)
    folded, pieces = refold_tokenizer(made, "news")
    assert pieces[made.get_vocab()["ـ"]] == -1
    assert "ـ" not in folded.get_vocab() and "" not in folded.get_vocab()


def test_another_kind_of_tokenizer_is_refused(bart):
    from tokenizers import Tokenizer

    with pytest.raises(ValueError, match="only a WordPiece vocabulary can be folded"):
        refold_tokenizer(Tokenizer.from_file(str(bart / "tokenizer.json")), "news")


def test_a_new_row_is_the_mean_of_the_old_ones_by_their_expected_frequency():
    import torch
    from transformers import ModernBertConfig, ModernBertForMaskedLM

    shape = ModernBertConfig(
        vocab_size=8, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, pad_token_id=0,
        bos_token_id=2, eos_token_id=3, cls_token_id=2, sep_token_id=3,
    )  # fmt: skip
    model = ModernBertForMaskedLM(shape).eval()
    with torch.no_grad():
        model.decoder.bias.copy_(torch.log(torch.tensor([1.0, 1, 1, 1, 1, 3, 1, 2])))
    old = model.get_input_embeddings().weight.detach().clone()
    refold_embeddings(model, np.array([0, 1, 2, 3, 4, 5, 5, -1]))
    new = model.get_input_embeddings().weight
    assert new.shape == (6, 16) and model.config.vocab_size == 6
    assert torch.allclose(new[5], 0.75 * old[5] + 0.25 * old[6], atol=1e-6)
    assert torch.allclose(new[:5], old[:5], atol=1e-6)
    assert model.decoder.bias.exp().tolist() == pytest.approx([1, 1, 1, 1, 1, 4], rel=1e-4)
    assert model(torch.tensor([[2, 5, 3]])).logits.shape == (1, 3, 6)
    with pytest.raises(ValueError, match="places of 3 pieces, the base has 6"):
        refold_embeddings(model, np.arange(3))
