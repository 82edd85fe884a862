"""Every score of a classifier: of its decisions, of its probabilities, and of both label by label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasrih.evaluation.bootstrap import WeightedScore
from tasrih.evaluation.weighted import (
    average_precision,
    calibration_error,
    confusion,
    f1_averages,
    matthews,
    ranking_precision,
    ratio,
    risk_area,
)

#: Texts of a label from which ``macro_f1_common`` counts it.
COMMON = 10

#: Scores of which less is better.
LOSSES = ("ece", "brier", "aurc")


@dataclass(frozen=True)
class Answers:
    """What one system answered to every text.

    Attributes:
        predicted: class indices of shape (texts,), or booleans of shape (texts, labels).
        probabilities: shape (texts, labels).
        read: booleans of shape (texts,): those that the system could read, where it may refuse; None, all of them.
    """

    predicted: np.ndarray
    probabilities: np.ndarray
    read: np.ndarray | None = None


@dataclass(frozen=True)
class Questions:
    """What the texts' labels are, for one label a text or several.

    Attributes:
        labels: the labels, in the order of the columns.
        truth: class indices of shape (texts,), or booleans of shape (texts, labels).
        second: for one label a text, a further class that counts as right (-1 where there is none).
        tags: for several, how many of the labels are tags; what follows is an attribute of the tags
            (``conditional``), scored by itself alone.
    """

    labels: tuple[str, ...]
    truth: np.ndarray
    second: np.ndarray | None = None
    tags: int | None = None

    @property
    def multi_label(self) -> bool:
        """Whether a text may have several labels."""
        return self.truth.ndim == 2

    @property
    def table(self) -> np.ndarray:
        """The truth as booleans of shape (texts, labels)."""
        return self.truth if self.multi_label else np.eye(len(self.labels), dtype=bool)[self.truth]

    def decisions(self, answers: Answers) -> np.ndarray:
        """Give a system's decisions as booleans of shape (texts, labels)."""
        return answers.predicted if self.multi_label else np.eye(len(self.labels), dtype=bool)[answers.predicted]

    def right(self, answers: Answers) -> np.ndarray:
        """Say which texts a system answered wholly right (all tags and no other), shape (texts,)."""
        if self.multi_label:
            return (self.truth == answers.predicted)[:, : self.tags].all(1)
        return self.truth == answers.predicted

    def confidence(self, answers: Answers) -> np.ndarray:
        """Give a system's probability of its own answer to each text, labels taken as independent; shape (texts,)."""
        if not self.multi_label:
            return np.take_along_axis(answers.probabilities, answers.predicted[:, None], 1)[:, 0]
        chosen = np.where(answers.predicted, answers.probabilities, 1 - answers.probabilities)
        return chosen[:, : self.tags].prod(1)

    def scores(self, answers: Answers) -> WeightedScore:
        """Make the function that scores a system's answers on weighted texts.

        Args:
            answers: the system's answers.

        Returns:
            For one label a text: ``accuracy``, the averages of F1 (``macro_f1`` over the classes that are there or
            predicted), ``mcc``, ``ece`` of the answer's probability, ``brier`` (squared error summed over the
            classes, 0 to 2; Brier 1950) and ``aurc``; with second labels ``accuracy_with_second`` and
            ``macro_f1_common`` (over classes with ``COMMON`` texts). For several: the averages of F1 over the tags,
            ``exact``, ``lrap`` (over texts with a tag), ``mean_average_precision`` (of the tags that occur),
            ``mcc`` (mean of the tags'), ``ece`` and ``brier`` over all (text, tag) decisions, ``aurc`` of the whole
            set of tags, and every label's F1 under its own name.
        """
        return self._several(answers) if self.multi_label else self._one(answers)

    def abstaining(self, answers: Answers, floors: np.ndarray) -> WeightedScore:
        """Make the function that scores a system which may abstain (``abstain=True``) on weighted texts.

        Args:
            answers: the system's answers, as it gives them where it may not.
            floors: of each label, the probability from which it is given all the same; shape (labels,).

        Returns:
            ``answered``: the share of the texts that get a label still, or of the tags that were given of those that
            still are; ``right_of_answered``: the share of these that are right, where there is one.
        """
        given = self.decisions(answers)[:, : self.tags]
        kept = given & (answers.probabilities >= floors)[:, : self.tags]
        if answers.read is not None:
            kept &= answers.read[:, None]
        right = kept & self.table[:, : self.tags]
        given, kept, right = (each.sum(1) for each in (given, kept, right))

        def score(weights: np.ndarray) -> dict[str, np.ndarray]:
            answered = {"answered": ratio(weights @ kept, weights @ given)}
            if not kept.any():
                return answered
            return answered | {"right_of_answered": ratio(weights @ right, weights @ kept, empty=np.nan)}

        return score

    def _one(self, answers: Answers) -> WeightedScore:
        size, right = len(self.labels), self.right(answers)
        squared = ((answers.probabilities - self.table) ** 2).sum(1)
        # calibration is asked of the likeliest class, which a second label does not excuse
        confidence = self.confidence(answers)
        common = np.bincount(self.truth, minlength=size) >= COMMON
        with_second = right | (answers.predicted == self.second) if self.second is not None else None

        def score(weights: np.ndarray) -> dict[str, np.ndarray]:
            counts = confusion(weights, self.truth, answers.predicted, size)
            hits, made, there = counts.diagonal(axis1=1, axis2=2), counts.sum(1), counts.sum(2)
            whole = weights.sum(1)
            scores = {"accuracy": weights @ right / whole, **f1_averages(hits, made, there, seen_only=True)}
            if with_second is not None:
                scores["accuracy_with_second"] = weights @ with_second / whole
                if common.any():
                    scores["macro_f1_common"] = ratio(2 * hits, made + there)[:, common].mean(1)
            return scores | {
                "mcc": matthews(counts),
                "ece": calibration_error(weights, confidence, right),
                "brier": weights @ squared / whole,
                "aurc": risk_area(weights, confidence, ~right),
            }

        return score

    def _several(self, answers: Answers) -> WeightedScore:
        tags, table = self.tags, answers.probabilities
        truth, predicted, right = self.truth, answers.predicted, self.right(answers)
        both = truth & predicted
        tagged = truth[:, :tags].any(1)
        ranked = ranking_precision(truth[:, :tags], table[:, :tags])
        confidence = self.confidence(answers)
        squared = ((table - truth) ** 2)[:, :tags].mean(1)

        def score(weights: np.ndarray) -> dict[str, np.ndarray]:
            whole = weights.sum(1)
            hits, made, there = weights @ both, weights @ predicted, weights @ truth
            cells = np.stack([hits, there - hits, made - hits, whole[:, None] - made - there + hits], -1)
            precisions = [
                average_precision(weights, truth[:, at], table[:, at]) for at in range(truth[:, :tags].shape[1])
            ]
            known = np.isfinite(precisions)
            # the order of the first scores is that of the reports: micro before macro
            averages = f1_averages(hits[:, :tags], made[:, :tags], there[:, :tags], seen_only=False)
            return {
                **{name: averages[name] for name in ("micro_f1", "macro_f1", "weighted_f1")},
                "exact": weights @ right / whole,
                "lrap": ratio(weights @ (ranked * tagged), weights @ tagged, empty=np.nan),
                "mean_average_precision": ratio(np.nansum(precisions, 0), known.sum(0), empty=np.nan),
                "mcc": matthews(cells.reshape(*cells.shape[:2], 2, 2))[:, :tags].mean(1),
                "ece": calibration_error(weights, table[:, :tags], truth[:, :tags]),
                "brier": weights @ squared / whole,
                "aurc": risk_area(weights, confidence, ~right),
                **dict(zip(self.labels, ratio(2 * hits, made + there).T, strict=True)),
            }

        return score

    def class_scores(self, answers: Answers) -> WeightedScore:
        """Make the function that scores every label by itself.

        Args:
            answers: the system's answers.

        Returns:
            ``precision``, ``recall``, ``f1`` and ``average_precision`` of each label, under names such as
            ``f1 of sport``; one label a text is taken as one yes-or-no question a class.
        """
        truth, predicted = self.table, self.decisions(answers)
        both = truth & predicted

        def score(weights: np.ndarray) -> dict[str, np.ndarray]:
            hits, made, there = weights @ both, weights @ predicted, weights @ truth
            parts = {
                "precision": ratio(hits, made),
                "recall": ratio(hits, there),
                "f1": ratio(2 * hits, made + there),
            }
            scores = {}
            for at, label in enumerate(self.labels):
                scores |= {f"{name} of {label}": values[:, at] for name, values in parts.items()}
                ranked = average_precision(weights, truth[:, at], answers.probabilities[:, at])
                scores[f"average_precision of {label}"] = ranked
            return scores

        return score

    def part(self, answers: Answers, mask: np.ndarray) -> tuple[Questions, Answers]:
        """Take the texts of a mask, and a system's answers to them."""
        second = self.second[mask] if self.second is not None else None
        return (
            Questions(self.labels, self.truth[mask], second, self.tags),
            Answers(answers.predicted[mask], answers.probabilities[mask]),
        )
