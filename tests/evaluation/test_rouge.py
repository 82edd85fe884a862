"""ROUGE on Arabic words, against hand-worked scores."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.evaluation.rouge import light_stem, rouge, rouge_words

WORDS = ["الوزير", "قال", "غزة", "اتفاق", "٣"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8)


def test_identical_arabic_scores_one():
    assert rouge("قال الوزير إن الأمر انتهى", "قال الوزير إن الأمر انتهى") == {
        "rouge_1": 1.0,
        "rouge_2": 1.0,
        "rouge_l": 1.0,
    }


def test_disjoint_texts_score_nothing():
    assert rouge("قال الوزير", "هطلت أمطار غزيرة") == {"rouge_1": 0.0, "rouge_2": 0.0, "rouge_l": 0.0}


@pytest.mark.parametrize(("candidate", "reference"), [("", ""), ("", "نص"), ("نص", ""), ("...", "«»")])
def test_empty_texts_score_nothing(candidate, reference):
    assert set(rouge(candidate, reference).values()) == {0.0}


def test_a_hand_worked_example():
    # candidate: 5 words, reference: 6. Shared: الوزير, يزور, غزة, اليوم. In order: الوزير, يزور, غزة.
    scores = rouge("اليوم الوزير يزور مدينة غزة", "الوزير الجديد يزور غزة مساء اليوم")
    assert scores["rouge_1"] == pytest.approx(2 * 4 / 11)
    assert scores["rouge_2"] == 0.0
    assert scores["rouge_l"] == pytest.approx(2 * 3 / 11)


def test_a_repeated_word_counts_as_often_as_the_reference_has_it():
    scores = rouge("غزة غزة غزة", "غزة غزة الآن")
    assert scores["rouge_1"] == pytest.approx(2 * 2 / 6)
    assert scores["rouge_2"] == pytest.approx(2 * 1 / 4)
    assert scores["rouge_l"] == pytest.approx(2 * 2 / 6)


@pytest.mark.parametrize(
    ("candidate", "reference"),
    [
        ("إِنَّ الأُمَّةَ", "ان الامه"),
        ("قال: «٣ مدارس».", "قال 3 مدارس"),
        ("مستشفى", "مستشفي"),
        ("المسؤول", "المسوول"),
        ("ليبيــا", "ليبيا"),
        ("کتاب", "كتاب"),
    ],
)
def test_spelling_is_folded(candidate, reference):
    assert rouge(candidate, reference)["rouge_l"] == 1.0


def test_words_are_not_stemmed():
    assert rouge("الكتاب", "كتاب")["rouge_1"] == 0.0


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("الكتاب", "كتاب"),
        ("والكتاب", "كتاب"),
        ("بالمدرسه", "مدرس"),
        ("للمعلمين", "معلم"),
        ("مدارسها", "مدارس"),
        ("وزير", "زير"),  # light: a first waw goes wherever three letters are left
        ("ورد", "ورد"),
        ("ال", "ال"),
        ("هان", "هان"),  # two letters must stay
    ],
)
def test_light_stems(word, stem):
    assert light_stem(word) == stem


def test_stemmed_words_meet():
    assert rouge("الكتاب", "كتاب", stem=True)["rouge_1"] == 1.0
    assert rouge_words("في المدرسـة، ٣ كُتب", stem=True) == ["في", "مدرس", "3", "كتب"]


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_scores_are_symmetric_and_ordered(first, second):
    scores = rouge(" ".join(first), " ".join(second))
    assert scores == rouge(" ".join(second), " ".join(first))
    assert 0 <= scores["rouge_l"] <= scores["rouge_1"] <= 1


@settings(deadline=None)
@given(TEXTS, TEXTS)
def test_rouge_l_is_the_longest_common_subsequence(first, second):
    @cache
    def longest(i: int, j: int) -> int:
        if i == len(first) or j == len(second):
            return 0
        if first[i] == second[j]:
            return 1 + longest(i + 1, j + 1)
        return max(longest(i + 1, j), longest(i, j + 1))

    total = len(first) + len(second)
    expected = 2 * longest(0, 0) / total if total else 0.0
    assert rouge(" ".join(first), " ".join(second))["rouge_l"] == pytest.approx(expected)
