"""Texts that are meant to break tokenizers, offsets and word counts, for the tests that any text must pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import strategies as st

#: Marks and letters that spelling, bidirectional text, encodings and tokenizers trip over.
PIECES = (
    "وَزِيرٌ", "ـــ", "لله", "ﷺ", "ﻻ", "ا\u0654", "\u200f", "\u202b", "\u200d", "\ufeff", "😀", "👩‍⚕️", "\r\n", "\n", "\t", "\x00",
    "\u00a0", "\ud800", "\udfff", "١٢٣", "٣", "3.5", "²", "F16", " ", ".", "...", "؟ ", "«", "»", '"', ": ", "، ", "في", "من",
    "English ", "word", "[MASK]", "<s>", "</s>", "<pad>", "▁", "##", "Ġ", "_",
)  # fmt: skip


@pytest.fixture(scope="session")
def hostile() -> Callable[..., st.SearchStrategy[str]]:
    """Make a strategy of texts: a test's own words among those pieces and any characters, lone surrogates too."""

    def texts(words: Sequence[str], *, between: str = "") -> st.SearchStrategy[str]:
        parts = st.one_of(st.sampled_from([*words, *PIECES]), st.text(st.characters(codec=None), max_size=5))
        return st.lists(parts, max_size=30).map(between.join)

    return texts
