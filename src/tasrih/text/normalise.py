"""Named normalisation profiles for Arabic text, each with a map back to the caller's own offsets.

A profile is a tuple of *steps*; a step rewrites single characters (or a letter with its combining
hamza), or stretches such as links. Nothing is rewritten unless a profile says so: the default,
``lossless``, changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache


def _range(*spans: tuple[int, int]) -> str:
    return "".join(chr(c) for first, last in spans for c in range(first, last + 1))


_MARKS = _range(
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E4),
    (0x06E7, 0x06E8),
    (0x06EA, 0x06ED),
    (0x08D3, 0x08E1),
    (0x08E3, 0x08FF),
)
_INVISIBLE = _range((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x2069)) + "\u00ad\u061c\ufeff"


def _presentation_forms() -> dict[str, str]:
    forms = {}
    for char in _range((0xFB50, 0xFDFF), (0xFE70, 0xFEFC)):
        plain = unicodedata.normalize("NFKC", char)
        if plain != char:
            # the spacing forms of the vowel marks decompose to a space and the mark
            forms[char] = plain.strip() if char != "\ufdfa" else plain
    return forms


#: What each step rewrites, in the order in which steps apply. Keys are one character, or a letter followed
#: by a combining mark (in ``compose`` alone, which therefore comes first).
STEPS: dict[str, dict[str, str]] = {
    "compose": {
        "ا\u0653": "آ",
        "ا\u0654": "أ",
        "ا\u0655": "إ",
        "و\u0654": "ؤ",
        "ي\u0654": "ئ",
        "ى\u0654": "ئ",
    },
    "presentation": _presentation_forms(),
    "invisible": dict.fromkeys(_INVISIBLE, ""),
    "tatweel": {"ـ": ""},
    "diacritics": dict.fromkeys(_MARKS, ""),
    "lookalikes": {
        "ک": "ك",
        "ڪ": "ك",
        "ی": "ي",
        "ې": "ي",
        "ے": "ي",
        "ہ": "ه",
        "ھ": "ه",
        "ە": "ه",
        "ۀ": "ه",
        "ۃ": "ة",
        "ں": "ن",
    },
    "digits": {chr(base + i): str(i) for base in (0x0660, 0x06F0) for i in range(10)},
    "alef": dict.fromkeys("أإآٱٲٳٵ", "ا"),
    "maqsura": {"ى": "ي"},
    "seats": {"ؤ": "و", "ئ": "ي"},
    "hamza": {"ء": ""},
    "marbuta": {"ة": "ه"},
    "quotes": {**dict.fromkeys("«»“”„‟″", '"'), **dict.fromkeys("‘’‚‛′", "'")},
    "punctuation": {"،": ",", "؛": ";", "؟": "?", "٪": "%", "٫": ".", "٬": ",", **dict.fromkeys("‐‑‒–—―−", "-")},
}

_LETTERS = "\u0621-\u063a\u0641-\u064a"
_DIGITS = "0-9\u0660-\u0669"
_LINK = r"https?://\S+|www\.\S+"
# begun where a run of such characters begins alone: in a text without a space every letter would be tried to its end
_EMAIL = r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+"
_MENTION = r"(?<![\w@])@\w+"

#: Steps that rewrite whole stretches, as pairs of a pattern and what stands for it; they go before those of ``STEPS``.
STRETCHES: dict[str, tuple[tuple[str, str], ...]] = {
    "arabert_marks": ((_LINK, " [رابط] "), (_EMAIL, " [بريد] "), (_MENTION, " [مستخدم] ")),
    "marbert_marks": ((_LINK, " URL "), (_MENTION, " USER "), (r"(?<![\w#])#\w+", " HASHTAG ")),
    # a word and a number that touch are parted
    "apart": ((rf"(?<=[{_LETTERS}{re.escape(_MARKS)}])(?=[{_DIGITS}])|(?<=[{_DIGITS}])(?=[{_LETTERS}])", " "),),
}

_TIDY = ("compose", "presentation", "invisible", "tatweel", "diacritics", "lookalikes")

#: Profile name to its steps, in the order in which they apply.
PROFILES: dict[str, tuple[str, ...]] = {
    "lossless": (),
    "tidy": _TIDY,
    "encoder": (*_TIDY, "digits", "alef", "maqsura"),
    "news": (*_TIDY, "digits", "alef", "maqsura", "seats", "marbuta", "quotes", "punctuation"),
    "search": (*_TIDY, "digits", "alef", "maqsura", "seats", "hamza", "marbuta"),
    # What each family of bases was pretrained on. The letters of presentation forms, which their tokenizers do not
    # know, are resolved first.
    # AraBERT v0.2 (Antoun et al. 2020; preprocess.py of aub-mind/arabert): no Farasa there; vowel marks and tatweel
    # go, links, addresses and mentions become marks of the vocabulary, numbers stand apart from words; letters outside
    # its alphabet, such as the Persian look-alikes, would be dropped.
    "arabert": ("arabert_marks", "apart", *_TIDY),
    # ARBERT and MARBERT (Abdul-Mageed et al. 2021): vowel marks go; URL, USER, HASHTAG.
    "marbert": ("marbert_marks", "compose", "presentation", "invisible", "diacritics"),
    # CAMeLBERT (Inoue et al. 2021, and its card): vowel marks and tatweel go, hamza and case stay.
    "camelbert": ("compose", "presentation", "invisible", "tatweel", "diacritics"),
    # AraBART (Kamal Eddine et al. 2022) was pretrained on AraBERT's corpora; its card names no preprocessing, and what
    # stands here is the part of AraBERT's that changes no word.
    "arabart": ("compose", "presentation", "invisible", "tatweel", "diacritics"),
    # SentencePiece's own NFKC is all that mT5 (Xue et al. 2021) and XLM-R (Conneau et al. 2020) ask for.
    "mt5": (),
    "xlm-roberta": (),
}

#: Part of a base's name to its profile, the first that fits; see ``profile_of_family``.
FAMILIES: dict[str, str] = {
    "arabertv02": "arabert", "araelectra": "arabert", "marbert": "marbert", "arbert": "marbert",
    "camelbert": "camelbert", "arabart": "arabart", "mt5": "mt5", "xlm-roberta": "xlm-roberta", "xlm-r": "xlm-roberta",
}  # fmt: skip


def profile_of_family(name: str) -> str | None:
    """Name the profile of the family of pretrained models that a model's name belongs to.

    Args:
        name: a hub id or the name of a folder, in any case.

    Returns:
        A name in ``PROFILES``; None where no family is known by that name.

    Raises:
        ValueError: for AraBERT v0.1, v1 and v2, whose texts are segmented by Farasa or by older rules.

    Example:
        >>> profile_of_family("UBC-NLP/MARBERTv2"), profile_of_family("my-model")
        ('marbert', None)
    """
    name = name.lower()
    for part, profile in FAMILIES.items():
        if part in name:
            return profile
    if "arabert" in name:
        raise ValueError(
            f"{name} was pretrained on texts prepared by Farasa or by older rules, which tasrih does not have: "
            "take bert-base-arabertv02, or name a profile yourself"
        )
    return None


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text that remembers where each of its characters stood.

    Attributes:
        text: the normalised text.
        source: the text it was made from.
        edits: ``(start, end, source_start, source_end)`` of every rewritten stretch, in order, the
            first pair in characters of ``text``, the second in characters of ``source``.
    """

    text: str
    source: str
    edits: tuple[tuple[int, int, int, int], ...] = ()

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of the normalised text to the span of the source that it came from.

        Marks that were dropped right after a character belong to it, so that a word keeps its
        last vowel mark.

        Args:
            start: first character of the span in ``text``.
            end: one past its last character.

        Returns:
            ``(start, end)`` in characters of ``source``.

        Raises:
            ValueError: if the span does not lie in ``text``.

        Example:
            >>> fold("كَتَبَ", "encoder").to_source(1, 2)
            (2, 4)
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError(f"the span {start}:{end} does not lie in a text of {len(self.text)} characters")
        first = self._position(start, last=False)
        return (first, first) if start == end else (first, self._position(end, last=True))

    def _position(self, offset: int, *, last: bool) -> int:
        index = bisect_right(self.edits, (offset, len(self.text) + 1)) - 1
        if index < 0:
            return offset
        start, end, source_start, source_end = self.edits[index]
        if last and offset == start < end:  # the span stops right before this edit
            return source_start
        if offset < end:
            return source_end if last else source_start
        return source_end + offset - end


@lru_cache(maxsize=64)
def _compiled(steps: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str], tuple[str, ...]]:
    """Make one pattern of all steps, the table of its characters, and what stands for its numbered stretches."""
    stretches = [pair for step in steps for pair in STRETCHES.get(step, ())]
    table: dict[str, str] = {}
    for step in steps:
        rules = STEPS.get(step, {})
        for source, target in table.items():
            table[source] = "".join(rules.get(char, char) for char in target)
        for source, target in rules.items():
            table.setdefault(source, target)
    pairs = [key for key in table if len(key) > 1]
    singles = "".join(key for key in table if len(key) == 1)
    alternatives = [
        *(f"({pattern})" for pattern, _ in stretches),
        *map(re.escape, pairs),
        *([f"[{re.escape(singles)}]"] if singles else []),
    ]
    return re.compile("|".join(alternatives)), table, tuple(new for _, new in stretches)


def steps_of(profile: str | Iterable[str]) -> tuple[str, ...]:
    """Give the steps of a profile, by its name or as the steps themselves.

    Args:
        profile: a name in ``PROFILES``, or names of steps in ``STRETCHES`` and ``STEPS`` in any order.

    Returns:
        The names of the steps, in the order in which they apply (that of ``STRETCHES``, then ``STEPS``).

    Raises:
        ValueError: if a name is unknown; the message lists those that exist.

    Example:
        >>> steps_of("lossless")
        ()
    """
    if isinstance(profile, str):
        if profile not in PROFILES:
            raise ValueError(f"unknown normalisation profile {profile!r}: choose from {', '.join(PROFILES)}")
        return PROFILES[profile]
    steps, known = tuple(profile), (*STRETCHES, *STEPS)
    for step in steps:
        if step not in known:
            raise ValueError(f"unknown normalisation step {step!r}: choose from {', '.join(known)}")
    return tuple(step for step in known if step in steps)


def fold(text: str, profile: str | Iterable[str]) -> Normalised:
    """Normalise a text and keep the map back to it.

    Args:
        text: any string.
        profile: a name in ``PROFILES``, or names of steps in ``STEPS``.

    Returns:
        The normalised text with its offset map.

    Raises:
        ValueError: if the profile or a step is unknown.

    Example:
        >>> fold("إلى ليبيـا", "encoder").text
        'الي ليبيا'
    """
    steps = steps_of(profile)
    if not steps:
        return Normalised(text, text)
    pattern, table, stretches = _compiled(steps)
    pieces: list[str] = []
    edits: list[tuple[int, int, int, int]] = []
    taken = length = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        new = table[match[0]] if match.lastindex is None else stretches[match.lastindex - 1]
        length += start - taken
        pieces += (text[taken:start], new)
        edits.append((length, length + len(new), start, end))
        length += len(new)
        taken = end
    pieces.append(text[taken:])
    return Normalised("".join(pieces), text, tuple(edits))


def normalise(text: str, profile: str | Iterable[str] = "lossless") -> str:
    """Rewrite a text by a named profile.

    ``lossless`` changes nothing; ``tidy`` resolves presentation forms and Persian look-alikes and drops
    vowel marks, tatweel and invisible marks; ``encoder`` also folds digits, alef forms and alef
    maqsura; ``news``, what the bundled encoder reads, folds the seats of hamza, ta marbuta, kinds of
    quotes and of punctuation as well; ``search`` goes on from ``encoder`` to every hamza and ta
    marbuta. The others are those of the families of bases that are fine-tuned (see ``profile_of_family``).

    Args:
        text: any string.
        profile: a name in ``PROFILES``, or names of steps in ``STEPS``.

    Returns:
        The normalised text.

    Raises:
        ValueError: if the profile or a step is unknown.

    Example:
        >>> normalise("الأُمَّة", "search")
        'الامه'
    """
    return fold(text, profile).text
