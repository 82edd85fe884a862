"""The HTTP API: the same answers as the library, and nothing that a request can break or reach."""

from __future__ import annotations

import json
import threading

import pytest
from fastapi.testclient import TestClient

import tasrih
from tasrih import api
from tasrih.errors import MissingExtraError
from tasrih.models.engines import OnnxEngine
from tasrih.serving.app import Limits, make_app
from tasrih.serving.guard import HEADERS
from tasrih.serving.server import serve

ARTICLE = "رَحَّبَ الوزيرُ بالاتفاق، وقال: «سنـقدّم الدعم إذا طُلب منّا في ٢٠١٤».\nوأدان المتحدث الهجوم. هل يقبلون؟"
OTHER = "فاز المنتخب بهدفين في المباراة النهائية"
VERBS = ["/v1/read", "/v1/tag", "/v1/classify", "/v1/explain", "/v1/summarise"]


def equal(given, expected) -> bool:
    """Compare plain JSON; a score may move by a rounding error with the batch that it comes in."""
    if isinstance(expected, dict):
        return [*given] == [*expected] and all(equal(given[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(given) == len(expected) and all(map(equal, given, expected))
    return abs(given - expected) < 1e-4 if isinstance(expected, float) else given == expected


@pytest.mark.parametrize(
    ("path", "options", "verb"),
    [
        ("/v1/read", {}, api.read),
        ("/v1/tag", {}, api.tag),
        ("/v1/tag", {"model": "statement"}, api.tag),
        ("/v1/classify", {}, api.classify),
        ("/v1/classify", {"task": "statement", "abstain": True}, lambda t: api.classify(t, "statement", abstain=True)),
        (
            "/v1/classify",
            {"task": "stance", "target": "الاتفاق"},
            lambda t: api.classify(t, "stance", target="الاتفاق"),
        ),
        ("/v1/explain", {"label": "endorsement"}, lambda t: api.explain(t, "endorsement")),
        (
            "/v1/explain",
            {"label": "favor", "task": "stance", "target": "الاتفاق"},
            lambda t: api.explain(t, "favor", target="الاتفاق"),
        ),
        ("/v1/summarise", {"style": "brief"}, lambda t: api.summarise(t, style="brief")),
        ("/v1/summarise", {"min_words": 9, "max_words": 9}, lambda t: api.summarise(t, min_words=9, max_words=9)),
    ],
)
def test_answers_are_the_librarys(client, path, options, verb):
    one = client.post(path, json={"text": ARTICLE, **options})
    assert one.status_code == 200 and one.json() == json.loads(json.dumps(verb(ARTICLE).to_dict()))
    texts = [ARTICLE, OTHER, "", "hello", ARTICLE] * 2  # over one chunk
    several = client.post(path, json={"texts": texts, **options})
    assert equal(several.json(), [result.to_dict() for result in verb(texts)])


def test_an_empty_batch_is_an_empty_list(client):
    assert client.post("/v1/tag", json={"texts": []}).json() == []


def test_health_and_description(client):
    assert client.get("/healthz").json() == {"status": "ok", "version": tasrih.__version__}
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == {*VERBS, "/healthz"}
    answer = described["paths"]["/v1/tag"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["anyOf"][0]["$ref"].endswith("/Document")


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/page.py", "/../app.py", "/%2e%2e/app.py", "/static/x", "/.env"])
def test_nothing_else_is_served(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/page.css", "/page.js", "/icon.svg", "/healthz", "/openapi.json", "/nothing"])
def test_every_answer_has_the_headers(client, path):
    headers = client.get(path).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy and "*" not in policy


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("/v1/tag", {}, "text"),
        ("/v1/tag", {"text": ARTICLE, "texts": [ARTICLE]}, "either"),
        ("/v1/tag", {"text": None}, "string"),
        ("/v1/tag", {"text": 3}, "string"),
        ("/v1/tag", {"texts": [ARTICLE, 3]}, "texts.1"),
        ("/v1/tag", {"texts": "نص"}, "list"),
        ("/v1/tag", {"text": ARTICLE, "engine": "torch"}, "engine"),
        ("/v1/tag", [ARTICLE], "dictionary"),
        ("/v1/tag", {"text": ARTICLE, "model": "topic"}, "does not do"),
        ("/v1/classify", {"text": ARTICLE, "model": "../../etc"}, "unknown model"),
        ("/v1/classify", {"text": ARTICLE, "model": "/etc/passwd"}, "unknown model"),
        ("/v1/classify", {"text": ARTICLE, "model": "owner/model"}, "unknown model"),
        ("/v1/classify", {"text": ARTICLE, "task": "stance"}, "target"),
        ("/v1/classify", {"text": ARTICLE, "target": "العراق"}, "target"),
        ("/v1/classify", {"text": ARTICLE, "task": "رأي"}, "task"),
        ("/v1/explain", {"text": ARTICLE}, "label"),
        ("/v1/explain", {"text": ARTICLE, "label": "mood"}, "unknown label: choose from"),
        ("/v1/explain", {"text": ARTICLE, "label": "sport", "task": "statement"}, "no label of statement"),
        ("/v1/explain", {"text": ARTICLE, "label": "favor"}, "target"),
        ("/v1/explain", {"text": ARTICLE, "label": "sport", "target": "العراق"}, "target"),
        ("/v1/explain", {"text": ARTICLE, "label": "sport", "method": "occlusion"}, "method"),
        ("/v1/summarise", {"text": ARTICLE, "max_words": 0}, "max_words"),
        ("/v1/summarise", {"text": ARTICLE, "max_words": 4, "min_words": 5}, "min_words 5 is more than max_words, 4"),
        ("/v1/summarise", {"text": ARTICLE, "method": "magic"}, "method"),
        ("/v1/summarise", {"text": ARTICLE, "max_words": 31}, "max_words 31 is more than 30, the most of a headline"),
        ("/v1/summarise", {"text": ARTICLE, "style": "brief", "max_words": 201}, "200"),
        (
            "/v1/summarise",
            {"text": ARTICLE, "style": "brief", "max_words": 61, "method": "abstractive"},
            "max_words 61 is more than 60, the most of a brief by the method abstractive",
        ),
    ],
)
def test_what_cannot_be_done_is_said(client, path, body, word):
    answer = client.post(path, json=body)
    assert answer.status_code == 422 and word in answer.json()["detail"] and "\n" not in answer.json()["detail"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"\xff\xfe", b'{"\\ud800": 1}', b"[" * 100_000, b'{"text": NaN}', b"null",
        b'{"text": "' + b"9" * 10 + b'", "max_words": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", VERBS)
def test_no_body_breaks_it(client, path, content):
    answer = client.post(path, content=content, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500 and isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize(
    "text", ["\x00", "\u202e\u2066", "ـ" * 5000, "\u064e" * 5000, "\U0010ffff", "ﷺ ﻻ", "{}[]</script>", "ا" * 20_000]
)
def test_any_text_gets_an_answer(client, text):
    for path in VERBS:
        more = {"label": "call"} if path == "/v1/explain" else {}
        wanted = 413 if more and len(text) > Limits().explained else 200
        assert client.post(path, json={"text": text, **more}).status_code == wanted


def test_as_many_words_as_may_be_asked_for(client):
    for options in ({"max_words": 30}, {"style": "brief", "max_words": 200}, {"style": "brief", "method": "abstractive"}):
        assert client.post("/v1/summarise", json={"text": ARTICLE, **options}).status_code == 200


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ('{"text": "خبر", "text": "خبر آخر"}', "'text'"),
        ('{"texts": ["خبر"], "a": {"b": 1, "b": 2}}', "'b'"),
        ('{"text": "خبر", "\\ud800": 1, "\\ud800": 2}', "'\\ud800'"),
        ('{"text": "خبر", "' + "ا" * 1000 + '": 1, "' + "ا" * 1000 + '": 2}', "'" + "ا" * 40 + "'"),
    ],
)
def test_a_key_twice_is_named(client, content, key):
    answer = client.post("/v1/tag", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"] == f"body: the key {key} stands twice in an object: keep one"


def test_half_a_surrogate_pair_is_answered(client):
    answer = client.post(
        "/v1/tag", content=b'{"text": "\\ud800 \\u0646\\u0635"}', headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200 and answer.json()["text"].startswith("\ud800")


def test_sizes_are_bounded():
    with TestClient(make_app(Limits(body=2000, characters=100, explained=50, texts=3))) as client:
        for body, word in [
            ({"text": "ا" * 101}, "text 0 has 101 characters: "),
            ({"text": "ﷺ" * 6}, "text 0 has 108 characters, ligatures spelt out"),  # eighteen each
            ({"texts": ["ا"] * 4}, "4 texts"),
            ({"text": "a" * 2000}, "2000 bytes"),
        ]:
            answer = client.post("/v1/tag", json=body)
            assert answer.status_code == 413 and word in answer.json()["detail"], answer.text
            assert answer.headers["content-security-policy"]
        pieces = client.post("/v1/tag", content=iter([b"[" * 900] * 3), headers={"content-type": "application/json"})
        assert pieces.status_code == 413  # no length was told beforehand
        assert client.post("/v1/tag", json={"text": "ا" * 100}).status_code == 200
        # each word of an explained text is a pass of the model
        for count, status in ((50, 200), (51, 413)):
            for path in ("/v1/explain", "/page/explain"):
                assert client.post(path, json={"text": "ا" * count, "label": "call"}).status_code == status


@pytest.fixture
def held(monkeypatch):
    """Make tagging wait for an event."""
    begun, go = threading.Semaphore(0), threading.Event()
    tag = api.tag

    def slow(texts, **options):
        begun.release()
        assert go.wait(30)
        return tag(texts, **options)

    monkeypatch.setattr(api, "tag", slow)
    yield begun, go
    go.set()


def test_a_full_queue_refuses(held):
    begun, go = held
    with TestClient(make_app(Limits(threads=1, queue=2))) as client:
        answers: list[int] = []
        asking = [
            threading.Thread(target=lambda: answers.append(client.post("/v1/tag", json={"text": OTHER}).status_code))
            for _ in range(3)
        ]
        for thread in asking:
            thread.start()
        assert begun.acquire(timeout=30)
        workers = client.app.state.workers
        while workers._held < 3:
            threading.Event().wait(0.01)
        refused = client.post("/v1/tag", json={"text": OTHER})
        assert refused.status_code == 503 and int(refused.headers["retry-after"]) > 0
        assert client.get("/healthz").status_code == 200  # the event loop is free
        go.set()
        for thread in asking:
            thread.join(30)
        assert answers == [200] * 3
        assert client.post("/v1/tag", json={"text": OTHER}).status_code == 200


def test_late_work_is_given_up(held):
    begun, go = held
    with TestClient(make_app(Limits(threads=1, queue=0, seconds=0.2))) as client:
        answer = client.post("/v1/tag", json={"texts": [OTHER] * 20})
        assert answer.status_code == 504 and "time limit" in answer.json()["detail"]
        # the thread is held still, so that no more work piles up behind it
        assert client.post("/v1/tag", json={"text": OTHER}).status_code == 503
        go.set()
        workers = client.app.state.workers
        while workers._held:
            threading.Event().wait(0.01)
        assert not begun.acquire(blocking=False) or not begun.acquire(blocking=False)  # the rest was not begun


@pytest.mark.parametrize(
    ("path", "verb", "texts", "most"),
    [
        ("/v1/summarise", "summarise", ["ا" * 10] * 20, 1),
        ("/v1/tag", "tag", ["ا" * 10] * 20, 8),
        ("/v1/read", "read", ["ا" * 60] * 20, 1),  # two of these are longer than one text may be
        ("/v1/read", "read", ["ا" * 30] * 20, 3),
        ("/v1/read", "read", ["ﷺ" * 3] * 20, 1),
    ],
)
def test_the_deadline_is_looked_at_within_one_texts_time(monkeypatch, path, verb, texts, most):
    given: list[int] = []

    def slow(texts, **options):
        given.append(len(texts))
        threading.Event().wait(0.15)
        return []

    monkeypatch.setattr(api, verb, slow)
    with TestClient(make_app(Limits(threads=1, seconds=0.2, characters=100))) as client:
        assert client.post(path, json={"texts": texts}).status_code == 504
        workers = client.app.state.workers
        while workers._held:
            threading.Event().wait(0.01)
    assert given == [most] * len(given) and len(given) <= 2  # what begins after the time is up is nothing


@pytest.mark.parametrize(
    ("path", "text", "options"),
    [
        ("/v1/explain", "وصل " * 800, {"label": "endorsement"}),
        ("/v1/classify", "رحب الوزير بالاتفاق. " * 4000, {}),
        ("/v1/summarise", ARTICLE * 5, {"method": "abstractive", "max_words": 30, "min_words": 30}),
    ],
)
def test_one_text_that_takes_too_long_holds_no_thread(monkeypatch, path, text, options):
    runs: list[float] = []
    run = OnnxEngine.run

    def slow(engine, batch):
        runs.append(0.05)
        threading.Event().wait(0.05)
        return run(engine, batch)

    with TestClient(make_app(Limits(threads=1, seconds=0.4))) as client:
        for name in ("topic", "statement", "summary"):
            tasrih.load(name)
        monkeypatch.setattr(OnnxEngine, "run", slow)
        assert client.post(path, json={"text": text, **options}).status_code == 504
        workers = client.app.state.workers
        while workers._held:
            threading.Event().wait(0.01)
    assert len(runs) < 20  # whole, the shortest of them takes over twice as many


def test_the_example_is_the_seed_article(client):
    from pathlib import Path

    seed = Path(__file__).parents[2] / "seeds" / "nato_wales_summit_2014.txt"
    assert client.get("/example.txt").text == seed.read_text(encoding="utf-8")


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    with pytest.raises(MissingExtraError, match=r"tasrih\[serve\]"):
        serve()
