"""Extractive summaries: which sentences, how many words, and where a sentence is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.models import extractive
from tasrih.models.extractive import (
    article_windows,
    balanced,
    choose_sentences,
    cut_headline,
    hangs,
    join_sentences,
    shorten,
)
from tasrih.models.headline import LONGEST_WINDOW, fold
from tasrih.models.headline_weights import HeadlineWeights, bundled_weights
from tasrih.text.quotes import lone_controls, lone_marks
from tasrih.text.sentences import Sentence, sentences

ARTICLE = [
    "افتتح وزير النقل الجسر الجديد على النهر صباح الأحد.",
    "افتتح وزير النقل صباح الأحد الجسر الجديد على النهر.",
    "وبلغت كلفة الجسر الجديد تسعين مليون دينار.",
    "وغابت الشمس خلف التلال.",
    "وقال وزير النقل إن الجسر يخدم ثلاث بلدات على النهر.",
]


def article(*texts: str) -> list[Sentence]:
    whole, found = " ".join(texts), []
    for text in texts:
        start = whole.index(text, found[-1].end if found else 0)
        found.append(Sentence(text, start, start + len(text)))
    return found


def test_the_lead_is_taken_where_one_sentence_is_wanted():
    assert choose_sentences(article(*ARTICLE), max_words=60, most=1) == [0]


def test_a_sentence_that_repeats_the_first_is_avoided():
    chosen = choose_sentences(article(*ARTICLE), max_words=60, most=3)
    assert len(chosen) == 3
    assert 0 in chosen and 1 not in chosen


def test_a_sentence_is_not_given_twice():
    lead, again, other = ARTICLE[0], "افتتحَ وزير النقل: الجسر الجديد على النهر صباح الأحد!", "وهو يخدم ثلاث بلدات."
    assert choose_sentences(article(*[lead] * 10), max_words=60, most=3) == [0]
    assert choose_sentences(article(lead, again, ARTICLE[3]), max_words=60, most=3) == [0, 2]
    assert choose_sentences(article(lead, again, other), max_words=60, most=3) == [0, 2]  # what it hangs on was said


def test_a_sentence_of_the_same_words_in_another_order_is_another():
    results = ["فاز الهلال على النصر في الرياض.", "فاز النصر على الهلال في الرياض."]
    assert choose_sentences(article(*results), max_words=60, most=3) == [0, 1]


def test_a_line_without_a_mark_is_not_run_into_the_next_sentence():
    title, body = "وصل الوفد إلى منطقة الرياض", "وقال الوزير: «نعم.»"
    assert join_sentences(article(title, body, "ثم «غادر»", "انتهى")) == f"{title}. {body} ثم «غادر». انتهى"
    for whole in ("نعم؟", "قال «نعم.»", "الرياض:", "نعم…", "(نعم.)\u200f"):
        assert join_sentences(article(whole, body)) == f"{whole} {body}"
    assert join_sentences([]) == ""


def test_sentences_come_in_the_order_of_the_text():
    # the last sentence is nearest to all the others but stands at the end
    chosen = choose_sentences(article(*ARTICLE), max_words=200, most=4)
    assert chosen == sorted(chosen)
    assert len(set(chosen)) == 4


def test_a_sentence_that_hangs_on_the_one_before_comes_only_with_it():
    lead, other = "افتتح وزير النقل الجسر الجديد على النهر صباح الأحد.", "وغابت الشمس خلف التلال."
    for hanging in (
        "وهو يخدم ثلاث بلدات على النهر والجسر الجديد.", "لكن الجسر الجديد على النهر ضيق.",
        "وأضاف أن الجسر الجديد على النهر يخدم بلدات.", "وأشــار إلى الجسر الجديد على النهر.",
        "فهل يكفي الجسر الجديد على النهر؟", "هذا الجسر الجديد على النهر طويل.",
    ):  # fmt: skip
        assert hangs(hanging)
        assert choose_sentences(article(lead, other, hanging), max_words=60, most=2) == [0, 1]
        assert choose_sentences(article(lead, hanging), max_words=60, most=2) == [0, 1]
        assert choose_sentences(article(hanging), max_words=60, most=2) == [0]
    for whole in ("وأضاف الوزير أن الجسر طويل.", "يُذكر أن الجسر على النهر.", "وعدت الحكومة بجسر.", "هويدي زار الجسر."):
        assert not hangs(whole)


def test_the_words_are_kept_within_the_budget():
    # 9 words for the lead leave 6: the third sentence has 7, the fourth 4
    chosen = choose_sentences(article(*ARTICLE), max_words=15, most=3)
    assert chosen == [0, 3]


def test_one_sentence_is_chosen_though_none_fits():
    assert len(choose_sentences(article(*ARTICLE), max_words=2, most=3)) == 1


def test_sentences_without_words_of_matter_still_give_one():
    assert choose_sentences(article("هو هي.", "من ثم إلى."), max_words=10, most=2) == [0]
    assert choose_sentences(article("...", "12"), max_words=10, most=1) == [1]
    assert choose_sentences([], max_words=10, most=2) == []


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("وزير جسر نهر في من قال 12 ، غزة".split()), min_size=1, max_size=9), max_size=8),
    st.integers(1, 30),
    st.integers(1, 4),
)
def test_any_choice_keeps_number_budget_and_order(drawn, max_words, most):
    found = article(*(f"{' '.join(words)}." for words in drawn))
    chosen = choose_sentences(found, max_words=max_words, most=most)
    assert chosen == sorted(set(chosen))
    assert (len(chosen) >= 1) == bool(found)
    assert len(chosen) <= most
    assert len(chosen) == 1 or sum(len(found[index].text.split()) for index in chosen) <= max_words or not found


@pytest.mark.parametrize(
    ("sentence", "max_words", "expected"),
    [
        # short enough: only the stop goes
        ("افتتح الوزير الجسر.", 5, "افتتح الوزير الجسر"),
        ("افتتح الوزير الجسر.", 3, "افتتح الوزير الجسر"),
        # at a comma
        ("افتتح وزير النقل الجسر الجديد، وقال إن الكلفة كبيرة جدا.", 7, "افتتح وزير النقل الجسر الجديد"),
        ("افتتح وزير النقل الجسر الجديد،وقال إن الكلفة كبيرة جدا.", 7, "افتتح وزير النقل الجسر الجديد"),
        # before a word that opens a clause, and at a dash
        ("افتتح وزير النقل الجسر الجديد فيما غاب وزير المالية.", 7, "افتتح وزير النقل الجسر الجديد"),
        ("افتتح وزير النقل الجسر – وهو الأطول – صباح الأحد.", 6, "افتتح وزير النقل الجسر"),
        # no pause, or one too near the beginning
        ("افتتح وزير النقل الجسر الجديد على النهر صباح الأحد.", 4, "افتتح وزير النقل الجسر"),
        ("أمس، افتتح وزير النقل الجسر الجديد على النهر.", 5, "أمس، افتتح وزير النقل الجسر"),
        # the last of several pauses
        ("زار الوزير المصنع، والتقى العمال، ثم عاد إلى مكتبه في العاصمة.", 7, "زار الوزير المصنع، والتقى العمال"),
        # a number or address is not cut at its own comma or colon
        ("بلغت كلفة الجسر 1,250 مليون دينار بحسب الوزارة.", 5, "بلغت كلفة الجسر 1,250 مليون"),
        ("يبدأ الحفل الساعة 10:30 صباح الأحد في المسرح.", 5, "يبدأ الحفل الساعة 10:30 صباح"),
        ("التفاصيل كلها على https://example.com وفي الصحف اليوم.", 5, "التفاصيل كلها على https://example.com"),
        ("", 5, ""),
    ],
)
def test_sentences_are_cut_at_a_pause(sentence, max_words, expected):
    assert shorten(sentence, max_words) == expected


@settings(deadline=None)
@given(
    st.lists(st.sampled_from("الوزير قال، فيما 1,250 10:30 - – و؛ «غزة» مؤكدا الجسر.".split()), max_size=20),
    st.integers(1, 12),
)
def test_a_cut_is_a_beginning_of_whole_words(words, max_words):
    sentence = " ".join(words)
    short = shorten(sentence, max_words)
    assert sentence.startswith(short)
    assert len(short.split()) <= max_words
    rest = sentence[len(short) :]
    assert not (short and rest) or not (short[-1].isalnum() and rest[0].isalnum())
    # what follows is a space, the end, or punctuation that closes the last word
    assert rest.lstrip("،؛,;:.-–— \t\n") == "" or rest[0] in " ،؛,;:.-–—"
    # numbers stay whole
    assert not short.endswith(("1,", "10:")) and short.split()[-1:] not in (["1"], ["10"])


def test_real_segmentation_fits():
    found = list(sentences(" ".join(ARTICLE)))
    assert [sentence.text for sentence in found] == ARTICLE
    assert choose_sentences(found, max_words=60, most=3) == choose_sentences(article(*ARTICLE), max_words=60, most=3)


def test_a_cut_does_not_come_between_a_speaker_and_what_is_said():
    sentence = "أكد مدير المدرسة الجديد في القرية، أن الدروس ستبدأ صباح الأحد، وأن الكتب وصلت كلها إلى المخزن"
    assert shorten(sentence, 12) == "أكد مدير المدرسة الجديد في القرية، أن الدروس ستبدأ صباح الأحد"
    assert shorten(sentence, 8) == "أكد مدير المدرسة الجديد في القرية، أن الدروس"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('قال "نعم" (اليوم)', 'قال "نعم" (اليوم)'),
        ('قال "نعم', "قال نعم"),
        ("قال نعم» ثم «لا", "قال نعم ثم لا"),
        ("قال ) ثم ( لا", "قال ثم لا"),
        ("بند)ثان", "بند ثان"),
        ("[قال «نعم] ثم»", "[قال «نعم] ثم»"),
        ("قال ﴿نعم ثم لا", "قال نعم ثم لا"),
        ("قال ﴿نعم﴾ ثم ﴾لا﴿", "قال ﴿نعم﴾ ثم ﴾لا﴿"),
        ("قال نعم› ثم ‹لا", "قال نعم ثم لا"),
        ("قال ‘نعم ثم „لا", "قال نعم ثم لا"),
        ("قال „نعم“ و‘لا’ وفاز بكرة d’Or", "قال „نعم“ و‘لا’ وفاز بكرة d’Or"),
        ("كتاب(‘نعم لا’", "كتاب‘نعم لا’"),
        ("قال \u2067نعم لا", "قال نعم لا"),
        ("قال نعم\u202c لا\u2069", "قال نعم لا"),
        ("قال\u202bنعم\u2067 لا\u202c", "قال\u202bنعم لا\u202c"),
        ("", ""),
    ],
)
def test_marks_without_a_partner_go(text, expected):
    assert balanced(text) == expected


@settings(deadline=None)
@given(st.lists(st.sampled_from([*"«»‹›‘’“”„\"()[]{}﴿﴾ او\u2067\u2069\u202b\u202c"]), max_size=14).map("".join))
def test_what_is_balanced_stays_as_it_is(text):
    made = balanced(text)
    assert balanced(made) == made
    assert not lone_marks(made) and not lone_controls(made)
    assert [char for char in made if char in "او"] == [char for char in text if char in "او"]


def test_a_headline_is_cut_with_both_marks_of_a_pair_or_none():
    for opening, closing in ("﴿﴾", "‹›", "‘’", "„“", "{}"):
        text = f"تلا الإمام في المسجد {opening}والعصر إن الإنسان في خسر على كل حال{closing}، ثم صلى الناس."
        found = {window.read(text) for window in article_windows(text, open_words=frozenset(), max_words=14)}
        assert any(opening in window for window in found)
        assert all((opening in window) == (closing in window) for window in found)


def test_a_headline_has_no_direction_control_without_its_partner():
    text = "كشف \u2067وزير النقل عن بدء العمل\u2069 في الجسر الجديد على النهر، أمس \u202cالأحد."
    found = {window.read(text) for window in article_windows(text, open_words=frozenset(), max_words=14)}
    assert "بدء العمل في الجسر الجديد على النهر" in found
    assert "كشف \u2067وزير النقل عن بدء العمل\u2069 في الجسر الجديد على النهر" in found
    assert all(window.count("\u2067") == window.count("\u2069") and "\u202c" not in window for window in found)


def test_a_cut_keeps_the_fewest_words_that_are_asked_for():
    sentence = "زار الوزير المصنع، والتقى العمال، ثم عاد إلى مكتبه في العاصمة."
    assert shorten(sentence, 7) == "زار الوزير المصنع، والتقى العمال"
    assert shorten(sentence, 7, 6) == "زار الوزير المصنع، والتقى العمال، ثم عاد"
    # a last word that looks on to another goes, unless it is needed
    assert shorten("زار الوزير المصنع الكبير في المدينة", 5) == "زار الوزير المصنع الكبير"
    assert shorten("زار الوزير المصنع الكبير في المدينة", 5, 5) == "زار الوزير المصنع الكبير في"


SPEECH = (
    "الرياض - وكالات: أكد الأمين العام للحلف \"ناتو\" سالم الراشد، أن الحلف مستعد لتقديم الدعم الأمني اللازم إلى الجزيرة"
    " عندما تسمح الظروف بذلك. وأضاف أن الحلف سيقدم الدعم قريبا."
)


def test_a_headline_is_the_window_that_is_worth_most():
    clause = HeadlineWeights({"begins:that": 2.0, "ends:clause": 1.0}, frozenset())
    window = cut_headline(SPEECH, clause, max_words=14).window
    assert SPEECH[window.start : window.end] == "الحلف مستعد لتقديم الدعم الأمني اللازم إلى الجزيرة"
    byline = HeadlineWeights({"begins:dateline": 2.0, "ends:pause": 1.0, "first:افتتح": 1.0}, frozenset())
    opened = "الرياض - وكالات: افتتح وزير النقل الجسر الجديد، ثم غادر المكان."
    window = cut_headline(opened, byline, max_words=14).window
    assert opened[window.start : window.end] == "افتتح وزير النقل الجسر الجديد"
    assert cut_headline("نعم.", clause, max_words=14) is None


def test_the_bundled_headline_is_whole_and_within_its_bounds():
    for most in range(1, 20):
        cut = cut_headline(SPEECH, bundled_weights(), max_words=most, min_words=min(most, 2))
        if cut is None:
            assert most < 3
            continue
        made = SPEECH[cut.window.start : cut.window.end]
        assert min(most, 2) <= len(made.split()) <= most
        assert balanced(made) == made
        # never in the middle of «تقديم الدعم» or «الأمين العام», never at «أن» or «إلى»
        assert fold(made.split()[-1]) not in {"لتقديم", "الامين", "الدعم", "الامني", "ان", "الي"}


def test_each_sentence_is_held_once_against_each_that_is_chosen(monkeypatch):
    # again at every step, a thousand sentences took 22 s
    held = []
    monkeypatch.setattr(extractive, "_likeness", lambda first, *_: held.append(first) or 0.0)
    found = sentences("\n".join(f"وصل الوزير{number}." for number in range(300)))
    assert len(choose_sentences(found, max_words=100, most=40)) == 40
    assert len(held) == 300 * (1 + 40)


def test_windows_stay_short_whatever_is_asked_for():
    text = " ".join(f"كتاب{number}،" for number in range(300))
    cut = cut_headline(text, bundled_weights(), max_words=500)
    assert 4 <= len(cut.window.read(text).split()) <= LONGEST_WINDOW
