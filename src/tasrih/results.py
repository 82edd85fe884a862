"""What the verbs return: frozen data classes with ``to_dict()`` and an HTML form for notebooks."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


def _plain(value: Any) -> Any:
    """Give tuples as lists, as JSON reads them back."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


class _Result:
    """Shared behaviour of results: a plain dictionary, and HTML where a notebook asks for it."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the result as plain JSON types, keys in the order of the fields."""
        return _plain(asdict(self))

    def _repr_html_(self) -> str:
        from tasrih.render.html import fragment

        return fragment(self)


@dataclass(frozen=True, slots=True)
class Window(_Result):
    """A stretch of a long text that was read on its own: ``text[start:end]`` and its probabilities."""

    start: int
    end: int
    scores: dict[str, float]


@dataclass(frozen=True, slots=True)
class Prediction(_Result):
    """What a classifier says of one text.

    Attributes:
        label: the label; None where it abstains, or where no tag passes its threshold.
        score: the calibrated probability of ``label`` (of the strongest label where it is None).
        scores: every label's calibrated probability.
        labels: for a multi-label task the labels over their thresholds, strongest first; else ``(label,)``.
        conditional: for statements, whether a tagged act depends on a stated condition; else None.
        abstained: True where no answer is given; ``reason`` says why.
        reason: why it abstained, or None.
        windows: the stretches that a long text was read in; empty where one read was enough.
    """

    label: str | None
    score: float
    scores: dict[str, float]
    labels: tuple[str, ...] = ()
    conditional: bool | None = None
    abstained: bool = False
    reason: str | None = None
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Span(_Result):
    """A stretch of the caller's text: ``text == article[start:end]``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stance(_Result):
    """Where a statement's speaker stands towards a named target."""

    target: Span
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Statement(_Result):
    """One sentence of an article and what it does.

    Attributes:
        text: the sentence, ``article[start:end]``.
        start: its first character in the article.
        end: one past its last character.
        tags: the acts that it performs or reports, strongest first.
        scores: every tag's calibrated probability.
        conditional: whether a tagged act depends on a stated condition.
        speaker: who performs the act, or None.
        speaker_inferred: True if the speaker was last named in an earlier sentence.
        stances: the speaker's stance to the targets found in the sentence.
    """

    text: str
    start: int
    end: int
    tags: tuple[str, ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    conditional: bool = False
    speaker: Span | None = None
    speaker_inferred: bool = False
    stances: tuple[Stance, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary(_Result):
    """A headline or a brief.

    Attributes:
        text: the summary.
        method: ``"abstractive"``, ``"extractive"``, or ``"source"`` where the text itself is given back.
        supported: share of the summary's words (function words apart) that stand in the source.
        sources: the sentences that the summary rests on.
        reason: why another method than the one asked for was used, or None.
        score: of a headline cut out of the text, the calibrated probability that a reader finds it whole and true; else
            None.
    """

    text: str
    method: str
    supported: float = 1.0
    sources: tuple[Span, ...] = ()
    reason: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Word(_Result):
    """A word of an explained text, ``text == article[start:end]``, and what it adds to the label's probability."""

    text: str
    start: int
    end: int
    contribution: float


@dataclass(frozen=True, slots=True)
class Explanation(_Result):
    """Why a label: what each word of a text adds to the label's probability, or takes from it.

    Attributes:
        text: the text that was explained.
        label: the label.
        score: its calibrated probability for the whole text.
        words: the words in their order; those without a contribution stand in it too.
        method: ``"occlusion"``: a word's contribution is what ``score`` loses where it is hidden; or
            ``"integrated_gradients"``: the contributions add up to ``score`` less the score of the text with every
            word hidden.
        reason: why nothing is explained, or None.
    """

    text: str
    label: str
    score: float
    words: tuple[Word, ...] = ()
    method: str = "occlusion"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Document(_Result):
    """An article taken apart: its text, statements and, from ``read``, its topic and summary."""

    text: str
    topic: Prediction | None = None
    statements: tuple[Statement, ...] = ()
    summary: Summary | None = None
