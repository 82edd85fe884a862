"""The learnt score of a headline: its file, and the window that it ranks first."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tasrih.errors import ModelError
from tasrih.models.files import PRETRAINED
from tasrih.models.headline import Window

#: Where the fitted weights lie.
WEIGHTS = PRETRAINED / "headline.json.gz"


@dataclass(frozen=True, slots=True)
class HeadlineWeights:
    """What a window is worth, by its features.

    Attributes:
        weights: feature to what it adds to the score.
        open_words: folded words after which a clause hardly ever ends.
    """

    weights: Mapping[str, float]
    open_words: frozenset[str]


@lru_cache(maxsize=1)
def bundled_weights() -> HeadlineWeights:
    """Read the weights that came with the package.

    Returns:
        The weights.

    Raises:
        ModelError: if they are not there, or damaged.
    """
    return read_weights(WEIGHTS)


def read_weights(path: Path) -> HeadlineWeights:
    """Read weights as ``stored_weights`` writes them.

    Args:
        path: the JSON file, by gzip or plain.

    Returns:
        The weights.

    Raises:
        ModelError: if it is not there, damaged or altered.
    """
    try:
        told = path.read_bytes()
        stored = json.loads(gzip.decompress(told) if path.suffix == ".gz" else told)
        weights = {str(name): float(value) for name, value in stored["weights"].items()}
        found = HeadlineWeights(weights, frozenset(map(str, stored["open_words"])))
        whole = stored["sha256"] == _digest(stored)
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} cannot be read ({error}): install tasrih again") from None
    if not whole:
        raise ModelError(f"{path} was altered (its SHA-256 is not the one in it): install tasrih again")
    return found


def stored_weights(weights: Mapping[str, float], open_words: Iterable[str]) -> str:
    """Write weights as they are stored: with the SHA-256 of what they say, in the one file that is copied about.

    Args:
        weights: feature to what it adds to the score.
        open_words: folded words after which a clause hardly ever ends.

    Returns:
        The JSON.
    """
    stored = {"weights": dict(sorted(weights.items())), "open_words": sorted(open_words)}
    return json.dumps({"sha256": _digest(stored), **stored}, ensure_ascii=False, separators=(",", ":"))


def _digest(stored: Mapping[str, object]) -> str:
    told = json.dumps([stored["weights"], stored["open_words"]], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def linear_score(window: Window, weights: Mapping[str, float]) -> float:
    """Give what a window's features are worth together."""
    return sum(weights.get(name, 0.0) * value for name, value in window.features)


def best_window(
    found: Sequence[Window], weights: Mapping[str, float], further: Sequence[float] | None = None
) -> Window | None:  # fmt: skip
    """Choose the window that is worth most.

    Args:
        found: windows.
        weights: feature to what it adds.
        further: what is added to each window's sum; None adds nothing.

    Returns:
        The window; None if there is none.
    """
    worth = [linear_score(one, weights) for one in found]
    if further is not None:
        worth = [own + more for own, more in zip(worth, further, strict=True)]
    return found[max(range(len(found)), key=worth.__getitem__)] if found else None
