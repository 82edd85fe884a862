"""The spelling that a text gives its words, for what a model that writes folded letters wrote of it."""

from __future__ import annotations

from collections import Counter

from tasrih.text.normalise import normalise
from tasrih.text.words import FUNCTION_WORDS, matter, without_clitics, words


class SourceSpelling:
    """The words of a text as it spells them, vowel marks and tatweel left out.

    Example:
        >>> SourceSpelling("وصلت رسالة الوزير للأمن", "news").of("رساله الي وزير الامن")
        'رسالة إلى وزير الأمن'
    """

    def __init__(self, text: str, profile: str) -> None:
        """Take the words of a text.

        Args:
            text: the text that summaries are written of.
            profile: the normalisation profile under which they are written.
        """
        self._profile = profile
        clean = normalise(text, "tidy")
        whole = Counter(clean[start:end] for start, end in words(clean))
        # by folded form: the commonest word of the text, then function words, then what is left without clitics
        self._spelled: dict[str, str] = {}
        for word, _ in whole.most_common():
            self._spelled.setdefault(self._fold(word), word)
        matters = [word for word in self._spelled.values() if next(matter(word), None)]
        for word in FUNCTION_WORDS:
            self._spelled.setdefault(self._fold(word), word)
        for word in matters:
            for left, definite in without_clitics(word).items():
                self._spelled.setdefault(self._fold(left), left)
                if definite:  # its alef fell away in للأمن
                    self._spelled.setdefault(self._fold(f"ال{left}"), f"ال{left}")

    def _fold(self, word: str) -> str:
        return normalise(word, self._profile)

    def _word(self, word: str) -> str:
        folded = self._fold(word)
        if folded != word:  # it is spelled already
            return word
        if found := self._spelled.get(folded):
            return found
        for left in without_clitics(word):
            if found := self._spelled.get(left):
                return word[: len(word) - len(left)] + found
        return word

    def of(self, summary: str) -> str:
        """Give each word of a summary as the text spells it.

        Args:
            summary: what was written of the text, in folded letters.

        Returns:
            The summary. A word that is spelled in other letters than the profile leaves stays, and so does one that
            neither the text nor the list of function words has.
        """
        made, done = [], 0
        for start, end in words(summary):
            made += [summary[done:start], self._word(summary[start:end])]
            done = end
        return "".join([*made, summary[done:]])
