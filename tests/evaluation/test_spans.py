"""Scoring speakers and targets, and fitting from when a target is given."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from tasrih.data.labelled import MarkedSpan, Row
from tasrih.evaluation.spans import fit_spans, match, merged
from tasrih.models.classifier import Classifier, ClassifierSettings, Reading
from tasrih.models.spans import SPAN_LABELS, FoundSpan
from tasrih.models.tagger import Tagger

TEXT = "قال الوزير إن مصر تدعم لبنان"
WORDS = [(0, 3), (4, 10), (11, 13), (14, 17), (18, 22), (23, 28)]


def reading(certainty: dict[int, float]) -> Reading:
    """Logits of one sentence; the token head favours a target at the given words."""
    logits = np.zeros((len(WORDS), len(SPAN_LABELS)), dtype=np.float32)
    logits[:, 0] = 4.0
    logits[1, SPAN_LABELS.index("B-speaker")] = 9.0
    for word, value in certainty.items():
        logits[word, SPAN_LABELS.index("B-favor")] = value
    return Reading([SimpleNamespace(spans=WORDS)], np.zeros((1, 2), dtype=np.float32), [logits])


def row(*targets: int) -> Row:
    spans = [MarkedSpan(*WORDS[1], "speaker"), *(MarkedSpan(*WORDS[word], "favor") for word in targets)]
    return Row("1", TEXT, ("endorsement",), spans=tuple(spans))


def statements(**changes) -> Classifier:
    settings = ClassifierSettings("statement", ("endorsement", "conditional"), multi_label=True, **changes)
    return Classifier(None, None, settings)


def test_the_longest_of_spans_that_overlap_is_kept():
    short, long, other = MarkedSpan(0, 3, "favor"), MarkedSpan(0, 8, "favor"), MarkedSpan(9, 12, "against")
    assert merged([other, short, long]) == [long, other]


def test_spans_are_paired_one_to_one_by_the_largest_overlap():
    found = [FoundSpan("target", 0, 4, 1.0, {}), FoundSpan("target", 4, 10, 1.0, {})]
    gold = [MarkedSpan(2, 10, "favor"), MarkedSpan(11, 14, "favor")]
    assert match(found, gold) == [(found[1], gold[0])]


@pytest.mark.parametrize(
    ("certainty", "targets"),
    [
        ({3: 3.9, 5: 2.6}, (3,)),  # the weaker one is no target
        ({3: 6.0, 5: 2.6}, (3, 5)),  # the weaker one is a target that O outweighs
        ({3: 3.4, 5: 3.2}, (3,)),  # both are outweighed, and one of them is a target
    ],
)
def test_from_when_a_target_is_given_is_fitted(certainty, targets):
    classifier = statements()
    fitted = fit_spans(classifier, [row(*targets)] * 3, [reading(certainty)] * 3)
    assert classifier.settings == statements().settings  # what was tried leaves no trace
    assert fitted.speaker_by == "rules"  # the first of those that are alike
    spans = Tagger(Classifier(None, None, fitted)).spans(reading(certainty), TEXT)
    assert [(span.start, span.end) for span in spans if span.kind == "target"] == [WORDS[word] for word in targets]
