"""Colours of what is drawn: a hue for each tag, and what stands in each scheme of colours, light and dark."""

from __future__ import annotations

#: Hue of each tag, in degrees: help and agreement green to blue, directives yellow, hostile acts red to purple.
HUES = {
    "security_support": 210, "aid": 180, "endorsement": 130, "cooperation": 155, "commitment": 240, "call": 50,
    "request": 75, "warning": 30, "threat": 0, "condemnation": 345, "accusation": 320, "rejection": 290, "denial": 265,
}  # fmt: skip

#: Colours of the page: name to value, for each colour scheme. ``var(--h)`` is the hue of a tag.
PALETTES = {
    "light": {
        "page": "#fbfaf8", "ink": "#1c1b1a", "soft": "#57534e", "line": "#d6d3d1", "panel": "#ffffff",
        "tint": "hsl(var(--h) 75% 91%)", "chip": "hsl(var(--h) 65% 24%)", "on-chip": "#ffffff",
        "favor": "#14532d", "against": "#8b1010", "neutral": "#374151",
    },
    "dark": {
        "page": "#161615", "ink": "#edebe8", "soft": "#b3aea8", "line": "#45413c", "panel": "#1f1e1d",
        "tint": "hsl(var(--h) 45% 19%)", "chip": "hsl(var(--h) 65% 82%)", "on-chip": "#161615",
        "favor": "#86efac", "against": "#fca5a5", "neutral": "#d6d3d1",
    },
}  # fmt: skip


def rules(scheme: str, **more: str) -> str:
    """Give the style rules that set a scheme's colours as variables.

    Args:
        scheme: a key of ``PALETTES``.
        more: further variables and their values; those that use ``var(--h)`` are set where a tag's hue is.

    Returns:
        Rules for the root and for elements of the class ``tag``.

    Example:
        >>> "--ink:#1c1b1a" in rules("light")
        True
    """
    colours = [f"--{name}:{value}" for name, value in {**PALETTES[scheme], **more}.items()]
    # what depends on the hue of a tag must be set where that hue is
    fixed, tints = (";".join(c for c in colours if ("--h" in c) == hued) for hued in (False, True))
    return f":root{{{fixed}}}.tag{{{tints}}}"
