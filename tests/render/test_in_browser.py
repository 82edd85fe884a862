"""The pages that are files, in a real browser: an article of hundreds of statements, a report over a corpus."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tasrih.corpus_report import CorpusCounter
from tasrih.interchange import Article
from tasrih.render.corpus_page import corpus_page
from tasrih.render.html import page
from tasrih.render.report import report_page
from tasrih.results import Document, Prediction, Span, Stance, Statement, Summary

pytestmark = pytest.mark.slow

SENTENCE = "وقال الوزير إن الوزارة ستدعم العراق بالعتاد إذا طلبت حكومته ذلك. "
ACTS = (("security_support", "aid"), ("warning",), (), ("condemnation", "rejection", "threat"))


def article(number: int) -> Document:
    """An article of so many statements."""
    statements = []
    for at in range(number):
        start = at * len(SENTENCE)

        def span(words: str, start: int = start) -> Span:
            place = start + SENTENCE.index(words)
            return Span(words, place, place + len(words))

        tags = ACTS[at % len(ACTS)]
        stances = (Stance(span("العراق"), ("favor", "against", "neutral")[at % 3], 0.87),) if tags else ()
        statements.append(
            Statement(
                SENTENCE.rstrip(), start, start + len(SENTENCE) - 1, tags, dict.fromkeys(tags, 0.91), at % 5 == 0,
                span("الوزير") if tags else None, bool(at % 2), stances,
            )
        )  # fmt: skip
    topic = Prediction("conflict_war_peace", 0.83, {"conflict_war_peace": 0.83}, ("conflict_war_peace",))
    return Document(SENTENCE * number, topic, tuple(statements), Summary("الوزارة تدعم العراق", "extractive", 0.9))


def crowded() -> Document:
    """More targets than the panel shows at once."""
    words = [f"هدف{number}" for number in range(20)]
    text = "دعا " + " ".join(words)
    stances = tuple(Stance(Span(word, text.index(word), text.index(word) + len(word)), "favor", 0.9) for word in words)
    return Document(text, statements=(Statement(text, 0, len(text), ("call",), {"call": 0.91}, stances=stances),))


def corpus() -> str:
    counter = CorpusCounter()
    for day in range(1, 13):
        counter.add(
            Article(f"a{day}", "نص", f"2024-05-{day:02d}", "صحيفة", "عنوان", "https://example.org/1"), article(day)
        )
    return corpus_page(counter.report())


def evaluation() -> str:
    """With every plot and table, and errors from right to left."""
    told = runpy.run_path(str(Path(__file__).with_name("test_report.py")))
    return report_page(told["METRICS"], told["ERRORS"])


PAGES = {"article": lambda: page(article(8)), "hundreds": lambda: page(article(300)), "crowded": lambda: page(crowded()),
         "corpus": corpus, "evaluation": evaluation}  # fmt: skip


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page from a file; it must ask for nothing else, and log no error."""
    contexts, asked, faults = [], [], []

    def opened(name: str, **options):
        file = tmp_path / f"{name}.html"
        file.write_text(PAGES[name](), encoding="utf-8")
        context = browser.new_context(locale="ar", **options)
        contexts.append(context)
        shown = context.new_page()
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        shown.on("pageerror", lambda error: faults.append(str(error)))
        shown.goto(file.as_uri(), timeout=120_000)
        return shown

    yield opened
    for context in contexts:
        context.close()
    assert asked and all(url.startswith("file:") for url in asked) and len(asked) == len(contexts)
    assert faults == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_needs_no_sideways_scrolling(opened, name):
    shown = opened(name, viewport={"width": 360, "height": 740})
    assert shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(opened, axe, name, scheme):
    shown = opened(name, color_scheme=scheme, viewport={"width": 1300, "height": 900})
    ground = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    light = min(map(int, ground.removeprefix("rgb(").removesuffix(")").split(",")))
    assert (light > 200) == (scheme == "light")
    shown.evaluate(axe)
    assert shown.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))") == []


def test_the_panel_stands_beside_the_text_and_its_links_lead_to_sentences(opened):
    shown = opened("article", viewport={"width": 1400, "height": 900})
    text, panel = (shown.locator(name).bounding_box() for name in (".article", ".who"))
    assert panel["x"] + panel["width"] < text["x"] and panel["y"] < text["y"] + text["height"]
    link = shown.locator(".who a").first
    link.click()
    assert shown.evaluate("location.hash") == link.get_attribute("href")
    assert shown.evaluate("getComputedStyle(document.querySelector(':target')).outlineStyle") == "solid"


def test_three_hundred_statements_stay_readable(opened):
    shown = opened("hundreds", viewport={"width": 1300, "height": 900})
    assert shown.locator("mark").count() == 225 and shown.locator(".sentences tbody tr").count() == 300
    # the panel counts instead of repeating
    assert shown.locator(".who tbody tr").count() < 30
    assert shown.locator(".who").bounding_box()["height"] <= 900


def test_on_paper_it_is_light_with_the_probabilities(opened):
    shown = opened("article", color_scheme="dark")
    shown.emulate_media(media="print", color_scheme="dark")
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 250, 248)"
    told = "getComputedStyle(document.querySelector('.article .chip.tag'), '::after').content"
    assert "0.91" in shown.evaluate(told)
    shown.emulate_media(media="screen")
    assert shown.evaluate(told) == "none"


def test_what_is_folded_away_is_printed(opened):
    shown = opened("crowded")
    rows = shown.locator(".who details tr").count()
    tall = "document.querySelector('.who details').getBoundingClientRect().height"
    folded = shown.evaluate(tall)
    shown.emulate_media(media="print")
    assert rows > 5 and shown.evaluate(tall) > folded + 20 * rows


def test_a_corpus_is_sorted_filtered_and_read(opened):
    shown = opened("corpus", viewport={"width": 1300, "height": 900})
    heading = shown.locator("#targets th").nth(1)
    heading.locator("button").focus()
    shown.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    link = shown.locator("#act-warning td a").first
    link.click()
    number = shown.evaluate("location.hash")
    assert "العراق" in shown.locator(number).text_content() and "2024-05" in shown.locator(number).text_content()
    shown.fill("#filter", "لا أحد")
    assert shown.locator("#targets tbody tr:visible").count() == 0
    shown.fill("#filter", "الوزير")
    assert shown.locator("#speakers tbody tr:visible").count() == 1
