"""What a summariser asks of a model: to read articles, and to score the pieces that may come next."""

from __future__ import annotations

import inspect
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tasrih.errors import ModelError
from tasrih.models.engines.onnx import OnnxEngine
from tasrih.models.files import ModelFolder
from tasrih.models.safety import check_archive, check_graph

#: Pieces that were written so far.
Prefix = tuple[int, ...]

#: Takes prefixes of one length and the number of the article that each is of, and gives the logits of what may come
#: next, of shape (prefixes, vocabulary).
Scores = Callable[[Sequence[int], Sequence[Prefix]], np.ndarray]

#: Reads articles, each its pieces and the end mark, and gives what scores their summaries.
Decoder = Callable[[Sequence[list[int]]], Scores]


def onnx_decoder(
    folder: ModelFolder, *, start: int, end: int, read_first: int | None, written_first: int | None
) -> Decoder:
    """Open the two graphs and the embedding table of an exported summariser, stored int8 with a scale a row.

    What is written has a table of its own where the two are not the same, and may have a bias. Articles are read one by
    one, and so are their prefixes: the graphs take no mask.

    Args:
        folder: the exported model.
        start: first token of the decoder.
        end: the end mark.
        read_first: mark that the encoder is given before a text; None puts none.
        written_first: mark that the decoder is given after ``start``; None puts none.

    Returns:
        The decoder.

    Raises:
        ModelError: if a file is damaged, or has no row for a mark.
    """
    graphs = [folder.file("encoder.onnx"), folder.file("decoder.onnx")]
    for graph in graphs:
        check_graph(graph)
    encoder, step = map(OnnxEngine, graphs)
    packed = folder.file("embeddings.npz")
    check_archive(packed)
    try:
        table = np.load(packed, allow_pickle=False)
        embeddings = table["rows"].astype(np.float32) * table["scale"]
        written = embeddings
        if "written_rows" in table:
            written = table["written_rows"].astype(np.float32) * table["written_scale"]
        projection = np.ascontiguousarray(written.T) * table["output_scale"]
        bias = np.asarray(table.get("bias", 0.0), np.float32)
        if bias.shape not in ((), projection.shape[1:]):
            raise ValueError(f"its bias has the shape {bias.shape}")
    except (
        OSError, EOFError, KeyError, ValueError, TypeError, MemoryError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise ModelError(f"{packed} does not hold a table of embeddings ({error}): get the model again") from None
    if not (np.isfinite(projection).all() and np.isfinite(bias).all()):
        raise ModelError(f"{packed} holds what is no number: get the model again")
    marks = (("start_id", start, written), ("end_id", end, written), ("read_first", read_first, embeddings),
             ("written_first", written_first, written))  # fmt: skip
    for name, mark, rows in marks:
        if not (mark or 0) < len(rows):
            raise ModelError(f"{packed} has {len(rows):,} rows, and {name} is {mark:,}")
    before = [read_first] * (read_first is not None)
    opening = [start, *[written_first] * (written_first is not None)]

    def read(articles: Sequence[list[int]]) -> Scores:
        states = [encoder.run({"inputs_embeds": embeddings[None, [*before, *ids]]})["states"] for ids in articles]

        def scores(owners: Sequence[int], prefixes: Sequence[Prefix]) -> np.ndarray:
            rows = np.array([[*opening, *prefix] for prefix in prefixes])
            found = np.empty((len(rows), projection.shape[1]), np.float32)
            for article in dict.fromkeys(owners):
                own = np.flatnonzero(np.equal(owners, article))
                batch = {"inputs_embeds": written[rows[own]], "states": np.repeat(states[article], len(own), axis=0)}
                found[own] = step.run(batch)["hidden"] @ projection + bias
            return found

        return scores

    return read


def torch_decoder(
    model: Any, *, opening: Sequence[int], before: Sequence[int], after: Sequence[int], padding: int
) -> Decoder:
    """Read and score by a transformers encoder-decoder, several articles at once, padded to the longest of them.

    The keys and values of a prefix's beginning are kept, so that a step computes one piece a prefix.

    Args:
        model: the model, on its device.
        opening: what the decoder is always given first.
        before: marks before a text.
        after: marks behind it, in the place of the end mark; none keeps that.
        padding: a piece that the encoder may be given where its mask hides it.

    Returns:
        The decoder.
    """
    import torch
    from transformers.modeling_outputs import BaseModelOutput

    device = next(model.parameters()).device
    # its name until transformers 5.2x, and since
    kept = "cache" if "cache" in inspect.signature(model.forward).parameters else "past_key_values"

    def read(articles: Sequence[list[int]]) -> Scores:
        whole = [[*before, *ids[:-1], *(after or ids[-1:])] for ids in articles]
        longest = max(map(len, whole))
        inputs = torch.tensor([ids + [padding] * (longest - len(ids)) for ids in whole], device=device)
        mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in whole], device=device)
        with torch.no_grad():
            states = model.get_encoder()(input_ids=inputs, attention_mask=mask).last_hidden_state
        cache: Any = None
        cached: dict[tuple[int, Prefix], int] = {}  # article and prefix -> row of the cache

        def scores(owners: Sequence[int], prefixes: Sequence[Prefix]) -> np.ndarray:
            nonlocal cache, cached
            parents = [cached.get((owner, prefix[:-1])) for owner, prefix in zip(owners, prefixes, strict=True)]
            rows = torch.tensor([[*opening, *prefix] for prefix in prefixes], device=device)
            if cache is None or not prefixes[0] or None in parents:
                cache = None
            else:
                if parents != list(range(len(cached))):
                    cache.reorder_cache(torch.tensor(parents, device=device))
                rows = rows[:, -1:]
            of = torch.tensor(owners, device=device)
            with torch.no_grad():
                found = model(
                    encoder_outputs=BaseModelOutput(last_hidden_state=states[of]), attention_mask=mask[of],
                    decoder_input_ids=rows, use_cache=True, **{kept: cache},
                )  # fmt: skip
            cache = getattr(found, kept)
            cached = {key: row for row, key in enumerate(zip(owners, prefixes, strict=True))}
            return found.logits[:, -1].float().cpu().numpy()

        return scores

    return read
