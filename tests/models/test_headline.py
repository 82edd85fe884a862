"""Windows of words: where they begin and end, and that nothing is cut through."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.errors import ModelError
from tasrih.models.extractive import article_windows, balanced
from tasrih.models.headline import cut_words, fold
from tasrih.models.headline_weights import WEIGHTS, bundled_weights, read_weights, stored_weights
from tasrih.models.headline_words import LOOKING_ON

SENTENCE = "قال وزير النقل اليوم إن الجسر الجديد على النهر يخدم ثلاث بلدات، وإن كلفته بلغت 90 مليون دينار."
PIECES = "( ) « » \" أمس، (وعدده سبعة) في بيان لها إن الوزير قال، أن إن في من على النهر. و - – «غزة» \"نعم \"لا\" (2014) 1,250 الجديد،وقال لتقديم الدعم اليوم الرياض: 😀 ) ؟".split()

MARKS = "،,.:؛«»()\"-–"


def cut(text: str, **bounds) -> set[str]:
    found = article_windows(text, open_words=frozenset(), **{"max_words": 14, **bounds})
    return {window.read(text) for window in found}


def test_windows_begin_and_end_with_clauses_and_phrases():
    found = cut(SENTENCE)
    assert {"قال وزير النقل اليوم إن الجسر الجديد", "الجسر الجديد على النهر يخدم ثلاث بلدات"} <= found
    assert "قال وزير النقل" not in cut(SENTENCE, min_words=2)  # who says, without what
    for window in found:
        assert window in SENTENCE or window in SENTENCE.replace(" اليوم", "")
        # not within «وزير النقل», «الجسر الجديد», «ثلاث بلدات» or «90 مليون دينار», nor at «إن»
        assert not window.endswith(("وزير", "الجسر", "ثلاث", "90", "مليون", "إن", "على"))
        assert not window.startswith(("النقل", "الجديد", "بلدات", "إن", "مليون"))
        # a verb is not cut off from its subject
        assert not window.startswith("وزير")


def test_a_byline_is_stepped_over():
    found = cut("سالم الناصري- سبق- الرياض: افتتح مدير المتحف قاعة الخرائط القديمة في المركز.")
    assert "افتتح مدير المتحف قاعة الخرائط القديمة" in found


def test_a_clause_or_deed_or_quotation_can_begin_a_headline():
    found = cut("كشفت الوزارة أمس عن بدء العمل في الجسر، وطلبت من البلدة أن تقوم بدورها. وقال الوزير: \"سنبني مدرسة كبيرة\".", min_words=3)
    assert "بدء العمل في الجسر" in found
    assert '"سنبني مدرسة كبيرة"' in found
    assert not any(window.startswith(("أمس", "البلدة", "تقوم", "عن")) for window in found)


def test_the_words_of_the_article_tell_a_preposition_from_a_letter():
    text = "وصل الوزير بطائرة خاصة. وكانت طائرة أخرى قد وصلت. وصل اللاعب بدر الدين."
    assert "وصل الوزير" in cut(text, min_words=2)  # طائرة stands by itself: ب is a preposition
    assert "وصل اللاعب" not in cut(text, min_words=2)  # در does not


def test_a_learnt_word_ends_nothing_but_before_a_pause():
    text = "زار الوزير مكان العمل في استمرار على النهر، ثم غادر المكان."
    with_word = {one.read(text) for one in article_windows(text, open_words=frozenset({"استمرار"}), max_words=14)}
    assert any(window.endswith("في استمرار") for window in cut(text))
    assert not any(window.endswith("في استمرار") for window in with_word)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.sampled_from(PIECES), max_size=40), st.integers(3, 16), st.integers(1, 3))
def test_any_window_is_of_whole_words_and_balanced(drawn, most, least):
    text = " ".join(drawn)
    for window in article_windows(text, open_words=frozenset(), max_words=most, min_words=least):
        made = window.read(text)
        assert made and len(made.split()) <= most
        assert balanced(made) == made
        before, after = text[: window.start][-1:], text[window.end :][:1]
        assert not (before.isalnum() and made[0].isalnum()) and not (after.isalnum() and made[-1].isalnum())
        assert not after or not made.endswith(("1", "1,"))
        last = fold(made.split()[-1])
        assert not last or last not in LOOKING_ON
        assert all(isinstance(name, str) for name, _ in window.features)
        edges = [window.start, *(edge for gap in window.left_out for edge in gap), window.end]
        assert edges == sorted(edges)
        kept = iter(text[window.start : window.end].split())
        mine = [word for word in (one.strip(MARKS) for one in made.split()) if word]
        assert all(any(word == one.strip(MARKS) for one in kept) for word in mine)  # in the article's order


def test_times_brackets_and_interpolations_may_be_left_out():
    text = "أعلنت وزارة النقل (قسم الجسور) في بلاغ لها، اليوم الجمعة 12 جوان 2015، عن تعيين مدير جديد للميناء."
    found = article_windows(text, open_words=frozenset(), max_words=14)
    made = {window.read(text): window for window in found}
    window = made["أعلنت وزارة النقل عن تعيين مدير جديد للميناء"]
    assert [text[start:end].strip() for start, end in window.left_out] == [
        "(قسم الجسور) في بلاغ لها، اليوم الجمعة 12 جوان 2015،"
    ]
    assert "أعلنت وزارة النقل عن تعيين مدير جديد" in cut(text, max_words=7)  # only what is read counts


def test_a_comma_goes_with_what_stood_between_two_and_stays_with_one():
    text = "زار وفد من النادي، مساء أمس، الجسر الجديد على النهر، أمس وافتتح القاعة."
    assert "زار وفد من النادي الجسر الجديد على النهر" in cut(text)
    text = "فتح مدير المتحف الجديد، أمس الجمعة قاعة الخرائط القديمة للزوار."
    assert "فتح مدير المتحف الجديد، قاعة الخرائط القديمة" in cut(text)


def test_words_are_cut_with_the_pauses_after_them():
    text = "في «الرياض»، قال - ثم"
    assert cut_words(text, 0, len(text)) == [("في", False), ("الرياض", True), ("قال", True), ("ثم", False)]


def test_the_bundled_weights_open_and_damaged_ones_are_named(tmp_path):
    weights = bundled_weights()
    assert len(weights.weights) > 100 and "مدينة" in weights.open_words
    path = tmp_path / "headline.json"
    for content in ("", "[]", '{"weights": {"a": "b"}, "open_words": []}', '{"weights": {}}'):
        path.write_text(content)
        with pytest.raises(ModelError, match=r"headline\.json cannot be read"):
            read_weights(path)
    with pytest.raises(ModelError, match="nowhere"):
        read_weights(tmp_path / "nowhere.json")
    path.write_text(stored_weights({"b": 0.25, "a": 1.0}, {"ب"}), encoding="utf-8")
    assert read_weights(path).weights == {"a": 1.0, "b": 0.25}
    assert read_weights(path).open_words == {"ب"}


def test_altered_weights_are_refused(tmp_path):
    path = tmp_path / "headline.json"
    whole = gzip.decompress(WEIGHTS.read_bytes()).decode()
    stored = json.loads(whole)
    name, word = next(iter(stored["weights"])), stored["open_words"][0]
    changes = [
        {"weights": stored["weights"] | {name: stored["weights"][name] + 0.0001}},
        {"weights": {one: value for one, value in stored["weights"].items() if one != name}},
        {"open_words": [one for one in stored["open_words"] if one != word]},
        {"sha256": "0" * 64},
    ]
    for change in changes:
        path.write_text(json.dumps(stored | change), encoding="utf-8")
        with pytest.raises(ModelError, match=r"headline\.json was altered .*: install tasrih again"):
            read_weights(path)
    del stored["sha256"]
    path.write_text(json.dumps(stored), encoding="utf-8")
    with pytest.raises(ModelError, match="sha256"):
        read_weights(path)
    path.write_text(whole, encoding="utf-8")
    assert read_weights(path) == bundled_weights()


def test_a_list_without_a_stop_has_no_more_windows_than_its_beginning():
    """Of megabytes in one sentence a headline is looked for in the beginning alone, and none ends at the seam."""
    item = "قمح وشعير وعدس، "
    short, long = (article_windows(item * times, open_words=frozenset(), max_words=14) for times in (400, 4000))
    assert [(window.start, window.end) for window in long] == [(window.start, window.end) for window in short]
    words = "كلمة " * 1000
    assert all(window.end <= 400 * 5 for window in article_windows(words, open_words=frozenset(), max_words=14))
