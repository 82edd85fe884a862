"""Fitting the extractive headline: what is read, what is learnt, and what is stored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tasrih.models.extractive import cut_headline
from tasrih.models.headline_weights import read_weights
from tasrih.training.extracting import ExtractiveConfig, find_open_words, fit_extractive, fit_listwise, reach

TOWNS = "الزرقة المروج الحصن النخيل السفح الرملة المنارة الخليج الواحة".split()
DEEDS = ("سيبني جسرا جديدا", "سيفتح مدرسة كبيرة", "سيزور المصنع القديم", "سينهي الأزمة المالية")


def _row(number: int) -> dict:
    """The headline is what is said, never who says it: a beginning of the text would not find it."""
    town, deed = TOWNS[number % len(TOWNS)], DEEDS[number % len(DEEDS)]
    said = f"المجلس {deed} في {town}"
    text = f"قال رئيس بلدية {town} عضو المجلس رقم {number} اليوم إن {said}. وحضر الجلسة رقم {number} جمهور كبير من السكان."
    return {"id": f"made:{number}", "text": text, "title": said}


@pytest.fixture(scope="module")
def root(titled_root) -> Path:
    # 77, one of the test set, is planted
    return titled_root(_row, corpus=[*range(60), 77], validation=range(60, 75), test=range(75, 80))


def config(output: Path, **changes) -> ExtractiveConfig:
    settings = {"titled": ["made"], "validation": ["summarisation/made"], "least": 5, "open_least": 20}
    return ExtractiveConfig(str(output), **{**settings, **changes})


def test_what_is_said_is_learnt_to_be_the_headline(root, tmp_path):
    path = tmp_path / "headline.json"
    result = fit_extractive(config(path, temperatures=[0.1], penalties=[0.3, 100.0]), root)
    assert result["removed_by_guard"] == 1
    assert result["articles"] == 60
    assert len(result["tried"]) == 2
    scores, first = (result[part]["summarisation/made"]["rouge_l"] for part in ("validation", "first_words"))
    assert scores > 0.95 > 0.7 > first
    assert max(tried["rouge_l"] for tried in result["tried"]) == pytest.approx(scores, abs=1e-4)
    assert json.loads(path.with_suffix(".training.json").read_text()) == result
    assert result["versions"]["numpy"] and "git_commit" in result
    weights = read_weights(path)
    row = _row(79)
    window = cut_headline(row["text"], weights, max_words=14).window
    assert row["text"][window.start : window.end] == row["title"]


def test_a_word_before_which_no_clause_ends_is_found():
    texts = ["زار الوزير مدينة كبيرة، ثم عاد إلى مدينة أخرى."] * 10 + ["عاد الوزير."] * 10
    found = find_open_words(texts, least=5, rate=0.2)
    assert {"مدينة", "زار", "ثم", "الي", "عاد"} <= found
    assert found.isdisjoint({"كبيرة", "اخري", "الوزير"})  # الوزير ends half of its clauses
    assert not find_open_words(texts, least=50, rate=0.2)


def test_the_loss_ranks_windows_within_each_article():
    from scipy.sparse import csr_matrix

    # the first feature tells the better window; the second is the same for all of an article
    matrix = csr_matrix(np.array([[1, 1], [0, 1], [0, 0], [1, 0], [0, 0]], dtype=np.float32))
    rewards = np.array([0.9, 0.1, 0.2, 0.8, 0.2])
    weights = fit_listwise(matrix, rewards, [0, 2, 5], temperature=0.1, penalty=0.1)
    assert weights[0] > 1
    assert abs(weights[1]) < 1e-3
    strong = fit_listwise(matrix, rewards, [0, 2, 5], temperature=0.1, penalty=100.0)
    assert 0 < strong[0] < weights[0] / 10


def test_reach_is_the_mean_of_three_measures():
    assert reach("قال الوزير", "قال الوزير") == pytest.approx(1.0)
    assert reach("قال", "قال الوزير") == pytest.approx((2 / 3 + 0 + 2 / 3) / 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"articles": 0}, "articles must be positive, not 0"),
        ({"open_rate": -1}, "open_rate must be positive, not -1"),
        ({"penalties": []}, r"penalties must hold positive values, not \[\]"),
        ({"temperatures": [0.1, 0]}, r"temperatures must hold positive values, not \[0\.1, 0\]"),
    ],
)
def test_contradictions_are_refused_by_name(changes, message):
    with pytest.raises(ValueError, match=message):
        ExtractiveConfig(**{"output": "out.json", **changes})


def test_a_corpus_without_headlines_is_refused(root, tmp_path):
    (root / "corpus" / "bare.jsonl").write_text('{"id": "bare:1", "text": "نص"}\n')
    with pytest.raises(ValueError, match=r"titled \['bare'\] gives 0 headline pairs"):
        fit_extractive(config(tmp_path / "x.json", titled=["bare"]), root)
