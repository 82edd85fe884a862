"""A cross-validation is scored on what each run had not read, beside baselines fitted on the same folds."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from tasrih.data.labelled_source import Source
from tasrih.training.config import ClassifierConfig
from tasrih.training.folds import turns
from tasrih.training.out_of_fold import evaluate_out_of_fold
from tasrih.training.sources import read_training_data

TEXTS = {"agree": "الوزارة تؤكد صحة الخبر رقم", "disagree": "الوزارة تنفي صحة الخبر رقم", "other": "سؤال عابر عن الطقس رقم"}


@pytest.fixture
def run(tmp_path, monkeypatch):
    rows = [
        {"id": f"{label}-{number}", "text": f"{text} {number * 7 + 1000}", "label": label, "target": "الخبر", "fold": number % 3}
        for label, text in TEXTS.items()
        for number in range(9)
    ]
    path = tmp_path / "posts.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    folder = tmp_path / "run"
    folder.mkdir()
    config = ClassifierConfig(
        "stance", "encoder", str(folder), [Source(str(path), "all", fold="fold")], None, list(TEXTS), folds=3
    )  # fmt: skip
    (folder / "train_config.json").write_text(json.dumps(asdict(config)), encoding="utf-8")
    taken, _ = turns(config, read_training_data(config, tmp_path))
    truth = [list(TEXTS).index(row.labels[0]) for row in taken]
    given = [(at + 1) % 3 if number < 3 else at for number, at in enumerate(truth)]  # the first three are wrong
    np.savez(
        folder / "out_of_fold.npz", ids=np.array([row.id for row in taken]), logits=np.eye(3)[given] * 4,
        truth=np.array(truth), labels=np.array(list(TEXTS)),
    )  # fmt: skip
    return folder


def test_the_folds_are_scored_together_beside_their_baselines(run, tmp_path):
    report = evaluate_out_of_fold(run, tmp_path)
    assert (report.size, report.split) == (27, "3 folds")
    assert report.command == f"tasrih evaluate {run} --folds"
    assert report.scores["model"]["accuracy"].value == pytest.approx(24 / 27)
    # words tell the labels apart, so the baseline is right everywhere; a majority of equal shares is right in a third
    assert report.scores["tfidf"]["accuracy"].value == pytest.approx(1)
    assert report.scores["majority"]["accuracy"].value == pytest.approx(1 / 3)
    assert report.difference["accuracy"].value == pytest.approx(-3 / 27)
    assert len(report.errors) == 3


def test_other_rows_than_were_read_are_refused(run, tmp_path):
    with open(tmp_path / "posts.jsonl", "a", encoding="utf-8") as file:
        file.write("\n" + json.dumps({"id": "new", "text": "خبر جديد", "label": "agree", "target": "الخبر", "fold": 1}))
    with pytest.raises(ValueError, match="made of other rows"):
        evaluate_out_of_fold(run, tmp_path)


def test_a_run_without_folds_is_named(run, tmp_path):
    (run / "train_config.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"no train_config\.json"):
        evaluate_out_of_fold(run, tmp_path)
    (run / "out_of_fold.npz").unlink()
    with pytest.raises(FileNotFoundError, match="train it with folds"):
        evaluate_out_of_fold(run, tmp_path)


def test_several_labels_are_given_from_thresholds_of_the_next_fold(tmp_path):
    words = {"warning": "يحذر", "aid": "يقدم مساعدات"}
    rows = [
        {"id": f"{kind}-{number}", "text": f"الوزير {words.get(kind, 'يزور')} {number * 7 + 1000}",
         "acts": [kind] if kind in words else [], "fold": number % 3}
        for kind in (*words, "none")
        for number in range(9)
    ]  # fmt: skip
    path = tmp_path / "acts.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    config = ClassifierConfig(
        "statement", "encoder", str(tmp_path), [Source(str(path), "all", label="acts", fold="fold")], None, folds=3,
    )  # fmt: skip
    (tmp_path / "train_config.json").write_text(json.dumps(asdict(config)), encoding="utf-8")
    taken, _ = turns(config, read_training_data(config, tmp_path))
    truth = np.array([[label in row.labels for label in config.labels] for row in taken])
    # no logit reaches one half: only a threshold of the other rows tells them apart
    np.savez(
        tmp_path / "out_of_fold.npz", ids=np.array([row.id for row in taken]), logits=np.where(truth, -2.0, -6.0),
        truth=truth, labels=np.array(config.labels),
    )  # fmt: skip
    report = evaluate_out_of_fold(tmp_path, tmp_path)
    assert report.scores["model"]["micro_f1"].value == pytest.approx(1)
    assert any("thresholds come of the next fold" in note for note in report.notes)
