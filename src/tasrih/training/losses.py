"""Losses over the labels of texts, and the modules that compute them: joined heads, pooled windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tasrih.models.engines.token_head import heads_class

if TYPE_CHECKING:
    from tasrih.data.labelled import Row
    from tasrih.training.config import ClassifierConfig


def class_weights(rows: Sequence[Row], labels: tuple[str, ...], power: float, *, multi_label: bool) -> np.ndarray:
    """Weigh classes by their frequency to minus a power.

    Args:
        rows: the training rows.
        labels: the labels of the head.
        power: 0 gives every text the same weight, 1 every class the same sum of weights.
        multi_label: whether a text may have several.

    Returns:
        ``float32`` of shape (labels,). Of one label a text, the weight of its class, 1 on the mean over the rows; of
        several, the weight of a label's positives beside its negatives. Labels without a row have 1.

    Source:
        King and Zeng, "Logistic Regression in Rare Events Data", 2001, for power 1.
    """
    counts = np.array([sum(name in row.labels for row in rows) for name in labels], dtype=float)
    seen = counts > 0
    weights = np.ones(len(labels))
    if multi_label:
        weights[seen] = ((len(rows) - counts[seen]) / counts[seen]) ** power
    else:
        weights[seen] = counts[seen] ** -power
        weights[seen] *= counts.sum() / (weights * counts).sum()
    return weights.astype(np.float32)


def text_loss(config: ClassifierConfig, rows: Sequence[Row]) -> Callable:
    """Make the loss of a run.

    Args:
        config: the run.
        rows: the training rows, for the classes' frequencies.

    Returns:
        A function from logits (texts, labels) and labels (texts,) or (texts, labels) to the mean over the texts; of
        several labels, each text's terms are summed. A plain mean, so that processes and parts of a step average to
        what one pass over the whole step gives.

    Source:
        Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, for ``focal_gamma``.
    """
    import torch
    from torch.nn import functional

    weights = torch.from_numpy(class_weights(rows, config.labels, config.class_balance, multi_label=config.multi_label))

    def several(logits, labels):
        weight = weights.to(logits.device) if config.class_balance else None
        terms = functional.binary_cross_entropy_with_logits(logits, labels, pos_weight=weight, reduction="none")
        if config.focal_gamma:
            right = torch.where(labels > 0.5, logits.sigmoid(), (-logits).sigmoid())
            terms = terms * (1 - right) ** config.focal_gamma
        return terms.sum(-1).mean()

    def single(logits, labels):
        terms = functional.cross_entropy(logits, labels, reduction="none", label_smoothing=config.label_smoothing)
        if config.focal_gamma:
            right = logits.softmax(-1).gather(1, labels[:, None])[:, 0]
            terms = terms * (1 - right) ** config.focal_gamma
        if config.class_balance:
            terms = terms * weights.to(logits.device)[labels]
        return terms.mean()

    compute = several if config.multi_label else single
    return lambda logits, labels: compute(logits.float(), labels)


def joined_module(model, span_model, *, span_weight: float = 1.0, tag_loss: Callable | None = None):
    """Join a tag head and a token head over the encoder that they share, one pass for both.

    Args:
        model: any ``AutoModelForSequenceClassification``.
        span_model: the ``AutoModelForTokenClassification`` of its family, whose encoder is the first one's.
        span_weight: weight of the token loss.
        tag_loss: loss of the tags from logits and labels; None takes binary cross-entropy, summed over the tags.

    Returns:
        A module; called with ``input_ids`` and ``attention_mask`` it gives ``logits`` (batch, labels)
        and ``span_logits`` (batch, tokens, span labels), and ``loss`` where labels are given. A batch that is one of
        several parts of a step is given ``span_tokens`` too, what the parts have on the mean: so their losses average
        to what one pass over the whole step gives.
    """
    from torch import nn

    def plain(logits, labels):
        loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), labels, reduction="none")
        return loss.sum(-1).mean()

    tag_loss = tag_loss or plain

    class Joined(heads_class()):
        def __init__(self) -> None:
            super().__init__(model, span_model)
            self.config = model.config

        def forward(
            self, input_ids, attention_mask, labels=None, span_labels=None, span_tokens=None, token_type_ids=None
        ):
            result = super().forward(input_ids, attention_mask, token_type_ids)
            if labels is not None:
                loss = tag_loss(result["logits"], labels)
                if span_labels is not None:
                    flat, wanted = result["span_logits"].float().flatten(0, 1), span_labels.flatten()
                    total = nn.functional.cross_entropy(flat, wanted, ignore_index=-100, reduction="sum")
                    # a batch may hold no text whose spans were looked for
                    tokens = (wanted >= 0).sum().clamp(min=1) if span_tokens is None else span_tokens
                    loss += span_weight * total / tokens
                result = {"loss": loss, **result}
            return result

    return Joined()


def pooled_module(model, loss: Callable, *, pool: str):
    """Wrap a classifier so that the windows of a text give one answer and one loss.

    Args:
        model: any ``AutoModelForSequenceClassification``.
        loss: from logits (texts, labels) and labels to a number.
        pool: ``none`` where each text is one window; ``max`` of the windows' logits; or ``mean`` of their
            probabilities by ``window_weights``, given as log-probabilities.

    Returns:
        A module; called with the windows of all texts below one another, ``text_index`` (windows,) saying whose each
        is, it gives ``logits`` (texts, labels), and ``loss`` where labels are given.
    """
    import torch
    from torch import nn

    class Pooled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tags, self.config = model, model.config

        def forward(
            self, input_ids, attention_mask, labels=None, token_type_ids=None, text_index=None, window_weights=None
        ):
            types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
            logits = self.tags(input_ids=input_ids, attention_mask=attention_mask, **types).logits.float()
            if text_index is not None:
                logits = self._pool(logits, text_index, window_weights)
            result = {"logits": logits}
            return result if labels is None else {"loss": loss(logits, labels), **result}

        def _pool(self, logits, text_index, weights):
            size = (int(text_index[-1]) + 1, logits.shape[1])
            rows = text_index[:, None].expand_as(logits)
            if pool == "max":
                least = torch.full(size, -torch.inf, device=logits.device)
                return least.scatter_reduce(0, rows, logits, "amax")
            shares = logits.softmax(-1) * weights[:, None]
            return torch.zeros(size, device=logits.device).scatter_add(0, rows, shares).clamp_min(1e-9).log()

    return Pooled()
