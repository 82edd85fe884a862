"""Words by what they do at the edges of a headline, folded as ``headline.fold`` folds them."""

from __future__ import annotations

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
