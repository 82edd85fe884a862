"""Batches of windows: whose neighbours move no score, and as many at once as the engine takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Literal

import numpy as np

from tasrih.models.encoding import TextEncoder, TokenWindow
from tasrih.models.engines import Engine

#: Padded tokens of a batch, where the batch size is left to us and the engine asks for no other number: what a layer
#: makes of them stays in a core's cache. (Measured with 6 layers of 256 on one core: 512 to 1,024 tokens a batch are
#: a fifth quicker than 4,096, and 256 hardly slower.)
TOKEN_BUDGET = 1024

#: Batches are not made smaller than this to give every stream one.
SMALLEST_BUDGET = 256

BatchSize = int | Literal["auto"]


def batches(
    lengths: Sequence[int], batch_size: BatchSize = "auto", *, budget: int = TOKEN_BUDGET, streams: int = 1
) -> Iterator[list[int]]:
    """Group windows that are computed at one length.

    Args:
        lengths: tokens that each window is computed at (see ``padded_length``).
        batch_size: the most windows a batch, or ``"auto"`` for a budget of tokens.
        budget: tokens of a batch, where it is ``"auto"``.
        streams: batches that are computed at once: a few windows are shared out among them.

    Yields:
        Indices of one batch, longest windows first, so that the last to be computed is a short one.
    """
    budget = min(budget, max(sum(lengths) // streams, SMALLEST_BUDGET))
    groups: dict[int, list[int]] = {}
    for index, length in enumerate(lengths):
        groups.setdefault(length, []).append(index)
    for length in sorted(groups, reverse=True):
        size = max(budget // length, 1) if batch_size == "auto" else batch_size
        group = groups[length]
        for start in range(0, len(group), size):
            yield group[start : start + size]


def compute(
    engine: Engine, encoder: TextEncoder, windows: Sequence[TokenWindow], *, batch_size: BatchSize = "auto",
    pool: Executor | None = None,
) -> tuple[np.ndarray, list[np.ndarray] | None]:  # fmt: skip
    """Compute windows in batches.

    Threads are made for the call and end with it, so that a process that forks has none of ours to miss.

    Args:
        engine: computes ``logits`` (and ``span_logits``) from a padded batch.
        encoder: pads.
        windows: at least one.
        batch_size: the most windows a pass, or ``"auto"``.
        pool: what takes the batches (``streams.threads_for``); None makes threads where the engine takes several at
            once.

    Returns:
        Logits of shape (windows, labels), and for each window those of its tokens where the model has a token head.
    """
    streams = getattr(engine, "streams", 1)
    budget = getattr(engine, "budget", TOKEN_BUDGET)
    lengths = [encoder.padded_length(len(window.ids)) for window in windows]
    groups = list(batches(lengths, batch_size, budget=budget, streams=streams))

    def run(group: list[int]) -> dict[str, np.ndarray]:
        return engine.run(encoder.pad([windows[index] for index in group]))

    if len(groups) == 1 or (pool is None and streams == 1):
        results = list(map(run, groups))
    elif pool is not None:
        results = list(pool.map(run, groups))
    else:
        with ThreadPoolExecutor(min(streams, len(groups)), "tasrih-batch") as own:
            results = list(own.map(run, groups))

    logits = np.empty((len(windows), results[0]["logits"].shape[1]), dtype=np.float32)
    spans = [logits[0]] * len(windows) if "span_logits" in results[0] else None
    for group, result in zip(groups, results, strict=True):
        logits[group] = result["logits"]
        if spans is not None:
            for row, index in zip(result["span_logits"], group, strict=True):
                spans[index] = row[: len(windows[index].ids)]
    return logits, spans
