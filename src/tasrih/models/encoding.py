"""From text to batches of token ids: one path for training and for every engine.

Texts are normalised by the model's profile, tokenised in Rust, and cut into overlapping windows
where they are longer than the model reads at once; nothing is dropped. Each token knows the stretch
of the caller's text that it stands for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tasrih.errors import ModelError, named
from tasrih.text.normalise import Normalised, fold, steps_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: Windows are computed at lengths that are multiples of this (see ``padded_length``).
STEP = 8
_MASKS = ("[MASK]", "<mask>", "[UNK]", "<unk>")


# The threads of the tokenizers' Rust pool do not live on in a forked process, which would wait for them for ever; the
# library sees to that itself, but not where the variable was set to true before.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: os.environ.__setitem__("TOKENIZERS_PARALLELISM", "false"))

# how SentencePiece writes the space before a word
_SPACE = "▁"


class TargetTooLongError(ValueError):
    """The second text of a pair leaves no room for the first."""


@dataclass(frozen=True, slots=True)
class TokenWindow:
    """One window of a text as a model reads it.

    Attributes:
        ids: token ids, special tokens included.
        type_ids: 0 for the text, 1 for its pair.
        start: first character of the caller's text in this window.
        end: one past its last.
        fresh: tokens of the text that no earlier window held.
    """

    ids: list[int]
    type_ids: list[int]
    start: int
    end: int
    fresh: int
    _encoding: Any = field(repr=False, compare=False)
    _source: Normalised = field(repr=False, compare=False)

    @property
    def spans(self) -> list[tuple[int, int] | None]:
        """Each token's stretch of the caller's text; None for special tokens and the pair.

        Worked out when it is asked for: a label needs none of them.
        """
        return _spans(self._encoding, self._source)


def _spans(encoding, source: Normalised) -> list[tuple[int, int] | None]:
    """Map an encoding's tokens to the text before normalisation, as ``Normalised.to_source`` does one by one."""
    sequences, offsets = encoding.sequence_ids, encoding.offsets
    if any(token.startswith(_SPACE) for token in encoding.tokens):
        offsets = [_without_space(*span, source.text) for span in offsets]
    if source.edits:
        starts, ends = np.array(offsets).T
        edits = np.array(source.edits)
        firsts = _positions(starts, edits, last=False)
        lasts = np.where(ends > starts, _positions(ends, edits, last=True), firsts)
        offsets = zip(firsts.tolist(), lasts.tolist(), strict=True)
    return [span if sequence == 0 else None for sequence, span in zip(sequences, offsets, strict=True)]


def _without_space(start: int, end: int, text: str) -> tuple[int, int]:
    """Leave out the space that SentencePiece counts to the word after it; a token of spaces alone stays."""
    piece = text[start:end]
    return (start + len(piece) - len(piece.lstrip()) if piece.strip() else start), end


def _positions(offsets: np.ndarray, edits: np.ndarray, *, last: bool) -> np.ndarray:
    """Map offsets into a normalised text to its source.

    Args:
        offsets: shape (tokens,).
        edits: ``Normalised.edits`` as an array of shape (edits, 4), at least one.
        last: whether the offsets are ends of spans: marks dropped right after a character go with it.

    Returns:
        The offsets in the source.
    """
    index = np.searchsorted(edits[:, 0], offsets, side="right") - 1
    start, end, source_start, source_end = edits[index].T
    inside = np.where(offsets < end, source_end if last else source_start, source_end + offsets - end)
    if last:
        inside = np.where((offsets == start) & (start < end), source_start, inside)
    return np.where(index < 0, offsets, inside)


@contextmanager
def panics_as_errors() -> Iterator[None]:
    """Raise ``RuntimeError`` for a panic of the tokenizers' Rust code, which no ``except Exception`` would catch."""
    try:
        yield
    except BaseException as error:
        if type(error).__module__ != "pyo3_runtime":  # its class cannot be imported
            raise
        raise RuntimeError(str(error)) from None


def open_tokenizer(path: str | Path) -> Tokenizer:
    """Open a ``tokenizer.json``.

    Args:
        path: the file.

    Returns:
        The tokenizer.

    Raises:
        ModelError: if the file holds none.
    """
    from tokenizers import Tokenizer

    try:
        with panics_as_errors():
            return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(f"{path} is no tokenizer that can be opened ({named(error)}): get the model again") from None


class TextEncoder:
    """A tokenizer with the normalisation profile and the window that a model reads it by."""

    def __init__(
        self, tokenizer, *, profile: str, max_length: int, overlap: int = 32, pad_id: int | None = None
    ) -> None:
        """Wrap a tokenizer.

        Args:
            tokenizer: a ``tokenizers.Tokenizer``.
            profile: the normalisation profile (see ``tasrih.text.normalise``).
            max_length: tokens that the model reads at once, special tokens included.
            overlap: tokens that two neighbouring windows share.
            pad_id: id of the padding token; None takes that of ``[PAD]``.

        Raises:
            ValueError: if the profile is unknown, or the tokenizer's own marks leave no room for a text in a window.
        """
        steps_of(profile)
        self.profile = profile
        self.max_length = max_length
        self.overlap = overlap = min(overlap, max_length // 4)
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length, stride=overlap, strategy="only_first")
        self.pad_id = (tokenizer.token_to_id("[PAD]") or 0) if pad_id is None else pad_id
        # what hides a token: the mask, or in a vocabulary without one the unknown token
        known = (tokenizer.token_to_id(name) for name in _MASKS)
        self.mask_id = next((index for index in known if index is not None), self.pad_id)

    @property
    def separator_id(self) -> int | None:
        """The piece that ends either text of a pair; None in a vocabulary without one."""
        known = (self._tokenizer.token_to_id(name) for name in ("[SEP]", "</s>"))
        return next((index for index in known if index is not None), None)

    @property
    def vocabulary(self) -> int:
        """How many piece ids there are."""
        return self._tokenizer.get_vocab_size()

    @classmethod
    def from_file(cls, path: str | Path, *, profile: str, max_length: int, overlap: int = 32) -> TextEncoder:
        """Open a ``tokenizer.json``.

        Args:
            path: the file.
            profile: as in the constructor.
            max_length: as in the constructor.
            overlap: as in the constructor.

        Returns:
            The encoder.

        Raises:
            ModelError: if the file holds no tokenizer, or not one for such windows.
        """
        tokenizer = open_tokenizer(path)
        try:
            return cls(tokenizer, profile=profile, max_length=max_length, overlap=overlap)
        except ValueError as error:
            raise ModelError(f"{path} does not fit the settings ({named(error)}): get the model again") from None

    def windows(self, texts: Sequence[str], pairs: Sequence[str] | None = None) -> list[list[TokenWindow]]:
        """Tokenise texts into windows.

        Args:
            texts: any strings.
            pairs: a second text for each, repeated in every window; not windowed itself.

        Returns:
            The windows of each text, in order; at least one each.

        Raises:
            TargetTooLongError: if a pair fills over half of a window.
            ModelError: if the tokenizer fails, being damaged.
        """
        sources = [fold(without_surrogates(text), self.profile) for text in texts]
        inputs: list = [source.text for source in sources]
        if pairs is not None:
            seconds = [fold(without_surrogates(pair), self.profile).text for pair in pairs]
            for number, second in enumerate(seconds):
                # a token is one character at least, so most pairs are known to be short without tokenising
                if len(second) > self.max_length // 2 and self._length(second) > self.max_length // 2:
                    raise TargetTooLongError(
                        f"the target of text {number} has {self._length(second)} tokens; "
                        f"this model reads targets of up to {self.max_length // 2}"
                    )
            inputs = list(zip(inputs, seconds, strict=True))
        encodings = self._read(self._tokenizer.encode_batch, inputs)
        return [
            self._split(encoding, source, text)
            for encoding, source, text in zip(encodings, sources, texts, strict=True)
        ]

    def padded_length(self, length: int) -> int:
        """Give the length that a window of so many tokens is computed at."""
        return padded_length(length, self.max_length)

    def pad(self, windows: Sequence[TokenWindow]) -> dict[str, np.ndarray]:
        """Stack windows into one batch (see the function ``pad``)."""
        return pad(windows, self.pad_id, most=self.max_length)

    def _length(self, text: str) -> int:
        encoding = self._read(self._tokenizer.encode, text, add_special_tokens=False)
        return len(encoding.ids) + sum(len(rest.ids) - self.overlap for rest in encoding.overflowing)

    def _read(self, encode: Callable, *inputs, **options):
        try:
            with panics_as_errors():
                return encode(*inputs, **options)
        except Exception as error:  # a stranger's tokenizer can fail in any way
            raise ModelError(f"the tokenizer cannot read a text ({named(error)}): get the model again") from None

    def _split(self, encoding, source: Normalised, text: str) -> list[TokenWindow]:
        parts = [encoding, *encoding.overflowing]
        windows = []
        for number, part in enumerate(parts):
            start, end = 0, len(text)
            if len(parts) > 1:
                known = [span for span in _spans(part, source) if span is not None]
                start = known[0][0] if number and known else 0
                end = known[-1][1] if number < len(parts) - 1 and known else len(text)
            fresh = part.sequence_ids.count(0) - (self.overlap if number else 0)
            windows.append(TokenWindow(part.ids, part.type_ids, start, end, fresh, part, source))
        return windows


def without_surrogates(text: str) -> str:
    """Put U+FFFD for lone surrogates, which no tokenizer takes; every offset stays."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text


def padded_length(length: int, most: int | None = None) -> int:
    """Give the length that a window is computed at: its own, rounded up to a whole ``STEP``, ``most`` at most.

    A sum over padded places changes in its last digits with their number, and an engine of low precision makes
    more of such a digit. So the number depends on the window alone, never on its neighbours in a batch.
    """
    length = -(-length // STEP) * STEP
    return length if most is None else min(length, most)


def pad(windows: Sequence[TokenWindow], pad_id: int, *, most: int | None = None) -> dict[str, np.ndarray]:
    """Stack windows into one batch, padded to the padded length of the longest.

    Args:
        windows: at least one.
        pad_id: id of the padding token.
        most: tokens that the model reads at once.

    Returns:
        ``input_ids``, ``attention_mask`` and ``token_type_ids``, each ``int64`` of shape (windows, length).
    """
    lengths = np.array([len(window.ids) for window in windows])
    held = np.arange(padded_length(int(lengths.max()), most)) < lengths[:, None]
    ids = np.full(held.shape, pad_id, dtype=np.int64)
    types = np.zeros_like(ids)
    ids[held] = list(chain.from_iterable(window.ids for window in windows))
    types[held] = list(chain.from_iterable(window.type_ids for window in windows))
    return {"input_ids": ids, "attention_mask": held.astype(np.int64), "token_type_ids": types}
