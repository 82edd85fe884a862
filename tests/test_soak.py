"""The short form of `scripts/soak.py fuzz growth`: every public function on every kind of hostile text."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

import pytest

import tasrih

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
import soak
import soak_texts

sys.path.pop(0)

KINDS = [*soak_texts.MAKERS]


@pytest.mark.parametrize("kind", KINDS)
def test_every_function_answers_hostile_texts_twice_alike(kind):
    rng = random.Random(f"7 {kind}")
    for function, check in (soak_texts.LIGHT | soak_texts.HEAVY).items():
        for size in (0, 1, 2, 60, 200):
            text = soak_texts.MAKERS[kind](rng, size)
            assert check(text) == check(text), function


@pytest.mark.parametrize("kind", [*KINDS, *(["a pattern again and again"] * 6)])
def test_work_on_text_is_linear(kind, request):
    rng = random.Random(request.node.name)
    text = soak_texts.MAKERS[kind](rng, 60_000)
    for function, check in soak_texts.LIGHT.items():
        began = time.process_time()
        check(text)
        took = time.process_time() - began  # of a quadratic pattern, a minute
        assert took < 6, (function, text[:20])


def test_a_fault_is_told_with_what_makes_it_again(monkeypatch):
    def broken(text: str) -> str:
        if len(text) > 20:
            raise ValueError("too much")
        return text

    monkeypatch.setattr(soak_texts, "LIGHT", {"broken": broken})
    monkeypatch.setattr(soak_texts, "HEAVY", {"never the same": lambda text: str(time.monotonic_ns())})
    cases, faults, _, slowest = soak_texts.fuzz(0, 5, (100,))
    assert cases == 2 * len(KINDS) and slowest
    assert {fault.told for fault in faults} == {"ValueError: too much", "ValueError: two answers to one text"}
    fault = next(fault for fault in faults if fault.function == "broken")
    rng = random.Random(fault.seed)
    rng.choice((100,))
    assert len(soak_texts.MAKERS[fault.kind](rng, rng.randrange(101))) == fault.size


def test_growth_is_measured_between_the_largest_sizes(monkeypatch):
    def quadratic(text: str) -> str:
        until = time.perf_counter() + (len(text) / 1000) ** 2 * 0.03
        while time.perf_counter() < until:
            pass
        return ""

    monkeypatch.setattr(soak_texts, "LIGHT", {"quadratic": quadratic})
    monkeypatch.setattr(soak_texts, "HEAVY", {})
    monkeypatch.setattr(soak_texts, "MAKERS", {"only": lambda rng, size: "a" * size})
    (found,) = soak_texts.growth((1000, 3000), 1000, 9.0)
    assert found.exponent == pytest.approx(2, abs=0.3)
    (found,) = soak_texts.growth((1000, 3000), 1000, 0.1)  # too dear, as foreseen
    assert list(found.seconds) == [1000] and found.exponent is None


def test_summaries_are_asked_for_in_every_way(monkeypatch):
    asked = []

    def summarise(text, *, style, method, min_words, max_words):
        asked.append({"style": style, "method": method, "min_words": min_words, "max_words": max_words})
        return tasrih.Summary("خبر", "source")

    monkeypatch.setattr(tasrih, "summarise", summarise)
    for check in soak_texts.HEAVY.values():
        check("رحّب الوزير بالاتفاق.")
    for name, values in {
        "style": {"headline", "brief"}, "method": {"auto", "abstractive", "extractive"}, "max_words": {4, 30, 60},
    }.items():  # fmt: skip
        assert {options[name] for options in asked} >= values, name
    assert len({options["min_words"] for options in asked}) > 2
    assert "commas" in soak_texts.MAKERS  # where the cost in max_words shows


@pytest.mark.parametrize("named", [True, False])
def test_a_part_that_was_asked_for_by_name_and_not_done_is_a_fault(named, monkeypatch, tmp_path):
    monkeypatch.setattr(soak, "PARTS", {"openapi": soak.openapi})
    output = tmp_path / "soak.json"
    monkeypatch.setattr(sys, "argv", ["soak.py", *(["openapi"] if named else []), "--output", str(output)])
    monkeypatch.setattr(soak.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        soak.main()
    assert bool(ended.value.code) == named
    (part,) = json.loads(output.read_text(encoding="utf-8"))["parts"]
    assert "schemathesis is not here" in part["facts"]["left_out"]
