"""Opening bases: tiny checkpoints of the real classes, ids that cannot be had, and each family's preprocessing."""

from __future__ import annotations

import json
import shutil

import pytest

from tasrih.errors import ModelError
from tasrih.models.auto_tokenizer import longest_window
from tasrih.training.bases import base_profile, open_base, open_pretrained, open_tokenizer
from tasrih.training.classification import ClassifierConfig, Source, train_classifier


def config(base, **changes) -> ClassifierConfig:
    settings = {"max_length": 60, "epochs": 1, "bf16": False, "batch_size": 16, "learning_rate": 1e-3}
    return ClassifierConfig(
        "stance",
        str(base),
        "out",
        [Source("stance/ans")],
        Source("stance/ans", "validation"),
        **{**settings, **changes},
    )


@pytest.mark.parametrize("family", ["bert", "xlm_roberta"])
def test_each_family_trains_on_pairs_and_is_read_again(family, world, tmp_path, request):
    from transformers import AutoModelForSequenceClassification

    from tasrih.models.classifier import Classifier

    base = request.getfixturevalue(family)
    result = train_classifier(_to(config(base), tmp_path), world.root)
    assert result["train_rows"] == 72
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert type(model).__name__ == {"bert": "Bert", "xlm_roberta": "XLMRoberta"}[family] + "ForSequenceClassification"
    opened = Classifier.from_pretrained(tmp_path, device="cpu")
    assert (opened.settings.profile, opened.settings.max_length) == ("lossless", 60)
    found = opened.predict(["نادي الحصن ينفي فوز سالم ويكذب الخبر"], ["سالم يفوز برئاسة نادي الحصن"])
    assert found[0].label in ("favor", "against", "neutral")


def _to(made: ClassifierConfig, folder) -> ClassifierConfig:
    from dataclasses import replace

    return replace(made, output=str(folder))


def test_bin_weights_are_saved_on_as_safetensors(bert, world, tmp_path):
    import torch
    from safetensors.torch import load_file

    base = tmp_path / "base"
    shutil.copytree(bert, base)
    torch.save(load_file(base / "model.safetensors"), base / "pytorch_model.bin")
    (base / "model.safetensors").unlink()
    train_classifier(_to(config(base), tmp_path / "out"), world.root)
    assert (tmp_path / "out" / "model.safetensors").is_file()
    assert not list((tmp_path / "out").glob("*.bin"))


def test_a_pickle_that_runs_code_is_no_base(bert, world, tmp_path):
    import pickle

    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "sprung"), "w")

    base = tmp_path / "base"
    shutil.copytree(bert, base)
    (base / "model.safetensors").unlink()
    (base / "pytorch_model.bin").write_bytes(pickle.dumps({"weight": Trap()}))
    with pytest.raises(ModelError, match="hold more than numbers, which could run code"):
        train_classifier(_to(config(base), tmp_path / "out"), world.root)
    assert not (tmp_path / "sprung").exists()


def test_a_base_with_code_of_its_own_is_not_run(bert, tmp_path):
    from transformers import AutoConfig

    base = tmp_path / "base"
    shutil.copytree(bert, base)
    (base / "own.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')\nclass Own: pass\n")
    stored = json.loads((base / "config.json").read_text(encoding="utf-8"))
    stored |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own"}}
    (base / "config.json").write_text(json.dumps(stored), encoding="utf-8")
    with pytest.raises(ModelError, match=r"custom code|cannot be opened"):
        open_pretrained(AutoConfig, str(base))
    assert not (tmp_path / "sprung").exists()


def test_a_hub_id_that_cannot_be_had_is_answered_in_one_line(no_network, monkeypatch):
    from transformers import AutoConfig

    # the session's guard fails the test where anything tries the network
    with pytest.raises(ModelError) as caught:
        open_pretrained(AutoConfig, "aubmindlab/bert-base-arabertv02")
    message = str(caught.value)
    assert "\n" not in message
    assert "aubmindlab/bert-base-arabertv02" in message and "HF_HUB_OFFLINE is set" in message
    assert "base=/path/to/folder" in message
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        open_tokenizer("UBC-NLP/MARBERTv2")


def test_what_is_no_folder_and_no_hub_id_is_said_so(tmp_path, monkeypatch):
    from transformers import AutoConfig

    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    for name in (str(tmp_path / "nowhere"), "nowhere", "./a/b", "~/models/x", "runs/statement-finish", "models/topic"):
        with pytest.raises(ModelError, match="is no folder here and no hub id"):
            open_pretrained(AutoConfig, name)
    with pytest.raises(ModelError, match=r"holds no model: there is no config\.json"):
        open_pretrained(AutoConfig, str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match="cannot be opened") as caught:
        open_pretrained(AutoConfig, str(tmp_path))
    assert "\n" not in str(caught.value)


def test_the_other_kinds_do_not_ask_the_hub_for_a_folder_either(prepared, world, tmp_path):
    from tasrih.training.export import export_encoder
    from tasrih.training.pretrain import PretrainConfig, pretrain
    from tasrih.training.summarisation import SummariserConfig, train_summariser

    folder, _ = prepared
    gone, output = "runs/that-is-not-there", str(tmp_path / "out")
    with pytest.raises(ModelError, match=f"base {gone} is no folder here"):
        pretrain(PretrainConfig(output, str(folder), {str(folder / "corpus.npy"): 1.0}, minutes=0.01, base=gone))
    with pytest.raises(ModelError, match=f"base {gone} is no folder here"):
        train_summariser(SummariserConfig(output, minutes=0.01, base=gone), world.root)
    with pytest.raises(FileNotFoundError, match=f"{gone} holds no pretrained encoder"):
        export_encoder(gone, output)


def test_profiles_follow_the_family_the_folder_and_the_vocabulary(bert, pretrained, tmp_path):
    tokenizer = open_tokenizer(str(bert))
    assert base_profile("aubmindlab/bert-base-arabertv02", tokenizer) == "arabert"
    assert base_profile("FacebookAI/xlm-roberta-base", tokenizer) == "xlm-roberta"
    assert base_profile(str(bert), tokenizer) == "lossless"  # its vocabulary has hamza on alef
    assert base_profile(str(pretrained[0]), open_tokenizer(str(pretrained[0]))) == "news"
    cached = tmp_path / "models--CAMeL-Lab--bert-base-arabic-camelbert-msa" / "snapshots" / "abc"
    shutil.copytree(bert, cached)
    assert base_profile(str(cached), tokenizer) == "camelbert"
    # what it was fine-tuned with goes before the family
    stored = json.loads((cached / "config.json").read_text())
    (cached / "config.json").write_text(json.dumps({**stored, "tasrih": {"profile": "tidy"}}))
    assert base_profile(str(cached), tokenizer) == "tidy"


def test_a_named_profile_goes_before_the_familys(bert, world, tmp_path):
    from transformers import AutoConfig

    base = tmp_path / "bert-base-arabertv02"
    shutil.copytree(bert, base)
    for number, (given, stored) in enumerate(((None, "arabert"), ("tidy", "tidy"))):
        train_classifier(_to(config(base, profile=given), tmp_path / str(number)), world.root)
        assert AutoConfig.from_pretrained(tmp_path / str(number)).tasrih["profile"] == stored


def test_windows_longer_than_the_base_reads_are_refused(bert, xlm_roberta):
    from transformers import AutoConfig

    with pytest.raises(ValueError, match=r"max_length 65 is more than .* reads: at most 64"):
        open_base(config(bert, max_length=65))
    # positions of a RoBERTa begin after its padding
    assert longest_window(AutoConfig.from_pretrained(xlm_roberta), open_tokenizer(str(xlm_roberta))) == 64


def test_dropout_reaches_every_family(bert):
    model, _, _ = open_base(config(bert, dropout=0.0))
    assert model.config.hidden_dropout_prob == model.config.attention_probs_dropout_prob == 0.0
    assert model.config.classifier_dropout == 0.0
