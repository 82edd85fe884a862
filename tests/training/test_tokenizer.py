"""The vocabularies: what a piece may hold, what is folded, and files that both libraries open."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer

from tasrih.training.tokenizer import (
    SEQ2SEQ_TOKENS,
    SPECIAL_TOKENS,
    learn_seq2seq_vocabulary,
    learn_vocabulary,
    save_seq2seq_tokenizer,
    save_tokenizer,
)

TEXTS = [
    "قال وزيرُ الصحة إنّ المستشفى سيفتح يوم 2015/7/31، أبوابه",
    "أكّد المسؤول أن الأمر «انتهى» وأن 3.5 مليون شخص استفادوا",
    "رحبت البلدية بافتتاح الجسر؛ وشكر الأهالي المسؤولين",
] * 6


@pytest.fixture(scope="module")
def wordpiece() -> Tokenizer:
    return learn_vocabulary(TEXTS, size=220, profile="encoder", min_frequency=2)


@pytest.fixture(scope="module")
def pairs() -> Tokenizer:
    return learn_seq2seq_vocabulary(TEXTS, size=220, profile="tidy", min_frequency=2)


def test_special_tokens_have_fixed_ids(wordpiece, pairs):
    assert [wordpiece.token_to_id(token) for token in SPECIAL_TOKENS] == [0, 1, 2, 3, 4]
    assert [pairs.token_to_id(token) for token in SEQ2SEQ_TOKENS] == [0, 1, 2]


def test_the_vocabulary_keeps_to_its_size(wordpiece, pairs):
    assert 100 < wordpiece.get_vocab_size() <= 220
    assert 100 < pairs.get_vocab_size() <= 220


def test_no_piece_crosses_space_or_punctuation_and_digits_stand_alone(wordpiece):
    for piece in wordpiece.get_vocab():
        bare = piece.removeprefix("##")
        if piece in SPECIAL_TOKENS:
            continue
        assert not any(char.isspace() for char in bare)
        assert len(bare) == 1 or all(char.isalnum() for char in bare)
        assert not (any(char.isdigit() for char in bare) and any(char.isalpha() for char in bare))


def test_hamza_inside_a_word_is_kept_and_alef_is_folded(wordpiece):
    letters = set("".join(wordpiece.get_vocab()))
    assert "ؤ" in letters
    assert not letters & set("أإآ\u064f\u0651")  # the profile folds and drops them


def test_seq2seq_keeps_spelling_and_space(pairs):
    letters = set("".join(pairs.get_vocab()))
    assert {"أ", "إ", "ؤ"} <= letters
    assert "\u0651" not in letters
    text = "أكد المسؤول أن الأمر «انتهى» يوم 2015/7/31، وأن 3.5 مليون شخص استفادوا"
    assert pairs.decode(pairs.encode(text).ids) == text
    assert pairs.encode(text).ids[-1] == 1
    for piece in pairs.get_vocab():
        bare = piece.lstrip("▁")
        if piece not in SEQ2SEQ_TOKENS:
            assert "▁" not in bare
            assert len(bare) <= 1 or bare.isalnum()


def test_templates(wordpiece):
    one = wordpiece.encode("قال")
    assert (one.tokens[0], one.tokens[-1]) == ("[CLS]", "[SEP]")
    two = wordpiece.encode("قال", "الصحه")
    assert two.tokens.count("[SEP]") == 2
    assert two.type_ids == sorted(two.type_ids)
    assert two.type_ids[-1] == 1
    assert two.type_ids[two.tokens.index("[SEP]")] == 0


def test_rare_pieces_are_not_made():
    rare = learn_vocabulary([*TEXTS, "زرافة"], size=400, profile="encoder", min_frequency=5)
    assert "زرافه" not in rare.get_vocab() and "زرافة" not in rare.get_vocab()
    assert len(rare.encode("زرافة", add_special_tokens=False).ids) > 1


def test_saved_tokenizers_open_with_both_libraries(wordpiece, pairs, tmp_path):
    from transformers import AutoTokenizer

    text = "قال وزير الصحة إن المستشفى 31"
    for made, save, folder in ((wordpiece, save_tokenizer, "one"), (pairs, save_seq2seq_tokenizer, "two")):
        save(made, tmp_path / folder)
        expected = made.encode(text).ids
        assert Tokenizer.from_file(str(tmp_path / folder / "tokenizer.json")).encode(text).ids == expected
        opened = AutoTokenizer.from_pretrained(tmp_path / folder)
        assert opened(text)["input_ids"] == expected
        assert list(opened(text)) == ["input_ids", "attention_mask"]
        assert (opened.pad_token_id, opened.unk_token_id) == (0, made.token_to_id(opened.unk_token))
    assert AutoTokenizer.from_pretrained(tmp_path / "one").mask_token_id == 4
    assert AutoTokenizer.from_pretrained(tmp_path / "two").eos_token_id == 1


def test_an_unknown_profile_is_refused():
    for learn in (learn_vocabulary, learn_seq2seq_vocabulary):
        with pytest.raises(ValueError, match="unknown normalisation profile"):
            learn(TEXTS, size=200, profile="nfc")
