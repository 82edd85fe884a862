"""From labelled rows to padded batches: windows with their labels, BIO targets of spans, joined rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tasrih.data.labelled import MarkedSpan, Row
from tasrih.models.encoding import TextEncoder, TokenWindow
from tasrih.models.spans import SPAN_LABELS

if TYPE_CHECKING:
    from torch import Tensor

    from tasrih.training.config import ClassifierConfig


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
        shift, spans = len(row.text) + 1, None
        if row.spans is not None and other.spans is not None:
            spans = row.spans + tuple(
                MarkedSpan(span.start + shift, span.end + shift, span.label)
                for span in other.spans
                if span.label != "speaker"
            )
        labels = tuple(dict.fromkeys((*row.labels, *other.labels)))
        soft = None
        if row.soft is not None or other.soft is not None:
            names = dict.fromkeys((*labels, *(row.soft or ()), *(other.soft or ())))
            soft = {name: 1 - (1 - probability(row, name)) * (1 - probability(other, name)) for name in names}
        made.append(replace(row, text=f"{row.text} {other.text}", labels=labels, spans=spans, soft=soft))
    return made


def probability(row: Row, name: str) -> float:
    """Give the probability of a label: a teacher's where it gave one, else 1 or 0."""
    if row.soft is not None:
        return row.soft.get(name, 0.0)
    return float(name in row.labels)


def span_targets(window: TokenWindow, row: Row) -> list[int]:
    """Give the token labels of one window.

    The speaker goes first where it overlaps a target; a token that only touches a span belongs to it.

    Args:
        window: the tokens.
        row: the row with its spans.

    Returns:
        One index into ``SPAN_LABELS`` a token; -100 for special tokens, and for all where no spans were looked for.
    """
    if row.spans is None:
        return [-100] * len(window.spans)
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
        One dictionary a window: ``input_ids``, ``labels`` and, with spans, ``span_labels``. Where the run pools
        windows, one a text: its windows' tokens in a row, ``sizes`` of the windows and ``weights``, which sum to 1.
    """
    names = config.labels
    pairs = [row.target or "" for row in rows] if config.task == "stance" else None
    made = []
    for row, windows in zip(rows, encoder.windows([row.text for row in rows], pairs), strict=True):
        labels = [probability(row, name) for name in names] if config.multi_label else names.index(row.labels[0])
        kept = windows[:windows_per_text]
        if config.pool_windows != "none":
            fresh = [max(window.fresh, 1) for window in kept]
            made.append(
                {
                    "input_ids": [token for window in kept for token in window.ids],
                    "token_type_ids": [kind for window in kept for kind in window.type_ids],
                    "sizes": [len(window.ids) for window in kept],
                    "weights": [count / sum(fresh) for count in fresh],
                    "labels": labels,
                }
            )
            continue
        for window in kept:
            item = {"input_ids": window.ids, "token_type_ids": window.type_ids, "labels": labels}
            if config.spans:
                item["span_labels"] = span_targets(window, row)
            made.append(item)
    return made


def hide_tokens(ids: Tensor, mask: Tensor, *, share: float, mask_id: int, special_ids: Sequence[int]) -> Tensor:
    """Put the mask in the place of a share of a batch's tokens, drawn by torch's own generator.

    Args:
        ids: token ids, shape (windows, tokens).
        mask: 1 for tokens, 0 for padding, of the same shape.
        share: share of the tokens.
        mask_id: what they become.
        special_ids: tokens that stay.

    Returns:
        The ids, some of them hidden, of the same shape.
    """
    import torch

    hidden = (torch.rand(ids.shape, device=ids.device) < share) & mask.bool()
    hidden &= ~torch.isin(ids, torch.tensor(special_ids, device=ids.device))
    return ids.masked_fill(hidden, mask_id)


class Collator:
    """Pads a batch."""

    def __init__(self, *, pad_id: int, types: bool, multi_label: bool) -> None:
        self._pad_id, self._types, self._multi_label = pad_id, types, multi_label

    def __call__(self, items: list[dict]) -> dict:
        """Stack feature dictionaries into tensors."""
        import torch

        batch = {
            "labels": torch.tensor(
                [item["labels"] for item in items], dtype=torch.float if self._multi_label else torch.long
            )
        }
        if "sizes" in items[0]:
            batch["text_index"] = torch.tensor([n for n, item in enumerate(items) for _ in item["sizes"]])
            batch["window_weights"] = torch.tensor([weight for item in items for weight in item["weights"]])
            items = [window for item in items for window in _windows_of(item)]
        longest = max(len(item["input_ids"]) for item in items)

        def stack(key: str, filler: int):
            rows = [item[key] + [filler] * (longest - len(item[key])) for item in items]
            return torch.tensor(rows, dtype=torch.long)

        batch["input_ids"] = stack("input_ids", self._pad_id)
        batch["attention_mask"] = torch.tensor(
            [[1] * len(item["input_ids"]) + [0] * (longest - len(item["input_ids"])) for item in items]
        )
        if self._types:
            batch["token_type_ids"] = stack("token_type_ids", 0)
        if "span_labels" in items[0]:
            batch["span_labels"] = stack("span_labels", -100)
        return batch


def _windows_of(item: dict) -> list[dict]:
    """Part the tokens of a text into its windows again."""
    windows, first = [], 0
    for size in item["sizes"]:
        last = first + size
        windows.append({key: item[key][first:last] for key in ("input_ids", "token_type_ids")})
        first = last
    return windows
