"""Whole runs on tiny models: seeds and their mean, cross-validation, early stopping, a kill, two processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from glob import glob
from pathlib import Path

import numpy as np
import pytest
import yaml

from tasrih.data.labelled_source import Source
from tasrih.models.classifier import Classifier
from tasrih.training.classification import train_classifier
from tasrih.training.config import ClassifierConfig
from tasrih.training.features import features
from tasrih.training.seq2seq import Pairs, Seq2SeqConfig, train_seq2seq
from tasrih.training.sources import read_training_data

REPOSITORY = Path(__file__).parents[2]


def config(base, output, **changes) -> ClassifierConfig:
    settings = {
        "validation": Source("stance/ans", "validation"), "max_length": 60, "epochs": 1, "bf16": False,
        "batch_size": 24, "learning_rate": 2e-3, "metric": "accuracy",
    }  # fmt: skip
    return ClassifierConfig("stance", str(base), str(output), [Source("stance/ans")], **{**settings, **changes})


def weights(folder: Path) -> dict:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def logits(folder: Path, world) -> np.ndarray:
    rows = [json.loads(line) for line in (world.root / "stance/ans/test.jsonl").read_text().splitlines()]
    made = Classifier.from_pretrained(folder, device="cpu")
    readings = made.read([row["text"] for row in rows], [row["target"] for row in rows])
    return np.stack([reading.logits[0] for reading in readings])


def losses(folder: Path) -> list[float]:
    history = json.loads((folder / "train_log.json").read_text())["seed-1"]
    return [float(line["loss"]) for line in history if "loss" in line]


def same(ours: dict, theirs: dict, tolerance: float) -> bool:
    return set(ours) == set(theirs) and all(
        np.allclose(ours[name].numpy(), theirs[name].numpy(), atol=tolerance) for name in ours
    )


# --- seeds ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_seeds_are_told_with_mean_and_deviation_and_the_best_is_kept(bert, world, tmp_path):
    made = config(bert, tmp_path / "all", seeds=[1, 2, 3], epochs=2, layer_decay=0.9, class_balance=0.5)
    result = train_classifier(made, world.root)
    each = [result["seeds"][seed]["accuracy"] for seed in ("1", "2", "3")]
    assert result["seeds"]["runs"] == 3
    assert result["seeds"]["mean"]["accuracy"] == pytest.approx(np.mean(each))
    assert result["seeds"]["deviation"]["accuracy"] == pytest.approx(np.std(each, ddof=1))
    assert result["validation"]["accuracy"] == max(each)
    best = 1 + int(np.argmax(each))
    train_classifier(replace(made, seeds=[], seed=best, output=str(tmp_path / "one")), world.root)
    assert same(weights(tmp_path / "all"), weights(tmp_path / "one"), 1e-6)
    assert set(json.loads((tmp_path / "all" / "train_log.json").read_text())) == {"seed-1", "seed-2", "seed-3"}
    assert json.loads((tmp_path / "all" / "run.json").read_text())["seeds"] == [1, 2, 3]


def test_a_second_stage_goes_on_with_both_heads_and_is_blended_with_the_first(statement_model, world, tmp_path):
    from safetensors.torch import load_file

    first = statement_model[0]
    made = ClassifierConfig(
        "statement", str(first), str(tmp_path / "whole"), [Source("statements")], Source("statements", "validation"),
        spans=True, metric="micro_f1", max_length=48, epochs=1, bf16=False, learning_rate=2e-3, dropout=0.0,
    )  # fmt: skip
    train_classifier(made, world.root)
    train_classifier(replace(made, output=str(tmp_path / "half"), blend=0.5), world.root)
    moved = 0
    for part in (".", "spans"):
        start, whole, half = (
            load_file(folder / part / "model.safetensors") for folder in (first, tmp_path / "whole", tmp_path / "half")
        )
        assert set(start) == set(whole) == set(half)
        for name in half:
            mean = (start[name].numpy() + whole[name].numpy()) / 2
            assert np.allclose(half[name].numpy(), mean, atol=1e-6), name
            moved += not np.allclose(start[name].numpy(), whole[name].numpy(), atol=1e-4)
            # one small step from the first stage, not a head that began anew
            assert np.abs(start[name].numpy() - whole[name].numpy()).max() < 0.2, name
    assert moved > 10


def test_a_soup_is_the_mean_of_weights_whose_heads_began_alike(bert, world, tmp_path, monkeypatch):
    from tasrih.training import classification

    kept, heads = {}, []
    original = classification.fit

    def watched(*arguments, seed, head_seed):
        fitted = original(*arguments, seed=seed, head_seed=head_seed)
        heads.append(head_seed)
        kept[seed] = {name: weight.clone() for name, weight in fitted.module.state_dict().items()}
        return fitted

    monkeypatch.setattr(classification, "fit", watched)
    result = train_classifier(config(bert, tmp_path, seeds=[5, 6], soup=True), world.root)
    assert heads == [5, 5]
    mean = {name: (kept[5][name].double() + kept[6][name].double()) / 2 for name in kept[5]}
    found = weights(tmp_path)
    assert all(np.allclose(found[name].numpy(), mean[name].numpy(), atol=1e-6) for name in found)
    assert any((kept[5][name] != kept[6][name]).any() for name in found)
    # what is told is the soup's own score
    right = [row["label"] for row in map(json.loads, (world.root / "stance/ans/validation.jsonl").open())]
    made = Classifier.from_pretrained(tmp_path, device="cpu")
    rows = [json.loads(line) for line in (world.root / "stance/ans/validation.jsonl").open()]
    readings = made.read([row["text"] for row in rows], [row["target"] for row in rows])
    names = {"agree": "favor", "disagree": "against", "other": "neutral"}
    hits = [
        made.settings.labels[int(r.logits[0].argmax())] == names[label]
        for r, label in zip(readings, right, strict=True)
    ]
    assert result["validation"]["accuracy"] == pytest.approx(np.mean(hits))


# --- cross-validation -----------------------------------------------------------------------------


@pytest.mark.slow
def test_out_of_fold_logits_fit_the_calibration(bert, world, tmp_path):
    made = config(bert, tmp_path, folds=3, epochs=2)
    result = train_classifier(made, world.root)
    assert result["folds"]["runs"] == 3
    stored = np.load(tmp_path / "out_of_fold.npz")
    assert stored["logits"].shape == (72 + 36, 3)  # training and validation rows, each once
    assert len(set(stored["ids"])) == 108
    pooled = np.mean(stored["logits"].argmax(1) == stored["truth"])
    assert abs(pooled - result["folds"]["mean"]["accuracy"]) < 0.05
    from tasrih.evaluation.calibration import fit_temperature

    settings = Classifier.from_pretrained(tmp_path, device="cpu").settings
    assert settings.temperature == pytest.approx(fit_temperature(stored["logits"], stored["truth"], multi_label=False))
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.slow
def test_what_is_calibrated_in_folds_is_blended_as_what_is_kept_is(bert, world, tmp_path):
    """Blended to almost nothing, each fold's model reads as the base does before it is trained."""
    made = config(bert, tmp_path / "blended", folds=3, blend=1e-9)
    train_classifier(made, world.root)
    train_classifier(replace(made, output=str(tmp_path / "base"), epochs=0, blend=1.0), world.root)
    blended, base = (np.load(tmp_path / name / "out_of_fold.npz")["logits"] for name in ("blended", "base"))
    assert blended == pytest.approx(base, abs=1e-4)


@pytest.mark.slow
def test_what_is_calibrated_in_folds_is_a_soup_as_what_is_kept_is(bert, world, tmp_path, monkeypatch):
    from tasrih.training import classification

    kept, read = {}, []
    fit, read_rows = classification.fit, classification.read_rows

    def watched(*arguments, seed, head_seed):
        fitted = fit(*arguments, seed=seed, head_seed=head_seed)
        kept[arguments[3].name] = fitted.model.classifier.weight.detach().clone()
        return fitted

    def reading(classifier, rows):
        read.append(classifier._engine._module.classifier.weight.detach().clone())
        return read_rows(classifier, rows)

    monkeypatch.setattr(classification, "fit", watched)
    monkeypatch.setattr(classification, "read_rows", reading)
    result = train_classifier(config(bert, tmp_path, seeds=[5, 6], soup=True, folds=3), world.root)
    for number, weight in enumerate(read, 1):
        first, second = (kept[f"fold-{number}-seed-{seed}"] for seed in (5, 6))
        assert (first != second).any()
        assert np.allclose(weight, (first + second) / 2, atol=1e-6)
    assert len(read) == result["folds"]["runs"] == 3
    assert set(kept) == {f"{turn}seed-{seed}" for turn in ("", "fold-1-", "fold-2-", "fold-3-") for seed in (5, 6)}


@pytest.mark.slow
def test_a_set_with_folds_and_no_validation(bert, tmp_path):
    lines = []
    for n in range(45):
        label = ("agree", "disagree", "discuss")[n % 3]
        text = {"agree": "يؤكد صحة الخبر", "disagree": "ينفي الخبر ويكذبه", "discuss": "يروي ما قيل"}[label]
        lines.append(
            {"id": str(n), "text": f"{text} رقم {n}", "target": "خبر الجسر", "label": label, "fold": n % 5 + 1}
        )
    (tmp_path / "root" / "folded").mkdir(parents=True)
    body = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (tmp_path / "root" / "folded" / "all.jsonl").write_text(body, encoding="utf-8")
    made = config(
        bert, tmp_path / "out", validation=None, folds=5, label_names=["agree", "disagree", "discuss"], epochs=3,
    )  # fmt: skip
    made = replace(made, train=[Source("folded", "all", fold="fold")], batch_size=9)
    result = train_classifier(made, tmp_path / "root")
    assert result["folds"]["runs"] == 5
    opened = Classifier.from_pretrained(tmp_path / "out", device="cpu")
    assert opened.settings.labels == ("agree", "disagree", "discuss")
    assert opened.predict(["ينفي الخبر ويكذبه"], ["خبر الجسر"])[0].label in opened.settings.labels


# --- windows, early stopping ----------------------------------------------------------------------


@pytest.mark.parametrize("pool", ["max", "mean"])
def test_evidence_far_into_a_text_is_learnt_and_read(bert, tmp_path, monkeypatch, pool):
    """A label that only a text's last window shows: a cut at the first window could not learn it."""
    filler = "ينعقد مؤتمر حول خطة الجسر في قاعة البلدة مساء. " * 8
    rows = []
    for n in range(48):
        label = ("agree", "disagree")[n % 2]
        end = {"agree": "رحب وزير الصحة", "disagree": "دان رئيس النقابة بشدة"}[label]
        rows.append({"id": str(n), "text": f"{filler}{end} {n}", "target": "خطة الجسر", "label": label})
    body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    for split in ("train", "validation"):
        (tmp_path / "root" / "long").mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / "long" / f"{split}.jsonl").write_text(body.replace('"id": "', f'"id": "{split[0]}'))
    made = config(
        bert, tmp_path / "out", pool_windows=pool, windows_per_text=16, max_length=48, epochs=30, batch_size=12,
        learning_rate=5e-3, dropout=0.0, label_names=["agree", "disagree"], focal_gamma=1.0 if pool == "max" else 0.0,
    )  # fmt: skip
    made = replace(made, train=[Source("long")], validation=Source("long", "validation"))
    # the guard would refuse all of train: the validation texts are the same ones here
    monkeypatch.setattr("tasrih.data.guard.HeldOut.holds", lambda *arguments: False)
    result = train_classifier(made, tmp_path / "root")
    assert result["validation"]["accuracy"] > 0.9
    opened = Classifier.from_pretrained(tmp_path / "out", device="cpu")
    assert opened.settings.window_pool == pool
    found = opened.predict([row["text"] for row in rows], [row["target"] for row in rows])
    assert all(len(prediction.windows) > 2 for prediction in found)
    assert np.mean([p.label == row["label"] for p, row in zip(found, rows, strict=True)]) == pytest.approx(
        result["validation"]["accuracy"], abs=0.1
    )


def test_a_run_without_progress_stops_early(bert, world, tmp_path):
    made = config(bert, tmp_path, epochs=30, patience=2, learning_rate=1e-9, warmup=0.0)
    train_classifier(made, world.root)
    history = json.loads((tmp_path / "train_log.json").read_text())["seed-1"]
    assert max(line["epoch"] for line in history) == 3  # the first is the best, two more are no better


def test_a_step_in_parts_is_the_same_step(bert, world, tmp_path):
    whole = config(bert, tmp_path / "whole", dropout=0.0, log_steps=1)
    train_classifier(whole, world.root)
    train_classifier(replace(whole, accumulate=3, output=str(tmp_path / "parts")), world.root)
    assert len(losses(tmp_path / "whole")) == 3
    assert losses(tmp_path / "parts") == pytest.approx(losses(tmp_path / "whole"), abs=2e-4)
    assert logits(tmp_path / "parts", world) == pytest.approx(logits(tmp_path / "whole", world), abs=1e-2)


def spans_of(base, output, **changes) -> ClassifierConfig:
    """48 sentences of unlike lengths (49 less one held out), so that parts of a step have unlike numbers of tokens.

    Parts have as many sentences as each other: the loss of the tags is a mean over them.
    """
    settings = {"epochs": 1, "bf16": False, "batch_size": 24, "learning_rate": 2e-3, "dropout": 0.0, "log_steps": 1}
    return ClassifierConfig(
        "statement", str(base), str(output), [Source("statements", limit=49)], Source("statements", "validation", limit=8),
        spans=True, metric="micro_f1", max_length=48, **{**settings, **changes},
    )  # fmt: skip


def test_a_step_in_parts_has_the_token_loss_of_the_whole_step(pretrained, world, tmp_path):
    whole = spans_of(pretrained[0], tmp_path / "whole", span_weight=50.0)
    train_classifier(whole, world.root)
    train_classifier(replace(whole, accumulate=8, output=str(tmp_path / "parts")), world.root)
    assert losses(tmp_path / "parts") == pytest.approx(losses(tmp_path / "whole"), rel=1e-5)


def test_other_spellings_are_what_training_reads(bert, world, tmp_path, monkeypatch):
    read = []

    def watched(rows, *arguments, **options):
        read.append([row.text for row in rows])
        return features(rows, *arguments, **options)

    monkeypatch.setattr("tasrih.training.tuning.features", watched)
    made = config(bert, tmp_path, spelling=0.5)
    train_classifier(made, world.root)
    data = read_training_data(made, world.root)
    changed = [one != other.text for one, other in zip(read[0], data.train, strict=True)]
    assert len(changed) / 4 < sum(changed) < len(changed) * 3 / 4
    assert read[1] == [row.text for row in data.validation]


# --- a kill ---------------------------------------------------------------------------------------


def _recipe(made: ClassifierConfig | Seq2SeqConfig, path: Path, kind: str = "classifier") -> Path:
    path.write_text(yaml.safe_dump({"kind": kind, **asdict(made)}, allow_unicode=True), encoding="utf-8")
    return path


def _environment(world) -> dict[str, str]:
    return {**os.environ, "TASRIH_DATA": str(world.root), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(bert, world, tmp_path):
    import torch

    made = config(bert, tmp_path / "killed", epochs=40, evaluate_steps=2, dropout=0.1, token_dropout=0.05)
    recipe = _recipe(made, tmp_path / "recipe.yaml")
    command = [sys.executable, str(REPOSITORY / "scripts" / "train_classifier.py"), str(recipe)]
    # sums over another number of threads differ in their last digit, and forty epochs carry that on
    environment = _environment(world) | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        runs = tmp_path / "killed" / "checkpoints" / "seed-1"
        deadline = time.monotonic() + 200
        # pathlib's glob fails where a folder goes between its looking and its reading; this one does not
        while not glob(f"{runs}/checkpoint-*/trainer_state.json") and time.monotonic() < deadline:
            assert process.poll() is None, "the run ended before it could be killed"
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    left = {path.name for path in runs.iterdir()}
    assert any(name.startswith("checkpoint-") for name in left) and "scores.json" not in left
    assert not (tmp_path / "killed" / "train_metrics.json").exists()

    with pytest.raises(ValueError, match=r"resume: the run in .* was begun with epochs=40\.0, not 41"):
        train_classifier(replace(made, epochs=41, resume=True), world.root)
    result = train_classifier(replace(made, resume=True), world.root)
    unbroken = train_classifier(replace(made, output=str(tmp_path / "unbroken")), world.root)
    assert same(weights(tmp_path / "killed"), weights(tmp_path / "unbroken"), 1e-5)
    assert result["validation"]["accuracy"] == unbroken["validation"]["accuracy"]
    assert json.loads((tmp_path / "killed" / "run.json").read_text())["resumed"]
    # a finished run is not run again
    before = (tmp_path / "killed" / "model.safetensors").stat().st_mtime_ns
    assert train_classifier(replace(made, resume=True), world.root)["validation"] == result["validation"]
    assert (tmp_path / "killed" / "model.safetensors").stat().st_mtime_ns == before


# --- two processes --------------------------------------------------------------------------------


#: Two ways to start two processes. ``--multi_gpu`` is what starts several with accelerate (``--cpu`` does so over MPI
#: alone); without a GPU they join by gloo.
LAUNCHERS = {
    "accelerate": (
        "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
        "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_ip", "127.0.0.1", "--main_process_port", "0",
    ),
    "torchrun": ("torch.distributed.run", "--standalone", "--nproc-per-node", "2", "--local-addr", "127.0.0.1"),
}  # fmt: skip


def _train_twice(made, kind: str, world, folder: Path, launcher: tuple[str, ...] = LAUNCHERS["torchrun"]) -> str:
    """Train over two processes by the script of the kind; gives what it told."""
    recipe = _recipe(made, folder / "recipe.yaml", "seq2seq" if kind == "summariser" else kind)
    command = [sys.executable, "-m", *launcher, str(REPOSITORY / "scripts" / f"train_{kind}.py"), str(recipe)]
    done = subprocess.run(command, env=_environment(world), capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_two_processes_have_the_token_loss_of_one(pretrained, world, tmp_path):
    made = spans_of(pretrained[0], tmp_path / "one", span_weight=50.0)
    train_classifier(made, world.root)
    _train_twice(replace(made, output=str(tmp_path / "two")), "classifier", world, tmp_path)
    # after the first step Adam makes a whole step of a gradient that is nothing but rounding
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=2e-2)


@pytest.mark.slow
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_two_processes_train_an_encoder_decoder_as_one_does(mt5, headline_files, world, tmp_path, smoothing):
    base = shutil.copytree(mt5, tmp_path / mt5.name)
    shape = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(shape | {"dropout_rate": 0.0}))
    made = Seq2SeqConfig(
        str(base), str(tmp_path / "one"), [Pairs(str(headline_files))], Pairs(str(headline_files), "validation"),
        source=48, target=12, epochs=1, batch_size=8, learning_rate=3e-3, beams=2, bf16=False, sureness_articles=0,
        label_smoothing=smoothing, log_steps=1,
    )  # fmt: skip
    train_seq2seq(made, world.root)
    _train_twice(replace(made, output=str(tmp_path / "two")), "summariser", world, tmp_path)
    assert len(losses(tmp_path / "one")) == 6
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-3)
    assert same(weights(tmp_path / "two"), weights(tmp_path / "one"), 1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS.values(), ids=LAUNCHERS)
def test_two_processes_train_as_one_does(bert, world, tmp_path, launcher):
    """The same global batch, without dropout: losses and weights agree within rounding."""
    made = config(bert, tmp_path / "one", epochs=2, dropout=0.0, log_steps=1)
    train_classifier(made, world.root)
    told = _train_twice(replace(made, output=str(tmp_path / "two")), "classifier", world, tmp_path, launcher)
    assert told.count('"train_rows"') == 1  # one process tells

    assert len(losses(tmp_path / "one")) == 6  # 72 rows, 24 a step, twice
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=2e-4)
    assert json.loads((tmp_path / "two" / "run.json").read_text())["processes"] == 2
    assert logits(tmp_path / "two", world) == pytest.approx(logits(tmp_path / "one", world), abs=1e-2)
