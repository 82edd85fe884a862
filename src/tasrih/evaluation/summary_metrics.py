"""Measures of summaries, each a sum over texts divided by another, and the extracts that stand beside a writer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tasrih.errors import MissingExtraError
from tasrih.evaluation.bootstrap import WeightedScore
from tasrih.evaluation.rouge import ngram_f1, ngrams, rouge, rouge_words
from tasrih.evaluation.weighted import ratio
from tasrih.text.sentences import sentences
from tasrih.text.words import SourceWords, matter

ROUGE = ("rouge_1", "rouge_2", "rouge_l")
#: Measures against the reference, then of the summary against its source.
MEASURES = (
    *ROUGE, *(f"{name}_stemmed" for name in ROUGE), "chrf_pp", "length_ratio",
    "novel_bigrams", "faithful_numbers", "faithful_words",
)  # fmt: skip
#: What a reader of the figures must know of them.
FOLDING = (
    "ROUGE F1 on Unicode words, folded (search profile), unstemmed and lightly stemmed (Light10); chrF++ by sacrebleu "
    "on the texts as they are, mean of the texts"
)


@dataclass(frozen=True)
class Support:
    """How much of a summary its source has.

    Attributes:
        numbers: numbers of the summary.
        found_numbers: those that stand in the source.
        words: other words of the summary, function words apart: names and all that carries matter.
        found_words: those that stand in the source, in one of their forms.
    """

    numbers: int
    found_numbers: int
    words: int
    found_words: int


def faithfulness(summary: str, source: str) -> Support:
    """Look the numbers and the open-class words of a summary up in its source.

    Args:
        summary: the summary.
        source: the text that it was made from.

    Returns:
        The counts. A word is found as ``text.words.support`` finds it: conjunctions, prepositions and articles may
        differ; digits of any script are the same.

    Example:
        >>> faithfulness("مقتل ٣ جنود", "قتل 3 من الجنود")
        Support(numbers=1, found_numbers=1, words=2, found_words=1)
    """
    known = SourceWords(source)
    counts = {True: [0, 0], False: [0, 0]}
    for word in matter(summary):
        count = counts[word.lstrip("-")[0].isdigit()]
        count[0] += 1
        count[1] += word in known
    return Support(*counts[True], *counts[False])


def novel_bigrams(summary: str, source: str) -> tuple[int, int]:
    """Count the bigrams of a summary that its source does not have.

    Args:
        summary: the summary.
        source: the text that it was made from.

    Returns:
        ``(novel, all)``, words folded as for ROUGE.

    Source:
        See, Liu & Manning, "Get To The Point", ACL 2017.
    """
    made, known = ngrams(rouge_words(summary), 2), ngrams(rouge_words(source), 2)
    return sum(count for pair, count in made.items() if pair not in known), made.total()


@lru_cache(maxsize=1)
def _chrf():
    try:
        from sacrebleu.metrics import CHRF
    except ImportError:
        raise MissingExtraError("sacrebleu", "train", "chrF++") from None
    return CHRF(word_order=2)


def chrf_pp(candidate: str, reference: str) -> float:
    """Score a summary by chrF++ (character 6-grams and word 2-grams), between 0 and 1.

    Args:
        candidate: the summary.
        reference: the reference.

    Returns:
        sacrebleu's sentence score, divided by 100.

    Raises:
        MissingExtraError: without sacrebleu.

    Source:
        Popović, "chrF++: words helping character n-grams", WMT 2017.
    """
    return _chrf().sentence_score(candidate, [reference]).score / 100


@dataclass(frozen=True)
class Measured:
    """One measure of every text.

    Attributes:
        part: what is added up, shape (texts,).
        whole: what the sum is divided by, same shape.
    """

    part: np.ndarray
    whole: np.ndarray


def measures(
    made: Sequence[str], references: Sequence[str], sources: Sequence[str] | None, names: Sequence[str] = MEASURES
) -> dict[str, Measured]:
    """Measure every summary.

    Args:
        made: the summaries.
        references: the references.
        sources: the articles; None will do for measures against the reference.
        names: some of ``MEASURES``.

    Returns:
        Each measure's parts and wholes: ROUGE and chrF++ are means over texts; ``length_ratio`` is words of the
        summaries to words of the references; shares are of all bigrams, numbers or words of the summaries together.

    Raises:
        ValueError: if a measure is unknown, or needs the sources.
    """
    for name in names:
        if name not in MEASURES:
            raise ValueError(f"unknown measure {name!r}: choose from {', '.join(MEASURES)}")
        if sources is None and name in MEASURES[-3:]:
            raise ValueError(f"{name} is measured against the articles: give sources")
    pairs = list(zip(made, references, strict=True))
    columns: dict[str, list[tuple[float, float]]] = {}
    for suffix in ("", "_stemmed"):
        if wanted := [name for name in ROUGE if name + suffix in names]:
            scored = [rouge(*pair, stem=bool(suffix)) for pair in pairs]
            columns |= {name + suffix: [(row[name], 1) for row in scored] for name in wanted}
    if "chrf_pp" in names:
        columns["chrf_pp"] = [(chrf_pp(*pair), 1) for pair in pairs]
    if "length_ratio" in names:
        columns["length_ratio"] = [(len(rouge_words(one)), len(rouge_words(other))) for one, other in pairs]
    if "novel_bigrams" in names:
        columns["novel_bigrams"] = [novel_bigrams(*pair) for pair in zip(made, sources, strict=True)]
    if {"faithful_numbers", "faithful_words"} & {*names}:
        found = [faithfulness(*pair) for pair in zip(made, sources, strict=True)]
        columns["faithful_numbers"] = [(row.found_numbers, row.numbers) for row in found]
        columns["faithful_words"] = [(row.found_words, row.words) for row in found]
    return {name: Measured(*np.array(columns[name], dtype=float).reshape(-1, 2).T) for name in names}


def summary_scores(measured: dict[str, Measured]) -> WeightedScore:
    """Make the function that scores weighted texts by measures already taken; nan where there is nothing to divide."""

    def score(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {
            name: ratio(weights @ values.part, weights @ values.whole, empty=np.nan)
            for name, values in measured.items()
        }

    return score


def lead(text: str, count: int) -> str:
    """Give the first sentences of a text."""
    return " ".join(sentence.text for sentence in sentences(text)[:count]) or text


def oracle(text: str, reference: str, most: int = 3) -> str:
    """Choose the sentences that a reference is best reached with: what no extract of the text can surpass by much.

    Args:
        text: the article.
        reference: the reference that the choice looks at.
        most: sentences at most.

    Returns:
        Sentences in the order of the text, taken one by one while the sum of ROUGE-1 and ROUGE-2 rises.

    Source:
        Nallapati, Zhai & Zhou, "SummaRuNNer", AAAI 2017.
    """
    found = [sentence.text for sentence in sentences(text)]
    split, wanted = [rouge_words(sentence) for sentence in found], rouge_words(reference)

    def worth(chosen: list[int]) -> float:
        made = [word for index in sorted(chosen) for word in split[index]]
        return ngram_f1(made, wanted, 1) + ngram_f1(made, wanted, 2)

    chosen: list[int] = []
    while len(chosen) < most:
        left = [index for index in range(len(found)) if index not in chosen]
        best = max(left, key=lambda index: worth([*chosen, index]), default=None)
        if best is None or worth([*chosen, best]) <= worth(chosen):
            break
        chosen.append(best)
    return " ".join(found[index] for index in sorted(chosen)) or lead(text, 1)
