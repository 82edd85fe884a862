"""``Classifier``: calibration, thresholds, abstention and pooling on engines made by hand; other families' folders."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from tasrih.data.corpus import read_rows
from tasrih.errors import ModelError
from tasrih.models.classifier import Classifier, ClassifierSettings
from tasrih.models.encoding import TextEncoder
from tasrih.models.summariser import Summariser
from tasrih.results import Prediction
from tasrih.training.tokenizer import learn_vocabulary

WORDS = ("أحمر", "أخضر", "أزرق", "كلمة", "أخرى", "هدف")
IDS = {word: index for index, word in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS))}
COLOURS = [IDS[word] for word in WORDS[:3]]


class Counting:
    """An engine whose logits are how often each colour's word stands in the window."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, int]] = []

    def run(self, batch):
        ids, mask = batch["input_ids"], batch["attention_mask"]
        self.shapes.append(ids.shape)
        return {
            "logits": np.stack([((ids == colour) & (mask == 1)).sum(1) for colour in COLOURS], 1).astype(np.float32)
        }


def word_encoder(max_length: int = 12) -> TextEncoder:
    tokenizer = Tokenizer(models.WordLevel(IDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return TextEncoder(tokenizer, profile="lossless", max_length=max_length, overlap=2)


def counting(max_length: int = 12, **changes) -> Classifier:
    labels = changes.pop("labels", ("red", "green", "blue"))
    return Classifier(Counting(), word_encoder(max_length), ClassifierSettings("colour", labels, **changes))


def softmax(*values: float) -> list[float]:
    return [math.exp(value) / sum(map(math.exp, values)) for value in values]


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def test_one_label_of_many():
    found = counting().predict(["أخضر أخضر أحمر"])[0]
    assert found.label == "green"
    assert found.labels == ("green",)
    assert list(found.scores.values()) == pytest.approx(softmax(1, 2, 0))
    assert list(found.scores) == ["red", "green", "blue"]
    assert found.score == found.scores["green"]
    assert (found.conditional, found.abstained, found.reason, found.windows) == (None, False, None, ())


def test_temperature_divides_the_logits():
    found = counting(temperature=2.0).predict(["أخضر أخضر أحمر"])[0]
    assert list(found.scores.values()) == pytest.approx(softmax(0.5, 1, 0))
    several = counting(temperature=2.0, multi_label=True).predict(["أخضر أخضر أحمر"])[0]
    assert list(several.scores.values()) == pytest.approx([sigmoid(0.5), sigmoid(1), sigmoid(0)])


def test_several_labels_by_their_thresholds_strongest_first():
    made = counting(multi_label=True, thresholds={"red": 0.7, "green": 0.89, "blue": 0.4})
    assert sigmoid(2) < 0.89 < sigmoid(3)
    assert made.predict(["أخضر أخضر أحمر"])[0].labels == ("red", "blue")  # green, the strongest, is under its own
    assert made.predict(["أخضر أخضر أخضر أحمر"])[0].labels == ("green", "red", "blue")
    none = counting(multi_label=True, thresholds={"red": 0.9, "green": 0.9, "blue": 0.9}).predict(["أخضر"])[0]
    assert (none.label, none.labels, none.abstained) == (None, (), False)
    assert none.score == pytest.approx(sigmoid(1))  # the strongest label's
    assert counting(multi_label=True).threshold("red") == 0.5
    assert counting(multi_label=True).predict(["كلمة"])[0].labels == ("red", "green", "blue")  # at 0.5 exactly


def test_conditional_goes_with_a_tag_only():
    made = counting(
        labels=("red", "green", "conditional"),
        multi_label=True,
        thresholds={"red": 0.7, "green": 0.7, "conditional": 0.7},
    )
    assert made.labels == ("red", "green")
    both = made.predict(["أحمر أزرق"])[0]
    assert (both.labels, both.conditional) == (("red",), True)
    assert "conditional" not in both.scores
    assert made.predict(["أزرق أزرق"])[0].conditional is False
    assert made.predict(["أحمر"])[0].conditional is False
    assert made.predict([""])[0].conditional is False


def test_abstain_only_when_asked_and_under_the_floor():
    made = counting(abstain_below=0.6)
    sure, unsure = "أخضر أخضر أخضر", "أخضر أحمر"
    assert [found.label for found in made.predict([sure, unsure])] == ["green", "red"]
    first, second = made.predict([sure, unsure], abstain=True)
    assert first.label == "green"
    assert (second.label, second.labels, second.abstained) == (None, (), True)
    assert second.score == pytest.approx(softmax(1, 1, 0)[0])
    assert second.reason == "unsure: the best label, red, has probability 0.42, under 0.60"
    assert sum(second.scores.values()) == pytest.approx(1)


def test_of_several_labels_only_the_sure_ones_are_given_where_abstaining_is_asked_for():
    made = counting(multi_label=True, sure_from={"red": 0.9, "green": 0.7})
    both, unsure, none = "أحمر أخضر", "أحمر أحمر", "أزرق"
    assert [set(found.labels) for found in made.predict([both, unsure])] == [{"red", "green", "blue"}] * 2
    first = made.predict([both], abstain=True)[0]
    # under its own bar a label goes, above it it stays, and one that has no bar stays
    assert (set(first.labels), first.abstained) == ({"green", "blue"}, False)
    made = counting(
        labels=("red", "green", "conditional"), multi_label=True, sure_from={"red": 0.9},
        thresholds={"red": 0.6, "green": 0.9},
    )  # fmt: skip
    found = made.predict([unsure, none], abstain=True)
    assert [(one.label, one.labels, one.abstained) for one in found] == [(None, (), True), (None, (), False)]
    assert found[0].reason == "unsure: red came near, none with the probability that is asked for"
    assert (found[0].score, found[0].conditional) == (pytest.approx(sigmoid(2)), False)
    assert made.predict(["أحمر أحمر أحمر"], abstain=True)[0].labels == ("red",)


LONG = "أحمر أحمر " + "كلمة " * 8 + "أزرق " * 3 + "كلمة أخرى أزرق أزرق"  # 17 words, windows of 10 with 2 shared


def test_windows_of_one_label_are_averaged_by_what_each_adds():
    made = counting()
    reading = made.read([LONG])[0]
    assert [window.fresh for window in reading.windows] == [10, 7]
    assert reading.logits.tolist() == [[2, 0, 0], [0, 0, 5]]
    pooled, each = made.probabilities(reading)
    assert each[0].tolist() == pytest.approx(softmax(2, 0, 0))
    assert each[1].tolist() == pytest.approx(softmax(0, 0, 5))
    expected = (10 * np.array(softmax(2, 0, 0)) + 7 * np.array(softmax(0, 0, 5))) / 17
    assert pooled.tolist() == pytest.approx(expected.tolist())
    led, _ = counting(lead_weight=3.0).probabilities(reading)
    expected = (40 * np.array(softmax(2, 0, 0)) + 7 * np.array(softmax(0, 0, 5))) / 47
    assert led.tolist() == pytest.approx(expected.tolist())


def test_a_tag_stands_if_any_window_shows_it():
    made = counting(multi_label=True, thresholds={"red": 0.8, "green": 0.8, "blue": 0.8})
    found = made.predict([LONG])[0]
    assert found.labels == ("blue", "red")
    assert found.scores == pytest.approx({"red": sigmoid(2), "green": 0.5, "blue": sigmoid(5)})


def test_a_long_text_shows_its_windows():
    found = counting().predict([LONG])[0]
    assert len(found.windows) == 2
    assert [LONG[window.start : window.end].split()[0] for window in found.windows] == ["أحمر", "كلمة"]
    assert (found.windows[0].start, found.windows[1].end) == (0, len(LONG))
    assert found.windows[1].start < found.windows[0].end
    assert list(found.windows[1].scores.values()) == pytest.approx(softmax(0, 0, 5))
    assert counting().predict(["أحمر"])[0].windows == ()


def test_nothing_to_read():
    made = counting()
    texts = ["", " \n", "Hello there", "12 !", "أحمر", "\ud800"]
    found = made.predict(texts)
    assert [prediction.abstained for prediction in found] == [True, True, True, True, False, True]
    assert [prediction.reason.split(":")[0] for prediction in found if prediction.reason] == [
        "empty",
        "empty",
        "no Arabic",
        "empty",
        "empty",
    ]
    for prediction in found[:4]:
        assert (prediction.label, prediction.score, prediction.labels) == (None, 0.0, ())
        assert prediction.scores == {"red": 0.0, "green": 0.0, "blue": 0.0}
    assert made.predict([]) == []
    assert made.predict(["", "Hello"])[0].label is None  # no window at all


def test_targets_that_cannot_be_read_stop_no_other_text():
    made = counting()
    long_target = " ".join(["هدف"] * 7)
    found = made.predict(["أحمر أحمر", "أخضر أخضر", "أزرق أزرق", "", "أزرق"], ["هدف", long_target, " ", "هدف", "أحمر"])
    assert [prediction.label for prediction in found] == ["red", None, None, None, "red"]
    assert found[1].reason.startswith("target too long: ")
    assert "7 tokens" in found[1].reason and "up to 6" in found[1].reason
    assert found[2].reason == "empty target: say what the stance is to"
    assert found[3].reason.startswith("empty: ")
    assert all(prediction.abstained for prediction in found[1:4])


def test_as_many_targets_as_texts():
    with pytest.raises(ValueError):
        counting().predict(["أحمر", "أخضر"], ["هدف"])


def test_the_batch_size_is_kept_and_changes_nothing():
    made = counting()
    texts = ["أحمر " * n for n in range(1, 10)] + [LONG]
    expected = made.predict(texts, batch_size=1)
    assert {rows for rows, _ in made._engine.shapes} == {1}
    for size in (3, 100, "auto"):
        made._engine.shapes.clear()
        assert made.predict(texts, batch_size=size) == expected
        assert max(rows for rows, _ in made._engine.shapes) <= (size if size != "auto" else 400)


# --- trained models -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def test_texts(world):
    texts = [row["text"] for row in read_rows(world.root / "statements" / "test.jsonl")]
    return [*texts[:30], " ".join(texts[30:36]), "قال", "كلام لم يرد في التدريب أبدا! 😀"]


def test_a_trained_and_an_exported_model_agree(statement_model, exported_statement, test_texts):
    torch_model, onnx_model = (
        Classifier.from_pretrained(statement_model[0], device="cpu"),
        Classifier.from_pretrained(exported_statement),
    )
    assert torch_model.settings == onnx_model.settings
    assert onnx_model.task == "statement"
    assert onnx_model.settings.labels[-1] == "conditional"
    agree = 0
    for ours, theirs in zip(onnx_model.predict(test_texts), torch_model.predict(test_texts), strict=True):
        assert ours.scores == pytest.approx(theirs.scores, abs=0.1)
        agree += ours.labels == theirs.labels
    assert agree >= 0.9 * len(test_texts)


@pytest.mark.parametrize("kind", ["onnx", "torch"])
def test_a_score_does_not_depend_on_its_neighbours(kind, statement_model, exported_statement, test_texts):
    made = Classifier.from_pretrained(exported_statement if kind == "onnx" else statement_model[0], device="cpu")
    alone = [made.predict([text])[0] for text in test_texts]
    for size in (1, 2, 7, "auto"):
        for one, among in zip(alone, made.predict(test_texts, batch_size=size), strict=True):
            assert among.scores == pytest.approx(one.scores, abs=1e-4)
            assert among.labels == one.labels
    for one, among in zip(alone[::-1], made.predict(test_texts[::-1]), strict=True):
        assert among.scores == pytest.approx(one.scores, abs=1e-4)


def test_trained_models_know_what_they_were_taught(topic_model, stance_model, world):
    topic = Classifier.from_pretrained(topic_model[0], device="cpu")
    assert (topic.task, len(topic.labels), topic.settings.max_length) == ("topic", 17, 48)
    rows = list(read_rows(world.root / "topic_iptc" / "test.jsonl.xz"))
    found = topic.predict([f"{row['title']}\n{row['text']}" for row in rows])
    assert np.mean([prediction.label == row["label"] for prediction, row in zip(found, rows, strict=True)]) > 0.8
    stance = Classifier.from_pretrained(stance_model[0], device="cpu")
    assert stance.labels == ("favor", "against", "neutral")
    found = stance.predict(["نادي المنارة يعلن فوز سالم بالرئاسة رسميا"], ["سالم يفوز برئاسة نادي المنارة"])[0]
    assert isinstance(found, Prediction)
    assert sum(found.scores.values()) == pytest.approx(1)


# --- folders of other families --------------------------------------------------------------------

SENTENCES = [
    "قال وزير الصحة إن المستشفى الجديد سيفتح أبوابه غدا.",
    "رحب الأهالي بافتتاح الجسر فوق النهر، وشكروا البلدية.",
    "حذر الخبراء من ارتفاع الأسعار في السوق إذا تأخرت الأمطار.",
    "فاز الفريق بهدفين في المباراة النهائية أمام ضيفه.",
]


def bert_folder(path, labels, **changes):
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    vocabulary = learn_vocabulary(SENTENCES * 5, size=200, profile="lossless", min_frequency=2).get_vocab()
    tokenizer = BertTokenizer(vocab=vocabulary, do_lower_case=False, strip_accents=False)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=40,
        id2label=dict(enumerate(labels)),
        label2id={name: n for n, name in enumerate(labels)},
        pad_token_id=vocabulary["[PAD]"],
        initializer_range=0.5,
        **changes,
    )
    BertForSequenceClassification(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def xlmr_folder(path, labels, **changes):
    import torch
    from tokenizers import trainers
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification, XLMRobertaTokenizer

    trained = Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trained.train_from_iterator(
        SENTENCES * 5,
        trainers.UnigramTrainer(vocab_size=150, special_tokens=special, unk_token="<unk>", show_progress=False),
    )
    pieces = [tuple(piece) for piece in json.loads(trained.to_str())["model"]["vocab"]]
    tokenizer = XLMRobertaTokenizer(vocab=[*pieces, ("<mask>", 0.0)])
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=len(pieces) + 1, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=48,
        max_position_embeddings=42, type_vocab_size=1, pad_token_id=1, id2label=dict(enumerate(labels)),
        label2id={name: n for n, name in enumerate(labels)}, initializer_range=0.5, **changes,
    )  # fmt: skip
    XLMRobertaForSequenceClassification(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


FAMILIES = {"bert": bert_folder, "xlmr": xlmr_folder}
STANCES = ("against", "neutral", "favor")


@pytest.fixture(scope="module", params=list(FAMILIES))
def stance_folder(request, tmp_path_factory):
    return FAMILIES[request.param](tmp_path_factory.mktemp(request.param), STANCES)


def test_any_family_opens_by_its_own_config(stance_folder):
    made = Classifier.from_pretrained(stance_folder, device="cpu")
    assert made.task == "stance"
    assert made.labels == STANCES  # in the order of the head
    assert made.settings.profile == "lossless"
    assert made.settings.max_length == 40


@pytest.mark.parametrize("pairs", [False, True])
def test_any_family_scores_as_transformers_does(stance_folder, pairs):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(stance_folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(stance_folder)
    made = Classifier.from_pretrained(stance_folder, device="cpu")
    texts, targets = ["فتح المستشفى أبوابه", "قال الأهالي", "شكروا البلدية غدا"], ["الجسر", "وزير الصحة", "ضيفه"]
    found = made.predict(texts, targets if pairs else None)
    for text, target, prediction in zip(texts, targets, found, strict=True):
        inputs = tokenizer(text, target if pairs else None, return_tensors="pt")
        assert inputs["input_ids"].shape[1] <= 40
        with torch.no_grad():
            expected = model(**inputs).logits.softmax(-1)[0].tolist()
        assert list(prediction.scores.values()) == pytest.approx(expected, abs=1e-4)
    assert len({prediction.scores["favor"] for prediction in found}) == 3


def test_a_long_text_fills_the_positions_and_no_more(stance_folder):
    made = Classifier.from_pretrained(stance_folder, device="cpu")
    long = " ".join(SENTENCES * 5)
    one = made.predict([long], ["الجسر"])[0]
    assert len(one.windows) > 3
    among = made.predict(["قال", long, SENTENCES[1]], ["الجسر"] * 3, batch_size=50)[1]
    assert among.scores == pytest.approx(one.scores, abs=1e-4)
    assert max(len(window.ids) for window in made.read([long])[0].windows) == 40


def test_labels_say_what_the_task_is(tmp_path):
    plain = Classifier.from_pretrained(bert_folder(tmp_path / "plain", ("LABEL_0", "LABEL_1")), device="cpu")
    assert (plain.task, plain.labels, plain.settings.multi_label) == ("custom", ("LABEL_0", "LABEL_1"), False)
    several = Classifier.from_pretrained(
        bert_folder(tmp_path / "several", ("aid", "warning", "conditional"), problem_type="multi_label_classification"),
        device="cpu",
    )
    assert (several.task, several.labels, several.settings.multi_label) == ("statement", ("aid", "warning"), True)
    assert several.predict([SENTENCES[0]])[0].conditional in (True, False)


def test_settings_that_stand_in_the_config_win(tmp_path):
    stored = {"task": "topic", "profile": "encoder", "max_length": 20, "temperature": 2.5, "thresholds": {"sport": 0.3}}
    made = Classifier.from_pretrained(bert_folder(tmp_path, ("sport", "health"), tasrih=stored), device="cpu")
    assert (made.settings.profile, made.settings.max_length, made.settings.temperature) == ("encoder", 20, 2.5)
    assert made.threshold("sport") == 0.3
    assert made.labels == ("sport", "health")


def test_a_base_encoder_and_a_summariser_are_refused(pretrained, summary_model, exported_summary):
    with pytest.raises(ModelError, match="fine-tune"):
        Classifier.from_pretrained(pretrained[0])
    for folder in (summary_model[0], exported_summary):
        with pytest.raises(ModelError, match="not a classifier"):
            Classifier.from_pretrained(folder)


def test_a_classifier_is_no_summariser(exported_statement, topic_model):
    with pytest.raises(ModelError, match="is a 'classifier', not a summariser"):
        Summariser.from_pretrained(exported_statement)
    with pytest.raises(ModelError, match="cannot be opened as a summariser") as caught:
        Summariser.from_pretrained(topic_model[0])
    assert "\n" not in str(caught.value)


@given(text=st.text(st.characters(codec=None), max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_a_prediction(exported_statement, text):
    made = _opened(exported_statement)
    found = made.predict([text, "أحمر " + text])
    for prediction in found:
        assert isinstance(prediction, Prediction)
        assert all(0 <= value <= 1 for value in prediction.scores.values())
        assert prediction.abstained == (prediction.reason is not None)
        json.dumps(prediction.to_dict())


def _opened(folder, _kept={}):  # noqa: B006 - opened once for all examples
    if folder not in _kept:
        _kept[folder] = Classifier.from_pretrained(folder)
    return _kept[folder]
