"""The ranker: which tokens a window is of, and that its scores do not hang on neighbours."""

from __future__ import annotations

import multiprocessing

import numpy as np
import pytest

from tasrih.models.extractive import article_windows, balanced, cut_headline
from tasrih.models.headline import Window
from tasrih.models.headline_ranker import FIELDS, HeadlineRanker, RankerSettings, place_windows
from tasrih.models.headline_weights import HeadlineWeights, bundled_weights
from tasrih.models.load import load
from tasrih.models.summariser import Summariser
from tasrih.text.sentences import sentences

TEXT = (
    "أعلنت وزارةُ النقـــل، اليوم الجمعة 12 جوان 2015، عن تعيين مدير جديد للميناء. "
    "وقال الوزير إن الجسر الجديد على النهر يخدم ثلاث بلدات، وإن كلفته بلغت ٩٠ مليون دينار."
)


def read(text: str):
    parts = sentences(text)
    encoder = load("statement").encoder
    return parts, {number: encoder.windows([part.text])[0][0] for number, part in enumerate(parts)}


def told(row: np.ndarray) -> dict[str, int]:
    return dict(zip(FIELDS, row.tolist(), strict=True))


def test_a_window_is_placed_on_the_tokens_of_its_words():
    parts, tokens = read(TEXT)
    windows = article_windows(TEXT, open_words=frozenset(), max_words=14)
    kept, placed = place_windows(windows, parts, tokens)
    assert kept == list(range(len(windows))) and placed.shape == (len(windows), len(FIELDS))
    for window, row in zip(windows, map(told, placed), strict=True):
        part, spans = parts[window.sentence], tokens[window.sentence].spans
        assert row["row"] == row["place"] == window.sentence
        start, end = spans[row["first"]][0] + part.start, spans[row["last"]][1] + part.start
        assert TEXT[start:end].strip("،. ") == TEXT[window.start : window.end].strip("،. ")
        assert (row["gaps"] > 0) == bool(window.left_out)
        if window.left_out:
            first, last = spans[row["gap_start"]][0], spans[row["gap_end"] - 1][1]
            gap = TEXT[first + part.start : last + part.start]
            assert "اليوم الجمعة 12 جوان 2015" in gap and "عن" not in gap.split()
        else:
            assert row["gap_start"] == row["gap_end"]
    assert any(window.left_out for window in windows)


def test_what_lies_past_the_reader_is_not_placed():
    text = "كلمة " * 300 + "نهاية الجملة الطويلة جدا."
    parts, tokens = read(text)
    last = Window(0, text.index("نهاية"), len(text) - 1, ())
    assert place_windows([last, Window(0, 0, 9, ())], parts, tokens)[0] == [1]
    ranker = HeadlineRanker.bundled()
    unseen = ranker.score([last], parts)
    assert (unseen.worth == 0).all() and np.isnan(unseen.sureness).all()
    both = ranker.score([last, Window(0, 0, 9, ())], parts)
    assert both.worth[0] == -np.inf and np.isnan(both.sureness[0]) and 0 < both.sureness[1] < 1


def test_a_score_is_the_same_whatever_stands_beside_it():
    ranker, parts = HeadlineRanker.bundled(), sentences(TEXT)
    windows = article_windows(TEXT, open_words=frozenset(), max_words=14)
    together = ranker.score(windows, parts)
    assert np.isfinite(together.worth).all() and len(set(together.worth.tolist())) > 1
    for at in (0, len(windows) // 2, len(windows) - 1):
        alone = ranker.score([windows[at]], parts)
        assert alone.worth[0] == pytest.approx(together.worth[at], abs=1e-4)
        assert alone.sureness[0] == pytest.approx(together.sureness[at], abs=1e-4)
    assert HeadlineRanker.bundled() is ranker


@pytest.mark.parametrize(
    ("whole", "broken"),
    [
        ("الجسر الجديد على النهر يخدم ثلاث بلدات", "وقال الوزير إن الجسر الجديد"),
        ("أعلنت وزارةُ النقـــل عن تعيين مدير جديد للميناء", "أعلنت وزارةُ النقـــل، اليوم الجمعة 12 جوان 2015، عن تعيين مدير جديد"),
    ],
)
def test_a_whole_headline_ranks_before_a_broken_one(whole, broken):
    windows = article_windows(TEXT, open_words=frozenset(), max_words=14)
    scores = HeadlineRanker.bundled().score(windows, sentences(TEXT))
    for values in (scores.worth, scores.sureness):
        found = {window.read(TEXT): score for window, score in zip(windows, values, strict=True)}
        assert found[whole] > found[broken]


def test_both_scores_choose_together():
    parts = sentences(TEXT)
    chosen = cut_headline(TEXT, bundled_weights(), max_words=14, within=parts, ranker=HeadlineRanker.bundled())
    assert chosen.window.read(TEXT) and 0 < chosen.sureness < 1
    nothing = HeadlineWeights({}, frozenset())
    ranked = cut_headline(TEXT, nothing, max_words=14, within=parts, ranker=HeadlineRanker.bundled())
    windows = article_windows(TEXT, open_words=frozenset(), max_words=14, within=parts)
    scores = HeadlineRanker.bundled().score(windows, parts)
    assert ranked.window == windows[int(scores.worth.argmax())]
    assert ranked.sureness == scores.sureness[int(scores.worth.argmax())]
    assert cut_headline(TEXT, nothing, max_words=14, within=parts).sureness is None


@pytest.mark.parametrize("settings", [RankerSettings(0.0, 1.0), RankerSettings(1.0, 0.0)])
def test_the_settings_weigh_the_two_scores(settings):
    parts = sentences(TEXT)
    windows = article_windows(TEXT, open_words=frozenset(), max_words=14)
    bundled = HeadlineRanker.bundled()
    part, rest = (
        HeadlineRanker(bundled._reader, bundled._engine, one)
        for one in (settings, RankerSettings(1 - settings.whole, 1 - settings.like_title))
    )
    both = HeadlineRanker(bundled._reader, bundled._engine, RankerSettings(1.0, 1.0)).score(windows, parts)
    assert part.score(windows, parts).worth + rest.score(windows, parts).worth == pytest.approx(both.worth)


def test_how_sure_it_is_follows_the_settings():
    parts = sentences(TEXT)
    windows = article_windows(TEXT, open_words=frozenset(), max_words=14)
    bundled = HeadlineRanker.bundled()
    never = HeadlineRanker(bundled._reader, bundled._engine, RankerSettings(sure_scale=0.0, sure_shift=-3.0))
    assert never.score(windows, parts).sureness == pytest.approx(1 / (1 + np.exp(3)))


def test_marks_by_themselves_go_with_no_aside():
    for text in (
        "زار ( وزير النقل ) أمس مدينة عدن الجديدة ثم عاد.",
        "« قالت الوزارة في بيان لها » إن الجسر الجديد على النهر يخدم ثلاث بلدات.",
        "زار الوزير (أحمد العلي) « الجسر الجديد » على النهر، ثم عاد.",
    ):
        for window in article_windows(text, open_words=frozenset(), max_words=14, min_words=2):
            assert balanced(window.read(text)) == window.read(text)


def _in_a_fork(queue) -> None:
    queue.put(Summariser.from_pretrained("summary").summarise(TEXT * 3).text)


def test_a_forked_process_cuts_the_same_headline():
    expected = Summariser.from_pretrained("summary").summarise(TEXT * 3).text
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_in_a_fork, args=(queue,), daemon=True)
    process.start()
    assert queue.get(timeout=60) == expected
    process.join(timeout=20)
    assert process.exitcode == 0
