"""Where a sentence must not be cut: within what is denied, doubted, warned of, alleged or made a condition.

«نفى المتحدث الأنباء عن مقتل القائد» must not give «مقتل القائد»: what is cut off above would turn it into its opposite,
or a claim into a fact. A scope is taken too long rather than too short: what it costs is a candidate among many. Nor
may a headline end before what refutes it, before its condition, or before what its verb governs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasrih.models.headline_words import THAT
from tasrih.text import lexicon as lex


def _persons(pairs: str) -> dict[str, str]:
    """Give the forms of verbs in all persons, jussives too, each with the gender that its subject shows."""
    forms: dict[str, str] = {}
    for pair in " ".join(sorted(lex.words(pairs))).split():
        perfect, imperfect = pair.split("/")
        weak = perfect[-1] in "يا"
        root = perfect[:-1] if weak else perfect
        stem = imperfect[1:]
        short = stem[:-1] if stem[-1] in "يوا" else stem
        # نفاه, ينفاه: before a suffix alef maqsura is an alef
        found = {perfect: "m", root + "ت": "f", root + "وا": "p", root + "تا": "p", root + "ا": "m" if weak else "p"}
        first = ("يت", "ينا", "يا") if weak else ("نا", "ن", "تم")
        found |= {root + ending: "p" for ending in first}
        for person, gender in (("ي", "m"), ("ت", "f"), ("ن", "p"), ("ا", "p")):
            found[person + stem] = gender
            if person != "ا":  # أنف is a nose
                found[person + short] = gender
            found |= {person + short + ending: "p" for ending in ("ون", "وا", "ان", "ا", "ين")}
        for form, gender in found.items():
            forms.setdefault(form, gender)
    return forms


# Perfect and imperfect; all persons are derived above.
_DENYING = _persons("""
نفى/ينفي كذب/يكذب رفض/يرفض استبعد/يستبعد أنكر/ينكر فند/يفند دحض/يدحض شكك/يشكك عارض/يعارض منع/يمنع حظر/يحظر
أحبط/يحبط أفشل/يفشل فشل/يفشل أخفق/يخفق تعذر/يتعذر حذر/يحذر هدد/يهدد توعد/يتوعد خشي/يخشى تخوف/يتخوف اتهم/يتهم
زعم/يزعم كاد/يكاد
""")
#: These deny only with a preposition after them: تراجع عن, but تراجع سعر النفط.
_DENYING_WITH = {
    preposition: _persons(pairs)
    for preposition, pairs in {
        "عن": "تراجع/يتراجع امتنع/يمتنع تخلى/يتخلى اعتذر/يعتذر أحجم/يحجم عزف/يعزف "
        "عجز/يعجز توقف/يتوقف كف/يكف تنصل/يتنصل",
        "من": "حرم/يحرم تنصل/يتنصل تبرأ/يتبرأ",
        "علي": "اعترض/يعترض احتج/يحتج أوشك/يوشك تحفظ/يتحفظ",
        "دون": "حال/يحول",
    }.items()
}
# Before أن alone; يدعى (is called) and يدعي are folded alike.
_DOUBTING = _persons("بدا/يبدو ادعى/يدعي اعتقد/يعتقد ظن/يظن")
_NOUNS = lex.words("""
نفي رفض استبعاد تكذيب إنكار تفنيد دحض تشكيك شكوك منع حظر حرمان فشل إخفاق تحذير تحذيرات تهديد تهديدات اتهام اتهامات
شائعة شائعات إشاعة إشاعات مزاعم ادعاءات أكاذيب افتراءات مخاوف تخوف احتمال احتمالات إمكانية فرضية
""")
_OWNED_NOUNS = lex.words("معارضة امتناع اعتراض تراجع عجز تحفظ")  # with a suffix; المعارضة is a party
_PARTICIPLES = lex.words("""
نافيا نافية نافين رافضا رافضة رافضين رافضون مستبعدا مستبعدة مستبعدين مكذبا مكذبة منكرا منكرة مفندا مفندة مشككا مشككة
محذرا محذرة محذرين مهددا مهددة متوعدا متوعدة متهما زاعما زاعمة مدعيا مدعية متخوفا متخوفة
""")
_NEGATIONS = lex.words("لم لن لا ليس ليست ليسوا لست لسنا")
# لا يزال, لا شك, لا يقل عن: not a negation of what follows
_AFFIRMED = lex.words("""
سيما يزال تزال يزالون زال زالت يزل تزل نزال شك ريب بد يقل تقل محالة يخفى جدال خلاف يفتأ يألو
""")
_CONDITIONS = lex.words("إذا لو لولا شريطة بشرط شرط هل")
_CASE = lex.words("حال حالة")
_CASE_OF = lex.words("عدم وقوع حدوث تعذر رفض ثبوت وجود فوز فشل")
_NEWS = lex.words("أنباء تقارير")
_NEWS_OF = lex.words("عن حول بشأن تحدثت تتحدث ترددت تفيد أفادت تداولتها")
_AGENCY = lex.words("وكالة وكالات الوكالة")
# Adverbs and the like, whose scope ends with their phrase.
_LOCAL = lex.words("دون بدون بلا عدم غير ربما خوفا خشية تحسبا تفاديا تجنبا تفادي تجنب بدلا عوضا")
_LOCAL_SIZE = 8
_NEAR = 6  # words between a verb and its preposition

_BEFORE_THE_VERB = lex.words("رغم برغم بعد وسط بسبب إثر عقب أمام نتيجة جراء")
_BUT = lex.words("لكن لكنه لكنها لكنهم لكننا بل إنما")
_BUT_THAT = lex.words("إلا غير بيد")
_MEANWHILE = lex.words("فيما بينما")
_ALSO = lex.words("كما")
_HARD = ("؛", "؟", "?", "!", "…", "..")
_COMMAS = ("،", ",")
_CLOSES = "»”\"')]’›"


_REFUTED = lex.words("صحيح صحيحة صحيحا دقيق دقيقة دقيقا وارد واردة")
_NOT = lex.words("غير ليس ليست")
_GROUND, _ITS = lex.words("أساس صحة"), lex.words("له لها لهم")
_BARE, _TRUTH = lex.words("عار عارية عاريا عاري"), lex.words("الصحة الحقيقة")
_MERE, _RUMOUR = lex.words("محض مجرد"), lex.words("افتراء افتراءات كذب أكاذيب شائعة شائعات إشاعة إشاعات خيال تكهنات")
_REFUTED_WITHIN = 12
_WHICH = lex.words("ما الذي التي مما")
_REFUTING = _persons("نفى/ينفي كذب/يكذب رفض/يرفض أنكر/ينكر فند/يفند استبعد/يستبعد دحض/يدحض")

#: Verbs that say nothing without the preposition that they govern.
_GOVERNING = [
    (lex.words(prepositions), _persons(pairs), lex.words(nouns))
    for prepositions, pairs, nouns in (
        ("في ب", "تسبب/يتسبب", "التسبب"),
        ("في", "نجح/ينجح أسهم/يسهم ساهم/يساهم", ""),
        ("من", "تمكن/يتمكن", "تمكين"),
        ("إلى", "توصل/يتوصل أدى/يؤدي دعا/يدعو", "التوصل"),
        ("عن", "أسفر/يسفر نجم/ينجم كشف/يكشف", ""),
        ("ب", "طالب/يطالب قام/يقوم اتهم/يتهم", ""),
    )
]
_PERFORMED = ("زيار", "صلا", "اليمين", "القسم", "مناسك", "العمرة", "دور", "واجب")  # أدى زيارة
_VALLEY = "وادي"
_REACHING = _persons("بلغ/يبلغ")
_NUMBER = re.compile(
    r"\d|(?:و|ب|ل)?(?:ثلاث|اربع|خمس|ست|سبع|ثمان|تسع|عشر|مائ|مئ|مليون|ملايين|مليار|الف|الاف|واحد|اثن|نحو|حوالي)"
)
_MOST_GOVERNED = 14


def _bare(word: str) -> str:
    return word[1:] if word[:1] in ("و", "ف") and len(word) > 2 else word


def _plain(word: str) -> list[str]:
    """Give a word, it without و and ف, and that without س, ل, ب, ك or the article."""
    found = [word, _bare(word)]  # فند, وعد begin with their root's own letter
    word = found[1]
    if word[:1] in ("س", "ل", "ب", "ك") and len(word) > 3:
        found.append(word[1:])
    found += [word[len(prefix) :] for prefix in ("ال", "لل", "بال") if word.startswith(prefix)]
    return found


def _stems(word: str) -> list[str]:
    """Give what is left of a word without prefixes, and without a suffix too."""
    found = _plain(word)
    for form in tuple(found):
        found += [
            form[: -len(suffix)] for suffix in ("هما", "هم", "ها", "ه", "نا")
            if form.endswith(suffix) and len(form) > len(suffix) + 2
        ]  # fmt: skip
    return found


def _near(words: Sequence[str], raws: Sequence[str], at: int) -> list[str]:
    """Give the words after one, as far as its preposition may stand and no pause comes before it."""
    found: list[str] = []
    for place in range(at, min(at + _NEAR, len(words) - 1)):
        if raws[place].rstrip(_CLOSES).endswith((*_HARD, *_COMMAS)):
            break
        found.append(words[place + 1])
    return found


def _opens(words: Sequence[str], raws: Sequence[str], at: int) -> tuple[str, int] | None:
    """Say whether a word opens a scope: the gender that its subject shows (or none), and words of it at most."""
    word, follows = words[at], words[at + 1] if at + 1 < len(words) else ""
    bare = _bare(word)
    before = words[at - 1] if at else ""
    if bare in _NEGATIONS:
        return None if follows in _AFFIRMED else ("", len(words))
    if bare in _CONDITIONS or (bare in _CASE and follows in _CASE_OF) or (bare == "حال" and before in ("في", "وفي")):
        return "", len(words)
    stems = _stems(word)
    if not _LOCAL.isdisjoint(stems):
        # غير أن: but; غير الحكومية
        return None if bare == "غير" and (follows in THAT or follows.startswith("ال")) else ("", _LOCAL_SIZE)
    near = _near(words, raws, at)
    for stem in stems:
        if stem in _DENYING:
            return _DENYING[stem], len(words)
        for preposition, forms in _DENYING_WITH.items():
            if stem in forms and preposition in near:
                return forms[stem], len(words)
        if stem in _DOUBTING and not THAT.isdisjoint(near[:2]):
            return _DOUBTING[stem], len(words)
        if stem in _NOUNS or stem in _PARTICIPLES:
            return "", len(words)
        if stem in _NEWS and before not in _AGENCY and word[:2] != "لل" and not _NEWS_OF.isdisjoint(near[:3]):
            return "", len(words)
    if any(lex.owner(form) in _OWNED_NOUNS for form in _plain(word)):
        return "", len(words)
    return None


def _closes(words: Sequence[str], raws: Sequence[str], at: int, gender: str) -> bool:
    """Say whether a new main clause begins with a word, of the same subject or of another."""
    word, bare = words[at], _bare(words[at])
    follows = words[at + 1] if at + 1 < len(words) else ""
    before = raws[at - 1].rstrip(_CLOSES)
    if before.endswith(_HARD) or bare in _BUT or bare in _MEANWHILE or (bare in _BUT_THAT and follows in THAT):
        return True
    if word in lex.PARTICIPLES and word not in _PARTICIPLES:
        return True
    paused = before.endswith(_COMMAS)
    if bare in _ALSO:
        return paused and lex.verb(follows) is not None
    verb = lex.verb(word) if bare != word else None
    if verb is None or verb[0] in lex.IMPERFECT or verb[0] in lex.NOUNLIKE:
        return False
    return paused or (verb[1] == gender and verb[0] in lex.SAYING)


def _begins(words: Sequence[str], raws: Sequence[str], at: int, opened_at: int) -> bool:
    """Say whether the main clause begins here, the scope being of a noun before it: رغم التهديدات، يواصل."""
    paused = words[0] in _BEFORE_THE_VERB and raws[at - 1].endswith(_COMMAS) and words[at][:1] not in ("", "و")
    return paused and not _NOUNS.isdisjoint(_stems(words[opened_at])) and not any(map(lex.verb, words[1:opened_at]))


def shaded(words: Sequence[str], raws: Sequence[str]) -> set[int]:
    """Find the words of a sentence that lie within the scope of a denial, doubt, warning, claim or condition.

    Args:
        words: its words, folded as ``headline.fold`` folds them; ``""`` for a mark by itself.
        raws: the same words as they stand.

    Returns:
        Their places; the word that opens a scope is not within it.

    Example:
        >>> shaded(["نفي", "الوزير", "السفر", "واكد", "بقاءه"], "نفى الوزير السفر، وأكد بقاءه".split())
        {1, 2}
    """
    found: set[int] = set()
    gender, until, local, opened_at = "", 0, False, 0  # of the scope that is open
    for at, word in enumerate(words):
        if at and at < until and (_closes(words, raws, at, gender) or _begins(words, raws, at, opened_at)):
            until = at
        elif local and at < until and (raws[at - 1].endswith(_COMMAS) or (word in THAT and at - opened_at > 1)):
            until = at  # طلب عدم نشر اسمه أن, but دون أن
        if at < until:
            found.add(at)
        opened = _opens(words, raws, at) if word else None
        if opened and at + 1 + opened[1] > until:
            (gender, size), opened_at = opened, at
            local, until = size == _LOCAL_SIZE, at + 1 + size
    return found


def refutations(words: Sequence[str], raws: Sequence[str]) -> list[tuple[int, int]]:
    """Find the predicates that make what stands before them untrue: ``عار عن الصحة``, ``وهو ما نفته``.

    Args:
        words: a sentence's words, folded; ``""`` for a mark by itself.
        raws: the same words as they stand.

    Returns:
        Where each one's main clause begins, if it is near, and where it stands: no headline may end between the two.

    Example:
        >>> refutations(["خبر", "الاستقالة", "غير", "صحيح"], "خبر الاستقالة غير صحيح".split())
        [(0, 2)]
    """
    found, begun = [], 0
    for at, word in enumerate(words):
        if at and (_closes(words, raws, at, "") or (_bare(word) != word and _bare(word) in THAT)):
            begun = at
        if _refutes(words, at):
            found.append((max(begun, at - _REFUTED_WITHIN), at))
    return found


def _refutes(words: Sequence[str], at: int) -> bool:
    word, after = _bare(words[at]), [*words[at + 1 : at + 4], "", "", ""]
    if word in _NOT and after[0] in _REFUTED:
        return True
    if word == "لا" and ((after[0] in _GROUND and after[1] in _ITS) or after[0] in ("تمت", "يمت")):
        return True
    if (word in _BARE and not _TRUTH.isdisjoint(after[:2])) or (word in _MERE and after[0] in _RUMOUR):
        return True
    owned = words[at].removesuffix("ها").removesuffix("ه")
    return owned != words[at] and owned in _REFUTING and at > 0 and words[at - 1] in _WHICH


def is_conditional(words: Sequence[str], at: int) -> bool:
    """Say whether what ends before a word loses its condition or exception: ``إذا``, ``شريطة أن``, ``إلا بعد``."""
    word, follows = words[at], words[at + 1] if at + 1 < len(words) else ""
    after = words[at + 2] if at + 2 < len(words) else ""
    if word in ("في", "ب"):
        return follows == "حال" or (follows in _CASE and after in _CASE_OF)
    if word in ("ما", "الا", "سوي"):
        return follows == "لم" if word == "ما" else follows not in THAT
    return word in ("اذا", "لو", "شريطة", "بشرط")


def ties(words: Sequence[str], raws: Sequence[str]) -> list[tuple[int, int]]:
    """Find verbs with the preposition that they govern, or the number that they tell: ``تسبب ... في``, ``بلغ ... 20``.

    Args:
        words: a sentence's words, folded; ``""`` for a mark by itself.
        raws: the same words as they stand.

    Returns:
        Places of verb and complement: a headline that holds the one holds the other.

    Example:
        >>> ties(["تسبب", "حريق", "في", "اخلاء", "البرج"], "تسبب حريق في إخلاء البرج".split())
        [(0, 2)]
    """
    found = []
    for at, word in enumerate(words):
        if not word or word == _VALLEY:
            continue
        stems = {_bare(word), _bare(word).removeprefix("س"), _bare(word)[1:]}
        wanted: frozenset[str] | None = None
        for prepositions, forms, nouns in _GOVERNING:
            if not stems.isdisjoint(nouns) or _bare(word) in forms or (word[:1] == "س" and word[1:] in forms):
                wanted = prepositions
        reaches = _bare(word) in _REACHING
        if wanted is None and not reaches:
            continue
        for place in range(at + 1, min(at + 1 + _MOST_GOVERNED, len(words))):
            follows = words[place]
            if wanted is not None and follows.startswith(_PERFORMED):
                break
            glued = wanted is not None and "ب" in wanted and follows[:1] == "ب" and len(follows) > 3
            if (wanted is not None and (follows in wanted or glued)) or (reaches and _NUMBER.match(follows)):
                found.append((at, place))
                break
            if raws[place].rstrip(_CLOSES).endswith((*_HARD, *_COMMAS, ".", ":")):
                break
    return found
