"""Other spellings of a text, as other people, older programs and scanners write it, with a map of offsets."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from tasrih.text.normalise import PROFILES

#: Share of the letters that the noise of a scanned page replaces.
OCR_SHARE = 0.02

_MARKS = re.compile("[\u064b-\u0652\u0670]")
# letters that differ by their dots or by one stroke, which scanners confuse
_CONFUSED = ("بتثني", "جحخ", "دذ", "رز", "سش", "صض", "طظ", "عغ", "فق", "هة", "وؤ", "اأإ")

#: Gives what stands for each character of a text.
Writer = Callable[[str, random.Random], list[str]]


@dataclass(frozen=True, slots=True)
class Respelt:
    """A text in another spelling.

    Attributes:
        text: the text in that spelling.
        starts: where each character of the original begins in it, and last its length.
    """

    text: str
    starts: tuple[int, ...]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Map a span of the original to the span of the other spelling.

        Args:
            start: first character of the span in the original.
            end: one past its last character.

        Returns:
            ``(start, end)`` in characters of ``text``.
        """
        return self.starts[start], self.starts[end]


@lru_cache(maxsize=1)
def _forms() -> dict[str, dict[str, str]]:
    """Give the presentation forms of each letter, by the place in a word that Unicode names them for."""
    found: dict[str, dict[str, str]] = {}
    for code in range(0xFE80, 0xFEF5):
        kind, _, letter = unicodedata.decomposition(chr(code)).partition(" ")
        if kind.startswith("<") and " " not in letter:
            found.setdefault(chr(int(letter, 16)), {})[kind.strip("<>")] = chr(code)
    return found


def _shaped(text: str, dice: random.Random) -> list[str]:
    """Write letters in the forms that a page shows, as text copied out of old PDF files holds them."""
    forms, made = _forms(), []
    for at, char in enumerate(text):
        own = forms.get(char)
        if own is None:
            made.append(char)
            continue
        before = forms.get(text[at - 1], {}) if at else {}
        after = forms.get(text[at + 1], {}) if at + 1 < len(text) else {}
        joined_before = "initial" in before and "final" in own
        joined_after = "initial" in own and "final" in after
        kind = (("isolated", "initial"), ("final", "medial"))[joined_before][joined_after]
        made.append(own.get(kind, own.get("isolated", char)))
    return made


def _each(pattern: str, change: Callable[[str, random.Random], str]) -> Writer:
    """Rewrite each character that a pattern finds (with whatever must stand beside it)."""
    compiled = re.compile(pattern)

    def write(text: str, dice: random.Random) -> list[str]:
        made = list(text)
        for match in compiled.finditer(text):
            made[match.start()] = change(match.group(), dice)
        return made

    return write


def _table(source: str, target: str) -> Writer:
    table = dict(zip(source, target, strict=True))
    return lambda text, dice: [table.get(char, char) for char in text]


def _curled(text: str, dice: random.Random) -> list[str]:
    """Write straight quotes as word processors do: opening after a space or a bracket, else closing."""

    def curl(before: str, char: str) -> str:
        return char if char != '"' else "“" if before.isspace() or before in "([" else "”"

    return list(map(curl, f" {text}", text))


def _scanned(text: str, dice: random.Random) -> list[str]:
    def confuse(char: str) -> str:
        group = next((group for group in _CONFUSED if char in group), None)
        if group is None or dice.random() >= OCR_SHARE:
            return char
        return dice.choice(group.replace(char, ""))

    return [confuse(char) for char in text]


#: Name of a variant to what writes it, and the steps that fold it where a profile has them all.
VARIANTS: dict[str, tuple[Writer, frozenset[str]]] = {
    "no_diacritics": (_each(_MARKS.pattern, lambda *_: ""), frozenset({"diacritics"})),
    "diacritics": (
        _each("[\u0621-\u064a]", lambda char, dice: char + (dice.choice("ًٌٍَُِّْ") if dice.random() < 0.3 else "")),
        frozenset({"diacritics"}),
    ),
    "tatweel": (
        _each("[بتثجحخسشصضطظعغفقكلمنهي](?=[\u0621-\u064a])", lambda char, dice: char + "ـ" * (dice.random() < 0.2)),
        frozenset({"tatweel"}),
    ),
    "alef_without_hamza": (_table("أإآ", "ااا"), frozenset({"alef"})),
    "presentation_forms": (_shaped, frozenset({"presentation"})),
    "persian_letters": (_table("كي", "کی"), frozenset({"lookalikes"})),
    "arabic_digits": (_table("0123456789", "٠١٢٣٤٥٦٧٨٩"), frozenset({"digits"})),
    "latin_digits": (_table("٠١٢٣٤٥٦٧٨٩", "0123456789"), frozenset({"digits"})),
    "bidi_marks": (
        _each(r"\s", lambda space, dice: space + ("\u200f" if dice.random() < 0.3 else "")), frozenset({"invisible"}),
    ),
    "final_ya_as_maqsura": (_each(r"ي\b", lambda *_: "ى"), frozenset({"maqsura"})),
    "doubled_spaces": (_each(" ", lambda *_: "  "), frozenset()),
    "marbuta_as_ha": (_each(r"ة\b", lambda *_: "ه"), frozenset({"marbuta"})),
    "hamza_seats_dropped": (_table("ؤئ", "وي"), frozenset({"seats"})),
    "straight_quotes": (_table("«»“”", '""""'), frozenset({"quotes"})),
    "curly_quotes": (_curled, frozenset({"quotes"})),
    "latin_punctuation": (_table("،؛؟", ",;?"), frozenset({"punctuation"})),
    # between two digits a mark is part of the number
    "no_punctuation": (_each(r"[،؛؟,;?!:.…](?!(?<=\d.)\d)", lambda *_: ""), frozenset({"none"})),
    "ocr_noise": (_scanned, frozenset({"none"})),
}  # fmt: skip


def respell(name: str, text: str, *, seed: int = 0) -> Respelt:
    """Write a text in another spelling, and keep the map to it.

    Args:
        name: a key of ``VARIANTS``.
        text: any string.
        seed: of the places where a variant that does not change everything changes something.

    Returns:
        The text in that spelling with its offset map.

    Example:
        >>> respell("persian_letters", "كيف").text, respell("doubled_spaces", "قال إن").place(4, 6)
        ('کیف', (5, 7))
    """
    dice = random.Random(f"{seed}:{text}".encode("utf-8", "surrogatepass"))
    pieces = VARIANTS[name][0](text, dice)
    return Respelt("".join(pieces), (0, *accumulate(map(len, pieces))))


def is_folded(name: str, profile: str) -> bool:
    """Say whether a profile reads a variant as it reads the text that it was made of.

    Doubled spaces count as folded by every profile: no tokenizer in use here tells them from one.
    """
    return VARIANTS[name][1] <= set(PROFILES[profile])
