"""Weighted scores against scikit-learn's, weights as its sample weights, and against hand-worked ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.evaluation.weighted import (
    average_precision,
    calibration_error,
    confusion,
    f1_averages,
    grouped,
    matthews,
    ranking_precision,
    ratio,
    risk_area,
)

SEEDS = st.integers(0, 10_000)
metrics = pytest.importorskip("sklearn.metrics")


def case(seed, size=30, classes=4):
    random = np.random.default_rng(seed)
    truth, predicted = random.integers(0, classes, (2, size))
    return truth, predicted, random.integers(0, 3, size).astype(float), random


@settings(max_examples=25)
@given(SEEDS)
def test_single_labels(seed):
    truth, predicted, weights, _ = case(seed)
    counts = confusion(weights[None], truth, predicted, 4)
    expected = metrics.confusion_matrix(truth, predicted, labels=range(4), sample_weight=weights)
    assert np.allclose(counts[0], expected)
    made, there = counts.sum(1), counts.sum(2)
    seen = [at for at in range(4) if (made + there)[0, at]]
    scores = f1_averages(counts.diagonal(axis1=1, axis2=2), made, there, seen_only=True)
    for average in ("macro", "micro", "weighted"):
        f1 = metrics.f1_score(truth, predicted, average=average, labels=seen, sample_weight=weights, zero_division=0)
        assert scores[f"{average}_f1"][0] == pytest.approx(f1)
    assert matthews(counts)[0] == pytest.approx(metrics.matthews_corrcoef(truth, predicted, sample_weight=weights))


@settings(max_examples=25)
@given(SEEDS, st.sampled_from([3, 50]))
def test_average_precision(seed, steps):
    random = np.random.default_rng(seed)
    # few steps make many equal scores
    truth, scores = random.random(40) < 0.3, random.integers(0, steps, 40) / steps
    weights = random.integers(0, 3, 40).astype(float)
    found = average_precision(np.stack([np.ones(40), weights]), truth, scores)
    for row, weight in zip(found, (np.ones(40), weights), strict=True):
        if (truth * weight).any():
            assert row == pytest.approx(metrics.average_precision_score(truth, scores, sample_weight=weight))
        else:
            assert np.isnan(row)


@settings(max_examples=25)
@given(SEEDS)
def test_label_ranking(seed):
    random = np.random.default_rng(seed)
    truth, scores = random.random((20, 5)) < 0.4, random.integers(0, 6, (20, 5)) / 6
    tagged = truth.any(1)
    found = ranking_precision(truth, scores)
    assert found[~tagged].tolist() == [0.0] * int((~tagged).sum())
    if tagged.any():
        expected = metrics.label_ranking_average_precision_score(truth[tagged], scores[tagged])
        assert found[tagged].mean() == pytest.approx(expected)


def test_calibration_error_by_hand():
    confidence = np.array([0.9, 0.9, 0.6, 0.6])
    right = np.array([True, False, True, True])
    # of ten bins: the one of .9 is .4 over, that of .6 .4 under; half of the texts each
    assert calibration_error(np.ones((1, 4)), confidence, right, 10)[0] == pytest.approx(0.4)
    assert calibration_error(np.array([[0.0, 0, 1, 1]]), confidence, right, 10)[0] == pytest.approx(0.4)
    assert calibration_error(np.ones((1, 1)), np.array([1.0]), np.array([True]))[0] == 0.0


def test_calibration_error_over_several_decisions_is_that_of_all_together():
    random = np.random.default_rng(2)
    confidence, right = random.random((30, 4)), random.random((30, 4)) < 0.5
    flat = calibration_error(np.ones((1, 120)), confidence.ravel(), right.ravel())
    assert calibration_error(np.ones((1, 30)), confidence, right) == pytest.approx(flat)


def test_risk_by_hand():
    confidence = np.array([0.9, 0.8, 0.7, 0.6])
    wrong = np.array([False, True, False, True])
    # risks at coverage 1/4 to 4/4: 0, 1/2, 1/3, 1/2
    assert risk_area(np.ones((1, 4)), confidence, wrong)[0] == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert risk_area(np.ones((1, 4)), confidence, np.ones(4, dtype=bool))[0] == 1.0


def test_texts_of_one_confidence_have_the_mean_risk_whatever_their_order():
    wrong = np.array([True, False, False, False])
    for order in ([0, 1, 2, 3], [3, 2, 1, 0]):
        assert risk_area(np.ones((1, 4)), np.full(4, 0.5), wrong[order])[0] == pytest.approx(0.25)


def test_a_weight_of_two_is_the_text_twice():
    truth, predicted, _, random = case(3)
    confidence, wrong = random.random(30), truth != predicted
    twice = np.repeat(np.arange(30), 2)
    weights = np.full((1, 30), 2.0)
    for score in (risk_area, calibration_error):
        once = score(weights, confidence, wrong)[0]
        assert once == pytest.approx(score(np.ones((1, 60)), confidence[twice], wrong[twice])[0], abs=0.02)
    assert confusion(weights, truth, predicted, 4)[0].sum() == 60


def test_sums_by_group_keep_empty_groups():
    assert grouped(np.array([[1.0, 2.0, 3.0]]), np.array([2, 0, 2]), 4).tolist() == [[2.0, 0.0, 4.0, 0.0]]


def test_nothing_divided_by_nothing_is_what_is_asked_for():
    assert ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0]), empty=7.0).tolist() == [0.5, 7.0]
