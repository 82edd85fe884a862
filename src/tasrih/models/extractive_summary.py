"""Headlines and briefs made of an article's own words, with the places that they come from."""

from __future__ import annotations

from tasrih.models.extractive import balanced, choose_sentences, cut_headline, join_sentences, shorten
from tasrih.models.headline_ranker import HeadlineRanker
from tasrih.models.headline_weights import bundled_weights
from tasrih.models.summary_settings import Asked
from tasrih.results import Span, Summary
from tasrih.text.sentences import Sentence, sentences


def extract(asked: Asked, style: str, reason: str | None = None) -> Summary:
    """Summarise a text in its own words.

    Args:
        asked: the text, and the words that its summary may have.
        style: ``"headline"``, which is cut out of a sentence, or ``"brief"``, whole sentences.
        reason: why no model wrote it, for the summary to tell.

    Returns:
        The summary.

    Example:
        >>> extract(Asked("افتتح وزير الصحة أمس مستشفى المنارة في بلدة الزرقة.", 14), "headline").method
        'extractive'
    """
    text, limit, least = asked.text, asked.max_words, asked.min_words
    found = sentences(text)
    if style == "headline":
        cut = cut_headline(
            text, bundled_weights(), max_words=limit, min_words=least, within=found,
            ranker=HeadlineRanker.bundled(),
        )  # fmt: skip
        if cut:
            source = found[cut.window.sentence]
            span = Span(source.text, source.start, source.end)
            return Summary(cut.window.read(text), "extractive", 1.0, (span,), reason, cut.sureness)
    # one sentence for a headline, three for a brief of sixty words; more where more words are asked for
    most = 1 if style == "headline" else max(3, limit // 20)
    while True:
        chosen = [found[index] for index in choose_sentences(found, max_words=limit, most=most)]
        if most >= len(found) or sum(len(sentence.text.split()) for sentence in chosen) >= least:
            break
        most *= 2
    made = join_sentences(chosen)
    if len(chosen) == 1 or not _is_within(made, least, limit):
        if not _is_within(made, least, None):  # no choice of whole sentences has so many words
            chosen, made = found, join_sentences(found)
        made = shorten(made, limit, least)
    made = balanced(made)
    # a mark that parted two words leaves a space, until there is none
    while not _is_within(made, None, limit) and len(shorter := balanced(shorten(made, limit, least))) < len(made):
        made = shorter
    sources = tuple(Span(sentence.text, sentence.start, sentence.end) for sentence in _reached(chosen, made))
    return Summary(made, "extractive", 1.0, sources, reason)


def _is_within(text: str, least: int | None, most: int | None) -> bool:
    count = len(text.split())
    return (least is None or count >= least) and (most is None or count <= most)


def _reached(chosen: list[Sentence], made: str) -> list[Sentence]:
    """Give those of the sentences, joined in order, that a beginning of them reaches into."""
    left, found = len(made.split()), []
    for sentence in chosen:
        found.append(sentence)
        left -= len(sentence.text.split())
        if left <= 0:
            break
    return found
