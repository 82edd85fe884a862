"""From a trained encoder-decoder to two small ONNX graphs over one embedding table.

The decoder is computed anew over the short prefix at each step, so that there is no cache to carry.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from tasrih.models.auto_tokenizer import positions_of
from tasrih.models.files import write_config
from tasrih.models.stored import read_settings
from tasrih.models.summary_settings import SummariserSettings, stored_settings
from tasrih.training.export import copy_tokenizer, export_graph, quantise_columns

#: Shapes that can be exported: T5, and an encoder with a decoder of BERT's (see ``training/new_decoder.py``).
SHAPES = ("t5", "encoder-decoder")


def export_summariser(source: str | Path, output: str | Path) -> Path:
    """Export a summariser.

    Args:
        source: what ``train_summariser`` or ``train_seq2seq`` saved, of one of ``SHAPES``.
        output: folder for ``encoder.onnx``, ``decoder.onnx``, ``embeddings.npz``, tokenizer and config.

    Returns:
        The folder.

    Raises:
        FileNotFoundError: if the source is no trained summariser.
        ValueError: if the model is of a shape that this export does not know, or its output is not tied.
    """
    import torch
    from torch import nn
    from transformers import AutoModelForSeq2SeqLM

    source, output = Path(source), Path(output)
    if not (source / "config.json").is_file():
        raise FileNotFoundError(f"{source} holds no trained summariser: there is no config.json in it")
    model = AutoModelForSeq2SeqLM.from_pretrained(source, dtype=torch.float32, attn_implementation="eager")
    config = model.config
    head = getattr(getattr(getattr(model, "decoder", None), "cls", None), "predictions", None)
    if config.model_type not in SHAPES or (config.model_type != "t5" and head is None):
        kind = config.model_type if config.model_type not in SHAPES else f"a decoder of {config.decoder.model_type}"
        raise ValueError(f"the export knows summarisers of the shapes {' and '.join(SHAPES)} (with BERT's), not {kind}")
    if not torch.equal(model.get_output_embeddings().weight, model.get_decoder().get_input_embeddings().weight):
        raise ValueError(f"{source} writes by a table of its own; the export knows tied ones (tie_word_embeddings)")
    model.eval()
    two = head is not None

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stack = model.get_encoder()

        def forward(self, inputs_embeds):
            return (self.stack(inputs_embeds=inputs_embeds).last_hidden_state,)

    class Decoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stack = model.decoder.bert if two else model.get_decoder()
            self.last = head.transform if two else nn.Identity()
            # of another width than the encoder
            self.project = getattr(model, "enc_to_dec_proj", None) or nn.Identity()

        def forward(self, inputs_embeds, states):
            found = self.stack(
                inputs_embeds=inputs_embeds, encoder_hidden_states=self.project(states), use_cache=False
            )
            return (self.last(found.last_hidden_state[:, -1]),)

    output.mkdir(parents=True, exist_ok=True)
    tables = [half.get_input_embeddings().weight.detach().numpy() for half in (Encoder().stack, Decoder().stack)]
    article, prefix = (torch.randn(rows, tokens, table.shape[1])
                       for table, (rows, tokens) in zip(tables, ((2, 13), (3, 5)), strict=True))  # fmt: skip
    with torch.no_grad():
        states = Encoder()(article[:1])[0].expand(3, -1, -1).contiguous()
    export_graph(
        Encoder(), {"inputs_embeds": article}, ["states"], output / "encoder.onnx",
        axes={"inputs_embeds": {0: "batch", 1: "tokens"}},
    )  # fmt: skip
    export_graph(
        Decoder(), {"inputs_embeds": prefix, "states": states}, ["hidden"], output / "decoder.onnx",
        axes={"inputs_embeds": {0: "batch", 1: "pieces"}, "states": {0: "batch", 1: "tokens"}},
    )  # fmt: skip
    np.savez_compressed(output / "embeddings.npz", **_stored(tables, config, head))
    copy_tokenizer(source, output)
    marks = _marks_of_two(model, source) if two else {
        "start_id": config.decoder_start_token_id, "end_id": config.eos_token_id,
    }  # fmt: skip
    settings = read_settings(SummariserSettings, {**stored_settings(model), **marks}, source)
    most = positions_of(model.get_encoder().config, "encoder")
    settings = replace(settings, max_source=min(settings.max_source, most))
    write_config(output, {"kind": "summariser", "settings": asdict(settings), "architecture": config.model_type})
    return output


def _stored(tables: list[np.ndarray], config: Any, head: Any) -> dict[str, np.ndarray]:
    """Round the embeddings; what is written has a table of its own only where it is another."""
    rows, scale = quantise_columns(tables[0], 0)
    stored = {"rows": rows, "scale": scale, "output_scale": np.float32(1.0)}
    if head is None:
        # T5 scales the decoder's states where its two tables are tied
        return stored | {"output_scale": np.float32(config.d_model**-0.5 if config.scale_decoder_outputs else 1.0)}
    if not np.array_equal(*tables):
        stored["written_rows"], stored["written_scale"] = quantise_columns(tables[1], 0)
    return stored | {"bias": head.bias.detach().numpy()}


def _marks_of_two(model: Any, source: Path) -> dict[str, int | None]:
    """Give the marks of an encoder with a decoder, as its tokenizer and its generation config put them."""
    from transformers import AutoTokenizer

    tokenizer, decoding = AutoTokenizer.from_pretrained(source), model.generation_config
    forced = decoding.forced_bos_token_id
    return {
        "start_id": decoding.decoder_start_token_id, "end_id": decoding.eos_token_id,
        "unknown_id": tokenizer.unk_token_id, "read_first": tokenizer.cls_token_id, "written_first": forced,
        "max_target": model.config.decoder.max_position_embeddings - (1 if forced is None else 2),
    }  # fmt: skip
