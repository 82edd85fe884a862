"""The page of a corpus report: whole, safe, right to left, and every link leads somewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tasrih.corpus_report import CorpusCounter
from tasrih.interchange import Article
from tasrih.render.corpus_page import condition, corpus_page
from tasrih.results import Document, Span, Stance, Statement

VOID = {"meta", "br", "input", "rect", "line"}


class Reader(HTMLParser):
    """Collects ids, links and text, and sees that every element is closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open, self.ids, self.links, self.words, self.tags = [], [], [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag == "rect":  # has a title of its own
            return
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def said(text, *tags, speaker=None, targets=(), conditional=False) -> Statement:
    stances = tuple(Stance(Span(name, 0, len(name)), label, 0.9) for name, label in targets)
    return Statement(
        text, 0, len(text), tags, {}, conditional, Span(speaker, 0, 1) if speaker else None, False, stances
    )


def page(*rows, title=None) -> Reader:
    counter = CorpusCounter()
    for number, (date, url, statement) in enumerate(rows):
        article = Article(f"a{number}", "نص", date, "صحيفة", "عنوان الخبر", url)
        counter.add(article, Document("نص", statements=(statement,)))
    made = corpus_page(counter.report(), title=title)
    made.encode("utf-8")
    return Reader(made)


SUPPORT = said(
    "تعهد الوزير بدعم ليبيا عسكريا إذا طلبت حكومتها ذلك، وأشاد بها.", "security_support", speaker="الوزير",
    targets=[("ليبيا", "favor")], conditional=True,
)  # fmt: skip
WARNING = said("حذر الوزير من إيران.", "warning", speaker="الوزير", targets=[("إيران", "against")])


def test_the_page_tells_who_does_what_to_whom_and_on_what_condition():
    reader = page(("2015-07-21", None, SUPPORT), ("2015-07-23", None, WARNING))
    assert ("html", {"lang": "ar", "dir": "rtl"}) in reader.tags
    for told in (
        "من يفعل ماذا: دعم أمني",
        "من يفعل ماذا: تحذير",
        "الوزير",
        "ليبيا",
        "− معارض",
        "على أي شرط",
        "2015-07-23",
    ):
        assert told in reader.text
    underlined = re.search("<u>(.*?)</u>", corpus_page_of(SUPPORT))[1]
    assert underlined == "إذا طلبت حكومتها ذلك"


def corpus_page_of(*statements) -> str:
    counter = CorpusCounter()
    counter.add(Article("a", "نص"), Document("نص", statements=statements))
    return corpus_page(counter.report())


def test_every_link_within_the_page_leads_to_a_place_in_it():
    reader = page(("2015-07-21", None, SUPPORT), ("2015-07-22", None, WARNING))
    inner = [link[1:] for link in reader.links if link.startswith("#")]
    assert len(inner) >= 4 and set(inner) <= set(reader.ids)
    assert len(reader.ids) == len(set(reader.ids))


def test_nothing_is_fetched_and_only_safe_links_leave():
    made = page(
        ("2015-07-21", "https://example.org/1?a=1&b=2", WARNING), ("2015-07-21", "javascript:alert(1)", SUPPORT)
    )
    assert [link for link in made.links if not link.startswith("#")] == ["https://example.org/1?a=1&b=2"]
    assert not [
        tag
        for tag, attributes in made.tags
        if {"src", "srcset", "action"} & attributes.keys() or tag in ("link", "img")
    ]


def test_what_articles_say_is_text_never_markup():
    bad = said(
        "<script>alert(1)</script> قال \udc80", "call", speaker='<b onclick="x">س', targets=[("<i>ع</i>", "favor")]
    )
    reader = page(("<img>", 'https://x.example/"><b>', bad), title="<h1>عنوان")
    assert [tag for tag, _ in reader.tags].count("script") == 1
    assert not {"b", "i", "img"} & {tag for tag, attributes in reader.tags if attributes}
    assert "<script>alert(1)</script>" in reader.text and "<h1>عنوان" in reader.text


def test_charts_have_a_bar_a_day_a_name_and_the_numbers_beside():
    reader = page(("2015-07-21", None, WARNING), ("2015-07-23", None, WARNING), ("2015-07-23", None, SUPPORT))
    bars = [attributes["class"] for tag, attributes in reader.tags if tag == "rect"]
    assert bars == ["bar", "none", "bar"] * 2
    charts = [attributes for tag, attributes in reader.tags if tag == "svg"]
    assert all(chart["role"] == "img" and "2015-07-21" in chart["aria-label"] for chart in charts) and len(charts) == 2
    assert "2015-07-21: 1 / 1 = 100.0" in reader.text and "2015-07-23: 1 / 2 = 50.0" in reader.text
    assert "details" in [tag for tag, _ in reader.tags]


def test_an_empty_corpus_and_one_day_make_a_page_too():
    assert "0 مقالة" in page().text
    assert "svg" not in [tag for tag, _ in page(("2015-07-21", None, WARNING)).tags]


def test_colours_are_set_for_light_and_dark():
    made = corpus_page_of(WARNING)
    assert "color-scheme:light dark" in made and "prefers-color-scheme:dark" in made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("لن نتدخل ما لم يطلب منا ذلك. ثم سكت", "ما لم يطلب منا ذلك"),
        ("نساعد بشرط وقف النار، وقال", "بشرط وقف النار"),
        ("ندعمكم في حال الاعتداء عليكم", "في حال الاعتداء عليكم"),
        ("سنرد اذا هوجمنا", "اذا هوجمنا"),
        ("قالت الشرطة إنها لو تأخرت إذاعة الخبر", None),
        ("فماذا تريدون؟", None),
    ],
)
def test_the_words_of_a_condition(text, expected):
    found = condition(text)
    assert (text[slice(*found)] if found else None) == expected
