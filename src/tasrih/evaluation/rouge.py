"""ROUGE on Unicode words.

The package ``rouge_score`` deletes every letter that is not Latin by default, so that identical Arabic texts
score 0. Here a word is a run of letters or digits, folded by the ``search`` profile (vowel marks, tatweel and
invisible marks dropped; alef forms, alef maqsura, hamza, ta marbuta, presentation forms and digits each written one
way); on request it is stemmed lightly as well.
"""

from __future__ import annotations

import re
from collections import Counter

from tasrih.text.normalise import normalise

_WORD = re.compile(r"\w+")
# as the search profile spells them: ta marbuta is heh there, alef maqsura yeh
_ARTICLES = ("ال", "وال", "بال", "كال", "فال", "لل")
_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")


def rouge(candidate: str, reference: str, *, stem: bool = False) -> dict[str, float]:
    """Score a summary against a reference.

    Args:
        candidate: the summary.
        reference: the reference.
        stem: compare words without their light prefixes and suffixes (``light_stem``).

    Returns:
        ``rouge_1``, ``rouge_2`` and ``rouge_l``, each F1 between 0 and 1.

    Source:
        Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004.

    Example:
        >>> rouge("قال الوزير", "قال الوزير")["rouge_l"]
        1.0
    """
    made, wanted = (rouge_words(text, stem=stem) for text in (candidate, reference))
    return {
        "rouge_1": ngram_f1(made, wanted, 1),
        "rouge_2": ngram_f1(made, wanted, 2),
        "rouge_l": _longest(made, wanted),
    }


def rouge_words(text: str, *, stem: bool = False) -> list[str]:
    """Give the folded words that ROUGE compares.

    Args:
        text: any string.
        stem: stem them lightly.

    Returns:
        The words, in order.

    Example:
        >>> rouge_words("في المدرسـة", stem=True)
        ['في', 'مدرس']
    """
    found = _WORD.findall(normalise(text, "search"))
    return [light_stem(word) for word in found] if stem else found


def light_stem(word: str) -> str:
    """Strip a folded word of a conjunction, the article and light suffixes (Light10).

    Args:
        word: a word as the ``search`` profile folds it.

    Returns:
        What is left of it: two letters at least.

    Source:
        Larkey, Ballesteros & Connell, "Light Stemming for Arabic Information Retrieval", 2007.

    Example:
        >>> light_stem("والمعلمون"), light_stem("ولد")
        ('معلم', 'ولد')
    """
    if word.startswith("و") and len(word) >= 4:
        word = word[1:]
    article = next((part for part in _ARTICLES if word.startswith(part) and len(word) >= len(part) + 2), "")
    word = word.removeprefix(article)
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) >= len(suffix) + 2:
            word = word.removesuffix(suffix)
    return word


def ngram_f1(made: list[str], wanted: list[str], size: int) -> float:
    """Give F1 of the n-grams that two lists of words share, each as often as both have it.

    Args:
        made: words of the summary.
        wanted: words of the reference.
        size: words of an n-gram.

    Returns:
        Between 0 and 1; 0 where neither has an n-gram.
    """
    first, second = ngrams(made, size), ngrams(wanted, size)
    return _f1((first & second).total(), first.total(), second.total())


def ngrams(words: list[str], size: int) -> Counter[tuple[str, ...]]:
    """Count the n-grams of a list of words."""
    return Counter(zip(*(words[at:] for at in range(size)), strict=False))


def _f1(hits: int, made: int, wanted: int) -> float:
    return 2 * hits / (made + wanted) if made + wanted else 0.0


def _longest(made: list[str], wanted: list[str]) -> float:
    row = [0] * (len(wanted) + 1)
    for word in made:
        before = 0
        for at, other in enumerate(wanted, 1):
            before, row[at] = row[at], before + 1 if word == other else max(row[at], row[at - 1])
    return _f1(row[-1], len(made), len(wanted))
