"""Whether a text is Arabic at all: by its letters, and by the commonest words of its neighbours."""

from __future__ import annotations

import re

from tasrih.text.normalise import normalise

_ARABIC_LETTER = re.compile(
    "[\u0621-\u063a\u0641-\u064a\u066e-\u06d3\u06d5\u06fa-\u06fc\u0750-\u077f\ufb50-\ufdfb\ufe80-\ufefc]"
)
_WORD = re.compile(r"[^\W\d_]+")
# An address or handle says nothing of the language round it. It is tried where a run of its characters begins alone: in
# a long row of dots or digits each would be tried to the row's end.
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]*+@[\w.-]+", re.ASCII)
# what is no letter but would break words or swell the count of letters
_BARE = ("presentation", "tatweel", "diacritics")
# Letters that Urdu, Kurdish or Pashto write all the time and Arabic does not. Keheh and Farsi yeh are in
# neither list: Arabic text typed on a Persian keyboard has them too.
_FOREIGN = re.compile(
    "[\u0679\u0681\u0685\u0688\u0689\u0691\u0693\u0695\u0696\u069a\u06ab\u06b5\u06ba\u06bc\u06c1\u06c6\u06ce\u06d0\u06d2\u06d5]"
)
# Letters of Persian that Arabic borrows for names and Iraqi or Gulf dialect: a sign only beside other signs.
_BORROWED = re.compile("[\u067e\u0686\u0698\u06af]")
# "و", "بعد" and "قبل" are left out: Persian and Urdu write them as often
_ARABIC_WORDS = frozenset(
    "في من على إلى الى عن أن ان إن هذا هذه التي الذي ما لا لم لن قد كان كانت مع بين أو ثم هو هي كل فی علی الی "
    "التی الذی".split()
)
# the article before three letters or more, as no neighbour has it outside borrowed phrases
_ARTICLE = re.compile(r"[وفبك]?ال[^\W\d_]{3,}")
# "به", "هم" and "آن" are in neither list: they are words of both
_NEIGHBOUR_WORDS = frozenset(
    # Persian, Urdu, Kurdish, Pashto
    "است که كه را این از می با برای شد شده های کرد یک تا در خود بود نیست دارد خواهد گفت اند کند ہے کے کی میں "
    "کا سے نے اور کو پر ہیں یہ کہ گیا تھا لە بۆ کە بە ئەو ئەم دەکات په چې دی ته سره کړي".split()
)


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
    bare = normalise(_ADDRESS.sub(" ", text), _BARE)
    words = _WORD.findall(bare)
    counts = [len(_ARABIC_LETTER.findall(word)) for word in words]
    letters, arabic = sum(map(len, words)), sum(counts)
    if not letters:
        return "empty: the text has no letters" if text.strip() else "empty: there is no text"
    if not arabic:
        return "no Arabic: the text has no Arabic letter"
    # by words as well as by letters: a few long Latin names do not make a sentence English
    if arabic * 2 < letters and sum(map(bool, counts)) * 2 < len(words):
        return f"another language: {arabic} of the {letters} letters are Arabic"
    theirs = sum(word in _NEIGHBOUR_WORDS for word in words)
    ours = sum(word in _ARABIC_WORDS or _ARTICLE.fullmatch(word) is not None for word in words)
    foreign, borrowed = len(_FOREIGN.findall(bare)), len(_BORROWED.findall(bare))
    # two separate signs, so that one borrowed name does not turn an Arabic sentence away
    if (theirs >= 2 and theirs > ours) or (theirs and foreign + borrowed and not ours):
        return f"another language: {theirs} of the {len(words)} words are Persian, Urdu, Kurdish or Pashto"
    if foreign >= 3 and (foreign * 10 > arabic or (foreign * 25 > arabic and not ours)):
        return f"another language: {foreign} of the {letters} letters are not used in Arabic"
    return None
