"""Plots of an evaluation as plain inline SVG: no script, no font, no file beside the page.

Colours come from the page's style sheet by class (``ink``, ``soft``, ``line``, ``s0`` to ``s5``, ``cell``), so that
one drawing serves a light and a dark page. Numbers run from left to right whatever the page's direction.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

#: Series that have a colour of their own.
COLOURS = 6
_SIZE = 280
_LEFT, _TOP, _RIGHT, _BOTTOM = 56, 12, 12, 40


@dataclass(frozen=True)
class Line:
    """One line of a plot: its name, and points between 0 and 1 on both axes."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


def _text(value: str) -> str:
    return html.escape(value, quote=True)


def _across(value: float) -> float:
    return round(_LEFT + value * _SIZE, 1)


def _down(value: float, top: float = 1.0) -> float:
    return round(_TOP + (1 - value / top) * _SIZE, 1)


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" direction="ltr" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{_text(title)}</title>{"".join(parts)}</svg>'
    )


def _label(x: float, y: float, value: str, *, anchor: str = "middle", kind: str = "soft", turn: float = 0) -> str:
    turned = f' transform="rotate({turn:g} {x:g} {y:g})"' if turn else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="{kind}"{turned}>{_text(value)}</text>'


def _axes(x_name: str, y_name: str, top: float = 1.0) -> list[str]:
    parts = []
    for step in range(6):
        share = step / 5
        x, y = _across(share), _down(share)
        parts.append(f'<path class="line" d="M{x:g} {_TOP}V{_TOP + _SIZE}M{_LEFT} {y:g}H{_LEFT + _SIZE}"/>')
        parts.append(_label(x, _TOP + _SIZE + 15, f"{share:.1f}"))
        parts.append(_label(_LEFT - 6, y + 4, f"{share * top:.2g}", anchor="end"))
    parts.append(_label(_LEFT + _SIZE / 2, _TOP + _SIZE + 33, x_name, kind="ink"))
    parts.append(_label(13, _TOP + _SIZE / 2, y_name, kind="ink", turn=-90))
    return parts


def lines(title: str, x_name: str, y_name: str, drawn: Sequence[Line], *, top: float = 1.0) -> str:
    """Draw lines over axes from 0 to 1.

    Args:
        title: what the plot shows, for those who cannot see it.
        x_name: the name of the axis across.
        y_name: the name of the axis upwards.
        drawn: the lines; those past ``COLOURS`` are drawn thin and grey.
        top: where the upward axis ends.

    Returns:
        An SVG element, its legend below the axes.

    Example:
        >>> lines("t", "x", "y", [Line("all", [0, 1], [1, 0])]).count("<polyline")
        1
    """
    parts = _axes(x_name, y_name, top)
    # thin ones first: they must not lie over the others
    for at, line in reversed(list(enumerate(drawn))):
        points = " ".join(f"{_across(x):g},{_down(min(y, top), top):g}" for x, y in zip(line.x, line.y, strict=True))
        kind = f"s{at}" if at < COLOURS else "rest"
        parts.append(f'<polyline class="curve {kind}" points="{points}"><title>{_text(line.name)}</title></polyline>')
    bottom = _TOP + _SIZE + _BOTTOM
    shown = drawn[:COLOURS]
    for at, line in enumerate(shown):
        y = bottom + 14 + 18 * at
        parts.append(f'<path class="curve s{at}" d="M{_LEFT} {y - 4}h22"/>')
        parts.append(_label(_LEFT + 30, y, line.name, anchor="start", kind="ink"))
    rest = len(drawn) - len(shown)
    if rest > 0:
        y = bottom + 14 + 18 * len(shown)
        parts.append(f'<path class="curve rest" d="M{_LEFT} {y - 4}h22"/>')
        parts.append(_label(_LEFT + 30, y, f"{rest} more (point at a line for its name)", anchor="start", kind="ink"))
    height = bottom + 18 * (len(shown) + (rest > 0)) + 6
    return _svg(_LEFT + _SIZE + _RIGHT, height, title, parts)


def reliability(title: str, bins: Sequence[tuple[int, float, float]]) -> str:
    """Draw how often decisions of a probability hold: on the diagonal they hold as often as they say.

    Args:
        title: what the plot shows.
        bins: ``(count, mean probability, share that held)`` of each bin.

    Returns:
        An SVG element; the area of a point is by the logarithm of its count, which stands beside it.
    """
    parts = _axes("probability", "share that holds")
    parts.append(f'<path class="curve dashed" d="M{_LEFT} {_TOP + _SIZE}L{_LEFT + _SIZE} {_TOP}"/>')
    points = " ".join(f"{_across(confidence):g},{_down(share):g}" for _, confidence, share in bins)
    parts.append(f'<polyline class="curve s0" points="{points}"/>')
    counts = []
    for count, confidence, share in bins:
        x, y = _across(confidence), _down(share)
        radius = 3 + len(str(count))
        told = f"{count:,} decisions of mean probability {confidence:.3f}: {share:.3f} hold"
        parts.append(f'<circle class="dot s0" cx="{x:g}" cy="{y:g}" r="{radius}"><title>{told}</title></circle>')
        # beside the point, away from the diagonal; above or below it where the frame is near
        if share < confidence:
            near = x > _LEFT + _SIZE - 45
            place = (x, y + radius + 13, "end") if near else (x + radius + 3, y + 12, "start")
        else:
            near = x < _LEFT + 45
            place = (x + 2, y - radius - 5, "start") if near else (x - radius - 3, y - 4, "end")
        counts.append(_label(place[0], place[1], f"{count:,}", anchor=place[2], kind="halo"))
    parts += counts  # over every point
    return _svg(_LEFT + _SIZE + _RIGHT, _TOP + _SIZE + _BOTTOM, title, parts)


def matrix(title: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Draw a confusion matrix, each row shaded by its own shares.

    Args:
        title: what the plot shows.
        labels: names of the rows (true) and columns (given).
        counts: rows of counts.

    Returns:
        An SVG element.
    """
    cell, letter = 34, 6.6
    left = max(len(label) for label in labels) * letter + 30
    top = max(len(label) for label in labels) * letter * 0.75 + 34
    side = cell * len(labels)
    parts = []
    for row, label in enumerate(labels):
        whole = sum(counts[row])
        middle = top + cell * row + cell / 2 + 4
        parts.append(_label(left - 8, middle, label, anchor="end", kind="ink"))
        parts.append(_label(left + cell * row + cell / 2, top - 8, label, anchor="start", kind="ink", turn=-48))
        for column, count in enumerate(counts[row]):
            share = count / whole if whole else 0.0
            x, y = left + cell * column, top + cell * row
            kind = "hit" if row == column else "miss"
            parts.append(
                f'<g><rect class="cell {kind}" x="{x:g}" y="{y:g}" width="{cell}" height="{cell}" '
                f'fill-opacity="{round(share, 2):g}"/><title>{_text(label)} → {_text(labels[column])}: {count:,} of '
                f"{whole:,}</title>"
            )
            if count:
                parts.append(_label(x + cell / 2, y + cell / 2 + 4, f"{count}", kind="full" if share > 0.55 else "ink"))
            parts.append("</g>")
    parts.append(f'<rect class="frame" x="{left:g}" y="{top:g}" width="{side}" height="{side}"/>')
    parts.append(_label(left + side / 2, top + side + 20, "given", kind="soft"))
    parts.append(_label(14, top + side / 2, "true", kind="soft", turn=-90))
    return _svg(left + side + top * 0.8, top + side + 30, title, parts)
