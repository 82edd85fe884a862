"""Who says what to whom in one article, and names that have something written together with them."""

from __future__ import annotations

import pytest

from tasrih.corpus_counts import Names, bare_forms, name_key
from tasrih.relations import relations_of
from tasrih.results import Document, Span, Stance, Statement


def said(*tags, speaker=None, targets=(), conditional=False) -> Statement:
    stances = tuple(Stance(Span(name, 0, len(name)), label, 0.9) for name, label in targets)
    return Statement("نص", 0, 2, tags, {}, conditional, Span(speaker, 0, 1) if speaker else None, False, stances)


def test_acts_are_counted_by_speaker_and_target():
    statements = (
        said("warning", speaker="الوزير", targets=[("إيران", "against")]),
        said(),
        said("warning", "call", speaker="الوزير", targets=[("لإيران", "against"), ("اليمن", "favor")], conditional=True),
        said("call"),
    )
    found = relations_of(Document("نص " * 40, statements=statements))
    told = {(r.speaker, r.act, r.target, r.stance): (r.count, r.conditional, r.sentences) for r in found}
    assert told == {
        ("الوزير", "warning", "إيران", "against"): (2, 1, (1, 3)),
        ("الوزير", "call", "إيران", "against"): (1, 1, (3,)),
        ("الوزير", "warning", "اليمن", "favor"): (1, 1, (3,)),
        ("الوزير", "call", "اليمن", "favor"): (1, 1, (3,)),
        (None, "call", None, None): (1, 0, (4,)),
    }
    assert found[0].count == 2
    assert relations_of(Document("نص", statements=(said(),))) == ()


def merged(**counts: int) -> dict[str, str]:
    names = Names(1000)
    for name, count in counts.items():
        for _ in range(count):
            names.key(Span(name.replace("_", " "), 0, len(name)))
    return names.merged()


@pytest.mark.parametrize(
    ("fused", "bare"),
    [
        ("بالحوثيين", "الحوثيين"), ("للحوثيين", "الحوثيين"), ("وبالحوثيين", "الحوثيين"), ("الحوثيون", "الحوثيين"),
        ("لإيران", "إيران"), ("ولإيران", "إيران"), ("وإيران", "إيران"), ("بمصر", "مصر"), ("كالعراق", "العراق"),
        ("للبنان", "لبنان"), ("للجنة", "اللجنة"), ("لحزب_الله", "حزب_الله"), ("فالملك_سلمان", "الملك_سلمان"),
        ("المتمردون_الحوثيون", "المتمردين_الحوثيين"),
    ],
)  # fmt: skip
def test_what_is_fused_is_one_name_with_the_bare_one(fused, bare):
    key = name_key(bare.replace("_", " "))
    assert merged(**{fused: 1, bare: 2}) == {name_key(fused.replace("_", " ")): key}
    # where the bare one does not stand, nothing is guessed
    assert merged(**{fused: 1}) == {}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("لبنان", "بنان"), ("كندا", "ندا"), ("فرد", "رد"), ("بشرى", "شرى"), ("وزارة", "زارة"), ("الوزير", "وزير"),
        ("بالي", "الي"), ("لله", "له"),
    ],
)  # fmt: skip
def test_letters_of_the_name_stay(name, other):
    assert merged(**{name: 3, other: 1}) == {}


def test_of_several_meanings_the_most_frequent_is_taken():
    assert merged(للجنة=1, الجنة=1, لجنة=4) == {"للجنه": "لجنه"}
    assert merged(للجنة=1, الجنة=5, لجنة=4) == {"للجنه": "الجنه"}


def test_the_bare_name_is_shown_first_whatever_is_more_frequent():
    names = Names(10)
    for name in ("للحوثيين", "للحوثيين", "الحوثيين"):
        names.key(Span(name, 0, len(name)))
    assert names.shown({"للحوثيين"}, "الحوثيين") == ("الحوثيين", "للحوثيين")


def test_no_name_has_no_other_form():
    assert list(bare_forms("")) == [] and list(bare_forms("ب")) == []
