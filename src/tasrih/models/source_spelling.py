"""The spelling that a text gives its words, for what a model that writes folded letters wrote of it."""

from __future__ import annotations

from collections import Counter

from tasrih.text.normalise import normalise
from tasrih.text.words import FUNCTION_WORDS, matter, without_clitics, words


def as_spelled(summary: str, text: str) -> str:
    """Give each word of a summary as its text spells it, vowel marks and tatweel left out.

    Args:
        summary: what was written of the text.
        text: the text.

    Returns:
        The summary. A word that the text spells just so, or does not have, stays; of several spellings the text's
        commonest is taken, its words without their clitics after those that stand there, then the function words.

    Example:
        >>> as_spelled("رساله الي وزير الامن", "وصلت رسالة الوزير للأمن")
        'رسالة إلى وزير الأمن'
    """
    whole = Counter(_words(text))
    spelled: dict[str, str] = {}
    for word, _ in whole.most_common():
        spelled.setdefault(_fold(word), word)
    for word in [*spelled.values()]:
        if next(matter(word), None):
            for left in without_clitics(word):
                spelled.setdefault(_fold(left), left)
                # of للأمن the article's alef fell away
                if word.removeprefix("و").removeprefix("ف").startswith("لل"):
                    spelled.setdefault(_fold(f"ال{left}"), f"ال{left}")
    for word in FUNCTION_WORDS:
        spelled.setdefault(_fold(word), word)

    def of(word: str) -> str:
        if word in whole:
            return word
        if found := spelled.get(_fold(word)):
            return found
        for left in without_clitics(word):
            if found := spelled.get(_fold(left)):
                return word[: len(word) - len(left)] + found
        return word

    made, done = [], 0
    for start, end in words(summary):
        made += [summary[done:start], of(summary[start:end])]
        done = end
    return "".join([*made, summary[done:]])


def _words(text: str) -> list[str]:
    clean = normalise(text, "tidy")
    return [clean[start:end] for start, end in words(clean)]


def _fold(word: str) -> str:
    return normalise(word, "search")
