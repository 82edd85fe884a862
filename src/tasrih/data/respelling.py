"""Labelled rows in other spellings, their spans and targets with them."""

from __future__ import annotations

import random
from dataclasses import replace

from tasrih.data.labelled import MarkedSpan, Row
from tasrih.text.spellings import VARIANTS, is_folded, respell


def respelt_row(row: Row, name: str, *, seed: int = 0) -> Row:
    """Write a row's text in another spelling.

    A target that is marked in the text is what the text then says there; one that is not (the topic of a post, say)
    stays as whoever asks writes it.

    Args:
        row: a labelled text.
        name: a key of ``VARIANTS``.
        seed: of the places where a variant that does not change everything changes something.

    Returns:
        The row in that spelling, its labels alike.
    """
    other = respell(name, row.text, seed=seed)
    spans = row.spans and tuple(MarkedSpan(*other.place(span.start, span.end), span.label) for span in row.spans)
    target = row.target
    for own, new in zip(row.spans or (), spans or (), strict=True):
        if row.text[own.start : own.end] == row.target:
            target = other.text[new.start : new.end]
    return replace(row, text=other.text, spans=spans, target=target)


def respell_rows(rows: list[Row], share: float, *, profile: str, seed: int) -> list[Row]:
    """Give a share of the rows a spelling that the profile does not fold, each its own, drawn from ``VARIANTS``.

    Args:
        rows: labelled texts.
        share: share of the rows.
        profile: what reads them; variants that it folds would teach nothing.
        seed: of the choice.

    Returns:
        As many rows, in the same order; a row that no such variant changes stays.
    """
    names = [name for name in VARIANTS if not is_folded(name, profile)]
    dice = random.Random(seed)
    made = []
    for row in rows:
        if dice.random() < share:
            own = dice.getrandbits(32)
            tries = (respelt_row(row, name, seed=own) for name in dice.sample(names, len(names)))
            row = next((other for other in tries if other.text != row.text), row)
        made.append(row)
    return made
