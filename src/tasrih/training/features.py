"""From labelled rows to padded batches: windows with their labels, BIO targets of spans, joined rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tasrih.data.labelled import MarkedSpan, Row
from tasrih.models.encoding import TextEncoder, TokenWindow
from tasrih.models.spans import SPAN_LABELS

if TYPE_CHECKING:
    from tasrih.training.classification import ClassifierConfig


def join_rows(rows: list[Row], share: float, *, longest: int, seed: int) -> list[Row]:
    """Join a share of the rows to another row each, the tags of both together.

    Only the first row's speaker counts: it is the first act's.

    Args:
        rows: rows with several labels.
        share: share of the rows that are to get another one after them.
        longest: characters that the two may have together; rows that would be longer stay alone.
        seed: of the choice.

    Returns:
        As many rows, in the same order.
    """
    random = np.random.default_rng(seed)
    made = []
    for row, chosen, partner in zip(
        rows, random.random(len(rows)) < share, random.integers(0, len(rows), len(rows)), strict=True
    ):
        other = rows[partner]
        if not chosen or len(row.text) + len(other.text) >= longest:
            made.append(row)
            continue
        shift = len(row.text) + 1
        spans = [
            MarkedSpan(span.start + shift, span.end + shift, span.label)
            for span in other.spans
            if span.label != "speaker"
        ]
        labels = tuple(dict.fromkeys((*row.labels, *other.labels)))
        made.append(replace(row, text=f"{row.text} {other.text}", labels=labels, spans=(*row.spans, *spans)))
    return made


def span_targets(window: TokenWindow, row: Row) -> list[int]:
    """Give the token labels of one window.

    The speaker goes first where it overlaps a target; a token that only touches a span belongs to it.

    Args:
        window: the tokens.
        row: the row with its spans.

    Returns:
        One index into ``SPAN_LABELS`` a token; -100 for special tokens.
    """
    targets = [-100 if span is None else 0 for span in window.spans]
    for mark in sorted(row.spans, key=lambda mark: (mark.label != "speaker", mark.start)):
        inside = [
            index for index, span in enumerate(window.spans)
            if span is not None and span[0] < mark.end and span[1] > mark.start
        ]  # fmt: skip
        if not inside or any(targets[index] for index in inside):
            continue
        for place, index in enumerate(inside):
            targets[index] = SPAN_LABELS.index(f"{'I' if place else 'B'}-{mark.label}")
    return targets


def features(rows: list[Row], encoder: TextEncoder, config: ClassifierConfig, *, windows_per_text: int) -> list[dict]:
    """Turn rows into what the trainer batches.

    Args:
        rows: labelled rows.
        encoder: the tokenizer with its profile and window.
        config: the run.
        windows_per_text: windows of a long text that are kept, from its start.

    Returns:
        One dictionary a window: ``input_ids``, ``labels`` and, with spans, ``span_labels``.
    """
    names = config.labels
    pairs = [row.target or "" for row in rows] if config.task == "stance" else None
    made = []
    for row, windows in zip(rows, encoder.windows([row.text for row in rows], pairs), strict=True):
        labels = [float(name in row.labels) for name in names] if config.multi_label else names.index(row.labels[0])
        for window in windows[:windows_per_text]:
            item = {"input_ids": window.ids, "token_type_ids": window.type_ids, "labels": labels}
            if config.spans:
                item["span_labels"] = span_targets(window, row)
            made.append(item)
    return made


class Collator:
    """Pads a batch, and hides tokens in training (not of items that are marked ``whole``)."""

    def __init__(self, *, pad_id: int, mask_id: int | None, hide: float, types: bool, multi_label: bool) -> None:
        self._pad_id, self._mask_id, self._hide = pad_id, mask_id, hide
        self._types, self._multi_label = types, multi_label

    def __call__(self, items: list[dict]) -> dict:
        """Stack feature dictionaries into tensors."""
        import torch

        longest = max(len(item["input_ids"]) for item in items)

        def stack(key: str, filler: int):
            rows = [item[key] + [filler] * (longest - len(item[key])) for item in items]
            return torch.tensor(rows, dtype=torch.long)

        batch = {"input_ids": stack("input_ids", self._pad_id)}
        batch["attention_mask"] = torch.tensor(
            [[1] * len(item["input_ids"]) + [0] * (longest - len(item["input_ids"])) for item in items]
        )
        if self._hide and self._mask_id is not None and not items[0].get("whole"):
            hidden = torch.rand(batch["input_ids"].shape) < self._hide
            hidden &= batch["attention_mask"].bool() & (batch["input_ids"] > self._mask_id)
            batch["input_ids"][hidden] = self._mask_id
        if self._types:
            batch["token_type_ids"] = stack("token_type_ids", 0)
        batch["labels"] = torch.tensor(
            [item["labels"] for item in items], dtype=torch.float if self._multi_label else torch.long
        )
        if "span_labels" in items[0]:
            batch["span_labels"] = stack("span_labels", -100)
        return batch
