"""Going on from an exported classifier: its weights come back under their names, and compute what its graph does."""

from __future__ import annotations

import json
import shutil

import numpy as np
import onnxruntime
import pytest
import torch

from tasrih.data.labelled_source import Source
from tasrih.errors import ModelError
from tasrih.models.files import PRETRAINED
from tasrih.training import restoring
from tasrih.training.bases import base_profile, open_base, open_tokenizer
from tasrih.training.classification import joined_module
from tasrih.training.config import ClassifierConfig
from tasrih.training.recipes import load_recipe

TEXTS = ["رحّب الوزير بالاتفاق.", "حذّر الأمين العام من «كارثة» إذا استمر القصف، ودعا روسيا إلى وقفه."]


@pytest.fixture
def tiny(monkeypatch, pretrained):
    """Stand the tests' encoder in the place of the bundled one."""
    monkeypatch.setattr(restoring, "PRETRAINED", pretrained[0].parent)


def config(base, task="statement", **changes) -> ClassifierConfig:
    return ClassifierConfig(task, str(base), "out", [Source("statements")], Source("statements"), max_length=64, **changes)


def computed(module, tokenizer, folder):
    batch = tokenizer(TEXTS, padding=True, return_tensors="np")
    inputs = {name: batch[name].astype(np.int64) for name in ("input_ids", "attention_mask")}
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        ours = module.eval()(**{name: torch.from_numpy(value) for name, value in inputs.items()})
    return ours, dict(zip((node.name for node in session.get_outputs()), session.run(None, inputs), strict=True))


def test_both_heads_compute_what_the_graph_does(tiny, exported_statement):
    model, span_model, tokenizer = open_base(config(exported_statement, spans=True))
    ours, graph = computed(joined_module(model, span_model), tokenizer, exported_statement)
    for name in ("logits", "span_logits"):
        assert ours[name].numpy() == pytest.approx(graph[name], abs=1e-4)
    assert base_profile(str(exported_statement), open_tokenizer(str(exported_statement))) == "news"


def test_the_bundled_model_is_named_as_a_base():
    recipe = load_recipe("configs/statement.yaml", ["base=statement"])
    assert recipe.base == str(PRETRAINED / "statement")
    model, span_model, tokenizer = open_base(recipe)
    ours, graph = computed(joined_module(model, span_model), tokenizer, PRETRAINED / "statement")
    # its tags have a linear part besides, which is fitted anew and does not come back
    assert ours["span_logits"].numpy() == pytest.approx(graph["span_logits"], abs=2e-4)
    assert np.corrcoef(ours["logits"].numpy().ravel(), graph["logits"].ravel())[0, 1] > 0.9


def test_another_task_keeps_the_encoder_and_begins_a_head(tiny, exported_statement):
    model, span_model, _ = open_base(config(exported_statement, spans=True))
    other, none, _ = open_base(config(exported_statement, task="topic"))
    assert none is None and other.classifier.weight.shape[0] == 17
    own, states = other.state_dict(), model.state_dict()
    assert all(torch.equal(own[name], states[name]) for name in own if name.startswith("model."))
    assert span_model.model is model.base_model


@pytest.mark.slow
def test_a_graph_without_a_token_head_gives_a_new_one(tiny, pretrained, topic_model, tmp_path):
    from tasrih.training.export import export_classifier

    folder = export_classifier(topic_model[0], tmp_path / "topic")
    model, _, tokenizer = open_base(config(folder, task="topic"))
    ours, graph = computed(model, tokenizer, folder)
    assert ours["logits"].numpy() == pytest.approx(graph["logits"], abs=1e-4)


def test_another_shape_or_vocabulary_is_refused(exported_statement, tmp_path):
    with pytest.raises(ModelError, match="has another vocabulary than the bundled encoder: give the folder"):
        open_tokenizer(str(exported_statement))  # beside the bundled encoder itself
    with pytest.raises(ModelError, match=r"not of the bundled encoder's shape \(model"):
        restoring.open_exported(
            torch_class(), exported_statement, config=bundled_config(), dtype=torch.float32
        )
    broken = shutil.copytree(exported_statement, tmp_path / "broken")
    settings = json.loads((broken / "config.json").read_text(encoding="utf-8"))
    assert "files" in settings
    (broken / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        open_tokenizer(str(broken))


def torch_class():
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification


def bundled_config():
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(PRETRAINED / "encoder")
