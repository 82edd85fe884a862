"""Fitting the linear part over word pieces and pairs of them that stands beside an encoder (``models/ngrams.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tasrih.data.labelled import Row
from tasrih.models.classifier import Reading
from tasrih.models.encoding import TextEncoder
from tasrih.models.ngrams import Ngrams, places_of, table_rows
from tasrih.training.calibrating import classifier_of, read_rows, score_readings, served_temperature, truth_of
from tasrih.training.features import features

if TYPE_CHECKING:
    from tasrih.training.config import ClassifierConfig

#: Shares of the linear part that are tried.
_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
#: Inverse strength of its regularisation, of features weighed by their rarity (idf). On validation, with the encoder,
#: topics had a log loss of .483 at 1 and .472 at 3, statements an average precision of .778 at 1 and .779 at 3 and 10.
_C = 3.0
#: Windows of a text of one label that it is fitted on. On 1,499 texts of ``topic_iptc`` that a run had not read, six
#: had a log loss of .427 with the encoder, one of .459.
_WINDOWS = 6


def fit_ngrams(
    module, encoder: TextEncoder, train: Sequence[Row], validation: Sequence[Row], config: ClassifierConfig
) -> tuple[Ngrams, dict[str, float]]:
    """Fit the linear part on the training rows, and its share of the logits on the validation rows.

    Args:
        module: the fine-tuned encoder with its heads.
        encoder: its tokenizer.
        train: the rows that it was trained on.
        validation: the rows that the share is chosen on.
        config: the run.

    Returns:
        ``(part, scores)``: the part, and the validation scores of both together, ``ngram_share`` with them.
    """
    vocabulary = encoder.vocabulary
    separator = encoder.separator_id if config.task == "stance" else None
    # a long text's later windows tell its label as well
    several = 1 if config.multi_label else max(config.windows_per_text, _WINDOWS)
    items = features(list(train), encoder, config, windows_per_text=several)
    weights, bias = _fit_linear(
        _bags([item["input_ids"] for item in items], vocabulary, separator), [item["labels"] for item in items], config
    )
    classifier = classifier_of(module, encoder, config)
    readings = read_rows(classifier, validation)
    truth = truth_of(validation, config)
    linear = [_bags([window.ids for window in one.windows], vocabulary, separator) @ weights + bias for one in readings]

    def together(share: float) -> list[Reading]:
        return [
            replace(one, logits=(1 - share) * one.logits + share * added)
            for one, added in zip(readings, linear, strict=True)
        ]

    def worth(share: float) -> float:
        if config.multi_label:
            return score_readings(classifier, validation, together(share), config)[config.metric]
        # of few texts, which share has the most answers right is a matter of chance, its loss is less so
        return -served_temperature(classifier, together(share), truth)[1]

    share = max(_SHARES, key=worth)
    part = Ngrams(weights * np.float32(share), bias * np.float32(share), 1 - share, vocabulary, separator)
    return part, {**score_readings(classifier, validation, together(share), config), "ngram_share": share}


def _bags(texts: Sequence[Sequence[int]], vocabulary: int, separator: int | None):
    """Count what each window holds, each group divided by the square root of its size."""
    from scipy.sparse import csr_matrix

    places, values, ends = [], [], [0]
    for text in texts:
        found = [np.unique(group, return_counts=True) for group in places_of(np.array(text), vocabulary, separator)]
        places += [here for here, _ in found]
        values += [counts / np.sqrt(max(counts.sum(), 1)) for _, counts in found]
        ends.append(ends[-1] + sum(len(here) for here, _ in found))
    shape = (len(texts), table_rows(vocabulary, separator))
    return csr_matrix((np.concatenate(values), np.concatenate(places), ends), shape=shape)


def _fit_linear(bags, labels: Sequence, config: ClassifierConfig) -> tuple[np.ndarray, np.ndarray]:
    """Fit a logistic regression for each label against all others; a label that no row has is never given."""
    from scipy.sparse import diags
    from sklearn.linear_model import LogisticRegression

    truth = np.array(labels)
    truth = truth >= 0.5 if config.multi_label else truth[:, None] == np.arange(len(config.labels))
    # what is rare tells more: it is shrunk less; the weights that are kept are those of the bare counts
    rarity = np.log((1 + bags.shape[0]) / (1 + np.bincount(bags.indices, minlength=bags.shape[1]))) + 1
    weighed = (bags @ diags(rarity)).tocsr()
    weights = np.zeros((bags.shape[1], truth.shape[1]), np.float32)
    bias = np.full(truth.shape[1], -20.0, np.float32)
    for column in np.flatnonzero(truth.any(0) & ~truth.all(0)):
        there = truth[:, column]
        # of several labels, a rare one's few rows weigh as much as all others while its weights are found; its share
        # comes back after
        balance = "balanced" if config.multi_label else None
        fitted = LogisticRegression(C=_C, solver="liblinear", class_weight=balance).fit(weighed, there)
        weights[:, column] = fitted.coef_[0] * rarity
        bias[column] = fitted.intercept_[0]
        if balance:
            bias[column] += np.log(there.sum() / (~there).sum())
    return weights, bias
