"""The seed article against its reference annotation, sentence by sentence, as `tasrih read` gives it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import tasrih
from tasrih.data.corpus import read_rows
from tasrih.data.guard import LEAST
from tasrih.data.labelled import article_text
from tasrih.data.standoff import SUFFIX, join_articles, read_standoff
from tasrih.text.normalise import normalise

SEEDS = Path(__file__).parent.parent / "seeds"
LABELS = SEEDS.parent / "configs" / "labels"


@pytest.fixture(scope="module")
def article() -> str:
    return (SEEDS / "nato_wales_summit_2014.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reference() -> list[dict]:
    return json.loads((SEEDS / "nato_wales_summit_2014.json").read_text(encoding="utf-8"))["statements"]


@pytest.fixture(scope="module")
def document(article):
    return tasrih.read(article)


def test_the_reference_fits_the_article(article, reference):
    assert article.count('"') == 23 and len(reference) == 13
    for row in reference:
        for span in [row, row["speaker"], *(stance["target"] for stance in row["stances"])]:
            assert span is None or article[span["start"] : span["end"]] == span["text"]
        assert set(row["tags"]) <= set(tasrih.load("statement").labels)


def test_the_sentences_are_those_of_the_reference(document, reference):
    assert [(found.start, found.end) for found in document.statements] == [
        (row["start"], row["end"]) for row in reference
    ]


@pytest.mark.parametrize(
    ("number", "act"),
    [
        (1, "security_support"),
        (2, "security_support"),
        (5, "security_support"),
        (8, "endorsement"),
        (13, "call"),
        (13, "accusation"),
    ],
)
def test_the_acts_that_the_article_is_known_for_are_found(document, reference, number, act):
    assert act in reference[number - 1]["tags"]
    assert act in document.statements[number - 1].tags


@pytest.mark.parametrize("number", [1, 2, 5])
def test_the_offers_are_conditional(document, number):
    assert document.statements[number - 1].conditional


def test_most_sentences_share_an_act_with_the_reference(document, reference):
    agreeing = [
        bool(set(found.tags) & set(row["tags"])) or not (found.tags or row["tags"])
        for found, row in zip(document.statements, reference, strict=True)
    ]
    assert sum(agreeing) >= 8, agreeing


def test_speakers_are_named_where_they_stand_and_inferred_where_they_do_not(document, reference):
    for found, row in zip(document.statements, reference, strict=True):
        if not found.tags:
            continue
        if row["speaker"] is None:
            assert found.speaker is None or found.speaker_inferred
        else:
            assert (found.speaker.text, found.speaker_inferred) == (row["speaker"]["text"], False)


def test_russia_is_stood_against(document):
    stances = {stance.target.text: stance.label for stance in document.statements[12].stances}
    assert stances.get("روسيا") == "against"


def test_topic_and_summary(document):
    assert document.topic.label in ("conflict_war_peace", "politics_government")
    assert 3 <= len(document.summary.text.split()) <= 14
    assert document.summary.supported == 1.0


# --- it is never trained on -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def touching(reference) -> Callable[[Iterable[str]], list[str]]:
    """Give those of some texts that hold a sentence of the article, or that one of its sentences holds."""
    seed = [letters(row["text"]) for row in reference]

    def give(texts: Iterable[str]) -> list[str]:
        return [text for text in texts if touches(letters(text), seed)]

    return give


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, normalise(text, "search")))


def touches(text: str, seed: list[str]) -> bool:
    # a short text, such as two names, may stand in any sentence
    return any(sentence in text or (len(text) >= LEAST and text in sentence) for sentence in seed)


def labelled_texts(path: Path, root: Path) -> Iterator[str]:
    """Give the texts that a file of labels points at: sentences or articles, joined as training joins them."""
    if path.name.endswith(SUFFIX):
        yield from (row.text for row in read_standoff(path, "topic" if "topic" in path.name else "statement", root))
    else:
        yield from (article_text(article) for _, article in join_articles(read_rows(path), path, root))


def test_a_text_that_touches_it_would_be_seen(touching, reference):
    whole, part = reference[0]["text"], reference[4]["text"][:60]
    assert touching([f"عنوان\n{whole} وقال غيره.", part, "وقال الوزير إن الاجتماع انتهى."]) == [
        f"عنوان\n{whole} وقال غيره.", part,
    ]  # fmt: skip


def test_its_sentences_are_in_no_written_example(touching):
    assert touching(row["text"] for row in read_rows(LABELS / "written.jsonl")) == []


@pytest.mark.data
@pytest.mark.parametrize("name", ["train", "train_written", "validation"])
def test_its_sentences_are_in_no_training_set(touching, data_root, name):
    assert touching(row["text"] for row in read_rows(data_root / "statements" / f"{name}.jsonl")) == []


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({path.name for path in LABELS.glob("*.jsonl")} - {"written.jsonl"}))
def test_its_sentences_are_in_no_text_that_labels_point_at(touching, data_root, name):
    assert touching(labelled_texts(LABELS / name, data_root)) == []
