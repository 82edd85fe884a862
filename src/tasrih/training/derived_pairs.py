"""Pairs that articles give of themselves, without a summary that somebody wrote: to learn writing by, and briefs.

Source:
    ``infill``: text infilling and sentence permutation, Lewis et al., "BART", ACL 2020 (arXiv 1910.13461);
    ``gap``: gap sentences, Zhang et al., "PEGASUS", ICML 2020 (arXiv 1912.08777).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from tasrih.data.corpus import Article
from tasrih.text.sentences import sentences
from tasrih.text.words import matter, word_forms

#: Stands where something was taken out of a text, until the tokenizer's own mark takes its place.
GAP = "\ue000"

#: Ways to derive a pair: what is left of the text -> what is to be written.
DERIVED = ("infill", "gap", "lead")

# words that a run hides on the mean, and how often one begins, so that three in ten are hidden, as BART does
_MEAN_RUN = 3
_STARTS = 0.3 / (_MEAN_RUN - 0.3 * (_MEAN_RUN - 1))
# fewer words are no sentence that tells anything
_SHORTEST = 5


def derive(articles: Iterable[Article], how: str, *, words: int, seed: int) -> Iterator[Article]:
    """Make a pair of each article that gives one.

    Args:
        articles: with any titles.
        how: ``infill``: a stretch of the text, its sentences in disorder and runs of words hidden, and the stretch as
            it stood; ``gap``: the text without the sentence that shares most with the others, and that sentence;
            ``lead``: the text without its first sentence, and that sentence.
        words: the most words that are to be written; a sentence that has more gives no pair.
        seed: of what chance decides.

    Yields:
        Articles whose ``text`` is to be read, ``GAP`` where something is hidden, and whose ``title`` is to be written.
    """
    dice = np.random.default_rng(seed)
    for article in articles:
        found = [" ".join(sentence.text.split()) for sentence in sentences(article.text)]
        if pair := _infilled(found, words, dice) if how == "infill" else _without_one(found, words, how == "gap"):
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


def _without_one(found: list[str], words: int, best: bool) -> tuple[str, str] | None:
    """Take out the first sentence, or the one that the others tell most of, which leaves a mark in its place."""
    fits = [index for index, sentence in enumerate(found) if _SHORTEST <= len(sentence.split()) <= words]
    if len(found) < 2 or not fits or (not best and fits[0] != 0):
        return None
    chosen = max(fits, key=_shares(found).__getitem__) if best else 0
    rest = [*found[:chosen], *([GAP] if best else []), *found[chosen + 1 :]]
    return " ".join(rest), found[chosen]


def _shares(found: list[str]) -> list[float]:
    """Give how much each sentence has in common with all others: F1 of their words, clitics dropped."""
    told = [{word_forms(word)[-1] for word in matter(sentence)} for sentence in found]
    counts = Counter(word for one in told for word in one)
    shares = []
    for one in told:
        common = sum(counts[word] > 1 for word in one)
        others = len(counts) - sum(counts[word] == 1 for word in one)
        shares.append(2 * common / max(len(one) + others, 1))
    return shares
