"""Opening what a run starts from: a folder or a hub id, with a fresh head and the preprocessing of its family."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

from tasrih.errors import MissingExtraError, ModelError
from tasrih.hub_ids import is_hub_id
from tasrih.models.auto_tokenizer import longest_window, open_auto_tokenizer, put_marks
from tasrih.models.engines.token_head import has_token_head
from tasrih.models.spans import SPAN_LABELS
from tasrih.text.normalise import profile_of_family
from tasrih.training.restoring import is_exported, open_exported

if TYPE_CHECKING:
    from tasrih.training.config import ClassifierConfig


def check_base(base: str) -> None:
    """Refuse a base that is neither a model's folder nor fit to be a hub id, before anything is asked for it.

    Args:
        base: what the run names.

    Raises:
        ModelError: if there is no such folder and the name is no hub id, or the folder holds no model.
    """
    folder = Path(base)
    if folder.is_dir() and not (folder / "config.json").is_file():
        raise ModelError(f"base {base} holds no model: there is no config.json in it")
    if not folder.is_dir() and not is_hub_id(base):
        raise ModelError(
            f"base {base} is no folder here and no hub id (owner/model): give the path of a local folder, or run the "
            "recipe first whose output it is"
        )


def open_pretrained(kind: type, base: str, **options):
    """Call ``kind.from_pretrained``, a base that cannot be had answered in one line.

    Args:
        kind: an auto class of transformers.
        base: a folder, an exported one too, or a hub id.
        options: for ``from_pretrained``.

    Returns:
        The config, tokenizer or model.

    Raises:
        MissingExtraError: if a tokenizer needs sentencepiece, which is not installed.
        ModelError: if there is no such folder, and the hub does not give such a model.
    """
    check_base(base)
    folder = Path(base)
    if is_exported(folder):
        return open_exported(kind, folder, **options)
    try:
        if kind.__name__ == "AutoTokenizer":
            return open_auto_tokenizer(base)
        return kind.from_pretrained(base, trust_remote_code=False, **options)
    except ModelError:
        raise
    except pickle.UnpicklingError:  # torch's own words advise to unpickle all the same
        raise ModelError(
            f"the weights of base {base} hold more than numbers, which could run code: get them as safetensors"
        ) from None
    except (OSError, ValueError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        if folder.is_dir():
            raise ModelError(f"base {base} cannot be opened: {reason}") from None
        offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
        why = "HF_HUB_OFFLINE is set" if offline else f"the hub did not give it ({reason})"
        raise ModelError(
            f"base {base}: no such folder here, not in the local cache of the hub, and {why}; "
            "download it where there is a network and pass its folder: base=/path/to/folder"
        ) from None


def base_profile(base: str, tokenizer) -> str:
    """Choose the normalisation profile of a base.

    Args:
        base: a folder or a hub id.
        tokenizer: its tokenizer.

    Returns:
        The profile that it was fine-tuned with, where it says so; else that of its family, by its name; else
        ``encoder``, where its vocabulary knows no hamza on alef and no alef maqsura, as ours; else ``lossless``.

    Raises:
        ValueError: if its family's preprocessing is one that tasrih does not have.
    """
    import json

    names, folder = [base], Path(base)
    if folder.is_dir():
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        settings = config.get("settings" if is_exported(folder) else "tasrih") or {}
        if stored := settings.get("profile"):
            return stored
        cached = [part for part in folder.resolve().parts if part.startswith("models--")]
        names = [folder.resolve().name, *cached, config.get("_name_or_path") or ""]
    for name in names:
        if profile := profile_of_family(name):
            return profile
    unknown = tokenizer.unk_token_id
    folded = all(unknown in tokenizer(letter, add_special_tokens=False)["input_ids"] for letter in "أى")
    return "encoder" if unknown is not None and folded else "lossless"


def open_tokenizer(base: str):
    """Open a base's tokenizer.

    Args:
        base: a folder or a hub id.

    Returns:
        The tokenizer, one of those that are computed by the ``tokenizers`` library.

    Raises:
        MissingExtraError: if it needs sentencepiece, which is not installed.
        ModelError: if it cannot be had, or is of another kind.
    """
    from transformers import AutoTokenizer

    tokenizer = open_pretrained(AutoTokenizer, base)
    put_marks(tokenizer)
    return tokenizer


def open_base(config: ClassifierConfig, seed: int | None = None):
    """Open the encoder with fresh heads, and its tokenizer.

    Args:
        config: the run.
        seed: of the heads' weights; None takes the run's.

    Returns:
        ``(model, span model or None, tokenizer)``; the two models share one encoder.

    Raises:
        ModelError: if the base is not found.
        ValueError: if spans are asked of a base without a usual token head, or windows longer than it reads.
    """
    try:
        import torch
        from transformers import AutoConfig, AutoModelForSequenceClassification, AutoModelForTokenClassification
    except ImportError:
        raise MissingExtraError("torch and transformers", "train", "training") from None

    torch.manual_seed(config.seed if seed is None else seed)
    shape = open_pretrained(AutoConfig, config.base)
    tokenizer = open_tokenizer(config.base)
    if shape.model_type == "modernbert":
        shape.classifier_pooling = config.pooling
        shape.mlp_dropout = shape.classifier_dropout = config.dropout
        shape.embedding_dropout = config.dropout / 2
    else:
        for name in ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout"):
            if hasattr(shape, name):
                setattr(shape, name, config.dropout)
    if config.max_length > longest_window(shape, tokenizer):
        raise ValueError(f"max_length {config.max_length} is more than {config.base} reads: at most "
                         f"{longest_window(shape, tokenizer)}")  # fmt: skip
    shape.id2label = dict(enumerate(config.labels))
    shape.label2id = {name: index for index, name in shape.id2label.items()}
    shape.problem_type = "multi_label_classification" if config.multi_label else "single_label_classification"
    # a base that was fine-tuned on another task keeps its encoder; its head is of another size and starts anew
    options = {"dtype": torch.float32, "ignore_mismatched_sizes": True}
    model = open_pretrained(AutoModelForSequenceClassification, config.base, config=shape, **options)
    span_model = None
    if config.spans:
        shape = open_pretrained(AutoConfig, config.base)
        shape.id2label = dict(enumerate(SPAN_LABELS))
        shape.label2id = {name: index for index, name in shape.id2label.items()}
        shape.classifier_dropout = config.dropout
        # a statement model of ours goes on with its token head too
        spans = Path(config.base) / "spans"
        source = str(spans) if spans.is_dir() else config.base
        span_model = open_pretrained(AutoModelForTokenClassification, source, config=shape, **options)
        if not has_token_head(span_model):
            raise ValueError(
                f"spans needs a base whose tokens are classified by a linear layer over its last states, as BERT's and "
                f"RoBERTa's are; {config.base} is {shape.model_type}: give spans=false"
            )
        setattr(span_model, span_model.base_model_prefix, model.base_model)
    return model, span_model, tokenizer
