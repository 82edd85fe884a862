"""The reasons that results give in English, in the Arabic of the pages and the terminal."""

from __future__ import annotations

import re

from tasrih.schemes import SCHEMES

# What the models write, and its Arabic; a named group is carried over.
_REASONS: tuple[tuple[str, str], ...] = (
    ("empty: the text has no letters", "لا حروف في النص"),
    ("empty: there is no text", "لا نص"),
    ("no Arabic: the text has no Arabic letter", "ليس في النص حرف عربي"),
    (r"another language: (?P<a>\d+) of the (?P<b>\d+) letters are Arabic", "لغة أخرى: الحروف العربية {a} من {b}"),
    (
        r"another language: (?P<a>\d+) of the (?P<b>\d+) words are Persian, Urdu, Kurdish or Pashto",
        "لغة أخرى: كلمات الفارسية أو الأردية أو الكردية أو البشتوية {a} من {b}",
    ),
    (
        r"another language: (?P<a>\d+) of the (?P<b>\d+) letters are not used in Arabic",
        "لغة أخرى: الحروف التي لا تُكتب بها العربية {a} من {b}",
    ),
    (r"short: the text has (?P<a>\d+) words", "النص قصير، عدد كلماته {a}"),
    (r"this model does not write in the style \w+", "لا يكتب هذا النموذج بهذا الأسلوب"),
    (
        "on validation articles the model's headlines served less well than the article's sentences",
        "كانت جمل المقال في مقالات التحقق خيرا من عناوين النموذج",
    ),
    ("the model was not sure of its headline", "لم يكن النموذج واثقا من عنوانه"),
    ("the model wrote nothing whole", "لم يكتب النموذج عنوانا تاما"),
    (r"not in the text: (?P<a>.+)", "ليس في النص: {a}"),
    ("empty target: say what the stance is to", "لم يُذكر ما الموقف منه"),
    (
        r"target too long: the target of text \d+ has (?P<a>\d+) tokens; this model reads targets of up to (?P<b>\d+)",
        "الهدف أطول مما يُقرأ: {a} رمزا، والحد {b}",
    ),
    (
        r"unsure: the best label, (?P<label>\w+), has probability (?P<a>[\d.]+), under (?P<b>[\d.]+)",
        "غير واثق: احتمال أقرب وسم، {label}، هو {a} وهو أقل من {b}",
    ),
    (
        r"unsure: (?P<labels>\w+(?:, \w+)*) came near, none with the probability that is asked for",
        "غير واثق: اقترب {labels} ولم يبلغ الاحتمال المطلوب",
    ),
)
_PATTERNS = tuple((re.compile(pattern, re.S), arabic) for pattern, arabic in _REASONS)


def arabic_reason(reason: str) -> str:
    """Give a result's reason in Arabic.

    Args:
        reason: the reason, as the models write it.

    Returns:
        Its Arabic; the reason itself where it is none of theirs.

    Example:
        >>> arabic_reason("short: the text has 3 words")
        'النص قصير، عدد كلماته 3'
    """
    for pattern, arabic in _PATTERNS:
        if found := pattern.fullmatch(reason):
            parts = {
                name: "، ".join(map(_label, part.split(", "))) if name.startswith("label") else part
                for name, part in found.groupdict().items()
            }
            return arabic.format(**parts)
    return reason


def _label(name: str) -> str:
    return next((scheme.arabic(name) for scheme in SCHEMES.values() if name in scheme.names), name)
