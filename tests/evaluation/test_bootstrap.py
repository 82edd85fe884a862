"""The bootstrap over weights: the same figures as one that draws texts, and paired differences."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.evaluation import bootstrap as module
from tasrih.evaluation.bootstrap import differences, draw, intervals
from tasrih.evaluation.metrics import bootstrap, single_label_scores
from tasrih.evaluation.weighted import confusion, f1_averages

RANDOM = np.random.default_rng(5)
TRUTH, PREDICTED, OTHER = RANDOM.integers(0, 4, (3, 60))


def macro(predicted):
    def score(weights):
        counts = confusion(weights, TRUTH, predicted, 4)
        scores = f1_averages(counts.diagonal(axis1=1, axis2=2), counts.sum(1), counts.sum(2), seen_only=True)
        return {"accuracy": weights @ (predicted == TRUTH) / weights.sum(1), "macro_f1": scores["macro_f1"]}

    return score


def test_weights_give_what_drawn_texts_give():
    expected = bootstrap(lambda truth, made: single_label_scores(truth, made, 4), TRUTH, PREDICTED, resamples=200)
    found = intervals(draw(macro(PREDICTED), 60, resamples=200))
    assert list(found) == list(expected)
    for name, interval in found.items():
        other = expected[name]
        assert (interval.value, interval.low, interval.high) == pytest.approx((other.value, other.low, other.high))


def test_the_size_of_a_block_changes_nothing(monkeypatch):
    whole = draw(macro(PREDICTED), 60, resamples=50)["macro_f1"].resampled
    monkeypatch.setattr(module, "_BLOCK", 60 * 7)
    assert draw(macro(PREDICTED), 60, resamples=50)["macro_f1"].resampled == pytest.approx(whole)


def test_differences_are_paired():
    ours, theirs = (draw(macro(made), 60, resamples=300) for made in (PREDICTED, OTHER))
    found = differences(ours, theirs)
    assert found["accuracy"].value == pytest.approx((TRUTH == PREDICTED).mean() - (TRUTH == OTHER).mean())
    same = differences(ours, ours)
    assert {(one.value, one.low, one.high) for one in same.values()} == {(0.0, 0.0, 0.0)}
    assert set(differences(ours, {"accuracy": theirs["accuracy"]})) == {"accuracy"}


def test_a_paired_difference_is_narrower_than_its_systems():
    right = TRUTH == PREDICTED
    better = right.copy()
    better[np.flatnonzero(~right)[:12]] = True

    def accuracy(hits):
        return draw(lambda weights: {"accuracy": weights @ hits / weights.sum(1)}, 60, resamples=300)

    ours, theirs = accuracy(better), accuracy(right)
    difference = differences(ours, theirs)["accuracy"]
    assert difference.value == pytest.approx(12 / 60)
    assert 0 < difference.low < difference.value < difference.high
    alone = intervals(ours)["accuracy"]
    assert difference.high - difference.low < alone.high - alone.low
    back = differences(theirs, ours)["accuracy"]
    assert (back.value, back.low, back.high) == pytest.approx((-difference.value, -difference.high, -difference.low))


def test_a_score_that_is_not_defined_is_left_out_and_an_odd_resample_passed_over():
    def score(weights):
        return {"never": np.full(len(weights), np.nan), "first": np.where(weights[:, 0] > 0, weights[:, 0], np.nan)}

    found = intervals(draw(score, 5, resamples=100))
    assert list(found) == ["first"]
    assert 1 <= found["first"].low <= found["first"].high


def test_nothing_to_score_is_refused():
    with pytest.raises(ValueError, match="no text to score"):
        draw(macro(PREDICTED), 0)
