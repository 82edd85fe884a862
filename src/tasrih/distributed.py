"""Many machines: a verb over a Ray Data dataset, one output row an input row, whatever node fails on the way."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasrih.errors import MissingExtraError

if TYPE_CHECKING:
    import ray.data

#: Rows that an actor is handed at once: enough to fill its batches, little to do again when its node fails.
BATCH_ROWS = 256


class _Actor:
    """Opens the models once and tags batch after batch, each on the one core that Ray gave it."""

    def __init__(self, column: str, model: str | None, engine: str | None, device: str | None) -> None:
        from tasrih.api import load

        self._column = column
        self._model = load(model or "statement", engine=engine, device=device)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        import numpy as np

        from tasrih.api import tag

        texts = list(batch[self._column])
        found = iter(tag([text for text in texts if isinstance(text, str)], model=self._model, num_workers=1))
        result = np.empty(len(texts), dtype=object)
        for index, text in enumerate(texts):
            if isinstance(text, str):
                row = next(found).to_dict()
            else:
                row = {"error": f"{self._column} is of type {type(text).__name__}: expected a str"}
            result[index] = json.dumps(row, ensure_ascii=False)
        return {**batch, "document": result}


def tag_dataset(
    data: ray.data.Dataset | str | Path | Sequence[str | Path], *, column: str = "text", model: str | None = None,
    engine: str | None = None, workers: int | tuple[int, int] = (1, 1024), cpus: float = 1.0, gpus: float = 0.0,
    batch_rows: int = BATCH_ROWS,
) -> ray.data.Dataset:  # fmt: skip
    """Tag the articles of a dataset on a Ray cluster.

    Nothing is computed before the result is consumed or written. A batch whose actor or node fails is computed
    again on another one, and only its second result is kept.

    Args:
        data: a dataset, or Parquet or JSONL files (or a folder of them) that every node can read.
        column: the column with the articles; a value that is no string gets an error in its place.
        model: as in ``tag``.
        engine: as in ``tag``.
        workers: actors that tag, as a number or as least and most; the most is bounded by what the cluster has.
        cpus: cores of one actor; each computes with one thread.
        gpus: share of a GPU of one actor, such as .25 for four actors a GPU: for a ``model`` that runs in torch.
        batch_rows: articles that an actor is handed at once, and that are computed again where it fails.

    Returns:
        The dataset with a column ``document`` more: ``Document.to_dict()`` as JSON, or ``{"error": ...}``.

    Raises:
        MissingExtraError: if Ray is not installed.
        ValueError: if the files are of another kind, or ``workers`` is no such number.

    Example:
        >>> tag_dataset("articles/", workers=(1, 64)).write_parquet("tagged/")  # doctest: +SKIP
    """
    try:
        import ray.data
    except ImportError:
        raise MissingExtraError("ray", "ray", "tag_dataset") from None
    least, most = (workers, workers) if isinstance(workers, int) else workers
    if not 1 <= least <= most:
        raise ValueError(f"workers must be a positive number, or least and most of them, not {workers!r}")
    dataset = data if isinstance(data, ray.data.Dataset) else _read(data)
    # small blocks, so that all actors have work from the first file on, and a lost one leaves little to do again;
    # Ray Data starts it again and repeats what it was computing, without limit
    blocks = dataset.repartition(target_num_rows_per_block=batch_rows)
    return blocks.map_batches(
        _Actor,
        fn_constructor_kwargs={
            "column": column, "model": model, "engine": engine, "device": "cuda" if gpus else None,
        },
        batch_size=batch_rows, batch_format="numpy", num_cpus=cpus, num_gpus=gpus,
        compute=ray.data.ActorPoolStrategy(min_size=least, max_size=most),
    )  # fmt: skip


def _read(data: str | Path | Sequence[str | Path]) -> ray.data.Dataset:
    """Open files by their suffix."""
    import ray.data

    paths = [Path(data)] if isinstance(data, str | Path) else [Path(path) for path in data]
    files = [file for path in paths for file in (sorted(path.rglob("*.*")) if path.is_dir() else [path])]
    kinds = {file.suffix for file in files if file.is_file()}
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise FileNotFoundError(f"{missing[0]} does not exist: give files that every node can read")
    names = [str(file) for file in files if file.is_file()]
    if kinds == {".parquet"}:
        return ray.data.read_parquet(names)
    if kinds and kinds <= {".jsonl", ".json"}:
        return ray.data.read_json(names, lines=True)
    raise ValueError(f"{paths[0]} holds {', '.join(sorted(kinds)) or 'no'} files: give .parquet or .jsonl, one kind")
