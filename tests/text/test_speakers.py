from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasrih.text.speakers import Attribution, SpeakerSpan, attribute, find_speaker

SEED = Path(__file__).parents[2] / "seeds" / "nato_wales_summit_2014.txt"


def marked(sentence: str) -> tuple[str, str | None]:
    """Take the brackets around the speaker out of a sentence."""
    match = re.search(r"\[(.+?)\]", sentence)
    return sentence.replace("[", "").replace("]", ""), match[1] if match else None


@pytest.mark.parametrize(
    "sentence",
    [
        # verb and subject
        "قال [وزير الزراعة السوداني أحمد الطيب] إن الموسم كان جيدا.",
        "وأكدت [وزيرة الصحة منى سالم] أن اللقاح متوفر.",
        "حذر [خبراء اقتصاديون] من ارتفاع الأسعار.",
        "دعت [الأمم المتحدة] إلى هدنة جديدة.",
        "وأدان [مجلس النواب] الهجوم على الميناء.",
        "ورحبت [الحكومة اليابانية] بالاتفاق.",
        "فطالب [الاتحاد الأوروبي] بفتح المعابر.",
        "سترفض [بغداد] أي تدخل في شؤونها.",
        "أعلن [المتحدث باسم وزارة النقل خالد منصور] تعليق الرحلات.",
        "وقال [حداد]: «لن نقبل بأقل من ذلك».",
        # verb, insertion, subject
        "وقال، في مؤتمر صحفي، [رئيس البلدية سمير عواد] إن الطريق مغلق.",
        "وقال ل«البلاد» [مدير المستشفى سامي درويش] إن الأسرة لا تكفي.",
        "وأعلن أمس [حزب النور] انسحابه من الائتلاف.",
        # subject and verb
        "[الرئيس التونسي] يؤكد دعم بلاده للحوار.",
        "لكن [وزير المالية] رفض المقترح.",
        "وكان [وزير الداخلية] قد أعلن حالة الطوارئ.",
        # formulas
        "ارتفعت الأسعار كثيرا، وفقا [لوزارة التجارة].".replace("[ل", "ل["),
        "ارتفعت الأسعار كثيرا، بحسب [مدير السوق جابر حسن].",
        "ونقلت الوكالة عن [مصدر أمني] قوله إن الحدود مغلقة.",
        "من جانبه، قال [السفير الفرنسي] إن بلاده ستساعد.",
        # quotes, brackets, commas inside the phrase
        'وأعلن [حزب "الأمل"] مقاطعة الانتخابات.',
        "قال «[حزب الأمل]» إنه سيقاطع.",
        "أكد [الأمين العام للمنظمة (الفاو) جابر حسن] أن القمح متوفر.",
        "حذر [الرئيس القبرصي، نيكوس بابادوس]، من الجفاف.",
        "وقال [سامي حداد، رئيس اتحاد الفلاحين]، إن الأمطار تأخرت.",
        "قال [وزير الدفاع الألماني فرانك-فالتر موير] إن القوات باقية.",
        # coordination, annexation
        "وقعت [مصر والسودان] اتفاقية جديدة.",
        "قالت [وزارة الثقافة والإعلام] إن المعرض تأجل.",
        # the object is no part of the speaker
        "حثت [الحكومة المصرية] رعاياها على المغادرة.",
        "أكد [الوزير الكويتي] دعم بلاده للخطة.",
        "وجدد [الأردن] التزامه بالسلام.",
    ],
)
def test_named_speaker(sentence: str) -> None:
    text, speaker = marked(sentence)
    found = find_speaker(text)
    assert found is not None
    assert found.text == speaker
    assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    "sentence",
    [
        "وأضاف أن العمل مستمر.",
        "وأشار إلى أن الموسم كان جيدا.",
        "وقال: «لن نقبل».",
        "وأكدت ضرورة الحوار بين الطرفين.",
        "ورحب بالخطوة.",
        "وأدانوا الهجوم على الميناء.",
        "نزل المطر على الجبال طوال الليل.",
        "",
        "   ",
    ],
)
def test_nobody_named(sentence: str) -> None:
    assert find_speaker(sentence) is None


def test_addressee_is_no_speaker() -> None:
    found = find_speaker("وقال مدير السوق في تصريح لصحيفة البلاد إن الأسعار ثابتة.")
    assert found is not None and found.text == "مدير السوق"


def test_offsets_with_marks_tatweel_and_direction() -> None:
    sentence = "\u202bقَالَ الوَزِيـــرُ سَامِي حَدَّادٍ إنّ الطريق مفتوح\u202c"
    found = find_speaker(sentence)
    assert found is not None
    assert found.text == "الوَزِيـــرُ سَامِي حَدَّادٍ" == sentence[found.start : found.end]


def test_passive_has_no_speaker() -> None:
    assert find_speaker("وأُعلن الاتفاق في المساء.") is None


def test_chain() -> None:
    chain = attribute(
        [
            "قال وزير النقل سامي حداد إن الطريق مفتوح.",
            "وأضاف أن العمل مستمر.",
            "مشيرا إلى أن الجسر جاهز.",
            "وقالت وزيرة الصحة منى سالم إن اللقاح متوفر.",
            "وأوضحت أن الكمية تكفي.",
            "وتابع أن الجسر آمن.",
            "نزل المطر على الجبال.",
            "وأكد حداد أن الجسر آمن.",
            "وأضاف: «لا خوف».",
        ]
    )
    assert [link.speaker and link.speaker.text for link in chain] == [
        *["وزير النقل سامي حداد"] * 3,
        *["وزيرة الصحة منى سالم"] * 2,
        "وزير النقل سامي حداد",
        None,
        "حداد",
        "حداد",
    ]
    assert [link.sentence for link in chain] == [0, 0, 0, 3, 3, 0, None, 7, 7]
    assert [link.inferred for link in chain] == [False, True, True, False, True, True, False, False, True]


def test_chain_needs_agreement() -> None:
    chain = attribute(["قال الوزير سامي حداد إن الطريق مفتوح.", "وأضافت أن العمل مستمر."])
    assert chain[1] == Attribution(None, None, False)
    assert attribute([]) == []


def test_nobody_tells_of_himself_by_name() -> None:
    chain = attribute(
        [
            "قال دايك إن المنظمة تحتاج إلى رجل جديد.",
            "وأعلن بلاتيني، رئيس الاتحاد الأوروبي، ترشحه.",
            "وتابع: «ننتظر برنامج بلاتيني، وسندعمه».",
            "وأضاف أن الطريق طويل.",
            "وأوضح أن لبلاتيني ولدايك رأيا آخر.",
        ]
    )
    assert [link.speaker and link.speaker.text for link in chain[2:]] == ["دايك", "دايك", None]
    assert [link.sentence for link in chain[2:]] == [0, 0, None]


def test_a_quotation_goes_on_with_its_speaker() -> None:
    sentences = ["قال وزير النقل: «الطريق مفتوح.", "يجب أن نسرع.", "قال الرئيس ذلك».", "نزل المطر."]
    chain = attribute(sentences, [None, 0, 0, None])
    assert [link.speaker and link.speaker.text for link in chain] == ["وزير النقل", "وزير النقل", "الرئيس", None]
    assert [link.inferred for link in chain] == [False, True, False, False]
    assert attribute(["«هنا المطر.", "يجب أن نسرع»."], [None, 0])[1] == Attribution(None, None, False)
    with pytest.raises(ValueError):
        attribute(sentences, [None])


@pytest.mark.parametrize(
    ("sentence", "speaker"),
    [
        ("وأعرب، في تصريحات لشبكة محلية، آنذاك، عن قلقه من الجفاف.", None),
        ("وأعلن آنذاك وزير النقل فتح الجسر.", "وزير النقل"),
        ("ووضح حداد أن الجسر آمن.", "حداد"),
        ("وردا على سؤال، أكد المتحدث باسم الحكومة أن النص واضح.", "المتحدث باسم الحكومة"),
        ("وصف الجنرال إيران بأنها خطر.", "الجنرال"),
    ],
)
def test_what_only_looks_like_a_subject(sentence: str, speaker: str | None) -> None:
    found = find_speaker(sentence)
    assert (found and found.text) == speaker


def test_seed_article() -> None:
    sentences = re.split(r"(?<=\.)\s+", SEED.read_text(encoding="utf-8"))
    chain = attribute(sentences)
    named = [link.speaker.text if link.speaker else None for link in chain]
    assert named[0] == 'الأمين العام لحلف شمال الأطلسي "ناتو" أندريس فوج راسموسن'
    assert named[1:7] == ["أمين عام الناتو"] * 6
    assert named[7:9] == ["راسموسن", "راسموسن"]
    assert [link.inferred for link in chain[:9]] == [False, False, *[True] * 5, False, False]


LETTERS = st.text(alphabet=st.sampled_from('ابتدرسعقلمنهويأإىة،.:«»"()- \u064f\u064bـ\u200f'), max_size=60)
WORDS = st.lists(
    st.sampled_from(
        "قال وأكدت وفقا ل لـ الوزير وزير مصر محمد بن د . ، « » ( ) أن كان وكان قد عن نقلت بان كي هذه -".split()
    ),
    max_size=40,
).map(" ".join)


@given(st.text() | LETTERS | WORDS)
def test_any_text_gives_a_result(sentence: str) -> None:
    found = find_speaker(sentence)
    assert found is None or (isinstance(found, SpeakerSpan) and found.text)
    assert found is None or sentence[found.start : found.end] == found.text


@given(st.lists(LETTERS | WORDS, max_size=6))
def test_any_article_gives_one_attribution_a_sentence(sentences: list[str]) -> None:
    chain = attribute(sentences)
    assert len(chain) == len(sentences)
    for number, link in enumerate(chain):
        assert (link.speaker is None) == (link.sentence is None)
        if link.speaker is not None and link.sentence is not None:
            source = sentences[link.sentence]
            assert source[link.speaker.start : link.speaker.end] == link.speaker.text
            assert link.sentence < number if link.inferred else link.sentence == number


@pytest.mark.parametrize("piece", ["قال فلان، وزير كذا، ", "قال «", "وفقا ل", "وكان الرئيس ", "د . ", "قال أمس "])
def test_time_grows_with_length(piece: str) -> None:
    started = time.perf_counter()
    find_speaker(piece * 4000)
    assert time.perf_counter() - started < 10
