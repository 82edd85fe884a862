"""The tokenizer of a transformers checkpoint (``tokenizer.json``, or SentencePiece's own file alone) and its window."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from tasrih.errors import MissingExtraError, ModelError, named
from tasrih.models.encoding import panics_as_errors

#: Names of SentencePiece's file beside the weights of T5 and mT5, and of what came out of fairseq.
_PIECES = ("spiece.model", "sentencepiece.bpe.model")


def open_auto_tokenizer(place: Path | str):
    """Open the tokenizer of a folder or hub id.

    Args:
        place: the folder or id.

    Returns:
        The tokenizer, one of those that are computed by the ``tokenizers`` library.

    Raises:
        MissingExtraError: if its vocabulary is SentencePiece's file alone, and sentencepiece is not installed.
        ModelError: if that file is damaged, or the tokenizer of another kind.
        OSError: if there is none.
        ValueError: if it cannot be put together.
    """
    from transformers import AutoTokenizer

    # before transformers warns of it in many lines, and then asks for tiktoken
    if not (Path(place) / "tokenizer.json").is_file() and any((Path(place) / name).is_file() for name in _PIECES):
        _need_sentencepiece(place)
    try:
        with panics_as_errors():
            tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
    except ValueError as error:
        if "tiktoken" not in str(error):
            raise
        # the file of a hub id is known only now; of any file that it cannot read transformers says that tiktoken lacks
        _need_sentencepiece(place)
        raise ModelError(
            f"{place} has no tokenizer.json, and its vocabulary cannot be read as SentencePiece's: get the model again"
        ) from None
    # of a file with values of other kinds, or nested without end
    except (KeyError, TypeError, AttributeError, IndexError, RuntimeError) as error:
        raise ModelError(f"{place} has a tokenizer that cannot be read ({named(error)})") from None
    if not isinstance(tokenizer.model_max_length, (int, float)):
        raise ModelError(f"{place}: model_max_length must be a number, not {tokenizer.model_max_length!r}")
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise ModelError(
            f"{place} has a tokenizer that the tokenizers library cannot compute ({type(tokenizer).__name__}): tasrih "
            "cannot map its tokens to characters"
        )
    if type(tokenizer).__name__ == "BarthezTokenizer":  # AraBART's, which adds no marks in transformers 5.24
        put_marks(tokenizer)
    return tokenizer


def put_marks(tokenizer) -> None:
    """See to it that texts are opened and closed by their marks, where a tokenizer that has such adds none.

    Args:
        tokenizer: one of transformers, computed by the ``tokenizers`` library; it is changed.
    """
    opening, closing = tokenizer.cls_token or tokenizer.bos_token, tokenizer.sep_token or tokenizer.eos_token
    if not opening or not closing or tokenizer("نص")["input_ids"][-1] in tokenizer.all_special_ids:
        return
    from tokenizers.processors import TemplateProcessing

    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{opening} $A {closing}", pair=f"{opening} $A {closing} {closing} $B {closing}",
        special_tokens=[(mark, tokenizer.convert_tokens_to_ids(mark)) for mark in {opening, closing}],
    )  # fmt: skip


def longest_window(shape, tokenizer) -> int:
    """Give the tokens that a model reads at once, special tokens included.

    Args:
        shape: its transformers config.
        tokenizer: its tokenizer.

    Returns:
        The number; a very large one where the model has no positions of its own.
    """
    return min(positions_of(shape, "encoder"), tokenizer.model_max_length)


def positions_of(shape, half: str) -> int:
    """Give the tokens that an encoder or a decoder has positions for.

    Args:
        shape: its transformers config, or that of the two.
        half: ``encoder`` or ``decoder``.

    Returns:
        The number; a very large one where positions are relative.
    """
    names = (f"max_{half}_position_embeddings", "max_position_embeddings")
    longest = next((count for name in names if (count := getattr(shape, name, None))), 10**9)
    # those of RoBERTa begin behind its padding
    return longest - ((shape.pad_token_id or 0) + 1 if "roberta" in shape.model_type else 0)


def _need_sentencepiece(place: Path | str) -> None:
    if find_spec("sentencepiece") is None:
        raise MissingExtraError("sentencepiece", "train", f"opening the vocabulary of {place}")
