"""The page of an evaluation: self-contained, Arabic from right to left, and safe whatever the texts hold."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tasrih.render.report import report_page


def interval(value, low=None, high=None):
    return {"value": value, "low": value if low is None else low, "high": value if high is None else high}


def label(name):
    one = interval(0.5, 0.4, 0.6)
    return {
        "label": name, "support": 4, "predicted": 3, "precision": one, "recall": one, "f1": one,
        "average_precision": None if name == "weather" else one,
    }  # fmt: skip


METRICS = {
    "model": "runs/topic", "data": "topic_iptc", "split": "validation", "size": 1201, "task": "topic",
    "command": "tasrih evaluate runs/topic topic_iptc --split validation", "notes": ["a <note>"],
    "scores": {
        "model": {"accuracy": interval(0.8, 0.7, 0.9), "ece": interval(0.05)},
        "other": {"accuracy": interval(0.7), "ece": interval(0.08)},
    },
    "difference": {"accuracy": interval(0.1, 0.02, 0.2), "ece": interval(-0.03, -0.05, -0.01)},
    "against": {"model": "other", "difference": {"accuracy": interval(-0.1, -0.2, -0.05), "ece": interval(0.0, -0.1, 0.1)}},
    "analysis": {
        "per_class": {"model": [label("sport"), label("weather")], "other": [label("sport"), label("weather")]},
        "confusion": {"labels": ["sport", "weather"], "counts": [[3, 1], [0, 2]]},
        "reliability": [{"count": 7, "confidence": 0.9, "share": 0.8}],
        "precision_recall": [{"name": name, "x": [1.0, 0.0], "y": [0.2, 1.0], "area": 0.6} for name in ("all", "sport")],
        "risk_coverage": [
            {"name": "model", "x": [0.5, 1.0], "y": [0.1, 0.2], "area": 0.1},
            {"name": "majority", "x": [1.0], "y": [0.8], "area": 0.8},
        ],
        "slices": [{"group": "length", "name": "1-9 words", "size": 50, "scores": {"accuracy": interval(0.75)}}],
    },
}  # fmt: skip
ERRORS = [
    {
        "id": "r1", "text": "قال «الوزير»: فاز المنتخبُ ٣-٠؟ <b>نعم</b>\u202b", "target": None, "expected": ["sport"],
        "given": ["weather"], "confidence": 0.93, "source": "aawsat",
    },
    {"id": "r2", "text": "نص", "target": "حلف الناتو", "expected": [], "given": ["sport"], "confidence": 0.5, "source": None},
]  # fmt: skip


class Outline(HTMLParser):
    """Keeps the open tags, and fails on one closed that is not open."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page():
    return report_page(METRICS, ERRORS)


def test_the_page_is_whole_and_needs_nothing_else(page):
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    assert not [tag for tag, _ in outline.seen if tag in ("script", "link", "img", "iframe")]
    assert "url(" not in page and not re.search(r'(?:src|href)="', page)
    # the name of the SVG format is no address that a browser opens
    assert set(re.findall(r"https?://[^\"]+", page)) == {"http://www.w3.org/2000/svg"}


def test_light_and_dark(page):
    assert "color-scheme:light dark" in page and "prefers-color-scheme:dark" in page


def test_texts_run_from_right_to_left_and_are_escaped(page):
    assert '<p class="ar text" lang="ar" tabindex="0">قال «الوزير»: فاز المنتخبُ ٣-٠؟ &lt;b&gt;نعم&lt;/b&gt;' in page
    assert ".ar{direction:rtl;unicode-bidi:isolate" in page
    assert "a &lt;note&gt;" in page


def test_both_labels_stand_with_their_arabic_names(page):
    assert 'sport <span class="ar" lang="ar">رياضة</span>' in page
    assert "<dt>true</dt><dd>(none)</dd>" in page
    assert "حلف الناتو" in page and "<dt>confidence</dt><dd>0.93</dd>" in page


def test_every_plot_is_there(page):
    assert page.count("<svg") == 4
    assert "majority (area" not in page  # one point is no curve


def test_a_difference_is_coloured_by_what_is_better(page):
    assert '<td class="good"><b>+0.100</b>' in page
    assert '<td class="good"><b>-0.030</b>' in page  # a smaller calibration error
    assert '<td class="bad"><b>-0.100</b>' in page
    assert "<td><b>+0.000</b>" in page


def test_figures_are_those_of_the_metrics(page):
    assert '<b>0.800</b> <span class="range">[0.700, 0.900]</span>' in page
    assert "1,201 texts" in page and ">1-9 words<" in page


def test_a_report_of_little_is_a_page_too():
    page = report_page({"model": "m", "data": "d", "split": "test", "size": 2, "scores": {}})
    assert "<svg" not in page and "<table" not in page


def test_what_no_browser_takes_is_replaced():
    page = report_page(METRICS, [{**ERRORS[0], "text": "قال\ud800\x00نعم"}])
    assert "قال\ufffd\ufffdنعم" in page
    page.encode("utf-8")


def test_summaries_are_named_as_such():
    error = {"id": "1", "text": "مقال", "target": None, "expected": ["عنوان"], "given": ["ملخص"], "confidence": 0.1}
    page = report_page({**METRICS, "task": "summary", "analysis": {}}, [error])
    assert "<h2>Least like the reference</h2>" in page and "<dt>chrF++</dt>" in page
