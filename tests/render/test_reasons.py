"""Reasons in Arabic: all that the models give, found by making them give it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tasrih.models.load import load
from tasrih.render.html import fragment
from tasrih.render.reasons import arabic_reason
from tasrih.render.terminal import prediction_line
from tasrih.results import Prediction, Summary
from tasrih.text.language import unreadable

ARTICLE = "أكد الوزير أن بلاده مستعدة لتقديم الدعم إلى ليبيا. وأضاف أن الحكومة تدرس الأمر مع شركائها منذ أيام."


def given() -> list[str]:
    """What the bundled models say of texts that each reason is for."""
    texts = [
        "",
        "، 12",
        "hello",
        "hello there dear friends قال",
        "این کتاب را که در خانه است می‌خواهم",
        "پاڼې ټول ډېر ښه ړومبی ځای ګټه",
    ]
    found = [reason for text in texts if (reason := unreadable(text))]
    assert len(found) == len(texts)
    topic, stance, statement = map(load, ("topic", "stance", "statement"))
    settings = topic.settings
    topic.settings = replace(settings, abstain_below=1.01)
    found.append(topic.predict([ARTICLE], abstain=True)[0].reason)
    topic.settings = settings
    settings = statement.settings
    zero, never = (dict.fromkeys(settings.labels, value) for value in (0.0, 1.1))
    statement.settings = replace(settings, thresholds=zero, sure_from=never)
    found.append(statement.predict([ARTICLE], abstain=True)[0].reason)
    statement.settings = settings
    found += [stance.predict([ARTICLE], [target])[0].reason for target in (" ", "كلمة " * 200)]
    summariser = load("summary")
    found += [
        summariser.summarise("نص قصير").reason, summariser.summarise(ARTICLE).reason,
        summariser.summarise(ARTICLE, style="brief").reason,
    ]  # fmt: skip
    found += ["the model was not sure of its headline", "the model wrote nothing whole", "not in the text: كلمة, أخرى"]
    return found


def test_every_reason_that_is_given_has_its_arabic():
    for reason in given():
        shown = arabic_reason(reason)
        assert shown != reason and not re.search("[A-Za-z{}]", shown), reason
        # no number is lost
        assert set(re.findall(r"\d+\.\d+|\d{2,}", shown)) <= set(re.findall(r"\d+\.\d+|\d{2,}", reason))


@pytest.mark.parametrize("reason", ["", "قال", "a reason of somebody else", "short: the text has many words"])
def test_any_other_reason_stays(reason):
    assert arabic_reason(reason) == reason


def test_pages_and_terminal_show_the_arabic_and_keep_the_english_for_the_english_page():
    reason = "short: the text has 3 words"
    source = fragment(Summary("نص قصير جدا", "source", reason=reason))
    assert ">النص قصير، عدد كلماته 3<" in source and f'data-english="{reason}"' in source
    assert "عدد كلماته 3" in prediction_line(Prediction(None, 0.0, {}, abstained=True, reason=reason), "topic")
