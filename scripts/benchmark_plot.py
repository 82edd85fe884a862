"""The benchmark's curves as one SVG: cost against length, and rate and memory against the number of texts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 300, 220, 60, 30, 90
_COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#7d5ba6")

Points = Sequence[tuple[float, float]]


def _ticks(low: float, high: float) -> list[float]:
    return [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def _panel(number: int, title: str, x_name: str, lines: dict[str, Points]) -> str:
    """Draw one log-log panel."""
    points = [point for line in lines.values() for point in line]
    if not points:
        return ""
    xs, ys = _ticks(*_range([x for x, _ in points])), _ticks(*_range([y for _, y in points]))
    left = _LEFT + number * (_WIDTH + _GAP)

    def across(value: float) -> float:
        return left + _WIDTH * _share(value, xs)

    def down(value: float) -> float:
        return _TOP + _HEIGHT * (1 - _share(value, ys))

    parts = [f'<text x="{left}" y="{_TOP - 12}" font-weight="bold">{escape(title)}</text>']
    bottom = _TOP + _HEIGHT
    for tick in xs:
        x = across(tick)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick:,g}</text>')
    for tick in ys:
        y = down(tick)
        parts.append(f'<path d="M{left} {y:.1f}h{_WIDTH}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:,g}</text>')
    parts.append(f'<text x="{left + _WIDTH / 2}" y="{bottom + 34}" text-anchor="middle">{escape(x_name)}</text>')
    for index, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="3" fill="{colour}"/>' for x, y in line]
        parts.append(f'<text x="{left + 8}" y="{_TOP + 16 + 15 * index}" fill="{colour}">{escape(name)}</text>')
    return "".join(parts)


def _range(values: Sequence[float]) -> tuple[float, float]:
    return max(min(values), 1e-9), max(max(values), 1e-9)


def _share(value: float, ticks: Sequence[float]) -> float:
    low, high = math.log10(ticks[0]), math.log10(ticks[-1])
    return (math.log10(max(value, 1e-9)) - low) / ((high - low) or 1.0)


def plot(curves: Sequence[dict]) -> str:
    """Draw the curves of every engine.

    Args:
        curves: what ``benchmark_contenders.curves`` gives, one an engine.

    Returns:
        An SVG document.
    """

    def lines(kind: str, x: str, y: str) -> dict[str, Points]:
        return {curve["name"]: [(row[x], row[y]) for row in curve[kind]] for curve in curves}

    panels = (
        ("ms a text", "tokens of a text", lines("by_length", "tokens", "ms_per_text")),
        ("sentences a second", "texts of a stream", lines("by_count", "texts", "sentences_per_second")),
        ("resident MiB, most", "texts of a stream", lines("by_count", "texts", "resident_mib_most")),
    )
    width, height = _LEFT + len(panels) * (_WIDTH + _GAP), _TOP + _HEIGHT + 50
    drawn = "".join(_panel(number, *panel) for number, panel in enumerate(panels))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>{drawn}</svg>\n'
    )
