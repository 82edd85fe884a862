"""Temperatures, thresholds and the confidence for a precision, on data whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.evaluation.calibration import (
    confidence_for_precision,
    fit_calibration,
    fit_label_temperatures,
    fit_temperature,
    fit_thresholds,
)

LABELS = ("a", "b")


def f1(scores, truth, cut):
    chosen = scores >= cut
    total = chosen.sum() + truth.sum()
    return 2 * (chosen & truth).sum() / total if total else 0.0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_logits_is_found(temperature):
    random = np.random.default_rng(0)
    true = random.normal(0, 2, (20_000, 3))
    # labels drawn from the softmax of the true logits (Gumbel's trick)
    truth = (true + random.gumbel(size=true.shape)).argmax(1)
    assert fit_temperature(true * temperature, truth, multi_label=False) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_of_label_sets_is_found(temperature):
    random = np.random.default_rng(0)
    true = random.normal(0, 2, (10_000, 3))
    truth = random.random(true.shape) < 1 / (1 + np.exp(-true))
    assert fit_temperature(true * temperature, truth, multi_label=True) == pytest.approx(temperature, rel=0.05)


def test_great_logits_do_not_overflow():
    logits = np.array([[900.0, -900.0], [-900.0, 900.0], [900.0, -900.0], [900.0, 0.0]])
    with np.errstate(over="raise", invalid="raise"):
        hard = fit_temperature(logits, np.array([1, 1, 0, 0]), multi_label=False)
        fit_temperature(logits, np.array([[1, 0], [0, 1], [1, 0], [0, 1]], dtype=bool), multi_label=True)
    assert hard == pytest.approx(4.0)  # an error of such confidence asks for all the softening there is


def test_a_threshold_parts_what_can_be_parted():
    scores = np.concatenate([np.full((40, 2), 0.2), np.full((40, 2), [0.3, 0.8])])
    truth = np.repeat([False, True], 40)[:, None].repeat(2, 1)
    cuts = fit_thresholds(scores, truth, LABELS)
    assert 0.2 < cuts["a"] <= 0.3
    assert cuts["b"] == pytest.approx(0.505, abs=0.01)  # the middle of 0.21 to 0.80


def test_a_rare_label_shrinks_towards_the_common_threshold():
    random = np.random.default_rng(0)
    truth = np.stack([np.arange(200) < 100, np.arange(200) < 3], 1)
    scores = np.clip(truth * 0.3 + random.random((200, 2)) * 0.5, 0, 1)
    scores[:, 1] *= 0.1
    few = fit_thresholds(scores, truth, LABELS)
    own = fit_thresholds(scores, truth, LABELS, trusted=1)
    never = fit_thresholds(scores, truth & np.array([True, False]), LABELS)
    assert few["a"] == own["a"]
    assert own["b"] < 0.1  # its own scores stop at 0.08
    assert never["b"] >= 0.25  # nothing of its own: the common one
    assert few["b"] == pytest.approx(0.1 * own["b"] + 0.9 * never["b"], abs=0.02)  # 3 positives of 30


def test_the_middle_of_two_plateaus_is_not_a_dip_between_them():
    # over 0.9 there are 60 hits alone; from 0.12 on all 80 with 27 others; in between 60 with the 27
    scores = np.array([0.95] * 60 + [0.12] * 20 + [0.9] * 27 + [0.05] * 40)
    truth = np.array([True] * 80 + [False] * 67)
    assert f1(scores, truth, 0.1) == pytest.approx(f1(scores, truth, 0.93), abs=0.005)
    assert f1(scores, truth, 0.5) < f1(scores, truth, 0.1) - 0.1
    cut = fit_thresholds(scores[:, None], truth[:, None], ("a",))["a"]
    assert f1(scores, truth, cut) >= f1(scores, truth, 0.1)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.05, 0.12, 0.3, 0.31, 0.5, 0.77, 0.9, 0.95]), st.booleans()),
        min_size=1,
        max_size=60,
    )
)
def test_a_threshold_is_within_half_a_point_of_the_best(cases):
    scores, truth = np.array([score for score, _ in cases]), np.array([there for _, there in cases])
    cut = fit_thresholds(scores[:, None], truth[:, None], ("a",), trusted=1)["a"]
    best = max(f1(scores, truth, other) for other in np.linspace(0.05, 0.95, 91))
    assert f1(scores, truth, cut) >= best - 0.005 - 1e-9


def test_without_a_positive_the_threshold_stays_in_the_middle():
    cuts = fit_thresholds(np.full((5, 2), 0.1), np.zeros((5, 2), dtype=bool), LABELS)
    assert cuts == {"a": pytest.approx(0.5), "b": pytest.approx(0.5)}


def test_confidence_for_precision_by_hand():
    best = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, False, True, False])
    assert confidence_for_precision(best, right, 1.0) == 0.8
    assert confidence_for_precision(best, right, 0.75) == 0.6
    assert confidence_for_precision(best, right, 0.6) == 0.5
    assert confidence_for_precision(best, ~right, 0.9) == 1.0
    assert confidence_for_precision(np.array([]), np.array([], dtype=bool), 0.9) == 1.0


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.2, 0.4, 0.5, 0.9]), st.booleans()), min_size=1, max_size=30),
    st.sampled_from([0.5, 0.8, 0.9, 1.0]),
)
def test_what_is_answered_reaches_the_precision_and_no_lower_confidence_does(cases, precision):
    best, right = np.array([score for score, _ in cases]), np.array([good for _, good in cases])
    floor = confidence_for_precision(best, right, precision)
    reached = [value for value in np.unique(best) if right[best >= value].mean() >= precision]
    assert floor == (min(reached) if reached else 1.0)


# --- fitted together, on out-of-fold logits --------------------------------------------------------

TAGS = ("aid", "call", "threat", "conditional")


def label_sets(size=6000):
    """Logits of three tags and an attribute whose true temperatures are 0.5, 2, 1 and 3; the third tag is rare."""
    random = np.random.default_rng(0)
    true = random.normal(0, 2, (size, 4)) - np.array([0, 0, 9, 0])
    truth = random.random(true.shape) < 1 / (1 + np.exp(-true))
    truth[:, 2] &= truth[:, 2].cumsum() <= 10
    return true * np.array([0.5, 2.0, 1.0, 3.0]), truth


def test_each_label_has_its_own_temperature_and_a_rare_one_shrinks_to_the_common():
    logits, truth = label_sets()
    found = fit_label_temperatures(logits, truth, TAGS)
    assert found["aid"] == pytest.approx(0.5, rel=0.1)
    assert found["call"] == pytest.approx(2.0, rel=0.1)
    common = fit_temperature(logits, truth, multi_label=True)
    own = fit_temperature(logits[:, 2:3], truth[:, 2:3], multi_label=True)
    share = truth[:, 2].sum() / 30
    assert 0 < share < 1
    assert found["threat"] == pytest.approx(own**share * common ** (1 - share))
    assert fit_label_temperatures(logits, truth & (np.arange(4) != 2), TAGS)["threat"] > 0


def test_label_sets_are_calibrated_label_by_label():
    logits, truth = label_sets()
    found = fit_calibration(logits, truth, TAGS, multi_label=True)
    assert found.after["nll"] < found.before["nll"]
    assert found.after["ece"] < found.before["ece"] / 2
    table = found.probabilities(logits, TAGS)
    for at, label in enumerate(TAGS[:2]):
        cut = found.thresholds[label]
        best = max(f1(table[:, at], truth[:, at], other) for other in np.linspace(0.05, 0.95, 91))
        assert f1(table[:, at], truth[:, at], cut) >= best - 0.005 - 1e-9
        given = table[:, at] >= found.sure_from[label]
        assert given.any() and truth[given, at].mean() >= 0.9
    # the rare tag shares with the tags, not with the attribute
    tags = table[:, :3]
    assert found.thresholds["threat"] == fit_thresholds(tags, truth[:, :3], TAGS[:3])["threat"]
    assert found.sure_from["threat"] == confidence_for_precision(tags.ravel(), truth[:, :3].ravel(), 0.9)


def test_one_label_a_text_is_calibrated_by_one_temperature():
    random = np.random.default_rng(0)
    true = random.normal(0, 2, (5000, 3))
    truth = (true + random.gumbel(size=true.shape)).argmax(1)
    found = fit_calibration(true * 3, truth, ("favor", "against", "neutral"), multi_label=False, precision=0.8)
    assert found.temperature == pytest.approx(3.0, rel=0.05)
    assert (found.temperatures, found.thresholds) == ({}, {})
    table = found.probabilities(true * 3, ("favor", "against", "neutral"))
    assert table.sum(1) == pytest.approx(np.ones(5000))
    answered = table.max(1) >= found.abstain_below
    assert 0 < answered.sum() < 5000
    assert (table.argmax(1) == truth)[answered].mean() >= 0.8
    assert found.after["ece"] < 0.03 < found.before["ece"]


@pytest.mark.parametrize(
    ("logits", "truth", "multi_label"),
    [
        (np.zeros((3, 2)), np.zeros(3, dtype=int), True),
        (np.zeros((3, 2)), np.zeros((3, 2), dtype=bool), False),
        (np.zeros((3, 5)), np.zeros(3, dtype=int), False),
        (np.zeros((0, 2)), np.zeros(0, dtype=int), False),
        (np.zeros(2), np.zeros(2, dtype=int), False),
    ],
)
def test_shapes_that_do_not_fit_are_told(logits, truth, multi_label):
    with pytest.raises(ValueError, match="do not fit 2 labels"):
        fit_calibration(logits, truth, LABELS, multi_label=multi_label)


def test_great_logits_of_label_sets_do_not_overflow():
    logits = np.array([[900.0, -900.0], [-900.0, 900.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        found = fit_calibration(logits, np.array([[1, 0], [0, 1]], dtype=bool), LABELS, multi_label=True)
    assert np.isfinite(list(found.after.values())).all()
