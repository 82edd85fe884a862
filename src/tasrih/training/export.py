"""From a trained transformers folder to a small ONNX model that needs neither torch nor transformers.

Weights are stored as int8 with one scale an output channel and computed in fp32: the graph casts and
scales them when it is opened. (Dynamic int8 is smaller still in time, but takes the scales of its
activations from the whole batch, so that a text's score would depend on its neighbours.)
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from tasrih.models.classifier import ClassifierSettings
from tasrih.models.engines.onnx import STATES
from tasrih.models.files import write_config
from tasrih.models.headline_ranker import BLOCKS, RankerSettings
from tasrih.models.ngrams import Ngrams, with_ngrams

#: The file of a trained ranker's weights.
RANKER = "ranker.safetensors"

#: Matrices smaller than this stay fp32.
SMALLEST = 4096


def quantise_columns(weights: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Round a matrix to int8 with one scale for each index of an axis.

    Args:
        weights: shape (rows, columns), fp32.
        axis: the axis that keeps its own scales.

    Returns:
        ``(int8 matrix, fp32 scales)``, the scales shaped to broadcast.
    """
    scale = np.abs(weights).max(axis=1 - axis, keepdims=True) / 127
    scale[scale == 0] = 1
    return np.round(weights / scale).astype(np.int8), scale.astype(np.float32)


def store_int8(path: Path) -> None:
    """Rewrite a graph's large matrices as int8, in place.

    Args:
        path: an ``.onnx`` file with its weights inside.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    graph = model.graph
    uses: dict[str, list[tuple[str, int]]] = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            uses.setdefault(name, []).append((node.op_type, place))
    added = []
    for tensor in list(graph.initializer):
        if tensor.data_type != TensorProto.FLOAT or len(tensor.dims) != 2 or np.prod(tensor.dims) < SMALLEST:
            continue
        name = tensor.name
        gathered = all(op == "Gather" and place == 0 for op, place in uses.get(name, []))
        weights = numpy_helper.to_array(tensor)
        # rows of an embedding, columns of a projection
        packed, scale = quantise_columns(weights, 0 if gathered else 1)
        graph.initializer.remove(tensor)
        graph.initializer.append(numpy_helper.from_array(packed, f"{name}.int8"))
        graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
        if gathered:
            for node in [node for node in graph.node if node.input and node.input[0] == name]:
                rows, factors, out = f"{node.output[0]}.rows", f"{node.output[0]}.factors", node.output[0]
                place = list(graph.node).index(node)
                indices = node.input[1]
                graph.node.remove(node)
                parts = [
                    helper.make_node("Gather", [f"{name}.int8", indices], [rows], axis=0),
                    helper.make_node("Cast", [rows], [f"{rows}.fp32"], to=TensorProto.FLOAT),
                    helper.make_node("Gather", [f"{name}.scale", indices], [factors], axis=0),
                    helper.make_node("Mul", [f"{rows}.fp32", factors], [out]),
                ]
                for offset, part in enumerate(parts):
                    graph.node.insert(place + offset, part)
        else:
            added += [
                helper.make_node("Cast", [f"{name}.int8"], [f"{name}.fp32"], to=TensorProto.FLOAT),
                helper.make_node("Mul", [f"{name}.fp32", f"{name}.scale"], [name]),
            ]
    for node in reversed(added):
        graph.node.insert(0, node)
    _forget_tracing(model)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _forget_tracing(model) -> None:
    """Drop what the tracer noted of the machine that it ran on: stack traces with paths, and shapes of every step."""
    for part in (model, model.graph, *model.graph.node, *model.graph.initializer):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    model.graph.ClearField("value_info")


def export_graph(module, inputs: dict, outputs: list[str], path: Path, *, axes: dict[str, dict[int, str]]) -> None:
    """Trace a torch module into an ONNX file with int8 weights.

    Args:
        module: its ``forward`` takes the inputs by name and gives a tuple in the order of ``outputs``.
        inputs: an example batch.
        outputs: names of the outputs.
        path: the file to write.
        axes: names of the axes that may change, for each input.
    """
    import torch

    module.eval()
    with torch.no_grad():
        program = torch.onnx.export(
            module, (), kwargs=inputs, input_names=list(inputs), output_names=outputs, dynamo=True,
            dynamic_shapes={
                name: {axis: torch.export.Dim(label) for axis, label in axes[name].items()} for name in inputs
            }, opset_version=20, verbose=False,
        )  # fmt: skip
    program.save(str(path), external_data=False)
    store_int8(path)


def export_classifier(source: str | Path, output: str | Path) -> Path:
    """Export a fine-tuned classifier, its token head with it where it has one.

    Args:
        source: what ``train_classifier`` saved.
        output: folder for ``model.onnx``, ``tokenizer.json`` and ``config.json``.

    Returns:
        The folder.

    Raises:
        FileNotFoundError: if the source is no trained classifier.
    """
    import torch
    from torch import nn
    from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

    from tasrih.training.classification import joined_module

    source, output = Path(source), Path(output)
    if not (source / "config.json").is_file():
        raise FileNotFoundError(f"{source} holds no trained classifier: there is no config.json in it")
    model = AutoModelForSequenceClassification.from_pretrained(source, dtype=torch.float32, attn_implementation="eager")
    names = ["logits"]
    whole = model
    if (source / "spans").is_dir():
        spans = AutoModelForTokenClassification.from_pretrained(
            source / "spans", dtype=torch.float32, attn_implementation="eager"
        )
        setattr(spans, spans.base_model_prefix, model.base_model)
        whole = joined_module(model, spans)
        names.append("span_logits")

    if ngrams := Ngrams.load(source, model.config.num_labels):
        whole = with_ngrams(whole, ngrams)
    inner: list = []
    if "span_logits" in names and len(getattr(model.base_model, "layers", ())) > BLOCKS:
        # what the headline's ranker goes on from
        names.append(STATES)
        model.base_model.layers[-BLOCKS - 1].register_forward_hook(lambda _, __, states: inner.append(states))

    class Traced(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whole = whole

        def forward(self, input_ids, attention_mask):
            inner.clear()
            result = self.whole(input_ids=input_ids, attention_mask=attention_mask)
            return tuple(inner[0] if name == STATES else result[name] for name in names)

    example = {"input_ids": torch.full((2, 9), 7), "attention_mask": torch.ones(2, 9, dtype=torch.long)}
    axes = {name: {0: "batch", 1: "tokens"} for name in example}
    output.mkdir(parents=True, exist_ok=True)
    export_graph(Traced(), example, names, output / "model.onnx", axes=axes)
    copy_tokenizer(source, output)
    config = model.config
    labels = tuple(config.id2label[index] for index in range(config.num_labels))
    settings = ClassifierSettings(**{**config.tasrih, "labels": labels})
    write_config(output, {"kind": "classifier", "settings": asdict(settings), "architecture": config.model_type})
    return output


def export_ranker(source: str | Path, output: str | Path) -> Path:
    """Export the headline's ranker.

    Args:
        source: what ``train_ranker`` saved.
        output: folder for ``model.onnx`` and ``config.json``.

    Returns:
        The folder.

    Raises:
        FileNotFoundError: if the source is no trained ranker.
    """
    import torch
    from safetensors.torch import load_model
    from transformers import AutoConfig, AutoModel

    from tasrih.training.ranker_module import make_ranker

    source, output = Path(source), Path(output)
    weights = source / RANKER
    if not weights.is_file():
        raise FileNotFoundError(f"{source} holds no trained ranker: there is no {RANKER} in it")
    config = AutoConfig.from_pretrained(source)
    ranker = make_ranker(AutoModel.from_config(config, attn_implementation="eager"))
    load_model(ranker, str(weights))
    example = {
        "states": torch.randn(2, 9, config.hidden_size), "attention_mask": torch.ones(2, 9, dtype=torch.long),
        "windows": torch.tensor([[0, 1, 7, 3, 4, 1, 3, 0], [1, 2, 5, 2, 2, 0, 2, 1], [1, 1, 4, 1, 1, 0, 2, 1]]),
    }  # fmt: skip
    axes = {
        "states": {0: "batch", 1: "tokens"}, "attention_mask": {0: "batch", 1: "tokens"}, "windows": {0: "windows"},
    }  # fmt: skip
    output.mkdir(parents=True, exist_ok=True)
    export_graph(ranker, example, ["scores"], output / "model.onnx", axes=axes)
    settings = asdict(RankerSettings(**getattr(config, "tasrih", {})))
    write_config(output, {"kind": "ranker", "settings": settings, "architecture": config.model_type})
    return output


def export_encoder(source: str | Path, output: str | Path) -> Path:
    """Save a pretrained encoder in bfloat16, the base that fine-tuning starts from.

    Args:
        source: what ``pretrain`` saved.
        output: folder for ``model.safetensors``, ``config.json`` and the tokenizer.

    Returns:
        The folder, which ``AutoModelForMaskedLM`` and the other auto classes open.

    Raises:
        FileNotFoundError: if the source is no pretrained encoder.
    """
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    source, output = Path(source), Path(output)
    if not (source / "config.json").is_file():
        raise FileNotFoundError(f"{source} holds no pretrained encoder: there is no config.json in it")
    model = AutoModelForMaskedLM.from_pretrained(source, dtype=torch.bfloat16)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(source).save_pretrained(folder)
        output.mkdir(parents=True, exist_ok=True)
        for file in Path(folder).iterdir():
            shutil.copy(file, output / file.name)
        copy_tokenizer(Path(folder), output)
    return output


def copy_tokenizer(source: Path, output: Path) -> None:
    """Write a tokenizer without the white space that transformers sets it out with, a third to a half of the file.

    Args:
        source: the folder that holds its ``tokenizer.json``.
        output: the folder that gets it.
    """
    stored = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    (output / "tokenizer.json").write_text(text, encoding="utf-8")
