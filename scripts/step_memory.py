"""Compute what a training step of each base holds, on shapes alone: nothing is downloaded, no weight is made.

Sixteen bytes a parameter (weights, gradients and AdamW's two moments in float32), and what the forward pass keeps for
the backward pass under bfloat16 autocast, attention matrices included; fused attention on a GPU keeps less. A batch has
as many texts as the base's file computes at once, each as long as its window.
"""

from __future__ import annotations

from pathlib import Path

import torch
import transformers
from torch._subclasses.fake_tensor import FakeTensorMode

from tasrih.training.recipes import load_recipe

CONFIGS = Path(__file__).parent.parent / "configs"
BERT = "BertForSequenceClassification"
BART = {
    "d_model": 768, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 12,
    "decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072, "vocab_size": 50002,
}  # fmt: skip
MT5 = {"d_model": 768, "d_kv": 64, "d_ff": 2048, "num_layers": 12, "num_heads": 12, "vocab_size": 250112}

#: Class and shape (``config.json`` on the hub) of each base, and the recipes that it is computed over.
SHAPES = {
    "arabert": (BERT, {"vocab_size": 64000}, ("stance", "topic")),
    "marbert": (BERT, {"vocab_size": 100000}, ("stance", "topic")),
    "camelbert": (BERT, {"vocab_size": 30000}, ("stance", "topic")),
    "xlmr": (
        "XLMRobertaForSequenceClassification",
        {"vocab_size": 250002, "max_position_embeddings": 514, "type_vocab_size": 1},
        ("stance", "topic"),
    ),
    "arabart": ("MBartForConditionalGeneration", BART, ("headlines",)),
    "mt5": ("MT5ForConditionalGeneration", MT5, ("headlines",)),
}


def step_bytes(name: str, shape: dict, texts: int, length: int, target: int | None) -> tuple[int, int]:
    """Give the parameters of a model, and the bytes that a forward pass of it keeps.

    Args:
        name: its class in transformers.
        shape: its config's values.
        texts: texts of a batch.
        length: tokens of each.
        target: tokens that are written to each; None where it is classified.
    """
    kind = getattr(transformers, name)
    kept: dict[int, tuple[int, object]] = {}
    with FakeTensorMode():
        model = kind(kind.config_class(**shape)).train()
        if name.startswith("MT5"):  # its output matrix is its own
            model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight))
        own = {parameter.untyped_storage()._cdata for parameter in model.parameters()}

        def note(tensor):
            storage = tensor.untyped_storage()
            if storage._cdata not in own:
                kept[storage._cdata] = storage.nbytes(), storage
            return tensor

        ids = torch.ones(texts, length, dtype=torch.long)
        labels = torch.zeros((texts,) if target is None else (texts, target), dtype=torch.long)
        saved = torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor)
        with saved, torch.autocast("cpu", torch.bfloat16):
            model(input_ids=ids, attention_mask=torch.ones_like(ids), labels=labels)
    return sum(parameter.numel() for parameter in model.parameters()), sum(size for size, _ in kept.values())


def main() -> None:
    """Print a line for each base and recipe."""
    transformers.logging.set_verbosity_error()
    for base, (name, shape, over) in SHAPES.items():
        for recipe in over:
            config = load_recipe(CONFIGS / f"{recipe}.yaml", [str(CONFIGS / "bases" / f"{base}.yaml")])
            writes = recipe == "headlines"
            length, target = (config.source, config.target) if writes else (config.max_length, None)
            texts = config.batch_size // config.accumulate
            parameters, kept = step_bytes(name, shape, texts, length, target)
            print(
                f"{base:10} {recipe:10} {texts:3} x {length} tokens: {parameters / 1e6:.0f} M parameters, "
                f"{(16 * parameters + kept) / 2**30:.1f} GiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
