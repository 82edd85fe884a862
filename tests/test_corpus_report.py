"""Counts across articles: spellings merged, time, conditions, links to sentences, and bounds on memory."""

from __future__ import annotations

import pytest

from tasrih.corpus_counts import Tally, name_key, read_date
from tasrih.corpus_report import CONDITIONAL_SAMPLES, SAMPLES, CorpusCounter
from tasrih.interchange import Article
from tasrih.results import Document, Span, Stance, Statement


def said(text, *tags, speaker=None, targets=(), conditional=False) -> Statement:
    stances = tuple(Stance(Span(name, 0, len(name)), label, 0.9) for name, label in targets)
    return Statement(
        text, 0, len(text), tags, {}, conditional, Span(speaker, 0, 1) if speaker else None, False, stances
    )


def count(*articles, **limits):
    counter = CorpusCounter(**limits)
    for number, (date, statements) in enumerate(articles):
        counter.add(Article(f"a{number}", "نص", date, "صحيفة"), Document("نص", statements=tuple(statements)))
    return counter.report()


WARNING = ("warning",)


def test_who_warns_whom_with_spellings_merged():
    report = count(
        ("2015-07-21", [said("1", "warning", speaker="الأمم المتحدة", targets=[("إيران", "against")])]),
        (
            "2015-07-22",
            [said("2", "warning", speaker="الامم  المتحده", targets=[("ايران", "against")], conditional=True)],
        ),
        ("2015-07-22", [said("3", "warning", speaker="«الأُمــم المتحدة»", targets=[("إيران", "against")])]),
        ("2015-07-22", [said("4", "aid", speaker="الأمم المتحدة", targets=[("اليمن", "favor")]), said("5")]),
    )
    first, second = report.relations
    assert (first.speaker, first.act, first.target, first.stance) == ("الأمم المتحدة", "warning", "إيران", "against")
    assert (first.count, first.conditional) == (3, 1)
    assert (second.act, second.target, second.count) == ("aid", "اليمن", 1)
    assert [(party.name, party.count, party.acts) for party in report.speakers] == [
        ("الأمم المتحدة", 4, {"aid": 1, "warning": 3})
    ]
    assert set(report.speakers[0].spellings) == {"الأمم المتحدة", "الامم المتحده", "«الأُمــم المتحدة»"}
    assert {party.name: party.stances for party in report.targets} == {"إيران": {"against": 3}, "اليمن": {"favor": 1}}
    assert (report.articles, report.sentences, report.with_acts) == (4, 5, 4)
    assert report.acts == {"aid": 1, "warning": 3} and report.conditional == {"warning": 1}
    assert report.sources == (("صحيفة", 4),)


def test_links_lead_to_the_sentences():
    report = count(
        ("2015-07-21", [said("الجملة الأولى", "call", speaker="س"), said("الثانية", "aid", "call", speaker="ع")])
    )
    by_number = {quoted.number: quoted.text for quoted in report.quoted}
    assert list(by_number) == [1, 2]
    told = {
        (relation.speaker, relation.act): [by_number[n] for n in relation.sentences] for relation in report.relations
    }
    assert told == {("س", "call"): ["الجملة الأولى"], ("ع", "aid"): ["الثانية"], ("ع", "call"): ["الثانية"]}
    assert report.quoted[1].tags == ("aid", "call") and report.quoted[1].article == "a0"


def test_a_fused_preposition_is_one_name_with_the_bare_one():
    statements = [
        said("1", "call", targets=[("للحوثيين", "against")]),
        said("2", "call", targets=[("الحوثيين", "against")]),
    ]
    statements += [said("3", "call", targets=[("للاجئين", "favor")])]
    report = count((None, statements))
    assert {party.name: party.count for party in report.targets} == {"الحوثيين": 2, "للاجئين": 1}
    assert {relation.target: relation.count for relation in report.relations} == {"الحوثيين": 2, "للاجئين": 1}


def test_one_sentence_counts_once_however_often_it_names_a_target():
    report = count((None, [said("1", "call", targets=[("إيران", "against"), ("ايران", "against"), ("!", "favor")])]))
    assert [(party.name, party.count) for party in report.targets] == [("إيران", 1)]
    assert [relation.count for relation in report.relations] == [1]


def test_what_is_not_named_is_none():
    (relation,) = count((None, [said("1", "denial")])).relations
    assert (relation.speaker, relation.target, relation.stance, relation.count) == (None, None, None, 1)


def test_days_without_articles_stand_in_the_series():
    report = count(("2015-07-21T10:00", [said("1", "aid")]), ("2015/7/23", []), ("لا تاريخ", [said("2", "aid")]))
    assert [(p.name, p.articles, p.acts) for p in report.periods] == [
        ("2015-07-21", 1, {"aid": 1}), ("2015-07-22", 0, {}), ("2015-07-23", 1, {}),
    ]  # fmt: skip
    assert report.undated == 1 and report.acts == {"aid": 2}


def test_long_spans_are_counted_by_month():
    report = count(("2014-12-30", [said("1", "aid")]), ("2014-12-31", [said("2", "aid")]), ("2015-04-01", []))
    assert [(p.name, p.articles) for p in report.periods] == [
        ("2014-12", 2), ("2015-01", 0), ("2015-02", 0), ("2015-03", 0), ("2015-04", 1),
    ]  # fmt: skip
    assert report.periods[0].acts == {"aid": 2}
    assert count((None, [])).periods == ()


def test_kept_sentences_are_capped_and_those_of_frequent_relations_stay():
    often = [said(f"كثير {n}", "warning", speaker="المتحدث", targets=[("إيران", "against")]) for n in range(50)]
    rare = [said(f"نادر {n}", "aid", speaker=f"متكلم {n}") for n in range(200)]
    report = count((None, often[:25] + rare + often[25:]), sentences=10)
    assert len(report.quoted) == report.cap == 10
    assert report.relations[0].count == 50 and len(report.relations[0].sentences) == SAMPLES
    kept = {quoted.number for quoted in report.quoted}
    assert all(set(relation.sentences) <= kept for relation in report.relations)
    assert sum(quoted.text.startswith("كثير") for quoted in report.quoted) == SAMPLES


def test_conditional_sentences_have_places_of_their_own():
    statements = [said(f"ج {n}", "aid", speaker="س", conditional=n % 2 == 1) for n in range(20)]
    quoted = count((None, statements)).quoted
    assert sum(q.conditional for q in quoted) == CONDITIONAL_SAMPLES and len(quoted) == SAMPLES + CONDITIONAL_SAMPLES


def test_memory_is_bounded_by_the_limits():
    counter = CorpusCounter(sentences=5, names=10, relations=20)
    for number in range(500):
        statement = said(f"ج {number}", "call", speaker=f"متكلم {number}", targets=[(f"هدف {number}", "favor")])
        counter.add(
            Article(str(number), "نص"), Document("نص", statements=(statement, said("ثابت", "aid", speaker="الثابت")))
        )
    assert len(counter._relations.counts) <= 40 and len(counter._kept) <= 20 and len(counter._samples) <= 60
    assert len(counter._speaker_names.spellings) <= 20 and len(counter._speakers.counts) <= 80
    report = counter.report()
    assert report.dropped > 0 and len(report.quoted) == 5
    assert (report.relations[0].speaker, report.relations[0].count) == ("الثابت", 500)
    assert report.acts == {"aid": 500, "call": 500}


def test_articles_that_cannot_be_read_are_counted():
    counter = CorpusCounter()
    counter.add(Article("x", None, error="خلل"), None)
    assert (counter.report().unread, counter.report().articles) == (1, 0)


@pytest.mark.parametrize("name", ["sentences", "names", "relations"])
def test_a_limit_must_be_positive(name):
    with pytest.raises(ValueError, match=f"{name} must be a positive whole number, not 0"):
        CorpusCounter(**{name: 0})


def test_a_tally_lets_go_of_the_rarest_and_says_so():
    tally = Tally(2)
    for key in ["a"] * 5 + ["b"] * 3 + ["c", "d", "e"]:
        tally.add(key, False)
    assert {key: value[0] for key, value in tally.counts.items()} == {"a": 5, "b": 3} and tally.dropped == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2015-07-21", "2015-07-21"), ("2015-07-21T08:00:00Z", "2015-07-21"), ("2015/7/1", "2015-07-01"),
        ("26/01/2022", "2022-01-26"), ("2015-13-01", None), ("أمس", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_dates(value, expected):
    assert read_date(value) == expected


def test_names_meet_whatever_their_spelling():
    assert name_key("وزيرُ الدفاعِ، «کارتر»") == name_key("وزير الدفاع كارتر") != name_key("وزير الخارجية")
    assert name_key("؟!") == ""
