"""Words by what they do at the edges of a headline, folded as ``headline.fold`` folds them."""

from __future__ import annotations

import re

from tasrih.text import lexicon as lex

BARE_THAT = lex.words("أن بأن")
THAT = lex.words("أن إن بأن أنه أنها إنه إنها بأنه بأنها أنهم إنهم")
PREPOSITIONS = lex.words(
    "في من على إلى عن مع بعد قبل بين حتى عند منذ خلال ضد نحو حول دون لدى عبر رغم بسبب بشأن ضمن وسط أمام تحت فوق "
    "حيال تجاه إثر عقب أثناء بدون قبيل جراء لـ بـ ل ب وفي ومن وعلى وإلى وعن ومع وبعد وقبل وبين وحتى"
)
CLAUSES = lex.words(
    "عندما حيث حين حينما فيما بينما كما إذ إذا لو لكن ولكن وذلك وهو وهي وهم وكان وكانت وقد وأن وإن الذي التي "
    "الذين ثم أو مما مشيرا مؤكدا موضحا قائلا لافتا معتبرا مضيفا مبينا مشددا منوها مطالبا داعيا محذرا معربا ومؤكدا "
    "ومشيرا وموضحا وفق وفقا حسب بحسب طبقا حسبما وفقما فضلا إضافة بالإضافة وسط رغم برغم نقلا"
)
TIMES = lex.words(
    "اليوم أمس غدا السبت الأحد الإثنين الاثنين الثلاثاء الأربعاء الخميس الجمعة مساء صباح ظهر فجر يوم الماضي مؤخرا "
    "أخيرا حاليا لاحقا سابقا رسميا مجددا أيضا فقط"
)
#: What cannot be the last word: it looks forward to another.
LOOKING_ON = (
    THAT
    | PREPOSITIONS
    | CLAUSES
    | lex.words(
        "وأن لأن لأنه كأن لا لم لن ما قد كل أي هذا هذه ذلك تلك هؤلاء غير كان كانت كانوا يكون تكون ليس ليست إلا أما بل "
        "يتم تم ولا ولم ولن وما هو هي هم سوف لقد سوى كي لكي عدم بعدم وعدم مثل ذات ذو ذوي بعض جميع كافة أحد إحدى أكثر "
        "أقل حوالي زهاء قرابة بعيد أول كيف متى أين هل لماذا ماذا عما بدلا و ف ك س بن ابن بنت عبد أبو أبي آل باسم"
    )
)
SAID = THAT | lex.words("عن على إلى من")
NOT_FIRST = THAT | CLAUSES | lex.words(
    "به بها له لها لهم منه منها فيه فيها عليه عليها إليه إليها عنه عنها معه معها نفسه نفسها"
)  # fmt: skip

#: Times that a headline begins with only where its sentence does: (أعلن الحزب،) اليوم الخميس انسحابه.
NOT_FIRST_TIMES = TIMES - lex.words("رسميا ظهر")
#: What goes on with the sentence before it: participles in the accusative, which have their subject there.
GOING_ON = lex.PARTICIPLES - lex.words("متابعة نقلا")
_GOING_ON = re.compile(r"و?م\w{3,4}ا")  # مثنيا, متوجها; as accusatives they begin no headline in any case
# (أن) المحتجين طالبوا: stranded without its particle; not broken plurals
_ACCUSATIVE = re.compile(r"ال\w{2,}يين|الم\w{3,}ين|(?!ال)\w{3,}(?:يين|تين)")
_UNBROKEN = lex.words("المساجين الملايين المساكين الميادين المضامين الموازين المجانين فلسطين")
_PERSONS = lex.TITLES | lex.words("شخص رجل شاب طفل قتيل عنصر مسلح شرطي جندي سائق لاعب متهم مشتبه شقيق فريق حزب بلد")
_OURS = re.compile(r"\w{2,}نا")  # حظينا, لدينا: of whom?
_NOT_OURS = lex.words("هنا غينا غيانا تيرانا")


def goes_on(word: str) -> bool:
    """Say whether a word hangs on what stands before it: ``مثنيا``, ``مؤكدا``.

    Args:
        word: a folded word that does not begin its sentence.

    Returns:
        Whether no headline begins with it.

    Example:
        >>> goes_on("مثنيا"), goes_on("وزير")
        (True, False)
    """
    if word in GOING_ON or word.removeprefix("و") in GOING_ON:
        return True
    return bool(_GOING_ON.fullmatch(word)) and word not in lex.NATIONS


def is_stranded(word: str) -> bool:
    """Say whether a word after ``أن`` or ``إن`` shows by its case that they stood before it: ``شخصين``, ``المحتجين``.

    Args:
        word: a folded word after one of them.

    Returns:
        Whether it is a dual or a sound plural in the accusative, as far as its form tells.

    Example:
        >>> is_stranded("شخصين"), is_stranded("حسين")
        (True, False)
    """
    if word in _UNBROKEN or word in lex.NATIONS or word in lex.NAMES or lex.is_deed(word):
        return False
    stem = lex.bare(word)[:-2]
    is_person = word.endswith("ين") and len(stem) > 2 and stem in _PERSONS
    return is_person or bool(_ACCUSATIVE.fullmatch(word))


def is_ours(word: str) -> bool:
    """Say whether a word speaks of us: ``حظينا``, ``لدينا``; by whom it is said stands before it."""
    return bool(_OURS.fullmatch(word)) and word not in _NOT_OURS and word not in lex.NATIONS


def kind_of(word: str) -> str:
    """Say what a word is, as far as lists and its form tell.

    Args:
        word: a folded word.

    Returns:
        ``preposition``, ``clause``, ``verb``, ``name``, ``deed``, ``digit``, ``definite`` or ``word``.
    """
    if word in PREPOSITIONS:
        return "preposition"
    if word in CLAUSES or word in THAT:
        return "clause"
    if lex.verb(word):
        return "verb"
    if word in lex.NATIONS or word in lex.NAMES:
        return "name"
    if lex.is_deed(word):
        return "deed"
    if any(char.isdigit() for char in word):
        return "digit"
    return "definite" if word.startswith(("ال", "لل", "وال", "بال")) else "word"
