"""The label schemes: complete, distinct, and named in Arabic."""

from __future__ import annotations

import re

import pytest

from tasrih.schemes import SCHEMES, STANCE, STATEMENT, TOPIC
from tasrih.text.language import unreadable


def test_the_schemes_have_their_labels():
    assert set(SCHEMES) == {"topic", "statement", "stance"}
    assert len(TOPIC.names) == 17
    assert len(STATEMENT.names) == 13
    assert STANCE.names == ("favor", "against", "neutral")
    assert STATEMENT.names[0] == "security_support"
    assert [scheme.name for scheme in SCHEMES.values() if scheme.multi_label] == ["statement"]


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda scheme: scheme.name)
def test_labels_are_distinct_and_described(scheme):
    assert len(set(scheme.names)) == len(scheme.labels)
    assert len({label.arabic for label in scheme.labels}) == len(scheme.labels)
    for label in scheme.labels:
        assert re.fullmatch("[a-z_]+", label.name)
        assert unreadable(label.arabic) is None
        assert len(label.definition.split()) >= 2


def test_topics_carry_the_seventeen_codes_of_iptc():
    assert sorted(label.code for label in TOPIC.labels) == [f"{number:02d}000000" for number in range(1, 18)]
    assert TOPIC["sport"].code == "15000000"
    assert TOPIC["weather"].code == "17000000"
    assert TOPIC["conflict_war_peace"].code == "16000000"


def test_tags_name_their_class_of_act():
    assert {label.searle for label in STATEMENT.labels} == {"commissive", "expressive", "directive", "assertive"}
    assert STATEMENT["threat"].searle == "commissive"
    assert STATEMENT["warning"].searle == "assertive"
    assert STATEMENT["request"].plover == ("REQUEST", "DEMAND")


def test_an_unknown_label_says_what_there_is():
    with pytest.raises(KeyError, match=r"'oppose' is no label of stance: choose from favor, against, neutral"):
        STANCE["oppose"]


def test_arabic_names():
    assert STANCE.arabic("favor") == "مؤيد"
    assert STATEMENT.arabic("denial") == "نفي"
    assert STATEMENT.arabic("LABEL_0") == "LABEL_0"


def test_schemes_cannot_be_changed():
    with pytest.raises(AttributeError):
        TOPIC["sport"].name = "games"
