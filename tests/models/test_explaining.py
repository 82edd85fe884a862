"""Explanations: contributions that are differences of scores, words of the caller's own string, gradients that add up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from tasrih.models.classifier import Classifier, ClassifierSettings
from tasrih.models.encoding import TextEncoder
from tasrih.models.engines import TorchEngine
from tasrih.models.explaining import explain
from tasrih.models.load import load

WORDS = ("أحمر", "أخضر", "ليس", "كلمة", "أخرى")
IDS = {word: index for index, word in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS))}
RED, GREEN, NOT = (IDS[word] for word in WORDS[:3])


class Counting:
    """An engine that counts the words of two colours; "ليس" takes two from red's."""

    def __init__(self) -> None:
        self.rows = 0

    def run(self, batch):
        ids = batch["input_ids"] * batch["attention_mask"]
        self.rows += len(ids)
        count = {word: (ids == word).sum(1) for word in (RED, GREEN, NOT)}
        return {"logits": np.stack([count[RED] - 2 * count[NOT], count[GREEN]], 1).astype(np.float32)}


def word_encoder(max_length: int = 12) -> TextEncoder:
    tokenizer = Tokenizer(models.WordLevel(IDS, unk_token="[UNK]"))
    tokenizer.add_special_tokens(["[MASK]"])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return TextEncoder(tokenizer, profile="tidy", max_length=max_length, overlap=2)


def counting(max_length: int = 12, task: str = "colour", **changes) -> Classifier:
    return Classifier(Counting(), word_encoder(max_length), ClassifierSettings(task, ("red", "green"), **changes))


def share(red: float, green: float) -> float:
    return math.exp(red) / (math.exp(red) + math.exp(green))


def test_a_contribution_is_what_the_score_loses_without_the_word():
    text = "أحمر كلمة أخضر ليس"
    told = explain(counting(), text, "red")
    assert (told.text, told.label, told.method, told.reason) == (text, "red", "occlusion", None)
    assert told.score == pytest.approx(share(-1, 1))
    assert [word.text for word in told.words] == text.split()
    expected = [share(-1, 1) - hidden for hidden in (share(-2, 1), share(-1, 1), share(-1, 0), share(1, 1))]
    assert [word.contribution for word in told.words] == pytest.approx(expected)
    assert expected[0] > 0 == expected[1] > expected[2]


def test_several_labels_a_text():
    told = explain(counting(multi_label=True, temperature=2.0), "أحمر أخضر", "green")
    sigmoid = 1 / (1 + math.exp(-0.5))
    assert told.score == pytest.approx(sigmoid)
    assert [word.contribution for word in told.words] == pytest.approx([0, sigmoid - 0.5])


def test_the_whole_score_is_the_predictions():
    made = counting(temperature=1.7, lead_weight=2.0)
    text = "أحمر كلمة " * 9 + "أخضر أخضر"
    assert explain(made, text, "green").score == pytest.approx(made.predict([text])[0].scores["green"])


LONG = "أحمر أحمر " + "كلمة " * 8 + "ليس " * 3 + "كلمة أخرى أخضر أخضر"  # 17 words, windows of 10 with 2 shared


@pytest.mark.parametrize("changes", [{}, {"lead_weight": 3.0}, {"window_pool": "max"}, {"multi_label": True}])
def test_of_a_long_text_a_word_is_hidden_in_every_window_that_holds_it(changes):
    """Against the plain way: hide the word in the text, read all of it again."""
    made = counting(**changes)
    told = explain(made, LONG, "red")
    assert len(made.read([LONG])[0].windows) == 2 and len(told.words) == 17
    for word in told.words:
        # "أخرى" is a word without a colour, as the mask is: the same number of tokens, the same windows
        hidden = made.predict([f"{LONG[: word.start]}أخرى{LONG[word.end :]}"])[0]
        assert word.contribution == pytest.approx(told.score - hidden.scores["red"], abs=1e-6), word


def test_only_the_windows_that_hold_a_word_are_computed_again():
    made = counting()
    made.backend.rows = 0
    explain(made, LONG, "red")
    # twice the two windows of the whole, and one a word, two for the words that both windows hold
    assert made.backend.rows == 2 * 2 + 17 + 2


def test_more_words_than_are_computed_at_once():
    text = "كلمة " * 700 + "أحمر"
    told = explain(counting(max_length=400), text, "red")
    assert len(told.words) == 701
    assert [word.text for word in told.words if abs(word.contribution) > 1e-9] == ["أحمر"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("«أَحْمَر»، كلمة", ["أَحْمَر", "كلمة"]),
        ("أحـــمر كلـمة!", ["أحـــمر", "كلـمة"]),
        ("\u202bأحمر\u202c كلمة", ["أحمر", "كلمة"]),
        ("أح\u200fمر كلمة", ["أح\u200fمر", "كلمة"]),  # a mark within a word does not part what the model reads as one
        ("أحمر\r\n\tكلمة ؟", ["أحمر", "كلمة"]),
        ("ﺃﺣﻤﺮ كلمة", ["ﺃﺣﻤﺮ", "كلمة"]),
        ("کلمة 3.5 ٢٠١٤", ["کلمة", "3.5", "٢٠١٤"]),
        ("\ud800 أحمر", ["أحمر"]),
        ("ـــ أحمر", ["ـــ", "أحمر"]),  # of which the model sees nothing
    ],
)
def test_words_are_the_callers_own(text, expected):
    told = explain(counting(), text, "red")
    assert [word.text for word in told.words] == expected
    assert all(text[word.start : word.end] == word.text for word in told.words)
    for word in told.words:
        assert (word.contribution > 0.01) == (word.text in ("أَحْمَر", "أحـــمر", "أحمر", "أح\u200fمر", "ﺃﺣﻤﺮ")), word


@settings(max_examples=60)
@given(st.text(st.sampled_from("أحمر كلمةَـ\u200f\u2067«»،؟ 3٣\n😀ﻻhello"), max_size=60))
def test_any_text_is_explained(text):
    told = explain(counting(), text, "red")
    at = 0
    for word in told.words:
        assert at <= word.start < word.end and text[word.start : word.end] == word.text
        at = word.end
    assert told.reason is None or not told.words


def test_where_there_is_nothing_to_read_the_reason_is_said():
    told = explain(counting(), "hello there", "red")
    assert (told.words, told.score, told.reason) == ((), 0.0, "no Arabic: the text has no Arabic letter")


def test_the_words_of_a_target_are_not_hidden():
    made = counting(task="stance", max_length=20)
    told = explain(made, "أحمر كلمة", "red", target="أحمر")
    assert [word.text for word in told.words] == ["أحمر", "كلمة"]
    assert told.score == pytest.approx(share(2, 0))
    assert told.words[0].contribution == pytest.approx(share(2, 0) - share(1, 0))
    assert explain(made, "أحمر", "red", target=" ").reason.startswith("empty target")
    assert explain(made, "أحمر", "red", target="كلمة " * 15).reason.startswith("target too long")


@pytest.mark.parametrize(
    ("label", "method", "told"),
    [
        ("blue", "auto", "'blue' is no label of this colour model: choose from red, green"),
        ("red", "magic", "unknown method 'magic': choose from auto, occlusion, integrated_gradients"),
        ("red", "integrated_gradients", "integrated gradients need a model that runs in torch"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_line(label, method, told):
    with pytest.raises(ValueError) as refused:
        explain(counting(), "أحمر", label, method=method)
    assert str(refused.value).startswith(told) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "label"), [("statement", "conditional"), ("statement", "security_support"), ("topic", "sport")]
)
def test_the_bundled_models_are_explained_by_what_hiding_does(name, label):
    """Each contribution is a difference of scores that the model gives for ids with masks in the word's place."""
    made = load(name)
    text = "أكّد الوزير أن بلاده مستعدة لتقديم الدعـم الأمني إلى ليبيا إذا طلبت ذلك، بعد المباراة."
    told = explain(made, text, label)
    assert told.score == pytest.approx(made.probabilities(made.read([text])[0])[0][made.settings.labels.index(label)])
    (window,) = made.encoder.windows([text])[0]
    batch = made.encoder.pad([window])
    mask = made.encoder._tokenizer.token_to_id("[MASK]")
    for word in told.words[::4]:
        ids = batch["input_ids"].copy()
        for token, span in enumerate(window.spans):
            if span is not None and span[0] < word.end and word.start < span[1]:
                ids[0, token] = mask
        logit = made.backend.run({**batch, "input_ids": ids})["logits"][0] / made.temperatures
        shares = 1 / (1 + np.exp(-logit)) if made.settings.multi_label else np.exp(logit) / np.exp(logit).sum()
        expected = told.score - shares[made.settings.labels.index(label)]
        assert word.contribution == pytest.approx(expected, abs=1e-5), word.text
    assert any(abs(word.contribution) > 0.005 for word in told.words)


# --- integrated gradients ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def in_torch():
    """A small classifier with random weights, in torch; gives a function of its settings."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=len(IDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=16, num_labels=2, initializer_range=0.3,
    )  # fmt: skip
    engine = TorchEngine(transformers.BertForSequenceClassification(config), device="cpu")

    def make(**changes) -> Classifier:
        return Classifier(engine, word_encoder(), ClassifierSettings("colour", ("red", "green"), **changes))

    return make


@pytest.mark.parametrize(
    "changes",
    [{}, {"temperature": 1.5, "lead_weight": 2.0}, {"window_pool": "max"}, {"multi_label": True}],
)
@pytest.mark.parametrize("text", ["أحمر كلمة، أخضر ليس", LONG])
def test_integrated_gradients_add_up_to_what_all_words_together_do(in_torch, text, changes):
    made = in_torch(**changes)
    told = explain(made, text, "red")
    assert told.method == "integrated_gradients"
    assert told.score == pytest.approx(made.predict([text])[0].scores["red"], abs=1e-6)
    masked = made.read([text])[0]  # every word hidden; a comma, which is none, stays
    spans = [(word.start, word.end) for word in told.words]
    windows = []
    for window in masked.windows:
        ids = list(window.ids)
        for token, span in enumerate(window.spans):
            if span is not None and any(span[0] < end and start < span[1] for start, end in spans):
                ids[token] = made.encoder.mask_id
        windows.append(ids)
    batch = made.encoder.pad(masked.windows)
    for row, ids in zip(batch["input_ids"], windows, strict=True):
        row[: len(ids)] = ids
    masked.logits[:] = made.backend.run(batch)["logits"]
    baseline = made.probabilities(masked)[0][0]
    tolerance = 0.02 if changes.get("window_pool") or changes.get("multi_label") else 2e-3  # a maximum has corners
    assert sum(word.contribution for word in told.words) == pytest.approx(told.score - baseline, abs=tolerance)
    assert max(abs(word.contribution) for word in told.words) > 0.01


def test_in_torch_words_can_be_hidden_too(in_torch):
    made = in_torch()
    told = explain(made, "أحمر كلمة أخضر", "red", method="occlusion")
    assert told.method == "occlusion"
    first = made.predict(["[MASK] كلمة أخضر"])[0].scores["red"]
    assert told.words[0].contribution == pytest.approx(told.score - first, abs=1e-6)
