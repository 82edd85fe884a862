"""Pairs that articles give of themselves, without a summary that somebody wrote: to learn writing by, and briefs.

Source:
    ``infill``: text infilling and sentence permutation, Lewis et al., "BART", ACL 2020 (arXiv 1910.13461);
    ``gap``: gap sentences, Zhang et al., "PEGASUS", ICML 2020 (arXiv 1912.08777).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate

import numpy as np

from tasrih.data.corpus import Article
from tasrih.text.normalise import normalise
from tasrih.text.sentences import sentences
from tasrih.text.words import matter, without_clitics

#: Stands where something was taken out of a text, until the tokenizer's own mark takes its place.
GAP = "\ue000"

#: Ways to derive a pair: what is left of the text -> what is to be written.
DERIVED = ("infill", "gap", "lead")

# words that a run hides on the mean, and how often one begins, so that three in ten are hidden, as BART does
_MEAN_RUN = 3
_STARTS = 0.3 / (_MEAN_RUN - 0.3 * (_MEAN_RUN - 1))
# fewer words are no sentence that tells anything
_SHORTEST = 5


def derive(articles: Iterable[Article], how: str, *, words: int, within: int, seed: int) -> Iterator[Article]:
    """Make a pair of each article that gives one.

    Args:
        articles: with any titles.
        how: ``infill``: a stretch of the text, its sentences in disorder and runs of words hidden, and the stretch as
            it stood; ``gap``: the text without the sentence that shares most with the others, and that sentence;
            ``lead``: the text without its first sentence, and that sentence.
        words: the most words that are to be written: a stretch is cut there, a sentence that has more gives no pair.
        within: words of the article that will be read, so that ``gap`` takes no sentence from behind them.
        seed: of what chance decides.

    Yields:
        Articles whose ``text`` is to be read, ``GAP`` where something is hidden, and whose ``title`` is to be written.
    """
    dice = np.random.default_rng(seed)
    for article in articles:
        found = [" ".join(sentence.text.split()) for sentence in sentences(article.text)]
        if how == "infill":
            pair = _infilled(found, words, dice)
        elif how == "gap":
            pair = _without_foremost(found, words, within)
        else:
            pair = _without_first(found, words)
        if pair:
            yield replace(article, text=pair[0], title=pair[1])


def _infilled(found: list[str], words: int, dice: np.random.Generator) -> tuple[str, str] | None:
    """Take sentences that follow each other, and hide a part of their words in runs."""
    first = int(dice.integers(max(len(found), 1)))
    chosen, room = [], words
    for sentence in found[first:]:
        split = sentence.split()
        chosen.append(split[:room])
        room -= len(split)
        if room <= 0:
            break
    if sum(map(len, chosen)) < _SHORTEST:
        return None
    noisy = [_hidden(chosen[index], dice) for index in dice.permutation(len(chosen))]
    return " ".join(word for part in noisy for word in part), " ".join(word for part in chosen for word in part)


def _hidden(sentence: list[str], dice: np.random.Generator) -> list[str]:
    """Put one mark for each run of hidden words; a run of none puts one between two."""
    left, made = list(sentence), []
    while left:
        if dice.random() < _STARTS:
            made.append(GAP)
            del left[: int(dice.poisson(_MEAN_RUN))]
        else:
            made.append(left.pop(0))
    return made


def _without_foremost(found: list[str], words: int, within: int) -> tuple[str, str] | None:
    """Take out the sentence that the others tell most of, which leaves a mark in its place."""
    lengths = [len(sentence.split()) for sentence in found]
    ends = accumulate(lengths)
    fits = [
        index for index, (length, end) in enumerate(zip(lengths, ends, strict=True))
        if _SHORTEST <= length <= words and end - length < within
    ]  # fmt: skip
    if len(found) < 2 or not fits:
        return None
    chosen = max(fits, key=_shares(found).__getitem__)
    return " ".join([*found[:chosen], GAP, *found[chosen + 1 :]]), found[chosen]


def _without_first(found: list[str], words: int) -> tuple[str, str] | None:
    if len(found) < 2 or not _SHORTEST <= len(found[0].split()) <= words:
        return None
    return " ".join(found[1:]), found[0]


def _shares(found: list[str]) -> list[float]:
    """Give how much each sentence has in common with all others: F1 of their words, clitics dropped."""
    told = [{_bare(word) for word in matter(sentence)} for sentence in found]
    counts = Counter(word for one in told for word in one)
    shares = []
    for one in told:
        common = sum(counts[word] > 1 for word in one)
        others = len(counts) - sum(counts[word] == 1 for word in one)
        shares.append(2 * common / max(len(one) + others, 1))
    return shares


def _bare(word: str) -> str:
    folded = normalise(word, "search")
    return min([folded, *without_clitics(folded)], key=len)
