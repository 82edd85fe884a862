"""Which texts are read as Arabic, and why others are not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.text.language import unreadable


@pytest.mark.parametrize(
    "text",
    [
        "مرحبا",
        "نعم!",
        "و",
        "أعلنت وزارة الصحة عن حملة جديدة في المحافظات.",
        # no function word at all
        "ارتفاع أسعار القمح عالميا",
        # typed on a Persian keyboard
        "قال رئیس الوزراء إن الحکومة ستعمل علی حل المشکلة.",
        "وصل الوفد الی القاهرة یوم الاثنین",
        # borrowed letters in names
        "قالت شركة پيپسي إن أرباحها في چيلي وگوادالاخارا زادت هذا العام.",
        "فاز ژان پول بجائزة الرواية",
        # dialects
        "مفيش حد يقدر يعمل كده دلوقتي يا جماعة",
        "شلونك اليوم وين رايح",
        "شلونچ عيني، وينچ ما چنتي هنا، گلت لچ تعالي",
        "واش راك لاباس عليك خويا",
        # words that are Persian as well
        "هم سعداء به",
        "في آن واحد",
        "حان آن الوداع، هم وحدهم به",
        # vowel marks, tatweel, presentation forms
        "قَالَ الوَزِيرُ إِنَّهُم بِهِ رَاضُونَ",
        "مـــــــــــــــــــــــــــــرحبا",
        "ﻣﺮﺣﺒﺎ ﺑﻜﻢ",
        # Latin names and addresses
        "أعلنت شركة Microsoft إطلاق Windows 11 في Dubai",
        "شاهد الفيديو https://www.example.com/watch/abcdefghijklmnopqrstuvwxyz",
        "شكرا @some_very_long_account_name",
        "للتواصل: press.office@example.com",
    ],
)
def test_arabic_is_read(text):
    assert unreadable(text) is None


@pytest.mark.parametrize(
    "text",
    [
        # Persian
        "رئیس جمهور گفت که دولت برای حل این مشکل تلاش می‌کند و با همه کشورها گفتگو خواهد کرد.",
        "سلام، حال شما چطور است؟",
        "باران در شمال کشور از دیروز آغاز شده است و تا فردا ادامه دارد.",
        "من این کتاب را از کتابخانه گرفتم",
        "كه اين كتاب را براي شما خريدم",
        # Urdu
        "وزیر نے کہا کہ حکومت عوام کے مسائل حل کرنے کے لیے اقدامات کر رہی ہے۔",
        "یہ کتاب میز پر ہے",
        "دونوں ملکوں کے درمیان مذاکرات اور تجارت",
        # Kurdish (Sorani)
        "سەرۆکی هەرێم لە هەولێر پێشوازی لە شاندێکی نێودەوڵەتی کرد.",
        "ئەمڕۆ کەشوهەوا خۆشە",
        # Pashto
        "حکومت ویلي چې د سولې خبرې به ژر پیل شي",
        "مونږ په ښار کې اوسېږو",
    ],
)
def test_neighbours_in_arabic_script_are_refused(text):
    assert unreadable(text).startswith("another language: ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty: there is no text"),
        (" \n\t\u00a0", "empty: there is no text"),
        ("2014 ٢٠١٤ 3.5", "empty: the text has no letters"),
        ("😀👍🏽 !!!", "empty: the text has no letters"),
        ("ـــ", "empty: the text has no letters"),
        ("\ud800\x00", "empty: the text has no letters"),
        ("The minister said it would rain.", "no Arabic: the text has no Arabic letter"),
        ("Президент заявил", "no Arabic: the text has no Arabic letter"),
        ("https://example.com/a", "empty: the text has no letters"),
    ],
)
def test_texts_without_arabic_say_what_they_are(text, reason):
    assert unreadable(text) == reason


def test_english_with_an_arabic_name_is_english():
    reason = unreadable("The newspaper الأمل reported on Monday that talks had begun.")
    assert reason == "another language: 5 of the 50 letters are Arabic"


def test_an_arabic_text_that_quotes_persian_is_arabic():
    assert (
        unreadable("قال الوزير في المؤتمر إن شعار الحملة هو «این خانه را می سازم» وإن الحكومة موافقة على ذلك.") is None
    )


def test_a_sentence_stays_refused_however_often_it_is_said():
    sentence = "باران در شمال کشور از دیروز آغاز شده است. "
    assert unreadable(sentence * 50).startswith("another language: ")


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_any_text_gets_an_answer_that_is_none_or_a_reason(text):
    reason = unreadable(text)
    assert reason is None or reason.split(":")[0] in ("empty", "no Arabic", "another language")


@settings(deadline=None)
@given(
    st.sampled_from(["أعلنت وزارة الصحة عن حملة جديدة", "باران در شمال کشور از دیروز آغاز شده است"]), st.integers(0, 20)
)
def test_tatweel_and_vowel_marks_change_nothing(text, at):
    marked = text[:at] + "\u064e" + "ـ" * 5 + text[at:]
    assert (unreadable(marked) is None) == (unreadable(text) is None)
