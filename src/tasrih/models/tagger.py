"""``Tagger``: an article's sentences with their acts, conditions, speakers and stances."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from concurrent.futures import Executor

import numpy as np

from tasrih.models.batching import BatchSize
from tasrih.models.classifier import Classifier, Reading
from tasrih.models.spans import FoundSpan, find_spans
from tasrih.models.speaker_spans import speaker_of
from tasrih.results import Span, Stance, Statement
from tasrih.text.language import unreadable
from tasrih.text.normalise import normalise
from tasrih.text.quotes import quotations
from tasrih.text.sentences import Sentence, sentences
from tasrih.text.speakers import Attribution, SpeakerSpan, attribute


class Tagger:
    """Takes articles apart by a statement classifier; one forward pass a sentence gives all it needs."""

    def __init__(self, classifier: Classifier) -> None:
        """Wrap a classifier.

        Args:
            classifier: of the task ``statement``, with or without a token head.

        Raises:
            ValueError: if its task is another.
        """
        if classifier.task != "statement":
            raise ValueError(f"tagging needs a model of the task statement; this one does {classifier.task}")
        self._classifier = classifier

    def statements(
        self, articles: Sequence[str], *, batch_size: BatchSize = "auto", pool: Executor | None = None
    ) -> list[tuple[Statement, ...]]:
        """Tag the sentences of articles.

        Args:
            articles: any strings; a sentence that is not Arabic gets no tag.
            batch_size: the most windows a pass, or ``"auto"``.
            pool: threads that take the batches; None makes them for the call.

        Returns:
            The statements of each article, in order, one a sentence.
        """
        split = [sentences(article) for article in articles]
        flat = [sentence.text for group in split for sentence in group]
        readable = [index for index, text in enumerate(flat) if unreadable(text) is None]
        readings: list[Reading | None] = [None] * len(flat)
        found = self._classifier.read([flat[index] for index in readable], batch_size=batch_size, pool=pool)
        for index, reading in zip(readable, found, strict=True):
            readings[index] = reading
        result, first = [], 0
        for article, group in zip(articles, split, strict=True):
            speakers = attribute([sentence.text for sentence in group], _quoted_from(article, group))
            numbers, mine = range(len(group)), readings[first : first + len(group)]
            first += len(group)
            result.append(tuple(self._statement(article, number, group, mine, speakers) for number in numbers))
        return result

    def _statement(
        self, article: str, number: int, group: Sequence[Sentence], readings: Sequence[Reading | None],
        speakers: list[Attribution],
    ) -> Statement:  # fmt: skip
        sentence, reading = group[number], readings[number]
        if reading is None:
            return Statement(sentence.text, sentence.start, sentence.end)
        prediction = self._classifier.prediction(reading)
        logits, tokens = span_logits(reading)
        spans = self._find_spans(logits, tokens, sentence.text)
        speaker, inferred = None, False
        if prediction.labels:
            ruled = speakers[number]
            speaker = self._speaker(article, sentence, (logits, tokens), None if ruled.inferred else ruled.speaker)
            if speaker is None and ruled.inferred:
                home, inferred = ruled.sentence, True
                speaker = self._named_in(article, group[home], readings[home], ruled.speaker)
        stances: dict[str, Stance] = {}
        for span in spans:
            start, end = sentence.start + span.start, sentence.start + span.end
            overlaps = speaker is not None and start < speaker.end and speaker.start < end
            if span.kind == "target" and not overlaps:
                label = max(span.stances, key=span.stances.__getitem__)
                stance = Stance(Span(article[start:end], start, end), label, span.stances[label])
                # a target that is named twice is given once, where its stance is clearest
                name = normalise(stance.target.text, "search")
                if name not in stances or stances[name].score < stance.score:
                    stances[name] = stance
        return Statement(
            sentence.text, sentence.start, sentence.end, prediction.labels, prediction.scores,
            bool(prediction.conditional), speaker, inferred, tuple(stances.values()),
        )  # fmt: skip

    def spans(self, reading: Reading, text: str) -> list[FoundSpan]:
        """Read the spans of all windows of a sentence; where windows overlap, the earlier one decides.

        Args:
            reading: the sentence's reading.
            text: the sentence.

        Returns:
            Its speaker and targets, in order; none if the model has no token head.
        """
        return self._find_spans(*span_logits(reading), text)

    def _find_spans(self, logits: np.ndarray, tokens: list[tuple[int, int]], text: str) -> list[FoundSpan]:
        settings = self._classifier.settings
        return find_spans(logits, tokens, text, bias=settings.span_bias, least=settings.target_from) if tokens else []

    def _speaker(
        self, article: str, sentence: Sentence, head: tuple[np.ndarray, list[tuple[int, int]]],
        ruled: SpeakerSpan | None,
    ) -> Span | None:  # fmt: skip
        """Give whom the words of a sentence itself name as its speaker."""
        own = (ruled.start, ruled.end) if ruled else None
        chosen = speaker_of(*head, sentence.text, own, self._classifier.settings.speaker_by)
        return chosen and _span_in(article, sentence, *chosen)

    def _named_in(self, article: str, home: Sentence, reading: Reading | None, ruled: SpeakerSpan) -> Span:
        """Give the words of an earlier sentence that name a speaker as they are given there."""
        carried = _span_in(article, home, ruled.start, ruled.end)
        there = None if reading is None else self._speaker(article, home, span_logits(reading), ruled)
        return there if there and there.start < carried.end and carried.start < there.end else carried


def _span_in(article: str, sentence: Sentence, start: int, end: int) -> Span:
    return Span(article[sentence.start + start : sentence.start + end], sentence.start + start, sentence.start + end)


def _quoted_from(article: str, group: Sequence[Sentence]) -> list[int | None]:
    """Give for every sentence the number of the earlier one in which the quotation began that it stands in."""
    found: list[int | None] = [None] * len(group)
    starts = [sentence.start for sentence in group]
    for quotation in quotations(article):
        home = bisect_right(starts, quotation.start) - 1
        if quotation.closed and home >= 0:
            for number in range(home + 1, bisect_left(starts, quotation.end)):
                found[number] = home
    return found


def span_logits(reading: Reading) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Join the token logits of a text's windows; where windows overlap, the earlier one decides.

    Args:
        reading: the text's reading.

    Returns:
        ``(logits, tokens)``: shape (tokens, labels), and each token's stretch of the text; no tokens if the model has
        no token head.
    """
    tokens: list[tuple[int, int]] = []
    logits: list[np.ndarray] = []
    reached = -1
    for window, rows in zip(reading.windows, () if reading.span_logits is None else reading.span_logits, strict=False):
        kept = []
        for number, token in enumerate(window.spans):
            if token is not None and token[0] > reached:
                kept.append(number)
                tokens.append(token)
                reached = token[0]
        logits.append(rows[kept])
    return np.concatenate(logits) if logits else np.empty((0, 0)), tokens
