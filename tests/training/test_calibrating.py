"""What is fitted and stored is what texts are answered by, their windows pooled."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tasrih.data.labelled import Row
from tasrih.data.labelled_source import Source
from tasrih.evaluation.calibration import fit_temperature
from tasrih.models.classifier import Classifier, ClassifierSettings, Reading
from tasrih.models.spans import softmax
from tasrih.training.calibrating import fit_settings, logits_of, served_temperature
from tasrih.training.config import ClassifierConfig
from tasrih.training.folds import OutOfFold, save_out_of_fold

STANCES = ("favor", "against", "neutral")


def config(**changes) -> ClassifierConfig:
    return ClassifierConfig("stance", "base", "out", [Source("x")], Source("x", "validation"), **changes)


def classifier(**changes) -> Classifier:
    return Classifier(None, None, ClassifierSettings("stance", STANCES, **changes))


def reading(*logits, fresh=None) -> Reading:
    windows = [SimpleNamespace(fresh=count) for count in fresh or [10] * len(logits)]
    return Reading(windows, np.array(logits, dtype=np.float32), None)


def drawn(number: int, windows: int) -> tuple[list[Reading], np.ndarray]:
    """Draw texts whose label every window but the first shows too surely; the first shows nothing."""
    random = np.random.default_rng(3)
    truth = random.integers(0, 3, number)
    readings = []
    for label in truth:
        logits = random.normal(0, 1.5, (windows, 3))
        logits[min(1, windows - 1) :, label] += 2
        readings.append(reading(*logits, fresh=random.integers(1, 30, windows).tolist()))
    return readings, truth


def log_loss(made: Classifier, readings: list[Reading], truth: np.ndarray, temperature: float) -> float:
    tried = Classifier(None, None, replace(made.settings, temperature=temperature))
    return -np.mean([np.log(tried.probabilities(one)[0][label]) for one, label in zip(readings, truth, strict=True)])


def test_the_temperature_of_single_windows_is_that_of_their_logits():
    readings, truth = drawn(200, 1)
    logits = np.stack([one.logits[0] for one in readings])
    for pool in ("mean", "max"):
        made = classifier(window_pool=pool)
        found, loss = served_temperature(made, readings, truth)
        assert found == fit_temperature(logits.astype(float), truth, multi_label=False)
        assert loss == pytest.approx(log_loss(made, readings, truth, found), abs=1e-5)
        assert (logits_of(made, readings) == logits).all()


@pytest.mark.parametrize("lead_weight", [0.0, 9.0])
def test_the_temperature_of_several_windows_is_the_best_for_their_mean(lead_weight):
    readings, truth = drawn(200, 3)
    made = classifier(lead_weight=lead_weight)
    found, loss = served_temperature(made, readings, truth)
    assert loss == pytest.approx(log_loss(made, readings, truth, found), abs=1e-5)
    tried = np.geomspace(0.3, 4.0, 80)
    assert found == min(tried, key=lambda temperature: log_loss(made, readings, truth, temperature))
    first = np.stack([one.logits[0] for one in readings]).astype(float)
    assert found != pytest.approx(fit_temperature(first, truth, multi_label=False), rel=0.3)


def test_a_temperature_that_turns_right_answers_is_not_taken_for_its_likelihood():
    """Two windows of three lean one way in every text: sharpened, half of the texts are lost, though likelier as a whole."""
    filler = [-0.22, 0.19, -9], [-0.02, 0.02, -9]
    readings = [reading(*filler, [score, -score, -9], fresh=[47, 33, 20]) for score in (0.65, -0.65)] * 30
    truth = np.array([0, 1] * 30)
    made = classifier()

    def right(temperature: float) -> float:
        tried = Classifier(None, None, replace(made.settings, temperature=temperature))
        return np.mean([tried.probabilities(one)[0].argmax() == label for one, label in zip(readings, truth, strict=True)])

    tried = np.geomspace(0.3, 4.0, 80)
    likeliest = min(tried, key=lambda temperature: log_loss(made, readings, truth, temperature))
    assert (right(1.0), right(likeliest)) == (1.0, 0.5)
    assert right(served_temperature(made, readings, truth)[0]) == 1.0


def test_great_logits_of_windows_do_not_overflow():
    readings = [reading([3000, 0, 0], [0, 3000, 0]), reading([0, 0, 3000], [0, 0, 3000])]
    assert np.isfinite(served_temperature(classifier(), readings, np.array([0, 2]))).all()
    assert np.isfinite(logits_of(classifier(), readings)).all()


def test_the_weight_of_the_lead_is_chosen_by_the_loss():
    """Where the first window tells the label and the others little, it is to weigh more, though no answer turns."""
    truth = np.arange(90) % 3
    random = np.random.default_rng(1)
    readings = []
    for label in truth:
        logits = random.normal(0, 0.3, (4, 3))
        logits[0, label] += 6
        readings.append(reading(*logits))
    made, config = classifier(), SimpleNamespace(
        abstain_precision=0.9, multi_label=False, labels=STANCES, pool_windows="none"
    )
    made.settings = replace(made.settings, lead_weight=0.0)
    assert all(made.probabilities(one)[0].argmax() == label for one, label in zip(readings, truth, strict=True))
    rows = [SimpleNamespace(labels=(STANCES[label],)) for label in truth]
    assert fit_settings(made, rows, readings, config).lead_weight == 9.0


def test_logits_of_a_long_text_are_those_of_its_answer():
    long, short = reading([4, 0, 0], [0, 2, 0], fresh=[10, 30]), reading([1, 2, 3])
    made = classifier()
    found = logits_of(made, [long, short])
    assert softmax(found[0]) == pytest.approx(made.probabilities(long)[0], abs=1e-6)
    assert found[0].argmax() == 1  # the first window alone says 0
    assert found[1].tolist() == [1, 2, 3]
    assert logits_of(classifier(window_pool="max"), [long])[0].tolist() == [4, 2, 0]


def test_what_is_stored_of_a_fold_is_what_is_answered(tmp_path):
    rows = [Row("a", "نص", ("against",)), Row("b", "نص", ("favor",))]
    readings = [reading([4, 0, 0], [0, 2, 0], fresh=[10, 30]), reading([1, 2, 3])]
    save_out_of_fold(tmp_path / "found.npz", OutOfFold(rows, readings, []), classifier(), config(folds=3))
    stored = np.load(tmp_path / "found.npz")
    assert stored["logits"].argmax(1).tolist() == [1, 2]
    assert stored["truth"].tolist() == [1, 0]


def test_the_first_windows_weight_is_fitted_with_the_temperature():
    """The first window tells the label, the second one misleads: only a heavy first window is right."""
    truth = np.arange(60) % 3
    readings = [reading(np.eye(3)[label] * 3, np.eye(3)[(label + 1) % 3] * 4) for label in truth]
    rows = [Row(str(n), "نص", (STANCES[label],)) for n, label in enumerate(truth)]
    found = fit_settings(classifier(), rows, readings, config(metric="accuracy"))
    assert found.lead_weight > 0
    made = Classifier(None, None, found)
    assert [made.probabilities(one)[0].argmax() for one in readings] == truth.tolist()


def test_the_confidence_that_is_asked_for_is_an_option_and_is_stored():
    readings, truth = drawn(300, 1)
    rows = [Row(str(n), "نص", (STANCES[label],)) for n, label in enumerate(truth)]
    low, high = (
        fit_settings(classifier(), rows, readings, config(abstain_precision=share)) for share in (0.8, 0.95)
    )
    assert (low.abstain_precision, high.abstain_precision) == (0.8, 0.95)
    assert 0 < low.abstain_below < high.abstain_below < 1
    assert config().abstain_precision == ClassifierSettings("stance", STANCES).abstain_precision == 0.9
    for made in (config, classifier):
        with pytest.raises(ValueError, match=r"abstain_precision must lie above 0 and at 1 at most, not 1\.5"):
            made(abstain_precision=1.5)
