"""Fitting the linear part, and that every engine computes it: numpy's sums by hand, torch, the exported graph."""

from __future__ import annotations

import json
from importlib.util import find_spec

import numpy as np
import pytest

from tasrih.models.classifier import Classifier
from tasrih.models.explaining import explain
from tasrih.models.ngrams import BUCKETS, FILE, Ngrams, ngram_layer, pair_places, places_of, table_rows
from tasrih.training import ngrams
from tasrih.training.classification import ClassifierConfig, Source, train_classifier
from tasrih.training.export import export_classifier

SETS = {"topic": "topic_iptc", "statement": "statements", "stance": "stance/ans"}
METRICS = {"topic": "accuracy", "statement": "average_precision", "stance": "macro_f1"}
TEXTS = ["رحب الوزير بالاتفاق", "ندد المتحدث بالقصف أمس", "قال الرئيس إن الخطة جديدة"]
TARGETS = ["بالاتفاق", "القصف", "الخطة"]


@pytest.fixture(scope="module", params=["topic", "statement", "stance"])
def trained(request, pretrained, world, tmp_path_factory):
    name = SETS[request.param]
    output = tmp_path_factory.mktemp(f"ngrams-{request.param}")
    config = ClassifierConfig(
        request.param, str(pretrained[0]), str(output), [Source(name)], Source(name, "validation"), ngrams=True,
        epochs=1, max_length=48, bf16=False, metric=METRICS[request.param],
    )  # fmt: skip
    return output, train_classifier(config, world.root)


def test_it_helps_the_encoder_on_validation(trained):
    folder, result = trained
    task = Classifier.from_pretrained(folder, device="cpu").settings.task
    # of one label a text the share is chosen by the log loss, which may cost an answer
    slack = 0.0 if task == "statement" else 0.05
    assert result["with_ngrams"][METRICS[task]] >= result["validation"][METRICS[task]] - slack
    # one epoch teaches a new encoder little; a linear model finds the words of the templates
    assert result["with_ngrams"]["ngram_share"] > 0
    assert json.loads((folder / "train_metrics.json").read_text())["with_ngrams"] == result["with_ngrams"]


@pytest.mark.slow
def test_the_exported_graph_says_what_torch_says(trained, tmp_path):
    folder, _ = trained
    ours = Classifier.from_pretrained(folder, device="cpu")
    graph = export_classifier(folder, tmp_path / "graph")
    targets = TARGETS if ours.settings.task == "stance" else None
    exported = Classifier.from_pretrained(graph).read(TEXTS, targets)
    for here, there in zip(ours.read(TEXTS, targets), exported, strict=True):
        # int8 weights in the graph: each sum is off by less than its steps
        assert np.allclose(here.logits, there.logits, atol=0.15)
    if find_spec("openvino"):
        for here, there in zip(exported, Classifier.from_pretrained(graph, engine="openvino:fp32").read(TEXTS, targets), strict=True):
            assert np.allclose(here.logits, there.logits, atol=1e-3)
    assert not (tmp_path / "graph" / FILE).exists()  # it is in the graph


def test_the_folder_gives_the_encoders_logits_and_the_part_to_each_its_share(trained):
    import torch
    from transformers import AutoModelForSequenceClassification

    folder, _ = trained
    made = Classifier.from_pretrained(folder, device="cpu")
    part = Ngrams.load(folder, len(made.settings.labels))
    plain = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    targets = TARGETS[:1] if made.settings.task == "stance" else None
    window = made.encoder.windows(TEXTS[:1], targets)[0][0]
    ids = np.array(window.ids)
    with torch.no_grad():
        alone = plain(torch.from_numpy(ids[None])).logits[0].numpy()
    places = np.concatenate([ids, pair_places(ids, part.vocabulary)])
    by_hand = part.kept * alone + part.weights[places].sum(0) / np.sqrt(len(places)) + part.bias
    for group in places_of(ids, part.vocabulary, part.separator)[1:]:
        by_hand = by_hand + part.weights[group].sum(0) / np.sqrt(max(len(group), 1))
    assert np.allclose(made.read(TEXTS[:1], targets)[0].logits[0], by_hand, atol=1e-4)


def test_every_window_of_a_long_text_is_learnt_from(monkeypatch, world, tmp_path, pretrained):
    read = []
    fit = ngrams._fit_linear
    monkeypatch.setattr(ngrams, "_fit_linear", lambda bags, *rest: read.append(bags.shape[0]) or fit(bags, *rest))
    config = ClassifierConfig(
        "topic", str(pretrained[0]), str(tmp_path), [Source("topic_iptc", limit=30)], Source("topic_iptc", "validation"),
        ngrams=True, epochs=0, max_length=16, bf16=False, metric="accuracy",
    )  # fmt: skip
    rows = train_classifier(config, world.root)["train_rows"]
    assert rows < read[0] <= rows * 6


def test_such_a_model_is_explained_by_hiding(trained):
    folder, _ = trained
    made = Classifier.from_pretrained(folder, device="cpu")
    label = made.settings.labels[0]
    target = TARGETS[0] if made.settings.task == "stance" else None
    assert explain(made, TEXTS[0], label, target=target).method == "occlusion"
    with pytest.raises(ValueError, match="has a linear part over n-grams"):
        explain(made, TEXTS[0], label, target=target, method="integrated_gradients")


def test_pooled_windows_are_refused_by_name():
    with pytest.raises(ValueError, match="ngrams are read in single windows"):
        ClassifierConfig("topic", "b", "o", [Source("x")], Source("x"), ngrams=True, pool_windows="mean")


CLS, SEP, VOCABULARY = 1, 3, 40


def test_a_pair_has_its_text_crossed_with_the_target_and_what_is_near_it():
    #            0 1  2  3  4  5  6  7  8  9  10
    text = [10, 11, 12, 13, 14, 20, 15, 16, 17, 18, 19]
    ids = np.array([CLS, *text, SEP, 20, 21, SEP])
    alone, crossed, near = places_of(ids, VOCABULARY, SEP)
    assert len(alone) == 2 * len(ids) - 1
    assert len(crossed) == len(set(crossed)) == len(text)
    assert ((crossed >= VOCABULARY + BUCKETS) & (crossed < VOCABULARY + 2 * BUCKETS)).all()
    # four pieces before the one that the target has and four after it, and not that piece
    assert (near - VOCABULARY - 2 * BUCKETS).tolist() == [11, 12, 13, 14, 15, 16, 17, 18]
    other = places_of(np.array([CLS, *text, SEP, 30, SEP]), VOCABULARY, SEP)
    assert not set(other[1]) & set(crossed)  # another target, other places
    assert len(other[2]) == 0
    assert len(places_of(np.array([CLS, SEP, SEP]), VOCABULARY, SEP)[1]) == 0


@pytest.mark.parametrize("separator", [None, SEP])
def test_the_layer_sums_what_the_places_say_whatever_the_padding(separator):
    import torch

    random = np.random.default_rng(5)
    vocabulary = 150_000  # above the buckets, as in multilingual models
    weights = random.normal(size=(table_rows(vocabulary, separator, 997), 3)).astype(np.float32)
    part = Ngrams(weights, random.normal(size=3).astype(np.float32), 0.5, vocabulary, separator)
    assert part.buckets == 997
    windows = []
    for length, target in ((30, 2), (1, 1), (12, 3), (60, 0)):
        text = random.integers(4, vocabulary, length)
        meant = random.integers(4, vocabulary, target)
        text[: min(target, length)] = meant[: min(target, length)]
        windows.append(np.array([CLS, *random.permutation(text), SEP, *meant, SEP]))
    # two separators between, as RoBERTa has them; and texts that hold one themselves
    windows += [np.array(one) for one in ([CLS, 9, 8, 7, SEP, SEP, 8, SEP], [CLS, 9, SEP, 8, SEP, 7, 5, SEP, 6, SEP])]
    longest = max(map(len, windows)) + 5
    ids = np.array([np.pad(one, (0, longest - len(one))) for one in windows])
    mask = np.array([np.arange(longest) < len(one) for one in windows]).astype(np.int64)
    logits = random.normal(size=(len(windows), 3)).astype(np.float32)
    found = ngram_layer(part)(*map(torch.from_numpy, (logits, ids, mask))).numpy()
    for row, one, alone in zip(found, windows, logits, strict=True):
        groups = places_of(one, vocabulary, separator, 997)
        total = sum(weights[group].sum(0) / np.sqrt(max(len(group), 1)) for group in groups)
        assert np.allclose(row, 0.5 * alone + total + part.bias, atol=1e-4)


def test_a_part_is_fitted_anew_on_a_model_that_stays_as_it_was(trained, world, tmp_path):
    """No epoch: the weights are the base's to the last bit, and the part is that of other rows."""
    from safetensors.numpy import load_file

    folder, _ = trained
    task = Classifier.from_pretrained(folder, device="cpu").settings.task
    name = SETS[task]
    config = ClassifierConfig(
        task, str(folder), str(tmp_path), [Source(name, limit=40)], Source(name, "validation"), ngrams=True, epochs=0,
        max_length=48, bf16=False, metric=METRICS[task],
    )  # fmt: skip
    result = train_classifier(config, world.root)
    before, after = (load_file(path / "model.safetensors") for path in (folder, tmp_path))
    assert all((before[key] == after[key]).all() for key in before)
    assert result["train_rows"] == (39 if task == "stance" else 40)  # the guard takes one
