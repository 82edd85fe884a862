"""Masked language modelling: whole words hidden at the right rate, a loss that falls, an encoder that opens."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np
import pytest
from tokenizers import Tokenizer

from tasrih.training.prepare import PrepareConfig, prepare
from tasrih.training.pretrain import PretrainConfig, WordMasker, new_encoder, pretrain
from tasrih.training.processes import own_part
from tasrih.training.shards import WindowSampler, read_shard


@pytest.fixture(scope="module")
def tokenizer(prepared) -> Tokenizer:
    return Tokenizer.from_file(str(prepared[0] / "tokenizer.json"))


@pytest.fixture(scope="module")
def rows(prepared) -> np.ndarray:
    return WindowSampler([read_shard(prepared[0] / "corpus.npy")], [1.0], cls_id=2, seed=5).batch(200, 64)


def hidden_of(places, labels) -> np.ndarray:
    return places[labels != -100]


@pytest.mark.parametrize("rate", [0.15, 0.25, 0.4])
def test_words_are_hidden_at_the_rate_asked_for(tokenizer, rows, rate):
    _, places, labels = WordMasker(tokenizer, rate=rate, seed=0)(rows)
    normal = rows >= 5
    assert len(hidden_of(places, labels)) / normal.sum() == pytest.approx(rate, abs=0.02)


def test_whole_words_are_hidden_and_never_a_special_token(tokenizer, rows):
    _, places, labels = WordMasker(tokenizer, rate=0.25, seed=0)(rows)
    hidden = np.zeros(rows.size, bool)
    hidden[hidden_of(places, labels)] = True
    flat = rows.ravel()
    continues = np.zeros(tokenizer.get_vocab_size(), bool)
    for piece, index in tokenizer.get_vocab().items():
        continues[index] = piece.startswith("##")
    assert not hidden[flat < 5].any()
    joined = continues[flat]
    joined[0] = False
    # a piece that goes on with a word is hidden just when the piece before it is, unless that one is special
    inner = np.flatnonzero(joined)
    inner = inner[flat[inner - 1] >= 5]
    assert len(inner) > 500
    assert (hidden[inner] == hidden[inner - 1]).all()


def test_hidden_tokens_are_mostly_masked_some_swapped_some_kept(tokenizer, rows):
    masked, places, labels = WordMasker(tokenizer, rate=0.25, seed=0)(rows)
    at = hidden_of(places, labels)
    new, old = masked.ravel()[at], rows.ravel()[at]
    assert (labels[labels != -100] == old).all()
    assert (new == tokenizer.token_to_id("[MASK]")).mean() == pytest.approx(0.8, abs=0.03)
    assert (new == old).mean() == pytest.approx(0.1, abs=0.03)
    assert new.min() >= 4
    untouched = np.ones(rows.size, bool)
    untouched[at] = False
    assert (masked.ravel()[untouched] == rows.ravel()[untouched]).all()


def test_the_number_of_places_is_fixed_for_a_shape(tokenizer, rows):
    masker = WordMasker(tokenizer, rate=0.25, seed=0)
    sizes = {len(masker(rows[:32])[1]) for _ in range(5)}
    assert sizes == {int(32 * 64 * 0.25 * 1.2)}
    masked, places, labels = masker(rows[:32])
    assert (places[labels == -100] == 0).all()
    assert masked.shape == (32, 64)


def test_the_seed_decides_what_is_hidden(tokenizer, rows):
    first, again, other = (WordMasker(tokenizer, rate=0.25, seed=seed)(rows)[0] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_more_words_than_there_is_room_for_stay_within_it(tokenizer):
    one_word = np.full((1, 40), tokenizer.token_to_id("##ا") or 50)
    for seed in range(12):
        _masked, places, labels = WordMasker(tokenizer, rate=0.3, seed=seed)(one_word)
        assert len(places) == int(40 * 0.3 * 1.2)
        assert (labels != -100).sum() <= len(places)


def test_a_new_encoder_has_the_shape_and_the_first_embeddings(pretrain_config, tokenizer):
    model = new_encoder(pretrain_config, tokenizer.get_vocab_size())
    shape = model.config
    assert (shape.hidden_size, shape.num_hidden_layers, shape.num_attention_heads, shape.intermediate_size) == (
        32,
        2,
        2,
        64,
    )
    assert np.allclose(model.get_input_embeddings().weight.detach().numpy(), np.load(pretrain_config.embeddings))
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight


def test_pretraining_lowers_the_loss(pretrained, pretrain_config, tmp_path):
    _, result = pretrained
    start = pretrain(replace(pretrain_config, output=str(tmp_path), minutes=1e-9))
    assert start["steps"] <= 1
    assert start["loss"] == pytest.approx(math.log(300), abs=0.8)
    assert result["steps"] > 20
    assert result["tokens"] >= result["steps"] * 8 * 32
    assert result["loss"] < start["loss"] - 0.5


def test_the_encoder_opens_and_says_how_it_was_made(pretrained, pretrain_config):
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    folder, result = pretrained
    assert json.loads((folder / "pretrain_metrics.json").read_text()) == result
    assert json.loads((folder / "pretrain_config.json").read_text())["hidden_size"] == 32
    assert list(folder.glob("*.safetensors")) and not list(folder.glob("*.bin"))
    model, opened = AutoModelForMaskedLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    inputs = opened("فاز فريق الكرمه على ضيفه [MASK] في مباراه الدوري", return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits
    assert logits.shape == (*inputs["input_ids"].shape, opened.vocab_size)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("changes", [{"optimizer": "muon"}, {"long_share": 1.0}])
def test_other_ways_to_train_run_too(changes, pretrain_config, tmp_path):
    result = pretrain(replace(pretrain_config, output=str(tmp_path), minutes=0.01, **changes))
    assert result["steps"] >= 1
    assert math.isfinite(result["loss"])


def test_an_encoder_can_be_gone_on_from(pretrained, pretrain_config, tmp_path):
    folder, before = pretrained
    after = pretrain(replace(pretrain_config, output=str(tmp_path), base=str(folder), minutes=1e-9))
    assert after["loss"] == pytest.approx(before["loss"], abs=0.3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mask_rate": 0}, "mask_rate must lie between 0 and 1, not 0"),
        ({"mask_rate": 1.0}, "mask_rate must"),
        ({"long_share": 1.5}, "long_share must lie between 0 and 1, not 1.5"),
        ({"optimizer": "sgd"}, "optimizer must be adamw or muon, not 'sgd'"),
        ({"hidden_size": 30, "heads": 4}, "hidden_size 30 is no multiple of heads 4"),
        ({"minutes": 0}, "minutes must be positive, not 0"),
        ({"shards": {}}, "shards must name at least one file"),
    ],
)
def test_contradictions_are_refused_by_name(changes, message):
    settings = {"output": "out", "tokenizer": "tok", "shards": {"a.npy": 1.0}, "minutes": 1, **changes}
    with pytest.raises(ValueError, match=message):
        PretrainConfig(**settings)


def test_a_shard_that_is_all_held_out_is_refused_by_name(pretrain_config, tmp_path):
    with pytest.raises(ValueError, match="held_out_tokens 100000 leaves nothing to train on: the first shard has"):
        pretrain(replace(pretrain_config, output=str(tmp_path), held_out_tokens=100_000))


def test_a_missing_shard_is_named(pretrain_config, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npy"):
        pretrain(replace(pretrain_config, output=str(tmp_path), shards={str(tmp_path / "nowhere.npy"): 1.0}))


def test_a_base_with_another_vocabulary_is_refused(pretrain_config, pretrained, world, tmp_path):
    prepare(PrepareConfig(str(tmp_path / "other"), corpora=["corpus"], vocabulary=200, width=None), world.root)
    run = replace(pretrain_config, tokenizer=str(tmp_path / "other"), base=str(pretrained[0]))
    with pytest.raises(ValueError, match=r"has another vocabulary than tokenizer .*other: prepare the shards with"):
        pretrain(replace(run, output=str(tmp_path / "run")))


def test_the_parts_of_a_batch_hide_what_the_whole_hides(tokenizer, rows):
    masked, places, labels = WordMasker(tokenizer, rate=0.25, seed=0)(rows[:32])
    seen, rooms = [], set()
    for part in (range(0, 10), range(10, 21), range(21, 32)):
        own, mine, wanted = own_part(masked, places, labels, part)
        assert (own == masked[part.start : part.stop]).all()
        at = hidden_of(mine, wanted)
        assert (rows[:32][part.start : part.stop].ravel()[at] == wanted[wanted != -100]).all()
        assert (mine[wanted == -100] == 0).all()
        seen += (at + part.start * rows.shape[1]).tolist()
        rooms.add((len(part), len(mine)))
    assert seen == hidden_of(places, labels).tolist()
    assert len(rooms) == 2 and max(room for _, room in rooms) < len(places) / 2
    assert own_part(masked, places, labels, range(32))[1] is places


def test_a_part_of_more_hidden_tokens_than_it_has_room_for_keeps_the_first(tokenizer):
    masked = np.full((40, 16), 7)
    places, labels = np.arange(150), np.full(150, 7)  # all in the first windows
    _, mine, wanted = own_part(masked, places, labels, range(0, 10))
    assert len(mine) == len(wanted) == 150 * 10 * 5 // 160 + 16
    assert (mine == np.arange(len(mine))).all() and (wanted == 7).all()


#: Pretrains for a number of steps in place of minutes, which two runs would not have alike.
STEPS = """
import json, sys
from pathlib import Path
from tasrih.training import pretrain as module

class Steps:
    def __init__(self, minutes, used=0.0):
        self.used, self.done = 0.0, -1

    def spent(self):
        self.done += 1
        return self.done / 12

module.Budget = Steps
module.pretrain(module.PretrainConfig(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
"""


@pytest.mark.slow
def test_two_processes_pretrain_as_one_does(pretrain_config, tmp_path):
    from safetensors.numpy import load_file

    (tmp_path / "steps.py").write_text(STEPS, encoding="utf-8")
    launched = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--local-addr", "127.0.0.1")
    for name, start in (("one", ()), ("two", ("-m", *launched))):
        made = asdict(replace(pretrain_config, output=str(tmp_path / name), windows=32, warmup_steps=1))
        (tmp_path / f"{name}.json").write_text(json.dumps(made), encoding="utf-8")
        command = [sys.executable, *start, str(tmp_path / "steps.py"), str(tmp_path / f"{name}.json")]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=250)
        assert done.returncode == 0, done.stderr[-2000:]
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    begun = new_encoder(pretrain_config, Tokenizer.from_file(f"{pretrain_config.tokenizer}/tokenizer.json").get_vocab_size())
    begun = {name: value.numpy() for name, value in begun.state_dict().items()}
    for name, value in one.items():
        assert np.allclose(two[name], value, atol=2e-3), name
    moved = max(np.abs(value - begun[name]).max() for name, value in one.items())
    assert moved > 0.02  # or nothing was learnt that could differ
    figures = [json.loads((tmp_path / name / "pretrain_metrics.json").read_text()) for name in ("one", "two")]
    assert figures[0]["loss"] == pytest.approx(figures[1]["loss"], abs=1e-3)
    assert [figure["steps"] for figure in figures] == [12, 12] and figures[0]["tokens"] == figures[1]["tokens"]


def test_more_processes_than_windows_are_refused(pretrain_config, tmp_path, monkeypatch):
    monkeypatch.setattr("tasrih.training.pretrain.Processes", lambda device: SimpleNamespace(count=9, first=True))
    with pytest.raises(ValueError, match="windows 8 are 4 long ones, fewer than 9 processes: raise windows"):
        pretrain(replace(pretrain_config, output=str(tmp_path)))
