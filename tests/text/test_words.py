"""Words, their forms without prefixes, and the share of a summary that its source holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.text.words import SourceWords, is_function_word, matter, support, without_clitics, word_forms, words


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in words(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قال: 3.5 مليون", ["قال", "3.5", "مليون"]),
        ("٣٫٥ و١٬٢٥٠ في 10:30", ["٣٫٥", "و", "١٬٢٥٠", "في", "10:30"]),
        ("عام 2014.", ["عام", "2014"]),
        ("كَتَبَ الكاتِبُ", ["كَتَبَ", "الكاتِبُ"]),
        ("لـــم يصل", ["لـــم", "يصل"]),
        ("«داعش»،و(غزة)", ["داعش", "و", "غزة"]),
        ("شركة Apple_Pay", ["شركة", "Apple", "Pay"]),
        ("G20 و20م", ["G", "20", "و", "20", "م"]),
        ("😀 ... «»", []),
        ("", []),
    ],
)
def test_words_and_numbers_are_found_whole(text, expected):
    assert found(text) == expected


@settings(deadline=None)
@given(st.text(st.one_of(st.sampled_from("ابتثكلمن ـ\u064e\u0651٣5.,٫«»\n\u200f😀aZ_"), st.characters(codec=None))))
def test_words_lie_in_order_and_every_letter_and_digit_is_in_one(text):
    taken = 0
    for start, end in words(text):
        assert taken <= start < end <= len(text)
        assert not any(char.isalpha() or char.isdecimal() for char in text[taken:start])
        taken = end
    assert not any(char.isalpha() or char.isdecimal() for char in text[taken:])


def test_forms_lose_one_prefix_at_a_time():
    assert word_forms("والأمن") == ("والامن", "امن", "الامن")
    assert word_forms("للأمن") == ("للامن", "امن", "لامن")
    assert word_forms("مدرسة") == ("مدرسه",)
    assert word_forms("إلى") == ("الي",)  # two letters at least are left
    assert word_forms("ود") == ("ود",)


@pytest.mark.parametrize("word", ["في", "إلى", "الى", "عَلَى", "أن", "إنّ", "الذي", "بشأن", "وفي", "لأنّ"])
def test_function_words_are_known_in_any_spelling(word):
    assert is_function_word(word)


@pytest.mark.parametrize("word", ["وزير", "أمن", "غزة", "2014", "قال"])
def test_words_of_matter_are_no_function_words(word):
    assert not is_function_word(word)


def test_support_counts_words_of_matter_by_hand():
    source = "وأعلن وزيرُ الزراعة أن الموسم جيد، وبلغ المحصول ٣٠٠ طن."
    # grammar apart: وزير, الزراعة, موسم, جيد, وفير, 300, طن
    share, missing = support("وزير الزراعة: موسم جيد ووفير في 300 طن", source)
    assert missing == ["ووفير"]
    assert share == pytest.approx(6 / 7)


def test_support_sees_through_the_article_and_conjunctions():
    assert support("الأمطار والرياح", "أمطار مع رياح") == (1.0, [])
    assert support("للأمطار", "هطلت الأمطار") == (1.0, [])


def test_the_words_that_a_ligature_spells_stand_in_the_source():
    assert support("صلى سلم ﷺ", "النبي ﷺ") == (1.0, [])
    assert support("سلم", "النبي") == (0.0, ["سلم"])


def test_a_number_that_the_source_lacks_is_missing():
    assert support("مقتل 12 شخصا", "مقتل ١٣ شخصا") == (pytest.approx(2 / 3), ["12"])


@pytest.mark.parametrize("summary", ["", "...", "في إلى على"])
def test_a_summary_with_nothing_to_check_is_supported(summary):
    assert support(summary, "نص") == (1.0, [])


@settings(deadline=None)
@given(st.lists(st.sampled_from("الوزير قال ٣٫٥ كَتَبَ في غزة Apple . «".split())).map(" ".join))
def test_every_text_supports_itself(text):
    assert support(text, text) == (1.0, [])


@pytest.mark.parametrize(
    ("summary", "source"),
    [
        ("وصل الوزير", "فصل الوزير من منصبه"), ("لقي", "بقي"), ("ولد", "بلد"), ("وفر", "كفر"), ("فر", "وفر"),
        ("غداد", "بغداد"), ("بنان", "لبنان"), ("بنان", "للبنان"), ("وصلوا", "فصلوا"), ("-5", "5"), ("5", "-5"),
        ("35", "3,5"), ("100", "1,000"), ("1", "1،000"),
    ],
)  # fmt: skip
def test_other_words_and_numbers_are_no_support(summary, source):
    share, missing = support(summary, source)
    assert share < 1 and missing == [summary.split()[0]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("بالرياض", "الرياض"), ("وبالرياض", "الرياض"), ("وبالرياض", "بالرياض"), ("للحكومة", "الحكومة"),
        ("للحكومة", "حكومة"), ("ووزير", "وزير"), ("لوزير", "الوزير"), ("ومدير", "لمدير"), ("لمصر", "مصر"),
        ("للبنان", "لبنان"), ("للجنة", "اللجنة"), ("للجنة", "لجنة"), ("لحل", "حل"), ("والدم", "الدم"),
        ("1000", "1,000"), ("١٬٠٠٠", "1,000"), ("1،000", "1000"), ("1,000,000", "1000000"), ("-5", "-٥"), ("−5", "-5"),
        ("1,000.5", "1000.5"),
    ],
)  # fmt: skip
def test_words_with_other_clitics_and_numbers_spelled_otherwise_are_support(one, other):
    assert support(one, other) == (1.0, [])
    assert support(other, one) == (1.0, [])


def test_a_sign_is_told_from_a_range_a_score_and_a_code():
    assert list(matter("-5 و (-6) و3-2 من F-16 و10 - 12")) == ["-5", "-6", "3", "2", "F", "16", "10", "12"]


def test_clitics_go_where_they_are_such():
    assert without_clitics("للحكومة") == {"حكومة": True, "لحكومة": False}
    assert without_clitics("وصل") == without_clitics("بغداد") == without_clitics("ولد") == {}
    assert without_clitics("والدة") == {}  # not the article
    assert without_clitics("كفر") == {}  # too little would be left
    assert "هذه" in SourceWords("هذه")  # function words are looked up as well: بهذه
    assert "بهذه" in SourceWords("هذه")
