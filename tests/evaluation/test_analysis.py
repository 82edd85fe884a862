"""What lies behind the figures: matrices, bins, curves and errors, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.data.labelled import Row
from tasrih.evaluation.analysis import (
    analyse,
    class_scores,
    confusions,
    precision_recall,
    reliability,
    risk_coverage,
    surest_errors,
)
from tasrih.evaluation.classification import Answers, Questions

pytest.importorskip("sklearn")

TABLE = np.array([[0.9, 0.1], [0.7, 0.3], [0.4, 0.6], [0.2, 0.8]])
ONE = Questions(("sport", "health"), np.array([0, 1, 1, 0]))
GIVEN = Answers(TABLE.argmax(1), TABLE)
ROWS = [Row(f"r{at}", f"نص {at}", ("sport",), source="tiny") for at in range(4)]


def test_one_label_confusions():
    found = confusions(ONE, GIVEN)
    assert found.labels == ["sport", "health"]
    assert found.counts == [[1, 1], [1, 1]]


def test_a_missed_tag_is_set_against_the_one_given_instead():
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 0], [1, 0, 1]], dtype=bool)
    given = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 0]], dtype=bool)
    questions = Questions(("aid", "call", "conditional"), truth, tags=2)
    found = confusions(questions, Answers(given, given.astype(float)))
    assert found.labels == ["aid", "call", "(none)"]
    # aid: taken for call twice, hit once; call: missed once, given from nothing once; nothing left nothing once
    assert found.counts == [[1, 2, 0], [0, 0, 1], [0, 1, 1]]


def test_reliability_by_hand():
    bins = reliability(ONE, GIVEN, bins=4)
    # confidences .9, .7, .6, .8; right, wrong, right, wrong
    assert [(one.count, pytest.approx(one.share)) for one in bins] == [(2, 0.5), (2, 0.5)]
    assert [one.confidence for one in bins] == pytest.approx([0.65, 0.85])


def test_risk_falls_to_nothing_where_the_surest_are_right():
    curve = risk_coverage("model", ONE, GIVEN)
    assert curve.x == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert curve.y == pytest.approx([0.0, 0.5, 2 / 3, 0.5])


def test_texts_of_one_confidence_are_one_point():
    curve = risk_coverage("majority", ONE, Answers(np.zeros(4, dtype=int), np.full((4, 2), 0.5)))
    assert (curve.x, curve.y, curve.area) == ([1.0], [0.5], 0.5)


def test_precision_and_recall_curves_are_those_of_the_labels_that_occur():
    metrics = pytest.importorskip("sklearn.metrics")
    questions = Questions(("sport", "health", "weather"), ONE.truth)
    table = np.hstack([TABLE, np.zeros((4, 1))])
    curves = precision_recall(questions, Answers(GIVEN.predicted, table))
    assert [curve.name for curve in curves] == ["all", "sport", "health"]
    assert curves[1].area == pytest.approx(metrics.average_precision_score(ONE.truth == 0, TABLE[:, 0]))
    assert curves[1].x[0] == 1.0 and curves[1].x[-1] == 0.0


def test_a_long_curve_is_thinned_but_keeps_its_ends():
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, 4000)
    table = random.dirichlet([1, 1], 4000)
    curve = risk_coverage("model", Questions(("a", "b"), truth), Answers(table.argmax(1), table))
    assert len(curve.x) <= 82 and curve.x[-1] == 1.0
    assert curve.y[-1] == pytest.approx((table.argmax(1) != truth).mean())


def test_the_surest_errors_come_first():
    found = surest_errors(ONE, GIVEN, ROWS)
    assert [(error.id, error.expected, error.given) for error in found] == [
        ("r3", ("sport",), ("health",)), ("r1", ("health",), ("sport",)),
    ]  # fmt: skip
    assert [error.confidence for error in found] == pytest.approx([0.8, 0.7])
    assert [error.id for error in surest_errors(ONE, GIVEN, ROWS, most=1)] == ["r3"]


def test_a_second_label_is_no_error():
    questions = Questions(ONE.labels, ONE.truth, second=np.array([-1, -1, -1, 1]))
    assert [error.id for error in surest_errors(questions, GIVEN, ROWS)] == ["r1"]


def test_of_several_labels_the_surest_wrong_decision_counts():
    truth = np.array([[1, 0], [0, 0]], dtype=bool)
    table = np.array([[0.3, 0.95], [0.6, 0.1]])
    questions = Questions(("aid", "call"), truth)
    found = surest_errors(questions, Answers(table >= 0.5, table), ROWS[:2])
    assert [(error.id, error.expected, error.given) for error in found] == [
        ("r0", ("aid",), ("call",)), ("r1", (), ("aid",)),
    ]  # fmt: skip
    assert found[0].confidence == pytest.approx(0.95)


def test_class_scores_stand_in_the_order_of_the_labels():
    sport, health = class_scores(ONE, GIVEN)
    assert (sport.label, sport.support, sport.predicted) == ("sport", 2, 2)
    assert (sport.precision.value, health.recall.value, health.f1.value) == (0.5, 0.5, 0.5)
    assert sport.f1.low <= 0.5 <= sport.f1.high


def test_an_analysis_has_every_system_and_the_slices_of_the_first():
    rows = ROWS * 30
    questions = Questions(ONE.labels, np.tile(ONE.truth, 30))
    given = Answers(np.tile(GIVEN.predicted, 30), np.tile(TABLE, (30, 1)))
    rows = [Row(row.id, row.text, row.labels, source="a" if at < 60 else "b") for at, row in enumerate(rows)]
    found = analyse(questions, {"model": given, "other": given}, rows)
    assert list(found.per_class) == ["model", "other"]
    assert [curve.name for curve in found.risk_coverage] == ["model", "other"]
    assert [(one.group, one.name, one.size) for one in found.slices] == [("source", "a", 60), ("source", "b", 60)]
    assert set(found.slices[0].scores) == {"accuracy", "macro_f1"}
    assert found.slices[0].scores["accuracy"].value == 0.5
