"""Words that a model wrote in folded letters come back as their text spells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.models.source_spelling import as_spelled
from tasrih.text.normalise import normalise
from tasrih.text.words import FUNCTION_WORDS

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


@given(st.lists(st.sampled_from([*TEXT.split(), *FUNCTION_WORDS])))
def test_nothing_but_spelling_changes(chosen):
    written = normalise(" ".join(chosen), "news")
    assert normalise(as_spelled(written, TEXT), "news") == written


@given(st.text(), st.text())
def test_any_text_is_taken(written, text):
    assert isinstance(as_spelled(written, text), str)
