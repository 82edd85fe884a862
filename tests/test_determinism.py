"""The same text gets the same answer: twice, in another process, and in whatever batch it comes."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

import tasrih

ARTICLE = (Path(__file__).parent.parent / "seeds" / "nato_wales_summit_2014.txt").read_text(encoding="utf-8")
SENTENCES = [sentence.text for sentence in tasrih.sentences(ARTICLE)]
#: Of all lengths: single sentences, halves of them, and longer and longer parts of the article.
TEXTS = [
    *SENTENCES,
    *(text[: len(text) // 2] for text in SENTENCES),
    *(" ".join(SENTENCES[:end]) for end in range(2, len(SENTENCES), 3)),
]


@pytest.mark.parametrize("model", ["topic", "statement", "stance"])
def test_no_order_and_no_batch_moves_a_score_or_a_label(model):
    made = tasrih.load(model)
    targets = [text.split()[0] for text in TEXTS] if model == "stance" else None

    def given(order: list[int], size) -> list[tasrih.Prediction]:
        found = made.predict([TEXTS[at] for at in order], targets and [targets[at] for at in order], batch_size=size)
        return [found[order.index(at)] for at in range(len(order))]

    alone = given([*range(len(TEXTS))], 1)
    dice = random.Random(7)
    for size in ("auto", 3, 16, 64):
        order = dice.sample(range(len(TEXTS)), len(TEXTS))
        for one, among in zip(alone, given(order, size), strict=True):
            assert among.labels == one.labels and among.label == one.label
            assert among.scores == pytest.approx(one.scores, abs=1e-4)


def test_documents_do_not_depend_on_their_neighbours():
    texts = [" ".join(SENTENCES[start : start + 4]) for start in range(0, len(SENTENCES), 2)]
    order = random.Random(7).sample(range(len(texts)), len(texts))
    shuffled = tasrih.tag([texts[at] for at in order])
    for at, document in zip(order, shuffled, strict=True):
        one = tasrih.tag(texts[at])
        for ours, theirs in zip(document.statements, one.statements, strict=True):
            assert (ours.tags, ours.conditional, ours.speaker) == (theirs.tags, theirs.conditional, theirs.speaker)
            assert [(s.target, s.label) for s in ours.stances] == [(s.target, s.label) for s in theirs.stances]
            assert ours.scores == pytest.approx(theirs.scores, abs=1e-4)


def test_another_process_writes_the_same_bytes(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS[:8]), encoding="utf-8")
    runs = [
        subprocess.run([sys.executable, "-m", "tasrih.cli", verb, str(source)], capture_output=True, check=True).stdout
        for verb in ("tag", "tag", "summarise", "summarise")
    ]
    assert runs[0] == runs[1] and runs[2] == runs[3]
    assert len(runs[0].splitlines()) == len(runs[2].splitlines()) == 8
