"""The page in a real browser: Debian's chromium, driven by Playwright."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ARTICLE = "رحب الوزير بالاتفاق مع مصر. وأدان المتحدث الهجوم على السفارة بشدة. وتعهد الرئيس بتقديم مساعدات إلى ليبيا."
OTHER = "فاز المنتخب بهدفين في المباراة النهائية. ورحب المدرب بالنتيجة."


@pytest.fixture
def open_page(browser, address):
    """Open the page; at the end no request may have left the host, and no error been logged."""
    contexts, asked, faults = [], [], []

    def opened(place: str = "/", **options):
        context = browser.new_context(locale="ar", **options)
        context.set_default_timeout(60_000)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text)
                if message.type in ("error", "warning") and "of 503" not in message.text
                else None
            ),
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address + place)
        until(page, "facts.english['مشروط']")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert asked and [url for url in asked if not url.startswith(address + "/")] == []
    assert faults == []


def read(page, text: str = ARTICLE) -> None:
    page.fill("#text", text)
    page.click("#go")
    page.wait_for_selector("#drawn .article")


def picture(page, name: str) -> None:
    """Keep a picture where TASRIH_SCREENSHOTS says, to be looked at."""
    folder = os.environ.get("TASRIH_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def until(page, expression: str, seconds: float = 10) -> None:
    """Wait for an expression to hold; the page's policy forbids Playwright's own way of waiting, which is to eval."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


def wide(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def test_typing_and_reading_by_keyboard(open_page):
    page = open_page()
    picture(page, "empty")
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#text")
    page.keyboard.insert_text(ARTICLE)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#drawn .article")
    assert page.evaluate("document.querySelector('#drawn .article').textContent") == ARTICLE
    assert page.evaluate("document.activeElement.id") == "reading"
    assert page.locator("#drawn .sentences tbody tr").count() == 3 and page.locator("#drawn .chip.tag").count() >= 3
    # the first sentence begins at the right edge, and its colour came in without an inline style
    box, mark = page.locator("#drawn .article").bounding_box(), page.locator("#drawn mark").first.bounding_box()
    assert box["x"] + box["width"] - (mark["x"] + mark["width"]) < 60
    ground = page.evaluate("getComputedStyle(document.querySelector('#drawn mark')).backgroundColor")
    assert ground not in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")
    assert page.evaluate("[...document.querySelectorAll('#reading [style]')].map(e => e.outerHTML)") == []


def test_nothing_to_read_is_said(open_page):
    page = open_page()
    page.click("#go")
    assert page.text_content("#status") == "ألصِق خبرًا أولًا."
    read(page, "hello there")
    assert "لا جواب" in page.text_content("#drawn")


def test_the_example_has_a_link(open_page):
    page = open_page("/#example", viewport={"width": 1200, "height": 900})
    page.wait_for_selector("#drawn .article")
    picture(page, "desktop")
    assert "الأمين العام" in page.input_value("#text")
    page.click("#copy-link")
    until(page, "document.querySelector('#status').textContent === 'نُسخ.'")
    assert page.evaluate("navigator.clipboard.readText()").endswith("/#example")


def test_a_text_has_a_link(open_page, address):
    page = open_page()
    read(page)
    page.click("#copy-link")
    until(page, "location.hash.startsWith('#text=')")
    again = open_page(page.evaluate("location.pathname + location.hash"))
    again.wait_for_selector("#drawn .article")
    assert again.evaluate("document.querySelector('#drawn .article').textContent") == ARTICLE


def test_files_are_dropped(open_page):
    page = open_page()
    page.evaluate(
        """files => {
          const transfer = new DataTransfer();
          for (const [name, bytes] of files) transfer.items.add(new File([new Uint8Array(bytes)], name, {type: "text/plain"}));
          for (const kind of ["dragover", "drop"])
            document.querySelector("#form").dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
        }""",
        [["أول.txt", [*ARTICLE.encode()]], ["old.txt", [*OTHER.encode("windows-1256")]]],
    )
    page.wait_for_selector("#articles button")
    assert page.locator("#articles button").all_text_contents() == ["أول.txt", "old.txt"]
    page.locator("#articles button").nth(1).click()
    assert page.evaluate("document.querySelector('#drawn .article').textContent") == OTHER
    assert page.locator("#articles [aria-current]").text_content() == "old.txt"
    picture(page, "files")


def test_a_file_that_is_no_text_is_refused(open_page):
    page = open_page()
    page.set_input_files("#files", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"PK\x03\x04\x00\x00"})
    page.wait_for_selector("#status.wrong")
    assert "a.txt" in page.text_content("#status")


def test_acts_are_filtered(open_page):
    page = open_page()
    read(page)
    buttons = page.locator("#acts button")
    assert buttons.first.get_attribute("aria-pressed") == "true"
    shown = page.locator("#drawn .sentences tbody tr:visible")
    chosen = buttons.nth(1)
    act = chosen.get_attribute("data-act")
    expected = page.evaluate("act => statements().filter(s => s.tags.includes(act)).map(s => s.text)", act)
    assert 0 < len(expected) < 3
    chosen.focus()
    page.keyboard.press("Enter")
    assert chosen.get_attribute("aria-pressed") == "true"
    assert shown.locator(".sentence").all_text_contents() == expected
    assert page.locator("#drawn .article .chip:visible").count() == shown.locator(".chip").count()
    picture(page, "filtered")
    # what the panel tells of other acts is hidden too
    acts = page.evaluate("[...document.querySelectorAll('.who li')].filter(e => e.offsetParent).map(e => e.dataset.act)")
    assert set(acts) == {act}
    buttons.first.click()
    assert shown.count() == 3


def test_a_tag_is_explained(open_page):
    page = open_page()
    read(page)
    asked = page.locator("button.why")
    assert asked.count() == page.locator("#drawn .sentences .chip").count() >= 2
    first = asked.first
    assert first.get_attribute("aria-label").startswith("لماذا؟ ") and first.get_attribute("aria-expanded") == "false"
    first.focus()
    page.keyboard.press("Enter")
    told = page.locator("tr.why")
    told.wait_for()
    assert first.get_attribute("aria-expanded") == "true"
    assert told.locator(".sentence").text_content() == page.evaluate("statements()[0].text")
    words = told.locator(".strongest li")
    assert words.count() >= 1 and "+0." in told.text_content()
    ground = page.evaluate("getComputedStyle(document.querySelector('tr.why .word')).backgroundColor")
    assert ground not in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")
    picture(page, "explained")
    # the filter still counts statements alone, and takes the explanation with its statement
    act = page.evaluate("statements().flatMap(s => s.tags).find(tag => !statements()[0].tags.includes(tag))")
    page.locator(f"#acts button[data-act={act}]").click()
    assert page.locator("tr.why:visible").count() == 0
    page.locator("#acts button").first.click()
    page.click("#language")
    page.locator("button.why").first.click()
    told.wait_for()
    assert told.locator("b").text_content() == page.evaluate("statements()[0].tags[0].replaceAll('_', ' ')")
    assert "for the label" in told.text_content() and "probability falls" in told.text_content()
    picture(page, "explained-english")
    page.locator("button.why").first.click()
    assert told.count() == 0


def test_the_interface_speaks_english(open_page):
    page = open_page("/#example", viewport={"width": 1200, "height": 900})
    page.wait_for_selector("#drawn .article")
    page.click("#language")
    picture(page, "english")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["en", "ltr"]
    assert page.locator("#drawn h2").all_text_contents() == ["Summary", "Text", "Who says what to whom", "Sentences"]
    assert page.locator("#drawn .legend .chip.tag").first.text_content() == "security support"
    assert page.evaluate("getComputedStyle(document.querySelector('#drawn .article')).direction") == "rtl"
    left = page.evaluate(
        """[...document.querySelectorAll('#reading *, header *, form *, footer *')]
        .filter(e => !e.closest('.article,.sentence,.panel>p,td bdi,.who bdi,#language,textarea,option'))
        .flatMap(e => [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data)).filter(t => /[\\u0600-\\u06ff]/.test(t))"""
    )
    assert left == []
    page.reload()
    page.wait_for_selector("#drawn .article")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.click("#language")
    assert page.locator("#drawn h2").first.text_content() == "الملخص" and page.text_content("#go") == "اقرأ الخبر"


def test_json_and_html_are_copied(open_page):
    page = open_page()
    read(page)
    page.click("#copy-json")
    until(page, "document.querySelector('#status').textContent === 'نُسخ.'")
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert copied["text"] == ARTICLE and copied["statements"][0]["text"]
    page.click("#copy-html")
    page.wait_for_timeout(300)
    assert page.evaluate("navigator.clipboard.readText()").startswith("<!DOCTYPE html>")


def test_a_phone_and_the_dark(open_page):
    page = open_page("/#example", viewport={"width": 360, "height": 740}, color_scheme="dark", has_touch=True)
    page.wait_for_selector("#drawn .article")
    picture(page, "phone-dark")
    assert wide(page) <= 0
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, ground.removeprefix("rgb(").removesuffix(")").split(","))) < 64
    small = page.evaluate(
        "[...document.querySelectorAll('button')].filter(b => b.offsetHeight && b.offsetHeight < 36).length"
    )
    assert small == 0
    page.click("#language")
    picture(page, "phone-english")
    assert wide(page) <= 0


def test_an_attack_stays_a_text(open_page):
    page = open_page()
    evil = "رحب الوزير <script>document.title='x'</script><img src=x onerror=\"document.title='x'\"> بالاتفاق"
    evil += "، وأشاد بجهود الوسطاء الذين سعوا إليه طوال الأشهر الماضية، وشكر الحكومات التي دعمته."
    read(page, evil)
    assert page.evaluate("document.querySelector('#drawn .article').textContent") == evil
    page.locator("button.why").first.click()
    page.locator("tr.why").wait_for()
    assert page.text_content("tr.why .sentence") in evil and "<script>" in page.text_content("tr.why .sentence")
    assert page.locator("#drawn script, #drawn img").count() == 0 and page.title() == "تصريح"


def test_a_busy_server_is_said(open_page):
    page = open_page()
    page.route("**/page/read", lambda route: route.fulfill(status=503, body="{}"))
    page.evaluate("read([{text: 'خبر'}])")
    page.wait_for_selector("#status.wrong")
    assert "مشغول" in page.text_content("#status") and page.is_enabled("#go")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ar", "en"])
def test_axe_finds_nothing(open_page, axe, scheme, language):
    page = open_page("/#example", color_scheme=scheme)
    page.wait_for_selector("#drawn .article")
    if language == "en":
        page.click("#language")
    page.evaluate(axe)
    for state in ("all", "explained", "filtered"):
        if state == "explained":
            page.locator("button.why").first.click()
            page.locator("tr.why").wait_for()
        if state == "filtered":
            page.locator("#acts button").nth(1).click()
        found = page.evaluate(
            "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html)]))"
        )
        assert found == [], state
