"""Pushing: one line for whatever is missing, no network unless everything is there."""

from __future__ import annotations

import json

import pytest

from tasrih.errors import ModelError
from tasrih.evaluation.hub import push

hub = pytest.importorskip("huggingface_hub")


@pytest.fixture
def folder(tmp_path):
    for name in ("config.json", "README.md", "model.safetensors"):
        (tmp_path / name).write_text("{}")
    return tmp_path


@pytest.fixture
def online(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def refused(*arguments, **options) -> str:
    with pytest.raises(ModelError) as caught:
        push(*arguments, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("value", ["1", "true", "YES"])
def test_nothing_is_tried_offline(folder, monkeypatch, value):
    def reach(*_, **__):
        pytest.fail("the hub was asked")

    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    monkeypatch.setattr(hub, "HfApi", reach)
    monkeypatch.setattr(hub, "get_token", reach)
    assert "HF_HUB_OFFLINE is set" in refused(folder, "owner/model")


def test_without_a_token_it_says_so(folder, online, monkeypatch):
    monkeypatch.setattr(hub, "get_token", lambda: None)
    assert refused(folder, "owner/model") == "owner/model was not pushed: no token; set HF_TOKEN or run `hf auth login`"


@pytest.mark.parametrize("name", ["model", "a/b/c", "./model", "/model"])
def test_a_wrong_id_is_named(folder, name):
    assert f"{name!r} is no hub id" in refused(folder, name)


def test_a_folder_without_model_or_card_is_named(folder):
    (folder / "README.md").unlink()
    assert "has no card: write it with `tasrih card" in refused(folder, "owner/model")
    (folder / "config.json").unlink()
    assert "holds no model" in refused(folder, "owner/model")


class Api:
    """Stands for the hub's client and keeps what it was asked."""

    asked: dict

    def __init__(self, token):
        Api.asked = {"token": token}

    def create_repo(self, repository, **options):
        Api.asked["made"] = (repository, options)

    def create_commit(self, repository, operations, *, commit_message):
        Api.asked["sent"] = {one.path_in_repo: one.path_or_fileobj for one in operations}
        return "https://hub/owner/model/commit/1"


def test_with_a_token_the_folder_is_sent(folder, online, monkeypatch):
    monkeypatch.setattr(hub, "get_token", lambda: "secret")
    monkeypatch.setattr(hub, "HfApi", Api)
    assert push(folder, "owner/model", private=True) == "https://hub/owner/model/commit/1"
    assert Api.asked["token"] == "secret"
    assert Api.asked["made"] == ("owner/model", {"private": True, "exist_ok": True})
    assert set(Api.asked["sent"]) == {"model.safetensors", "config.json", "README.md"}
    assert Api.asked["sent"]["model.safetensors"] == str(folder / "model.safetensors")


def test_texts_and_checkpoints_are_not_sent(folder, online, monkeypatch):
    monkeypatch.setattr(hub, "get_token", lambda: "secret")
    monkeypatch.setattr(hub, "HfApi", Api)
    model = {"tokenizer.json", "vocab.txt", "spiece.model", "spans/config.json"}
    # texts of test sets, or weights that would be unpickled
    others = ["checkpoints/checkpoint-5/model.safetensors", "optimizer.pt", "a.pkl", "out_of_fold.npz"]
    others += ["report.html", "report/report.html", "report/metrics.json", "runs/x/report/errors.json", "scored.jsonl"]
    for name in (*model, *others):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}", encoding="utf-8")
    push(folder, "owner/model")
    assert set(Api.asked["sent"]) == {"model.safetensors", "config.json", "README.md"} | model


def test_settings_are_sent_without_the_places_of_this_machine(folder, online, monkeypatch):
    monkeypatch.setattr(hub, "get_token", lambda: "secret")
    monkeypatch.setattr(hub, "HfApi", Api)
    stored = {
        "config.json": {"encoder": {"_name_or_path": "/home/someone/encoder"}},
        "train_config.json": {"base": "/home/someone/arabert", "train": [{"name": "/home/someone/posts.csv"}], "epochs": 2},
        "run.json": {"data": [{"name": "stance/ans"}]},
        "posts.test.json": {"command": "tasrih evaluate '/home/some one/m' posts.csv", "notes": ["see /home/someone/x."]},
    }
    for name, value in stored.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    (folder / "tokenizer.json").write_text('{"vocab": {"/home/someone": 1}}', encoding="utf-8")
    push(folder, "owner/model")
    sent = {name: json.loads(told) for name, told in Api.asked["sent"].items() if isinstance(told, bytes)}
    assert sent == {
        "config.json": {"encoder": {"_name_or_path": "encoder"}},
        "train_config.json": {"base": "arabert", "train": [{"name": "posts.csv"}], "epochs": 2},
        "posts.test.json": {"command": "tasrih evaluate m posts.csv", "notes": ["see x."]},
    }
    (folder / "run.json").write_text("{", encoding="utf-8")
    assert "run.json is not JSON" in refused(folder, "owner/model")


def test_weights_that_only_unpickle_are_named(folder, online):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "has no weights as safetensors or ONNX" in refused(folder, "owner/model")


def test_a_refusal_of_the_hub_is_one_line(folder, online, monkeypatch):
    class Refusing(Api):
        def create_repo(self, repository, **options):
            raise RuntimeError("403 Forbidden: you may not\n\nmore lines")

    monkeypatch.setattr(hub, "get_token", lambda: "secret")
    monkeypatch.setattr(hub, "HfApi", Refusing)
    message = refused(folder, "owner/model")
    assert message == "owner/model was not pushed: 403 Forbidden: you may not" and "secret" not in message
