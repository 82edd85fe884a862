"""Other spellings of the same text: each variant changes what its name says, and folded ones move no label."""

import unicodedata

import pytest

from tasrih.evaluation.spelling import OCR_SHARE, VARIANTS, evaluate_spelling, is_folded, variant
from tasrih.models.load import load
from tasrih.text.normalise import PROFILES, normalise

TEXT = "أعلنَ الوزيرُ في «الرياض» أنَّ ٣ دول، منها إيران، ستوقّع على الاتفاقية في 2015؛ فهل تؤيدها السعودية؟"


@pytest.mark.parametrize("name", [name for name, (_, steps) in VARIANTS.items() if steps])
def test_each_variant_writes_something_else(name):
    text = TEXT * 20
    assert variant(name, text) != text
    assert variant(name, text) == variant(name, text)


@pytest.mark.parametrize("name", [name for name in VARIANTS if is_folded(name, "search")])
def test_what_a_profile_folds_reads_alike(name):
    read = lambda text: " ".join(normalise(text, "search").split())  # noqa: E731
    assert read(variant(name, TEXT)) == read(TEXT)


def test_variants_that_a_profile_leaves_are_named_so():
    assert not is_folded("marbuta_as_ha", "encoder")
    assert is_folded("marbuta_as_ha", "search")
    assert not any(is_folded("ocr_noise", profile) for profile in PROFILES)


@pytest.mark.parametrize(("text", "shaped"), [("محمد", "ﻣﺤﻤﺪ"), ("دار", "ﺩﺍﺭ"), ("باب 3", "ﺑﺎﺏ 3"), ("سماء", "ﺳﻤﺎﺀ")])
def test_presentation_forms_are_shaped_as_on_a_page(text, shaped):
    assert variant("presentation_forms", text) == shaped
    assert unicodedata.normalize("NFKC", shaped) == text


def test_noise_touches_about_its_share_of_the_letters():
    text = "قال وزير الخارجية إن بلاده ترفض التدخل في شؤون الدول الأخرى " * 200
    noisy = variant("ocr_noise", text)
    assert len(noisy) == len(text)
    share = sum(a != b for a, b in zip(text, noisy, strict=True)) / len(text)
    assert OCR_SHARE / 3 < share < OCR_SHARE


def test_the_report_counts_what_moves(world):
    report = evaluate_spelling("topic", "topic_iptc", "test", world.root)
    assert set(report.scores) == {"as_written", *VARIANTS}
    assert report.scores["as_written"]["unchanged"].value == 1
    profile = load("topic").settings.profile
    for name in VARIANTS:
        if is_folded(name, profile):
            assert report.scores[name]["unchanged"].value == 1, name
    assert report.difference == {}
    assert report.notes[-1].startswith("macro_f1 under ocr_noise less as_written: ")
    assert any(note.startswith("ocr_noise (not folded)") for note in report.notes)
