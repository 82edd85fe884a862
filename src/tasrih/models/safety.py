"""What a model folder may not hold: code, pickles, links out of it, sizes that its weights do not bear out."""

from __future__ import annotations

import json
import math
import operator
import re
import zipfile
from pathlib import Path
from typing import Any

from tasrih.errors import ModelError

#: Weights in these forms can run code when they are opened.
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".npy")

#: What a tokenizer of transformers can be made of; without any of them every word would be unknown.
TOKENIZERS = (
    "tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model",
)  # fmt: skip

#: No text model has longer inputs; a larger figure only asks for memory.
MOST_POSITIONS = 1_000_000

#: The largest header of a safetensors file that its own library opens.
_MOST_HEADER = 100_000_000

#: Sides of a tensor; torch and numpy have no more.
_MOST_SIDES = 64

# A tensor kept outside the graph has an entry of key "location". Protobuf reads its field's number in many spellings,
# but every one of its length, 8 or 8 with needless zeros behind it, ends in one of these two bytes.
_EXTERNAL = re.compile(rb"location(?<=[\x00\x08]location)")  # the word first: ten times as fast


def check_transformers_folder(folder: Path, config: dict[str, Any]) -> None:
    """Refuse a transformers folder that carries code, needs unpickling, or claims absurd sizes.

    Nothing of the weights is read but their header, so that the answer comes before memory is taken.

    Args:
        folder: a local folder.
        config: what its ``config.json`` holds.

    Raises:
        ModelError: if anything of that is so; the message names the file and the reason.
    """
    _check_links(folder)
    code = sorted(path.name for path in folder.rglob("*.py"))
    if config.get("auto_map") or code:
        what = code[0] if code else "auto_map in config.json"
        raise ModelError(f"{folder} carries code of its own ({what}), which tasrih never runs: use a model without it")
    weights = sorted(path for path in folder.glob("*.safetensors") if path.is_file())
    if not weights:
        pickled = sorted(path.name for path in folder.iterdir() if path.suffix in PICKLED)
        if pickled:
            raise ModelError(
                f"the weights of {folder} need unpickling ({pickled[0]}), which can run code: save them as safetensors "
                "(`tasrih train` opens such a checkpoint with weights_only=True and does so)"
            )
        raise ModelError(f"{folder} has no weights: there is no *.safetensors in it")
    if not any((folder / name).is_file() for name in TOKENIZERS):
        raise ModelError(f"{folder} has no tokenizer: there is none of {', '.join(TOKENIZERS)} in it")
    for key in ("attn_implementation", "_attn_implementation"):
        if "/" in str(config.get(key) or ""):
            raise ModelError(f"{folder / 'config.json'}: {key} names code of the hub, which tasrih never runs: drop it")
    shapes: dict[str, list[int]] = {}
    for path in weights:
        shapes |= _shapes(path)
    for part in (config, config.get("encoder"), config.get("decoder")):  # of two halves, each has a config of its own
        if isinstance(part, dict):
            _check_sizes(folder, part, shapes)


def _check_links(folder: Path) -> None:
    """Refuse files that lie elsewhere, by a link or by an index of weights, and what is no file at all.

    A folder of the hub's cache is whole all the same: its files are links into ``blobs`` beside it.
    """
    homes = [folder.resolve()]
    if folder.resolve().parent.name == "snapshots":
        homes.append(folder.resolve().parent.parent / "blobs")
    for path in sorted(folder.rglob("*")):
        if not (name := path.relative_to(folder).as_posix()).isprintable():  # it would stand in messages
            raise ModelError(f"{folder} holds a file of no possible name ({name!r}): use another model")
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise ModelError(f"{path} is a pipe or a device, which could be read for ever: use another model")
        if not any(path.resolve().is_relative_to(home) for home in homes):
            raise ModelError(f"{path} leads out of the folder: copy the file that it stands for, or use another model")
    for path in folder.glob("*.index.json"):
        try:
            names = set(json.loads(path.read_text(encoding="utf-8"))["weight_map"].values())
            outside = sorted(name for name in names if Path(name).name != name or not (folder / name).is_file())
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise ModelError(f"{path} is no index of weights: get the model again") from None
        if outside:
            raise ModelError(f"{path} lists {outside[0]!r}, which is no file of the folder: get the model again")


def _shapes(path: Path) -> dict[str, list[int]]:
    """Read the shapes of a safetensors file from its header."""
    size = path.stat().st_size
    shapes, end, name = {}, 0, None
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= min(size - 8, _MOST_HEADER):
            raise ModelError(f"{path} is no whole safetensors file ({size:,} bytes): get the model again")
        try:
            for name, facts in json.loads(file.read(length)).items():
                if name != "__metadata__":
                    shapes[name], last = _shape(facts)
                    end = max(end, last)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            told = "" if name is None else f", at {name[:60]!r}"
            raise ModelError(f"{path} has a damaged header{told}: get the model again") from None
    if 8 + length + end != size:
        raise ModelError(f"{path} has {size:,} bytes, not {8 + length + end:,}: it is truncated; get the model again")
    return shapes


def _shape(facts: dict[str, Any]) -> tuple[list[int], int]:
    """Give a tensor's shape, which its bytes must bear out, and where they end."""
    shape = list(map(operator.index, facts["shape"]))
    first, last = map(operator.index, facts["data_offsets"])
    if len(shape) > _MOST_SIDES or min(shape, default=0) < 0 or math.prod(shape) > 8 * (last - first):  # a bit each
        raise ValueError("no such tensor")
    return shape, last


def _check_sizes(folder: Path, config: dict[str, Any], shapes: dict[str, list[int]]) -> None:
    """Hold what the config claims against the weights that are there."""
    numbers = sum(map(math.prod, shapes.values()))
    for key, most in (
        ("vocab_size", numbers), ("hidden_size", numbers), ("embedding_size", numbers), ("d_model", numbers),
        ("intermediate_size", numbers),
        ("d_ff", numbers), ("num_hidden_layers", len(shapes)), ("num_layers", len(shapes)),
        ("encoder_layers", len(shapes)), ("decoder_layers", len(shapes)), ("num_attention_heads", numbers),
        ("max_position_embeddings", MOST_POSITIONS), ("num_labels", numbers), ("type_vocab_size", numbers),
    ):  # fmt: skip
        value = config.get(key)
        if value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ModelError(f"{folder / 'config.json'}: {key} must be a positive number, not {value!r}")
        if value > most:
            raise ModelError(
                f"{folder / 'config.json'}: {key} is {value:,}, more than the weights hold "
                f"({len(shapes)} tensors, {numbers:,} numbers): get the model again"
            )
    # the table of embeddings is the largest part of a small model
    width = config.get("embedding_size") or config.get("hidden_size") or config.get("d_model") or 1
    if (vocabulary := config.get("vocab_size") or 0) * width > numbers:
        raise ModelError(
            f"{folder / 'config.json'}: a vocabulary of {vocabulary:,} by {width:,} is more than the weights hold "
            f"({numbers:,} numbers): get the model again"
        )
    labels = config.get("id2label")
    heads = [
        shape for name, shape in shapes.items()
        if name in ("classifier.weight", "classifier.out_proj.weight", "score.weight")
    ]  # fmt: skip
    if isinstance(labels, dict) and heads and heads[0][0] != len(labels):
        raise ModelError(
            f"{folder / 'config.json'} lists {len(labels)} labels; the head has {heads[0][0]}: get the model again"
        )


def check_graph(path: Path) -> None:
    """Refuse an ONNX graph that keeps weights in other files.

    A graph of ours is whole in itself, so that a name in it can never lead to another file of the machine.

    Args:
        path: the ``.onnx`` file.

    Raises:
        ModelError: if the graph names an outside file.
    """
    if _EXTERNAL.search(path.read_bytes()):
        raise ModelError(f"{path} keeps weights in another file, which tasrih does not open: export it as one file")


def check_inside(folder: Path, name: str) -> Path:
    """Give the path of a listed file, which must lie in the folder, links followed.

    Args:
        folder: the model's folder.
        name: the file's name as ``config.json`` lists it.

    Returns:
        Its path.

    Raises:
        ModelError: if the name or a link leads out of the folder.
    """
    if not name.isprintable():  # it would stand in messages
        raise ModelError(f"{folder / 'config.json'} lists a file of no possible name ({name!r}): use another model")
    path = folder / name
    try:
        inside = not Path(name).is_absolute() and path.resolve().is_relative_to(folder.resolve())
        path.is_file()  # a name that the file system cannot have
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / 'config.json'} lists a file of no possible name ({error}): use another") from None
    if not inside:
        raise ModelError(f"{folder / 'config.json'} lists {name!r}, which leads out of the folder: use another model")
    return path


def check_archive(path: Path, *, most: int = 2**31) -> None:
    """Refuse a packed array file that unpacks to more than a model can need.

    Args:
        path: an ``.npz`` file.
        most: bytes that it may unpack to.

    Raises:
        ModelError: if it is no such archive, or unpacks to more.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile:
        raise ModelError(f"{path} is no array file: get the model again") from None
    if size > most:
        raise ModelError(f"{path} unpacks to {size:,} bytes, more than {most:,}: use another model")
