"""Parts of a test set that a model may read less well: by source, length, quotation, vowel marks and dialect."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasrih.text.normalise import STEPS, normalise
from tasrih.text.quotes import quotations

#: Texts from which a part is scored by itself.
SMALLEST = 20

_MARKS = re.compile("[" + "".join(STEPS["diacritics"]) + "]")
_WORD = re.compile(r"\w+")

#: Words of everyday dialects that standard Arabic does not write (negation, questions, pointing, "because", "now"),
#: folded; one alone can be a name or a quotation, two make a text.
DIALECT_WORDS = frozenset(
    normalise(word, "search")
    for word in (
        "مش مو موب ماكو اكو شنو شنهو وش ايش شو ليش ليه ازاي كيفك وين فين هيك كده كدا هاد هاي هاذي هذول "
        "عشان علشان منشان دلوقتي هلق هلا الحين برضو برضه اللي يلي احنا انتو هني متل بدي بدنا عايز عاوز "
        "ابغى رح حدا مفيش مافي مافيش ماعندي بتاع شوية شوي كتير ياخي"
    ).split()
)


@dataclass(frozen=True)
class Part:
    """Some of the texts.

    Attributes:
        group: what they were parted by, such as ``length``.
        name: what these have, such as ``1-18 words``.
        mask: which texts, booleans of shape (texts,).
    """

    group: str
    name: str
    mask: np.ndarray


def parts(texts: Sequence[str], sources: Sequence[str | None]) -> list[Part]:
    """Part texts in several ways; parts of under ``SMALLEST`` texts are left out.

    Args:
        texts: the texts.
        sources: where each is from, None where that is not known.

    Returns:
        The parts; a group that would hold one part alone is left out.

    Example:
        >>> [part.name for part in parts(["قال الوزير"] * 20 + ['قال "نعم"'] * 20, [None] * 40)]
        ['without', 'with']
    """
    columns = {
        "source": _sources(sources),
        "length": _lengths(texts),
        "quotation": ["with" if quotations(text) else "without" for text in texts],
        "vowel marks": ["with" if _MARKS.search(text) else "without" for text in texts],
        "dialect words": ["two or more" if dialect_words(text) > 1 else "fewer" for text in texts],
    }
    found = []
    for group, names in columns.items():
        values = np.array(names, dtype=object)
        kept = [name for name in dict.fromkeys(sorted(names, key=_order)) if (values == name).sum() >= SMALLEST]
        if len(kept) > 1:
            found += [Part(group, name, values == name) for name in kept]
    return found


def dialect_words(text: str) -> int:
    """Count the words of a text that dialects write and standard Arabic does not.

    Args:
        text: any string.

    Returns:
        The number of them.

    Example:
        >>> dialect_words("مش عارف ليش"), dialect_words("لا أعرف لماذا")
        (2, 0)
    """
    return sum(word in DIALECT_WORDS for word in _WORD.findall(normalise(text, "search")))


def _order(name: str) -> tuple[int, str]:
    """Order lengths by their number, all else by name, the rest last and what has nothing first."""
    number = re.match(r"\d+", name)
    return (int(number[0]) if number else {"without": 0, "fewer": 0, "other": 2}.get(name, 1), name)


def _sources(sources: Sequence[str | None]) -> list[str]:
    known = Counter(source for source in sources if source)
    return [source if source and known[source] >= SMALLEST else "other" for source in sources]


def _lengths(texts: Sequence[str]) -> list[str]:
    """Name each text's third of the lengths, in words."""
    counts = np.array([len(text.split()) for text in texts])
    low, high = (int(value) for value in np.quantile(counts, (1 / 3, 2 / 3)))
    names = (f"{counts.min()}-{low} words", f"{low + 1}-{high} words", f"{high + 1}-{counts.max()} words")
    return [names[int(count > low) + int(count > high)] for count in counts]
