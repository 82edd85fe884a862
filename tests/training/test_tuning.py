"""The parts of a fine-tuning run: learning rates by layer, an order that processes and restarts share, checkpoints."""

from __future__ import annotations

import json
from collections import Counter
from types import SimpleNamespace

import pytest

from tasrih.training.tuning import _hiding, grouped_sampler, last_checkpoint, layer_groups, per_process, tuned


def test_learning_rates_fall_from_the_head_to_the_embeddings(bert):
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(bert, num_labels=3)
    decayed = {name for name, _ in model.named_parameters() if name.endswith("weight") and "LayerNorm" not in name}
    groups = layer_groups(model, learning_rate=1.0, layer_decay=0.5, weight_decay=0.1, decayed=decayed)
    found = {id(parameter): group for group in groups for parameter in group["params"]}
    rates = {name: found[id(parameter)]["lr"] for name, parameter in model.named_parameters()}
    assert rates["classifier.weight"] == rates["bert.pooler.dense.weight"] == 1.0
    assert rates["bert.encoder.layer.1.attention.self.query.weight"] == 0.5
    assert rates["bert.encoder.layer.0.output.dense.bias"] == 0.25
    assert rates["bert.embeddings.word_embeddings.weight"] == 0.125
    decay = {name: found[id(parameter)]["weight_decay"] for name, parameter in model.named_parameters()}
    assert decay["classifier.weight"] == 0.1 and decay["classifier.bias"] == 0.0
    assert sum(len(group["params"]) for group in groups) == len(rates)


def test_tokens_are_hidden_only_of_a_base_that_has_a_mark_for_it():
    assert _hiding(0.0, SimpleNamespace(mask_token_id=None)) is None
    with pytest.raises(ValueError, match=r"token_dropout 0\.1 needs a base with a mask token, which this one lacks: give 0"):
        _hiding(0.1, SimpleNamespace(mask_token_id=None))


def test_parameters_that_are_frozen_are_in_no_group(pretrained):
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(pretrained[0], num_labels=3)
    model.get_input_embeddings().weight.requires_grad_(False)
    groups = layer_groups(model, learning_rate=1.0, layer_decay=0.5, weight_decay=0.0, decayed=set())
    frozen = model.get_input_embeddings().weight
    assert not any(parameter is frozen for group in groups for parameter in group["params"])
    assert min(group["lr"] for group in groups) == 0.125  # two blocks, and the norm of the embeddings under them


def test_an_order_depends_on_seed_and_epoch_alone():
    import torch

    lengths = [n % 13 + 1 for n in range(40)]
    sampler = grouped_sampler(lengths, 8, seed=3)
    first = list(sampler)
    torch.rand(7)  # what else was drawn does not matter
    assert list(sampler) == first
    sampler.set_epoch(1)
    assert list(sampler) != first
    later = grouped_sampler(lengths, 8, seed=3)
    later.set_epoch(1)
    assert list(later) == list(sampler)
    assert Counter(first) == Counter(range(40)) and len(sampler) == 40


def test_batches_are_of_like_length():
    lengths = [n % 13 + 1 for n in range(400)]
    order = list(grouped_sampler(lengths, 8, seed=3))
    spread = [max(part) - min(part) for part in ([lengths[i] for i in order[at : at + 8]] for at in range(8, 400, 8))]
    assert sum(spread) / len(spread) < 4  # 12 is the most


@pytest.mark.parametrize(("gpus", "told"), [(4, "one GPU of 4 is used: `accelerate launch`"), (1, ""), (0, "")])
def test_a_process_keeps_to_one_gpu(gpus, told, tmp_path, monkeypatch, capsys):
    """Over several, transformers' DataParallel would make a step as many times as large."""
    import torch
    from transformers import Trainer, TrainingArguments

    args = TrainingArguments(str(tmp_path), use_cpu=True, per_device_train_batch_size=8, report_to="none")
    monkeypatch.setattr(args, "_n_gpu", gpus)  # as transformers counts them where no launcher parts them
    kind = tuned(Trainer, layer_decay=1.0, batch_size=8, lengths=[1])
    trainer = kind(model=torch.nn.Linear(1, 1), args=args)
    assert trainer.args.train_batch_size == 8 and trainer.args.n_gpu == min(gpus, 1)
    found = capsys.readouterr().err
    assert found.count("\n") == bool(told) and told in found


def test_a_step_is_shared_out_evenly(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert per_process(32, 2) == 16
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert per_process(32, 2) == 4
    with pytest.raises(ValueError, match="batch_size 12 is no multiple of 4 processes times accumulate 2"):
        per_process(12, 2)


def test_the_last_checkpoint_is_the_last_whole_one(tmp_path):
    assert last_checkpoint(tmp_path) is None
    for step, state in ((9, '{"global_step": 9}'), (10, '{"global_step": 10}'), (11, '{"global_st'), (12, None)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if state:
            (folder / "trainer_state.json").write_text(state)
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-10")
    assert json.loads((tmp_path / "checkpoint-10" / "trainer_state.json").read_text())["global_step"] == 10
