"""Checkpoints of runs within a wall-clock budget: what a killed run needs to go on as if it had not been killed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any


class Budget:
    """A budget of wall-clock time that a run which goes on after a kill shares with what came before.

    Example:
        >>> budget = Budget(60, used=1800)
        >>> round(budget.spent(), 2)
        0.5
    """

    def __init__(self, minutes: float, used: float = 0.0) -> None:
        """Start the clock.

        Args:
            minutes: the whole budget.
            used: seconds that were used before.
        """
        self.used = used
        self._seconds = minutes * 60
        self._begun = monotonic() - used

    def spent(self) -> float:
        """Read the clock: ``used`` becomes the seconds until now; given is their share of the budget."""
        self.used = monotonic() - self._begun
        return self.used / self._seconds


def save_checkpoint(folder: Path, write: Callable[[Path], None], state: dict[str, Any]) -> None:
    """Write a checkpoint so that it is there whole, or the one before it is.

    Args:
        folder: the checkpoint's folder.
        write: writes the model into the folder that it is given.
        state: tensors, numbers, strings, and lists and dictionaries of them.
    """
    import torch

    part, old = (folder.with_name(f"{folder.name}.{end}") for end in ("part", "old"))
    for left in (part, old):
        shutil.rmtree(left, ignore_errors=True)
    part.mkdir(parents=True)
    write(part)
    torch.save(state, part / "state.pt")
    if folder.is_dir():
        folder.rename(old)
    part.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def read_checkpoint(folder: Path, device: str = "cpu") -> dict[str, Any] | None:
    """Read the state of the last checkpoint that was written to its end.

    Args:
        folder: the checkpoint's folder.
        device: where its tensors go.

    Returns:
        The state; None if no checkpoint was written.
    """
    import torch

    old = folder.with_name(f"{folder.name}.old")
    if not folder.is_dir() and old.is_dir():  # killed between two renames
        old.rename(folder)
    state = folder / "state.pt"
    return torch.load(state, map_location=device, weights_only=True) if state.is_file() else None


def drop_checkpoint(folder: Path) -> None:
    """Remove a checkpoint, and what a kill left of others."""
    for end in ("", ".part", ".old"):
        shutil.rmtree(folder.with_name(folder.name + end), ignore_errors=True)


def cut_log(path: Path, step: int) -> None:
    """Drop the lines of a log that come after a step: a run that goes on from there writes them again.

    Args:
        path: a JSONL file whose lines have a ``step``; it need not be there.
        step: the last step that is kept.
    """
    if not path.is_file():
        return
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            if json.loads(line)["step"] > step:
                continue
        except ValueError:  # a line that a kill cut short
            continue
        kept.append(line)
    path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
