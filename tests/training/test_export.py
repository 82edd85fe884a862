"""Export: int8 weights within half a step, graphs that say the same, and folders that stand by themselves."""

from __future__ import annotations

import json
import shutil

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from tasrih.models.files import open_folder
from tasrih.models.summariser import Summariser
from tasrih.training.bases import open_tokenizer
from tasrih.training.export import export_classifier, export_encoder, quantise_columns, store_int8
from tasrih.training.export_summariser import export_summariser
from tasrih.training.new_decoder import with_new_decoder


@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 9),
    axis=st.integers(0, 1),
    seed=st.integers(0, 99),
    size=st.floats(1e-6, 1e4),
)
@settings(deadline=None)
def test_each_weight_is_within_half_a_step(rows, columns, axis, seed, size):
    weights = (np.random.default_rng(seed).normal(size=(rows, columns)) * size).astype(np.float32)
    weights[0] = 0
    packed, scale = quantise_columns(weights, axis)
    assert packed.dtype == np.int8 and scale.dtype == np.float32
    assert scale.shape == ((rows, 1) if axis == 0 else (1, columns))
    assert (np.abs(packed * scale - weights) <= scale / 2 * 1.001 + 1e-12).all()
    assert np.abs(packed).max(initial=0) <= 127
    assert (packed[weights == 0] == 0).all()


def graph_with(tensors: dict[str, np.ndarray], nodes, outputs) -> onnx.ModelProto:
    made = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", f"{name}_width"][:rank])
            for name, rank in outputs.items()
        ],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def run(path, ids):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"ids": np.array(ids)})


def test_a_graph_is_rewritten_to_int8_and_computes_the_same(tmp_path):
    draw = np.random.default_rng(0)
    table, matrix, small = (draw.normal(size=shape).astype(np.float32) for shape in ((300, 64), (64, 80), (80, 3)))
    table *= np.geomspace(0.01, 10, 300, dtype=np.float32)[:, None]  # rows of very different size
    bias = draw.normal(size=5000).astype(np.float32)
    model = graph_with(
        {"table": table, "matrix": matrix, "small": small, "bias": bias},
        [
            helper.make_node("Gather", ["table", "ids"], ["rows"]),
            helper.make_node("MatMul", ["rows", "matrix"], ["middle"]),
            helper.make_node("MatMul", ["middle", "small"], ["out"]),
            helper.make_node("Gather", ["bias", "ids"], ["other"]),
        ],
        {"rows": 2, "out": 2, "other": 1},
    )
    onnx.save(model, tmp_path / "m.onnx")
    before, size = run(tmp_path / "m.onnx", [0, 7, 299]), (tmp_path / "m.onnx").stat().st_size
    store_int8(tmp_path / "m.onnx")
    stored = {tensor.name: tensor.data_type for tensor in onnx.load(tmp_path / "m.onnx").graph.initializer}
    assert stored["table.int8"] == stored["matrix.int8"] == TensorProto.INT8
    assert "table" not in stored and "matrix" not in stored
    assert stored["small"] == stored["bias"] == TensorProto.FLOAT  # too small, and no matrix
    assert (tmp_path / "m.onnx").stat().st_size < size * 0.55
    rows, out, other = run(tmp_path / "m.onnx", [0, 7, 299])
    step = np.abs(table[[0, 7, 299]]).max(1, keepdims=True) / 127
    assert (np.abs(rows - before[0]) <= step / 2 * 1.01).all()  # a scale for every row
    assert (other == before[2]).all()
    packed_table, packed_matrix = quantise_columns(table, 0), quantise_columns(matrix, 1)
    expected = (packed_table[0] * packed_table[1])[[0, 7, 299]] @ (packed_matrix[0] * packed_matrix[1]) @ small
    assert np.allclose(out, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_a_table_read_twice_and_by_a_product_too(tmp_path):
    table = np.random.default_rng(0).normal(size=(100, 64)).astype(np.float32)
    twice = graph_with({"table": table}, [
        helper.make_node("Gather", ["table", "ids"], ["a"]), helper.make_node("Gather", ["table", "ids"], ["b"]),
        helper.make_node("Add", ["a", "b"], {"out": 2}),
    ], {"out": 2})  # fmt: skip
    tied = graph_with(
        {"table": table},
        [
            helper.make_node("Gather", ["table", "ids"], ["a"]),
            helper.make_node("Transpose", ["table"], ["t"], perm=[1, 0]),
            helper.make_node("MatMul", ["a", "t"], {"out": 2}),
        ],
        {"out": 2},
    )
    for model in (twice, tied):
        onnx.save(model, tmp_path / "m.onnx")
        before = run(tmp_path / "m.onnx", [3, 50])[0]
        store_int8(tmp_path / "m.onnx")
        assert np.allclose(run(tmp_path / "m.onnx", [3, 50])[0], before, atol=0.03 * np.abs(before).max())


def test_every_matrix_of_the_exported_model_is_within_half_a_step(exported_statement, statement_model):
    from safetensors.numpy import load_file

    stored = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in onnx.load(exported_statement / "model.onnx").graph.initializer
    }
    packed = [name.removesuffix(".int8") for name in stored if name.endswith(".int8")]
    assert packed
    trained = list(load_file(statement_model[0] / "model.safetensors").values())
    for name in packed:
        rebuilt, half = stored[f"{name}.int8"] * stored[f"{name}.scale"], stored[f"{name}.scale"] / 2 * 1.001
        fits = [
            (np.abs(rebuilt - value) <= half).all()
            for tensor in trained if tensor.ndim == 2 for value in (tensor, tensor.T) if value.shape == rebuilt.shape
        ]  # fmt: skip
        assert any(fits), name
    assert not [
        name for name, value in stored.items() if value.dtype == np.float32 and value.ndim == 2 and value.size >= 4096
    ]


def test_an_exported_classifier_stands_by_itself(exported_statement, statement_model):
    assert {path.name for path in exported_statement.iterdir()} == {"model.onnx", "tokenizer.json", "config.json"}
    opened = open_folder(exported_statement)
    assert (opened["kind"], opened["architecture"]) == ("classifier", "modernbert")
    assert opened["settings"]["labels"][-1] == "conditional"
    assert set(opened["files"]) == {"model.onnx", "tokenizer.json"}
    trained = json.loads((statement_model[0] / "config.json").read_text(encoding="utf-8"))["tasrih"]
    assert opened["settings"]["thresholds"] == trained["thresholds"]
    session = onnxruntime.InferenceSession(str(exported_statement / "model.onnx"), providers=["CPUExecutionProvider"])
    assert [node.name for node in session.get_inputs()] == ["input_ids", "attention_mask"]
    assert [node.name for node in session.get_outputs()] == ["logits", "span_logits"]


def test_an_exported_summariser_stands_by_itself(exported_summary):
    opened = open_folder(exported_summary)
    assert (opened["kind"], opened["architecture"]) == ("summariser", "t5")
    assert set(opened["files"]) == {"encoder.onnx", "decoder.onnx", "embeddings.npz", "tokenizer.json"}
    table = np.load(exported_summary / "embeddings.npz", allow_pickle=False)
    assert table["rows"].dtype == np.int8
    assert opened["settings"]["max_source"] == 64


def test_an_exported_summariser_searches_as_it_was_trained_to(summary_model, tmp_path):
    source = shutil.copytree(summary_model[0], tmp_path / "trained")
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    config["tasrih"] |= {"beams": 3, "length_penalty": 0.6, "no_repeat": 5}
    (source / "config.json").write_text(json.dumps(config), encoding="utf-8")
    settings = open_folder(export_summariser(source, tmp_path / "exported"))["settings"]
    assert (settings["beams"], settings["length_penalty"], settings["no_repeat"]) == (3, 0.6, 5)
    assert (settings["no_repeat_words"], settings["max_source"], settings["start_id"], settings["end_id"]) == (0, 64, 0, 1)


@pytest.mark.parametrize(("family", "shared"), [("pretrained", True), ("pretrained", False), ("bert", False)])
def test_an_exported_encoder_with_a_decoder_writes_as_it_did(family, shared, tmp_path, request):
    """The graphs, their tables and marks give the scores of the checkpoint, within what int8 takes."""
    import torch

    base = request.getfixturevalue(family)
    base = base[0] if family == "pretrained" else base
    tokenizer = open_tokenizer(str(base))
    model = with_new_decoder(str(base), tokenizer, layers=2, length=20)
    model.generation_config.forced_bos_token_id = tokenizer.cls_token_id
    model.config.tasrih = {"profile": "news", "max_source": 40, "styles": ["headline"]}
    torch.manual_seed(1)
    with torch.no_grad():
        model.decoder.cls.predictions.bias.normal_()
        model.decoder.cls.predictions.bias[tokenizer.sep_token_id] = 4.0  # else it would hardly ever come to an end
        if not shared:
            model.decoder.get_input_embeddings().weight.normal_(std=0.1)
    model.save_pretrained(tmp_path / "trained")
    tokenizer.save_pretrained(tmp_path / "trained")
    folder = export_summariser(tmp_path / "trained", tmp_path / "exported")
    with np.load(folder / "embeddings.npz") as table:
        assert ("written_rows" not in table) == shared
    theirs, ours = (Summariser.from_pretrained(tmp_path / name, device="cpu") for name in ("trained", "exported"))
    names = ("profile", "max_source", "styles", "start_id", "end_id", "unknown_id", "beams")
    assert [getattr(ours.settings, name) for name in names] == [getattr(theirs.settings, name) for name in names]
    assert (ours._room, ours._longest) == (theirs._room, theirs._longest) == (38, 20)
    ids = [*theirs._pieces("قال الوزير ان الامر"), theirs.settings.end_id]
    # also of other lengths than were traced
    for prefixes in ([()], [(5, 6, 7), (8, 9, 10)], [tuple(range(5, 17))] * 4):
        expected, found = (made._decoder([ids])([0] * len(prefixes), prefixes) for made in (theirs, ours))
        assert found.shape == expected.shape
        assert np.abs(found - expected).max() < 0.05 * expected.std()
    text = "رحب وزير الصحة أمس بنتائج الاتفاق الجديد في بلدة الزرقة أمام أهالي البلدة وممثلي النقابة."
    # no more is read or written than there are positions for, else the graphs would fail
    for made in (ours, theirs):
        written, _ = made.write(text * 9, 100)
        assert len(made._pieces(made._clean(written))) <= 20


def test_a_summariser_of_another_shape_is_refused(mt5, tmp_path):
    with pytest.raises(ValueError, match=r"the export knows summarisers of the shapes t5 and encoder-decoder .with BERT's., not mt5"):
        export_summariser(mt5, tmp_path)


def test_a_decoder_that_the_export_does_not_know_is_named(xlm_roberta, summary_model, tmp_path):
    from transformers import AutoModelForSeq2SeqLM, EncoderDecoderModel

    model = EncoderDecoderModel.from_encoder_decoder_pretrained(str(xlm_roberta), str(xlm_roberta))
    model.save_pretrained(tmp_path / "roberta")
    with pytest.raises(ValueError, match=r"\(with BERT's\), not a decoder of xlm-roberta"):
        export_summariser(tmp_path / "roberta", tmp_path / "out")
    source = summary_model[0] if isinstance(summary_model, tuple) else summary_model
    model = AutoModelForSeq2SeqLM.from_pretrained(source, tie_word_embeddings=False)
    model.lm_head.weight.data.add_(1)
    model.save_pretrained(tmp_path / "untied")
    with pytest.raises(ValueError, match="untied writes by a table of its own"):
        export_summariser(tmp_path / "untied", tmp_path / "out")


def test_the_encoder_is_halved_and_still_a_base(pretrained, tmp_path):
    import torch
    from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoTokenizer

    (tmp_path / "kept.txt").write_text("stays")
    folder = export_encoder(pretrained[0], tmp_path)
    assert (tmp_path / "kept.txt").is_file()
    model = AutoModelForMaskedLM.from_pretrained(folder, dtype="auto")
    assert model.dtype == torch.bfloat16
    full = AutoModelForMaskedLM.from_pretrained(pretrained[0], dtype=torch.float32)
    for ours, theirs in zip(model.parameters(), full.parameters(), strict=True):
        assert torch.allclose(ours.float(), theirs, rtol=2**-8, atol=1e-6)
    assert AutoTokenizer.from_pretrained(folder).mask_token_id == 4
    assert AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3).config.num_labels == 3


def test_sources_that_are_none(tmp_path, topic_model):
    with pytest.raises(FileNotFoundError, match="holds no trained classifier"):
        export_classifier(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(FileNotFoundError, match="holds no trained summariser"):
        export_summariser(tmp_path / "nowhere", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_exported_graph_tells_nothing_of_the_machine(exported_statement):
    data = (exported_statement / "model.onnx").read_bytes()
    assert b"site-packages" not in data and b".py" not in data


def test_the_bundled_graphs_tell_nothing_of_the_machine():
    from tasrih.models.files import PRETRAINED

    graphs = sorted(PRETRAINED.glob("*/*.onnx"))
    assert graphs
    for graph in graphs:
        assert b"site-packages" not in graph.read_bytes()
