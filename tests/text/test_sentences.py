"""Sentence boundaries: hand-marked cases, the seed article, and what must hold for any text."""

from __future__ import annotations

import runpy
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.text.sentences import EMBEDDED, Sentence, sentences

HERE = Path(__file__).parent
_BOUNDARIES = runpy.run_path(str(HERE / "boundaries.py"))
CASES, unmarked = _BOUNDARIES["CASES"], _BOUNDARIES["unmarked"]

FRAGMENTS = [
    "قال الوزير", "انتهى.وقال", " د. سامي ", "أ.ف.ب", "٣.٥", "2014م.", "«", "»", '"', "“", "”", "‘", "’", "(", ")", "[", "]",
    ".", "...", "…", "؟", "!", "۔", "،", "؛", ":", " ", "\u00a0", "\n", "\r\n", "\r", "\u2028", "\x00", "\t", "\u200e",
    "\u200f", "\u2066", "\u2067", "\u2069", "\u064b", "ـ", "😀", "👨\u200d👩", "\ud800", "\udfff", "www.a.com", "x@y.z", "1. ",
    "- ", "وقال", "\ufeff",
]
ANY_TEXT = st.one_of(
    st.text(st.characters(codec=None)),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(st.characters(codec=None), max_size=4))).map("".join),
)


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in sentences(text)]


def test_hand_marked_boundaries():
    hits = missed = invented = 0
    for case in CASES:
        text, marked = unmarked(case)
        found = {sentence.start for sentence in sentences(text)[1:]}
        hits += len(found & set(marked))
        missed += len(set(marked) - found)
        invented += len(found - set(marked))
    assert hits + missed >= 150
    precision, recall = hits / (hits + invented), hits / (hits + missed)
    f1 = 2 * precision * recall / (precision + recall)
    assert f1 >= 0.97, f"F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}"


def test_the_cases_are_distinct_and_begin_their_sentences_at_a_visible_character():
    assert len(set(CASES)) == len(CASES)
    for case in CASES:
        text, marked = unmarked(case)
        assert all(not text[start].isspace() for start in marked), case


def test_seed_article_has_thirteen_sentences():
    seed = HERE.parents[1] / "seeds" / "nato_wales_summit_2014.txt"
    found = texts(seed.read_text(encoding="utf-8"))
    begins = [
        "أكد الأمين العام", "وقال أمين عام الناتو", "وأضاف أن الوضع", "وقال إن المجتمع", "وأضاف أن المسار الثاني",
        "وأشار إلى أن الناتو", "وأوضح أن الحلف", "ورحب راسموسن", "على صعيد آخر", "وأكد أنه", "ولفت راسموسن", 'وقال "قررنا',
        'وأشار إلى "عدم',
    ]
    assert len(found) == len(begins)
    for sentence, begin in zip(found, begins, strict=True):
        assert sentence.startswith(begin)


@given(ANY_TEXT)
def test_nothing_is_lost_or_changed(text):
    reached = 0
    for sentence in sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text and sentence.text == sentence.text.strip()
        assert sentence.start >= reached
        assert not text[reached : sentence.start].strip()
        reached = sentence.end
    assert not text[reached:].strip()


@given(ANY_TEXT)
def test_no_sentence_crosses_a_line(text):
    assert not any("\n" in sentence.text or "\r" in sentence.text for sentence in sentences(text))


@given(ANY_TEXT, ANY_TEXT)
def test_lines_are_read_apart(first, second):
    assert texts(f"{first}\n{second}") == texts(first) + texts(second)


@pytest.mark.parametrize("text", ["", " ", "\n", " \r\n\t\u00a0\u2028"])
def test_white_space_has_no_sentence(text):
    assert sentences(text) == []


@pytest.mark.parametrize("text", ["...", "؟", "\u200f", "😀", "\x00", "\ud800", "«»", '"', "نعم"])
def test_whatever_is_not_white_space_is_kept(text):
    assert sentences(f" {text}\n") == [Sentence(text, 1, 1 + len(text))]


def test_a_long_quotation_is_running_text():
    inner = "نريد السلام. " + "كلمة " * (EMBEDDED // 5) + "هذا كل شيء"
    assert len(texts(f"قال: «{inner}».")) == 2
    assert len(texts("قال: «نريد السلام. هذا كل شيء».")) == 1


def test_a_pause_is_no_end_unless_a_reporting_word_follows():
    assert len(texts("مصر... أم الدنيا")) == 1
    assert len(texts("سكت… ثم تكلم")) == 1
    assert len(texts("سكت... وقال الوزير إنه متعب")) == 2


def test_one_odd_quote_does_not_invert_those_that_follow():
    text = 'قال "نحن هنا. ثم قال "نعم. حقا" وخرج. وقال "لا. أبدا" وعاد.'
    assert texts(text) == ['قال "نحن هنا.', 'ثم قال "نعم. حقا" وخرج.', 'وقال "لا. أبدا" وعاد.']


UNITS = [
    ".", '"', "«", "»", "«»", "(", "()", '"a ', "«. ", "ا. ", "ا.", "كلمة. ", ". ", ".\u064b", ".»", ". »", "www.", "2. ",
    "\u200f", "”“", "\n", ".\n", ". ، ", "(.) ", "«ا. ب» ", "؟", "…", "a@b.", " ", "-. ", "1.",
]


@pytest.mark.parametrize("unit", UNITS)
def test_time_is_linear(unit):
    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        best = float("inf")
        for _ in range(3):
            begin = time.process_time()
            sentences(text)
            best = min(best, time.process_time() - begin)
        return best

    # eight times the text: a quadratic rule takes 64 times as long
    assert seconds(80_000) < 24 * max(seconds(10_000), 0.002)


@pytest.mark.parametrize("unit", [".", '"', "«", "؟"])
def test_a_megabyte_of_marks(unit):
    begin = time.process_time()
    sentences(unit * 1_000_000)
    assert time.process_time() - begin < 5  # well below one second on a machine that does nothing else
