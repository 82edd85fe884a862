"""A neural score of headlines beside the linear one: the last blocks of an encoder, fine-tuned to see what is whole.

The blocks go on from an inner layer of the statement model (its output ``inner_states``), and the sum of what they make
of a window's first and last words, its mean and the words around it is scored. ``training.ranking`` trains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tasrih.errors import ModelError
from tasrih.models.classifier import Classifier
from tasrih.models.encoding import TokenWindow
from tasrih.models.engines import OnnxEngine
from tasrih.models.files import PRETRAINED, open_folder
from tasrih.models.headline import Window
from tasrih.models.safety import check_graph
from tasrih.models.stored import read_settings
from tasrih.text.sentences import Sentence

#: Where the bundled ranker lies.
FOLDER = PRETRAINED / "headline"

#: The encoder's last blocks, which the ranker has of its own.
BLOCKS = 2

#: What is told of a window: its row in the batch, its first and last token, the tokens first left out, how often
#: something is left out, its size and its sentence's number; the last three are cut off below these numbers.
FIELDS = ("row", "first", "last", "gap_start", "gap_end", "gaps", "size", "place")
MOST_GAPS, MOST_SIZE, MOST_PLACE = 3, 20, 8

# characters of a sentence that are tokenised: its first window is all that is read, and it may run on for megabytes
_MOST_READ = 4000


@dataclass(frozen=True)
class RankerSettings:
    """How much the ranker's two scores weigh beside the linear one."""

    whole: float = 1.0
    """Of the log-odds that a reader finds the window printable."""
    like_title: float = 1.0
    """Of what ranks windows by their likeness to the headline that was printed."""
    sure_scale: float = 1.0
    """What those log-odds are multiplied by to tell how sure the window that was chosen is whole."""
    sure_shift: float = 0.0
    """What is added to the product; both were fitted on articles that the ranker had not learnt from."""


@dataclass(frozen=True, eq=False)
class Ranked:
    """What the ranker makes of some windows.

    Attributes:
        worth: what is added to each window's linear score, shape (windows,); -inf for one that reaches past what the
            reader sees of its sentence, and 0 for all where it sees none.
        sureness: the probability that a reader finds the window whole and true, if it is chosen, shape (windows,); NaN
            for one that is not seen.
    """

    worth: np.ndarray
    sureness: np.ndarray


class HeadlineRanker:
    """Scores windows of an article by how whole they are and how like a headline."""

    def __init__(self, reader: Classifier, engine: OnnxEngine, settings: RankerSettings) -> None:
        """Put a ranker together.

        Args:
            reader: a classifier on ``onnx`` whose graph gives the ``inner_states`` that the blocks go on from.
            engine: computes ``scores`` from ``states``, ``attention_mask`` and ``windows``.
            settings: the weights.
        """
        self._reader = reader
        self._engine = engine
        self._settings = settings

    @classmethod
    @lru_cache(maxsize=1)
    def bundled(cls) -> HeadlineRanker:
        """Open the ranker that came with the package; the same one when asked again.

        Returns:
            The ranker.

        Raises:
            ModelError: if it, or the statement model, is not there or damaged.
        """
        from tasrih.models.load import load  # it opens summarisers too, which this is a part of

        folder = open_folder(FOLDER)
        graph = folder.file("model.onnx")
        check_graph(graph)
        settings = read_settings(RankerSettings, folder["settings"], FOLDER / "config.json")
        reader = load("statement")
        # one thread: a pool of them would be missing in a process that is forked later
        return cls(reader, OnnxEngine(graph, threads=1), settings)

    def score(self, windows: Sequence[Window], sentences: Sequence[Sentence]) -> Ranked:
        """Score windows.

        Args:
            windows: windows of one article.
            sentences: its sentences.

        Returns:
            Their scores.

        Raises:
            ModelError: if a score is no number, the weights being damaged.
        """
        numbers = sorted({window.sentence for window in windows})
        texts = [sentences[number].text[:_MOST_READ] for number in numbers]
        read = [found[0] for found in self._reader.encoder.windows(texts)]
        kept, placed = place_windows(windows, sentences, dict(zip(numbers, read, strict=True)))
        sureness = np.full(len(windows), np.nan)
        if not kept:
            return Ranked(np.zeros(len(windows)), sureness)
        batch = self._reader.encoder.pad(read)
        inputs = {**batch, "states": self._reader.backend.states(batch), "windows": placed}
        worth = np.full(len(windows), -np.inf)
        found = self._engine.run(inputs)["scores"]
        if not np.isfinite(found).all():
            raise ModelError("the ranker's weights hold values that are no numbers (NaN): install tasrih again")
        settings = self._settings
        worth[kept] = found @ [settings.like_title, settings.whole]
        sureness[kept] = 1 / (1 + np.exp(-(settings.sure_scale * found[:, 1] + settings.sure_shift)))
        return Ranked(worth, sureness)


def place_windows(
    windows: Sequence[Window], sentences: Sequence[Sentence], read: dict[int, TokenWindow]
) -> tuple[list[int], np.ndarray]:
    """Find the tokens of windows.

    Args:
        windows: windows of one article.
        sentences: its sentences.
        read: what a tokenizer made of those that the windows are of, by number, as rows in that order.

    Returns:
        ``(kept, placed)``: the places of the windows whose tokens were read, and ``int64`` of shape (kept, ``FIELDS``).
    """
    rows = {number: row for row, number in enumerate(read)}
    edges = {}
    for number, tokens in read.items():
        spans = [span or (-1, -1) for span in tokens.spans]
        edges[number] = np.array(spans) + np.where(np.array(spans) < 0, 0, sentences[number].start)
    kept, placed = [], []
    for at, window in enumerate(windows):
        starts, ends = edges[window.sentence].T
        inside = np.flatnonzero((starts >= 0) & (starts < window.end) & (ends > window.start))
        if not len(inside) or ends[inside[-1]] < window.end - 2:  # a closing mark may be no token
            continue
        first, last = int(inside[0]), int(inside[-1])
        gaps = [
            tokens for start, end in window.left_out
            if len(tokens := inside[(starts[inside] >= start) & (ends[inside] <= end)])
        ]  # fmt: skip
        gap_start, gap_end = (int(gaps[0][0]), int(gaps[0][-1]) + 1) if gaps else (first, first)
        size = (last - first + 1 - (gap_end - gap_start)) // 2
        kept.append(at)
        placed.append((
            rows[window.sentence], first, last, gap_start, gap_end, min(len(gaps), MOST_GAPS - 1),
            min(size, MOST_SIZE - 1), min(window.sentence, MOST_PLACE - 1),
        ))  # fmt: skip
    return kept, np.array(placed, dtype=np.int64).reshape(-1, len(FIELDS))
