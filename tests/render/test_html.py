from __future__ import annotations

import colorsys
import re
from html.parser import HTMLParser
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.render.colours import HUES, PALETTES
from tasrih.render.html import fragment, page
from tasrih.results import Document, Prediction, Span, Stance, Statement, Summary, Window
from tasrih.schemes import STATEMENT

TEXT = "  قال أمين عام الناتو:\r\nنرحب بدعم العراق <إن طلب>.\n\nوأدان الهجوم \"الجبان\" & 'غيره'.  ثم سكت.\n"
VOID = {"meta", "br"}
TABLE = {"details", "summary", "table", "tbody", "tr", "th", "td"}


class Reader(HTMLParser):
    """Reads a page as a browser would: its tree must nest, and each element's text is kept."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict]] = []
        self.elements: list[tuple[str, dict, list[str]]] = []
        self.live: list[list[str]] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        if tag in VOID:
            return
        self.open.append((tag, dict(attrs)))
        self.live.append([])
        self.elements.append((tag, dict(attrs), self.live[-1]))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open.pop()[0] == tag
        self.live.pop()

    def handle_data(self, data):
        for text in self.live:
            text.append(data)

    def find(self, name: str) -> list[tuple[dict, str]]:
        """Elements with a class, as their attributes and their text."""
        return [(a, "".join(text)) for _, a, text in self.elements if name in (a.get("class") or "").split()]


def span(words: str, text: str = TEXT) -> Span:
    return Span(words, text.index(words), text.index(words) + len(words))


def statement(words: str, *args, **kwargs) -> Statement:
    at = span(words)
    return Statement(words, at.start, at.end, *args, **kwargs)


def document() -> Document:
    speaker = span("أمين عام الناتو")
    return Document(
        TEXT,
        Prediction("conflict_war_peace", 0.83, {"conflict_war_peace": 0.83}, ("conflict_war_peace",)),
        (
            statement(
                TEXT[2 : TEXT.index(".\n\n") + 1], ("security_support", "endorsement"),
                {"security_support": 0.934, "endorsement": 0.6}, True, speaker, False,
                (Stance(span("الناتو"), "neutral", 0.5), Stance(span("العراق"), "favor", 0.81)),
            ),
            statement(
                "وأدان الهجوم \"الجبان\" & 'غيره'.", ("condemnation",), {"condemnation": 0.9}, False, speaker, True,
                (Stance(span('الهجوم "الجبان"'), "against", 0.7),),
            ),
            statement("ثم سكت."),
        ),
        Summary("الناتو يدعم <العراق>", "abstractive", 0.9),
    )  # fmt: skip


def shown_article(value: Document) -> str:
    ((_, text),) = Reader(page(value)).find("article")
    return text


def test_the_article_stands_in_the_page_whole():
    assert shown_article(document()) == TEXT


def test_the_page_needs_nothing_else():
    source = page(document())
    assert '<html lang="ar" dir="rtl">' in source and "prefers-color-scheme:dark" in source
    assert not re.search(r"<script|<link|<img|src=|https?:|url\(|@import", source)


def test_each_statement_is_marked_in_its_place_with_its_chips():
    reader = Reader(page(document()))
    marks = reader.find("st")
    assert [text for _, text in marks] == [s.text for s in document().statements]
    assert [a["id"] for a, _ in marks] == ["s1", "s2", "s3"]
    assert f"--h:{HUES['security_support']}" in marks[0][0]["style"]
    assert "style" not in marks[2][0]
    chips = [a for a, _ in reader.find("chip") if "data-label" in a]
    assert [a["data-label"] for a in chips] == ["دعم أمني", "تأييد", "مشروط", "إدانة"]
    assert chips[0]["title"] == "security_support 0.93"


def test_a_target_inside_a_speaker_is_cut_and_not_crossed():
    reader = Reader(page(document()))
    in_place = [text for a, text in reader.find("speaker") if "title" in a]
    assert "".join(in_place) == "أمين عام الناتو"
    targets = [(text, a["data-sign"]) for a, text in reader.find("target")]
    assert targets == [("الناتو", "="), ("العراق", "+"), ('الهجوم "الجبان"', "−")]


def test_crossing_spans_keep_the_text_and_show_one_sign_each():
    text = "قال وزير خارجية ليبيا محمد إن"
    cross = Stance(span("ليبيا محمد إن", text), "favor", 0.9), Stance(span("خارجية ليبيا محمد", text), "against", 0.9)
    speaker = span("وزير خارجية ليبيا", text)
    value = Document(text, statements=(Statement(text, 0, len(text), ("aid",), speaker=speaker, stances=cross),))
    assert shown_article(value) == text
    assert len(Reader(page(value)).find("first")) == 2


def test_spans_that_do_not_lie_in_the_article_are_left_unmarked():
    wrong = Span("غائب", 3, 7)
    far = Stance(Span("بعيد", 900, 904), "favor", 0.5)
    value = Document("نص قصير", statements=(Statement("نص", 0, 2, ("aid",), speaker=wrong, stances=(far,)),))
    reader = Reader(page(value))
    assert shown_article(value) == "نص قصير"
    assert not [a for a, _ in reader.find("speaker") if "title" in a]
    assert "غائب" in page(value) and "بعيد" in page(value)


def test_overlapping_statements_keep_the_text():
    text = "واحد اثنان ثلاثة"
    value = Document(text, statements=(Statement(text[:10], 0, 10, ("aid",)), Statement(text[5:], 5, 16, ("call",))))
    assert shown_article(value) == text


def test_what_is_said_is_in_the_table():
    source = page(document())
    for words in ("(من جملة سابقة)", "معارض", "مؤيد", "محايد", "<bdi>0.93</bdi>", 'href="#s1"', "توليدي"):
        assert words in source


EVIL = '<script>alert(\'1\')</script>" onclick="x" & &amp; \x00 \ud800 \u202e </style></div>'


def evil_results() -> list:
    thing = Span(EVIL, 0, len(EVIL))
    stance = Stance(thing, EVIL, 0.5)
    told = Statement(EVIL, 0, len(EVIL), (EVIL, "aid"), {EVIL: 0.5}, True, thing, True, (stance,))
    prediction = Prediction(EVIL, 0.5, {EVIL: 0.5}, (EVIL,), reason=EVIL)
    refused = Prediction(None, 0.5, {}, abstained=True, reason=EVIL)
    summary = Summary(EVIL, EVIL, reason=EVIL)
    whole = Document(EVIL, prediction, (told,), summary)
    return [thing, stance, told, prediction, refused, summary, Window(0, 3, {EVIL: 0.2}), whole]


@pytest.mark.parametrize("result", evil_results(), ids=lambda result: type(result).__name__)
def test_fragments_escape_everything(result):
    source = fragment(result)
    source.encode("utf-8")
    assert "<script" not in source and "\x00" not in source
    for tag, attributes, _ in Reader(source).elements:
        assert tag in {"div", "span", "b", "bdi", "small", "p", *TABLE}
        assert "onclick" not in attributes
    assert source.startswith('<div lang="ar" dir="rtl"')


def test_the_page_escapes_everything():
    value = evil_results()[-1]
    source = page(value, title=EVIL)
    source.encode("utf-8")
    assert "<script" not in source and "\x00" not in source and source.count("</style>") == 1
    assert not any("onclick" in attributes for _, attributes, _ in Reader(source).elements)
    assert shown_article(value) == EVIL.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")


def test_the_title_is_the_callers():
    assert "<title>قمة ويلز</title>" in page(document(), title="قمة ويلز")


def test_a_document_with_nothing_said_of_it():
    refused = Prediction(None, 0.1, {}, abstained=True, reason="not Arabic")
    value = Document("hello", topic=refused)
    for source in (page(value), fragment(value)):
        assert "لا جواب" in source and "not Arabic" in source and "لا جمل" in source
    assert Reader(page(Document(""))).find("article")[0][1] == ""


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (Prediction("sport", 0.9, {"sport": 0.9}, ("sport",)), ["رياضة", "sport", "0.90"]),
        (Prediction("call", 0.9, {"call": 0.9, "aid": 0.6}, ("call", "aid"), True), ["دعوة", "مساعدات", "مشروط"]),
        (Prediction(None, 0.2, {"call": 0.2}), ["بلا وسم", "0.20"]),
        (Window(0, 40, {"sport": 0.7, "health": 0.3}), ["0–40", "رياضة", "0.70"]),
        (Window(0, 40, {}), ["0–40"]),
        (Stance(Span("ليبيا", 0, 5), "favor", 0.8), ["+ مؤيد", "ليبيا", "0.80"]),
        (Span("ليبيا", 0, 5), ["«<bdi>ليبيا</bdi>»"]),
        (Summary("خبر", "extractive", 1.0), ["خبر", "استخراجي"]),
        (Summary("خبر", "extractive", 1.0, score=0.64), ["سلامة صياغته", "0.64"]),
        (document(), ["نزاع وحرب وسلام", "إدانة", "ثم سكت."]),
    ],
)
def test_fragments_say_what_the_result_says(result, words):
    source = fragment(result)
    Reader(source)
    for word in words:
        assert word in source
    assert result._repr_html_() == source


def test_a_fragment_of_anything_else_is_refused():
    with pytest.raises(TypeError, match="int"):
        fragment(3)


def luminance(colour: str, hue: int) -> float:
    if colour.startswith("#"):
        rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    else:
        saturation, lightness = map(int, re.findall(r"(\d+)%", colour))
        rgb = colorsys.hls_to_rgb(hue / 360, lightness / 100, saturation / 100)
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", PALETTES)
def test_contrast_is_enough_for_every_hue(scheme):
    colours = PALETTES[scheme]
    texts = ("ink", "soft", "favor", "against", "neutral")
    pairs = [*product(texts, ("page", "panel", "tint")), ("on-chip", "chip")]
    for (text, ground), hue in product(pairs, HUES.values()):
        light, dark = sorted((luminance(colours[text], hue), luminance(colours[ground], hue)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground, hue)


def test_every_tag_has_its_hue():
    assert set(HUES) == set(STATEMENT.names) and len(set(HUES.values())) == len(HUES)


@given(st.text(st.characters(exclude_categories=()), max_size=60), st.data())
def test_any_text_with_any_spans_is_kept(text, data):
    def stretch() -> Span:
        start, end = sorted(data.draw(st.integers(0, len(text))) for _ in range(2))
        return Span(text[start:end], start, end)

    statements = []
    for _ in range(data.draw(st.integers(0, 3))):
        place, speaker = stretch(), stretch()
        stances = tuple(Stance(stretch(), label, 0.5) for label in ("favor", "against"))
        statements.append(Statement(place.text, place.start, place.end, ("aid",), {}, True, speaker, False, stances))
    value = Document(text, statements=tuple(statements))
    page(value).encode("utf-8")
    assert shown_article(value) == re.sub("[\x00\ud800-\udfff]", "\ufffd", text)
    Reader(fragment(value))
