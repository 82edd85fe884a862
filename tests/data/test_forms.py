"""Rows brought into the form of their task: columns by any name, tables with lists in cells, labels mapped."""

from __future__ import annotations

import json

import pytest

from tasrih.data.forms import FORMS, conform, guess_task

TEXT = "رحب الوزير بالاتفاق"
SPEAKER = {"text": "الوزير", "start": 4, "end": 10}
STANCES = [{"target": {"text": "الاتفاق", "start": 12, "end": 19}, "stance": "favor"}]


@pytest.mark.parametrize(
    ("row", "task"),
    [
        ({"text": "نص", "tags": []}, "statement"),
        ({"text": "نص", "label": "sport"}, "topic"),
        ({"text": "نص", "label": "رياضة"}, "label"),
        ({"content": "نص", "category": "sport"}, "topic"),
        ({"text": "نص", "target": "هدف", "label": "favor"}, "stance"),
        ({"text": "نص", "target": "هدف", "label": "entailment"}, "pair"),
        ({"text": "نص", "summaries": [], "category": "art"}, "summary"),
        ({"text": "نص", "title": "عنوان"}, "text"),
    ],
)
def test_the_task_is_told_by_columns_and_labels(row, task):
    assert guess_task([row]) == task


def test_a_table_and_json_give_the_same_statement():
    told = {
        "id": "s-1",
        "text": TEXT,
        "tags": ["endorsement", "call"],
        "conditional": True,
        "speaker": SPEAKER,
        "stances": STANCES,
    }
    cells = {
        "id": "s-1", "text": TEXT, "tags": "endorsement| call", "conditional": "True",
        "speaker": json.dumps(SPEAKER), "stances": json.dumps(STANCES),
    }  # fmt: skip
    (from_json,), found = conform([told], FORMS["statement"], "train")
    (from_table,), also = conform([cells], FORMS["statement"], "train")
    assert found == also == []
    assert from_json == from_table == {**told, "source": None}
    (bare,), _ = conform([{"text": TEXT, "tags": '["call"]'}], FORMS["statement"], "train")
    assert (bare["id"], bare["tags"], bare["conditional"], bare["speaker"], bare["stances"]) == (
        "row 1",
        ["call"],
        False,
        None,
        [],
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tags": "praise"}, "unknown tag 'praise': choose from security_support"),
        ({"conditional": "maybe"}, "conditional is 'maybe': give true or false"),
        ({"speaker": {**SPEAKER, "start": 5}}, "offsets of a speaker or target do not give its text"),
        ({"speaker": {"text": "الوزير"}}, "not the form"),
        ({"stances": [{**STANCES[0], "stance": "agree"}]}, "unknown stance 'agree'"),
        ({"stances": "[{"}, "not JSON"),
        ({"text": 7}, "the text is no string"),
    ],
)
def test_a_statement_that_does_not_fit_is_left_out_and_named(change, message):
    row = {"id": "s-1", "text": TEXT, "tags": ["call"], "speaker": SPEAKER, "stances": STANCES, **change}
    rows, (found,) = conform([row, {"id": "s-2", "text": TEXT, "tags": []}], FORMS["statement"], "train")
    assert [row["id"] for row in rows] == ["s-2"]
    assert (found.level, found.count, found.examples) == ("error", 1, ("s-1",)) and message in found.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": 3}, "the label is a number"),
        ({"label": " "}, "the label is empty"),
        ({"label": None}, "the label is empty"),
        ({"label": "agree"}, "unknown stance label 'agree': choose from favor, against, neutral"),
        ({"target": ""}, "the target is empty"),
    ],
)
def test_a_pair_that_does_not_fit_is_named(change, message):
    rows, (found,) = conform([{"text": TEXT, "target": "الاتفاق", "label": "favor", **change}], FORMS["stance"], "test")
    assert rows == [] and found.level == "error" and message in found.message


def test_labels_are_mapped_and_the_rest_counted():
    source = [{"text": "أ", "label": "Sports"}, {"text": "ب", "label": "Beauty"}, {"text": "ج", "label": "Beauty"}]
    rows, (found,) = conform(source, FORMS["topic"], "train", labels={"Sports": "sport"})
    assert [row["label"] for row in rows] == ["sport"]
    assert (found.level, found.count) == ("note", 2) and "Beauty 2" in found.message


def test_columns_by_other_names_are_found_or_given():
    rows, (note, also) = conform([{"body": "نص", "category": "sport"}], FORMS["topic"], "train")
    assert (rows[0]["text"], rows[0]["label"]) == ("نص", "sport")
    assert {note.message, also.message} == {"column 'body' is read as text", "column 'category' is read as label"}
    rows, found = conform([{"خبر": "نص", "label": "sport"}], FORMS["topic"], "train", columns={"text": "خبر"})
    assert rows[0]["text"] == "نص" and found == []
    with pytest.raises(ValueError, match="no column 'x' to read as text: it has خبر"):
        conform([{"خبر": "نص"}], FORMS["text"], "train", columns={"text": "x"})


def test_two_columns_that_could_be_the_text_are_not_guessed_between():
    rows, found = conform([{"body": "نص", "tweet": "نص", "label": "sport"}], FORMS["topic"], "train")
    assert rows == [] and [f.level for f in found] == ["error"] and "topic needs text" in found[0].message


def test_missing_columns_and_empty_splits_are_errors():
    _, (found,) = conform([{"text": "نص"}], FORMS["summary"], "train")
    assert found.level == "error" and "title or summary or summaries" in found.message
    _, (found,) = conform([], FORMS["topic"], "train")
    assert found.level == "error" and found.message == "it has no rows"
