"""Near duplicates between two collections of texts, in time that grows with their length, not with their product.

A text is its set of word bigrams, spelling folded. MinHash (Broder 1997, "On the resemblance and containment of
documents") gives each a short signature; texts that agree on a band of it (locality-sensitive hashing, Indyk and
Motwani 1998) are compared by their true Jaccard similarity.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasrih.text.normalise import normalise

#: Texts at least this alike count as near duplicates: shared word bigrams over all word bigrams of the two.
THRESHOLD = 0.5

# 20 bands of 3: two texts with a similarity of .5 meet with a probability of .93, with .6 of .99
_BANDS, _ROWS = 20, 3
# odd, as multiply-shift hashing wants them
_MULTIPLIERS = np.random.default_rng(20).integers(1, 2**63, _BANDS * _ROWS, dtype=np.uint64) | np.uint64(1)
_OFFSETS = np.random.default_rng(21).integers(0, 2**63, _BANDS * _ROWS, dtype=np.uint64)
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)

#: Links and names of accounts say nothing of the text's own wording.
_NOISE = re.compile(r"https?://\S+|@\w+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class NearPair:
    """Two texts that are nearly the same, by their places in their collections.

    Attributes:
        left: index in the first collection.
        right: index in the second.
        similarity: Jaccard similarity of their word bigrams, from ``THRESHOLD`` to 1.
    """

    left: int
    right: int
    similarity: float


def folded_words(text: str) -> list[str]:
    """Give the words of a text as comparisons read them: spelling folded, links and account names left out.

    Args:
        text: any string.

    Returns:
        The words.

    Example:
        >>> folded_words("قالَ @user: «الأمّة»!")
        ['قال', 'الامه']
    """
    return _WORD.findall(normalise(_NOISE.sub(" ", text), "search").lower())


def shingles(text: str) -> np.ndarray:
    """Hash the word bigrams of a text.

    Args:
        text: any string.

    Returns:
        The sorted distinct hashes, ``uint64``; those of the words themselves where there is one word only,
        an empty array where there is none.
    """
    # crc32 is the same in every run, unlike hash()
    codes = np.array([zlib.crc32(word.encode("utf-8", "surrogatepass")) for word in folded_words(text)], np.uint64)
    if len(codes) > 1:
        codes = codes[:-1] * _FIRST + codes[1:] * _SECOND
    return np.unique(codes)


def _signature(hashes: np.ndarray) -> np.ndarray:
    # multiply-shift hashing: the high half of a product modulo 2**64
    mixed = (hashes ^ (hashes >> np.uint64(31)))[:, None] * _MULTIPLIERS + _OFFSETS
    return (mixed >> np.uint64(32)).min(axis=0)


def near_pairs(left: Sequence[str], right: Sequence[str], *, threshold: float = THRESHOLD) -> list[NearPair]:
    """Find the texts of one collection that are nearly those of another.

    Args:
        left: the texts to look up, such as a test set.
        right: the texts to look them up in, such as a training set.
        threshold: the least Jaccard similarity of their word bigrams.

    Returns:
        For each text of ``left`` that has one, its most similar text of ``right``; in the order of ``left``.
        A pair near the threshold may be missed (MinHash is a random method with a fixed seed); none is made up.

    Raises:
        ValueError: if the threshold does not lie in (0, 1].

    Example:
        >>> near_pairs(["رحب الوزير بالاتفاق الجديد أمس"], ["رحّب الوزير بالإتفاق الجديد"])[0].similarity
        0.75
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"the threshold must lie over 0 and be at most 1, not {threshold!r}")
    looked_up = [shingles(text) for text in left]
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for index, hashes in enumerate(looked_up):
        if len(hashes):
            for band in _bands(hashes):
                buckets[band].append(index)
    best: dict[int, NearPair] = {}
    for index, text in enumerate(right):
        hashes = shingles(text)
        if not len(hashes):
            continue
        met = {other for band in _bands(hashes) if band in buckets for other in buckets[band]}
        for other in met:
            shared = len(np.intersect1d(looked_up[other], hashes, assume_unique=True))
            similarity = shared / (len(looked_up[other]) + len(hashes) - shared)
            if similarity >= threshold and (other not in best or similarity > best[other].similarity):
                best[other] = NearPair(other, index, similarity)
    return [best[index] for index in sorted(best)]


def _bands(hashes: np.ndarray) -> list[tuple[int, bytes]]:
    signature = _signature(hashes).reshape(_BANDS, _ROWS)
    return [(number, band.tobytes()) for number, band in enumerate(signature)]
