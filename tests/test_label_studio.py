"""Statements to Label Studio and back: nothing is lost on the way, and every offset holds."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from tasrih.data.labelled import MarkedSpan, statements
from tasrih.interchange import Article
from tasrih.label_studio import corrected, labelling_config, read_export, tasks, training_row
from tasrih.results import Document, Span, Stance, Statement
from tasrih.schemes import STATEMENT

#: Diacritics, tatweel, bidi marks, Persian letters, digits of both kinds, a line break, and emoji beyond the BMP.
FIRST = "😀 رحّـب وزيرُ الخارجية کمال بـ«الاتفاق» 🇸🇾 رقم ٣ و3،\nوحذر من خرقه إذا تأخر."
SECOND = "ودان\u200f الهجوم على ليبيا، فهل يُقبل؟"
TEXT = f"{FIRST} {SECOND}"


def span(part: str, last: bool = False) -> Span:
    at = TEXT.rindex(part) if last else TEXT.index(part)
    return Span(part, at, at + len(part))


def document() -> Document:
    first = Statement(
        FIRST, 0, len(FIRST), ("warning", "endorsement"), {"warning": 0.9, "endorsement": 0.6}, True,
        span("وزيرُ الخارجية کمال"), False,
        (Stance(span("خرقه"), "against", 0.8), Stance(span("الاتفاق"), "favor", 0.9)),
    )  # fmt: skip
    second = Statement(
        SECOND, len(FIRST) + 1, len(TEXT), ("condemnation",), {"condemnation": 0.7}, False,
        span("وزيرُ الخارجية کمال"), True, (Stance(span("ليبيا"), "neutral", 0.5),),
    )  # fmt: skip
    third = Statement("", len(TEXT), len(TEXT))
    return Document(TEXT, statements=(first, second, third)[:2])


ARTICLE = Article("a-1", TEXT, "2015-07-21", "صحيفة")


def accepted(**changes) -> list[dict]:
    """What Label Studio exports where an annotator accepts every pre-annotation."""
    made = []
    for number, task in enumerate(tasks(ARTICLE, document())):
        annotation = {"id": number, "result": task["predictions"][0]["result"], "was_cancelled": False, **changes}
        made.append({"id": 100 + number, "data": task["data"], "annotations": [annotation], "predictions": []})
    return json.loads(json.dumps(made))


def marked(start: int, end: int, text: str | None, *labels: str) -> dict:
    value = {"start": start, "end": end, "labels": list(labels)}
    return {
        "from_name": "spans",
        "to_name": "text",
        "type": "labels",
        "value": value if text is None else {**value, "text": text},
    }


def chosen(name: str, *choices: str) -> dict:
    return {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": list(choices)}}


def corrected_row(result: list[dict], text: str = FIRST):
    (found,) = corrected([{"id": 1, "data": {"id": "x", "text": text}, "annotations": [{"result": result}]}])
    return found


def test_the_round_trip_gives_the_rows_of_the_document(tmp_path):
    rows = [training_row(said, f"a-1-{n}", "صحيفة") for n, said in enumerate(document().statements, 1)]
    back = list(corrected(accepted()))
    assert [found.fault for found in back] == [None, None]
    assert [found.row for found in back] == rows

    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    first, second = statements(path)
    assert first.labels == ("endorsement", "warning", "conditional") and second.labels == ("condemnation",)
    assert [(FIRST[s.start : s.end], s.label) for s in first.spans] == [
        ("وزيرُ الخارجية کمال", "speaker"), ("الاتفاق", "favor"), ("خرقه", "against"),
    ]  # fmt: skip
    at = SECOND.index("ليبيا")
    assert second.spans == (MarkedSpan(at, at + 5, "neutral"),), "a speaker of an earlier sentence is none of this one"


def test_tasks_carry_what_label_studio_needs():
    first, second = tasks(ARTICLE, document(), model="m")
    names = {element.get("name") for element in ElementTree.fromstring(labelling_config())}
    for task in (first, second):
        (prediction,) = task["predictions"]
        assert prediction["model_version"] == "m" and len({item["id"] for item in prediction["result"]}) == len(
            prediction["result"]
        )
        for item in prediction["result"]:
            assert {item["from_name"], item["to_name"]} <= names and item["type"] in ("labels", "choices")
            value = item["value"]
            if item["type"] == "labels":
                # code points, as Label Studio counts them: emoji before the span count one each
                assert task["data"]["text"][value["start"] : value["end"]] == value["text"]
    assert first["predictions"][0]["score"] == 0.6
    assert first["data"]["context"] == "—" and second["data"]["context"] == FIRST
    assert TEXT[second["data"]["start"] : second["data"]["end"]] == SECOND


def test_the_interface_offers_every_label_by_both_names():
    view = ElementTree.fromstring(labelling_config())
    choices = view.findall("Choices[@name='tags']/Choice")
    assert [choice.get("alias") for choice in choices] == list(STATEMENT.names)
    assert [choice.get("value").split(" (")[0] for choice in choices] == [label.arabic for label in STATEMENT.labels]
    assert [choice.get("alias") for choice in view.findall("Choices[@name='conditional']/Choice")] == ["conditional"]
    labels = view.findall("Labels/Label")
    assert [label.get("alias") for label in labels] == ["speaker", "favor", "against", "neutral"]
    assert len({label.get("background") for label in labels}) == 4


def test_corrections_replace_what_the_model_said():
    at = FIRST.index("الاتفاق")
    found = corrected_row([marked(at, at + 7, "الاتفاق", "neutral"), chosen("tags", "call")])
    assert found.row["tags"] == ["call"] and not found.row["conditional"] and found.row["speaker"] is None
    assert found.row["stances"] == [{"target": {"text": "الاتفاق", "start": at, "end": at + 7}, "stance": "neutral"}]
    # names as they are shown, which some tools write in place of aliases
    assert corrected_row([chosen("tags", "دعوة (call)")]).row["tags"] == ["call"]
    assert corrected_row([]).row["tags"] == []


def test_offsets_in_utf16_units_and_ragged_selections_are_mended():
    at = FIRST.index("الاتفاق")
    units = len(FIRST[:at].encode("utf-16-le")) // 2
    assert units == at + 1
    expected = {"text": "الاتفاق", "start": at, "end": at + 7}
    for start, end, said in (
        (at, at + 7, None), (units, units + 7, "الاتفاق"), (at + 3, at + 9, "الاتفاق"),
    ):  # fmt: skip
        assert corrected_row([marked(start, end, said, "favor")]).row["stances"][0]["target"] == expected
    word = FIRST.index("خرقه")
    (stance,) = corrected_row([marked(word - 1, word + 5, " خرقه ", "favor")]).row["stances"]
    assert stance["target"] == {"text": "خرقه", "start": word, "end": word + 4}
    line = FIRST.index("3،")
    (stance,) = corrected_row([marked(line, line + 7, "3،\\nوحذر", "favor")]).row["stances"]
    assert stance["target"]["text"] == "3،\nوحذر"


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        ([chosen("tags", "praise")], "unknown label 'praise': choose from security_support"),
        ([marked(0, 3, None, "actor")], "unknown label 'actor': choose from speaker, favor, against, neutral"),
        ([marked(2, 6, None, "speaker"), marked(8, 12, None, "speaker")], "several speakers"),
        ([marked(2, 5, "كلام آخر", "favor")], "the span 2:5 is not 'كلام آخر' in the text"),
        ([marked(1, 2, None, "favor")], "mark it again"),
        ([{"from_name": "spans", "value": {"labels": ["favor"]}}], "a span has no offsets"),
    ],
)
def test_a_fault_names_the_task_and_leaves_the_others(result, fault):
    found = corrected_row(result)
    assert found.task == "x" and found.row is None and fault in found.fault


@pytest.mark.parametrize("odd", [True, -1, 1.5, "x", {"a": 1}, [1], [None], ["x", 2], [[]], float("inf")])
@pytest.mark.parametrize("place", ["annotations", "result", "value", "choices", "labels", "start"])
def test_values_of_other_kinds_are_faults_of_their_task(place, odd):
    good = {"id": 2, "data": {"id": "y", "text": FIRST}, "annotations": [{"result": []}]}
    tags, target = chosen("tags", "call"), marked(2, 5, None, "favor")
    task = {"id": 1, "data": {"id": "x", "text": FIRST}, "annotations": [{"result": [tags, target]}]}
    holders = {"annotations": task, "result": task["annotations"][0], "value": tags, "choices": tags["value"]}
    holders.get(place, target["value"])[place] = odd
    first, second = corrected([task, good])
    assert second.row is not None
    # Python takes some for numbers
    assert (first.task == "x" and first.row is None and first.fault) or (place == "start" and odd in (True, -1, 1.5)) or (
        place == "value" and odd == {"a": 1}
    )


def test_tasks_that_nobody_annotated_are_left_out_and_the_right_annotation_counts():
    assert list(corrected(accepted(was_cancelled=True))) == []
    task = accepted()[0]
    task["annotations"] = [
        {"result": [chosen("tags", "aid")], "updated_at": "2026-01-03"},
        {"result": [chosen("tags", "call")], "updated_at": "2026-01-02", "ground_truth": True},
        {"result": [chosen("tags", "denial")], "updated_at": "2026-01-09", "was_cancelled": True},
    ]
    assert [found.row["tags"] for found in corrected([task])] == [["call"]]
    del task["annotations"][1]["ground_truth"]
    assert [found.row["tags"] for found in corrected([task])] == [["aid"]]
    assert list(corrected([{"id": 1, "data": {"text": "نص"}}])) == []


def test_only_a_full_export_is_read(tmp_path):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(accepted()), encoding="utf-8")
    assert read_export(path) == accepted()
    for content, message in (
        ('{"id": 1}', "no list of tasks"),
        ('[{"text": "JSON-MIN"}]', "not JSON-MIN"),
        ("[", "line 1: not JSON"),
    ):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            read_export(path)
