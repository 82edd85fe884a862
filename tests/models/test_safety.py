"""Models from strangers: whatever could run code, read other files or take all memory is refused, with the reason."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import zipfile

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from tasrih.errors import ModelError
from tasrih.models.classifier import Classifier
from tasrih.models.files import PRETRAINED, open_folder, write_config
from tasrih.models.load import load
from tasrih.models.safety import MOST_POSITIONS, check_archive, check_graph
from tasrih.models.summariser import Summariser
from tasrih.models.summary_settings import SummariserSettings

#: JSON that is nested deeper than any reader goes.
DEEP = b'{"a":' * 100_000


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A tiny BERT classifier as transformers saves one."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("saved")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "نص", "فاز", "حذر"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt"), do_lower_case=False).save_pretrained(folder)
    shape = BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        max_position_embeddings=32, num_labels=2, id2label={0: "حرب", 1: "سلم"}, label2id={"حرب": 0, "سلم": 1},
    )  # fmt: skip
    BertForSequenceClassification(shape).save_pretrained(folder)
    return folder


@pytest.fixture
def foreign(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "foreign")


@pytest.fixture
def exported(tmp_path):
    return shutil.copytree(PRETRAINED / "topic", tmp_path / "topic")


def change(folder, **settings):
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, **settings}), encoding="utf-8")


def refused(folder, match, opening=Classifier.from_pretrained):
    with pytest.raises(ModelError, match=match) as caught:
        opening(folder)
    assert "\n" not in str(caught.value)


def test_the_folder_is_sound_before_it_is_harmed(foreign):
    assert Classifier.from_pretrained(foreign).predict(["فاز الفريق"])[0].label in ("حرب", "سلم")


def test_weights_that_need_unpickling_are_refused_unopened(foreign, tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "sprung"), "w")

    (foreign / "model.safetensors").unlink()
    (foreign / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    refused(foreign, r"need unpickling \(pytorch_model\.bin\), which can run code")
    refused(foreign, "need unpickling", Summariser.from_pretrained)
    assert not (tmp_path / "sprung").exists()


def test_no_weights_at_all(foreign):
    (foreign / "model.safetensors").unlink()
    refused(foreign, r"has no weights: there is no \*\.safetensors")


def test_code_is_refused_unrun(foreign, tmp_path):
    (foreign / "modeling_own.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')")
    refused(foreign, r"carries code of its own \(modeling_own\.py\)")
    (foreign / "modeling_own.py").unlink()
    change(foreign, auto_map={"AutoModelForSequenceClassification": "elsewhere--modeling.Own"})
    refused(foreign, r"carries code of its own \(auto_map in config\.json\)")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vocab_size", 10**9), ("hidden_size", 10**9), ("num_hidden_layers", 10**9), ("intermediate_size", 10**12),
        ("max_position_embeddings", MOST_POSITIONS + 1),
    ],
)  # fmt: skip
def test_absurd_sizes_fail_before_memory_is_taken(foreign, key, value):
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    change(foreign, **{key: value})
    refused(foreign, f"{key} is {value:,}, more than the weights hold")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


@pytest.mark.parametrize("half", ["encoder", "decoder"])
def test_the_sizes_of_each_half_are_held_against_the_weights(foreign, half):
    change(foreign, **{half: {"vocab_size": 10**9, "hidden_size": 8}})
    refused(foreign, "vocab_size is 1,000,000,000, more than the weights hold", Summariser.from_pretrained)


def test_a_vocabulary_that_the_weights_cannot_hold(foreign):
    change(foreign, vocab_size=900)
    refused(foreign, "a vocabulary of 900 by 8 is more than the weights hold")


@pytest.mark.parametrize("value", [-1, 0, "8", True, 2.5])
def test_a_size_that_is_no_count(foreign, value):
    change(foreign, vocab_size=value)
    refused(foreign, "vocab_size must be a positive number")


@pytest.mark.parametrize(
    ("change_of", "message"),
    [
        ({"id2label": None, "num_labels": 10**9}, "num_labels is 1,000,000,000, more than the weights hold"),
        ({"type_vocab_size": 10**10}, "type_vocab_size is 10,000,000,000"),
        ({"embedding_size": "x"}, "embedding_size must be a positive number"),
        ({"attn_implementation": "evil/kernel"}, "names code of the hub, which tasrih never runs"),
        ({"_attn_implementation": "evil/kernel"}, "names code of the hub"),
        ({"architectures": 5}, "config that cannot be read"),
        ({"id2label": ["a", "b"]}, "config that cannot be read"),
        ({"id2label": {"5": "a", "9": "b"}}, "config that cannot be read"),
        ({"dtype": "zzz"}, "config that cannot be read"),
        ({"layer_norm_eps": "x"}, "config that cannot be read"),
    ],
)
def test_a_config_with_values_that_no_model_has(foreign, change_of, message):
    change(foreign, **change_of)
    refused(foreign, message, load)


def test_weights_and_tokenizer_must_lie_in_the_folder(foreign, tmp_path):
    outside = tmp_path / "outside.safetensors"
    shutil.copy(foreign / "model.safetensors", outside)
    index = foreign / "model.safetensors.index.json"
    for weight_map, message in (
        ({"classifier.weight": "../outside.safetensors"}, "'../outside.safetensors', which is no file of the folder"),
        ({"classifier.weight": "nowhere.safetensors"}, "'nowhere.safetensors', which is no file of the folder"),
        (["x"], "is no index of weights"),
    ):
        index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}), encoding="utf-8")
        refused(foreign, message)
    index.write_text(DEEP.decode())
    refused(foreign, "is no index of weights")
    index.unlink()
    for name in ("model.safetensors", "tokenizer.json"):
        moved = (foreign / name).rename(tmp_path / name)
        (foreign / name).symlink_to(moved)
        refused(foreign, f"{name} leads out of the folder")
        (foreign / name).unlink()
        moved.rename(foreign / name)
    assert Classifier.from_pretrained(foreign).predict(["فاز"])[0].label in ("حرب", "سلم")


def test_a_folder_of_the_hubs_cache_is_whole(foreign, tmp_path):
    """Its files are links into blobs beside it."""
    blobs, snapshot = tmp_path / "models--a--b" / "blobs", tmp_path / "models--a--b" / "snapshots" / "1"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for number, path in enumerate(sorted(foreign.iterdir())):
        shutil.copy(path, blobs / str(number))
        (snapshot / path.name).symlink_to(blobs / str(number))
    assert Classifier.from_pretrained(snapshot).predict(["فاز"])[0].label in ("حرب", "سلم")


def test_without_a_tokenizer_every_word_would_be_unknown(foreign):
    for name in ("tokenizer.json", "vocab.txt", "tokenizer_config.json"):
        (foreign / name).unlink(missing_ok=True)
    refused(foreign, "has no tokenizer: there is none of tokenizer.json")


def test_a_tokenizer_of_nothing(foreign):
    (foreign / "tokenizer.json").write_text("{}", encoding="utf-8")
    refused(foreign, "tokenizer that cannot be read")


def test_names_that_no_file_has(exported):
    change(exported, files={"a\0b": {"bytes": 1, "sha256": "x"}})
    refused(exported, "no possible name")
    change(exported, files={"a" * 5000: {"bytes": 1, "sha256": "x"}})
    refused(exported, "no possible name")
    refused("a" * 5000, "is no model's name", load)


def test_what_a_stranger_named_reaches_no_terminal(exported, foreign):
    told = re.escape(repr("a\x1b[2Jb"))
    change(exported, kind="a\x1b[2Jb")
    refused(exported, f"is a {told}, not a classifier")
    refused(exported, f"is a {told}, not a summariser", Summariser.from_pretrained)
    change(exported, files={"a\x1b[2Jb": {"bytes": 1, "sha256": "x"}})
    refused(exported, rf"no possible name \({told}\)")
    (foreign / "a\x1b[2Jb").touch()
    refused(foreign, rf"no possible name \({told}\)")


def test_a_summariser_whose_parts_do_not_fit(tmp_path):
    folder = shutil.copytree(PRETRAINED / "summary", tmp_path / "summary")
    table = dict(np.load(folder / "embeddings.npz"))

    def stored(**changes):
        np.savez(folder / "embeddings.npz", **{**table, **changes})
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        write_config(folder, {name: config[name] for name in ("kind", "settings")})

    stored(rows=table["rows"][:, :8])
    refused(folder, "cannot write", Summariser.from_pretrained)
    stored(scale=np.full_like(table["scale"], np.nan))
    refused(folder, "holds what is no number", Summariser.from_pretrained)


def _harm_tokenizer(folder, harm, **settings):
    path = folder / "tokenizer.json"
    tokenizer, config = (json.loads(file.read_text(encoding="utf-8")) for file in (path, folder / "config.json"))
    harm(tokenizer)
    path.write_text(json.dumps(tokenizer), encoding="utf-8")
    if config.get("format") == "tasrih":
        write_config(folder, {"kind": config["kind"], "settings": {**config["settings"], **settings}})


def test_a_piece_without_a_row_fails_before_memory_is_taken(tmp_path):
    import resource

    folder = shutil.copytree(PRETRAINED / "summary", tmp_path / "summary")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _harm_tokenizer(folder, lambda made: made["model"]["vocab"].update({[*made["model"]["vocab"]][-1]: 2 * 10**9}))
    refused(folder, "cannot write .*index 2000000000 is out of bounds", Summariser.from_pretrained)
    with pytest.raises(ValueError, match="a piece of the tokenizer has the id 2,000,000,000"):
        tokenizer = Tokenizer(models.WordLevel({"نص": 2 * 10**9}, unk_token="نص"))
        Summariser(lambda articles: None, tokenizer, SummariserSettings())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # kB


def _put_charsmap(charsmap):
    return lambda made: made.update(normalizer={"type": "Precompiled", "precompiled_charsmap": charsmap})


@pytest.mark.parametrize("charsmap", ["AAAA", "CAAAAP////8AAAAAAAAA"])
@pytest.mark.parametrize("name", ["topic", "summary"])
def test_a_tokenizer_that_panics(tmp_path, name, charsmap):
    folder = shutil.copytree(PRETRAINED / name, tmp_path / name)
    _harm_tokenizer(folder, _put_charsmap(charsmap))
    refused(folder, "is no tokenizer|cannot read a text|cannot write", load)


def test_a_foreign_tokenizer_that_cannot_be_read(foreign):
    whole = (foreign / "tokenizer.json").read_text(encoding="utf-8")
    _harm_tokenizer(foreign, _put_charsmap("AAAA"))
    refused(foreign, "has a tokenizer that cannot be read .*precompiled_charsmap")
    for text in (DEEP.decode(), '{"a'):
        (foreign / "tokenizer.json").write_text(text, encoding="utf-8")
        refused(foreign, "has a tokenizer that cannot be read")
    (foreign / "tokenizer.json").write_text(whole, encoding="utf-8")
    (foreign / "tokenizer_config.json").write_text('{"a', encoding="utf-8")
    refused(foreign, "has a tokenizer that cannot be read")


@pytest.mark.parametrize(
    ("marks", "message"),
    [(6, "the tokenizer cannot read a text"), (7, r"tokenizer\.json does not fit the settings"), (9, "cannot read a text")],
)
def test_marks_that_leave_no_room_for_a_long_text(exported, marks, message):
    def put(made):
        single = made["post_processor"]["single"]
        made["post_processor"]["single"] = single[:1] * (marks - 1) + single[1:]

    _harm_tokenizer(exported, put, max_length=8)
    refused(exported, f"{re.escape(str(exported))}.*{message}")


def test_a_label_list_of_the_wrong_length(foreign):
    change(foreign, id2label={"0": "حرب", "1": "سلم", "2": "هدنة"})
    refused(foreign, "lists 3 labels; the head has 2")


@pytest.mark.parametrize("keep", [4, 100, 3000])
def test_a_truncated_weights_file_is_named(foreign, keep):
    path = foreign / "model.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    refused(foreign, r"model\.safetensors (is no whole|has a damaged|has [\d,]+ bytes)")


def test_a_header_that_is_no_json(foreign):
    path = foreign / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[8:12] = b"\xff\xfe{]"
    path.write_bytes(data)
    refused(foreign, r"model\.safetensors has a damaged header")


def _tensor(**changes) -> bytes:
    return json.dumps({"tensor": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **changes}}).encode()


@pytest.mark.parametrize(
    ("header", "place"),
    [
        (DEEP, ""),
        (_tensor(data_offsets=[0, "x"]), ", at 'tensor'"),
        (_tensor(data_offsets=[0]), ", at 'tensor'"),
        (_tensor(shape=[-1]), ", at 'tensor'"),
        (_tensor(shape=[999_999_999] * 200_000), ", at 'tensor'"),
        (_tensor(shape=[10**9, 10**9]), ", at 'tensor'"),
    ],
    ids=["deep", "offset", "one offset", "negative", "many sides", "more than its bytes"],
)
def test_a_header_that_no_tensor_has(foreign, header, place):
    (foreign / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    refused(foreign, rf"model\.safetensors has a damaged header{place}: get the model again")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(foreign):
    (foreign / "model.safetensors").unlink()
    os.mkfifo(foreign / "model.safetensors")
    refused(foreign, r"model\.safetensors is a pipe or a device")


def test_weights_that_are_no_numbers(foreign):
    from safetensors.numpy import load_file, save_file

    tensors = load_file(foreign / "model.safetensors")
    tensors["classifier.weight"] = np.full_like(tensors["classifier.weight"], np.nan)
    save_file(tensors, foreign / "model.safetensors", metadata={"format": "pt"})
    refused(foreign, "hold values that are no numbers")


def test_a_token_whose_weights_are_no_numbers(foreign):
    from safetensors.numpy import load_file, save_file

    tensors = load_file(foreign / "model.safetensors")
    tensors["bert.embeddings.word_embeddings.weight"][6] = np.nan  # فاز
    save_file(tensors, foreign / "model.safetensors", metadata={"format": "pt"})
    opened = Classifier.from_pretrained(foreign)
    assert opened.predict(["حذر"])[0].label
    with pytest.raises(ModelError, match="hold values that are no numbers"):
        opened.predict(["حذر", "فاز"])


def test_a_listed_file_outside_the_folder(exported, tmp_path):
    shutil.move(exported / "model.onnx", tmp_path / "model.onnx")
    config = json.loads((exported / "config.json").read_text(encoding="utf-8"))
    for name in ("../model.onnx", str(tmp_path / "model.onnx")):
        config["files"][name] = config["files"]["model.onnx"]
        change(exported, files={key: value for key, value in config["files"].items() if key != "model.onnx"})
        refused(exported, "which leads out of the folder")
        del config["files"][name]


def test_a_link_out_of_the_folder(exported, tmp_path):
    shutil.move(exported / "model.onnx", tmp_path / "model.onnx")
    (exported / "model.onnx").symlink_to(tmp_path / "model.onnx")
    refused(exported, r"'model\.onnx', which leads out of the folder")


def test_a_file_that_was_never_checked_is_not_opened(exported):
    config = json.loads((exported / "config.json").read_text(encoding="utf-8"))
    change(exported, files={"tokenizer.json": config["files"]["tokenizer.json"]})
    refused(exported, r"lists no model\.onnx")


def _settings(folder, **changes):
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    change(folder, settings={**config["settings"], **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["حرب", "سلم"]}, r"lists 2 labels; its head gives \d+ scores"),
        ({"labels": "حرب"}, "labels must be a list of names"),
        ({"labels": ["حرب", "حرب"]}, "a label is listed twice"),
        ({"max_length": 10**9}, "max_length must lie between"),
        ({"temperature": 0}, "temperature must lie between"),
        ({"colour": "red"}, "its settings are not a classifier's"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit(exported, changes, message):
    _settings(exported, **changes)
    refused(exported, message)


def _graph(path, *, external=False, domain=""):
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    table = numpy_helper.from_array(np.zeros((4, 2), np.float32), "table")
    if external:
        table.ClearField("raw_data")
        table.data_location = TensorProto.EXTERNAL
        entry = table.external_data.add()
        entry.key, entry.value = "location", "../../secret"
    nodes = [helper.make_node("Gather" if not domain else "Own", ["table", "input_ids"], ["logits"], domain=domain)]
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["b", "t"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["b", "t", 2])], [table],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def test_a_graph_that_keeps_weights_elsewhere(exported):
    _graph(exported / "model.onnx", external=True)
    config = json.loads((exported / "config.json").read_text(encoding="utf-8"))
    write_config(exported, {key: config[key] for key in ("kind", "settings")})
    refused(exported, "keeps weights in another file")


@pytest.mark.parametrize("key", [b"\x0a\x08", b"\x8a\x80\x00\x08", b"\x0a\x88\x80\x80\x00", b"\x8a\x00\x88\x00", b"\x8a\x80\x80\x80\x10\x08"])
def test_numbers_with_needless_zeros_hide_no_outside_file(tmp_path, key):
    (tmp_path / "model.onnx").write_bytes(b"graph" + key + b"location\x12\x0c../../secret")
    with pytest.raises(ModelError, match="keeps weights in another file"):
        check_graph(tmp_path / "model.onnx")


def test_a_whole_graph_is_let_through(tmp_path):
    _graph(tmp_path / "model.onnx")
    check_graph(tmp_path / "model.onnx")


def test_operators_of_its_own(exported):
    _graph(exported / "model.onnx", domain="com.stranger")
    config = json.loads((exported / "config.json").read_text(encoding="utf-8"))
    write_config(exported, {key: config[key] for key in ("kind", "settings")})
    refused(exported, "cannot be opened by onnxruntime")


def test_an_archive_that_swells(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.npy", bytes(2**20))
    check_archive(tmp_path / "bomb.npz")
    with pytest.raises(ModelError, match="unpacks to 1,048,576 bytes"):
        check_archive(tmp_path / "bomb.npz", most=2**19)
    (tmp_path / "bomb.npz").write_bytes(b"PK nothing")
    with pytest.raises(ModelError, match="is no array file"):
        check_archive(tmp_path / "bomb.npz")


def test_files_are_hashed_once_a_process(exported, monkeypatch):
    from tasrih.models import files

    read = []
    real = files.digest
    monkeypatch.setattr(files, "digest", lambda path: read.append(path.name) or real(path))
    open_folder(exported)
    open_folder(exported)
    assert sorted(read) == ["model.onnx", "tokenizer.json"]


def test_sixteen_threads_get_the_answers_of_one():
    from concurrent.futures import ThreadPoolExecutor

    model = load("topic")
    texts = ["فاز المنتخب في المباراة", "ارتفعت أسعار النفط", "قُتل جنود في القصف", "افتتح المعرض الفني"]
    alone = [model.predict([text])[0] for text in texts]
    with ThreadPoolExecutor(16) as pool:
        many = list(pool.map(lambda number: model.predict([texts[number % 4]])[0], range(64)))
    assert many == [alone[number % 4] for number in range(64)]


def test_loading_twice_at_once_is_safe():
    from concurrent.futures import ThreadPoolExecutor

    from tasrih.models.load import _opened

    _opened.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(lambda _: load("topic"), range(4)))
    assert len({model.predict(["فاز المنتخب في المباراة"])[0].score for model in models}) == 1
