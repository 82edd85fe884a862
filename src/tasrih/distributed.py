"""Many machines: a verb over a Ray Data dataset, one output row an input row, whatever node fails on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tasrih.errors import MissingExtraError

if TYPE_CHECKING:
    import ray.data

#: Rows that an actor is handed at once: enough to fill its batches, little to do again when its node fails.
BATCH_ROWS = 256

#: The column that is added.
DOCUMENT = "document"

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")


class _Actor:
    """Opens the models once and tags batch after batch, each on the one core that Ray gave it."""

    def __init__(self, column: str, model: str | None, engine: str | None, device: str | None) -> None:
        from tasrih.api import load

        self._column = column
        self._model = load(model or "statement", engine=engine, device=device)

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        import numpy as np

        from tasrih.api import tag

        _check_columns(batch, self._column)  # blocks need not be alike
        texts = list(batch[self._column])
        found = iter(tag([text for text in texts if isinstance(text, str)], model=self._model, num_workers=1))
        result = np.empty(len(texts), dtype=object)
        for index, text in enumerate(texts):
            if isinstance(text, str):
                row = next(found).to_dict()
            else:
                row = {"error": f"{self._column} is of type {type(text).__name__}: expected a str"}
            result[index] = json.dumps(row, ensure_ascii=False)
        return {**batch, DOCUMENT: result}


def _check_columns(names: Iterable[str], column: str) -> None:
    """Refuse rows that have no articles to read, or whose own column the result would take the place of."""
    names = list(names)
    if column not in names:
        raise ValueError(f"column {column!r}: the rows have {', '.join(names) or 'none'}: give column= one of these")
    if DOCUMENT in names:
        raise ValueError(
            f"the rows have a column {DOCUMENT!r} already, which the result would overwrite: rename it first, as with "
            f'`.rename_columns({{"{DOCUMENT}": "article"}})` of a Ray dataset'
        )


def _check_workers(workers: int | tuple[int, int]) -> tuple[int, int]:
    """Give least and most."""
    bounds = (workers, workers) if isinstance(workers, int) else workers
    if (
        not isinstance(bounds, (tuple, list)) or len(bounds) != 2
        or not all(isinstance(bound, int) and not isinstance(bound, bool) for bound in bounds)
        or not 1 <= bounds[0] <= bounds[1]
    ):  # fmt: skip
        raise ValueError(f"workers must be a positive number, or least and most of them as in (1, 64), not {workers!r}")
    return bounds[0], bounds[1]


def tag_dataset(
    data: ray.data.Dataset | str | Path | Sequence[str | Path], *, column: str = "text", model: str | None = None,
    engine: str | None = None, workers: int | tuple[int, int] = (1, 1024), cpus: float = 1.0, gpus: float = 0.0,
    batch_rows: int = BATCH_ROWS,
) -> ray.data.Dataset:  # fmt: skip
    """Tag the articles of a dataset on a Ray cluster.

    Nothing is tagged before the result is consumed or written; what columns there are is asked at once, for which Ray
    may read the first rows. A batch whose actor or node fails is computed
    again on another one, and only its second result is kept.

    Args:
        data: a dataset; or Parquet or JSONL files that every node can read: paths, folders of them, or URLs of files
            such as ``"s3://bucket/articles.parquet"``, which Ray opens.
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
        FileNotFoundError: if a path is not there.
        ValueError: if the files are of another kind, there is no such column, there is a column ``document`` already,
            ``workers`` is no such number, or ``gpus`` are asked for the bundled model, which runs on the CPU.

    Example:
        >>> tag_dataset("articles/", workers=(1, 64)).write_parquet("tagged/")  # doctest: +SKIP
    """
    try:
        import ray.data
    except ImportError:
        raise MissingExtraError("ray", "ray", "tag_dataset") from None
    least, most = _check_workers(workers)
    if gpus and model is None:
        raise ValueError(f"gpus {gpus!r}: the bundled model runs on the CPU: leave gpus out, or give a model in torch")
    dataset = data if isinstance(data, ray.data.Dataset) else _read(data)
    if (columns := dataset.columns()) is not None:  # of no rows nothing is known
        _check_columns(columns, column)
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

    given = [data] if isinstance(data, str | Path) else list(data)
    names = [name for place in given for name in _files(place)]
    # a URL may have a query after its path
    kinds = {PurePosixPath(urlsplit(name).path if _is_url(name) else name).suffix for name in names}
    if kinds == {".parquet"}:
        return ray.data.read_parquet(names)
    if kinds and kinds <= {".jsonl", ".json"}:
        return ray.data.read_json(names, lines=True)
    if "" in kinds and any(map(_is_url, names)):  # what lies in a folder far away only Ray can list
        url = next(filter(_is_url, names))
        raise ValueError(f"{url} names no .parquet or .jsonl file: give a dataset, as ray.data.read_parquet opens it")
    told = ", ".join(sorted(kinds)) or "no"
    raise ValueError(f"{given[0] if given else 'the list'} holds {told} files: give .parquet or .jsonl, one kind")


def _is_url(place: str | Path) -> bool:
    return isinstance(place, str) and _URL.match(place) is not None


def _files(place: str | Path) -> list[str]:
    """List the files that a path stands for; a URL stands for itself."""
    if _is_url(place):
        return [str(place)]
    path = Path(place)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist: give files that every node can read")
    return [str(file) for file in sorted(path.rglob("*.*")) if file.is_file()] if path.is_dir() else [str(path)]
