"""Fitting the linear part, and that every engine computes it: numpy's sums by hand, torch, the exported graph."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tasrih.models.classifier import Classifier
from tasrih.models.explaining import explain
from tasrih.models.ngrams import FILE, Ngrams, pair_places
from tasrih.training.classification import ClassifierConfig, Source, train_classifier
from tasrih.training.export import export_classifier

TEXTS = ["رحب الوزير بالاتفاق", "ندد المتحدث بالقصف أمس", "قال الرئيس إن الخطة جديدة"]


@pytest.fixture(scope="module", params=["topic", "statement"])
def trained(request, pretrained, world, tmp_path_factory):
    name = {"topic": "topic_iptc", "statement": "statements"}[request.param]
    output = tmp_path_factory.mktemp(f"ngrams-{request.param}")
    config = ClassifierConfig(
        request.param, str(pretrained[0]), str(output), [Source(name)], Source(name, "validation"), ngrams=True,
        epochs=1, max_length=48, bf16=False, metric={"topic": "accuracy", "statement": "average_precision"}[request.param],
    )  # fmt: skip
    return output, train_classifier(config, world.root)


def test_it_is_no_worse_than_the_encoder_alone_on_validation(trained):
    folder, result = trained
    metric = "accuracy" if "accuracy" in result["validation"] else "average_precision"
    assert result["with_ngrams"][metric] >= result["validation"][metric]
    # one epoch teaches a new encoder little; a linear model finds the words of the templates
    assert result["with_ngrams"]["ngram_share"] > 0
    assert json.loads((folder / "train_metrics.json").read_text())["with_ngrams"] == result["with_ngrams"]


@pytest.mark.slow
def test_the_exported_graph_says_what_torch_says(trained, tmp_path):
    folder, _ = trained
    ours = Classifier.from_pretrained(folder, device="cpu")
    exported = Classifier.from_pretrained(export_classifier(folder, tmp_path / "graph"))
    for here, there in zip(ours.read(TEXTS), exported.read(TEXTS), strict=True):
        # int8 weights in the graph: each sum is off by less than its steps
        assert np.allclose(here.logits, there.logits, atol=0.15)
    assert not (tmp_path / "graph" / FILE).exists()  # it is in the graph


def test_the_folder_gives_the_encoders_logits_and_the_part_to_each_its_share(trained):
    import torch
    from transformers import AutoModelForSequenceClassification

    folder, _ = trained
    made = Classifier.from_pretrained(folder, device="cpu")
    part = Ngrams.load(folder, len(made.settings.labels))
    plain = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    ids = np.array(made.encoder.windows(TEXTS[:1])[0][0].ids)
    with torch.no_grad():
        alone = plain(torch.from_numpy(ids[None])).logits[0].numpy()
    places = np.concatenate([ids, pair_places(ids, part.vocabulary)])
    by_hand = part.kept * alone + part.weights[places].sum(0) / np.sqrt(len(places)) + part.bias
    assert np.allclose(made.read(TEXTS[:1])[0].logits[0], by_hand, atol=1e-4)


def test_such_a_model_is_explained_by_hiding(trained):
    folder, _ = trained
    made = Classifier.from_pretrained(folder, device="cpu")
    label = made.settings.labels[0]
    assert explain(made, TEXTS[0], label).method == "occlusion"
    with pytest.raises(ValueError, match="has a linear part over n-grams"):
        explain(made, TEXTS[0], label, method="integrated_gradients")


def test_pairs_and_pooled_windows_are_refused_by_name():
    for changes in ({"task": "stance"}, {"task": "topic", "pool_windows": "mean"}):
        with pytest.raises(ValueError, match="ngrams are read in single windows"):
            ClassifierConfig(
                **{"base": "b", "output": "o", "train": [Source("x")], "validation": Source("x"), "ngrams": True}, **changes
            )


def test_a_part_is_fitted_anew_on_a_model_that_stays_as_it_was(trained, world, tmp_path):
    """No epoch: the weights are the base's to the last bit, and the part is that of other rows."""
    from safetensors.numpy import load_file

    folder, _ = trained
    task = Classifier.from_pretrained(folder, device="cpu").settings.task
    name = {"topic": "topic_iptc", "statement": "statements"}[task]
    config = ClassifierConfig(
        task, str(folder), str(tmp_path), [Source(name, limit=40)], Source(name, "validation"), ngrams=True, epochs=0,
        max_length=48, bf16=False, metric={"topic": "accuracy", "statement": "average_precision"}[task],
    )  # fmt: skip
    result = train_classifier(config, world.root)
    before, after = (load_file(path / "model.safetensors") for path in (folder, tmp_path))
    assert all((before[key] == after[key]).all() for key in before)
    assert result["train_rows"] == 40
