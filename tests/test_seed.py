"""The seed article against its reference annotation, sentence by sentence, as `tasrih read` gives it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tasrih

SEEDS = Path(__file__).parent.parent / "seeds"


@pytest.fixture(scope="module")
def article() -> str:
    return (SEEDS / "nato_wales_summit_2014.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reference() -> list[dict]:
    return json.loads((SEEDS / "nato_wales_summit_2014.json").read_text(encoding="utf-8"))["statements"]


@pytest.fixture(scope="module")
def document(article):
    return tasrih.read(article)


def test_the_reference_fits_the_article(article, reference):
    assert article.count('"') == 23 and len(reference) == 13
    for row in reference:
        for span in [row, row["speaker"], *(stance["target"] for stance in row["stances"])]:
            assert span is None or article[span["start"] : span["end"]] == span["text"]
        assert set(row["tags"]) <= set(tasrih.load("statement").labels)


def test_the_sentences_are_those_of_the_reference(document, reference):
    assert [(found.start, found.end) for found in document.statements] == [
        (row["start"], row["end"]) for row in reference
    ]


@pytest.mark.parametrize(
    ("number", "act"),
    [
        (1, "security_support"),
        (2, "security_support"),
        (5, "security_support"),
        (8, "endorsement"),
        (13, "call"),
    ],
)
def test_the_acts_that_the_article_is_known_for_are_found(document, reference, number, act):
    assert act in reference[number - 1]["tags"]
    assert act in document.statements[number - 1].tags


@pytest.mark.parametrize("number", [1, 2, 5])
def test_the_offers_are_conditional(document, number):
    assert document.statements[number - 1].conditional


def test_most_sentences_share_an_act_with_the_reference(document, reference):
    agreeing = [
        bool(set(found.tags) & set(row["tags"])) or not (found.tags or row["tags"])
        for found, row in zip(document.statements, reference, strict=True)
    ]
    assert sum(agreeing) >= 8, agreeing


def test_speakers_are_named_where_they_stand_and_inferred_where_they_do_not(document, reference):
    for found, row in zip(document.statements, reference, strict=True):
        if not found.tags:
            continue
        if row["speaker"] is None:
            assert found.speaker is None or found.speaker_inferred
        else:
            assert (found.speaker.text, found.speaker_inferred) == (row["speaker"]["text"], False)


def test_russia_is_stood_against(document):
    stances = {stance.target.text: stance.label for stance in document.statements[12].stances}
    assert stances.get("روسيا") == "against"


def test_topic_and_summary(document):
    assert document.topic.label in ("conflict_war_peace", "politics_government")
    assert 3 <= len(document.summary.text.split()) <= 14
    assert document.summary.supported == 1.0


@pytest.mark.data
def test_its_sentences_are_in_no_training_set(reference):
    from tasrih.data.corpus import data_root, read_rows
    from tasrih.data.guard import fingerprint

    root = data_root()
    if not root.is_dir():
        pytest.skip(f"no data root at {root}: set TASRIH_DATA")
    seed = {fingerprint(row["text"]) for row in reference}
    for name in ("statements/train.jsonl", "statements/train_written.jsonl", "statements/validation.jsonl"):
        assert not any(fingerprint(row["text"]) in seed for row in read_rows(root / name))
