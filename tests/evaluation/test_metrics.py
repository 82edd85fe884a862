"""Scores against hand-worked counts and scikit-learn, and bootstrap intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.evaluation.metrics import (
    Interval,
    average_precision,
    bootstrap,
    f1_from_counts,
    multi_label_scores,
    single_label_scores,
)

CLASSES = 5
SEEDS = st.integers(0, 10_000)


def test_f1_from_counts_by_hand():
    assert f1_from_counts(3, 4, 5) == pytest.approx(6 / 9)
    assert f1_from_counts(0, 0, 0) == 0
    assert f1_from_counts([2, 0, 0], [2, 3, 0], [2, 0, 0]).tolist() == [1.0, 0.0, 0.0]


def test_label_sets_by_hand():
    truth = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0]], dtype=bool)
    predicted = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0], [1, 0, 0]], dtype=bool)
    # label 1: 2 of 2 and 2; label 2: 1 of 1 and 2; label 3: 0 of 1 and 0
    scores = multi_label_scores(truth, predicted)
    assert scores["micro_f1"] == pytest.approx(2 * 3 / (4 + 4))
    assert scores["macro_f1"] == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert scores["exact"] == pytest.approx(2 / 4)


def test_single_labels_by_hand():
    scores = single_label_scores(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1]), 4)
    assert scores["accuracy"] == pytest.approx(2 / 4)
    # class 3 occurs nowhere and does not count: 2/3, 2/4, 0
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


@settings(deadline=None)
@given(SEEDS, st.integers(1, 40), st.floats(0, 1))
def test_label_sets_as_scikit_learn_scores_them(seed, size, density):
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(seed)
    truth, predicted = random.random((2, size, CLASSES)) < density
    scores = multi_label_scores(truth, predicted)
    for average in ("micro", "macro"):
        expected = metrics.f1_score(truth, predicted, average=average, zero_division=0)
        assert scores[f"{average}_f1"] == pytest.approx(expected)
    assert scores["exact"] == pytest.approx(metrics.accuracy_score(truth, predicted))


@settings(deadline=None)
@given(SEEDS, st.integers(1, 40), st.integers(1, CLASSES))
def test_single_labels_as_scikit_learn_scores_them(seed, size, used):
    metrics = pytest.importorskip("sklearn.metrics")
    truth, predicted = np.random.default_rng(seed).integers(0, used, (2, size))
    scores = single_label_scores(truth, predicted, CLASSES)
    assert scores["accuracy"] == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert scores["macro_f1"] == pytest.approx(metrics.f1_score(truth, predicted, average="macro", zero_division=0))


def accuracy(truth, predicted):
    return {"accuracy": float((truth == predicted).mean())}


def test_a_bootstrap_interval_is_about_the_binomial_one():
    truth = np.zeros(400, dtype=int)
    predicted = np.array([0] * 300 + [1] * 100)
    interval = bootstrap(accuracy, truth, predicted)["accuracy"]
    assert interval.value == 0.75
    # 1.96 standard errors of a share of 0.75 in 400
    assert interval.low == pytest.approx(0.75 - 0.0424, abs=0.01)
    assert interval.high == pytest.approx(0.75 + 0.0424, abs=0.01)


def test_a_bootstrap_is_the_same_for_the_same_seed():
    truth, predicted = np.random.default_rng(1).integers(0, 3, (2, 50))
    first = bootstrap(accuracy, truth, predicted, resamples=50)
    assert first == bootstrap(accuracy, truth, predicted, resamples=50)
    assert first != bootstrap(accuracy, truth, predicted, resamples=50, seed=1)


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.integers(20, 60))
def test_a_perfect_score_has_no_width(seed, size):
    truth = np.random.default_rng(seed).integers(0, 3, size)
    assert bootstrap(accuracy, truth, truth, resamples=20)["accuracy"] == Interval(1.0, 1.0, 1.0)


def test_an_interval_prints_as_a_report_writes_it():
    assert str(Interval(0.81249, 0.79951, 0.9)) == "0.812 [0.800, 0.900]"


def test_average_precision_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(3)
    truth, scores = random.random((40, 5)) < 0.3, random.normal(size=(40, 5))
    assert average_precision(truth, scores) == pytest.approx(
        metrics.average_precision_score(truth, scores, average="micro")
    )
    assert average_precision(np.zeros((2, 2), bool), np.ones((2, 2))) == 0.0
