"""Lines for other programs: a tab between two fields and nowhere else, whatever the texts hold."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from tasrih.render.plain import document_fields, explanation_fields, line, prediction_fields, printable, summary_fields
from tasrih.results import Document, Explanation, Prediction, Span, Stance, Statement, Summary, Word

TOPIC = Prediction("sport", 0.91, {"sport": 0.91, "health": 0.05}, ("sport",))


def test_a_document_is_told_line_by_line():
    statement = Statement(
        "حذر\tالوزير\nإيران", 0, 17, ("warning", "call"), {"warning": 0.9, "call": 0.5}, True, Span("الوزير", 4, 10),
        True, (Stance(Span("إيران", 12, 17), "against", 0.9), Stance(Span("الوزير", 4, 10), "neutral", 0.5)),
    )  # fmt: skip
    document = Document("حذر\tالوزير\nإيران", TOPIC, (statement, Statement("نص", 0, 2)), Summary("نص", "source", 1.0))
    assert list(map(line, document_fields(document))) == [
        "topic\tsport\t0.9100\t\t",
        "summary\tsource\t1.0000\t\tنص",
        "statement\t1\twarning|call\tconditional\tالوزير\tinferred\tagainst:إيران|neutral:الوزير\tحذر الوزير إيران",
        "statement\t2\t\t\t\t\t\tنص",
    ]


def test_no_answer_has_its_reason_and_tags_their_probabilities():
    none = Prediction(None, 0.2, {"sport": 0.2}, abstained=True, reason="no Arabic")
    assert list(prediction_fields(none, "topic")) == [("topic", "", "", "", "no Arabic")]
    tags = Prediction("aid", 0.9, {"aid": 0.9, "call": 0.45}, ("aid", "call"), conditional=True)
    assert list(prediction_fields(tags, "statement")) == [("tags", "aid|call", "0.9000|0.4500", "conditional", "")]
    assert list(prediction_fields(Prediction("x", 0.5, {}), "topic")) == [("topic", "x", "0.5000", "", "")]


def test_an_explanation_is_told_word_by_word():
    told = Explanation("فاز ثم", "sport", 0.9, (Word("فاز", 0, 3, 0.4), Word("ثم", 4, 6, -0.15)))
    assert list(explanation_fields(told)) == [
        ("explanation", "sport", "0.9000", "occlusion", ""),
        ("word", "sport", "+0.4000", "0", "3", "فاز"),
        ("word", "sport", "-0.1500", "4", "6", "ثم"),
    ]
    (told,) = explanation_fields(Explanation("", "sport", 0.0, reason="no text"))
    assert told[-1] == "no text"


@given(st.text(st.characters(codec=None), max_size=60))
def test_a_line_is_one_line_and_its_fields_are_as_many(text):
    (fields,) = summary_fields(Summary(text, "extractive", 0.5))
    told = line(fields)
    told.encode("utf-8")
    assert len(told.split("\t")) == 5 and len(told.splitlines()) == 1


@given(st.text(st.characters(codec=None), max_size=60))
def test_what_is_printed_keeps_its_lines_and_holds_nothing_that_a_terminal_obeys(text):
    told = printable(text)
    told.encode("utf-8")
    assert len(told) == len(text) and told.replace("\r\n", "\n").split("\n") == told.replace("\r", "").split("\n")
    assert not [c for c in told.replace("\r\n", "") if unicodedata.category(c) == "Cc" and c not in "\t\n"]
