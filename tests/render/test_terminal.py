from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from tasrih.render.terminal import clean, prediction_line, print_document, statement_lines, width_of
from tasrih.results import Document, Prediction, Span, Stance, Statement, Summary

FIRST = "أكَّدَ الوزير أن بلاده مستعدة لدعم ليبيا إذا طلبت ذلك."
SECOND = "وأدان الهجوم."
THIRD = "والجو " + "صحو " * 60 + "اليوم."
TEXT = f"{FIRST} {SECOND} {THIRD}"
OPENERS = "\u2066\u2067\u2068"


def span(words: str, text: str = TEXT) -> Span:
    return Span(words, text.index(words), text.index(words) + len(words))


def document(**changes) -> Document:
    where = [(TEXT.index(part), TEXT.index(part) + len(part)) for part in (FIRST, SECOND, THIRD)]
    statements = (
        Statement(
            FIRST, *where[0], ("security_support", "commitment"), {"security_support": 0.934, "commitment": 0.5}, True,
            span("الوزير"), False, (Stance(span("ليبيا"), "favor", 0.8),),
        ),
        Statement(
            SECOND, *where[1], ("condemnation",), {"condemnation": 0.7}, False, span("الوزير"), True,
            (Stance(span("الهجوم"), "against", 0.9),),
        ),
        Statement(THIRD, *where[2]),
    )  # fmt: skip
    parts = {
        "topic": Prediction("conflict_war_peace", 0.83, {"conflict_war_peace": 0.83}, ("conflict_war_peace",)),
        "statements": statements,
        "summary": Summary("الوزير مستعد لدعم ليبيا", "abstractive", 0.9),
    }
    return Document(TEXT, **(parts | changes))


def printed(value: Document, width: int = 100, encoding: str = "utf-8", **settings) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    print_document(value, Console(file=file, width=width, **settings))
    file.flush()
    return raw.getvalue().decode(encoding)


def test_how_sure_a_headline_is_whole_stands_beside_it():
    assert "سلامة صياغته" not in printed(document())
    assert "سلامة صياغته 0.64" in printed(document(summary=Summary("خبر", "extractive", score=0.64)))


def assert_balanced(line: str) -> None:
    depth = 0
    for char in line:
        depth += (char in OPENERS) - (char == "\u2069")
        assert 0 <= depth <= 1
    assert depth == 0


def bare(text: str) -> str:
    return re.sub("[\u2066-\u2069]", "", text)


@pytest.mark.parametrize("width", [12, 30, 60, 80, 100, 120, 200])
def test_lines_fill_no_more_than_the_width_and_are_isolated(width):
    for line in printed(document(), width).splitlines():
        assert_balanced(line)
        assert width_of(line) <= width
        assert cell_len(line) <= width


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_columns_run_from_right_to_left_and_end_at_the_right_edge(width):
    lines = bare(printed(document(), width)).splitlines()
    header = next(line for line in lines if "الجملة" in line)
    assert [cell.strip() for cell in header.split("│")] == ["المواقف", "المتكلم", "الوسوم", "الجملة", "#"]
    assert all(width_of(line) == width for line in lines if line)


def test_no_letter_stands_outside_an_isolate():
    for line in printed(document(), 100).splitlines():
        assert not re.search(r"\w", re.sub("[\u2067\u2068][^\u2069]*\u2069", "", line))


def test_what_is_said_of_a_statement_is_printed():
    shown = bare(printed(document(), 120))
    for words in (
        "نزاع وحرب وسلام 0.83 (conflict_war_peace)", "توليدي", "دعم أمني 0.93", "تعهّد 0.50", "[مشروط]", "إدانة 0.70",
        "+ ليبيا 0.80", "− الهجوم 0.90", "الوزير *", "* متكلم ذُكر في جملة سابقة",
    ):  # fmt: skip
        assert words in shown
    assert shown.index("دعم أمني") < shown.index("تعهّد")


def test_a_statement_without_tags_is_short_and_dim():
    shown = printed(document(), 100, force_terminal=True, color_system="standard")
    row = next(line for line in shown.splitlines() if "والجو" in line)
    assert "…" in row and "\x1b[2m" in row
    assert "اليوم." not in shown


def test_a_statement_with_a_stance_alone_is_whole():
    alone = Statement(THIRD, 0, len(THIRD), stances=(Stance(Span("الجو", 1, 5), "neutral", 0.6),))
    assert "اليوم." in printed(document(statements=(alone,)), 100)


def test_a_column_that_nothing_fills_is_left_out():
    shown = printed(document(statements=(Statement(SECOND, 0, len(SECOND), ("threat",), {"threat": 1.0}),)), 80)
    assert "المتكلم" not in shown and "الوسوم" in shown


def test_no_escape_codes_where_the_output_is_no_terminal():
    assert "\x1b" not in printed(document())


def test_letters_stay_in_logical_order_and_plain_form():
    joined = " ".join(bare(printed(document(), 200)).split())
    assert "مستعدة لدعم ليبيا" in joined
    assert not re.search("[\ufb50-\ufdff\ufe70-\ufefe]", joined)


def test_controls_and_bidi_marks_of_the_article_do_not_reach_the_terminal():
    nasty = "قال\x1b[31m\x07\x00 \x9b2J\u202eنعم\u2067 \u2069لا\u2028\ud800 [bold]x[/nope]\r\n\tثم\u200e"
    value = Document(nasty, statements=(Statement(nasty, 0, len(nasty), ("call",), {"call": 0.5}),))
    shown = printed(value, 80)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]", shown)
    assert "[bold]x[/nope]" in shown and "\ufffd" in shown
    for line in shown.splitlines():
        assert_balanced(line)


def test_marks_take_no_column_and_stay_with_their_letters():
    assert width_of("أكَّدَ") == width_of("أكد") == 3
    assert width_of("\u2067نعم\u2069") == 3
    assert width_of("漢") == 2
    word = "بَ" * 50
    lines = statement_lines(Document(word, statements=(Statement(word, 0, 100, ("aid",)),)), 40)
    assert not any(re.search("\u2067\u064e", line) for line in lines)


def test_a_document_without_statements_says_so_and_why():
    topic = Prediction(None, 0.2, {}, abstained=True, reason="the text is not Arabic")
    shown = bare(printed(Document("hello", topic=topic)))
    assert "لا جواب" in shown and "the text is not Arabic" in shown and "لا جمل" in shown


@pytest.mark.parametrize("encoding", ["ascii", "cp1256", "latin-1"])
def test_a_narrow_encoding_loses_letters_but_does_not_fail(encoding):
    assert "0.83" in printed(document(), 80, encoding)


@pytest.mark.parametrize(
    ("prediction", "scheme", "line"),
    [
        (Prediction("sport", 0.91, {"sport": 0.91}, ("sport",)), "topic", "رياضة 0.91 (sport)"),
        (Prediction("against", 0.6, {}, ()), "stance", "معارض 0.60 (against)"),
        (Prediction("mine", 0.6, {"mine": 0.6}, ("mine",)), "another", "mine 0.60"),
        (
            Prediction("call", 0.9, {"call": 0.9, "threat": 0.7}, ("call", "threat"), conditional=True),
            "statement",
            "دعوة 0.90 (call)، تهديد 0.70 (threat) [مشروط]",
        ),
        (Prediction(None, 0.3, {"call": 0.3, "aid": 0.1}), "statement", "بلا وسم (الأقرب: دعوة 0.30)"),
        (Prediction(None, 0.0, {}), "statement", "بلا وسم"),
        (Prediction(None, 0.3, {}, abstained=True, reason="too short"), "topic", "لا جواب: too short"),
    ],
)
def test_prediction_line(prediction, scheme, line):
    assert bare(prediction_line(prediction, scheme)) == line


def test_clean_keeps_joiners_and_visible_signs():
    assert clean("می\u200cخواهم \u06dd\u200b") == "می\u200cخواهم \u06dd"


any_text = st.text(st.characters(exclude_categories=()), max_size=80)


@given(any_text, any_text, any_text, st.integers(1, 130))
def test_any_text_is_printed_within_the_width(text, name, reason, width):
    thing = Span(name, 0, len(name))
    told = Statement(text, 0, len(text), ("aid", name), {"aid": 0.5}, True, thing, True, (Stance(thing, name, 0.1),))
    value = Document(
        text,
        topic=Prediction(name, 0.5, {name: 0.5}, (name,), reason=reason),
        statements=(told, Statement(text, 0, len(text))),
        summary=Summary(text, name, reason=reason),
    )
    shown = printed(value, width)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", shown)
    for line in shown.split("\n"):
        assert_balanced(line)
        assert width_of(line) <= max(width, 12)
    assert "\n" not in prediction_line(value.topic, "topic")
