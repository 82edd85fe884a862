"""Training the summariser: which headlines are learnt, what the guard takes out, and what is saved."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tokenizers import Tokenizer

from tasrih.data.corpus import Article
from tasrih.training.summarisation import SummariserConfig, _rows, headline_pairs, train_summariser
from tasrih.training.tokenizer import learn_seq2seq_vocabulary


def test_the_guard_removes_the_planted_articles(summary_model, world):
    _, result = summary_model
    assert result["removed_by_guard"] == world.planted["corpus"] == 2


def test_pairs_are_counted_without_those_held_for_the_loss(summary_model):
    _, result = summary_model
    assert result["pairs"] == 90  # of 100 titled articles, a tenth is held
    assert result["steps"] > 20
    assert result["held_out_loss"] < 4.5  # ln 400 is 6.0


def test_the_model_opens_and_says_how_it_was_made(summary_model):
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    folder, result = summary_model
    model, tokenizer = AutoModelForSeq2SeqLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    assert model.config.tasrih == {"task": "summary", "profile": "tidy", "max_source": 64, "styles": ["headline"]}
    assert model.config.vocab_size == len(tokenizer)
    assert (model.config.decoder_start_token_id, model.config.eos_token_id, model.config.pad_token_id) == (0, 1, 0)
    assert json.loads((folder / "train_metrics.json").read_text()) == result
    assert json.loads((folder / "train_config.json").read_text())["width"] == 32
    inputs = tokenizer("فاز فريق الكرمة على ضيفه بهدفين", return_tensors="pt")
    with torch.no_grad():
        written = model.generate(**inputs, max_new_tokens=8)
    assert written.shape[0] == 1
    assert not list(folder.glob("*.bin"))


def test_a_vocabulary_that_does_not_fill_up_gives_a_model_of_its_size(world, tmp_path):
    from transformers import AutoConfig

    train_summariser(tiny(tmp_path, vocabulary=4000), world.root)
    size = Tokenizer.from_file(str(tmp_path / "tokenizer.json")).get_vocab_size()
    assert AutoConfig.from_pretrained(tmp_path).vocab_size == size < 4000


def tiny(output, **changes) -> SummariserConfig:
    settings = {
        "minutes": 0.005,
        "titled": ["saudinewsnet"],
        "vocabulary": 300,
        "width": 16,
        "heads": 2,
        "feed_forward": 32,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "batch_size": 4,
        "source": 48,
        "target": 12,
        "copy_source": 32,
        "bf16": False,
        "compile": False,
    }
    return SummariserConfig(str(output), **{**settings, **changes})


def test_a_summariser_can_be_gone_on_from(summary_model, world, tmp_path):
    folder, before = summary_model
    after = train_summariser(tiny(tmp_path, base=str(folder), source=64, target=16, minutes=1e-9), world.root)
    assert after["held_out_loss"] == pytest.approx(before["held_out_loss"], abs=0.2)
    assert (tmp_path / "tokenizer.json").is_file()


def test_headlines_that_can_be_learnt():
    text = "افتتح مستشفى المنارة عيادة جديدة لأمراض القلب صباح اليوم"
    good = Article("a:1", text, "مستشفى المنارة يفتح عيادة")
    others = [
        Article("a:2", text, None),
        Article("a:3", text, "مستشفى المنارة"),
        Article("a:4", text, " ".join(["مستشفى"] * 17)),
        Article("a:5", text, "فاز الفريق على ضيفه أمس"),
        Article("a:6", text, ""),
    ]
    assert headline_pairs([*others, good]) == [good]


def test_rows_are_cut_but_keep_their_end():
    tokenizer = learn_seq2seq_vocabulary(
        ["قال وزير الصحة إن الأمر انتهى"] * 6, size=100, profile="tidy", min_frequency=2
    )
    rows = _rows(tokenizer, ["قال", "قال وزير الصحة إن الأمر انتهى " * 4, ""], 9)
    assert rows.shape == (3, 9)
    assert rows.dtype == np.uint16
    short = [*tokenizer.encode("قال", add_special_tokens=False).ids, 1]
    assert rows[0].tolist() == short + [0] * (9 - len(short))
    assert rows[1, -1] == 1 and (rows[1, :-1] > 2).all()
    assert rows[2].tolist() == [1] + [0] * 8


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"copy_share": 1}, "copy_share must lie between 0 and 1, not 1"),
        ({"minutes": 0}, "minutes must be positive, not 0"),
        ({"width": 30, "heads": 4}, "width 30 is no multiple of heads 4"),
    ],
)
def test_contradictions_are_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        SummariserConfig(**{"output": "out", "minutes": 1, **changes})


def test_a_corpus_without_headlines_is_refused(world, tmp_path):
    with pytest.raises(ValueError, match="titled"):
        train_summariser(tiny(tmp_path, titled=["nothing"]), world.root)
