"""Explanations drawn: marks by more than colour, the text whole, lines that read from right to left."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import pytest
from rich.cells import cell_len
from rich.console import Console

from tasrih.render.explanation import GRADES, grade, look, print_explanation, strongest
from tasrih.render.html import fragment, page
from tasrih.results import Explanation, Word

TEXT = "«أكَّدَ» الوزيـــر،\r\nأن بلاده لن تدعم \u2067ليبيا\u2069 إذا طلبت <b>ذلك</b>؟"
FOUND = {"أكَّدَ": 0.004, "الوزيـــر": 0.06, "لن": -0.31, "تدعم": 0.12, "إذا": 0.4, "ليبيا": 0.02}


def explanation(text: str = TEXT, found: dict[str, float] | None = None, **changes) -> Explanation:
    found = FOUND if found is None else found
    words = sorted((text.index(word), word, value) for word, value in found.items())
    told = tuple(Word(word, at, at + len(word), value) for at, word, value in words)
    return Explanation(text, "conditional", 0.87, told, **changes)


class Reader(HTMLParser):
    """Collects elements, and the text of the explained sentence."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements, self.depth, self.sentence = [], 0, ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if self.depth or dict(attrs).get("class") == "sentence":
            self.depth += 1

    def handle_endtag(self, tag):
        self.depth -= bool(self.depth)

    def handle_data(self, data):
        self.sentence += data if self.depth else ""


def printed(value: Explanation, width: int = 80, **settings) -> str:
    out = io.StringIO()
    print_explanation(value, Console(file=out, width=width, highlight=False, emoji=False, markup=False, **settings))
    return out.getvalue()


def test_grades_are_relative_to_the_strongest_word():
    value = explanation()
    assert {word.text: grade(word, value) for word in value.words} == {
        "أكَّدَ": 0, "الوزيـــر": 1, "لن": -3, "تدعم": 1, "إذا": 4, "ليبيا": 0,
    }  # fmt: skip
    assert [word.text for word in strongest(value)] == ["إذا", "لن", "تدعم", "الوزيـــر"]


def test_where_no_word_matters_none_is_marked_as_if_it_did():
    value = explanation(found={"أكَّدَ": 0.004, "لن": -0.03, "إذا": 0.0})
    assert [grade(word, value) for word in value.words] == [0, -1, 0]
    assert strongest(explanation(found={"لن": 0.001})) == []


def test_the_sentence_stands_whole_with_its_words_marked():
    reader = Reader(fragment(explanation()))
    assert reader.sentence.replace("\r\n", "\n") == TEXT.replace("\r\n", "\n")
    marked = [attributes for _, attributes in reader.elements if "data-grade" in attributes and "title" in attributes]
    assert [attributes["data-grade"] for attributes in marked] == ["1", "-3", "1", "4"]
    assert [attributes["title"] for attributes in marked] == [
        "\u200e+0.06",
        "\u200e−0.31",
        "\u200e+0.12",
        "\u200e+0.40",
    ]
    assert explanation()._repr_html_() == fragment(explanation())


def test_a_sign_is_more_than_a_colour():
    for size in range(1, GRADES + 1):
        assert "solid" in look(size) and "dashed" in look(-size)
    source = fragment(explanation())
    assert '<bdi dir="ltr">+0.40</bdi>' in source and '<bdi dir="ltr">−0.31</bdi>' in source
    assert "يؤيّد الوسم" in source and "يعارضه" in source


def test_the_page_is_whole():
    source = page(explanation())
    assert source.startswith("<!DOCTYPE html>") and '<html lang="ar" dir="rtl">' in source and "لماذا" in source
    assert not re.search(r"(?:src|href)=|url\(|@import", source)


@pytest.mark.parametrize("reason", ["no Arabic: the text has no Arabic letter", None])
def test_what_cannot_be_explained_says_why(reason):
    value = explanation(found={}, reason=reason)
    told = "ليس في النص حرف عربي" if reason else "0.87"
    assert told in fragment(value) and told in printed(value)


@pytest.mark.parametrize("width", [12, 30, 60, 80, 160])
def test_lines_fill_no_more_than_the_width_and_are_isolated(width):
    for line in printed(explanation(), width).splitlines():
        assert cell_len(re.sub("[\u2066-\u2069]", "", line)) <= width
        depth = 0
        for char in line:
            depth += (char in "\u2066\u2067\u2068") - (char == "\u2069")
            assert depth in (0, 1)
        assert depth == 0


def test_the_terminal_tells_the_label_the_text_and_the_strongest_words():
    shown = printed(explanation())
    assert "مشروط 0.87 (conditional)" in shown
    joined = " ".join(re.sub("[\u2066-\u2069]", "", shown).split())
    assert "«أكَّدَ» الوزيـــر، أن بلاده لن تدعم ليبيا إذا طلبت <b>ذلك</b>؟" in joined
    rows = [line for line in shown.splitlines() if "█" in line]
    assert [re.search(r"[+−]\d\.\d\d", row)[0] for row in rows] == ["+0.40", "−0.31", "+0.12", "+0.06"]
    bars = [row.count("█") for row in rows]
    assert bars == sorted(bars, reverse=True) and bars[0] > 2 * bars[2]
    assert rows[0].rstrip("\u2069").endswith("إذا")


def test_a_terminal_has_styles_and_a_pipe_has_none():
    assert "\x1b" not in printed(explanation())
    assert "\x1b[" in printed(explanation(), force_terminal=True, color_system="standard")


def test_controls_do_not_reach_the_terminal():
    nasty = "قال\x1b[31m \x00\u202eنعم \x9b2Jلا"
    shown = printed(explanation(nasty, {"نعم": 0.4, "لا": -0.2}))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)
