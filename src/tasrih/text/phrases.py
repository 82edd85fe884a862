"""Noun phrases: a sentence in folded words, and the walk over one name from its title to its end."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasrih.text.lexicon import (
    ADJECTIVES,
    ADVERBS,
    BODIES,
    GOVERNING,
    HONOURS,
    MEDIA,
    NATIONS,
    NOUNLIKE,
    OCCASIONS,
    OWNED,
    PARTICIPLES,
    PLACES,
    PLURAL,
    QUANTITIES,
    STOPS,
    TITLES,
    agrees,
    bare,
    is_adjective,
    is_deed,
    is_definite,
    is_head,
    is_stop,
    owner,
    verb,
)
from tasrih.text.normalise import Normalised, fold

_TOKEN = re.compile(r"\w+|[^\w\s]")
_PASSIVE = re.compile(r"[وف]?[^\Wيتن]\u064f\w")
_ADJECTIVE_OF_DOING = re.compile(r"الم\w{3,}ة")
#: Marks, each opening one above the closing one that answers it.
OPENING, CLOSING, DASHES, COMMAS = "«\"“”'‘(<[", "»\"”“'’)>]", "-–—", "،,؛"
# Far longer than any speaker: they keep the search linear on hostile text.
_LONGEST, QUOTED, INSERTED = 32, 8, 14


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence in folded words; ``closed`` are those whose spelling shows that they are no part of a name."""

    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    closed: frozenset[int]
    passive: frozenset[int]
    folded: Normalised

    def __getitem__(self, index: int) -> str:
        return self.words[index] if 0 <= index < len(self.words) else ""

    def __len__(self) -> int:
        return len(self.words)


def read(sentence: str) -> Words:
    """Cut a sentence into folded words that remember their places.

    Args:
        sentence: any string.

    Returns:
        Its words and single marks.

    Example:
        >>> read("قَالَ الوزير.").words
        ('قال', 'الوزير', '.')
    """
    folded = fold(sentence, "encoder")
    words, spans, closed, passive = [], [], set(), set()
    for match in _TOKEN.finditer(folded.text):
        word, index = match[0], len(words)
        start, end = folded.to_source(*match.span())
        source = sentence[start:end]
        if "\u064b" in source or source[:2] in ("بإ", "لإ") or word in PARTICIPLES:
            closed.add(index)
        if _PASSIVE.match(source):
            passive.add(index)
        words.append(word)
        spans.append(match.span())
    return Words(tuple(words), tuple(spans), frozenset(closed), frozenset(passive), folded)


class Phrase:
    """Walks over one noun phrase, word by word.

    ``open`` says that the last word is annexed to what follows, ``loose`` that it may be; ``titled``, ``body``
    and ``named`` what the phrase has shown so far; ``common`` that it began with a plain definite noun.
    """

    def __init__(self, words: Words, start: int, *, after_lam: bool = False) -> None:
        self.words, self.start, self.limit = words, start, min(len(words), start + _LONGEST)
        word = words[start]
        if after_lam:  # للوزير, لوزير
            word = "ال" + word[2:] if word[:2] == "لل" else word[1:]
        self.first, self.nested = word, False

    def end(self, gender: str = "") -> int | None:
        """Give one past the last word of the phrase, or none where no speaker's name starts here."""
        index = self.start
        if self.first and self.first in OPENING and self.first not in "(<[":
            close = self._close(index)
            if close is None or close - index > 5 or not self._may_start(self.words[index + 1], index + 1, gender):
                return None
            self._enter(self.words[index + 1])
            index, self.open = close, False
        elif self._may_start(self.first, index, gender):
            self._enter(self.first)
        else:
            return None
        index += 1
        while index < self.limit and (step := self._step(index)):
            index += step
        while index > self.start and self._dangles(index - 1):
            index -= 1
        return index if index > self.start else None

    def _dangles(self, index: int) -> bool:
        word = self.words[index]
        return (not word[-1].isalnum() and word not in CLOSING) or (len(word) == 1 and word.isalpha())

    def _may_start(self, word: str, index: int, gender: str) -> bool:
        after = self.words[index + 1]
        if not word or not word[0].isalpha() or index in self.words.closed:
            return False
        if of := owner(word):
            return of in TITLES
        if len(word) < 2 and after != ".":
            return False
        if word in ("احد", "بعض", "كبار", "عدد", "عدة", "هذا", "هذه", "كل"):
            return is_head(after) or (word == "عدد" and after == "من")
        if is_stop(word) or is_deed(word) or (word[0] == "ن" and verb("ي" + word[1:])):  # أضاف: نعتبر ...
            return False
        if gender and verb(word) and word not in NOUNLIKE and word not in NATIONS:
            return False
        return agrees(gender, word, after)

    def _enter(self, word: str) -> None:
        noun = bare(word)
        self.titled = noun in TITLES or owner(word) in TITLES
        self.body = noun in BODIES or word in NATIONS
        plain = not self.titled and not self.body
        self.named, self.common = plain and not is_definite(word), plain and is_definite(word)
        self.several = self.is_many(noun)
        self.open = self._governs(word) or word in ("هذه", "هذا", "بعض", "معظم")
        self.loose, self.within, self.last = False, False, word

    @staticmethod
    def is_many(noun: str) -> bool:
        return noun in PLURAL or (noun.endswith(("ون", "ين")) and noun not in ("امين", "معين"))

    def _governs(self, word: str) -> bool:
        if is_definite(word) or owner(word):
            return False
        listed = word in TITLES or word in BODIES or word in GOVERNING
        return listed or (word.endswith("ة") and not word.endswith("ية") and not self.named)

    def _take(self, word: str, step: int = 1) -> int:
        self.last, self.open = word, self._governs(word)
        return step

    def _close(self, index: int) -> int | None:
        mark = CLOSING[OPENING.index(self.words[index])]
        for at in range(index + 1, min(index + QUOTED, len(self.words))):
            if self.words[at] == mark or (self.words[at] in CLOSING and self.words[index] != "("):
                return at
        return None

    def _step(self, index: int) -> int:
        """Say how many words from here belong to the phrase: none ends it."""
        words, word, after = self.words, self.words[index], self.words[index + 1]
        if not word[0].isalnum():
            return self._mark(index)
        if self.last in ("د", "ا") or word in ("الله", "بالانابة"):
            self.last = word
            return 1
        if index in words.closed or word[0].isdigit():
            return 0
        someone = self.titled or self.named
        if word == "بان" and after == "كي" and someone:  # the folded بان كي مون is also "that, in order to"
            self.last, self.named = after, True
            return 2
        if word == "باسم" and self.titled and not self.named:
            self.last, self.open = word, True
            return 1
        if word == "علي" and someone and self._before_name(index):  # the name, not the folded على
            self.last, self.open = word, False
            return 1
        if word in ADJECTIVES and is_definite(self.last) and not self.named:
            self.last, self.open = word, False
            return 1
        if word == "عام" and self.last in ("مدير", "امين", "مفتش", "قائد", "رئيس", "منسق", "مشرف"):
            self.last, self.open = word, True
            return 1
        if is_stop(word) and not (self.open and is_head(word)):
            return self._attached(index)
        if word[0] == "ل" and self.body and not self.open and word[1:] in GOVERNING:
            return self._attached(index)
        if word[0] == "و" and self._joined(word):
            return self._take(word[1:])
        if self._continues(index):
            self.last = word
            return 1
        return 0

    def _before_name(self, index: int) -> bool:
        after = self.words[index + 1]
        if not self.titled and is_definite(self.last):
            return False
        return after[:1].isalpha() and not is_definite(after) and not is_stop(after) and not is_deed(after)

    def _mark(self, index: int) -> int:
        words, mark, after = self.words, self.words[index], self.words[index + 1]
        if mark == "." and self.last in ("د", "ا", "م"):
            return 1
        if mark in DASHES and after[:1].isalpha():  # فرانك-فالتر
            (_, before), (start, end), (then, _) = words.spans[index - 1 : index + 2]
            if before == start and end == then:
                self.last = after
                return 2
        if mark in COMMAS or (mark in DASHES and bare(after) in TITLES):
            return self._apposition(index)
        if mark not in OPENING or (close := self._close(index)) in (None, index + 1):
            return 0
        if after in STOPS or (not self.open and (is_deed(after) or (verb(after) and after not in NOUNLIKE))):
            return 0
        if mark == "(":
            then = words[close + 1]
            short = self.body and close - index < 4 and after[0].isalpha() and after not in ADVERBS
            if not short and not (then[:1].isalpha() and self._continues(close + 1)):
                return 0
        elif self.named and not self.body and not self.titled:  # what a man is quoted with is what he says
            return 0
        self.open, self.last = False, words[close - 1]
        return close + 1 - index

    def _apposition(self, index: int) -> int:
        """Take ``، name،`` after a title, or ``، title`` after a name."""
        words, start = self.words, index + 1
        word = words[start]
        if self.nested or start >= self.limit or (self.body and not self.titled):
            return 0
        if not word[:1].isalpha() or verb(word) or (word[0] == "و" and not is_head(word)):
            return 0
        title = bare(word) in TITLES
        if title == (self.titled and not self.named) and not (title and is_definite(word)):
            return 0
        inner = Phrase(words, start)
        inner.limit, inner.nested = self.limit, True  # one level: the work stays in proportion to the words
        end = inner.end()
        if end is None or (end - start < 2 and not title):
            return 0
        if not title and words[end] not in (*COMMAS, "", ":", "ان", "انه", "انها", "في", "علي", "من", "الي"):
            return 0
        self.last, self.named, self.open = words[end - 1], True, False
        return end - index

    def _attached(self, index: int) -> int:
        """Take a preposition with its noun where a title or body calls for it (سفير ... لدى, مجلس ... لـ)."""
        word, after = self.words[index], self.words[index + 1]
        if word in ("ذاته", "ذاتها", "نفسه", "نفسها"):
            return int(index == self.start + 1)
        if (self.named and not self.several) or not (self.titled or self.body or self.common):
            return 0
        plain = after[:1].isalpha() and not is_stop(after) and not owner(after)
        if word == "من" and plain and self.last in QUANTITIES:
            self._enter(after)
            return 2
        if self.common:
            return 0
        if word in ("في", "لدي") and plain:
            if word == "في" and self.first in ("الرئيس", "الوزير", "الملك"):
                return 0
            fits = self.titled or self._is_place(after) or bare(after) in BODIES
            occasion = is_deed(after) or bare(after) in OCCASIONS
            return self._take(after, 2) if fits and not occasion else 0
        if (word == "علي" and bare(self.first) == "مشرف" and plain) or (
            word == "الي" and self.titled and after in NATIONS
        ):
            return self._take(after, 2)
        noun, rest = "", word[1:]
        if word[:2] == "لل" and word not in MEDIA:
            noun = "ال" + word[2:]
        elif word[:3] == "بال" and (self._is_place(rest) or (not is_deed(rest) and is_head(rest))):
            noun = rest
        elif word[0] == "ل" and len(word) > 3 and rest not in MEDIA:
            noun = rest if rest == "كرة" or is_head(rest) or rest in GOVERNING else ""
        elif word[0] == "ب" and not is_deed(rest):
            noun = rest if rest in NATIONS or is_head(rest) else ""
        return self._take(noun) if noun else 0

    @staticmethod
    def _is_place(word: str) -> bool:
        return word in NATIONS or bare(word) in PLACES

    def _joined(self, word: str) -> bool:
        rest = word[1:]
        if self.open or self.named or is_head(word) or word in GOVERNING or len(rest) < 3:
            return False
        if is_stop(rest) or owner(rest) or (not is_definite(rest) and verb(word)):
            return False
        return is_definite(rest) or rest in NATIONS or is_head(rest)

    def _continues(self, index: int) -> bool:
        word = self.words[index]
        acts = verb(word)
        if self.open:
            if acts and word not in NOUNLIKE and word not in NATIONS:
                return False
            self.open, self.titled = self._governs(word), self.titled or word in TITLES
            settled = is_definite(word) or word in NATIONS or word.endswith(("ي", "ية", "ون", "ين"))
            self.loose, self.within = not (self.open or settled or self.named), self.body and word in HONOURS
            return True
        loose, self.loose = self.loose, False
        if self.within and not is_definite(word):  # مركز الملك سلمان
            self.within = False
            return True
        if is_definite(word):
            return (loose and not is_deed(word) and not self.several) or self._takes_definite(index)
        if self.last in HONOURS and not acts and word not in NATIONS:  # الدكتور نجاح; not وصف الجنرال إيران
            self.named = True
            return True
        if (acts and word not in ("صالح", "كامل")) or is_deed(word) or word in NATIONS or self._is_own(word):
            return False
        if self.titled:
            if (self.several and is_definite(self.last)) or word in PLURAL:
                return False
            if word in TITLES and self.named:  # فلان رئيس الحزب
                self.named = False
            else:
                adjective = word.endswith(("ي", "ية")) and not is_definite(self.last)
                self.named = self.named or not (self.several or adjective)
            self.open = self._governs(word)
            return True
        if self.body:
            adjective = word.endswith(("ي", "ية", "ون", "ين"))
            return adjective and not is_definite(self.last) and self.last not in NATIONS
        if self.common:
            return False
        if word in TITLES:
            self.titled, self.named = True, False
        self.open = self._governs(word)
        return True

    @staticmethod
    def _is_own(word: str) -> bool:
        """Say whether a word with a possessive suffix belongs to what follows the speaker (رعاياها)."""
        noun = owner(word)
        return bool(noun) and (word.endswith(("ها", "هم")) or is_deed(noun) or noun in OWNED)

    def _takes_definite(self, index: int) -> bool:
        word, last, second = self.words[index], self.last, index == self.start + 1
        after_definite, noun = is_definite(last) and self.words[index - 2] != "عبد", bare(word)
        if noun in TITLES and not self.is_many(noun) and (self.titled or (self.named and not second)):
            self.titled, self.named = True, False  # رئيس الحزب النائب فلان
            return True
        feminine, plain = word.endswith("ة"), not is_deed(word) and not is_head(word)
        adjective = is_adjective(word) or (
            _ADJECTIVE_OF_DOING.fullmatch(word) and plain and (last.endswith("ة") or is_adjective(last) or self.common)
        )
        if feminine and self.titled and not self.several and index < self.start + 3:
            # the man whom a lone definite title names has no feminine adjective: it starts the object
            adjective = adjective and (not is_definite(self.first) or self.first.endswith("ة"))
        if second and last in HONOURS and plain and not is_adjective(word):
            self.named = True
            return True
        if adjective and not self.named:
            return after_definite or last in NATIONS or self.body or self.titled
        plural = word.endswith("ين") and word not in ("الدين", "الحسين", "الامين", "الياسين")
        if self.words[index - 2] == "عبد" and self.named:
            return plain
        if self.common or is_deed(word) or word.endswith(("ة", "ات")) or plural:
            return False
        if self.titled and not self.body and not self.several and not self.named:
            self.named = True
            return True
        return self.named and last not in NATIONS and not after_definite
