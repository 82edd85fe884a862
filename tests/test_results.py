"""Results: frozen, equal by value, and plain JSON as they are written."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle

import pytest

from tasrih.results import Document, Prediction, Span, Stance, Statement, Summary, Window

TEXT = "قال الوزير إنه يدعم الاتفاق."
DOCUMENT = Document(
    TEXT,
    Prediction("sport", 0.5, {"sport": 0.5, "health": 0.5}, ("sport",), windows=(Window(0, 5, {"sport": 0.5}),)),
    (
        Statement(
            TEXT, 0, len(TEXT), ("endorsement",), {"endorsement": 0.9}, speaker=Span("الوزير", 4, 10),
            stances=(Stance(Span("الاتفاق", 20, 27), "favor", 0.8),),
        ),
    ),
    Summary("الوزير يدعم الاتفاق", "extractive", sources=(Span(TEXT, 0, len(TEXT)),), score=0.75),
)  # fmt: skip


def test_a_document_as_a_dictionary():
    assert DOCUMENT.to_dict() == {
        "text": TEXT,
        "topic": {
            "label": "sport", "score": 0.5, "scores": {"sport": 0.5, "health": 0.5}, "labels": ["sport"],
            "conditional": None, "abstained": False, "reason": None,
            "windows": [{"start": 0, "end": 5, "scores": {"sport": 0.5}}],
        },
        "statements": [
            {
                "text": TEXT, "start": 0, "end": 28, "tags": ["endorsement"], "scores": {"endorsement": 0.9},
                "conditional": False, "speaker": {"text": "الوزير", "start": 4, "end": 10}, "speaker_inferred": False,
                "stances": [{"target": {"text": "الاتفاق", "start": 20, "end": 27}, "label": "favor", "score": 0.8}],
            }
        ],
        "summary": {
            "text": "الوزير يدعم الاتفاق", "method": "extractive", "supported": 1.0,
            "sources": [{"text": TEXT, "start": 0, "end": 28}], "reason": None, "score": 0.75,
        },
    }  # fmt: skip


@pytest.mark.parametrize("result", [DOCUMENT, DOCUMENT.topic, DOCUMENT.statements[0], DOCUMENT.summary, Document("")])
def test_dictionaries_survive_json_with_keys_in_the_order_of_the_fields(result):
    plain = result.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert list(plain) == [field.name for field in dataclasses.fields(result)]


def test_the_dictionary_is_the_callers_own():
    plain = DOCUMENT.to_dict()
    plain["topic"]["scores"]["sport"] = 0.0
    plain["statements"].clear()
    assert DOCUMENT.topic.scores["sport"] == 0.5
    assert len(DOCUMENT.statements) == 1


def test_the_example_holds_its_own_offsets():
    statement = DOCUMENT.statements[0]
    for span in (statement.speaker, statement.stances[0].target, *DOCUMENT.summary.sources):
        assert TEXT[span.start : span.end] == span.text


def test_results_are_frozen_and_slotted():
    with pytest.raises(dataclasses.FrozenInstanceError):
        DOCUMENT.text = "آخر"
    with pytest.raises((AttributeError, TypeError)):
        DOCUMENT.topic.extra = 1
    assert not hasattr(DOCUMENT, "__dict__")


def test_results_are_equal_by_value_and_pass_between_processes():
    assert copy.deepcopy(DOCUMENT) == DOCUMENT
    assert pickle.loads(pickle.dumps(DOCUMENT)) == DOCUMENT
    assert Document(TEXT) != DOCUMENT
    assert Span("ا", 0, 1) != Span("ا", 1, 2)


@pytest.mark.parametrize("result", [DOCUMENT, DOCUMENT.topic, DOCUMENT.statements[0], DOCUMENT.summary])
def test_notebooks_get_html_with_the_text_escaped(result):
    html = dataclasses.replace(result)._repr_html_()
    assert "<" in html and "</" in html
    hostile = Summary("<script>alert(1)</script>", "extractive")
    assert "<script>alert" not in hostile._repr_html_()
