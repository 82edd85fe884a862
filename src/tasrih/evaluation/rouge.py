"""ROUGE on Unicode words.

The package ``rouge_score`` deletes every letter that is not Latin by default, so that identical Arabic texts
score 0. Here a word is a run of letters or digits, folded by the ``search`` profile, not stemmed.
"""

from __future__ import annotations

import re
from collections import Counter

from tasrih.text.normalise import normalise

_WORD = re.compile(r"\w+")


def rouge(candidate: str, reference: str) -> dict[str, float]:
    """Score a summary against a reference.

    Args:
        candidate: the summary.
        reference: the reference.

    Returns:
        ``rouge_1``, ``rouge_2`` and ``rouge_l``, each F1 between 0 and 1.

    Source:
        Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004.

    Example:
        >>> rouge("قال الوزير", "قال الوزير")["rouge_l"]
        1.0
    """
    made, wanted = (_WORD.findall(normalise(text, "search")) for text in (candidate, reference))
    return {"rouge_1": _ngrams(made, wanted, 1), "rouge_2": _ngrams(made, wanted, 2), "rouge_l": _longest(made, wanted)}


def _f1(hits: int, made: int, wanted: int) -> float:
    return 2 * hits / (made + wanted) if made + wanted else 0.0


def _ngrams(made: list[str], wanted: list[str], size: int) -> float:
    first = Counter(zip(*(made[at:] for at in range(size)), strict=False))
    second = Counter(zip(*(wanted[at:] for at in range(size)), strict=False))
    return _f1((first & second).total(), first.total(), second.total())


def _longest(made: list[str], wanted: list[str]) -> float:
    row = [0] * (len(wanted) + 1)
    for word in made:
        before = 0
        for at, other in enumerate(wanted, 1):
            before, row[at] = row[at], before + 1 if word == other else max(row[at], row[at - 1])
    return _f1(row[-1], len(made), len(wanted))
