"""Words of Arabic text: tokens of letters or digits, function words, and words without their prefixes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from tasrih.text import lexicon as lex
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
# the article, after a conjunction and a preposition; its alef falls after ل
_DEFINITE = re.compile("[وف]?(?:[بك]?ال|لل)")
_LETTERS = ("و", "ف", "ب", "ك", "ل")
# letters that are left at least where both words lose a clitic: of none, one or both of them the article
_BOTH = (5, 3, 2)

# digits in groups of three; of other commas nobody can tell whether they part decimals
_COMMAS = re.compile(r"(?<![\d.,٫٬،])\d{1,3}(?:،\d{3})+(?![\d٬]|[,،]\d)")
_THOUSANDS = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SIGN = re.compile(r"(?:^|[^\w)\]%])[-−]$")  # not of a range, a score or a code: 2-0, F-16
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


@lru_cache(maxsize=1)
def _whole() -> frozenset[str]:
    """Give the lexicon's words: one of them that begins with ب or و begins with a letter of its own (بغداد)."""
    listed = (lex.NATIONS, lex.NAMES, lex.TITLES, lex.BODIES, lex.GOVERNING, lex.DEEDS, lex.VERBS)
    return frozenset(normalise(word, "search") for words in listed for word in words)


def _is_whole(word: str) -> bool:
    return normalise(word, "search") in _whole()


def without_clitics(word: str) -> dict[str, bool]:
    """Give what a word leaves when its conjunction, preposition or article goes.

    The article is told by its letters (``وال``, ``بال``, ``لل``). A single letter may be the word's own: it goes only
    where three are left, or a word of the lexicon (``لحل``), and where the word is none of the lexicon's as it stands,
    such as a country (``لبنان``) or a verb (``وصل``).

    Args:
        word: one word, as it is spelled.

    Returns:
        Each form that is left, with whether the article went.

    Example:
        >>> without_clitics("بالرياض"), without_clitics("لوزير"), without_clitics("لبنان")
        ({'رياض': True, 'الرياض': False}, {'وزير': False}, {})
    """
    left: dict[str, bool] = {}
    whole = _is_whole(word)
    if (found := _DEFINITE.match(word)) and (not whole or word.startswith("ال")):
        rest = word[found.end() :]
        # of للبنان the second lam is the name's
        if len(rest) >= 2 and not (found[0].endswith("لل") and _is_whole(f"ل{rest}")):
            left[rest] = True
    if word.startswith(_LETTERS) and not whole and (len(word) > 3 or _is_whole(word[1:])):
        left.setdefault(word[1:], False)
    return left


def matter(text: str) -> Iterator[str]:
    """Give the words of a text that carry matter, and its numbers with their sign.

    Args:
        text: any string.

    Yields:
        Each as it is spelled, function words left out.

    Example:
        >>> list(matter("بلغت الحرارة -5 في 1,000 قرية"))
        ['بلغت', 'الحرارة', '-5', '1,000', 'قرية']
    """
    yield from (word for word in _spelled(text) if not is_function_word(word))


def _spelled(text: str) -> Iterator[str]:
    text = _COMMAS.sub(lambda found: found[0].replace("،", "٬"), text)  # else it would part two numbers
    for start, end in words(text):
        signed = text[start].isdigit() and _SIGN.search(text, max(start - 2, 0), start)
        yield f"-{text[start:end]}" if signed else text[start:end]


class SourceWords:
    """The words and numbers of a text, for a summary's to be looked up in.

    Example:
        >>> source = SourceWords("وصل الوزير إلى بغداد")
        >>> [word for word in "وزير والوزير فصل غداد".split() if word in source]
        ['وزير', 'والوزير']
    """

    def __init__(self, text: str) -> None:
        """Take the words of a text.

        Args:
            text: the text that summaries are made from.
        """
        self._spelled: set[str] = set()
        self._left: dict[str, bool] = {}  # without clitics, and whether the article was among them
        for word in _spelled(text):
            folded = _fold(word)
            for part in {folded, *folded.split()}:  # a ligature may spell several words: ﷺ
                self._spelled.add(part)
                for left, definite in without_clitics(part).items():
                    self._left[left] = definite or self._left.get(left, False)

    def __contains__(self, word: str) -> bool:
        """Say whether a word, as ``matter`` gives it, stands in the text, be it with other clitics or with none."""
        folded = _fold(word)
        if folded in self._spelled or folded in self._left:
            return True
        return any(
            left in self._spelled or (left in self._left and self._is_same(left, definite + self._left[left]))
            for left, definite in without_clitics(folded).items()
        )

    @staticmethod
    def _is_same(left: str, articles: int) -> bool:
        """Say whether what two words leave, so many of them an article's, is no accident (صلوا of وصلوا and فصلوا)."""
        return len(left) >= _BOTH[articles] or _is_whole(left)


def _fold(word: str) -> str:
    folded = normalise(word, "search").translate(_SEPARATORS)
    return folded.replace(",", "") if _THOUSANDS.fullmatch(folded) else folded


def support(summary: str, source: str) -> tuple[float, list[str]]:
    """Look a summary's words and numbers up in its source.

    A word is supported if it stands in the source, or does so once the clitics of one of the two are dropped
    (see ``without_clitics``); those of both are dropped only where the article goes on one side at least and three
    letters are left (two, where it goes on both), or where five or a word of the lexicon are left. A number needs the
    same digits and sign.

    Args:
        summary: the summary.
        source: the text that it was made from.

    Returns:
        The share of its words, function words apart, that are supported (1.0 if there are none), and
        the words that are not.

    Example:
        >>> support("فصل الوزير من بغداد", "وصل الوزير إلى بغداد")
        (0.6666666666666667, ['فصل'])
    """
    known, checked = SourceWords(source), list(matter(summary))
    missing = [word for word in checked if word not in known]
    return (1 - len(missing) / len(checked) if checked else 1.0), missing
