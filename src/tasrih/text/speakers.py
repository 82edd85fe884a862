"""Who speaks in an Arabic news sentence, found by rules.

A speaker is the subject of a verb of saying or acting ("قال الوزير", "الوزير يؤكد") or stands in a formula
of attribution ("وفقا لـ", "نقلت ... عن"). Its name runs as far as Arabic noun phrases run: annexed nouns,
agreeing adjectives, names, short quoted or bracketed words, and appositions between commas.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tasrih.text import lexicon as lex
from tasrih.text import phrases
from tasrih.text.phrases import CLOSING, COMMAS, DASHES, INSERTED, OPENING, QUOTED, Phrase, Words

# What a reading of the sentence is worth, set on the training and validation sentences of the statement set.
_WORTH = {
    "minor": -4.0,
    "source": -5.0,
    "told": -3.0,
    "imperfect": -5.0,
    "title": 2.5,
    "opens": 1.0,
    "word": -0.2,
    "subject": 0.0,
    "topic": 3.5,
    "within": -2.0,
    "relayed": 2.5,
    "unnamed": -1.0,
    "formula": -0.5,
    "colon": -2.0,
    "nobody": -5.0,
}
_CLITICS = ("", "و", "ف", "ب", "ل", "ول", "وب")
# of each gender
_REMEMBERED = 4


@dataclass(frozen=True, slots=True)
class SpeakerSpan:
    """The words that name a speaker: ``sentence[start:end] == text``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who speaks in one sentence of an article.

    Attributes:
        speaker: the words that name the speaker, or none.
        sentence: the number of the sentence in which these words stand, or none.
        inferred: whether the speaker was carried over from an earlier sentence.
    """

    speaker: SpeakerSpan | None
    sentence: int | None
    inferred: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a sentence: words ``start`` to ``end`` speak by the verb at ``verb``."""

    start: int
    end: int
    verb: int
    kind: str
    gender: str


def _skip(words: Words, index: int) -> int:
    """Step over adverbs, an insertion between commas, or the occasion or addressee that follows a verb."""
    index += 1
    while words[index] in lex.ADVERBS:
        index += 1
    word = words[index]
    if word and word in COMMAS + DASHES:
        for close in range(index + 2, min(index + INSERTED, len(words))):
            if words[close] == word:
                index = close + 1
                while words[index] in lex.ADVERBS:
                    index += 1
                return index
    elif word in ("في", "خلال", "عبر") and words[index + 1] in lex.OCCASIONS:
        index += 2
        while words[index] in lex.OCCASIONS or words[index] in lex.ADVERBS:
            index += 1
    elif word == "ل" or (word[:1] == "ل" and (word in lex.MEDIA or word[1:] in lex.MEDIA)):
        index += 1
        if words[index] and words[index] in OPENING:
            for close in range(index + 1, min(index + QUOTED, len(words))):
                if words[close] in CLOSING:
                    return close + 1
    return index


def _is_verb_here(words: Words, index: int, form: str) -> bool:
    """Say whether a word that may be a verb stands where verbs stand."""
    word, before = words[index], words[index - 1]
    if index in words.passive or (word in lex.STOPS and (word not in lex.NOUNLIKE or index > 1)):
        return False
    if form not in lex.NOUNLIKE or word != form:
        return index not in words.closed
    if before in lex.STOPS:
        return before in lex.OPENERS or before in lex.ADVERBS
    return not lex.is_definite(before) or index < 2 or words[index - 2] in ("من", "و")


def _readings(words: Words) -> Iterator[_Reading]:
    for index, word in enumerate(words.words):
        if word in lex.FORMULAS:
            start = index + 1 + (words[index + 1] == "ل")
            after_lam = words[start][:1] == "ل" and words[start] not in lex.NATIONS
            if end := Phrase(words, start, after_lam=after_lam).end():
                yield _Reading(start, end, index, "formula", "")
        read = lex.verb(word)
        if read and _is_verb_here(words, index, read[0]):
            yield from _subjects(words, index, *read)
        if index == 0 or word in lex.OPENERS:
            yield from _topics(words, index + 1 if word in lex.OPENERS else 0)


def _subjects(words: Words, index: int, form: str, gender: str) -> Iterator[_Reading]:
    """Read a verb with what follows it."""
    if form in lex.RELAYING:
        for at in range(index + 1, min(index + INSERTED, len(words))):
            if words[at] == "عن":
                if end := Phrase(words, at + 1).end():
                    yield _Reading(at + 1, end, index, "relayed", "")
                return
    start = _skip(words, index)
    pronoun = form.endswith(("وا", "ون")) and gender == "p"  # a named subject takes the singular before it
    if not pronoun and (end := Phrase(words, start).end(gender)):
        yield _Reading(start, end, index, "subject", gender)
    elif form not in lex.MINOR and not (gender == "p" and form.endswith("ا")):
        yield _Reading(index, index, index, "unnamed", gender)


def _topics(words: Words, start: int) -> Iterator[_Reading]:
    """Read a noun phrase with the verb that follows it."""
    if lex.verb(words[start]) or (end := Phrase(words, start).end()) is None:
        return
    if start == 0 and words[end] == ":":
        yield _Reading(start, end, end, "colon", "")
    at = end
    while words[at] in lex.ADVERBS or words[at] in ("لم", "لن", "لا", "،"):
        at += 1
    read = lex.verb(words[at])
    if words[start - 1] in ("كان", "كانت", "وكان", "وكانت"):
        for at in range(end, min(end + INSERTED, len(words))):
            read = lex.verb(words[at])
            if read and (words[at] not in lex.NOUNLIKE or words[at - 1] == "قد"):
                break
    if read:
        yield _Reading(start, end, at, "topic", read[1])


def _worth(words: Words, reading: _Reading, first: _Reading) -> float:
    """Weigh a reading: statements come early, with a title, in the perfect, and from the one who said them first."""
    worth = _WORTH[reading.kind] + _WORTH["word"] * min(reading.verb, 20)
    if reading.kind != "unnamed":
        worth += _WORTH["source"] * (words[reading.start] in lex.SOURCES)
        worth += _WORTH["title"] * (lex.bare(words[reading.start]) in lex.TITLES)
    if reading.kind in ("formula", "colon"):
        return worth
    form = (lex.verb(words[reading.verb]) or ("", ""))[0]
    before = words[reading.verb - 1]
    # what a named speaker tells of others is no statement of theirs, unless their very words are passed on
    told_by = first.kind == "subject" and first.end <= reading.start and words[first.start] not in lex.SOURCES
    passed_on = form in lex.SAYING and form not in lex.IMPERFECT and reading.start - first.end < 3
    worth += _WORTH["within"] * (reading.kind == "topic" and told_by and not passed_on)
    worth += _WORTH["formula"] * (before in ("حسبما", "كما", "وكما", "حسب") and reading.verb > 1)
    worth += _WORTH["minor"] * (form in lex.MINOR)
    worth += _WORTH["told"] * (reading.kind != "topic" and before in lex.RELATIVE)
    worth += _WORTH["imperfect"] * (form in lex.IMPERFECT)
    return worth + _WORTH["opens"] * (reading.verb == first.verb or reading.verb < 2)


def _best(words: Words) -> _Reading | None:
    best, top = None, _WORTH["nobody"]
    first = None
    for reading in _readings(words):
        if first is None or first.kind == "formula":
            first = reading
        worth = _worth(words, reading, first)
        if worth > top:
            best, top = reading, worth
    return best if best and best.end > best.start else None


def _span(sentence: str, words: Words, reading: _Reading) -> SpeakerSpan:
    start, end = reading.start, reading.end
    inner = words.words[start + 1 : end - 1]
    quoted = words[start] in OPENING and words[end - 1] in CLOSING
    if inner and quoted and not any(word in CLOSING for word in inner):
        start, end = start + 1, end - 1
    first, last = words.spans[start][0], words.spans[end - 1][1]
    if reading.kind == "formula" and words[start][0] == "ل" and words[start] not in lex.NATIONS:
        first += words[start][1:2] != "ل"  # the preposition of وفقا لـ, where the noun can be told from it
    first, last = words.folded.to_source(first, last)
    return SpeakerSpan(sentence[first:last], first, last)


def find_speaker(sentence: str) -> SpeakerSpan | None:
    """Find who performs the first act of a sentence.

    Args:
        sentence: one sentence, as it was printed.

    Returns:
        The shortest full noun phrase that names the speaker, or none where a pronoun or nothing does.

    Example:
        >>> find_speaker("وقالت وزيرة الصحة منى سالم إن اللقاح متوفر").text
        'وزيرة الصحة منى سالم'
    """
    words = phrases.read(sentence)
    reading = _best(words)
    return _span(sentence, words, reading) if reading else None


def _unnamed_opening(words: Words) -> str | None:
    """Give the gender of a verb of saying that opens the sentence without a subject."""
    for index in range(min(len(words), INSERTED)):
        word = words[index]
        if word in lex.PARTICIPLES:
            return "f" if word.endswith("ة") else "m"
        read = lex.verb(word)
        if read and _is_verb_here(words, index, read[0]):
            named = [r for r in _subjects(words, index, *read) if r.kind != "unnamed"]
            opening = index < 2 or words[index - 1] in COMMAS or words[index - 1] in lex.ADVERBS
            return read[1] if not named and opening and read[0] not in lex.MINOR else None
        if (word in lex.OPENERS and index > 0) or word in OPENING:
            return None
    return None


def _names_itself(words: Words, key: str) -> bool:
    """Say whether a sentence names the one who is known by a folded word; one does not tell of oneself by name."""
    return bool(key) and any(word.removeprefix(clitic) == key for word in words.words for clitic in _CLITICS)


def attribute(sentences: Sequence[str], quoted_from: Sequence[int | None] = ()) -> list[Attribution]:
    """Say for every sentence of an article who speaks in it.

    A sentence that begins with a verb of saying without a subject ("وأضاف أن") belongs to the last speaker named
    before it with whom the verb agrees and whom it does not name; one that goes on with a quotation and names nobody,
    to the speaker of the sentence in which the quotation began.

    Args:
        sentences: the article's sentences, in order.
        quoted_from: for every sentence the number of the earlier one in which the quotation began that it stands in,
            None where it stands in none; empty where it is not known.

    Returns:
        One attribution a sentence.

    Raises:
        ValueError: if ``quoted_from`` is not empty and not as long as the sentences.

    Example:
        >>> chain = attribute(["قال الوزير سامي حداد إن الطريق مفتوح.", "وأضاف أن العمل مستمر."])
        >>> chain[1].speaker.text, chain[1].sentence, chain[1].inferred
        ('الوزير سامي حداد', 0, True)
    """
    chain: list[Attribution] = []
    # by gender: who was heard, the last at the end, each with the name that stands at the head of their words
    heard: dict[str, deque[tuple[Attribution, str]]] = {gender: deque(maxlen=_REMEMBERED) for gender in "mfp"}
    for number, (sentence, origin) in enumerate(zip(sentences, quoted_from or [None] * len(sentences), strict=True)):
        words = phrases.read(sentence)
        if (asked := _unnamed_opening(words)) and heard[asked]:
            earlier = next((one for one in reversed(heard[asked]) if not _names_itself(words, one[1])), None)
            if earlier:
                heard[asked].append(earlier)
            chain.append(replace(earlier[0], inferred=True) if earlier else Attribution(None, None, False))
            continue
        reading = _best(words)
        if reading is None:
            carried = chain[origin] if origin is not None else Attribution(None, None, False)
            chain.append(replace(carried, inferred=carried.speaker is not None))
            continue
        found = Attribution(_span(sentence, words, reading), number, False)
        chain.append(found)
        first = words[reading.start]
        gender = reading.gender or ("f" if lex.is_feminine(first) or first in lex.FEMININE else "m")
        for known in {gender, "p"} if Phrase.is_many(lex.bare(first)) else {gender}:
            heard[known].append((found, "" if lex.is_head(first) else first))
    return chain
