"""Baselines that stand beside every model: the majority label, and TF-IDF with logistic regression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tasrih.data.labelled import Row
from tasrih.evaluation.calibration import fit_thresholds
from tasrih.text.normalise import normalise, steps_of


def majority(train: Sequence[Row], labels: tuple[str, ...]) -> int:
    """Give the index of the commonest label of the training rows."""
    return int(np.bincount([labels.index(row.labels[0]) for row in train], minlength=len(labels)).argmax())


def prior(train: Sequence[Row], labels: tuple[str, ...]) -> np.ndarray:
    """Give the share of the training rows that have each label, shape (labels,)."""
    return np.array([[label in row.labels for label in labels] for row in train]).mean(0)


def _views(rows: Sequence[Row], profile: str | Iterable[str]) -> list[list[str]]:
    """Give the texts that features are counted on: the row's text and, for stance, the target and its surroundings."""
    views = [[row.text for row in rows]]
    if rows and rows[0].target is not None:
        views.append([row.target for row in rows])
        if rows[0].spans:
            spans = [row.spans[0] for row in rows]
            views.append([" ".join(row.text[: span.start].split()[-4:]) for row, span in zip(rows, spans, strict=True)])
            views.append([" ".join(row.text[span.end :].split()[:4]) for row, span in zip(rows, spans, strict=True)])
    return [[normalise(text, profile) for text in view] for view in views]


class TfidfBaseline:
    """TF-IDF of word 1-2-grams and character 2-5-grams under logistic regression, one text or a pair."""

    def __init__(
        self, labels: tuple[str, ...], *, multi_label: bool, profile: str | Iterable[str] = "search"
    ) -> None:  # fmt: skip
        """Set up the baseline.

        Args:
            labels: the labels, in order.
            multi_label: whether a text may have several.
            profile: normalisation of what it counts on: a name in ``PROFILES``, or names of steps.
        """
        self._profile = steps_of(profile)
        self._labels = labels
        self._multi_label = multi_label

    def fit(self, train: Sequence[Row], validation: Sequence[Row]) -> TfidfBaseline:
        """Fit on training rows; for several labels, thresholds on validation rows.

        Args:
            train: training rows.
            validation: validation rows.

        Returns:
            Itself.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier

        self._vectorisers = []
        for view in _views(train, self._profile):
            word = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"\w+")
            char = TfidfVectorizer(
                analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True, max_features=100_000
            )
            self._vectorisers.append([word.fit(view), char.fit(view)])
        weights = "balanced" if self._multi_label else None
        self._model = OneVsRestClassifier(LogisticRegression(C=10, solver="liblinear", class_weight=weights))
        self._model.fit(self._features(train), self._targets(train))
        if self._multi_label:
            cuts = fit_thresholds(
                self._model.predict_proba(self._features(validation)), self._targets(validation), self._labels
            )
            self._cuts = np.array([cuts[label] for label in self._labels])
        return self

    def _features(self, rows: Sequence[Row]):
        from scipy.sparse import hstack

        return hstack(
            [
                vectoriser.transform(view)
                for view, pair in zip(_views(rows, self._profile), self._vectorisers, strict=True)
                for vectoriser in pair
            ]
        ).tocsr()

    def _targets(self, rows: Sequence[Row]) -> np.ndarray:
        if self._multi_label:
            return np.array([[label in row.labels for label in self._labels] for row in rows])
        return np.array([self._labels.index(row.labels[0]) for row in rows])

    def predict(self, rows: Sequence[Row]) -> np.ndarray:
        """Predict rows.

        Args:
            rows: any rows of the task.

        Returns:
            Class indices of shape (rows,), or booleans of shape (rows, labels).
        """
        return self.answer(rows)[0]

    def answer(self, rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray]:
        """Predict rows, the probabilities beside the decisions.

        Args:
            rows: any rows of the task.

        Returns:
            What ``predict`` gives, and probabilities of shape (rows, labels); 0 for a class unseen in training.
        """
        features = self._features(rows)
        found = self._model.predict_proba(features)
        if self._multi_label:
            return found >= self._cuts, found
        probabilities = np.zeros((len(rows), len(self._labels)))
        probabilities[:, self._model.classes_] = found
        return self._model.predict(features), probabilities
