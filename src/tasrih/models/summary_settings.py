"""What a summariser is asked for, and what is stored with it: styles, bounds in words, and how it searches."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

from tasrih.models.safety import MOST_POSITIONS
from tasrih.text.normalise import steps_of

#: Style to its words at most.
STYLES = {"headline": 14, "brief": 60}
METHODS = ("auto", "abstractive", "extractive")

#: A wider search only takes time.
MOST_BEAMS = 64

#: Beyond it a power of the length is no number.
MOST_PENALTY = 10


@dataclass(frozen=True)
class SummariserSettings:
    """What a summariser needs beside its weights."""

    profile: str = "lossless"
    """Normalisation profile that it reads and writes."""
    max_source: int = 512
    """Tokens of the article that it reads."""
    styles: tuple[str, ...] = ("headline",)
    """Styles that it was trained for; others are extractive."""
    start_id: int = 0
    """First token of the decoder."""
    end_id: int = 1
    """The end mark."""
    unknown_id: int | None = 2
    """Never written."""
    read_first: int | None = None
    """Mark that an exported encoder is given before a text; None puts none."""
    written_first: int | None = None
    """Mark that an exported decoder is given after ``start_id``; None puts none."""
    max_target: int | None = None
    """Pieces that an exported decoder writes at most; None sets no bound."""
    beams: int = 4
    """Width of the search."""
    length_penalty: float = 1.0
    """Exponent of the length that scores are divided by."""
    no_repeat: int = 0
    """No run of this many pieces is written twice; 0 allows it."""
    no_repeat_words: int = 2
    """No run of this many words is written twice, and no word next to itself; 0 allows it."""
    sure_from: float | None = None
    """Mean log-probability of a piece under which ``auto`` gives the extractive summary; fitted on validation."""

    def __post_init__(self) -> None:
        if not 8 <= self.max_source <= MOST_POSITIONS:
            raise ValueError(f"max_source must lie between 8 and {MOST_POSITIONS:,}, not {self.max_source!r}")
        if not 1 <= self.beams <= MOST_BEAMS:
            raise ValueError(f"beams must lie between 1 and {MOST_BEAMS}, not {self.beams!r}")
        if not abs(self.length_penalty) <= MOST_PENALTY:
            raise ValueError(f"length_penalty must lie within {MOST_PENALTY} of 0, not {self.length_penalty!r}")
        for style in self.styles:
            if style not in STYLES:
                raise ValueError(f"unknown style {style!r} in styles: choose from {', '.join(STYLES)}")
        marks = ("start_id", "end_id", "unknown_id", "read_first", "written_first")
        for name in (*marks, "max_target", "no_repeat", "no_repeat_words"):
            if (value := getattr(self, name)) is not None and value < 0:
                raise ValueError(f"{name} must not be negative, not {value!r}")
        if self.max_target == 0:
            raise ValueError("max_target must be 1 at least, or null for no bound")
        steps_of(self.profile)


def stored_settings(model) -> dict:
    """Take what a transformers model's configs state of the settings of a summariser.

    Args:
        model: the model, with its generation config.

    Returns:
        Settings by name: what its config holds under ``tasrih``, then what its generation config, or that of an old
        model its config, states of the search. Where a rule for repeated pieces is stated, there is none for words.
    """
    own = dict(getattr(model.config, "tasrih", None) or {})
    stated = {**model.config.to_diff_dict(), **model.generation_config.to_diff_dict()}
    theirs = {"beams": "num_beams", "length_penalty": "length_penalty", "no_repeat": "no_repeat_ngram_size"}
    found = {name: stated[other] for name, other in theirs.items() if stated.get(other) is not None}
    names = ("profile", "max_source", "styles", "sure_from", "no_repeat_words", *theirs)
    found |= {name: own[name] for name in names if name in own}
    return {"no_repeat_words": 0, **found} if found.get("no_repeat") else found


@dataclass(frozen=True, slots=True)
class Asked:
    """A text, and the words that its summary may have."""

    text: str
    """Any Arabic text."""
    max_words: int
    """The most words."""
    min_words: int = 1
    """The fewest words."""


def check_summary(
    *, style: str = "headline", max_words: int | None = None, min_words: int = 1, method: str = "auto",
    beams: int | None = None, length_penalty: float | None = None, batch_size: int | None = None,
) -> None:  # fmt: skip
    """Hold what is asked of a summariser against what there is.

    Args:
        style: of ``STYLES``.
        max_words: the most words; None takes the style's.
        min_words: the fewest words.
        method: of ``METHODS``.
        beams: width of the search; None takes the model's.
        length_penalty: exponent of the length that scores are divided by; None takes the model's.
        batch_size: articles that are written at once; None leaves it to the model.

    Raises:
        ValueError: if style or method is unknown, a number of words, beams or articles is no positive whole number, the
            fewest words are more than the most, or beams or penalty are beyond all bounds.
    """
    if style not in STYLES:
        raise ValueError(f"unknown style {style!r}: choose from {', '.join(STYLES)}")
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: choose from {', '.join(METHODS)}")
    most = STYLES[style] if max_words is None else max_words
    counts = {"max_words": most, "min_words": min_words, "beams": beams, "batch_size": batch_size}
    for name, value in counts.items():
        given = value is not None or name == "min_words"
        if given and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ValueError(f"{name} must be a positive whole number, not {value!r}")
    if beams is not None and beams > MOST_BEAMS:
        raise ValueError(f"beams must lie between 1 and {MOST_BEAMS}, not {beams!r}")
    number = isinstance(length_penalty, Real) and not isinstance(length_penalty, bool)
    if length_penalty is not None and not (number and abs(length_penalty) <= MOST_PENALTY):
        raise ValueError(f"length_penalty must be a number within {MOST_PENALTY} of 0, not {length_penalty!r}")
    if min_words > most:
        raise ValueError(f"min_words {min_words} is more than max_words, {most}")
