"""What a headline can do without, and what it cannot."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.models.asides import asides
from tasrih.models.headline import fold


def left_out(sentence: str) -> list[tuple[str, str]]:
    raws = sentence.split()
    return [(aside.kind, " ".join(raws[aside.first : aside.last])) for aside in asides([*map(fold, raws)], raws)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("وصل الوزير أمس إلى عدن", [("time", "أمس")]),
        ("وصل الوزيرُ أمـــس إلى عدن", [("time", "أمـــس")]),
        ("وصل الوزير مساء يوم الجمعة ١٢ جوان ٢٠١٥ إلى عدن", [("time", "مساء يوم الجمعة ١٢ جوان ٢٠١٥")]),
        ("افتتح الوفد في 3 ربيع الأول 1437هـ معرض الكتاب", [("time", "في 3 ربيع الأول 1437هـ")]),
        ("جد صباح اليوم حادث مرور", [("time", "صباح اليوم")]),
        ("زار الوفد (وعدده سبعة) المعرض", [("bracket", "(وعدده سبعة)")]),
        ("توفي شاب (25 عاما) في الحادث", [("bracket", "(25 عاما)")]),
        ("وصل الوزير يوم 8 أغسطس (آب) الماضي إلى عدن", [("time", "يوم 8 أغسطس (آب) الماضي")]),
        ("أشارت الوزارة في بيان لها إلى أن الجسر فتح", [("venue", "في بيان لها")]),
        ("قالت الوزارة في بيان نشرته أمس إن الجسر فتح", [("venue", "في بيان نشرته أمس")]),
        ("ذكرت المنظمة، التي تتخذ من جنيف مقرا لها، أن السيل انحسر", [("relative", "التي تتخذ من جنيف مقرا لها،")]),
        ("زار الوفد، خلال جولة قصيرة، المعرض الكبير", [("phrase", "خلال جولة قصيرة،")]),
    ],
)
def test_what_can_be_left_out_is_found(sentence, expected):
    assert left_out(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "أمس وصل الوزير إلى عدن",  # begins the sentence
        "وصل الوزير إلى عدن أمس",  # ends it
        "قرأت صحيفة اليوم خبر الوصول",  # the paper's name
        "غاب الوزير منذ أمس عن العمل",
        "احتفلت المدارس باليوم الوطني السعودي",
        "نشر الفريق اليوم الثاني صورا",
        "وصل الوزير اليوم وغدا يصل الوفد",
        "منحت الوزارة (24) قاضيا ترقية",  # the number is counted with
        "زار الوفد (وعدده سبعة المعرض",  # no end
        "حسب الوزارة، في بيان لها أن الجسر فتح",  # nobody says
        "تسبب الهجوم، على جسر المدينة، في زحام كبير",  # what the verb asks for
        "غادر الوفد، خلال جولة قصيرة، وعاد",  # another clause
        "رفض الوزير، إذا لم تفتح الحدود، المشاركة",  # a condition
        "فازت البلاد، وفق الوزارة، بالجائزة",  # whose claim it is
        "انطلقت اليوم 2017في المدينة أشغال كثيرة",  # a space is missing
        "نظمته (موهبة) في الرياض",  # the bracket quotes the subject
        "فاز الفريق في مسابقة (موهبة) الأولى",
        "بلغت قيمته (24 مليار) ريال",
        "حفز الوالي ابنه (المعتمد) على السفر",
        "أقدم المعتصم أحد الشبان على الإضراب",  # one of, no Sunday
        "أطلقت الشرطة النار، بعد إصدار تحذيرين، على السيارة",  # a condition
        "عبر النادي عن رغبته، في الاستفادة من خبرته، بوضوح",
        "غادر الوفد، خلال جولة قصيرة، بأعضائه",
        "قرأت الخبر في العدد الصادر اليوم في المكتبة",
        "يصل الوفد اليوم وضمن الأجواء المفتوحة أول رحلة",
        "ينعقد الاجتماع الثلاثاء/ الأربعاء في عدن",
    ],
)
def test_what_carries_the_meaning_stays(sentence):
    assert left_out(sentence) == []


def test_asides_one_after_another_are_one():
    assert left_out("قال الوزير (أحمد العلي) مساء أمس، في تصريح صحفي، إن الجسر فتح") == [
        ("bracket", "(أحمد العلي) مساء أمس، في تصريح صحفي،")
    ]


PIECES = "قال وصل الوزير، أمس اليوم مساء الجمعة في خلال بيان لها أن عن الذي التي (وعدده سبعة) 12 جوان 2015 2015، ، ( ) «نعم لا» و ، .".split()


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_asides_come_in_order_with_a_word_between_and_never_at_an_end(raws):
    found = asides([*map(fold, raws)], raws)
    edges = [edge for aside in found for edge in (aside.first, aside.last)]
    assert edges == sorted(set(edges))
    assert all(aside.first > 0 and aside.last < len(raws) for aside in found)
