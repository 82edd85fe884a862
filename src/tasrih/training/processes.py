"""Several processes that train one model together, each with its part of every batch, as launchers start them.

What the Trainer of transformers does by itself, for loops of our own: ``torchrun`` and ``accelerate launch`` tell each
process its number by ``RANK``, ``LOCAL_RANK`` and ``WORLD_SIZE``. Without them there is one, and nothing is sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


class Processes:
    """The processes of a run, seen from one of them."""

    def __init__(self, device: str) -> None:
        """Join the others.

        Args:
            device: ``cpu``, or ``cuda`` for the one of this process's own number.
        """
        self.rank, self.count = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        self.device = device
        if self.count > 1:
            import torch

            if device == "cuda":
                self.device = f"cuda:{os.environ.get('LOCAL_RANK', self.rank)}"
                torch.cuda.set_device(self.device)
            torch.distributed.init_process_group("nccl" if device == "cuda" else "gloo")

    @property
    def first(self) -> bool:
        """Whether this one writes the files."""
        return self.rank == 0

    def part(self, size: int) -> range:
        """Give this one's rows of a batch.

        Args:
            size: rows of the batch, which all of them draw alike.
        """
        return range(size * self.rank // self.count, size * (self.rank + 1) // self.count)

    def add_up(self, tensors: Iterable[Tensor | None]) -> None:
        """Put in place of each tensor, such as a gradient, the sum of what all of them hold there."""
        if self.count > 1:
            import torch

            for tensor in tensors:
                if tensor is not None:
                    torch.distributed.all_reduce(tensor)

    def told(self, value: float) -> float:
        """Give the first one's value, where each would find another, such as the time."""
        if self.count == 1:
            return value
        import torch

        held = torch.tensor([value], dtype=torch.float64, device=self.device)
        torch.distributed.broadcast(held, 0)
        return float(held)

    def leave(self) -> None:
        """Wait for the others, and end what was begun."""
        if self.count > 1:
            import torch

            torch.distributed.barrier()
            torch.distributed.destroy_process_group()


def own_part(
    masked: np.ndarray, places: np.ndarray, labels: np.ndarray, rows: range
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give a process's part of a masked batch.

    Args:
        masked: shape (windows, length).
        places: flat indices of hidden tokens; those left over point at 0 with label -100.
        labels: their true ids.
        rows: the windows that are its own.

    Returns:
        The same three for these windows; the last two are again as long for every batch of a shape. Where chance hides
        more of them than there is room for, the last go unlearnt.
    """
    windows, length = masked.shape
    if len(rows) == windows:
        return masked, places, labels
    first, end = rows.start * length, rows.stop * length
    own = (labels != -100) & (places >= first) & (places < end)
    room = min(len(places), len(places) * len(rows) * 5 // (windows * 4) + 16)
    kept = np.flatnonzero(own)[:room]
    mine, wanted = np.zeros(room, places.dtype), np.full(room, -100, labels.dtype)
    mine[: len(kept)], wanted[: len(kept)] = places[kept] - first, labels[kept]
    return masked[rows.start : rows.stop], mine, wanted
