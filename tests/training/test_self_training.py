"""What teachers say of unlabelled texts: drawn past the guard, mixed in logits, and learnt from."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tasrih.data.corpus import read_rows
from tasrih.data.labelled import read_task
from tasrih.data.labelled_source import Source
from tasrih.data.standoff import read_standoff
from tasrih.models.classifier import Classifier
from tasrih.training.self_training import SelfTrainingConfig, self_train

CORPUS = "saudinewsnet.jsonl.xz"


@pytest.fixture(scope="module")
def teachers(statement_model):
    return [str(statement_model[0])]


def config(path, names, **changes) -> SelfTrainingConfig:
    return replace(
        SelfTrainingConfig(
            "statement", str(path / "taught.standoff.jsonl"), names, [Source("statements")],
            Source("statements", "validation"), [CORPUS], texts=60, per_article=2, shortest=20,
        ),
        **changes,
    )  # fmt: skip


@pytest.fixture(scope="module")
def taught(teachers, world, tmp_path_factory):
    run = config(tmp_path_factory.mktemp("taught"), teachers)
    return run, self_train(run, world.root)


def test_the_file_holds_probabilities_and_no_text(taught, world):
    run, result = taught
    lines = list(read_rows(run.output))
    assert len(lines) == result["texts"] == 60
    assert all(set(line) == {"corpus", "article", "start", "end", "print", "labels", "soft"} for line in lines)
    assert max(np.unique([line["article"] for line in lines], return_counts=True)[1]) <= 2
    rows = list(read_standoff(run.output, "statement", world.root))
    for row in rows:
        assert set(row.labels) == {label for label, value in row.soft.items() if value >= 0.5}
        assert row.spans is None
    assert result["expected"]["warning"] == pytest.approx(sum(row.soft["warning"] for row in rows), abs=0.1)
    assert json.loads(open(f"{run.output}.json").read()) == result


def test_what_it_was_made_of_is_stored_beside_it(taught):
    run, _ = taught
    stored = json.loads(open(f"{run.output}.run.json").read())
    settings = json.loads(open(f"{run.output}.config.json").read())
    assert (settings["task"], settings["teachers"], settings["seed"]) == (run.task, run.teachers, run.seed)
    assert stored["versions"]["torch"] and "git_commit" in stored and stored["seeds"] == [1]
    assert [part["name"] for part in stored["data"]] == ["statements", "statements", CORPUS]
    assert [part.get("removed_by_guard") for part in stored["data"]] == [0, 1, None]
    assert all(len(part["sha256"]) == 64 for part in stored["data"])


def test_one_teacher_is_repeated_as_it_is(taught, teachers, world):
    rows = list(read_standoff(taught[0].output, "statement", world.root))
    teacher = Classifier.from_pretrained(teachers[0], device="cpu")
    for row, said in zip(rows[:10], teacher.predict([row.text for row in rows[:10]]), strict=True):
        assert {label: row.soft[label] for label in said.scores} == pytest.approx(said.scores, abs=2e-3)


def test_two_teachers_meet_in_their_logits(teachers, world, tmp_path):
    # enough texts that the surest of tiny models is unsure of some
    alone = config(tmp_path, ["tfidf"], texts=400, per_article=12)

    def said_by(names: list[str]) -> dict:
        self_train(replace(alone, teachers=names), world.root)
        return {row.id: row for row in read_standoff(alone.output, "statement", world.root)}

    first, second, together = (said_by(names) for names in (teachers, ["tfidf"], [*teachers, "tfidf"]))
    assert first.keys() == second.keys()  # the same seed draws the same texts

    def logit(row, label):
        return np.log(row.soft[label] / (1 - row.soft[label]))

    compared = 0
    for row in together.values():
        for label in row.soft:
            both = first[row.id], second[row.id]
            if all(0.02 < each.soft[label] < 0.98 for each in both):  # four digits are stored
                mean = (logit(both[0], label) + logit(both[1], label)) / 2
                assert logit(row, label) == pytest.approx(mean, abs=0.02)
                compared += 1
    assert compared > 40


def test_held_out_and_labelled_texts_are_not_drawn(teachers, world, tmp_path):
    everything = config(tmp_path, teachers, texts=10_000, per_article=50)
    assert self_train(everything, world.root)["removed_by_guard"] == world.planted["corpus"]
    rows = list(read_standoff(everything.output, "statement", world.root))
    ids = {row.id.partition("@")[0] for row in rows}
    assert not ids & {"saudinewsnet:planted", "held:listed"}
    texts = {row.text for row in rows}
    # a sentence that is labelled already is not asked about again
    labelled = config(tmp_path, teachers, texts=10_000, per_article=50, train=[Source(everything.output)])
    with pytest.raises(ValueError, match="no text of saudinewsnet"):
        self_train(labelled, world.root)
    assert len(texts) > 100


def test_topics_are_of_whole_articles_and_kept_where_sure(topic_model, world, tmp_path):
    def run(**changes):
        settings = SelfTrainingConfig(
            "topic", str(tmp_path / "topics.standoff.jsonl"), [str(topic_model[0]), "tfidf"], [Source("topic_iptc")],
            Source("topic_iptc", "validation"), [CORPUS], texts=30,
        )  # fmt: skip
        self_train(replace(settings, **changes), world.root)
        return list(read_standoff(settings.output, "topic", world.root))

    rows, sure = run(), run(sure_from=0.95)
    assert len(rows) == 30 > len(sure) > 0
    assert {row.id for row in sure} <= {row.id for row in rows}
    assert all(row.soft is None and len(row.labels) == 1 and "\n" in row.text for row in rows)


def test_a_recipe_learns_from_them(taught, pretrained, world, tmp_path):
    from tasrih.training.classification import ClassifierConfig, train_classifier

    train = [Source("statements"), Source(taught[0].output, folded=False)]
    result = train_classifier(
        ClassifierConfig(
            "statement", str(pretrained[0]), str(tmp_path / "student"), train, Source("statements", "validation"),
            metric="micro_f1", epochs=1, bf16=False, max_length=48, batch_size=16,
        ),
        world.root,
    )  # fmt: skip
    assert result["train_rows"] == len(read_task(world.root, "statement", "statements", "train")) - 1 + 60


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "stance"}, "task must be statement or topic"),
        ({"output": "taught.jsonl"}, "output must end in"),
        ({"teachers": []}, "teachers must name at least one"),
        ({"texts": 0}, "texts must be 1 at least"),
        ({"longest": 10}, "longest 10 must be more than shortest 20"),
        ({"sure_from": 0.5}, "sure_from is for one label a text"),
        ({"sure_from": 1.0}, "sure_from must lie between"),
    ],
)
def test_settings_that_cannot_be_are_named(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        config(tmp_path, ["tfidf"], **changes)


def test_a_teacher_of_another_task_is_refused(topic_model, world, tmp_path):
    with pytest.raises(ValueError, match="has other labels"):
        self_train(config(tmp_path, [str(topic_model[0])]), world.root)
