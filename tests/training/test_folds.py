"""Cross-validation: every row is left out once, by a run that saw neither it nor its copy."""

from __future__ import annotations

from collections import Counter

import pytest

from tasrih.data.labelled import Row
from tasrih.data.labelled_source import Part, Source
from tasrih.training.config import ClassifierConfig
from tasrih.training.folds import assign_folds, turns
from tasrih.training.sources import TrainingData


def row(number: int, text: str | None = None, label: str = "favor") -> Row:
    return Row(str(number), text or f"نص رقم {number} عن الاتفاق", (label,), target="الاتفاق")


def config(**changes) -> ClassifierConfig:
    return ClassifierConfig("stance", "base", "out", [Source("a")], None, **{"folds": 3, **changes})


def test_folds_that_the_set_names_are_kept():
    rows = [row(n) for n in range(6)]
    assert assign_folds(rows, ["10", "2", "1", "1", "2", "10"], 3, 1).tolist() == [2, 1, 0, 0, 1, 2]
    with pytest.raises(ValueError, match="folds is 4, but the set names 3: 1, 2, 10"):
        assign_folds(rows, ["10", "2", "1", "1", "2", "10"], 4, 1)


def test_folds_are_alike_in_labels_and_keep_a_text_together():
    labels = ["favor"] * 30 + ["against"] * 12 + ["neutral"] * 6
    rows = [row(n, f"نص {n // 2} في الخبر", label) for n, label in enumerate(labels)]  # each text twice
    folds = assign_folds(rows, [], 3, 1)
    assert (folds[::2] == folds[1::2]).all()
    for fold in range(3):
        counts = Counter(each.labels[0] for each, where in zip(rows, folds, strict=True) if where == fold)
        assert counts == {"favor": 10, "against": 4, "neutral": 2}
    assert (assign_folds(rows, [], 3, 1) == folds).all()
    assert (assign_folds(rows, [], 3, 2) != folds).any()
    with pytest.raises(ValueError, match="only 2 different texts"):
        assign_folds(rows[:4], [], 3, 1)


def test_every_row_is_unread_once_and_chosen_on_once():
    train = [row(n, label=("favor", "against", "neutral")[n % 3]) for n in range(18)]
    held = [row(100 + n, label=("favor", "against", "neutral")[n % 3]) for n in range(9)]
    data = TrainingData(train * 2, held, parts=[Part(Source("a", repeat=2), train)])
    rows, each = turns(config(), data)
    assert len(rows) == 27  # of a repeated row one
    unread, chosen = [], []
    for turn in each:
        unread += turn.unread
        chosen += turn.chosen_on
        ids = {each.id for each in turn.train}
        assert not ids & {rows[index].id for index in (*turn.unread, *turn.chosen_on)}
        assert len(ids) == 27 - len(turn.unread) - len(turn.chosen_on)
        counts = Counter(each.id for each in turn.train)
        assert all(count == (2 if int(name) < 100 else 1) for name, count in counts.items())
    assert sorted(unread) == sorted(chosen) == list(range(27))


def test_weak_labels_are_always_trained_on_but_for_the_texts_that_are_left_out():
    train = [row(n) for n in range(9)]
    weak = [row(200 + n, text=train[n].text if n < 3 else None) for n in range(6)]
    data = TrainingData([], [], parts=[Part(Source("a"), train), Part(Source("b", folded=False), weak)])
    rows, each = turns(config(), data)
    assert rows == train
    for turn in each:
        left_out = {rows[index].text for index in (*turn.unread, *turn.chosen_on)}
        assert {other.id for other in turn.train if int(other.id) >= 200} == {
            other.id for other in weak if other.text not in left_out
        }


def test_rows_with_and_without_a_fold_do_not_mix():
    data = TrainingData([], [row(9)], parts=[Part(Source("a", fold="fold"), [row(1), row(2)], ["1", "2"])])
    with pytest.raises(ValueError, match="name a fold and others do not"):
        turns(config(), data)
