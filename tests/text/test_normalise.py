"""Normalisation: every step by example, the profiles, and the map back to the source."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.text.normalise import PROFILES, STEPS, STRETCHES, fold, normalise, profile_of_family, steps_of

FRAGMENTS = [
    "كَتَبَ",
    "الأُمَّة",
    "إلى",
    "آخر",
    "ٱلله",
    "ا\u0653",
    "ا\u0654",
    "ا\u0655",
    "و\u0654",
    "ي\u0654",
    "ى\u0654",
    "مسؤول",
    "شيء",
    "ماء",
    "مدرسة",
    "ليبيـــا",
    "ﻻ",
    "ﻷ",
    "ﷲ",
    "ﷴ",
    "ﻣﺮﺣﺒﺎ",
    "ﹷ",
    "ﹰ",
    "ک",
    "ی",
    "ہ",
    "ۀ",
    "٣٫٥",
    "۱۲۳",
    " ",
    "\n",
    "\r\n",
    "\x00",
    "\t",
    "\u200b",
    "\u200c",
    "\u200d",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u202e",
    "\u2066",
    "\u2069",
    "\ufeff",
    "\u00ad",
    "\u061c",
    "\u064b",
    "\u0670",
    "\u06d6",
    "ـ",
    "😀",
    "👨\u200d👩",
    "\ud800",
    "\udfff",
    "Abc",
    "é",
    "e\u0301",
    "«",
    "».",
    "،",
    "12",
]
ANY_TEXT = st.one_of(
    st.text(st.characters(codec=None)),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(st.characters(codec=None), max_size=3))).map("".join),
)
# the others rewrite links and the like first, and are tested by themselves
LETTER_PROFILES = [name for name, steps in PROFILES.items() if not set(steps) & set(STRETCHES)]
STEP_SETS = st.lists(st.sampled_from(list(STEPS)), max_size=6)


def one_after_the_other(text: str, steps: tuple[str, ...]) -> str:
    """Apply whole steps in turn, each to what the one before left: slow and plain."""
    for step in steps:
        rules = STEPS[step]
        out, at = "", 0
        while at < len(text):
            size = 2 if text[at : at + 2] in rules and len(text) > at + 1 else 1
            piece = text[at : at + size]
            out += rules.get(piece, piece)
            at += size
        text = out
    return text


@pytest.mark.parametrize(
    ("step", "text", "expected"),
    [
        ("compose", "ا\u0653خر ا\u0654خذ ا\u0655لى", "آخر أخذ إلى"),
        ("compose", "مسو\u0654ول ي\u0654 ى\u0654", "مسؤول ئ ئ"),
        ("compose", "ب\u0654", "ب\u0654"),
        ("presentation", "ﻣﺮﺣﺒﺎ", "مرحبا"),
        ("presentation", "ﺳﻼﻡ ﻷﻥ ﻹ ﻵ", "سلام لأن لإ لآ"),
        ("presentation", "ﷲ", "الله"),
        ("presentation", "ﷺ", "صلى الله عليه وسلم"),
        ("presentation", "ﹰ", "\u064b"),
        ("presentation", "ﯼ ﮎ", "ی ک"),
        ("invisible", "قا\u200fل\u200b ا\u202aل\u202cو\u2066ز\u2069ي\ufeffر\u00ad\u061c", "قال الوزير"),
        ("invisible", "سطر\r\nآخر\tهنا", "سطر\r\nآخر\tهنا"),
        ("tatweel", "ليبيـــا", "ليبيا"),
        ("diacritics", "الأُمَّةُ هٰذا كِتابٌ", "الأمة هذا كتاب"),
        ("lookalikes", "کتاب علی", "كتاب علي"),
        ("digits", "٢٠١٤ و۲۰۱۵ و2016", "2014 و2015 و2016"),
        ("alef", "أمس إلى آخر ٱسم", "امس الى اخر اسم"),
        ("maqsura", "على مستشفى", "علي مستشفي"),
        ("seats", "مسؤول بيئة شيء", "مسوول بيية شيء"),
        ("hamza", "مسؤول بيئة شيء", "مسؤول بيئة شي"),
        ("quotes", "«نعم» “لا” ‘كلا’", "\"نعم\" \"لا\" 'كلا'"),
        ("punctuation", "نعم، لا؛ متى؟ ٥٪", "نعم, لا; متى? ٥%"),
        ("marbuta", "مدرسة", "مدرسه"),
    ],
)
def test_each_step_by_example(step, text, expected):
    assert normalise(text, [step]) == expected


def test_the_profiles_by_example():
    text = "ﷲُ أكبـر، قـالَ المسؤول\u200f: ٣ مدارس في علی و۴ ا\u0654خرى ومدرسة"
    assert normalise(text) == text
    assert normalise(text, "tidy") == "الله أكبر، قال المسؤول: ٣ مدارس في علي و۴ أخرى ومدرسة"
    assert normalise(text, "encoder") == "الله اكبر، قال المسؤول: 3 مدارس في علي و4 اخري ومدرسة"
    assert normalise(text, "search") == "الله اكبر، قال المسوول: 3 مدارس في علي و4 اخري ومدرسه"


def test_spellings_of_one_word_meet():
    for spelling in ("إِلَى", "الى", "ﺇﻟﻰ", "ا\u0655لى", "إلـى", "إلی"):
        assert normalise(spelling, "encoder") == "الي"


def test_a_rewritten_letter_goes_on_to_the_later_steps():
    # U+FEF7 is lam with alef and hamza; U+FDFC holds a Persian yeh; U+FEF4 a yeh
    assert normalise("ﻷ", "encoder") == "لا"
    assert normalise("\ufdfc", "tidy") == "ريال"
    assert normalise("ﺉ", "search") == "ي"
    assert normalise("ى\u0654", "search") == "ي"


@settings(deadline=None)
@given(ANY_TEXT)
def test_the_default_changes_nothing(text):
    assert normalise(text) == text
    folded = fold(text, "lossless")
    assert (folded.text, folded.source, folded.edits) == (text, text, ())
    assert folded.to_source(0, len(text)) == (0, len(text))


@settings(deadline=None)
@given(ANY_TEXT, st.sampled_from(LETTER_PROFILES))
def test_chained_maps_give_what_the_steps_give_one_after_the_other(text, profile):
    assert normalise(text, profile) == one_after_the_other(text, PROFILES[profile])


@settings(deadline=None)
@given(ANY_TEXT, STEP_SETS)
def test_any_set_of_steps_applies_in_the_order_of_the_table(text, steps):
    ordered = tuple(step for step in STEPS if step in steps)
    assert steps_of(steps) == ordered
    assert normalise(text, steps) == one_after_the_other(text, ordered)


@settings(deadline=None)
@given(ANY_TEXT, st.sampled_from(LETTER_PROFILES))
def test_profiles_are_idempotent(text, profile):
    once = normalise(text, profile)
    assert normalise(once, profile) == once


@settings(deadline=None)
@given(ANY_TEXT)
def test_profiles_fold_further_and_further(text):
    search = normalise(text, "search")
    assert normalise(normalise(text, "tidy"), "search") == search
    assert normalise(normalise(text, "encoder"), "search") == search


def test_the_map_by_hand():
    folded = fold("قالَت ﻻ", "encoder")
    assert folded.text == "قالت لا"
    assert folded.to_source(0, 4) == (0, 5)
    assert folded.to_source(2, 3) == (2, 4)  # the lam keeps its vowel
    assert folded.to_source(5, 7) == (6, 7)  # one ligature, two letters
    assert folded.to_source(5, 6) == (6, 7)
    assert folded.to_source(4, 5) == (5, 6)
    assert folded.to_source(3, 3) == (4, 4)


def test_marks_belong_to_the_word_before_and_not_to_the_word_after():
    text = "\u200fقالَ \u200fوزيرٌ\u200f."
    folded = fold(text, "tidy")
    assert folded.text == "قال وزير."
    assert text[slice(*folded.to_source(0, 3))] == "قالَ"
    assert text[slice(*folded.to_source(4, 8))] == "وزيرٌ\u200f"


@pytest.mark.parametrize("span", [(-1, 1), (2, 1), (0, 4)])
def test_a_span_outside_the_text_is_refused(span):
    with pytest.raises(ValueError, match="does not lie in a text of 3 characters"):
        fold("كَتَبَ", "tidy").to_source(*span)


@settings(deadline=None)
@given(ANY_TEXT, st.sampled_from(LETTER_PROFILES))
def test_the_source_of_a_word_normalises_to_that_word(text, profile):
    folded = fold(text, profile)
    for match in re.finditer(r"\w+", folded.text):
        start, end = folded.to_source(*match.span())
        assert 0 <= start < end <= len(text)
        again = normalise(text[start:end], profile)
        if re.search("[\ufdf0-\ufdfb]", text[start:end]):  # a ligature of several words comes whole
            assert match[0] in again
        else:
            assert again == match[0]


@settings(deadline=None)
@given(ANY_TEXT, st.sampled_from(LETTER_PROFILES))
def test_characters_map_in_order_and_inside_the_source(text, profile):
    folded = fold(text, profile)
    before = (0, 0)
    for at in range(len(folded.text)):
        start, end = folded.to_source(at, at + 1)
        assert 0 <= start < end <= len(text)
        assert start >= before[0] and end >= before[1]
        # it begins after the character before, or both come from one ligature
        assert start >= before[1] or start == before[0]
        before = start, end


@settings(deadline=None)
@given(ANY_TEXT, st.sampled_from(LETTER_PROFILES))
def test_edits_rebuild_the_normalised_text(text, profile):
    folded = fold(text, profile)
    rebuilt, taken = "", 0
    for start, end, source_start, source_end in folded.edits:
        rebuilt += text[taken:source_start] + folded.text[start:end]
        assert taken <= source_start < source_end
        taken = source_end
    assert rebuilt + text[taken:] == folded.text


def test_unknown_names_say_what_exists():
    with pytest.raises(ValueError, match=r"unknown normalisation profile 'strip'.*lossless, tidy, encoder, news, search"):
        normalise("نص", "strip")
    with pytest.raises(ValueError, match=r"unknown normalisation step 'stem'.*compose.*marbuta"):
        normalise("نص", ["tatweel", "stem"])


def test_hamza_is_kept_unless_a_profile_folds_it():
    assert normalise("مسؤول بيئة شيء", "encoder") == "مسؤول بيئة شيء"


# --- families of bases ----------------------------------------------------------------------------

POST = "تابعوا @wzara_sa: كوفيدَ19 في ٢٠٢٠م، الرابط https://t.co/ab?x=1 أو a.b@c.com #كوفيد_19 ﻻ ريب إلـى «الأمّة»"


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        # links, addresses and mentions as marks of the vocabulary; numbers apart from words; hamza and digits stay
        ("arabert", "تابعوا [مستخدم] : كوفيد 19 في ٢٠٢٠ م، الرابط [رابط] أو [بريد] #كوفيد_19 لا ريب إلى «الأمة»"),
        # tatweel stays: only vowel marks go
        ("marbert", "تابعوا USER : كوفيد19 في ٢٠٢٠م، الرابط URL أو a.b@c.com HASHTAG لا ريب إلـى «الأمة»"),
        (
            "camelbert",
            "تابعوا @wzara_sa: كوفيد19 في ٢٠٢٠م، الرابط https://t.co/ab?x=1 أو a.b@c.com #كوفيد_19 لا ريب إلى «الأمة»",
        ),
        (
            "arabart",
            "تابعوا @wzara_sa: كوفيد19 في ٢٠٢٠م، الرابط https://t.co/ab?x=1 أو a.b@c.com #كوفيد_19 لا ريب إلى «الأمة»",
        ),
        ("mt5", POST),
        ("xlm-roberta", POST),
    ],
)
def test_what_each_family_reads(profile, expected):
    assert " ".join(normalise(POST, profile).split()) == expected


def test_a_mark_that_stands_for_a_stretch_maps_back_to_it():
    folded = fold(POST, "arabert")
    start = folded.text.index("[رابط]")
    assert POST[slice(*folded.to_source(start, start + 6))] == "https://t.co/ab?x=1"
    start = folded.text.index("19")
    assert POST[slice(*folded.to_source(start, start + 2))] == "19"
    assert POST[slice(*folded.to_source(start - 7, start - 1))].strip() == "كوفيدَ"


@settings(deadline=None)
@given(ANY_TEXT, st.sampled_from(["arabert", "marbert"]))
def test_maps_of_stretches_never_leave_the_text(text, profile):
    folded = fold(text, profile)
    places = [folded.to_source(n, n + 1) for n in range(len(folded.text))]
    assert all(0 <= start <= end <= len(text) for start, end in places)
    assert places == sorted(places)
    assert folded.to_source(0, len(folded.text))[1] <= len(text)


@pytest.mark.parametrize(
    ("name", "profile"),
    [
        ("aubmindlab/bert-base-arabertv02", "arabert"),
        ("aubmindlab/bert-large-arabertv02-twitter", "arabert"),
        ("UBC-NLP/MARBERTv2", "marbert"),
        ("UBC-NLP/ARBERTv2", "marbert"),
        ("CAMeL-Lab/bert-base-arabic-camelbert-msa", "camelbert"),
        ("moussaKam/AraBART", "arabart"),
        ("csebuetnlp/mT5_multilingual_XLSum", "mt5"),
        ("google/mt5-small", "mt5"),
        ("FacebookAI/xlm-roberta-base", "xlm-roberta"),
        ("answerdotai/ModernBERT-base", None),
    ],
)
def test_the_family_is_found_by_name(name, profile):
    assert profile_of_family(name) == profile


@pytest.mark.parametrize("name", ["aubmindlab/bert-base-arabertv2", "aubmindlab/bert-base-arabert"])
def test_a_family_whose_preparation_is_not_ours_is_refused(name):
    with pytest.raises(ValueError, match="Farasa"):
        profile_of_family(name)
