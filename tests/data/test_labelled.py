"""Labelled rows: checked labels and offsets, mapped sets, and a draw that is the same every time."""

from __future__ import annotations

import json

import pytest

from tasrih.data.labelled import (
    LABEL_MAPS,
    MarkedSpan,
    Row,
    article_text,
    mapped,
    read_task,
    statement_stances,
    statements,
)
from tasrih.schemes import STANCE, TOPIC

TEXT = "رحب الوزير بالاتفاق ورفض العقوبات"


def sentence(**changes) -> dict:
    row = {
        "id": "s-1", "text": TEXT, "tags": ["endorsement", "rejection"], "conditional": False,
        "speaker": {"text": "الوزير", "start": 4, "end": 10},
        "stances": [
            {"target": {"text": "الاتفاق", "start": 12, "end": 19}, "stance": "favor"},
            {"target": {"text": "العقوبات", "start": 25, "end": 33}, "stance": "against"},
        ],
        "source": "paper",
    }  # fmt: skip
    return {**row, **changes}


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_statements_carry_tags_and_spans(tmp_path):
    path = write(
        tmp_path / "train.jsonl", [sentence(), sentence(id="s-2", tags=[], speaker=None, stances=[], conditional=True)]
    )
    first, second = statements(path)
    assert first == Row(
        "s-1", TEXT, ("endorsement", "rejection"), source="paper",
        spans=(MarkedSpan(4, 10, "speaker"), MarkedSpan(12, 19, "favor"), MarkedSpan(25, 33, "against")),
    )  # fmt: skip
    assert (second.labels, second.spans) == (("conditional",), ())


def test_stances_of_statements_become_pairs(tmp_path):
    path = write(tmp_path / "train.jsonl", [sentence(), sentence(id="s-2", stances=[])])
    rows = list(statement_stances(path))
    assert [(row.id, row.target, row.labels) for row in rows] == [
        ("s-1#0", "الاتفاق", ("favor",)),
        ("s-1#1", "العقوبات", ("against",)),
    ]
    assert all(row.text == TEXT and row.text[row.spans[0].start : row.spans[0].end] == row.target for row in rows)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"tags": ["praise"]},
            r"train\.jsonl, s-1: unknown label 'praise': choose from security_support, aid, .*denial",
        ),
        (
            {"speaker": {"text": "الوزير", "start": 5, "end": 11}},
            r"train\.jsonl, s-1: the text at 5:11 is not 'الوزير'",
        ),
        (
            {"stances": [{"target": {"text": "الاتفاق", "start": 0, "end": 7}, "stance": "favor"}]},
            r"s-1: the text at 0:7 is not 'الاتفاق'",
        ),
    ],
)
def test_wrong_statements_are_refused_by_name(tmp_path, changes, message):
    path = write(tmp_path / "train.jsonl", [sentence(**changes)])
    with pytest.raises(ValueError, match=message):
        list(statements(path))


def test_an_unknown_stance_is_refused(tmp_path):
    stances = [{"target": {"text": "الاتفاق", "start": 12, "end": 19}, "stance": "agree"}]
    path = write(tmp_path / "train.jsonl", [sentence(stances=stances)])
    with pytest.raises(ValueError, match=r"s-1: unknown label 'agree': choose from favor, against, neutral"):
        list(statements(path))


def test_a_headline_stands_on_a_line_of_its_own():
    assert article_text({"title": "عنوان", "text": "نص"}) == "عنوان\nنص"
    assert article_text({"title": None, "text": "نص"}) == article_text({"text": "نص"}) == "نص"


def test_labels_are_mapped_and_rows_without_a_counterpart_left_out(tmp_path):
    folder = tmp_path / "topic" / "ant"
    rows = [
        {"id": "1", "text": "نص", "label": "economy", "title": "عنوان"},
        {"id": "2", "text": "نص", "label": "society_and_more"},
        {"id": "3", "text": "نص", "label": "sport"},
    ]
    write(folder / "train.jsonl", rows)
    assert list(mapped(folder, "train", TOPIC)) == [
        Row("1", "عنوان\nنص", ("economy_business",)),
        Row("3", "نص", ("sport",)),
    ]


def test_a_set_without_a_map_has_the_schemes_own_labels(tmp_path):
    folder = tmp_path / "topic_iptc"
    write(folder / "test.jsonl", [{"id": "1", "text": "نص", "label": "health", "second": "society", "source": "paper"}])
    assert list(mapped(folder, "test", TOPIC)) == [Row("1", "نص", ("health",), other=("society",), source="paper")]
    write(folder / "validation.jsonl", [{"id": "5", "text": "نص", "label": "health", "second": "Tech"}])
    with pytest.raises(ValueError, match=r"validation\.jsonl, 5: unknown label 'Tech'"):
        list(mapped(folder, "validation", TOPIC))
    write(folder / "train.jsonl", [{"id": "7", "text": "نص", "label": "Medical"}])
    with pytest.raises(
        ValueError, match=r"train\.jsonl, 7: unknown label 'Medical': choose from arts_culture_media.*weather"
    ):
        list(mapped(folder, "train", TOPIC))


def test_targets_that_are_slugs_get_their_arabic_names(tmp_path):
    folder = tmp_path / "stance" / "arabicstancex"
    write(
        folder / "train.jsonl",
        [
            {"id": "1", "text": "نص", "label": "none", "target": "Neom"},
            {"id": "2", "text": "نص", "label": "against", "target": "السياحة"},
        ],
    )
    rows = list(mapped(folder, "train", STANCE))
    assert [(row.target, row.labels) for row in rows] == [("نيوم", ("neutral",)), ("السياحة", ("against",))]


def test_every_map_leads_to_labels_of_its_scheme():
    for name, labels in LABEL_MAPS.items():
        scheme = {"topic": TOPIC, "stance": STANCE}[name.split("/")[0]]
        assert set(labels.values()) <= set(scheme.names)


def test_a_limit_draws_the_same_rows_whatever_their_order(tmp_path):
    rows = [{"id": f"id-{number}", "text": "نص", "label": "sport"} for number in range(100)]
    write(tmp_path / "one" / "train.jsonl", rows)
    write(tmp_path / "two" / "train.jsonl", rows[::-1])
    one = [row.id for row in mapped(tmp_path / "one", "train", TOPIC, limit=10)]
    assert len(set(one)) == 10
    assert one == [row.id for row in mapped(tmp_path / "two", "train", TOPIC, limit=10)]
    assert one == [row.id for row in mapped(tmp_path / "one", "train", TOPIC, limit=20)][:10]
    assert one != [row["id"] for row in rows[:10]]
    assert len(list(mapped(tmp_path / "one", "train", TOPIC, limit=1000))) == 100


def test_tasks_find_their_reader(tmp_path):
    write(tmp_path / "statements" / "test.jsonl", [sentence(id=f"s-{number}") for number in range(5)])
    write(tmp_path / "stance" / "ans" / "test.jsonl", [{"id": "1", "text": "نص", "label": "disagree", "target": "هدف"}])
    write(tmp_path / "topic_iptc" / "test.jsonl", [{"id": "1", "text": "نص", "label": "sport"}])
    assert [row.labels for row in read_task(tmp_path, "statement", "statements", "test")] == [
        ("endorsement", "rejection")
    ] * 5
    assert len(read_task(tmp_path, "stance", "statements", "test")) == 10
    assert read_task(tmp_path, "stance", "stance/ans", "test") == [Row("1", "نص", ("against",), target="هدف")]
    assert read_task(tmp_path, "topic", "topic_iptc", "test") == [Row("1", "نص", ("sport",))]


@pytest.mark.parametrize("task", ["statement", "stance"])
def test_a_limit_holds_for_statements_too(tmp_path, task):
    write(tmp_path / "statements" / "train.jsonl", [sentence(id=f"s-{number}") for number in range(20)])
    drawn = read_task(tmp_path, task, "statements", "train", limit=3)
    assert len(drawn) == 3
    assert drawn == read_task(tmp_path, task, "statements", "train", limit=6)[:3]


def test_an_unknown_task_or_split_is_refused(tmp_path):
    write(tmp_path / "topic_iptc" / "test.jsonl", [])
    with pytest.raises(ValueError, match="unknown task 'topics': choose from statement, stance, topic"):
        read_task(tmp_path, "topics", "topic_iptc", "test")
    with pytest.raises(FileNotFoundError, match=r"no train\.jsonl"):
        read_task(tmp_path, "topic", "topic_iptc", "train")
