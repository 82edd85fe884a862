"""Stretches of a sentence that its headline can do without: times, brackets, and where or how a thing was said.

Only what leaves the sentence true is found here: never conditions, denials or whom a claim is put down to (``وفق``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tasrih.models.headline_words import PREPOSITIONS, THAT
from tasrih.text import lexicon as lex
from tasrih.text.quotes import lone_marks

#: Words of an aside at most: brackets and interpolations, and what stands before ``أن``.
_MOST_SET_OFF, _MOST_VENUE, _MOST_VENUE_ABOUT = 8, 12, 9
_CLOSES = "»”\"'"
_COMMAS = ("،", ",")

_HEADS = lex.words("مساء صباح ظهر فجر عصر عشية ليلة ليل نهار")
_WEEKDAYS = lex.words(
    "السبت الأحد الإثنين الاثنين الثلاثاء الأربعاء الخميس الجمعة سبت ثلاثاء أربعاء خميس جمعة"
)  # not أحد and اثنين without the article: they count
_MONTHS = lex.words(
    "يناير فبراير مارس أبريل إبريل مايو ماي يونيو يونيه يوليو يوليوز أغسطس غشت سبتمبر شتنبر أكتوبر نوفمبر نونبر ديسمبر "
    "دجنبر جانفي فيفري أفريل جوان جويلية أوت شباط آذار نيسان أيار حزيران تموز آب أيلول محرم صفر رجب شعبان رمضان شوال"
)
_MONTHS_OF_TWO = {
    "كانون": lex.words("الأول الثاني"), "تشرين": lex.words("الأول الثاني"), "ربيع": lex.words("الأول الثاني الآخر"),
    "جمادى": lex.words("الأولى الآخرة الثانية"), "ذو": lex.words("القعدة الحجة"), "ذي": lex.words("القعدة الحجة"),
}  # fmt: skip
_MONTHS_OF_TWO = {next(iter(lex.words(first))): seconds for first, seconds in _MONTHS_OF_TWO.items()}
_DAYS = lex.words("اليوم أمس البارحة الليلة غدا")
_DAY = lex.words("يوم")
_TIME_WORDS = _HEADS | _WEEKDAYS | _DAYS | _DAY
_WHICH = lex.words(
    "الماضي الماضية المقبل المقبلة القادم القادمة الجاري الفارط الفائت الفائتة المنقضي المنصرم الحالي الموافق الأول"
)
_IN = lex.words("في خلال")
_IN_ALONE = lex.words("في")
_DEFINITE = ("ال", "وال", "بال", "لل")
_IN_MONTH = lex.words("من شهر")
_ERA = lex.words("م ه ميلادي هجري")
_YEAR = re.compile(r"\d{4}(?:م|ه)?")
_OCCASIONS = lex.words(
    "بيان بلاغ تصريح تصريحات حديث كلمة كلمته حوار تدوينة تغريدة مداخلة لقاء لقائه مقابلة اتصال مكالمة ندوة مؤتمر رسالة "
    "خطاب اجتماع اجتماعه جلسة زيارة زيارته حفل افتتاح هامش ختام تعليق منشور برقية كلمتها اجتماعها زيارتها"
)
_AT = lex.words("في خلال على عقب إثر عبر أثناء ضمن لدى بعد")
_ABOUT = lex.words("عن")
_RELATIVE = lex.words("الذي التي الذين اللذين وهو وهي")
# not those that a verb may ask for (تسبب، على الجسر، في زحام) or that may tell a condition (بعد إنذارين)
_SETS_OFF = lex.words("خلال عبر أثناء في") | _RELATIVE
_SET_OFF_IN = _OCCASIONS | lex.words("الساعة ساعة وقت سياق") | _DAYS | _DAY
# what a clause goes on with that has only been interrupted, or that hangs on what would go
_HANGING = lex.words("حتى كما لكن أو الأمر")
_ABOUT_WHAT = lex.words("حول بشأن ما عما")
_LINKS = lex.words("إلى على عن من")
_THIS = lex.words("هذا لهذا بهذا وهذا")
_DATED = lex.words("المؤرخ المؤرخة الصادر الصادرة")
_AGES = lex.words("عاما سنة عمره عمرها مواليد")


@dataclass(frozen=True, slots=True)
class Aside:
    """Words ``first`` to ``last`` (excluded) of a sentence, and what they are: ``time``, ``bracket``, ``venue``, ..."""

    first: int
    last: int
    kind: str


def asides(words: Sequence[str], raws: Sequence[str]) -> list[Aside]:
    """Find what a sentence can do without.

    Args:
        words: its words, folded as ``headline.fold`` folds them; ``""`` for a mark by itself.
        raws: the same words as they stand.

    Returns:
        The asides in order, none within another.

    Example:
        >>> asides(["وصل", "الوزير", "امس", "الي", "عدن"], ["وصل", "الوزير", "أمس", "إلى", "عدن"])
        [Aside(first=2, last=3, kind='time')]
    """
    found: list[Aside] = []
    at = 1  # what a sentence begins with is no aside
    while at < len(words):
        aside = _read(words, raws, at)
        if aside is None:
            at += 1
            continue
        while (more := _read(words, raws, aside.last, after_aside=True)) is not None:
            aside = Aside(aside.first, more.last, aside.kind)
        found.append(aside)
        at = aside.last + 1
    return found


def _read(words: Sequence[str], raws: Sequence[str], at: int, *, after_aside: bool = False) -> Aside | None:
    """Read the aside that begins at a word, if one does."""
    tries = (
        _bracket(words, raws, at), _venue(words, at), _set_off(words, raws, at), _time(words, raws, at, after_aside)
    )  # fmt: skip
    return next((aside for aside in tries if aside and is_even(" ".join(raws[aside.first : aside.last]))), None)


def is_even(text: str) -> bool:
    """Say whether no quotation or bracket begins or ends within a stretch of a text that is balanced.

    Args:
        text: the stretch.

    Returns:
        Whether the text stays balanced without it.
    """
    return not lone_marks(text)


def _bracket(words: Sequence[str], raws: Sequence[str], at: int) -> Aside | None:
    """Read ``(وعددهم سبعة)`` after a word that is whole without it; many a bracket is a quotation: مسابقة (موهبة)."""
    if not raws[at].startswith("("):
        return None
    last = next((place for place in range(at, min(at + _MOST_SET_OFF, len(raws))) if ")" in raws[place]), len(raws)) + 1
    if last >= len(raws) or not raws[last - 1].rstrip("،؛,;:.").endswith(")"):
        return None
    if not any(char.isalpha() for raw in raws[at:last] for char in raw):
        return None  # a number is counted with: (24) قاضيا
    if words[last] in _HANGING or raws[last].startswith(("-", "–")):
        return None
    before, raw, inside = words[at - 1], raws[at - 1], {word for word in words[at:last] if word}
    definite = before.startswith(_DEFINITE) and before not in PREPOSITIONS | THAT | _RELATIVE and raw[-1] != ":"
    named = before in lex.NATIONS or before in _MONTHS or raw.endswith(tuple(_CLOSES))
    tells = inside <= _TIME_WORDS or not _AGES.isdisjoint(inside)
    return Aside(at, last, "bracket") if definite or named or tells else None


def _venue(words: Sequence[str], at: int) -> Aside | None:
    """Read ``في بيان لها اليوم`` between who says something and what is said."""
    if words[at] not in _AT or at + 2 >= len(words) or words[at + 1] not in _OCCASIONS:
        return None
    if not any((verb := lex.verb(word)) and verb[0] in lex.SAYING for word in words[max(at - 12, 0) : at]):
        return None
    for last in range(at + 2, min(at + _MOST_VENUE, len(words) - 1)):
        if words[last] in THAT:
            while words[last - 1] in _LINKS or not words[last - 1]:
                last -= 1  # أشارت في بيان لها إلى أن
            return Aside(at, last, "venue")
        if words[last] in _ABOUT and last - at <= _MOST_VENUE_ABOUT and _ABOUT_WHAT.isdisjoint(words[at:last]):
            return Aside(at, last, "venue")
    return None


def _set_off(words: Sequence[str], raws: Sequence[str], at: int) -> Aside | None:
    """Read what stands between two commas, and begins as a phrase of place or time or a relative clause does."""
    if words[at] not in _SETS_OFF or not raws[at - 1].endswith(_COMMAS):
        return None
    if words[at] in _IN_ALONE and (at + 1 == len(words) or words[at + 1] not in _SET_OFF_IN):
        return None
    for last in range(at + 1, min(at + _MOST_SET_OFF, len(words) - 1)):
        if raws[last].endswith(_COMMAS):
            after = words[last + 1]
            goes_on = after and after not in _HANGING and (after in THAT or not after.startswith(("و", "ف", "ب")))
            kind = "relative" if words[at] in _RELATIVE else "phrase"
            return Aside(at, last + 1, kind) if goes_on else None
        if raws[last][-1:] in "؛;:.":
            return None
    return None


def _time(words: Sequence[str], raws: Sequence[str], at: int, after_aside: bool) -> Aside | None:
    """Read a time; one that hangs on the word before it (``صحيفة اليوم``, ``منذ أمس``) is none."""
    begun = at
    if words[at] in _IN and at + 1 < len(words):
        at += 1
    last = _read_time(words, at)
    if last is None or last >= len(words) or raws[last - 1].rstrip(_CLOSES)[-1:] in "؛;:./-":
        return None
    if words[begun - 1] in _DATED or words[begun - 1] in _THIS:
        return None  # لهذا اليوم، الصادر اليوم
    after, only = words[last], last - at == 1
    if after[:4].isdigit() and not _YEAR.fullmatch(after):
        return None  # 2017في: the space is missing
    if not after or (after[0] == "و" and (after[1:] in _TIME_WORDS or after[1:] in PREPOSITIONS)):
        return None  # اليوم وغدا، اليوم وضمن
    if after == "و" and last + 1 < len(words) and words[last + 1] in PREPOSITIONS:
        return None
    if only and ((after.startswith("ال") and after not in PREPOSITIONS) or words[at] in _WEEKDAYS):
        return None  # اليوم الوطني
    if begun == at and not after_aside and not _stands_free(words, raws, at - 1):
        return None
    if words[begun - 1] in PREPOSITIONS and not after_aside:
        return None
    return Aside(begun, last, "time")


def _stands_free(words: Sequence[str], raws: Sequence[str], at: int) -> bool:
    """Say whether no noun after a word hangs on it."""
    word, raw = words[at], raws[at]
    if word in _TIME_WORDS:
        return False  # a part of a time that could not be read
    if raw.endswith((*_COMMAS, ")")) or word in lex.NATIONS or word in lex.NAMES:
        return True
    if lex.verb(word) and not (at and words[at - 1] in PREPOSITIONS):
        return True
    if at == 0:  # most sentences begin with their verb
        return bool(word) and not lex.is_deed(word) and not word.endswith("ة")
    return word.startswith(_DEFINITE) or word.endswith(("ها", "هم", "ا")) or word[:1].isdigit()


def _read_time(words: Sequence[str], at: int) -> int | None:
    """Give where a time that begins at a word ends; None where none begins."""
    read = list(_parts(words, at))
    kinds = {kind for kind, _ in read}
    told = kinds & {"day", "weekday", "date"} or ("head" in kinds and len(kinds) > 1)
    return read[-1][1] if told else None


def _parts(words: Sequence[str], at: int) -> Iterator[tuple[str, int]]:
    """Read the parts of a time one after another, each with where it ends."""

    def word(place: int) -> str:
        return words[place] if place < len(words) else ""

    if word(at) in _HEADS:
        at += 1
        yield "head", at
    if word(at) in _DAYS:
        at += 1
        yield "day", at
    elif word(at) in _DAY and (word(at + 1) in _WEEKDAYS or word(at + 1)[:1].isdigit()):
        at += 1
        yield "of", at
    if word(at) in _WEEKDAYS:
        at += 1
        yield "weekday", at
    if word(at) in _WHICH:
        at += 1
        yield "which", at
    if word(at)[:1].isdigit():
        month = at + 1
        while word(month) in _IN_MONTH:
            month += 1
        size = 1 if word(month) in _MONTHS else 2 if word(month + 1) in _MONTHS_OF_TWO.get(word(month), ()) else 0
        if size:
            at = month + size
            if word(at) in _MONTHS:  # أغسطس (آب)
                at += 1
            yield "date", at
            if word(at) in _WHICH:
                at += 1
                yield "which", at
            if _YEAR.fullmatch(word(at)):
                at += 1
                yield "year", at
                if word(at) in _ERA:
                    at += 1
                    yield "era", at
