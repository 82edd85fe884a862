"""Learning from readers which cuts of an article can stand as its headline.

What newspapers print says what a headline is about; it says little of whether a run of words is whole. That was read
off candidates, each graded by a reader who had the article beside them: printable, whole but beside the point, broken,
or misleading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasrih.data.corpus import read_rows
from tasrih.data.guard import HeldOut
from tasrih.data.standoff import check_print, join_articles
from tasrih.models.extractive import article_windows
from tasrih.models.headline import Window
from tasrih.models.headline_weights import best_window
from tasrih.training.feature_table import FeatureTable

#: What a grade is worth: P printable, S whole and true but beside the point, B broken, W misleading.
GRADES: dict[str, float] = {"P": 1.0, "S": 0.5, "B": 0.0, "W": 0.0}
#: Of the logistic regression (inverse strength); weak for so few windows, and not tuned.
_C = 0.03


@dataclass(frozen=True)
class GradedArticle:
    """An article's windows that were graded, and their grades."""

    id: str
    windows: list[Window]
    grades: list[str]

    @property
    def held_out(self) -> bool:
        """Whether it is one of the fifth that the weight of the grades is chosen on."""
        return hashlib.sha1(self.id.encode()).digest()[0] % 5 == 0


def read_graded(path: str | Path, root: Path, *, open_words: frozenset[str], max_words: int) -> list[GradedArticle]:
    """Join grades with the articles that they were given on.

    Args:
        path: a JSONL file: ``corpus``, ``article``, ``print`` of its text, and ``windows``, each
            ``[start, end, grade]`` or, where something is left out, ``[start, end, grade, [[start, end], ...]]``.
        root: the data root, whose ``corpus/`` holds the articles.
        open_words: as the windows are cut by.
        max_words: words of a window at most.

    Returns:
        The articles, held-out ones left out; windows that are no longer cut are, too.

    Raises:
        FileNotFoundError: if the file or a corpus that it names is not there.
        ValueError: if a grade is unknown, an article is missing, or it is not the one that was graded.
    """
    lines = list(read_rows(path))
    for line in lines:
        if unknown := {grade for _, _, grade, *_ in line["windows"]} - set(GRADES):
            allowed = ", ".join(GRADES)
            raise ValueError(f"{path}, {line['article']}: unknown grade {min(unknown)!r}: choose from {allowed}")
    guard, found = HeldOut.from_root(root), []
    for line, article in join_articles(lines, path, root):
        if guard.holds(article["text"], article["id"]):
            continue
        check_print(article["text"], line, path)
        grades = {
            (start, end, tuple(map(tuple, left_out[0])) if left_out else ()): grade
            for start, end, grade, *left_out in line["windows"]
        }
        windows = [
            window for window in article_windows(article["text"], open_words=open_words, max_words=max_words)
            if window_key(window) in grades
        ]  # fmt: skip
        found.append(GradedArticle(article["id"], windows, [grades[window_key(window)] for window in windows]))
    return found


def window_key(window: Window) -> tuple:
    """Give what tells a window from all others of its article: where it begins and ends, and what is left out."""
    return window.start, window.end, window.left_out


def fit_grades(articles: Sequence[GradedArticle], *, least: int) -> dict[str, float]:
    """Fit the logarithm of the odds that a window is printable, a sum over its features.

    Args:
        articles: graded articles.
        least: windows that must show a feature for it to be learnt.

    Returns:
        Feature to weight.
    """
    from scipy.sparse import vstack
    from sklearn.linear_model import LogisticRegression

    windows = [window for article in articles for window in article.windows]
    worth = np.array([GRADES[grade] for article in articles for grade in article.grades])
    table = FeatureTable()
    for window in windows:
        table.add([window])
    rows, names = table.matrix(least)
    if not names:
        return {}
    # a window that is worth a half counts half as one and half as the other
    fitted = LogisticRegression(C=_C, solver="liblinear").fit(
        vstack([rows, rows]), np.repeat([1, 0], len(windows)), sample_weight=np.concatenate([worth, 1 - worth])
    )
    return dict(zip(names, fitted.coef_[0].tolist(), strict=True))


def mean_worth(articles: Sequence[GradedArticle], weights: Mapping[str, float]) -> float:
    """Give what the window is worth, on the mean over articles, that weights choose among the graded ones."""
    worth = []
    for article in articles:
        if best := best_window(article.windows, weights):
            worth.append(GRADES[article.grades[article.windows.index(best)]])
    return float(np.mean(worth))
