"""Reports: model and baselines side by side with their intervals, and sets of another task refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tasrih.data.labelled import read_task
from tasrih.evaluation.evaluate import Report, evaluate
from tasrih.evaluation.metrics import Interval


@pytest.fixture(scope="module")
def reports(world, exported_statement, topic_model, stance_model, exported_summary) -> dict[str, Report]:
    """A report of each task on the tiny sets."""
    return {
        "statement": evaluate(str(exported_statement), "statements", root=world.root),
        "topic": evaluate(str(topic_model[0]), "topic_iptc", root=world.root),
        "stance": evaluate(str(stance_model[0]), "stance/ans", root=world.root),
        "summary": evaluate(str(exported_summary), "summarisation/tiny", root=world.root),
    }


SYSTEMS = {
    "statement": ["model", "tfidf"],
    "topic": ["model", "tfidf", "majority"],
    "stance": ["model", "tfidf", "majority"],
    "summary": ["model", "extractive", "lead_1", "first_14_words"],
}
SIZES = {"statement": 84, "topic": 32, "stance": 36, "summary": 16}
TASKS = pytest.mark.parametrize("task", list(SYSTEMS))


@TASKS
def test_model_and_baselines_stand_side_by_side(reports, task):
    report = reports[task]
    assert list(report.scores) == SYSTEMS[task]
    assert report.size == SIZES[task]
    assert len({tuple(scores) for scores in report.scores.values()}) == 1  # the same scores for all
    assert list(report.difference) == list(report.scores["model"])
    assert report.command == f"tasrih evaluate {report.model} {report.data} --split test"


@TASKS
def test_intervals_hold_their_value(reports, task):
    for scores in reports[task].scores.values():
        for name, interval in scores.items():
            assert isinstance(interval, Interval)
            assert 0 <= interval.low <= interval.high <= 1, name
            assert interval.low - 1e-9 <= interval.value <= interval.high + 1e-9, name
    for interval in reports[task].difference.values():
        assert -1 <= interval.low <= interval.value <= interval.high <= 1


@TASKS
def test_the_difference_is_that_of_the_two_values(reports, task):
    report = reports[task]
    strongest = {"summary": "first_14_words"}.get(task, "tfidf")
    for name, interval in report.difference.items():
        expected = report.scores["model"][name].value - report.scores[strongest][name].value
        assert interval.value == pytest.approx(expected, abs=1e-9)


@TASKS
def test_a_report_is_json_and_a_table(reports, task):
    report = reports[task]
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["size"] == SIZES[task]
    first = next(iter(plain["scores"]["model"].values()))
    assert set(first) == {"value", "low", "high"}
    assert round(first["value"], 4) == first["value"]
    lines = report.table().splitlines()
    assert lines[0].endswith(f"{SIZES[task]} texts; 95 % bootstrap intervals")
    assert lines[1] == f"| score | {' | '.join(SYSTEMS[task])} | difference |"
    assert len(lines) == 3 + len(report.scores["model"]) + len(report.notes)
    assert all(line.count("|") == len(SYSTEMS[task]) + 3 for line in lines[1 : 3 + len(report.scores["model"])])


def test_scores_are_what_the_model_says(reports, world, topic_model):
    from tasrih.models.classifier import Classifier

    rows = read_task(world.root, "topic", "topic_iptc", "test")
    found = Classifier.from_pretrained(topic_model[0], device="cpu").predict([row.text for row in rows])
    right = np.mean([prediction.label == row.labels[0] for prediction, row in zip(found, rows, strict=True)])
    scores = reports["topic"].scores["model"]
    assert scores["accuracy"].value == pytest.approx(right)
    second = np.mean(
        [prediction.label in (row.labels[0], *row.other) for prediction, row in zip(found, rows, strict=True)]
    )
    assert scores["accuracy_with_second"].value == pytest.approx(second)
    assert scores["accuracy_with_second"].value >= scores["accuracy"].value
    assert reports["topic"].notes


def test_tasks_have_the_scores_that_belong_to_them(reports):
    assert {"micro_f1", "macro_f1", "exact", "endorsement", "conditional"} <= set(reports["statement"].scores["model"])
    assert set(reports["stance"].scores["model"]) == {"accuracy", "macro_f1"}
    assert set(reports["summary"].scores["model"]) == {"rouge_1", "rouge_2", "rouge_l"}
    assert reports["statement"].notes[0].startswith("positives: ")
    assert "supported words 1.0000" in reports["summary"].notes[0]


def test_baselines_learn(reports):
    for task in ("topic", "stance"):
        scores = reports[task].scores
        assert scores["tfidf"]["accuracy"].value > scores["majority"]["accuracy"].value
    assert reports["statement"].scores["tfidf"]["micro_f1"].value > 0.5


def test_another_split(world, topic_model):
    report = evaluate(str(topic_model[0]), "topic_iptc", "validation", root=world.root)
    assert (report.split, report.size) == ("validation", 32)


def test_stance_models_are_scored_on_the_stances_of_statements_too(world, stance_model):
    report = evaluate(str(stance_model[0]), "statements", root=world.root)
    assert report.size == 84
    assert list(report.scores) == ["model", "tfidf", "majority"]


@pytest.mark.parametrize(
    ("model", "data"),
    [
        ("statement", "topic_iptc"),
        ("statement", "stance/ans"),
        ("statement", "summarisation/tiny"),
        ("topic", "statements"),
        ("topic", "stance/ans"),
        ("stance", "topic_iptc"),
        ("summary", "statements"),
        ("summary", "stance/ans"),
        ("summary", "topic_iptc"),
    ],
)
def test_a_set_of_another_task_is_refused(
    world, statement_model, topic_model, stance_model, summary_model, model, data
):
    folder = {"statement": statement_model, "topic": topic_model, "stance": stance_model, "summary": summary_model}[
        model
    ][0]
    with pytest.raises(ValueError, match=f"{data} is a set for the task .*; .* does {model}"):
        evaluate(str(folder), data, root=world.root)


def test_what_is_not_there_is_named(world, topic_model, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no dev\.jsonl"):
        evaluate(str(topic_model[0]), "topic_iptc", "dev", root=world.root)
    with pytest.raises(ValueError, match="unknown model"):
        evaluate("no-such-model", "topic_iptc", root=world.root)
