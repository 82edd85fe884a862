"""Pairs that articles give of themselves: what is hidden, what is to be written, and that nothing is made up."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.data.corpus import Article
from tasrih.training.derived_pairs import DERIVED, GAP, derive

SENTENCES = [
    "أَعلن وزير الصحة أمس افتتاح مستشفى المنارة في بلدة الزرقة.",
    "قال الوزير إن مستشفى المنارة يخدم أهالي بلدة الزرقة والقرى حولها.",
    "وزار «الوزير» ورشةً للنجارة؟",
    "وحضر أهالي البلدة حفل افتتاح مستشفى المنارة، وشكروا الوزير.",
]
ARTICLE = Article("a:1", " ".join(SENTENCES), "عنوان")


def pairs(how, text=ARTICLE.text, words=40, within=1000, seed=1, count=1):
    return list(derive([Article("a:1", text, "عنوان")] * count, how, words=words, within=within, seed=seed))


def test_the_lead_is_left_out_and_is_what_is_written():
    (pair,) = pairs("lead")
    assert (pair.title, pair.text) == (SENTENCES[0], " ".join(SENTENCES[1:]))
    assert pair.id == "a:1"


def test_the_gap_is_the_sentence_that_the_others_tell_most_of():
    (pair,) = pairs("gap")
    assert pair.title == SENTENCES[0]
    assert pair.text == " ".join([GAP, *SENTENCES[1:]])


def test_the_gap_is_in_what_is_read():
    weather = "نزل المطر على الجبال البعيدة طول الليل."
    before = len(weather.split())
    for within, chosen in ((before, weather), (before + 1, SENTENCES[0])):
        (pair,) = pairs("gap", f"{weather} {ARTICLE.text}", within=within)
        assert pair.title == chosen


def test_a_word_is_told_again_with_other_clitics():
    told = ["افتتح الوزير المستشفى والمدرسة أمس.", "رأى الناس وقتها مستشفى ومدرسة ولقوا وزيرها.", "عاد المطر قبل الليل بساعة."]
    # the first two share words that no two spell alike; the second is too long
    assert [pair.title for pair in pairs("gap", " ".join(told[::-1]), words=6)] == [told[0]]


def test_hidden_words_are_of_the_stretch_that_is_written():
    made = pairs("infill", count=400)
    shares = []
    for pair in made:
        shown = [word for word in pair.text.split() if word != GAP]
        written = pair.title.split()
        assert pair.title in ARTICLE.text and len(written) <= 40
        left = list(written)
        for word in shown:
            left.remove(word)  # nothing stands there that is not written
        shares.append(len(left) / len(written))
    assert 0.2 < np.mean(shares) < 0.4
    disordered = [pair for pair in made if not _in_order(pair)]
    assert len(made) / 5 < len(disordered) < len(made)


def _in_order(pair) -> bool:
    words = iter(pair.title.split())
    return all(word in words for word in pair.text.split() if word != GAP)


def test_the_same_seed_makes_the_same_pairs():
    assert pairs("infill", count=5) == pairs("infill", count=5)
    assert pairs("infill", count=5) != pairs("infill", count=5, seed=2)


@pytest.mark.parametrize("how", ["gap", "lead"])
def test_a_sentence_that_is_too_long_or_short_is_not_to_be_written(how):
    assert not pairs(how, words=4)
    assert not pairs(how, SENTENCES[0])
    long_lead = " ".join(["كلمة"] * 50) + ". " + ARTICLE.text
    assert [pair.title for pair in pairs(how, long_lead)] == ([] if how == "lead" else [SENTENCES[0]])


@pytest.mark.parametrize("how", DERIVED)
@pytest.mark.parametrize("text", ["", " \n", "؟", "Hello", "ـــ ًٌ", "قال"])
def test_a_text_without_sentences_gives_no_pair(how, text):
    assert pairs(how, text) == []


def test_a_stretch_has_no_more_words_than_are_written():
    assert all(len(pair.title.split()) <= 7 for pair in pairs("infill", words=7, count=50))
