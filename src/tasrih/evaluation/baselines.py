"""Baselines that stand beside every model: the majority label, and TF-IDF with logistic regression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tasrih.data.labelled import Row
from tasrih.evaluation.calibration import fit_thresholds
from tasrih.text.normalise import normalise, steps_of


class BaselineError(ValueError):
    """Training rows that nothing can be learnt from."""


def majority(train: Sequence[Row], labels: tuple[str, ...]) -> int:
    """Give the index of the commonest label of the training rows."""
    return int(np.bincount([labels.index(row.labels[0]) for row in train], minlength=len(labels)).argmax())


def prior(train: Sequence[Row], labels: tuple[str, ...]) -> np.ndarray:
    """Give the share of the training rows that have each label, shape (labels,)."""
    return np.array([[label in row.labels for label in labels] for row in train]).mean(0)


def _texts(row: Row) -> tuple[str, str, str, str]:
    """Give what features of a row are counted on: its text and, for stance, the target and the words around it."""
    if row.target is None or not row.spans:
        return row.text, row.target or "", "", ""
    span = row.spans[0]
    before, after = row.text[: span.start].split()[-4:], row.text[span.end :].split()[:4]
    return row.text, row.target, " ".join(before), " ".join(after)


def _views(rows: Sequence[Row], profile: str | Iterable[str]) -> list[list[str]]:
    """Give each of the texts that features are counted on, for all rows: empty where a row has none of its kind."""
    return [[normalise(text, profile) for text in view] for view in zip(*map(_texts, rows), strict=True)]


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

        Raises:
            BaselineError: if the training rows have one label alone, or no word or stretch of letters comes again.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier

        targets = self._targets(train)
        if not self._multi_label and len(given := np.unique(targets)) == 1:
            label = self._labels[given[0]]
            raise BaselineError(f"all {len(train)} training rows are {label!r}: give rows of another label beside them")
        self._vectorisers = {}
        for place, view in enumerate(_views(train, self._profile)):
            word = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"\w+")
            char = TfidfVectorizer(
                analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True, max_features=100_000
            )
            try:
                self._vectorisers[place] = word.fit(view), char.fit(view)
            except ValueError:  # it has no term, or none that is frequent enough; a target's view can do without
                if place == 0:
                    raise BaselineError(
                        f"no word of the {len(train)} training texts is in two of them, or no letters in three: give "
                        "more rows, or longer ones"
                    ) from None
        weights = "balanced" if self._multi_label else None
        self._model = OneVsRestClassifier(LogisticRegression(C=10, solver="liblinear", class_weight=weights))
        self._model.fit(self._features(train), targets)
        if self._multi_label:
            cuts = fit_thresholds(
                self._model.predict_proba(self._features(validation)), self._targets(validation), self._labels
            )
            self._cuts = np.array([cuts[label] for label in self._labels])
        return self

    def _features(self, rows: Sequence[Row]):
        from scipy.sparse import hstack

        views = _views(rows, self._profile)
        return hstack(
            [vectoriser.transform(views[place]) for place, pair in self._vectorisers.items() for vectoriser in pair]
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
