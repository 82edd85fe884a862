"""Runs within a wall-clock budget, killed and gone on from: the clock, the checkpoint, and the same weights."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from tasrih.training import checkpoints
from tasrih.training.checkpoints import Budget, cut_log, drop_checkpoint, read_checkpoint, save_checkpoint
from tasrih.training.pretrain import pretrain
from tasrih.training.summarisation import SummariserConfig, train_summariser

# a clock that says that each step took a second, so that two runs anneal alike
TICKING = "import itertools\nfrom tasrih.training import checkpoints\ncheckpoints.monotonic = itertools.count().__next__\n"


@pytest.fixture
def ticking(monkeypatch):
    """Wind the clock up; it may end the run that reads it, as a kill would, at some second."""

    def wind(until: int | None = None) -> None:
        seconds = itertools.count()

        def tick() -> int:
            now = next(seconds)
            if now == until:
                raise KeyboardInterrupt
            return now

        monkeypatch.setattr(checkpoints, "monotonic", tick)

    return wind


def test_a_budget_counts_what_was_used_before(ticking):
    ticking()
    budget = Budget(1, used=30)
    assert [budget.spent() for _ in range(3)] == [31 / 60, 32 / 60, 33 / 60]
    assert budget.used == 33


def test_a_checkpoint_is_whole_or_the_one_before_it(tmp_path):
    folder = tmp_path / "checkpoint"
    assert read_checkpoint(folder) is None
    random = np.random.default_rng(3)
    state = {"step": 1, "order": random.bit_generator.state}
    save_checkpoint(folder, lambda place: (place / "model").write_text("1"), state)
    assert read_checkpoint(folder) == state

    def killed(place: Path) -> None:
        (place / "model").write_text("2")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(folder, killed, {"step": 2})
    assert read_checkpoint(folder)["step"] == 1
    save_checkpoint(folder, lambda place: (place / "model").write_text("3"), {"step": 3})
    assert (read_checkpoint(folder)["step"], (folder / "model").read_text()) == (3, "3")
    folder.rename(tmp_path / "checkpoint.old")  # as a kill between two renames leaves it
    assert read_checkpoint(folder)["step"] == 3
    drop_checkpoint(folder)
    assert not list(tmp_path.iterdir())


def test_a_log_is_cut_after_the_step(tmp_path):
    path = tmp_path / "log.jsonl"
    cut_log(path, 5)
    assert not path.exists()
    path.write_text("".join(f'{{"step": {step}}}\n' for step in (2, 4, 6)) + '{"ste')
    cut_log(path, 5)
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [2, 4]


def _same_weights(first: Path, second: Path) -> bool:
    from safetensors.numpy import load_file

    ours, theirs = (load_file(folder / "model.safetensors") for folder in (first, second))
    return set(ours) == set(theirs) and all(np.allclose(ours[name], theirs[name], atol=1e-5) for name in ours)


def _is_gone_on_with(folder: Path, unbroken: Path) -> None:
    """A run that was gone on with left what an unbroken one left."""
    assert _same_weights(folder, unbroken)
    logs = [(place / "log.jsonl").read_text() for place in (folder, unbroken)]
    assert logs[0] == logs[1] != ""
    assert json.loads((folder / "run.json").read_text())["resumed"]
    assert not json.loads((unbroken / "run.json").read_text())["resumed"]
    assert not (folder / "checkpoint").exists()


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_broken_pretraining_goes_on_to_the_same_weights(pretrain_config, tmp_path, ticking, optimizer):
    made = replace(
        pretrain_config, output=str(tmp_path / "broken"), minutes=3.5, save_minutes=1, optimizer=optimizer
    )
    ticking(until=100)
    with pytest.raises(KeyboardInterrupt):
        pretrain(made)
    assert read_checkpoint(tmp_path / "broken" / "checkpoint")["step"] == 61
    assert not (tmp_path / "broken" / "pretrain_metrics.json").exists()
    with pytest.raises(ValueError, match=r"resume: the run in .* was begun with windows=8, not 9"):
        pretrain(replace(made, windows=9, resume=True))
    ticking()
    result = pretrain(replace(made, resume=True))
    ticking()
    assert result == pretrain(replace(made, output=str(tmp_path / "unbroken")))
    assert result["steps"] == 209 and result["minutes"] == 3.5  # the 210th second ends it
    _is_gone_on_with(tmp_path / "broken", tmp_path / "unbroken")
    # a finished run is not run again
    before = (tmp_path / "broken" / "model.safetensors").stat().st_mtime_ns
    assert pretrain(replace(made, resume=True)) == result
    assert (tmp_path / "broken" / "model.safetensors").stat().st_mtime_ns == before
    # and one that is not to be gone on with begins anew
    ticking(until=3)
    with pytest.raises(KeyboardInterrupt):
        pretrain(made)
    assert not (tmp_path / "broken" / "pretrain_metrics.json").exists()


@pytest.mark.slow
def test_a_broken_summariser_goes_on_to_the_same_weights(world, tmp_path, ticking):
    made = SummariserConfig(
        str(tmp_path / "broken"), minutes=2.5, titled=["saudinewsnet"], vocabulary=300, width=16, heads=2,
        feed_forward=32, encoder_layers=1, decoder_layers=1, batch_size=4, source=48, target=12, copy_source=32,
        bf16=False, compile=False, save_minutes=0.75, validation_articles=3,
    )  # fmt: skip
    ticking(until=70)
    with pytest.raises(KeyboardInterrupt):
        train_summariser(made, world.root)
    assert read_checkpoint(tmp_path / "broken" / "checkpoint")["step"] == 46
    with pytest.raises(ValueError, match=r"resume: the run in .* was begun with seed=1, not 2"):
        train_summariser(replace(made, seed=2, resume=True), world.root)
    ticking()
    result = train_summariser(replace(made, resume=True), world.root)
    ticking()
    assert result == train_summariser(replace(made, output=str(tmp_path / "unbroken")), world.root)
    assert result["steps"] == 149
    _is_gone_on_with(tmp_path / "broken", tmp_path / "unbroken")
    before = (tmp_path / "broken" / "model.safetensors").stat().st_mtime_ns
    assert train_summariser(replace(made, resume=True), world.root) == result
    assert (tmp_path / "broken" / "model.safetensors").stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_killed_pretraining_goes_on_to_the_same_weights(pretrain_config, tmp_path, ticking):
    import torch

    made = replace(pretrain_config, output=str(tmp_path / "killed"), minutes=3.5, save_minutes=0.25)
    code = f"from tasrih.training.pretrain import PretrainConfig, pretrain\npretrain(PretrainConfig(**{asdict(made)!r}))\n"
    # sums over another number of threads differ in their last digit
    environment = {
        **os.environ, "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": str(torch.get_num_threads()),
    }  # fmt: skip
    state = tmp_path / "killed" / "checkpoint" / "state.pt"
    with subprocess.Popen([sys.executable, "-c", TICKING + code], env=environment, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 250
        while not state.is_file() and time.monotonic() < deadline:
            assert process.poll() is None, "the run ended before it could be killed"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    ticking()
    result = pretrain(replace(made, resume=True))
    ticking()
    assert result == pretrain(replace(made, output=str(tmp_path / "unbroken")))
    _is_gone_on_with(tmp_path / "killed", tmp_path / "unbroken")
