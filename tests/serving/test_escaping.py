"""A text that is an attack stays a text, in every renderer."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from tasrih.api import read
from tasrih.render.html import fragment, page
from tasrih.render.relations import ROWS
from tasrih.render.terminal import print_document
from tasrih.results import Document, Explanation, Prediction, Span, Stance, Statement, Summary, Word
from tasrih.serving.drawing import PHRASES, draw, draw_explanation, english, style_sheet

EVIL = 'قال الوزير <script>alert(\'١\')</script> "<img src=x onerror=alert(2)>" style="--h:30" </textarea>؟'


def document() -> Document:
    whole = Span(EVIL, 0, len(EVIL))
    act = Statement(
        EVIL, 0, len(EVIL), ("call", EVIL), {"call": 0.9, EVIL: 0.8}, True, whole, True,
        (Stance(whole, "against", 0.7), Stance(Span("الوزير", 4, 10), EVIL, 0.6)),
    )  # fmt: skip
    topic = Prediction(EVIL, 0.5, {EVIL: 0.5}, (EVIL,), reason=EVIL)
    return Document(EVIL, topic, (act,), Summary(EVIL, EVIL, 0.9, (whole,), EVIL))


def tags(source: str) -> set[str]:
    return {name.lower() for name in re.findall(r"<\s*([a-zA-Z]+)", source)}


@pytest.mark.parametrize("make", [page, fragment, lambda value: draw(value)["body"], lambda value: draw(value)["page"]])
def test_html_holds_no_element_of_the_texts(make):
    source = make(document())
    assert not {"script", "img", "textarea"} & tags(source)
    assert "&lt;script&gt;" in source


def test_the_drawn_body_has_no_inline_style():
    body = draw(document())["body"]
    assert not re.search(r"<[^>]*\sstyle\s*=\s*\"[^\"]", body.replace("&quot;", ""))
    assert 'data-h="50"' in body and "style=&quot;--h:30&quot;" in body


def test_the_terminal_prints_the_text():
    out = io.StringIO()
    print_document(document(), Console(file=out, width=300, highlight=False, emoji=False, markup=False))
    assert "<script>" in out.getvalue()


@pytest.mark.parametrize("path", ["/v1/read", "/v1/tag", "/v1/classify", "/v1/summarise", "/page/read"])
def test_json_answers_are_never_taken_for_pages(client, path):
    answer = client.post(path, json={"text": EVIL})
    assert (
        answer.headers["content-type"] == "application/json" and answer.headers["x-content-type-options"] == "nosniff"
    )
    if path == "/page/read":
        assert answer.json()["page"] == page(read(EVIL))


def test_refusals_do_not_repeat_what_was_sent(client):
    for body in ({"text": EVIL, "texts": [EVIL]}, {"text": EVIL, "model": EVIL}, {"text": [EVIL]}):
        answer = client.post("/v1/classify", json=body)
        assert answer.status_code == 422 and answer.headers["content-type"] == "application/json"
        assert EVIL not in answer.json()["detail"]


def test_every_phrase_that_is_translated_is_one_that_is_drawn():
    values = [
        document(),
        Document("نص", Prediction(None, 0.1, {}, abstained=True)),
        Document("نص", Prediction(None, 0.1, {})),
    ]
    # more than the panel shows at once, and nobody named
    spans = [Span(name, 0, len(name)) for name in map(str, range(ROWS + 1))]
    told = Statement("نص", 0, 2, ("call",), stances=tuple(Stance(span, "favor", 0.9) for span in spans))
    values.append(Document("نص", statements=(told,)))
    values += [Document("نص", summary=Summary("نص", method, score=0.5)) for method in ("abstractive", "extractive", "source")]
    drawn = "".join(draw(value)["body"] for value in values)
    words = (Word("نص", 0, 2, 0.4),)
    for method in ("occlusion", "integrated_gradients"):
        drawn += draw_explanation(Explanation("نص", "call", 0.5, words, method))["body"]
    assert [phrase for phrase in PHRASES if phrase not in drawn] == []
    assert english()["دعم أمني"] == "security support"


def test_the_style_sheet_knows_every_hue():
    assert '.tag[data-h="210"]{--h:210}' in style_sheet()


def test_a_drawn_explanation_has_no_inline_style_and_the_style_sheet_knows_every_grade():
    found = range(-4, 5)
    words = tuple(Word("قال", 4 * at, 4 * at + 3, size / 10) for at, size in enumerate(found))
    body = draw_explanation(Explanation("قال " * len(words), "call", 0.5, words))["body"]
    assert " style=" not in body
    for size in filter(None, found):
        assert f'data-grade="{size}"' in body and f'.word[data-grade="{size}"]{{background:' in style_sheet()
