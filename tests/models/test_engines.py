"""The engines: ONNX as torch computes it, padding that moves nothing, and checkpoints that are refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from tasrih.data.corpus import read_rows
from tasrih.errors import ModelError
from tasrih.models.classifier import Classifier
from tasrih.models.encoding import TextEncoder, pad
from tasrih.models.engines import OnnxEngine, TorchEngine
from tasrih.models.spans import SPAN_LABELS
from tasrih.training.export import SMALLEST, quantise_columns


@pytest.fixture(scope="module")
def windows(world, statement_model):
    encoder = TextEncoder.from_file(statement_model[0] / "tokenizer.json", profile="encoder", max_length=48)
    texts = [row["text"] for row in read_rows(world.root / "statements" / "test.jsonl")]
    texts += ["قال", " ".join(texts[:6]), "كلام لم يرد في التدريب أبدا! 😀"]
    return [window for group in encoder.windows(texts) for window in group]


@pytest.fixture(scope="module")
def onnx_engine(exported_statement):
    return OnnxEngine(exported_statement / "model.onnx", threads=1)


@pytest.fixture(scope="module")
def joined(statement_model):
    """The trained torch model with both heads, and what rounds its matrices as the export stores them."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

    from tasrih.training.classification import ModuleEngine, joined_module

    folder = statement_model[0]
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32)
    spans = AutoModelForTokenClassification.from_pretrained(folder / "spans", dtype=torch.float32)
    plain = ModuleEngine(joined_module(model, spans))

    def rounded():
        with torch.no_grad():
            for weight in plain._module.parameters():
                if weight.ndim == 2 and weight.numel() >= SMALLEST:
                    rows, scale = quantise_columns(weight.numpy(), 0)
                    weight.copy_(torch.from_numpy(rows * scale))
        return plain

    return plain, rounded


def test_onnx_equals_torch_within_what_int8_costs(onnx_engine, joined, windows):
    plain, rounded = joined
    batch = pad(windows, 0)
    ours = onnx_engine.run(batch)
    exact = plain.run(batch)
    assert set(ours) == set(exact) == {"logits", "span_logits"}
    assert ours["span_logits"].shape == (*batch["input_ids"].shape, len(SPAN_LABELS))
    spread = exact["logits"].std()
    assert np.abs(ours["logits"] - exact["logits"]).max() < 0.3 * spread
    clear = np.abs(exact["logits"]) > 0.3 * spread
    assert ((ours["logits"] > 0) == (exact["logits"] > 0))[clear].all()
    assert clear.mean() > 0.6
    # with the very weights that are stored, nothing but rounding in fp32 is left
    same = rounded().run(batch)
    shown = batch["attention_mask"].astype(bool)
    assert np.abs(ours["logits"] - same["logits"]).max() < 1e-3
    assert np.abs(ours["span_logits"] - same["span_logits"])[shown].max() < 1e-3


def test_padding_moves_no_onnx_logit(onnx_engine, windows):
    together = onnx_engine.run(pad(windows, 0))
    for row, window in enumerate(windows):
        alone = onnx_engine.run(pad([window], 0))
        size = len(window.ids)
        assert np.abs(alone["logits"][0] - together["logits"][row]).max() < 1e-4
        assert np.abs(alone["span_logits"][0] - together["span_logits"][row, :size]).max() < 1e-4
    # nor does what stands in the padded places
    other = onnx_engine.run(pad(windows, 9))
    assert np.abs(other["logits"] - together["logits"]).max() < 1e-4


def test_padding_moves_no_torch_logit(topic_model, windows):
    engine = TorchEngine.from_pretrained(topic_model[0], device="cpu")
    together = engine.run(pad(windows, 0))["logits"]
    for row in range(0, len(windows), 7):
        assert np.abs(engine.run(pad([windows[row]], 0))["logits"][0] - together[row]).max() < 1e-4


def test_the_graph_takes_other_shapes_than_it_was_traced_with(onnx_engine):
    for rows, length in ((1, 1), (1, 60), (5, 2), (3, 31)):
        batch = {"input_ids": np.full((rows, length), 7), "attention_mask": np.ones((rows, length), np.int64)}
        assert onnx_engine.run(batch)["logits"].shape == (rows, 14)


def test_inputs_that_a_model_does_not_know_are_left_out(onnx_engine, topic_model):
    batch = {
        "input_ids": np.full((1, 4), 7),
        "attention_mask": np.ones((1, 4), np.int64),
        "token_type_ids": np.ones((1, 4), np.int64),
        "colour": np.ones(3),
    }
    assert onnx_engine.run(batch)["logits"].shape == (1, 14)
    assert TorchEngine.from_pretrained(topic_model[0], device="cpu").run(batch)["logits"].shape == (1, 17)


def test_what_is_no_graph_is_refused_in_one_line(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"\x00" * 100)
    with pytest.raises(ModelError, match=r"model\.onnx cannot be opened by onnxruntime") as caught:
        OnnxEngine(tmp_path / "model.onnx")
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match=r"nowhere\.onnx"):
        OnnxEngine(tmp_path / "nowhere.onnx")


def test_a_base_encoder_is_told_to_be_fine_tuned(pretrained):
    with pytest.raises(
        ModelError, match=r"is a base encoder \(ModernBertForMaskedLM\); fine-tune it with `tasrih train`"
    ):
        TorchEngine.from_pretrained(pretrained[0], device="cpu")


def test_a_summariser_is_no_classifier(summary_model, exported_summary):
    with pytest.raises(ModelError, match=r"is a summariser \(T5ForConditionalGeneration\), not a classifier"):
        TorchEngine.from_pretrained(summary_model[0], device="cpu")
    with pytest.raises(ModelError, match="is a summariser, not a classifier"):
        Classifier.from_pretrained(exported_summary)


def test_a_folder_without_weights_is_named(topic_model, tmp_path):
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((topic_model[0] / name).read_bytes())
    with pytest.raises(ModelError, match="weights") as caught:
        Classifier.from_pretrained(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_named(topic_model, tmp_path):
    for file in topic_model[0].iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes()[:5000])
    with pytest.raises(ModelError, match="weights"):
        Classifier.from_pretrained(tmp_path)
