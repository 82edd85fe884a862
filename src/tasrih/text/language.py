"""Whether a text is Arabic at all: by its letters, and by the commonest words of its neighbours."""

from __future__ import annotations

import re

_ARABIC_LETTER = re.compile("[\u0621-\u063a\u0641-\u064a\u066e-\u06d3\u06d5\u06fa-\u06fc\u0750-\u077f\ufb50-\ufdfb\ufe80-\ufefc]")
_WORD = re.compile(r"[^\W\d_]+")
# Letters that Persian, Urdu, Kurdish or Pashto write and Arabic does not. Keheh and Farsi yeh are not
# here: Arabic text typed on a Persian keyboard has them too.
_FOREIGN = re.compile("[\u0679\u067e\u0681\u0685\u0686\u0688\u0689\u0691\u0693\u0695\u0696\u0698\u069a\u06a9\u06ab\u06af\u06b5\u06ba\u06bc\u06c1\u06c6\u06cc\u06ce\u06d0\u06d2\u06d5]")
_KEYBOARD = frozenset("\u06a9\u06cc")
_ARABIC_WORDS = frozenset(
    "في من على إلى الى عن أن ان إن هذا هذه التي الذي ما لا لم لن قد كان كانت مع بعد قبل بين و أو ثم هو هي كل "
    "فی علی الی التی الذی".split()
)
_NEIGHBOUR_WORDS = frozenset(
    # Persian, Urdu, Kurdish, Pashto
    "است که را این از به می با برای آن شد شده های کرد یک تا در خود هم بود "
    "ہے کے کی میں کا سے نے اور کو پر ہیں یہ کہ گیا تھا "
    "لە بۆ کە بە ئەو ئەم دەکات "
    "د په او چې دی ته سره کړي".split()
) - {"د", "او"}


def unreadable(text: str) -> str | None:
    """Say why a text cannot be read as Arabic, if it cannot.

    Args:
        text: any string.

    Returns:
        None for Arabic; otherwise the reason: no letters, another script, or a neighbouring language
        in Arabic script.

    Example:
        >>> unreadable("Hello") is None, unreadable("مرحبا") is None
        (False, True)
    """
    letters = arabic = 0
    for word in _WORD.findall(text):
        letters += len(word)
        arabic += len(_ARABIC_LETTER.findall(word))
    if not letters:
        return "empty: the text has no letters" if text.strip() else "empty: there is no text"
    if not arabic:
        return "no Arabic: the text has no Arabic letter"
    if arabic * 2 < letters:
        return f"another language: {arabic} of the {letters} letters are Arabic"
    words = _WORD.findall(text)
    ours = sum(word in _ARABIC_WORDS for word in words)
    theirs = sum(word in _NEIGHBOUR_WORDS for word in words)
    foreign = sum(letter not in _KEYBOARD for letter in _FOREIGN.findall(text))
    # two separate signs, so that one borrowed name does not turn an Arabic sentence away
    if theirs >= 2 and theirs > ours:
        return f"another language: {theirs} of the {len(words)} words are Persian, Urdu, Kurdish or Pashto"
    if foreign >= 3 and foreign * 25 > arabic and not ours:
        return f"another language: {foreign} of the {letters} letters are not used in Arabic"
    return None
