"""Summaries made of the article's own sentences, and headlines cut out of them."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from tasrih.models.headline import SHORTEST_WINDOW, Window, fold, windows
from tasrih.models.headline_ranker import HeadlineRanker
from tasrih.models.headline_weights import HeadlineWeights, best_window
from tasrih.models.headline_words import LOOKING_ON
from tasrih.text.sentences import Sentence, sentences
from tasrih.text.words import is_function_word, word_forms, words

# where a sentence can stop early and still read as one; not before what is said (قال الوزير، إن ...)
_PAUSE = re.compile(
    r"[،؛,;:](?![\d/])(?!\s*[أإا]ن(?:ه|ها|هم|نا)?\b)"
    r"|\s[-–—]\s|\s(?=(?:فيما|بينما|حيث|كما|وذلك|وقال|وأضاف|مشيرا|مؤكدا|موضحا)\b)"
)


def _terms(text: str) -> Counter[str]:
    found = (text[start:end] for start, end in words(text))
    return Counter(word_forms(word)[-1] for word in found if not is_function_word(word))


def _size(terms: Counter[str]) -> int:
    return sum(count**2 for count in terms.values())


def _likeness(first: Counter[str], second: Counter[str], size: int) -> float:
    """Give the cosine of two texts' terms; ``size`` is that of the second, which many are held against."""
    shared = sum(count * second[term] for term, count in first.items())
    sizes = math.sqrt(_size(first) * size)
    return shared / sizes if sizes else 0.0


def _centrality(terms: Sequence[Counter[str]]) -> list[float]:
    """Give the likeness of each sentence to the whole: to how many sentences each term stands in."""
    whole: Counter[str] = Counter()
    for counts in terms:
        whole.update(counts.keys())
    size = _size(whole)
    return [_likeness(counts, whole, size) for counts in terms]


def choose_sentences(sentences: Sequence[Sentence], *, max_words: int, most: int, first: int = 0) -> list[int]:
    """Choose sentences by centrality and position, each unlike those chosen before (MMR).

    Args:
        sentences: the article's sentences, in order.
        max_words: words that they may have together.
        most: how many at most.
        first: place of the first of them in the article, where they are a part of it.

    Returns:
        Indices in the order of the text; at least one if there is a sentence.

    Source:
        Carbonell & Goldstein, "The Use of MMR", SIGIR 1998; the lead weighs most, as in all news.
    """
    terms = [_terms(sentence.text) for sentence in sentences]
    lengths = [len(sentence.text.split()) for sentence in sentences]
    worth = [likeness + 1 / (1 + place) for place, likeness in enumerate(_centrality(terms), first)]
    chosen: list[int] = []
    left = max_words
    while len(chosen) < most:
        open_to = [index for index in range(len(sentences)) if index not in chosen and terms[index]]
        open_to = [index for index in open_to if lengths[index] <= left or not chosen]
        if not open_to:
            break
        best = max(
            open_to,
            key=lambda index: (
                worth[index]
                - max((_likeness(terms[index], terms[other], _size(terms[other])) for other in chosen), default=0.0)
            ),
        )
        chosen.append(best)
        left -= lengths[best]
    # sentences of function words alone have no terms; the first stands for them all
    return sorted(chosen) or [0][: len(sentences)]


def article_windows(
    text: str, *, open_words: frozenset[str], max_words: int, min_words: int = SHORTEST_WINDOW,
    within: Sequence[Sentence] | None = None,
) -> list[Window]:  # fmt: skip
    """Give the runs of an article's words that can stand as its headline.

    Args:
        text: the article.
        open_words: folded words after which a clause hardly ever ends.
        max_words: words at most.
        min_words: words at least.
        within: the article's sentences, which the windows name by number; None finds them.

    Returns:
        The windows with their features, as ``best_window`` ranks them.
    """
    found = sentences(text) if within is None else within
    terms = [_terms(sentence.text) for sentence in found]
    likeness = _centrality(terms)
    return list(
        windows(text, found, terms, likeness, open_words=open_words, max_words=max_words, min_words=min_words)
    )


def cut_headline(
    text: str, weights: HeadlineWeights, *, max_words: int, min_words: int = 1,
    within: Sequence[Sentence] | None = None, ranker: HeadlineRanker | None = None,
) -> Window | None:  # fmt: skip
    """Cut the run of words out of an article that is most like a headline.

    Args:
        text: the article.
        weights: what windows are worth.
        max_words: words at most.
        min_words: words at least.
        within: the article's sentences, which the window names by number; None finds them.
        ranker: scores windows beside the weights; None leaves it to them.

    Returns:
        The window; None where no clause or phrase of the first sentences has so many words.
    """
    least = max(min_words, min(SHORTEST_WINDOW, max_words))
    within = sentences(text) if within is None else within
    found = article_windows(text, open_words=weights.open_words, max_words=max_words, min_words=least, within=within)
    found = [window for window in found if min_words <= len(window.read(text).split()) <= max_words]
    return best_window(found, weights.weights, ranker.score(found, within) if ranker and found else None)


def balanced(text: str) -> str:
    """Drop quotation marks and brackets that have no partner.

    Args:
        text: a summary.

    Returns:
        The text without them; a space stands where one parted two words.

    Example:
        >>> balanced('قال "نعم» (اليوم)')
        'قال نعم (اليوم)'
    """
    lone: list[int] = []
    for opening, closing in ("«»", "“”", "()", "[]"):
        unclosed: list[int] = []
        for at, char in enumerate(text):
            if char == opening:
                unclosed.append(at)
            elif char == closing:
                if unclosed:
                    unclosed.pop()
                else:
                    lone.append(at)
        lone += unclosed
    if text.count('"') % 2:
        lone.append(text.rindex('"'))
    if not lone:
        return text
    pieces = list(text)
    for at in lone:
        parts = text[at - 1 : at].isalnum() and text[at + 1 : at + 2].isalnum()
        pieces[at] = " " if parts else ""
    return re.sub(r" {2,}", " ", "".join(pieces)).strip()


def shorten(sentence: str, max_words: int, min_words: int = 1) -> str:
    """Shorten a sentence to a number of words, at a pause where there is one.

    Args:
        sentence: the sentence.
        max_words: the most words.
        min_words: words that are kept at least, if it has them.

    Returns:
        A beginning of the sentence, whole words only, without trailing punctuation, and without last words that look
        forward to another (``في``, ``أن``) if it was cut before it.
    """
    pieces = list(re.finditer(r"\S+", sentence))
    if len(pieces) > max_words:
        pauses = [match.start() for match in _PAUSE.finditer(sentence, 0, pieces[max_words - 1].end())]
        # a pause too near the beginning would leave too little
        starts = [piece.start() for piece in pieces]
        pauses = [at for at in pauses if bisect_left(starts, at) >= max(max_words / 2, min_words)]
        if pauses:
            sentence = sentence[: pauses[-1]]
        else:
            last = max_words
            while last > max(min_words, 1) and fold(pieces[last - 1][0]) in LOOKING_ON:
                last -= 1
            sentence = sentence[: pieces[last - 1].end()]
    return sentence.rstrip(" \t\n،؛,;:.-–—")
