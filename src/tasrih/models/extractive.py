"""Summaries made of the article's own sentences."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from tasrih.text.sentences import Sentence
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


def choose_sentences(sentences: Sequence[Sentence], *, max_words: int, most: int) -> list[int]:
    """Choose sentences by centrality and position, each unlike those chosen before (MMR).

    Args:
        sentences: the article's sentences, in order.
        max_words: words that they may have together.
        most: how many at most.

    Returns:
        Indices in the order of the text; at least one if there is a sentence.

    Source:
        Carbonell & Goldstein, "The Use of MMR", SIGIR 1998; the lead weighs most, as in all news.
    """
    terms = [_terms(sentence.text) for sentence in sentences]
    lengths = [len(sentence.text.split()) for sentence in sentences]
    whole: Counter[str] = Counter()
    for counts in terms:
        whole.update(counts.keys())
    size = _size(whole)
    worth = [_likeness(counts, whole, size) + 1 / (1 + place) for place, counts in enumerate(terms)]
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


def shorten(sentence: str, max_words: int) -> str:
    """Shorten a sentence to a number of words, at a pause where there is one.

    Args:
        sentence: the sentence.
        max_words: the most words.

    Returns:
        A beginning of the sentence, whole words only, without trailing punctuation.
    """
    pieces = list(re.finditer(r"\S+", sentence))
    if len(pieces) > max_words:
        limit = pieces[max_words - 1].end()
        pauses = [match.start() for match in _PAUSE.finditer(sentence, 0, limit)]
        # a pause too near the beginning would leave too little
        starts = [piece.start() for piece in pieces]
        pauses = [at for at in pauses if bisect_left(starts, at) * 2 >= max_words]
        sentence = sentence[: pauses[-1] if pauses else limit]
    return sentence.rstrip(" \t\n،؛,;:.-–—")
