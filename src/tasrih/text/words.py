"""Words of Arabic text: tokens of letters or digits, function words, and words without their prefixes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from tasrih.text.normalise import normalise

_WORD = re.compile(r"\d+(?:[.,٫٬/:]\d+)*|[^\W\d_]+(?:[\u0610-\u061a\u064b-\u065f\u0670\u0640]+[^\W\d_]*)*")

#: Words that carry grammar rather than matter, as they are spelled; a summary may use them freely.
FUNCTION_WORDS = tuple(
    "في من على إلى عن أن إن أنه إنه أنها إنها أننا لا لم لن ما قد مع بعد قبل بين حتى أو ثم كما كل أي هذا هذه ذلك تلك "
    "التي الذي الذين هو هي هم عند عندما منذ خلال ضد نحو حول دون غير إذا لو لأن لأنه كان كانت يكون تكون ليس ليست إلا "
    "أما بل به بها له لها لهم منه منها فيه فيها عليه عليها إليه إليها وفي ومن وعلى وإلى وعن وأن وإن ولا ولم ولن وما "
    "وقد ومع وبعد وهو وهي وكان وكانت بأن لدى عبر رغم بسبب بشأن ضمن وسط أمام تحت فوق و ب ل ك ف س يتم تم".split()
)
_FOLDED_FUNCTION_WORDS = frozenset(normalise(word, "encoder") for word in FUNCTION_WORDS)

_SEPARATORS = str.maketrans("٫٬", ".,")
_PREFIXES = ("وال", "فال", "بال", "كال", "ولل", "لل", "ال", "و", "ف", "ب", "ك", "ل")


def words(text: str) -> Iterator[tuple[int, int]]:
    """Find the words and numbers of a text.

    Args:
        text: any string.

    Yields:
        ``(start, end)`` of each; vowel marks and tatweel belong to their word.

    Example:
        >>> [text[a:b] for text in ["قال: 3.5 مليون"] for a, b in words(text)]
        ['قال', '3.5', 'مليون']
    """
    for match in _WORD.finditer(text):
        yield match.span()


def word_forms(word: str) -> tuple[str, ...]:
    """Give a word's folded form, and the forms it leaves when conjunctions, prepositions and the article go.

    Args:
        word: one word.

    Returns:
        The folded word first, then what is left of it without each prefix (two letters at least).

    Example:
        >>> word_forms("والأمن")
        ('والامن', 'امن', 'الامن')
    """
    folded = normalise(word, "search").translate(_SEPARATORS)
    forms = [folded]
    for prefix in _PREFIXES:
        if folded.startswith(prefix) and len(folded) >= len(prefix) + 2:
            forms.append(folded[len(prefix) :])
    return tuple(dict.fromkeys(forms))


def is_function_word(word: str) -> bool:
    """Say whether a word is a function word, spelling folded."""
    return normalise(word, "encoder") in _FOLDED_FUNCTION_WORDS


def support(summary: str, source: str) -> tuple[float, list[str]]:
    """Look a summary's words and numbers up in its source.

    A word is supported if one of its forms (see ``word_forms``) is a form of a word of the source.

    Args:
        summary: the summary.
        source: the text that it was made from.

    Returns:
        The share of its words, function words apart, that are supported (1.0 if there are none), and
        the words that are not.
    """
    known: set[str] = set()
    for start, end in words(source):
        forms = word_forms(source[start:end])
        known.update(forms)
        if " " in forms[0]:  # a ligature may spell several words: ﷺ
            known.update(chain.from_iterable(map(word_forms, forms[0].split())))
    checked = [summary[start:end] for start, end in words(summary)]
    checked = [word for word in checked if not is_function_word(word)]
    missing = [word for word in checked if known.isdisjoint(word_forms(word))]
    return (1 - len(missing) / len(checked) if checked else 1.0), missing
