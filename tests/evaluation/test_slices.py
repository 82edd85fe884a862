"""Parts of a test set: what falls into which, and what is too small to be one."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.evaluation.slices import SMALLEST, dialect_words, parts

PLAIN = "أعلن الوزير عن خطة جديدة لدعم المدارس"


def found(texts, sources=None):
    return {(part.group, part.name): int(part.mask.sum()) for part in parts(texts, sources or [None] * len(texts))}


def test_sources_under_the_least_number_go_together():
    sources = ["aawsat"] * 30 + ["okaz"] * 25 + ["small"] * 12 + [None] * 8
    groups = found([PLAIN] * 75, sources)
    assert groups == {("source", "aawsat"): 30, ("source", "okaz"): 25, ("source", "other"): 20}


def test_one_source_alone_is_no_part():
    assert found([PLAIN] * 60, ["aawsat"] * 60) == {}


def test_lengths_are_parted_in_thirds():
    texts = ["كلمة " * count for count in range(1, 91)]
    assert found(texts) == {
        ("length", "1-30 words"): 30, ("length", "31-60 words"): 30, ("length", "61-90 words"): 30,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("group", "with_it", "names"),
    [
        ("quotation", "قال الوزير «لن نتراجع» أمس عن خطته", ("without", "with")),
        ("quotation", 'قال الوزير "لن نتراجع" أمس عن خطته', ("without", "with")),
        ("vowel marks", "أعلنَ الوزير عن خطة جديدة لدعم المدارس", ("without", "with")),
        ("dialect words", "مش عارف ليش هيك صار في المدارس", ("fewer", "two or more")),
    ],
)
def test_what_a_text_has(group, with_it, names):
    texts = [PLAIN] * (SMALLEST + 5) + [with_it] * SMALLEST
    chosen = [part for part in parts(texts, [None] * len(texts)) if part.group == group]
    assert tuple(part.name for part in chosen) == names
    assert np.flatnonzero(chosen[1].mask).tolist() == list(range(SMALLEST + 5, 2 * SMALLEST + 5))


def test_dialect_words_are_counted_whole_and_folded():
    assert dialect_words("إيش هاذا؟ مش كده!") == 3
    assert dialect_words("شوّقنا الكاتب إلى المشهد") == 0
