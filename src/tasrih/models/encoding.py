"""From text to batches of token ids: one path for training and for every engine.

Texts are normalised by the model's profile, tokenised in Rust, and cut into overlapping windows
where they are longer than the model reads at once; nothing is dropped. Each token knows the stretch
of the caller's text that it stands for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasrih.text.normalise import Normalised, fold, steps_of


class TargetTooLongError(ValueError):
    """The second text of a pair leaves no room for the first."""


@dataclass(frozen=True, slots=True)
class TokenWindow:
    """One window of a text as a model reads it.

    Attributes:
        ids: token ids, special tokens included.
        type_ids: 0 for the text, 1 for its pair.
        spans: each token's stretch of the caller's text; None for special tokens and the pair.
        start: first character of the caller's text in this window.
        end: one past its last.
        fresh: tokens of the text that no earlier window held.
    """

    ids: list[int]
    type_ids: list[int]
    spans: list[tuple[int, int] | None]
    start: int
    end: int
    fresh: int


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
            ValueError: if the profile is unknown.
        """
        steps_of(profile)
        self.profile = profile
        self.max_length = max_length
        self.overlap = overlap = min(overlap, max_length // 4)
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_length, stride=overlap, strategy="only_first")
        self.pad_id = (tokenizer.token_to_id("[PAD]") or 0) if pad_id is None else pad_id

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
        """
        from tokenizers import Tokenizer

        return cls(Tokenizer.from_file(str(path)), profile=profile, max_length=max_length, overlap=overlap)

    def windows(self, texts: Sequence[str], pairs: Sequence[str] | None = None) -> list[list[TokenWindow]]:
        """Tokenise texts into windows.

        Args:
            texts: any strings.
            pairs: a second text for each, repeated in every window; not windowed itself.

        Returns:
            The windows of each text, in order; at least one each.

        Raises:
            TargetTooLongError: if a pair fills over half of a window.
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
        encodings = self._tokenizer.encode_batch(inputs)
        return [
            self._split(encoding, source, text)
            for encoding, source, text in zip(encodings, sources, texts, strict=True)
        ]

    def _length(self, text: str) -> int:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return len(encoding.ids) + sum(len(rest.ids) - self.overlap for rest in encoding.overflowing)

    def _split(self, encoding, source: Normalised, text: str) -> list[TokenWindow]:
        parts = [encoding, *encoding.overflowing]
        windows = []
        for number, part in enumerate(parts):
            spans = [
                source.to_source(*offsets) if sequence == 0 else None
                for sequence, offsets in zip(part.sequence_ids, part.offsets, strict=True)
            ]
            known = [span for span in spans if span is not None]
            windows.append(
                TokenWindow(
                    part.ids, part.type_ids, spans,
                    start=known[0][0] if number and known else 0,
                    end=known[-1][1] if number < len(parts) - 1 and known else len(text),
                    fresh=len(known) - (self.overlap if number else 0),
                )
            )  # fmt: skip
        return windows


def without_surrogates(text: str) -> str:
    """Put U+FFFD for lone surrogates, which no tokenizer takes; every offset stays."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
    return text


def pad(windows: Sequence[TokenWindow], pad_id: int) -> dict[str, np.ndarray]:
    """Stack windows into one batch, padded to the longest.

    Args:
        windows: at least one.
        pad_id: id of the padding token.

    Returns:
        ``input_ids``, ``attention_mask`` and ``token_type_ids``, each ``int64`` of shape (windows, longest).
    """
    longest = max(len(window.ids) for window in windows)
    ids = np.full((len(windows), longest), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    types = np.zeros_like(ids)
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = window.ids
        mask[row, : len(window.ids)] = 1
        types[row, : len(window.ids)] = window.type_ids
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
