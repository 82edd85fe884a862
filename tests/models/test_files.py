"""Finding a model, and refusing whatever is not whole with a message that says what to do."""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket

import pytest

from tasrih.errors import ModelError
from tasrih.hub_ids import quiet_hub
from tasrih.models import files
from tasrih.models.classifier import Classifier
from tasrih.models.files import bundled_models, digest, is_exported, locate, open_folder, write_config
from tasrih.models.summariser import Summariser


@pytest.fixture
def folder(tmp_path):
    """A folder in our layout with two files, one of them in a subfolder."""
    path = tmp_path / "model"
    (path / "parts").mkdir(parents=True)
    (path / "weights.bin").write_bytes(bytes(range(256)) * 8)
    (path / "parts" / "more.bin").write_bytes(b"more")
    write_config(path, {"kind": "classifier", "settings": {"task": "موضوع"}})
    return path


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Bundled models of the test's own."""
    for name in ("topic", "aspect"):
        (tmp_path / "shelf" / name).mkdir(parents=True)
        write_config(tmp_path / "shelf" / name, {"kind": "classifier"})
    (tmp_path / "shelf" / "encoder").mkdir()
    (tmp_path / "shelf" / "encoder" / "config.json").write_text('{"model_type": "bert"}')
    monkeypatch.setattr(files, "PRETRAINED", tmp_path / "shelf")
    return tmp_path / "shelf"


def rewrite(folder, **changes):
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, **changes}), encoding="utf-8")


def test_a_written_folder_opens_with_its_settings(folder):
    opened = open_folder(folder)
    assert opened["kind"] == "classifier"
    assert opened["settings"] == {"task": "موضوع"}
    assert set(opened["files"]) == {"weights.bin", "parts/more.bin"}
    assert opened.file("weights.bin").read_bytes() == bytes(range(256)) * 8
    assert opened["files"]["weights.bin"] == {"bytes": 2048, "sha256": digest(folder / "weights.bin")}
    with pytest.raises(ModelError, match=r"config\.json has no 'labels': export the model again"):
        opened["labels"]


def test_digest_is_sha256(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    assert digest(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda path: path.unlink(), "weights.bin is missing: get the model again"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:1000]),
            r"weights.bin has 1,000 bytes, not 2,048: it is truncated",
        ),
        (lambda path: path.write_bytes(b"\x01" + path.read_bytes()[1:]), "weights.bin was altered .*SHA-256"),
    ],
    ids=["missing", "truncated", "altered"],
)
def test_a_damaged_file_is_named(folder, harm, message):
    harm(folder / "weights.bin")
    with pytest.raises(ModelError, match=message) as caught:
        open_folder(folder)
    assert "\n" not in str(caught.value)


def test_a_file_of_a_subfolder_is_checked_too(folder):
    (folder / "parts" / "more.bin").write_bytes(b"less")
    with pytest.raises(ModelError, match=r"more\.bin was altered"):
        open_folder(folder)


@pytest.mark.parametrize("text", ['{"format": "tasrih", ', "", "[]", '"tasrih"', pytest.param('{"a":' * 100_000, id="deep")])
def test_a_config_that_holds_no_settings(folder, text):
    (folder / "config.json").write_text(text)
    assert not is_exported(folder) and not Summariser.is_one(folder)
    for opening in (open_folder, locate, Classifier.from_pretrained, Summariser.from_pretrained):
        with pytest.raises(
            ModelError, match=r"config\.json (cannot be read|holds no settings).*get the model again"
        ) as caught:
            opening(folder)
        assert "\n" not in str(caught.value)


def test_a_config_that_is_no_text(folder):
    (folder / "config.json").write_bytes(b"\xff\xfe\x00\x80")
    assert not is_exported(folder)
    with pytest.raises(ModelError, match=r"config\.json cannot be read"):
        open_folder(folder)


@pytest.mark.parametrize("layout", [2, None, "1"])
def test_another_layout_asks_for_an_update(folder, layout):
    rewrite(folder, layout=layout)
    with pytest.raises(ModelError, match=f"has layout {layout!r}; this release reads 1: update tasrih"):
        open_folder(folder)


def test_bundled_models_are_those_in_our_layout(shelf):
    assert bundled_models() == ("aspect", "topic")
    assert locate("topic") == shelf / "topic"


def test_an_unknown_model_lists_the_bundled_ones(shelf):
    with pytest.raises(
        ModelError, match=r"unknown model 'topics': choose a bundled one \(aspect, topic\), a folder, or a hub id"
    ):
        locate("topics")
    assert issubclass(ModelError, ValueError)


def test_without_bundled_models_the_message_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "PRETRAINED", tmp_path)
    with pytest.raises(ModelError, match="none here"):
        locate("topic")


@pytest.mark.parametrize(
    "name", ["", "../nowhere/model", "./nowhere", "/nowhere/model", "~/model", "a/b/c", "a b/c", "no\nwhere/x"]
)
def test_what_is_neither_name_nor_folder_nor_hub_id(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError):
        locate(name)


def test_a_hub_id_is_given_back_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert locate("owner/model") == "owner/model"
    (tmp_path / "owner" / "model").mkdir(parents=True)
    (tmp_path / "owner" / "model" / "config.json").write_text("{}")
    assert str(locate("owner/model")) == "owner/model"
    assert not isinstance(locate("owner/model"), str)  # a folder of that name goes first


@pytest.mark.parametrize("name", ["runs/statement-finish", "models/topic", "../nowhere/model", "~/model", "/nowhere/x"])
def test_a_folder_that_is_not_there_is_not_asked_of_the_hub(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    with pytest.raises(ModelError, match=f"there is no folder {name!r} here, and it is no hub id") as caught:
        locate(name)
    assert "\n" not in str(caught.value)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"model\.onnx is a file: give the model's folder"):
        locate(tmp_path / "model.onnx")


def test_a_folder_without_config(tmp_path):
    with pytest.raises(ModelError, match=r"holds no model: there is no config\.json in it"):
        locate(tmp_path)


@pytest.mark.parametrize("opening", [Classifier.from_pretrained, Summariser.from_pretrained])
def test_a_hub_id_without_network_is_one_line_that_says_what_to_do(opening, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError) as caught:
        opening("no-such-owner/no-such-model")
    message = str(caught.value)
    assert "\n" not in message
    assert "no-such-owner/no-such-model" in message
    assert "give the path of a local folder" in message


def test_what_the_hub_does_not_give_is_asked_for_once(tmp_path, monkeypatch):
    from transformers import AutoConfig

    from tasrih.models.load import load

    asked = []

    def refuse(name, **options):
        asked.append(name)
        raise OSError("no network")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(AutoConfig, "from_pretrained", refuse)
    with pytest.raises(ModelError, match=r"no model owner/model: .* give the path of a local folder"):
        load("owner/model")
    assert asked == ["owner/model"]


def test_the_hubs_client_tells_its_attempts_only_where_it_is_asked_to(monkeypatch):
    logger = logging.getLogger("huggingface_hub")
    before = logger.level
    monkeypatch.setenv("HF_HUB_VERBOSITY", "info")
    quiet_hub()
    assert (os.environ["HF_HUB_VERBOSITY"], logger.level) == ("info", before)
    monkeypatch.delenv("HF_HUB_VERBOSITY")
    try:
        quiet_hub()
        assert (os.environ["HF_HUB_VERBOSITY"], logger.level) == ("error", logging.ERROR)
    finally:
        logger.setLevel(before)
        os.environ.pop("HF_HUB_VERBOSITY", None)


def test_no_test_reaches_another_machine():
    for host in ("192.0.2.1", "example.org"):
        with pytest.raises(pytest.fail.Exception, match="tried to reach"):
            socket.create_connection((host, 80), timeout=1)
    with socket.socket() as made, pytest.raises(pytest.fail.Exception):
        made.connect_ex(("192.0.2.1", 80))
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as made:
        assert made.getpeername()[0] == "127.0.0.1"
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_a_model_that_was_copied_whole_opens_and_one_that_was_not_does_not(exported_statement, tmp_path):
    shutil.copytree(exported_statement, tmp_path / "copy")
    assert Classifier.from_pretrained(tmp_path / "copy").task == "statement"
    weights = tmp_path / "copy" / "model.onnx"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError, match=r"model\.onnx has .* it is truncated"):
        Classifier.from_pretrained(tmp_path / "copy")


def test_a_graph_that_no_runtime_opens_is_named(exported_statement, tmp_path):
    shutil.copytree(exported_statement, tmp_path / "copy")
    (tmp_path / "copy" / "model.onnx").write_bytes(b"no graph")
    config = json.loads((tmp_path / "copy" / "config.json").read_text(encoding="utf-8"))
    write_config(tmp_path / "copy", {name: config[name] for name in ("kind", "settings")})
    with pytest.raises(ModelError, match=r"model\.onnx cannot be opened by onnxruntime"):
        Classifier.from_pretrained(tmp_path / "copy")
