"""An article that is an attack, carried through every renderer: nothing of it is run, and none of its words is lost."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

import tasrih
from tasrih.corpus_report import CorpusCounter
from tasrih.evaluation.cards import Card, folder_card, write_card
from tasrih.interchange import Article, row_dict, statement_rows
from tasrih.label_studio import corrected, labelling_config, tasks
from tasrih.render.corpus_page import corpus_page
from tasrih.render.explanation import print_explanation
from tasrih.render.html import page
from tasrih.render.report import report_page
from tasrih.render.terminal import prediction_line, print_document
from tasrih.results import Document, Explanation, Prediction, Span, Stance, Statement, Summary, Word
from tasrih.serving.drawing import draw, draw_explanation

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'
OTHERS = '\'><svg/onload=alert(3)></style></title></textarea><!-- --><a href="javascript:alert(4)">نعم</a>'

#: Real sentences, so that the models find acts, speakers and targets in and round the attack.
ARTICLE = (
    f"رحّب وزير الخارجية {SCRIPT} بالاتفاق مع ليبيا {IMAGE}، وتعهّد بتقديم الدعم الأمني إليها إذا طلبت ذلك.\n"
    f"وأدان المتحدث باسم {IMAGE} الهجوم على السفارة {OTHERS} بشدة.\n{SCRIPT}\n"
    "وقال الوزير إن بلاده ترفض التصعيد في المنطقة وتدعو جميع الأطراف إلى العودة إلى طاولة المفاوضات في أقرب وقت، "
    "وحذّر من أن استمرار القتال سيؤدي إلى كارثة إنسانية يدفع المدنيون ثمنها قبل غيرهم."
)

#: Elements and attributes that no text of ours brings; the report's own script is told apart by what it holds.
FOREIGN = {"img", "svg", "iframe", "textarea", "object", "form"}


def attack() -> Document:
    """A document of which every text is an attack, names of labels too."""
    whole = Span(ARTICLE, 0, len(ARTICLE))
    stances = (Stance(whole, "against", 0.7), Stance(Span(IMAGE, ARTICLE.index(IMAGE), 0), IMAGE, 0.6))
    act = Statement(ARTICLE, 0, len(ARTICLE), ("call", SCRIPT), {"call": 0.9, SCRIPT: 0.8}, True, whole, True, stances)
    topic = Prediction(IMAGE, 0.5, {IMAGE: 0.5, SCRIPT: 0.4}, (IMAGE, SCRIPT), reason=SCRIPT)
    return Document(ARTICLE, topic, (act,), Summary(ARTICLE, IMAGE, 0.9, (whole,), SCRIPT))


def explanation() -> Explanation:
    words = tuple(
        Word(found[0], *found.span(), 0.3 if at % 2 else -0.2) for at, found in enumerate(re.finditer(r"\S+", ARTICLE))
    )
    return Explanation(ARTICLE, IMAGE, 0.9, words)


def article() -> Article:
    return Article(IMAGE, ARTICLE, "2015-07-21", SCRIPT, IMAGE, "javascript:alert(5)")


def evaluation() -> str:
    one = {"value": 0.5, "low": 0.4, "high": 0.6}
    row = {
        "label": IMAGE,
        "support": 4,
        "predicted": 3,
        "precision": one,
        "recall": one,
        "f1": one,
        "average_precision": one,
    }
    metrics = {
        "model": SCRIPT, "data": IMAGE, "split": SCRIPT, "size": 3, "task": "topic", "command": OTHERS, "notes": [SCRIPT],
        "scores": {"model": {IMAGE: one}, SCRIPT: {IMAGE: one}}, "difference": {IMAGE: one},
        "against": {"model": IMAGE, "difference": {IMAGE: one}},
        "analysis": {
            "per_class": {"model": [row], SCRIPT: [row]}, "confusion": {"labels": [IMAGE, SCRIPT], "counts": [[1, 2], [0, 1]]},
            "reliability": [{"count": 7, "confidence": 0.9, "share": 0.8}],
            "precision_recall": [{"name": name, "x": [1.0, 0.0], "y": [0.2, 1.0], "area": 0.6} for name in ("all", IMAGE)],
            "risk_coverage": [{"name": SCRIPT, "x": [0.5, 1.0], "y": [0.1, 0.2], "area": 0.1}],
            "slices": [{"group": IMAGE, "name": SCRIPT, "size": 50, "scores": {IMAGE: one}}],
        },
    }  # fmt: skip
    error = {
        "id": IMAGE, "text": ARTICLE, "target": SCRIPT, "expected": [IMAGE], "given": [SCRIPT], "confidence": 0.9,
        "source": IMAGE,
    }  # fmt: skip
    return report_page(metrics, [error])


def corpus() -> str:
    counter = CorpusCounter()
    counter.add(article(), tasrih.tag(ARTICLE))
    counter.add(article(), attack())
    return corpus_page(counter.report(), title=SCRIPT)


def command(*arguments: str, folder: Path, name: str) -> str:
    path = folder / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tasrih.cli", arguments[0], str(path), *arguments[1:], "--html", str(folder / name)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (folder / name).read_text(encoding="utf-8")


#: Every renderer of HTML, by name; each takes a folder to write to.
PAGES = {
    "document in a notebook": lambda _: tasrih.read(ARTICLE)._repr_html_(),
    "attack in a notebook": lambda _: attack()._repr_html_(),
    **{
        f"{type(part).__name__} in a notebook": lambda _, part=part: part._repr_html_()
        for part in (attack().topic, attack().summary, attack().statements[0], attack().statements[0].speaker, explanation())
    },
    "tasrih read --html": lambda folder: command("read", folder=folder, name="read.html"),
    "page of the attack": lambda _: page(attack(), title=SCRIPT),
    "tasrih explain --html": lambda folder: command("explain", "--label", "endorsement", folder=folder, name="why.html"),
    "page of an explanation": lambda _: page(explanation(), title=IMAGE),
    "corpus report": lambda _: corpus(),
    "tasrih report --html": lambda folder: command("report", "--title", IMAGE, folder=folder, name="report.html"),
    "evaluation report": lambda _: evaluation(),
    "the server's drawing": lambda _: draw(attack())["body"],
    "the server's page to keep": lambda _: draw(tasrih.read(ARTICLE))["page"],
    "the server's explanation": lambda _: draw_explanation(explanation())["body"],
}  # fmt: skip


class Elements(HTMLParser):
    """Collects the elements of a page with their attributes, and what scripts hold."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found, self.scripts, self.inside, self.text = [], [], False, ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.inside = tag == "script"

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "script"

    def handle_data(self, data):
        if self.inside:
            self.scripts.append(data)
        else:
            self.text += data


def assert_harmless(source: str, *, plots: bool = False) -> None:
    elements = Elements(source)
    drawn = {tag for tag, _ in elements.found}
    assert drawn & (FOREIGN - ({"svg"} if plots else set())) == set()
    for tag, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert not (attributes.get("href") or "").strip().lower().startswith("javascript:"), (tag, attributes)
    assert not [script for script in elements.scripts if "alert" in script]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, str]:
    """Every page, made once."""
    folder = tmp_path_factory.mktemp("pages")
    return {name: make(folder) for name, make in PAGES.items()}


@pytest.mark.parametrize("name", PAGES)
def test_no_element_of_a_text_is_an_element_of_the_page(made, name):
    plots = name in ("corpus report", "tasrih report --html", "evaluation report")
    assert_harmless(made[name], plots=plots)
    # and the attack is there to be read, not taken out
    shown = Elements(made[name]).text
    assert SCRIPT in shown or IMAGE in shown


def test_the_check_sees_an_attack():
    for source in (f"<p>{SCRIPT}</p>", f'<p title="{IMAGE}">', f"<p title='{OTHERS}'>"):
        with pytest.raises(AssertionError):
            assert_harmless(source)


# --- what is no page ------------------------------------------------------------------------------------


def test_label_studio_gets_texts_as_data():
    document = tasrih.tag(ARTICLE)
    for found in (document, attack()):
        rows = json.loads(json.dumps(list(tasks(article(), found)), ensure_ascii=False))
        assert [row["data"]["text"] for row in rows] == [statement.text for statement in found.statements]
    # plain text is shown by <Text>; <HyperText> would make elements of it
    interface = ElementTree.fromstring(labelling_config())
    assert {element.tag for element in interface.iter()} & {"HyperText", "script", "Html"} == set()
    assert interface.find("Text[@name='text']").get("value") == "$text"
    back = [
        {"data": row["data"], "annotations": [{"result": row["predictions"][0]["result"]}], "id": number}
        for number, row in enumerate(tasks(article(), document), 1)
    ]
    assert [result.row["text"] for result in corrected(back)] == [statement.text for statement in document.statements]


def test_rows_keep_the_text():
    rows = [row_dict(row) for row in statement_rows(article(), tasrih.tag(ARTICLE))]
    assert [row["text"] for row in rows] == [statement.text for statement in tasrih.tag(ARTICLE).statements]


def test_a_card_opens_no_element(tmp_path):
    pytest.importorskip("huggingface_hub")
    yaml = pytest.importorskip("yaml")
    card = Card(
        IMAGE, SCRIPT, SCRIPT, "mit", IMAGE, "text-classification", data=(SCRIPT,), datasets=(IMAGE,), recipe=(SCRIPT,),
        limits=(OTHERS,), base=SCRIPT, note=IMAGE,
    )  # fmt: skip
    one = {"value": 0.5, "low": 0.4, "high": 0.6}
    report = {
        "data": IMAGE, "split": SCRIPT, "size": 3, "command": OTHERS, "notes": [SCRIPT], "difference": {IMAGE: one},
        "scores": {"model": {"accuracy": one, IMAGE: one}, SCRIPT: {"accuracy": one}},
    }  # fmt: skip
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"tasrih": {"task": SCRIPT}}), encoding="utf-8")
    (folder / "train_metrics.json").write_text(json.dumps({IMAGE: SCRIPT}), encoding="utf-8")
    for text in (write_card(card, [report], {SCRIPT: [IMAGE]}), folder_card(folder, [], "mit", title=IMAGE)):
        _, head, body = text.split("---\n", 2)
        assert not re.search("<[a-zA-Z/!]", body)
        assert "&lt;script&gt;".replace("&gt;", ">") in body or "&lt;img" in body
        assert set(yaml.safe_load(head)) <= {
            "language", "license", "library_name", "pipeline_tag", "tags", "base_model", "datasets", "metrics",
            "model-index",
        }  # fmt: skip
    (stored,) = re.findall("```json\n(.*?)\n```", write_card(card, [], {SCRIPT: [IMAGE]}), re.S)
    assert json.loads(stored) == {SCRIPT: [IMAGE]}


def test_the_terminal_prints_the_text_as_it_is():
    out = io.StringIO()
    console = Console(file=out, width=400, highlight=False, emoji=False, markup=False)
    print_document(attack(), console)
    print_explanation(explanation(), console)
    printed = " ".join(re.sub("[\u2066-\u2069]", "", out.getvalue()).split())
    assert SCRIPT in printed and "onerror=alert(2)" in printed
    assert IMAGE in prediction_line(attack().topic, "topic")


# --- in a browser -----------------------------------------------------------------------------------------

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.slow
def test_a_browser_runs_nothing_of_it(made):
    sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need pip install 'tasrih[browser]'")
    if CHROMIUM is None:
        pytest.skip("browser tests need chromium (apt install chromium)")
    alarms, asked = [], []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        shown = browser.new_page()

        def alarm(dialog):
            alarms.append(dialog.message)
            dialog.dismiss()

        shown.on("dialog", alarm)
        shown.on("request", lambda request: asked.append(request.url))
        for name, source in made.items():
            shown.set_content(source)
            shown.wait_for_timeout(50)
            assert (name, alarms, asked) == (name, [], [])
            assert shown.locator("img, textarea, [onerror], [onload], a[href^='javascript:']").count() == 0, name
        # the alarm works
        shown.set_content(f"<p>{SCRIPT}</p>")
        browser.close()
    assert alarms == ["1"]
