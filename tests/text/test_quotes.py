"""Quotations: every mark, nesting, careless print, and what must hold for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.text.quotes import Quotation, lone_controls, lone_marks, outermost, pairs, quotations

FRAGMENTS = [
    "«",
    "»",
    '"',
    '""',
    "“",
    "”",
    "„",
    "‘",
    "’",
    "‹",
    "›",
    "قال ",
    "ل",
    " ",
    ".",
    "،",
    "\n",
    "\r\n",
    "\u200f",
    "\u064b",
    "(",
    ")",
    "\ud800",
    "😀",
]
ANY_TEXT = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(st.characters(codec=None), max_size=4))).map("".join)


def inner(text: str, closed: bool = True) -> list[str]:
    return [text[q.inner_start : q.inner_end] for q in quotations(text) if q.closed == closed]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قال «نعم» ومضى", ["نعم"]),
        ('قال "نعم" ومضى', ["نعم"]),
        ("قال “نعم” ومضى", ["نعم"]),
        ("قال ‘نعم’ ومضى", ["نعم"]),
        ("قال ”نعم“ ومضى", ["نعم"]),
        ("قال »نعم« ومضى", ["نعم"]),
        ("قال „نعم“ ومضى", ["نعم"]),
        ('قال “نعم" ومضى', ["نعم"]),
        ('قال ""نعم"" ومضى', ["نعم"]),
        ('قال " نعم " ومضى', [" نعم "]),
        ('قال:"نعم".', ["نعم"]),
        ('قال:"نعم."وأضاف:"لا."', ["نعم.", "لا."]),
        ('صحيفتا"الفجر"و"الضحى"معا', ["الفجر", "الضحى"]),
        ('قال ل"الفجر" ثم لـ"الضحى"', ["الفجر", "الضحى"]),
        ('("نعم")', ["نعم"]),
        ("«أ “ب” ج» و«د»", ["أ “ب” ج", "د"]),
        ('"حركة "الفجر" انتهت" قال', ['حركة "الفجر" انتهت']),
        ("«أ «ب» ج»", ["أ «ب» ج"]),
        ("d’Azur و l’an", []),
        ("«أ\nب»", []),
        ("لا شيء هنا", []),
        ("", []),
        ("«»", [""]),
    ],
)
def test_closed_quotations(text, expected):
    assert inner(text) == expected


def test_an_unclosed_quotation_runs_to_the_next_or_to_the_end_of_its_paragraph():
    text = 'قال "نعم. ثم قال "لا" وقال «ربما \nسطر'
    assert [text[q.start : q.end] for q in quotations(text)] == ['"نعم. ثم قال', '"لا"', "«ربما"]
    assert [q.closed for q in quotations(text)] == [False, True, False]


def test_a_mark_inside_a_closed_quotation_is_no_quotation_of_its_own():
    assert inner('قال «نعم "لا» ومضى') == ['نعم "لا']
    assert inner('قال «نعم "لا» ومضى', closed=False) == []


def test_offsets():
    assert quotations('أ ""ب"" ج') == [Quotation(2, 7, 4, 5, True)]


def test_pairs_can_see_brackets():
    text = "(أ «ب» [ج]) د) (ه"
    closed, lost = pairs(text, 0, len(text), brackets=True)
    assert [text[pair.start : pair.end] for pair in closed] == ["(أ «ب» [ج])", "«ب»", "[ج]"]
    assert [text[pair.start : pair.end] for pair in outermost(closed)] == ["(أ «ب» [ج])"]
    assert lost == [(15, 16)]
    assert inner("(قال «نعم») ثم") == ["نعم"]


@given(ANY_TEXT)
def test_quotations_are_in_order_apart_and_within_their_line(text):
    reached = 0
    for q in quotations(text):
        assert reached <= q.start < q.inner_start <= q.inner_end <= q.end <= len(text)
        assert q.closed == (q.inner_end < q.end)
        assert "\n" not in text[q.start : q.end]
        reached = q.end


def test_marks_without_a_partner_are_found_in_linear_time():
    # looked back from each apostrophe over the whole text, these took a minute
    assert len(lone_marks("(" * 200_000 + "’" * 100_000)) == 300_000
    assert len(lone_controls("\u202b" * 200_000 + "\u2069" * 100_000)) == 300_000
    assert lone_marks("d’Or « ‘نعم’ »") == []
    assert lone_marks("و‘نعم ﴾لا") == [1, 6]
