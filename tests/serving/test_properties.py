"""Bodies made from the service's own description, right and wrong: every answer is one that it describes, none is 5xx."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

VERBS = ["/v1/read", "/v1/tag", "/v1/classify", "/v1/explain", "/v1/summarise"]

texts = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.text("ابتثجحخدذرزسشصضطظعغفقكلمنهويءأإآؤئةى ـًٌٍَُِّْ،؛؟.«»پچگ٠١٢3\n\u200f\u202e\ufefb", max_size=80),
    st.sampled_from(["رحب الوزير بالاتفاق.", "وقال: «سنقدم الدعم إذا طُلب منّا». هل؟", "{\"text\": 1}", "../../etc/passwd", "<b>نص</b>"]),
)  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8,
)  # fmt: skip


def fitting(schema: dict) -> st.SearchStrategy:
    """Make values of a property of the description."""
    if "anyOf" in schema:
        return st.one_of(*map(fitting, schema["anyOf"]))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return {
        "string": texts, "boolean": st.booleans(), "null": st.none(),
        "array": st.lists(texts, max_size=4), "integer": st.integers(schema.get("minimum"), schema.get("maximum")),
    }[schema["type"]]  # fmt: skip


def described(client, path: str) -> tuple[dict, set[int]]:
    whole = client.get("/openapi.json").json()
    post = whole["paths"][path]["post"]
    name = post["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    return whole["components"]["schemas"][name], {int(status) for status in post["responses"]}


@pytest.mark.parametrize("path", VERBS)
def test_every_answer_is_a_described_one(client, path):
    schema, statuses = described(client, path)
    seen = set()

    @settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data):
        body = data.draw(anything) if data.draw(st.integers(0, 5)) == 0 else {}
        if isinstance(body, dict):
            names = [*schema["properties"], "text"]  # a text more often than not
            for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True)):
                right = data.draw(st.integers(0, 4)) > 0
                body[name] = data.draw(fitting(schema["properties"][name]) if right else anything)
        answer = client.post(path, content=json.dumps(body).encode(), headers={"content-type": "application/json"})
        seen.add(answer.status_code)
        assert answer.status_code in statuses and answer.status_code < 500
        if answer.status_code == 200:
            found = answer.json()
            assert isinstance(found, list) == ("texts" in body)
            if path in ("/v1/read", "/v1/tag"):
                for document in found if isinstance(found, list) else [found]:
                    for s in document["statements"]:
                        assert document["text"][s["start"] : s["end"]] == s["text"]
        else:
            assert [*answer.json()] == ["detail"]

    ask()
    assert seen >= {200, 422}


@pytest.mark.parametrize("path", VERBS)
def test_a_body_that_is_no_json_gets_a_described_answer(client, path):
    _, statuses = described(client, path)
    article = '{"text": "رحّب الوزير"}'
    for body in (article.encode("cp1256", "replace"), b"\xe4\xff", b"", b"{", b"[" * 5000, b"\0"):
        answer = client.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code in statuses and 400 <= answer.status_code < 500, body
        assert [*answer.json()] == ["detail"]


def test_many_clients_at_once(address):
    """Each is answered or refused; nobody waits without end, and the same text gets the same answer."""
    httpx = pytest.importorskip("httpx")
    answers: list[tuple[int, str]] = []

    def ask():
        with httpx.Client(timeout=60, trust_env=False) as client:
            answer = client.post(f"{address}/v1/tag", json={"text": "رحب الوزير بالاتفاق. وحذر المتحدث من الحرب."})
            answers.append(
                (answer.status_code, answer.text if answer.status_code == 200 else answer.headers["retry-after"])
            )

    asking = [threading.Thread(target=ask) for _ in range(100)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(60)
    assert len(answers) == 100 and {status for status, _ in answers} <= {200, 503}
    assert len({text for status, text in answers if status == 200}) == 1
