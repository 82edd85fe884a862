"""Measures of summaries on Arabic, worked by hand, and the extracts that stand beside a writer."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.evaluation.bootstrap import draw
from tasrih.evaluation.summary_metrics import (
    MEASURES,
    chrf_pp,
    faithfulness,
    lead,
    measures,
    novel_bigrams,
    oracle,
    summary_scores,
)

ARTICLE = "زار الوزير غزة أمس. وقال إن 3 مدارس ستفتح قريبا. ورحب السكان بالقرار."
# no word and no letter in common
FIRST, SECOND = "وزير يزور مدرسة", "قطط تأكل طعاما"
DISJOINT = ("قطط", "وزير")


def scores(made, references, sources=None, names=MEASURES):
    drawn = draw(summary_scores(measures(made, references, sources, names)), len(made), resamples=2)
    return {name: one.value for name, one in drawn.items()}


def test_identical_texts_score_one():
    found = scores([ARTICLE], [ARTICLE], [ARTICLE])
    for name in MEASURES:
        assert found[name] == (0.0 if name == "novel_bigrams" else pytest.approx(1.0)), name


def test_disjoint_texts_score_nothing():
    sources = [DISJOINT[1]]
    found = scores([DISJOINT[0]], [DISJOINT[1]], sources)
    assert {found[name] for name in MEASURES if name.startswith(("rouge", "chrf"))} == {0.0}
    assert found["faithful_words"] == 0.0
    assert scores([SECOND], [FIRST], [FIRST])["novel_bigrams"] == 1.0


def test_stemming_finds_what_spelling_hides():
    found = scores(["المدرسون والكتاب"], ["مدرسين كتب للكتاب"], names=["rouge_1", "rouge_1_stemmed"])
    assert found["rouge_1"] == 0.0
    assert found["rouge_1_stemmed"] == pytest.approx(2 * 2 / 5)


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("٣ مدارس", (1, 1, 1, 1)),  # Arabic and Latin digits are the same number
        ("4 مدارس في غزة", (1, 0, 2, 2)),
        ("الوزيرُ زار دمشق", (0, 0, 3, 2)),
        ("وزيـر", (0, 0, 1, 1)),  # the article and a tatweel apart, the source has it
        ("من في على", (0, 0, 0, 0)),
        ("", (0, 0, 0, 0)),
    ],
)
def test_numbers_and_words_are_looked_up_in_the_source(summary, expected):
    found = faithfulness(summary, ARTICLE)
    assert (found.numbers, found.found_numbers, found.words, found.found_words) == expected


def test_novel_bigrams_by_hand():
    # زار الوزير stands there; الوزير مدرسة and مدرسة جديدة do not
    assert novel_bigrams("زارَ الوزير مدرسة جديدة", ARTICLE) == (2, 3)
    assert novel_bigrams("كلمة", ARTICLE) == (0, 0)


def test_shares_are_of_all_summaries_together():
    found = measures(["1 2", "3 4 5 6"], ["نص", "نص"], ["1", "3 4 5 6"])
    assert found["faithful_numbers"].part.tolist() == [1, 4] and found["faithful_numbers"].whole.tolist() == [2, 4]
    assert scores(["1 2", "3 4 5 6"], ["نص", "نص"], ["1", "3 4 5 6"])["faithful_numbers"] == pytest.approx(5 / 6)


def test_a_share_of_nothing_is_left_out():
    assert "faithful_numbers" not in scores(["لا رقم"], ["لا رقم"], ["لا رقم"])


def test_length_ratio_counts_words():
    assert scores(["كلمة كلمتان ثلاث", "أربع"], ["كلمة", "كلمة"], names=["length_ratio"])["length_ratio"] == 2.0


def test_chrf_is_sacrebleus():
    sacrebleu = pytest.importorskip("sacrebleu")
    expected = sacrebleu.sentence_chrf("زار الوزير مدينة غزة", ["زار وزير الصحة غزة"], word_order=2).score
    assert chrf_pp("زار الوزير مدينة غزة", "زار وزير الصحة غزة") == pytest.approx(expected / 100)
    assert 0 < expected < 100


def test_unknown_measures_and_missing_sources_are_named():
    with pytest.raises(ValueError, match="unknown measure 'bleu': choose from rouge_1"):
        measures(["نص"], ["نص"], None, ["bleu"])
    with pytest.raises(ValueError, match="novel_bigrams is measured against the articles"):
        measures(["نص"], ["نص"], None, ["novel_bigrams"])


def test_leads_are_sentences():
    assert lead(ARTICLE, 1) == "زار الوزير غزة أمس."
    assert lead(ARTICLE, 9) == ARTICLE
    assert lead("", 1) == ""


def test_the_oracle_takes_the_sentences_that_the_reference_repeats():
    assert oracle(ARTICLE, "3 مدارس ستفتح") == "وقال إن 3 مدارس ستفتح قريبا."
    assert oracle(ARTICLE, "زار الوزير غزة ورحب السكان") == "زار الوزير غزة أمس. ورحب السكان بالقرار."
    assert oracle(ARTICLE, "قطط") == lead(ARTICLE, 1)  # nothing helps: the lead
    assert oracle("", "نص") == ""


def test_no_extract_of_one_sentence_is_above_the_oracle():
    reference = "مدارس تفتح في غزة"
    best = scores([oracle(ARTICLE, reference)], [reference], names=["rouge_1", "rouge_2"])
    alone = [scores([one], [reference], names=["rouge_1", "rouge_2"]) for one in ARTICLE.split(". ")]
    assert sum(best.values()) >= np.max([sum(one.values()) for one in alone])
