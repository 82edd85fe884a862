"""The verbs over the bundled models: shapes, the error contract, and offsets for any input."""

from __future__ import annotations

import threading
from functools import partial
from types import GeneratorType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tasrih
from tasrih.api import LOOK_AHEAD
from tasrih.results import Summary

SPORT = "سجل المهاجم العجوز هدفين غريبين فخطف فريق القرية كأس البطولة من جاره في مباراة كرة القدم."
WELCOME = "رحّب وزيرُ الخارجية بالاتفاق، وأشاد بجهود الوسطاء."
NOTHING = [
    "",
    "   \n",
    "1234 ... !",
    "👍👍",
    "The minister welcomed the deal on Friday.",
    "این کتاب را از او گرفت و به خانه برد",
]

# what real and hostile text is made of
PIECES = st.one_of(
    st.sampled_from(
        ["قال الوزير إن ", "حذّر", "«لن نقبل»", '"', "؟", "،", ". ", "\r\n", "\n\n", "\x00", "\u202b", "\u2067", "\u200f",
         "كـــتـاب", "مُحَمَّدٌ", "ﻻ", "ﷲ", "ک", "ی", "٣٫٥", "3.5", "👨‍👩‍👧", "\ud800", "\udfff", "د. ", "ا.ف.ب", "…", " "]
    ),
    st.text(st.characters(), max_size=8),
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=12).map("".join)


def verbs():
    return {
        "topic": lambda texts: tasrih.classify(texts),
        "statement": lambda texts: tasrih.classify(texts, "statement"),
        "stance": lambda texts: tasrih.classify(texts, "stance", target="الاتفاق"),
        "tag": lambda texts: tasrih.tag(texts),
        "summarise": lambda texts: tasrih.summarise(texts),
        "read": lambda texts: tasrih.read(texts),
        "explain": lambda texts: tasrih.explain(texts, "sport"),
    }


@pytest.mark.parametrize("verb", verbs())
def test_the_result_has_the_shape_of_the_input(verb):
    call = verbs()[verb]
    one, several, stream = call(SPORT), call([SPORT, WELCOME]), call(iter([SPORT, WELCOME]))
    assert isinstance(several, list) and isinstance(stream, GeneratorType)
    assert [type(item) for item in several] == [type(item) for item in stream] == [type(one)] * 2
    assert several[0].text == one.text if hasattr(one, "text") else several[0].label == one.label
    assert call([]) == [] and list(call(iter([]))) == []
    assert len(call((SPORT,))) == 1


@pytest.mark.parametrize("verb", verbs())
@pytest.mark.parametrize("bad", [None, 3, b"text", ["nested"], {"text": "x"}])
def test_what_is_no_text_is_named_by_its_index(verb, bad):
    call = verbs()[verb]
    with pytest.raises(TypeError, match=r"text 1 .*" + type(bad).__name__):
        call([SPORT, bad])
    if not isinstance(bad, list):
        with pytest.raises(TypeError, match=type(bad).__name__):
            call(bad)


@pytest.mark.parametrize("verb", verbs())
def test_an_iterator_raises_at_the_bad_item_and_loses_nothing_before_it(verb):
    stream = verbs()[verb](iter([WELCOME, WELCOME, 7, WELCOME]))
    got = [next(stream), next(stream)]
    assert len(got) == 2
    with pytest.raises(TypeError, match="text 2"):
        next(stream)


def test_a_list_is_checked_before_work_begins(monkeypatch):
    called = []
    classifier = tasrih.load("topic")
    monkeypatch.setattr(type(classifier), "predict", lambda *args, **kwargs: called.append(1))
    with pytest.raises(TypeError, match="text 299"):
        tasrih.classify([SPORT] * 299 + [None])
    assert not called


def test_an_iterator_is_read_in_bounded_steps():
    taken = 0

    def texts():
        nonlocal taken
        for _ in range(10 * LOOK_AHEAD):
            taken += 1
            yield WELCOME

    stream = tasrih.classify(texts())
    next(stream)
    assert taken == 2 * LOOK_AHEAD  # one chunk is computed, the next is prepared


@pytest.mark.parametrize("text", NOTHING)
def test_where_there_is_nothing_to_read_the_verbs_abstain_and_say_why(text):
    for task, extra in (("topic", {}), ("statement", {}), ("stance", {"target": "الاتفاق"})):
        prediction = tasrih.classify(text, task, **extra)
        assert prediction.label is None and prediction.abstained and prediction.reason
        assert prediction.labels == () and set(prediction.scores) == set(tasrih.load(task).labels)
    document = tasrih.read(text)
    assert document.text == text and document.statements == () and document.topic.reason
    summary = tasrih.summarise(text)
    assert summary.text == text and summary.method == "source" and summary.reason


def test_unknown_names_say_what_is_allowed():
    with pytest.raises(ValueError, match="choose from topic, statement, stance"):
        tasrih.classify(SPORT, "sentiment")
    with pytest.raises(ValueError, match="target"):
        tasrih.classify(SPORT, "stance")
    with pytest.raises(ValueError, match="takes no target"):
        tasrih.classify(SPORT, target="السعودية")
    with pytest.raises(ValueError, match=r"unknown model 'tpoic'.*topic"):
        tasrih.classify(SPORT, model="tpoic")
    with pytest.raises(ValueError, match="choose from headline, brief"):
        tasrih.summarise(SPORT, style="tweet")
    with pytest.raises(ValueError, match="choose from auto, abstractive, extractive"):
        tasrih.summarise(SPORT, method="magic")
    with pytest.raises(ValueError, match="max_words"):
        tasrih.summarise(SPORT, max_words=0)
    for least in (0, True, 2.0):
        with pytest.raises(ValueError, match="min_words must be a positive whole number"):
            tasrih.summarise(SPORT, min_words=least)
    with pytest.raises(ValueError, match="min_words 15 is more than max_words, 14"):
        tasrih.summarise(SPORT, min_words=15)
    with pytest.raises(ValueError, match="batch_size"):
        tasrih.classify(SPORT, batch_size=0)
    with pytest.raises(ValueError, match="one target each"):
        tasrih.classify([SPORT, WELCOME], "stance", target=["الاتفاق"])
    with pytest.raises(TypeError, match="target 1"):
        tasrih.classify([SPORT, WELCOME], "stance", target=["الاتفاق", 4])
    with pytest.raises(ValueError, match="summariser"):
        tasrih.classify(SPORT, model="summary")
    with pytest.raises(ValueError, match="classifier"):
        tasrih.summarise(SPORT, model="topic")


@pytest.mark.parametrize("opened", [False, True])
def test_task_and_target_are_held_against_the_model(opened):
    def model(name):
        return tasrih.load(name) if opened else name

    for text in (SPORT, [SPORT], iter([SPORT])):
        with pytest.raises(ValueError, match="stance needs a target"):
            tasrih.classify(text, model=model("stance"))
    with pytest.raises(ValueError, match="the task 'topic' takes no target"):
        tasrih.classify(SPORT, model=model("topic"), target="الاتفاق")
    for task, more in (("stance", {"target": "الاتفاق"}), ("statement", {}), ("bogus", {})):
        with pytest.raises(ValueError, match=f"does the task 'topic', not '{task}': leave task out"):
            tasrih.classify(SPORT, task, model=model("topic"), **more)
    with pytest.raises(ValueError, match="does the task 'topic', not 'bogus': leave task out"):
        tasrih.explain(SPORT, "sport", task="bogus", model=model("topic"))
    # without a task it is the model's own
    found = tasrih.classify(WELCOME, model=model("stance"), target="الاتفاق")
    assert found.scores == tasrih.classify(WELCOME, "stance", target="الاتفاق").scores
    assert tasrih.classify(WELCOME, "statement", model=model("statement")) == tasrih.classify(WELCOME, "statement")
    assert tasrih.classify(SPORT).label == tasrih.classify(SPORT, model=model("topic")).label == "sport"


@pytest.mark.parametrize("verb", ["classify", "explain", "tag", "summarise"])
def test_an_open_model_takes_no_engine_and_no_device(verb):
    name = {"tag": "statement", "summarise": "summary"}.get(verb, "topic")
    call = partial(getattr(tasrih, verb), SPORT, *(["sport"] if verb == "explain" else []), model=tasrih.load(name))
    for option in [{"device": "cuda:9"}, {"device": "cpu"}] + [{"engine": "bogus"}] * (verb != "summarise"):
        ((key, value),) = option.items()
        with pytest.raises(ValueError, match=f"the model is open already: {key} '{value}' .* give it to load"):
            call(**option)
    call()


def test_a_model_of_another_kind_is_told_without_its_address():
    for call, kind in (
        (lambda model: tasrih.summarise(SPORT, model=model), "topic"),
        (lambda model: tasrih.classify(SPORT, model=model), "summary"),
    ):
        for model in (kind, tasrih.load(kind)):
            with pytest.raises(ValueError, match=r"is a .*needs a (summariser|classifier): give one") as refused:
                call(model)
            assert "0x" not in str(refused.value) and "unknown" not in str(refused.value)


@pytest.mark.parametrize("verb", [verb for verb in verbs() if verb not in ("topic", "statement", "stance")])
def test_an_unknown_device_is_refused(verb):
    more = ["sport"] if verb == "explain" else []
    with pytest.raises(ValueError, match=r"device 'nonsense': the model \w+ runs on the CPU alone: leave device out"):
        getattr(tasrih, verb)(SPORT, *more, device="nonsense")
    with pytest.raises(ValueError, match=r"device 'nonsense': .*: leave device out"):
        tasrih.classify(SPORT, device="nonsense")


@pytest.mark.parametrize("shape", [str, list, iter])
@pytest.mark.parametrize("verb", ["classify", "tag", "read", "explain"])
def test_one_worker_makes_no_thread(verb, shape, monkeypatch):
    """The engines take several batches at once, and there are several: with more workers there are threads."""
    for name in ("topic", "statement"):
        monkeypatch.setattr(tasrih.load(name).backend, "streams", 4)
    started = []
    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: started.append(thread.name) or start(thread))
    article = " ".join([SPORT, WELCOME] * (1 if verb == "explain" else 8))
    texts = [article] if shape is str else [article, WELCOME, SPORT]
    more = ["sport"] if verb == "explain" else []
    found = getattr(tasrih, verb)(article if shape is str else shape(texts), *more, batch_size=1, num_workers=1)
    alone = [found] if shape is str else list(found)
    assert not started
    found = getattr(tasrih, verb)(texts, *more, batch_size=1, num_workers=2)
    assert started and len({name for name in started if name.startswith("tasrih-batch")}) == 2
    assert found == alone


@pytest.mark.parametrize("workers", [1, 3])
def test_a_single_text_is_computed_by_no_more_threads_than_asked_for(workers, monkeypatch):
    monkeypatch.setattr(tasrih.load("topic").backend, "streams", 4)
    started = []
    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: started.append(thread.name) or start(thread))
    tasrih.classify(" ".join([SPORT] * 100), batch_size=1, num_workers=workers)
    assert len(started) == (0 if workers == 1 else workers)


def test_summaries_of_an_iterator_are_given_as_they_are_made(monkeypatch):
    made = []
    model = tasrih.load("summary")

    def summarise_all(self, texts, **options):
        (text,) = texts
        made.append(text)
        if text == "broken":
            raise RuntimeError("out of order")
        return [Summary(text, "source", text)]

    monkeypatch.setattr(type(model), "summarise_all", summarise_all)
    results = tasrih.summarise(iter(["a", "b", "broken", "c"]))
    assert next(results).text == "a" and made == ["a"]
    assert next(results).text == "b" and made == ["a", "b"]
    with pytest.raises(RuntimeError, match="out of order"):
        next(results)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_explanation_is_not_lost_by_a_fault_in_a_later_text(workers, monkeypatch):
    made = []

    def explain_one(classifier, text, label, **options):
        made.append(text)
        if text == "broken":
            raise RuntimeError("out of order")
        return text

    monkeypatch.setattr("tasrih.api.explain_one", explain_one)
    results = tasrih.explain(iter(["a", "b", "broken", "c", "d"]), "sport", num_workers=workers)
    assert next(results) == "a" and len(made) <= workers
    assert next(results) == "b"
    with pytest.raises(RuntimeError, match="out of order"):
        next(results)
    assert "d" not in made


def test_a_target_too_long_or_empty_gets_a_reason_not_an_exception():
    for target in ("", "   ", "كلمة طويلة " * 300):
        prediction = tasrih.classify([WELCOME, SPORT], "stance", target=target)[0]
        assert prediction.label is None and "target" in prediction.reason


def test_a_list_of_targets_goes_with_its_texts_beyond_one_look_ahead():
    texts = [WELCOME] * (LOOK_AHEAD + 3)
    targets = ["الاتفاق"] * LOOK_AHEAD + ["الوسطاء"] * 3
    predictions = tasrih.classify(texts, "stance", target=targets)
    alone = tasrih.classify(WELCOME, "stance", target="الوسطاء")
    assert predictions[-1].scores == pytest.approx(alone.scores, abs=1e-4)


def test_statement_labels_are_those_over_their_thresholds_strongest_first():
    prediction = tasrih.classify(WELCOME, "statement")
    classifier = tasrih.load("statement")
    over = {label for label, score in prediction.scores.items() if score >= classifier.threshold(label)}
    assert set(prediction.labels) == over
    assert list(prediction.labels) == sorted(prediction.labels, key=prediction.scores.get, reverse=True)
    assert prediction.label == (prediction.labels[0] if prediction.labels else None)
    assert prediction.conditional in (True, False)


def test_a_long_article_is_read_whole():
    article = (SPORT + " ") * 60
    prediction = tasrih.classify(article)
    assert len(prediction.windows) > 3
    assert prediction.windows[0].start == 0 and prediction.windows[-1].end == len(article)
    for before, after in zip(prediction.windows, prediction.windows[1:], strict=False):
        assert after.start <= before.end
    assert prediction.label == "sport"


@pytest.mark.parametrize("task", ["topic", "statement"])
def test_a_score_does_not_depend_on_the_batch(task):
    texts = [SPORT, WELCOME, SPORT * 5, WELCOME + " " + SPORT]
    alone = [tasrih.classify(text, task).scores for text in texts]
    for size in (1, 3, "auto"):
        for found, expected in zip(tasrih.classify(texts, task, batch_size=size), alone, strict=True):
            assert found.scores == pytest.approx(expected, abs=1e-4)


def check_offsets(text, document):
    assert document.text == text
    end = 0
    for statement in document.statements:
        assert text[statement.start : statement.end] == statement.text
        assert statement.start >= end
        end = statement.end
        for span in [statement.speaker, *(stance.target for stance in statement.stances)]:
            if span is not None:
                assert text[span.start : span.end] == span.text
        assert not statement.conditional or statement.tags


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_offsets_point_into_the_callers_string_whatever_it_is(text):
    document = tasrih.read(text)
    check_offsets(text, document)
    for span in document.summary.sources:
        assert text[span.start : span.end] == span.text
    for window in document.topic.windows:
        assert 0 <= window.start <= window.end <= len(text)


@settings(max_examples=40, deadline=None)
@given(TEXTS)
def test_any_string_gets_a_result_from_every_verb(text):
    for verb in verbs().values():
        verb(text).to_dict()


def test_spelling_marks_move_no_label():
    plain = "حذر الأمين العام من خطورة الوضع الإنساني في المدينة"
    dressed = "حَذَّرَ الأَمِينُ العَامُّ مِنْ خُطُورَةِ الوَضْعِ الإنسـانيّ في المَدِينَة"
    persian = plain.replace("ي", "ی").replace("ك", "ک")
    expected = tasrih.classify(plain, "statement").scores
    for other in (dressed, persian, "\u202b" + plain + "\u202c"):
        assert tasrih.classify(other, "statement").scores == pytest.approx(expected, abs=1e-6)
