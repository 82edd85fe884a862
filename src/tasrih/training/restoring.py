"""Going on from an exported classifier: the weights of its graph, back under the names that training knows.

Export keeps no checkpoint beside a graph, so that a package holds each weight once. What was rounded to int8 stays
rounded; training goes on from there. A linear part over n-grams (``models/ngrams.py``) stays behind; ``ngrams: true``
fits one anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tasrih.errors import ModelError
from tasrih.models.files import PRETRAINED, open_folder

_GRAPH = "model.onnx"
_MEND = "give the folder that `tasrih train` saved"
#: Where the exporter's module keeps the tags' model: beside a token head, and alone.
_PREFIXES = ("whole.tags.", "whole.")
_SPAN_NAMES = {"whole.span_head.norm.weight": "head.norm.weight", "whole.span_classifier.bias": "classifier.bias"}


def is_exported(base: str | Path) -> bool:
    """Say whether a base is a folder that ``tasrih export`` wrote of a classifier."""
    return (Path(base) / _GRAPH).is_file()


def open_exported(kind: type, base: str | Path, **options) -> Any:
    """Open an exported classifier as ``kind.from_pretrained`` opens a checkpoint.

    Args:
        kind: an auto class of transformers: for the config, the tokenizer, or a model with a head for texts or tokens.
        base: the exported folder, of the bundled encoder's shape and vocabulary.
        options: of a model, its ``config`` and ``dtype``.

    Returns:
        The config, tokenizer or model.

    Raises:
        ModelError: if the folder is damaged, or of another shape or vocabulary; or a model without a head is asked for.
    """
    base, encoder = Path(base), PRETRAINED / "encoder"
    open_folder(base)
    if kind.__name__ == "AutoConfig":
        return kind.from_pretrained(encoder)
    if kind.__name__ == "AutoTokenizer":
        tokenizer = kind.from_pretrained(encoder)
        _check_vocabulary(base, tokenizer)
        return tokenizer
    if "config" not in options:
        raise ModelError(f"base {base} is an exported classifier, which {kind.__name__} cannot go on from: {_MEND}")
    # in the precision asked for from the start: the encoder's own is bf16, which would round the weights
    model = kind.from_config(options["config"], dtype=options["dtype"])
    state = _state(base / _GRAPH, model, tokens=kind.__name__ == "AutoModelForTokenClassification")
    # a head of another size, or one that the graph lacks, begins anew
    own = model.state_dict()
    fitting = {name: value for name, value in state.items() if value.shape == own[name].shape}
    if lost := [name for name in own if name.startswith("model.") and name not in fitting]:
        raise ModelError(f"base {base} is not of the bundled encoder's shape ({lost[0]}): {_MEND}")
    model.load_state_dict(fitting, strict=False)
    return model


def _check_vocabulary(base: Path, tokenizer) -> None:
    from tokenizers import Tokenizer

    if Tokenizer.from_file(str(base / "tokenizer.json")).get_vocab() != tokenizer.get_vocab():
        raise ModelError(f"base {base} has another vocabulary than the bundled encoder: {_MEND}")


def _state(graph: Path, model, *, tokens: bool) -> dict:
    """Read a graph's weights for a model; those of linear layers lost their names, and stand in the order of use."""
    import torch

    named, linear = _weights(graph)
    layers = [name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)]
    encoder = [name for name in layers if name.startswith("model.")]
    heads = linear[len(encoder) :]
    if tokens:
        heads = heads[2:]  # after those of the tags
    names = [*encoder, *(name for name in layers if name not in encoder)]
    # a graph may end before the names do: of one head, where two are asked for
    state = {f"{name}.weight": value for name, value in zip(names, [*linear[: len(encoder)], *heads], strict=False)}
    for name, value in named.items():
        name = name.replace("whole.whole.", "whole.", 1)  # where a linear part stands beside
        prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), None)
        if name in _SPAN_NAMES:
            if tokens:
                state[_SPAN_NAMES[name]] = value
        elif prefix and not (tokens and not name.startswith(f"{prefix}model.")):
            state.setdefault(name.removeprefix(prefix), value)
    known = model.state_dict()
    return {name: torch.from_numpy(value.copy()) for name, value in state.items() if name in known}


def _weights(graph: Path) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """Read a graph's weights by name, and those of its linear layers, rows to outputs, in the order of use."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(graph, load_external_data=False)
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for name in [name for name in stored if name.endswith(".int8")]:
        plain = name.removesuffix(".int8")
        stored[plain] = stored[name].astype(np.float32) * stored[f"{plain}.scale"]
    linear = []
    for node in model.graph.node:
        if node.op_type in ("MatMul", "Gemm") and node.input[1] in stored:
            turned = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
            weights = stored[node.input[1]]
            linear.append(weights if turned else weights.T)
    return {name: value for name, value in stored.items() if value.dtype == np.float32}, linear
