"""Other spellings of a text: each variant changes what its name says, and the map keeps up with it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.text.normalise import PROFILES, normalise
from tasrih.text.spellings import OCR_SHARE, VARIANTS, is_folded, respell

TEXT = (
    "أعلنَ الوزيرُ في «الرياض» أنَّ ٣ دول، منها إيران، ستوقّع على الاتفاقية \"الكبيرة\" في 2015؛ فهل تؤيدها السعودية؟"
)


@pytest.mark.parametrize("name", [name for name, (_, steps) in VARIANTS.items() if steps])
def test_each_variant_writes_something_else(name):
    text = TEXT * 20
    assert respell(name, text).text != text
    assert respell(name, text) == respell(name, text)


@pytest.mark.parametrize("name", [name for name in VARIANTS if is_folded(name, "search")])
def test_what_a_profile_folds_reads_alike(name):
    read = lambda text: " ".join(normalise(text, "search").split())  # noqa: E731
    assert read(respell(name, TEXT).text) == read(TEXT)


def test_variants_that_a_profile_leaves_are_named_so():
    assert not is_folded("marbuta_as_ha", "encoder")
    assert is_folded("marbuta_as_ha", "search")
    assert not any(is_folded("ocr_noise", profile) for profile in PROFILES)


@pytest.mark.parametrize(("text", "shaped"), [("محمد", "ﻣﺤﻤﺪ"), ("دار", "ﺩﺍﺭ"), ("باب 3", "ﺑﺎﺏ 3"), ("سماء", "ﺳﻤﺎﺀ")])
def test_presentation_forms_are_shaped_as_on_a_page(text, shaped):
    assert respell("presentation_forms", text).text == shaped
    assert unicodedata.normalize("NFKC", shaped) == text


@pytest.mark.parametrize(
    ("name", "text", "other"),
    [
        ("curly_quotes", 'قال "نعم" و("لا")', "قال “نعم” و(“لا”)"),
        ("straight_quotes", "قال «نعم» و“لا”", 'قال "نعم" و"لا"'),
        ("no_punctuation", "3,000 دولار، أي 2.5 مليون؟ لا: 7: نعم.", "3,000 دولار أي 2.5 مليون لا 7 نعم"),
        ("marbuta_as_ha", "الدولة وقوتها دولةً", "الدوله وقوتها دولهً"),
    ],
)
def test_what_is_written(name, text, other):
    assert respell(name, text).text == other


def test_noise_touches_about_its_share_of_the_letters():
    text = "قال وزير الخارجية إن بلاده ترفض التدخل في شؤون الدول الأخرى " * 200
    noisy = respell("ocr_noise", text).text
    assert len(noisy) == len(text)
    share = sum(a != b for a, b in zip(text, noisy, strict=True)) / len(text)
    assert OCR_SHARE / 3 < share < OCR_SHARE


def test_half_a_surrogate_pair_stays():
    assert respell("marbuta_as_ha", "مرة\ud800").text == "مره\ud800"


@given(text=st.text("ابتةئؤأيـَُ «»\"“،؟3٣.", max_size=60), cuts=st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_spans_move_with_the_text(text, cuts):
    start, end = sorted(min(cut, len(text)) for cut in cuts)
    for name in VARIANTS:
        other = respell(name, text)
        first, last = other.place(start, end)
        assert 0 <= first <= last <= len(other.text)
        assert (other.place(0, start), other.place(end, len(text))) == ((0, first), (last, len(other.text)))
        if name in ("alef_without_hamza", "straight_quotes", "persian_letters", "ocr_noise"):
            assert (first, last) == (start, end)
    assert respell("doubled_spaces", text).place(start, end) == (
        start + text[:start].count(" "), end + text[:end].count(" "),
    )  # fmt: skip
