"""``Tagger``: offsets that hold in the caller's article, spans across windows, and models that it refuses."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.data.corpus import read_rows
from tasrih.models.classifier import Classifier, ClassifierSettings
from tasrih.models.encoding import TextEncoder
from tasrih.models.spans import SPAN_LABELS
from tasrih.models.speaker_spans import SPEAKER_BY
from tasrih.models.tagger import Tagger
from tasrih.schemes import STANCE, STATEMENT
from tasrih.text.sentences import sentences
from tasrih.training.tokenizer import learn_vocabulary

ARTICLE = (
    "قال وزير الصحة إن الاتفاق الجديد مفيد للجميع. ورحب رئيس النقابة بخطة الجسر أمس. "
    "Nothing to read here at all, only English words. وأضاف أن الحكومة ستبحث الأمر غدا."
)
LABELS = (*STATEMENT.names, "conditional")

_TOKENIZER = learn_vocabulary([ARTICLE, "كلمة أخرى في نص طويل"] * 5, size=300, profile="encoder", min_frequency=2)


def encoder(max_length: int) -> TextEncoder:
    return TextEncoder(
        type(_TOKENIZER).from_str(_TOKENIZER.to_str()), profile="encoder", max_length=max_length, overlap=4
    )


class Random:
    """Logits drawn for each token id, the same every time."""

    def __init__(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        self._tags = draw.normal(0, 2, (400, len(LABELS)))
        self._spans = draw.normal(0, 3, (400, len(SPAN_LABELS)))

    def run(self, batch):
        ids, mask = batch["input_ids"], batch["attention_mask"][..., None]
        return {"logits": (self._tags[ids] * mask).sum(1) / mask.sum(1), "span_logits": self._spans[ids]}


class Marking:
    """The tag ``endorsement`` for every text, and the given words marked: word to a span label."""

    def __init__(self, made: TextEncoder, marks: dict[str, str]) -> None:
        self._marks = {}
        for word, kind in marks.items():
            (window,) = made.windows([word])[0]
            for place, index in enumerate(window.ids[1:-1]):
                self._marks[index] = SPAN_LABELS.index(f"{'I' if place else 'B'}-{kind}")

    def run(self, batch):
        ids = batch["input_ids"]
        logits = np.full((len(ids), len(LABELS)), -5.0)
        logits[:, LABELS.index("endorsement")] = 5.0
        spans = np.zeros((*ids.shape, len(SPAN_LABELS)))
        spans[..., 0] = 4.0
        for index, label in self._marks.items():
            spans[ids == index, label] = 12.0
        return {"logits": logits, "span_logits": spans}


def tagger(engine, made: TextEncoder, **changes) -> Tagger:
    changes = {"multi_label": True, "profile": "encoder", "max_length": made.max_length, **changes}
    return Tagger(Classifier(engine, made, ClassifierSettings("statement", LABELS, **changes)))


WORDS = ["قال وزير الصحة إن ", "رحب ", "الاتفاق", "وأضاف أن ", "الأمر غدا. "]


@pytest.mark.parametrize("speaker_by", SPEAKER_BY)
@given(data=st.data(), seed=st.integers(0, 5), length=st.sampled_from([16, 64]))
@settings(max_examples=150, deadline=None)
def test_every_offset_holds_in_the_article(speaker_by, hostile, data, seed, length):
    text = data.draw(hostile(WORDS))
    thresholds = dict.fromkeys(LABELS, 0.4)
    made = tagger(Random(seed), encoder(length), speaker_by=speaker_by, thresholds=thresholds, span_bias=0.5)
    (found,) = made.statements([text])
    assert [(one.start, one.end) for one in found] == [(one.start, one.end) for one in sentences(text)]
    for one in found:
        assert text[one.start : one.end] == one.text
        spans = [stance.target for stance in one.stances] + ([one.speaker] if one.speaker else [])
        for span in spans:
            assert text[span.start : span.end] == span.text
            assert span.text
        for stance in one.stances:
            assert one.start <= stance.target.start < stance.target.end <= one.end
            assert stance.label in STANCE.names
            assert 0 < stance.score <= 1 + 1e-9
            assert (
                one.speaker is None or stance.target.end <= one.speaker.start or one.speaker.end <= stance.target.start
            )
        assert one.speaker is None or one.tags


def test_the_random_engine_does_find_spans():
    (found,) = tagger(
        Random(1), encoder(64), speaker_by="spans", thresholds=dict.fromkeys(LABELS, 0.3), span_bias=0.5
    ).statements([ARTICLE])
    assert any(one.stances for one in found)
    assert any(one.speaker for one in found)


def test_speaker_and_target_of_a_sentence():
    made = encoder(64)
    engine = Marking(made, {"وزير الصحة": "speaker", "الاتفاق الجديد": "favor", "خطة": "against"})
    first, second, third, fourth = tagger(engine, made, speaker_by="spans").statements([ARTICLE])[0]
    assert first.speaker.text == "وزير الصحة"
    assert not first.speaker_inferred
    assert [(stance.target.text, stance.label) for stance in first.stances] == [("الاتفاق الجديد", "favor")]
    assert first.stances[0].score > 0.9
    assert first.tags == ("endorsement",)
    assert first.conditional is False
    assert "conditional" not in first.scores
    assert [(one.tags, one.scores, one.speaker, one.stances) for one in (third,)] == [((), {}, None, ())]
    assert second.tags == fourth.tags == ("endorsement",)


def test_a_carried_speaker_is_named_as_in_the_sentence_that_names_it():
    made = encoder(64)
    article = "قال وزير الصحة إن الاتفاق الجديد مفيد للجميع. وأضاف: خطة الجسر غدا."
    (first, second) = tagger(Marking(made, {"وزير الصحة": "speaker"}), made, speaker_by="both").statements([article])[0]
    assert (first.speaker.text, first.speaker_inferred) == ("وزير الصحة", False)
    assert (second.speaker, second.speaker_inferred) == (first.speaker, True)
    # the token head reads one word more in the first sentence than the rules do
    engine = Marking(made, {"وزير الصحة إن": "speaker"})
    (first, second) = tagger(engine, made, speaker_by="spans").statements([article])[0]
    assert first.speaker.text != "وزير الصحة"
    assert second.speaker == first.speaker


def test_what_goes_on_in_a_quotation_is_its_speakers():
    made = encoder(64)
    article = "قال وزير الصحة: «الاتفاق الجديد مفيد. يجب أن نبحث الأمر غدا. نعم». ورحب رئيس النقابة بخطة الجسر أمس."
    found = tagger(Marking(made, {}), made).statements([article])[0]
    assert {one.speaker.text for one in found[:-1]} == {"وزير الصحة"}
    assert found[-1].speaker.text == "رئيس النقابة"
    assert [one.speaker_inferred for one in found][:1] == [False]
    assert len(found) == 2 or all(one.speaker_inferred for one in found[1:-1])


def test_rules_name_the_speaker_where_the_model_says_so():
    made = encoder(64)
    found = tagger(Marking(made, {"الاتفاق الجديد": "speaker"}), made, speaker_by="rules").statements([ARTICLE])[0]
    assert found[0].speaker.text == "وزير الصحة"
    assert found[3].speaker is None or found[3].speaker_inferred  # «وأضاف» names nobody


def test_a_target_that_is_the_speaker_is_left_out():
    made = encoder(64)
    engine = Marking(made, {"وزير الصحة": "favor"})
    assert tagger(engine, made, speaker_by="rules").statements([ARTICLE])[0][0].stances == ()


def test_a_long_sentence_keeps_the_spans_of_all_its_windows():
    made = encoder(24)
    engine = Marking(made, {"الاتفاق الجديد": "favor", "الجسر": "against", "الحكومة": "neutral"})
    text = "قال إن الاتفاق الجديد " + "كلمة في نص طويل " * 4 + "الجسر " + "كلمة في نص طويل " * 6 + "الحكومة غدا."
    article = "مقدمة قصيرة.\n" + text
    made_windows = made.windows([text])[0]
    assert len(made_windows) == 3
    found = tagger(engine, made, speaker_by="spans").statements([article])[0][-1]
    assert found.text == text
    assert [(stance.target.text, stance.label) for stance in found.stances] == [
        ("الاتفاق الجديد", "favor"), ("الجسر", "against"), ("الحكومة", "neutral"),
    ]  # fmt: skip
    for stance in found.stances:
        assert article[stance.target.start : stance.target.end] == stance.target.text


def test_a_target_where_windows_overlap_is_found_once():
    made = encoder(24)
    engine = Marking(made, {"الجسر": "against"})
    seen = set()
    for before in range(10, 28):
        text = "كلمة " * before + "الجسر " + "كلمة " * 20 + "."
        windows = made.windows([text])[0]
        at = text.index("الجسر")
        seen.add(sum(window.start <= at < window.end for window in windows))
        found = tagger(engine, made).statements([text])[0][0]
        assert [stance.target.text for stance in found.stances] == ["الجسر"]
    assert seen == {1, 2}


def test_where_windows_overlap_the_earlier_one_decides():
    made = encoder(24)
    (said,) = made.windows(["قال"])[0][0].ids[1:-1]

    class Later(Marking):
        """Sees nothing in the window that holds «قال», the first one."""

        def run(self, batch):
            result = super().run(batch)
            first = (batch["input_ids"] == said).any(1)
            result["span_logits"][first] = 0.0
            result["span_logits"][first, :, 0] = 4.0
            return result

    engine = Later(made, {"الجسر": "against"})
    seen = set()
    for before in range(6, 24):
        text = "قال " + "كلمة " * before + "الجسر " + "كلمة " * 20 + "."
        windows = made.windows([text])[0]
        at = text.index("الجسر")
        spans = [span for span in windows[0].spans if span]
        in_first = any(start <= at < end for start, end in spans)
        found = tagger(engine, made).statements([text])[0][0]
        assert [stance.target.text for stance in found.stances] == ([] if in_first else ["الجسر"])
        seen.add((in_first, windows[1].start <= at))
    assert seen == {(True, False), (True, True), (False, True)}


def test_a_model_without_a_token_head_gives_no_stances():
    made = encoder(64)

    class Tags(Marking):
        def run(self, batch):
            return {"logits": super().run(batch)["logits"]}

    found = tagger(Tags(made, {}), made, speaker_by="spans").statements([ARTICLE])[0]
    assert found[0].stances == ()
    assert found[0].speaker.text == "وزير الصحة"  # by the rules, for there are no spans
    assert found[0].tags == ("endorsement",)


def test_many_articles_are_kept_apart():
    made = encoder(64)
    engine = Marking(made, {"وزير الصحة": "speaker"})
    articles = [ARTICLE, "", "Only English.", ARTICLE[:46], "   \n "]
    for size in (1, 2, "auto"):
        found = tagger(engine, made, speaker_by="spans").statements(articles, batch_size=size)
        assert [len(group) for group in found] == [len(sentences(article)) for article in articles]
        assert found[0][0] == found[3][0]
    assert tagger(engine, made).statements([]) == []


@pytest.mark.parametrize("task", ["topic", "stance", "custom"])
def test_a_model_of_another_task_is_refused(task):
    with pytest.raises(ValueError, match=f"needs a model of the task statement; this one does {task}"):
        Tagger(SimpleNamespace(task=task))


def test_a_trained_tagger_finds_what_it_was_taught(exported_statement, world):
    made = Tagger(Classifier.from_pretrained(exported_statement))
    rows = list(read_rows(world.root / "statements" / "test.jsonl"))
    article = "\n".join(row["text"] for row in rows)
    found = made.statements([article])[0]
    assert [one.text for one in found] == [row["text"] for row in rows]
    right = [set(one.tags) == set(row["tags"]) for one, row in zip(found, rows, strict=True)]
    assert np.mean(right) > 0.6  # templates of the training set in other towns
    acts = [(one, row) for one, row in zip(found, rows, strict=True) if one.tags and row["speaker"]]
    named = [one.speaker is not None and one.speaker.text == row["speaker"]["text"] for one, row in acts]
    assert len(acts) > 40
    assert np.mean(named) > 0.8
