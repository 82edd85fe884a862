"""Windows of articles as rows of a sparse matrix, a column a feature; held in plain arrays, for there are millions."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable

import numpy as np

from tasrih.models.headline import Window


class FeatureTable:
    """Named features of windows, gathered group by group."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._seen: Counter[int] = Counter()
        self._columns, self._values, self._rows = array("i"), array("f"), array("q", [0])

    def add(self, windows: Iterable[Window]) -> None:
        """Add windows, a row each.

        Args:
            windows: a group, such as those of one article: what they show counts once.
        """
        start = len(self._columns)
        for window in windows:
            for name, value in window.features:
                self._columns.append(self._names.setdefault(name, len(self._names)))
                self._values.append(value)
            self._rows.append(len(self._columns))
        self._seen.update(set(self._columns[start:]))

    def matrix(self, least: int):
        """Give the matrix of the features that enough groups show.

        Args:
            least: groups that must show a feature.

        Returns:
            ``(matrix, names)``: a scipy CSR matrix of shape (windows, features), and the features' names.
        """
        from scipy.sparse import csr_matrix

        whole = csr_matrix(
            (np.frombuffer(self._values, np.float32), np.frombuffer(self._columns, np.int32),
             np.frombuffer(self._rows, np.int64)), shape=(len(self._rows) - 1, len(self._names)),
        )  # fmt: skip
        kept = {name: column for name, column in self._names.items() if self._seen[column] >= least}
        return whole[:, list(kept.values())].tocsr(), list(kept)
