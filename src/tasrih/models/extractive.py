"""Summaries made of the article's own sentences, and headlines cut out of them."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tasrih.models.headline import LONGEST_WINDOW, SHORTEST_WINDOW, Window, fold, windows
from tasrih.models.headline_ranker import HeadlineRanker
from tasrih.models.headline_weights import HeadlineWeights, best_window
from tasrih.models.headline_words import LOOKING_ON, SAID
from tasrih.text import lexicon as lex
from tasrih.text.quotes import lone_controls, lone_marks
from tasrih.text.sentences import Sentence, sentences
from tasrih.text.words import is_function_word, word_forms, words

# where a sentence can stop early and still read as one; not before what is said (قال الوزير، إن ...)
_PAUSE = re.compile(
    r"[،؛,;:](?![\d/])(?!\s*[أإا]ن(?:ه|ها|هم|نا)?\b)"
    r"|\s[-–—]\s|\s(?=(?:فيما|بينما|حيث|كما|وذلك|وقال|وأضاف|مشيرا|مؤكدا|موضحا)\b)"
)

# a mark at the end, within quotes or brackets or without
_CLOSED = re.compile(r"[.؟?!…،؛,;:–—-][\s»”\"'’›)\]}\u2069\u200f\u200e\u202c]*$")

# what a sentence begins with that needs the one before it: of whom or what it speaks, or what it sets itself against
_HANGING = lex.words(
    "هو هي هم هما هن هذا هذه هذان هاتان هؤلاء ذلك تلك أولئك كذلك كما حيث إذ بينما فيما لكن لكنه لكنها لكنهم بل غير إلا "
    "بيد بعدها بعده عندها حينها وقتها هنا هناك أيضا بالتالي لذلك لذا بذلك كان كانت إنه إنها أنه أنها بدوره بدورها منها "
    "منهم بينها بينهم فيها فيه ثم علما"
)

#: Likeness from which on two sentences are one said twice.
_SAME = 0.95


def _terms(text: str) -> Counter[str]:
    found = (text[start:end] for start, end in words(text))
    return Counter(word_forms(word)[-1] for word in found if not is_function_word(word))


def _folded(text: str) -> Counter[str]:
    """Count a sentence's folded words, function words too, and each two that follow one another."""
    found = [word for piece in text.split() if (word := fold(piece))]
    return Counter([*found, *(f"{first} {second}" for first, second in pairwise(found))])


def _is_repeated(first: str, second: str) -> bool:
    """Say whether two sentences are nearly word for word the same, in the same order."""
    one, other = _folded(first), _folded(second)
    return _likeness(one, other, _size(one) * _size(other)) >= _SAME


def _size(terms: Counter[str]) -> int:
    return sum(count**2 for count in terms.values())


def _likeness(first: Counter[str], second: Counter[str], sizes: float) -> float:
    """Give the cosine of two texts' terms; ``sizes`` is the product of theirs."""
    shared = sum(count * second[term] for term, count in first.items())
    return shared / math.sqrt(sizes) if sizes else 0.0


def _centrality(terms: Sequence[Counter[str]]) -> list[float]:
    """Give the likeness of each sentence to the whole: to how many sentences each term stands in."""
    whole: Counter[str] = Counter()
    for counts in terms:
        whole.update(counts.keys())
    size = _size(whole)
    return [_likeness(counts, whole, _size(counts) * size) for counts in terms]


def hangs(sentence: str) -> bool:
    """Say whether a sentence is ill understood without the one before it.

    Args:
        sentence: the sentence.

    Returns:
        Whether it begins with a pronoun, a demonstrative or a conjunction of contrast, or tells that somebody said more
        without naming him, or asks.

    Example:
        >>> hangs("وأضاف أن العمل سيبدأ غدا"), hangs("وأضاف الوزير أن العمل سيبدأ غدا"), hangs("لكن متى؟")
        (True, False, True)
    """
    first, second = (*(fold(word) for word in sentence.split(maxsplit=3)[:2]), "", "")[:2]
    bare = first[1:] if first[:1] in ("و", "ف") else first
    verb = lex.verb(first)
    # not يذكر أن, which nobody in particular says
    said = bool(verb) and verb[0] in lex.SAYING and bare not in lex.IMPERFECT and (second in SAID or not second)
    return first in _HANGING or bare in _HANGING or said or sentence.rstrip(" \n\"»”").endswith(("؟", "?"))


def choose_sentences(sentences: Sequence[Sentence], *, max_words: int, most: int, first: int = 0) -> list[int]:
    """Choose sentences by centrality and position, each unlike those chosen before (MMR).

    One that hangs on the sentence before it is taken only after that one, and one that repeats another almost word for
    word is not taken at all.

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
    stands = [place == 0 or not hangs(sentence.text) for place, sentence in enumerate(sentences, first)]
    sizes = [_size(counts) for counts in terms]
    repeated = [0.0] * len(terms)  # how like each is to the one of those chosen that it is most like
    chosen: list[int] = []
    told: set[int] = set()  # chosen, or said by one that is
    left = max_words
    while len(chosen) < most:
        open_to = [index for index in range(len(sentences)) if index not in told and terms[index]]
        open_to = [index for index in open_to if lengths[index] <= left or not chosen]
        whole = [index for index in open_to if stands[index] or index - 1 in told]
        open_to = whole if whole or chosen else open_to
        if not open_to:
            break
        best = max(open_to, key=lambda index: worth[index] - repeated[index])
        chosen.append(best)
        told.add(best)
        left -= lengths[best]
        for index in range(len(terms)):
            again = _likeness(terms[index], terms[best], sizes[index] * sizes[best])
            repeated[index] = max(repeated[index], again)
            if again >= _SAME and index not in told and _is_repeated(sentences[index].text, sentences[best].text):
                told.add(index)
    # sentences of function words alone have no terms; the first stands for them all
    return sorted(chosen) or [0][: len(sentences)]


def join_sentences(sentences: Sequence[Sentence]) -> str:
    """Put sentences one after another, as one paragraph.

    Args:
        sentences: sentences in order.

    Returns:
        Their texts. A line that ends without a mark, as a title does, gets a stop before the next sentence.

    Example:
        >>> join_sentences([Sentence("وصل الوفد", 0, 9), Sentence("وقال الوزير نعم.", 10, 26)])
        'وصل الوفد. وقال الوزير نعم.'
    """
    texts = [sentence.text for sentence in sentences]
    return " ".join([*(text if _CLOSED.search(text) else text + "." for text in texts[:-1]), *texts[-1:]])


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


@dataclass(frozen=True, slots=True)
class Headline:
    """A window that was chosen, and the probability that a reader finds it whole; None where none is known."""

    window: Window
    sureness: float | None = None


def cut_headline(
    text: str, weights: HeadlineWeights, *, max_words: int, min_words: int = 1,
    within: Sequence[Sentence] | None = None, ranker: HeadlineRanker | None = None,
) -> Headline | None:  # fmt: skip
    """Cut the run of words out of an article that is most like a headline.

    Args:
        text: the article.
        weights: what windows are worth.
        max_words: words at most.
        min_words: words at least.
        within: the article's sentences, which the window names by number; None finds them.
        ranker: scores windows beside the weights; None leaves it to them.

    Returns:
        The headline; None where no clause or phrase of the first sentences has so many words.
    """
    max_words = min(max_words, LONGEST_WINDOW)
    least = max(min_words, min(SHORTEST_WINDOW, max_words))
    within = sentences(text) if within is None else within
    found = article_windows(text, open_words=weights.open_words, max_words=max_words, min_words=least, within=within)
    found = [window for window in found if min_words <= len(window.read(text).split()) <= max_words]
    ranked = ranker.score(found, within) if ranker and found else None
    window = best_window(found, weights.weights, ranked and ranked.worth)
    if window is None or ranked is None:
        return window and Headline(window)
    sureness = float(ranked.sureness[found.index(window)])
    return Headline(window, None if math.isnan(sureness) else sureness)


def balanced(text: str) -> str:
    """Drop quotation marks, brackets and direction controls that have no partner.

    Args:
        text: a summary.

    Returns:
        The text without them; a space stands where one parted two words.

    Example:
        >>> balanced('قال "نعم» (اليوم)')
        'قال نعم (اليوم)'
    """
    # more than once, as what goes can leave an apostrophe where a quotation began
    while (marks := lone_marks(text)) + (controls := lone_controls(text)):
        pieces = list(text)
        for at in controls:
            pieces[at] = ""
        for at in marks:
            parts = text[at - 1 : at].isalnum() and text[at + 1 : at + 2].isalnum()
            pieces[at] = " " if parts else ""
        text = re.sub(r" {2,}", " ", "".join(pieces)).strip()
    return text


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
