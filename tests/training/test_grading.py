"""Learning from graded windows: what is read, what is refused, what is learnt of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasrih.data.corpus import read_rows
from tasrih.data.guard import fingerprint
from tasrih.models.extractive import article_windows
from tasrih.training.extracting import ExtractiveConfig, fit_extractive
from tasrih.training.grading import GradedArticle, fit_grades, mean_worth, read_graded

TOWNS = "الزرقة المروج الحصن النخيل السفح الرملة المنارة الخليج الواحة".split()


def _row(number: int) -> dict:
    town = TOWNS[number % len(TOWNS)]
    text = f"قال رئيس بلدية {town} رقم {number} إن المجلس سيبني جسرا جديدا في {town}، وأضاف أن العمل سيبدأ غدا في {town}."
    return {"id": f"made:{number}", "text": text, "title": f"جسر جديد في {town}"}


@pytest.fixture(scope="module")
def root(titled_root) -> Path:
    return titled_root(_row, corpus=range(60), validation=range(60, 70), test=range(50, 52))


@pytest.fixture
def graded(root, tmp_path) -> Path:
    """A reader who finds what begins with the council whole, and all else broken."""
    path = tmp_path / "graded.jsonl"
    with open(path, "w", encoding="utf-8") as out:
        for row in read_rows(root / "corpus" / "made.jsonl"):
            windows = [
                [one.start, one.end, "P" if row["text"][one.start : one.end].startswith("المجلس") else "B"]
                for one in article_windows(row["text"], open_words=frozenset(), max_words=14)
            ]
            line = {"corpus": "made.jsonl", "article": row["id"], "print": fingerprint(row["text"]).hex()}
            out.write(json.dumps({**line, "windows": windows}) + "\n")
    return path


def read(path: Path, root: Path) -> list[GradedArticle]:
    return read_graded(path, root, open_words=frozenset(), max_words=14)


def test_grades_are_joined_with_their_windows_and_held_out_articles_left_out(graded, root):
    found = read(graded, root)
    assert {int(article.id[5:]) for article in found} == set(range(60)) - {50, 51}
    for article in found:
        text = _row(int(article.id[5:]))["text"]
        assert len(article.windows) == len(article.grades) > 3
        for window, grade in zip(article.windows, article.grades, strict=True):
            assert (grade == "P") == text[window.start : window.end].startswith("المجلس")
    assert 0 < sum(article.held_out for article in found) < len(found) / 2


def test_what_was_graded_whole_is_chosen(graded, root):
    found = read(graded, root)
    weights = fit_grades([article for article in found if not article.held_out], least=4)
    held = [article for article in found if article.held_out]
    assert mean_worth(held, weights) == 1.0
    assert mean_worth(held, {name: -value for name, value in weights.items()}) < 0.5
    assert not fit_grades(found, least=10**6)


def test_the_fit_weighs_them_beside_headlines(graded, root, tmp_path):
    config = ExtractiveConfig(
        str(tmp_path / "headline.json"), titled=["made"], validation=["summarisation/made"], least=5, open_least=20,
        graded=str(graded), graded_shares=[0.0, 4.0],
    )  # fmt: skip
    told = fit_extractive(config, root)["graded"]
    assert told["mean_worth_by_share"]["4.0"] >= told["mean_worth_by_share"]["0.0"]
    assert told["articles"] == 58 and told["held_out"] > 0
    assert told["mean_worth_by_share"][str(told["share"])] >= max(told["mean_worth_by_share"].values()) - 0.02


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"windows": [[0, 4, "X"]]}, "made:0: unknown grade 'X': choose from P, S, B, W"),
        ({"print": "00"}, "made.jsonl, made:0 is not the text that was labelled"),
    ],
)
def test_a_grade_that_is_unknown_and_a_text_that_is_another_are_named(graded, root, change, message):
    first, *rest = graded.read_text(encoding="utf-8").splitlines()
    graded.write_text("\n".join([json.dumps({**json.loads(first), **change}), *rest]), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read(graded, root)
