"""The small labels of a sentence's acts, and the signs of stances."""

from __future__ import annotations

from tasrih.render.colours import HUES
from tasrih.render.escaping import escaped
from tasrih.render.terminal import CONDITIONAL, SIGNS
from tasrih.schemes import STANCE, STATEMENT


def chip(tag: str, scores: dict[str, float], *, generated: bool = False) -> str:
    """Make the label of an act: its Arabic name on its hue; the English one and its probability on hover.

    Args:
        tag: the act.
        scores: probabilities of acts; where the tag has one it is told on hover, and on paper.
        generated: whether the style sheet writes the name, so that the text around it stays the article's own.

    Returns:
        A ``span``.
    """
    name = escaped(STATEMENT.arabic(tag))
    told = f"{escaped(tag)} {scores[tag]:.2f}" if tag in scores else escaped(tag)
    attributes = f'class="chip tag" style="--h:{HUES.get(tag, 0)}" title="{told}"'
    if generated:
        score = f' data-score="{scores[tag]:.2f}"' if tag in scores else ""
        return f'<span {attributes} role="note" aria-label="{name}" data-label="{name}"{score}></span>'
    return f"<span {attributes}>{name}</span>"


def conditional_chip(*, generated: bool = False) -> str:
    """Make the label of a conditional statement, dashed."""
    shown = f' role="note" aria-label="{CONDITIONAL}" data-label="{CONDITIONAL}">' if generated else f">{CONDITIONAL}"
    return f'<span class="chip if"{shown}</span>'


def stance_parts(label: str) -> tuple[str, str, str]:
    """Give a stance's class in the style sheet, its sign, and its Arabic name as HTML."""
    return label if label in SIGNS else "neutral", SIGNS.get(label, "?"), escaped(STANCE.arabic(label))
