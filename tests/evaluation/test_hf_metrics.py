"""Every metric in the form of the evaluate library: offline, against scikit-learn or by hand, alone and combined."""

from __future__ import annotations

import numpy as np
import pytest

evaluate = pytest.importorskip("evaluate")
sklearn_metrics = pytest.importorskip("sklearn.metrics")

from tasrih.evaluation.hf_metrics import (  # noqa: E402
    BY_CLASS,
    BY_LABEL,
    DECISIONS,
    LABEL_PROBABILITIES,
    LABEL_SETS,
    METRICS,
    PROBABILITIES,
    RANKED_BY_LABEL,
    SUMMARIES,
    combined,
    metric,
)

RANDOM = np.random.default_rng(4)
TRUTH, MADE = RANDOM.integers(0, 3, (2, 50))
TABLE = RANDOM.dirichlet([1, 1, 1], 50)
SETS, MADE_SETS = RANDOM.random((2, 50, 4)) < 0.4
SET_TABLE = RANDOM.random((50, 4))
TAGGED = SETS.any(1)

EXPECTED = {
    "accuracy": lambda: sklearn_metrics.accuracy_score(TRUTH, MADE),
    "macro_f1": lambda: sklearn_metrics.f1_score(TRUTH, MADE, average="macro"),
    "micro_f1": lambda: sklearn_metrics.f1_score(TRUTH, MADE, average="micro"),
    "weighted_f1": lambda: sklearn_metrics.f1_score(TRUTH, MADE, average="weighted"),
    "mcc": lambda: sklearn_metrics.matthews_corrcoef(TRUTH, MADE),
    "exact": lambda: sklearn_metrics.accuracy_score(SETS, MADE_SETS),
    "multilabel_macro_f1": lambda: sklearn_metrics.f1_score(SETS, MADE_SETS, average="macro"),
    "multilabel_micro_f1": lambda: sklearn_metrics.f1_score(SETS, MADE_SETS, average="micro"),
    "multilabel_weighted_f1": lambda: sklearn_metrics.f1_score(SETS, MADE_SETS, average="weighted"),
    "multilabel_mcc": lambda: np.mean(
        [sklearn_metrics.matthews_corrcoef(SETS[:, at], MADE_SETS[:, at]) for at in range(4)]
    ),
    "brier": lambda: ((TABLE - np.eye(3)[TRUTH]) ** 2).sum(1).mean(),
    "lrap": lambda: sklearn_metrics.label_ranking_average_precision_score(SETS[TAGGED], SET_TABLE[TAGGED]),
    "mean_average_precision": lambda: sklearn_metrics.average_precision_score(SETS, SET_TABLE, average="macro"),
    "multilabel_brier": lambda: ((SET_TABLE - SETS) ** 2).mean(),
}

#: What gives one number a class or label.
LISTED = {
    "precision": lambda: sklearn_metrics.precision_score(TRUTH, MADE, average=None),
    "recall": lambda: sklearn_metrics.recall_score(TRUTH, MADE, average=None),
    "f1": lambda: sklearn_metrics.f1_score(TRUTH, MADE, average=None),
    "confusion": lambda: sklearn_metrics.confusion_matrix(TRUTH, MADE),
    "multilabel_precision": lambda: sklearn_metrics.precision_score(SETS, MADE_SETS, average=None),
    "multilabel_recall": lambda: sklearn_metrics.recall_score(SETS, MADE_SETS, average=None),
    "multilabel_f1": lambda: sklearn_metrics.f1_score(SETS, MADE_SETS, average=None),
    "multilabel_average_precision": lambda: sklearn_metrics.average_precision_score(SETS, SET_TABLE, average=None),
}


def inputs(name):
    if name in (*DECISIONS, *BY_CLASS):
        return {"predictions": MADE, "references": TRUTH}
    if name in (*LABEL_SETS, *BY_LABEL):
        return {"predictions": MADE_SETS.astype(int), "references": SETS.astype(int)}
    if name in PROBABILITIES:
        return {"predictions": TABLE, "references": TRUTH}
    return {"predictions": SET_TABLE, "references": SETS.astype(int)}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_metric_is_that_of_scikit_learn(name):
    one = metric(name)
    assert isinstance(one, evaluate.Metric)
    assert one.compute(**inputs(name)) == {name: pytest.approx(EXPECTED[name]())}


@pytest.mark.parametrize("name", LISTED)
def test_a_metric_of_classes_is_that_of_scikit_learn(name):
    found = metric(name).compute(**inputs(name))
    assert list(found) == [name]
    assert np.allclose(found[name], LISTED[name]())


def test_a_label_that_no_text_has_has_no_average_precision():
    found = metric("multilabel_average_precision").compute(predictions=[[0.9, 0.2]], references=[[1, 0]])
    assert found["multilabel_average_precision"] == pytest.approx([1.0, np.nan], nan_ok=True)


def test_calibration_and_risk_by_hand():
    table, truth = [[0.9, 0.1], [0.1, 0.9], [0.4, 0.6], [0.6, 0.4]], [0, 0, 1, 0]
    # at .9 one of two is right, at .6 both
    assert metric("ece").compute(predictions=table, references=truth)["ece"] == pytest.approx(0.4)
    # the two of .9 have a mean risk of 1/2 each: 1/2, 1/2, 1/3, 1/4
    risks = (1 / 2 + 1 / 2 + 1 / 3 + 1 / 4) / 4
    assert metric("aurc").compute(predictions=table, references=truth)["aurc"] == pytest.approx(risks)
    # of sets, the surest is the one whose labels are: .9 x .8 right, .7 x .8 right, .6 x .9 wrong
    table, sets = [[0.9, 0.2], [0.6, 0.1], [0.7, 0.8]], [[1, 0], [0, 0], [1, 1]]
    found = metric("multilabel_aurc").compute(predictions=table, references=sets)
    assert found["multilabel_aurc"] == pytest.approx((0 + 0 + 1 / 3) / 3)
    sets = metric("multilabel_ece").compute(predictions=[[1.0, 0.0], [1.0, 0.0]], references=[[1, 0], [0, 0]])
    assert sets["multilabel_ece"] == pytest.approx(0.25)


@pytest.mark.parametrize("name", SUMMARIES)
def test_identical_arabic_texts_score_one(name):
    text = "زار الوزيرُ ٣ مدارس في «غزة» أمس"
    sources = {"sources": [text]} if name in SUMMARIES[-3:] else {}
    found = metric(name).compute(predictions=[text], references=[text], **sources)
    assert found == {name: 0.0 if name == "novel_bigrams" else pytest.approx(1.0)}


def test_disjoint_arabic_texts_score_nothing():
    found = combined(["rouge_1", "rouge_2", "rouge_l_stemmed", "chrf_pp"])
    scores = found.compute(predictions=["قطط"], references=["وزير"])
    assert scores == {"rouge_1": 0.0, "rouge_2": 0.0, "rouge_l_stemmed": 0.0, "chrf_pp": 0.0}


def test_metrics_combine_even_where_one_reads_more_than_another():
    found = combined(["rouge_l", "faithful_numbers"])
    scores = found.compute(predictions=["3 مدارس"], references=["٣ مدارس"], sources=["فتح 4 مدارس"])
    assert scores == {"rouge_l": 1.0, "faithful_numbers": 0.0}
    together = combined(["f1", "accuracy"]).compute(predictions=MADE, references=TRUTH)
    assert len(together["f1"]) == 3 and together["accuracy"] == pytest.approx(EXPECTED["accuracy"]())
    decisions = combined(DECISIONS).compute(predictions=MADE, references=TRUTH)
    assert decisions == pytest.approx({name: EXPECTED[name]() for name in DECISIONS})


def test_batches_add_up():
    one = metric("macro_f1")
    for start in range(0, 50, 7):
        one.add_batch(predictions=MADE[start : start + 7], references=TRUTH[start : start + 7])
    assert one.compute()["macro_f1"] == pytest.approx(EXPECTED["macro_f1"]())


def test_every_metric_is_tested_here():
    by_hand = {"ece", "aurc", "multilabel_ece", "multilabel_aurc"}
    assert {*EXPECTED, *LISTED, *by_hand, *SUMMARIES} == set(METRICS)
    assert set(LISTED) == {*BY_CLASS, *BY_LABEL, *RANKED_BY_LABEL}
    assert not {*LISTED} & {*DECISIONS, *LABEL_SETS, *PROBABILITIES, *LABEL_PROBABILITIES, *SUMMARIES}


def test_an_unknown_metric_is_named():
    with pytest.raises(ValueError, match="unknown metric 'f2': choose from accuracy"):
        metric("f2")
