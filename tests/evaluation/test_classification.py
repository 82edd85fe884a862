"""All scores of a classifier against scikit-learn's, for one label a text and for several."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.evaluation.bootstrap import draw
from tasrih.evaluation.classification import Answers, Questions

metrics = pytest.importorskip("sklearn.metrics")
RANDOM = np.random.default_rng(11)


def values(score, size):
    return {name: drawn.value for name, drawn in draw(score, size, resamples=2).items()}


@pytest.fixture(scope="module")
def one():
    truth = RANDOM.integers(0, 3, 80)
    table = RANDOM.dirichlet([1, 1, 1], 80) + 0.5 * np.eye(3)[truth]
    table /= table.sum(1, keepdims=True)
    second = np.where(RANDOM.random(80) < 0.5, (truth + 1) % 3, -1)
    return Questions(("favor", "against", "neutral"), truth, second), Answers(table.argmax(1), table)


@pytest.fixture(scope="module")
def several():
    truth = RANDOM.random((90, 5)) < 0.25
    table = np.clip(RANDOM.random((90, 5)) * 0.7 + truth * 0.3, 0, 1)
    # the last is an attribute, no tag
    return Questions(("aid", "call", "threat", "denial", "conditional"), truth, tags=4), Answers(table >= 0.6, table)


def test_one_label_a_text(one):
    questions, answers = one
    found = values(questions.scores(answers), 80)
    truth, made = questions.truth, answers.predicted
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(truth, made))
    for average in ("macro", "micro", "weighted"):
        assert found[f"{average}_f1"] == pytest.approx(metrics.f1_score(truth, made, average=average))
    assert found["mcc"] == pytest.approx(metrics.matthews_corrcoef(truth, made))
    assert found["brier"] == pytest.approx(((answers.probabilities - np.eye(3)[truth]) ** 2).sum(1).mean())
    right = (truth == made) | (made == questions.second)
    assert found["accuracy_with_second"] == pytest.approx(right.mean())
    assert found["accuracy_with_second"] > found["accuracy"]


def test_rare_classes_do_not_count_as_common():
    truth = np.array([0] * 12 + [1] * 3)
    questions = Questions(("a", "b"), truth, np.full(15, -1))
    found = values(questions.scores(Answers(np.zeros(15, dtype=int), np.full((15, 2), 0.5))), 15)
    assert found["macro_f1_common"] == pytest.approx(24 / 27)
    assert found["macro_f1"] == pytest.approx(12 / 27)


def test_several_labels_a_text(several):
    questions, answers = several
    found = values(questions.scores(answers), 90)
    truth, made, table = questions.truth[:, :4], answers.predicted[:, :4], answers.probabilities[:, :4]
    for average in ("macro", "micro", "weighted"):
        assert found[f"{average}_f1"] == pytest.approx(metrics.f1_score(truth, made, average=average, zero_division=0))
    assert found["exact"] == pytest.approx(metrics.accuracy_score(truth, made))
    assert found["mean_average_precision"] == pytest.approx(
        metrics.average_precision_score(truth, table, average="macro")
    )
    tagged = truth.any(1)
    assert found["lrap"] == pytest.approx(metrics.label_ranking_average_precision_score(truth[tagged], table[tagged]))
    phi = [metrics.matthews_corrcoef(truth[:, at], made[:, at]) for at in range(4)]
    assert found["mcc"] == pytest.approx(np.mean(phi))
    assert found["brier"] == pytest.approx(((table - truth) ** 2).mean())
    conditional = metrics.f1_score(questions.truth[:, 4], answers.predicted[:, 4])
    assert found["conditional"] == pytest.approx(conditional)


def test_label_by_label(several):
    questions, answers = several
    found = values(questions.class_scores(answers), 90)
    for at, label in enumerate(questions.labels):
        truth, made = questions.truth[:, at], answers.predicted[:, at]
        assert found[f"precision of {label}"] == pytest.approx(metrics.precision_score(truth, made, zero_division=0))
        assert found[f"recall of {label}"] == pytest.approx(metrics.recall_score(truth, made))
        ranked = metrics.average_precision_score(truth, answers.probabilities[:, at])
        assert found[f"average_precision of {label}"] == pytest.approx(ranked)


def test_a_label_that_no_text_has_has_no_average_precision():
    questions = Questions(("a", "b"), np.array([0, 0, 0]))
    found = values(questions.class_scores(Answers(np.array([0, 1, 0]), np.full((3, 2), 0.5))), 3)
    assert "average_precision of b" not in found
    assert found["f1 of b"] == 0.0


def test_confidence_is_that_of_the_whole_answer(one, several):
    questions, answers = one
    assert questions.confidence(answers) == pytest.approx(answers.probabilities.max(1))
    questions, answers = several
    first = answers.probabilities[0, :4]
    expected = np.prod(np.where(answers.predicted[0, :4], first, 1 - first))
    assert questions.confidence(answers)[0] == pytest.approx(expected)


def test_an_attribute_does_not_make_a_set_of_tags_wrong(several):
    questions, answers = several
    other = Answers(answers.predicted ^ (np.arange(5) == 4), answers.probabilities)
    assert questions.right(answers).tolist() == questions.right(other).tolist()


def test_a_part_is_scored_by_itself(one):
    questions, answers = one
    mask = questions.truth != 2
    asked, given = questions.part(answers, mask)
    expected = (questions.truth == answers.predicted)[mask].mean()
    assert values(asked.scores(given), int(mask.sum()))["accuracy"] == pytest.approx(expected)


def test_what_is_answered_where_a_system_may_abstain():
    """By hand: of four texts two are sure, one of them right; of five tags three are kept, two of them right."""
    table = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.8, 0.1, 0.1], [0.4, 0.3, 0.3]])
    questions, answers = Questions(("a", "b", "c"), np.array([0, 1, 2, 0])), Answers(table.argmax(1), table)
    found = values(questions.abstaining(answers, np.full(3, 0.6)), 4)
    assert found == {"answered": 0.5, "right_of_answered": 0.5}
    assert values(questions.abstaining(answers, np.full(3, 0.95)), 4) == {"answered": 0.0}
    # what it cannot read it does not answer, whatever stands in for its probabilities
    unread = Answers(answers.predicted, table, np.array([False, True, True, True]))
    assert values(questions.abstaining(unread, np.full(3, 0.6)), 4) == {"answered": 0.25, "right_of_answered": 0.0}
    truth = np.array([[1, 0, 1], [1, 1, 0], [0, 0, 0]], dtype=bool)
    table = np.array([[0.9, 0.8, 0.9], [0.7, 0.95, 0.9], [0.2, 0.6, 0.1]])
    # the last is an attribute, no tag
    questions, answers = Questions(("a", "b", "conditional"), truth, tags=2), Answers(table >= 0.5, table)
    found = values(questions.abstaining(answers, np.array([0.8, 0.7, 0.99])), 3)
    assert found == pytest.approx({"answered": 3 / 5, "right_of_answered": 2 / 3})
