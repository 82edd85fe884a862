"""Baselines on sets so small that their answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.data.labelled import MarkedSpan, Row
from tasrih.evaluation.baselines import BaselineError, TfidfBaseline, majority

LABELS = ("sport", "health", "weather")
SPORT = ["فاز الفريق بالمباراة", "خسر الفريق المباراة", "سجل اللاعب هدفا في المباراة", "تعادل الفريق في الدوري"]
HEALTH = ["افتتح المستشفى الجديد", "وصل اللقاح إلى المستشفى", "عالج الطبيب المريض باللقاح", "زار الطبيب المستشفى"]


def rows(texts, *labels, **more):
    return [Row(f"{text}{number}", text, labels, **more) for number, text in enumerate(texts)]


def test_the_majority_is_the_commonest_label():
    train = rows("أبج", "health") + rows("د", "sport")
    assert majority(train, LABELS) == 1
    assert majority(train[3:], LABELS) == 0


def test_topics_are_learnt_from_their_words():
    pytest.importorskip("sklearn")
    train = rows(SPORT, "sport") * 2 + rows(HEALTH, "health") * 2
    baseline = TfidfBaseline(LABELS, multi_label=False).fit(train, train)
    unseen = rows(["الفريق يستعد للمباراة", "الطبيب في المستشفى", "الفَريق والمُباراة"], "sport")
    assert baseline.predict(unseen).tolist() == [0, 1, 0]  # spelling is folded


def test_label_sets_are_learnt_with_thresholds():
    pytest.importorskip("sklearn")
    both = [f"{one} و{other}" for one, other in zip(SPORT, HEALTH, strict=True)]
    train = rows(SPORT, "sport") * 3 + rows(HEALTH, "health") * 3 + rows(both, "sport", "health") * 3
    baseline = TfidfBaseline(LABELS[:2], multi_label=True).fit(train, train)
    predicted = baseline.predict(rows([SPORT[0], HEALTH[0], both[1]], "sport"))
    assert predicted.dtype == bool
    assert predicted.tolist() == [[True, False], [False, True], [True, True]]


def test_a_stance_depends_on_the_target():
    pytest.importorskip("sklearn")
    text = "رحب الوزير بالاتفاق ورفض العقوبات"
    favor = Row("1", text, ("favor",), target="الاتفاق", spans=(MarkedSpan(12, 19, "favor"),))
    against = Row("2", text, ("against",), target="العقوبات", spans=(MarkedSpan(25, 33, "against"),))
    assert all(text[row.spans[0].start : row.spans[0].end] == row.target for row in (favor, against))
    train = [favor, against] * 4
    baseline = TfidfBaseline(("favor", "against", "neutral"), multi_label=False).fit(train, train)
    assert baseline.predict([favor, against]).tolist() == [0, 1]


def test_a_fit_gives_the_same_answers_again():
    pytest.importorskip("sklearn")
    train = rows(SPORT, "sport") * 2 + rows(HEALTH, "health") * 2
    first, second = (TfidfBaseline(LABELS, multi_label=False).fit(train, train) for _ in range(2))
    assert np.array_equal(first.predict(train), second.predict(train))


@pytest.mark.parametrize("first", ["with spans", "without"])
def test_stances_with_and_without_spans_are_learnt_together(first):
    pytest.importorskip("sklearn")
    text = "رحب الوزير بالاتفاق ورفض العقوبات"
    marked = [
        Row("1", text, ("favor",), target="الاتفاق", spans=(MarkedSpan(12, 19, "favor"),)),
        Row("2", text, ("against",), target="العقوبات", spans=(MarkedSpan(25, 33, "against"),)),
    ]
    bare = [Row("3", "أيد النواب الخطة", ("favor",), target="الخطة"), Row("4", "دان النواب الخطة", ("against",), target="الخطة")]
    train = [*marked, *bare] * 4 if first == "with spans" else [*bare, *marked] * 4
    baseline = TfidfBaseline(("favor", "against", "neutral"), multi_label=False).fit(train, train)
    # what is answered may begin with either, too
    assert baseline.predict([*marked, *bare]).tolist() == [0, 1, 0, 1]
    assert baseline.predict([*bare, *marked]).tolist() == [0, 1, 0, 1]
    # a fit on rows without spans answers rows that have them
    assert len(TfidfBaseline(("favor", "against"), multi_label=False).fit(bare * 4, []).predict(marked)) == 2


def test_what_cannot_be_learnt_from_is_named():
    pytest.importorskip("sklearn")
    one = TfidfBaseline(LABELS, multi_label=False)
    with pytest.raises(BaselineError, match="all 4 training rows are 'health': give rows of another label"):
        one.fit(rows(HEALTH, "health"), [])
    with pytest.raises(BaselineError, match=r"no word of the 2 training texts is in two of them.*give more rows"):
        one.fit(rows(["هدف"], "sport") + rows(["لقاح"], "health"), [])
