"""Words that a model wrote in folded letters come back as their text spells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.models.source_spelling import SourceSpelling
from tasrih.text.normalise import normalise
from tasrih.text.words import FUNCTION_WORDS


def as_spelled(written: str, text: str, profile: str = "news") -> str:
    return SourceSpelling(text, profile).of(written)


TEXT = "أعلنت الأُمم المتحدة أنّ مصر و السعودية تبحثان أزمة اليـــمن عام ٢٠١٤، وللأمن «أولوية» على غيره بالقاهرة"


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("الامم المتحده", "الأمم المتحدة"),  # vowel marks are not a headline's
        ("ازمه اليمن", "أزمة اليمن"),
        ("مصر والسعوديه", "مصر والسعودية"),  # a clitic that the text writes apart
        ("القاهره", "القاهرة"),  # the text has it with another
        ("الامن", "الأمن"),  # of وللأمن
        ("عام 2014", "عام ٢٠١٤"),
        ("ازمه: الي متي", "أزمة: إلى متي"),  # a function word, and a word that the text lacks
        ('"اولويه"', '"أولوية"'),
        ("أزمة", "أزمة"),
        ("", ""),
    ],
)
def test_words_are_spelled_as_in_the_text(written, spelled):
    assert as_spelled(written, TEXT) == spelled


def test_the_commonest_spelling_is_taken():
    assert as_spelled("اسلام", "إسلام أسلام إسلام") == "إسلام"
    assert as_spelled("أسلام", "إسلام أسلام إسلام") == "أسلام"  # as it stands somewhere
    # folded letters say nothing of which word was meant
    assert as_spelled("احتجاجات علي القرار", "قال علي إن الرد على القرار وعلى غيره على الأبواب") == "احتجاجات على القرار"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("شرب الماء", "ما"), ("نال ولاء كثيرين", "ولا"), ("تحدث بهاء", "بها"), ("يحدث الآن", "ان"), ("جامعة الإمام", "امام"),
    ],
)
def test_a_function_word_becomes_no_other_word(text, written):
    expected = {"ما": "ما", "ولا": "ولا", "بها": "بها", "ان": "أن", "امام": "أمام"}
    assert as_spelled(written, text) == expected[written]


def test_letters_that_the_profile_keeps_are_kept():
    assert as_spelled("كتابه", "هذه كتابة وكتابه هنا", "encoder") == "كتابه"


COLLIDING = "شربوا الماء وولاء يحدث الآن علي على الإمام أمام كتابة وكتابه بهاء سؤال مسئول ٣٫٥"


@pytest.mark.parametrize("profile", ["news", "encoder", "search"])
@given(chosen=st.lists(st.sampled_from([*TEXT.split(), *COLLIDING.split(), *FUNCTION_WORDS, "xyz", "!", "😀"])))
def test_nothing_but_spelling_changes(profile, chosen):
    written = normalise(" ".join(chosen), profile)
    assert normalise(as_spelled(written, f"{TEXT} {COLLIDING}", profile), profile) == written


@given(st.text(), st.text())
def test_any_text_is_taken(written, text):
    written = normalise(written, "news")
    assert normalise(as_spelled(written, text), "news") == written
