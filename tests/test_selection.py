"""Which articles a report is made of: by day, and by words in any spelling that is folded."""

from __future__ import annotations

import pytest

from tasrih.interchange import Article
from tasrih.selection import Selection


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("وصل الوفد إلى اليمن.", True), ("وباليَمـن", True), ("«اليمن»", True), ("لليمن", True), ("ولليمن", True),
        ("واليمنيين", False), ("يمن", False), ("حلّ في حزب اللّه", True), ("لحزب الله", True), ("حزب. الله", True),
        ("", False),
    ],
)  # fmt: skip
def test_a_word_is_found_in_its_spellings_and_fused(text, expected):
    assert Selection(words=("اليمن", "حزب الله")).takes(Article("1", text)) == expected


def test_the_title_counts_and_a_phrase_does_not_cross_from_it():
    chosen = Selection(words=("حزب الله",))
    assert chosen.takes(Article("1", "نص", title="حزب الله"))
    assert not chosen.takes(Article("1", "الله", title="حزب"))


def test_days_are_inclusive_and_who_has_no_date_is_out():
    chosen = Selection("2015-07-21", "31/07/2015")
    days = ("2015-07-20", "2015-07-21", "2015-07-31T10:00", "2015-08-01", "أمس", None)
    assert [chosen.takes(Article("1", "نص", date=day)) for day in days] == [False, True, True, False, False, False]
    assert Selection(until="2015-07-31").takes(Article("1", "نص", date="1999-01-01"))
    assert Selection().takes(Article("1", "نص"))


def test_a_fault_is_always_let_through():
    articles = [Article("1", None, error="خلل"), Article("2", "نص"), Article("3", "العراق")]
    assert [article.id for article in Selection("2015-01-01", words=("العراق",))(articles)] == ["1"]
    assert [article.id for article in Selection(words=("العراق",))(articles)] == ["1", "3"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"since": "أمس"}, "since 'أمس' is no date"), ({"until": "2015-13-01"}, "until"), ({"words": ("!",)}, "no letter")],
)
def test_what_chooses_nothing_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Selection(**wrong)
