"""Articles in with what is known of them, statements out as rows of a table: CSV, Parquet or JSONL."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from tasrih.data.formats import SUFFIXES, suffix_of
from tasrih.data.limits import Limits, current_limits
from tasrih.data.texts import read_text, text_rows
from tasrih.errors import MissingExtraError
from tasrih.results import Document, Prediction, Span, Stance, Statement, Summary, Window
from tasrih.schemes import STATEMENT
from tasrih.writing import whole_file

#: Articles that are tagged at once; what is held in memory while a stream is read.
BATCH = 256

#: The labels that a row gives a probability for.
LABELS = (*STATEMENT.names, "conditional")

#: Suffixes of the files that articles are read from.
ARTICLE_SUFFIXES = (".txt", *SUFFIXES)


@dataclass(frozen=True, slots=True)
class Article:
    """One article to read, and what its row says of it.

    Attributes:
        id: its id, else its file and line.
        text: its text; None where the row has none.
        date: its date as the row writes it.
        source: the paper or agency.
        title: its headline.
        url: where it stands.
        document: what was found in it, where the row brings that along.
        error: why it cannot be read, or None.
    """

    id: str
    text: str | None
    date: str | None = None
    source: str | None = None
    title: str | None = None
    url: str | None = None
    document: Document | None = None
    error: str | None = None


def article_files(paths: Iterable[str | Path]) -> list[Path]:
    """List the files of articles in files and folders, before any work begins.

    Args:
        paths: files, or folders to look through.

    Returns:
        The files, those of a folder in the order of their names.

    Raises:
        FileNotFoundError: if a path does not exist, or a folder holds no article.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        inside = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix == ".txt" or suffix_of(p))
        if not inside:
            fault = f"holds none of {', '.join(ARTICLE_SUFFIXES)}" if path.is_dir() else "does not exist"
            raise FileNotFoundError(f"{path} {fault}")
        files += inside
    return files


def read_articles(paths: Iterable[str | Path], limits: Limits | None = None) -> Iterator[Article]:
    """Read articles one after another; what cannot be read, a line or a file, comes as an article with ``error``.

    Args:
        paths: files or folders: ``.txt`` (one article a file), or rows with ``text`` and, where they have them,
            ``id``, ``date``, ``source``, ``title`` and ``url``. A row that holds ``statements``, as ``tasrih tag``
            prints it, is taken as read.
        limits: what each file may hold; None takes ``current_limits()``.

    Yields:
        The articles.

    Raises:
        FileNotFoundError: if a path does not exist.
    """
    limits = limits or current_limits()
    for path in article_files(paths):
        try:
            yield from _articles(path, limits)
        except (ValueError, OSError) as error:
            yield Article(path.stem, None, error=str(error))


def _articles(path: Path, limits: Limits) -> Iterator[Article]:
    if suffix_of(path) is None:
        yield Article(path.stem, read_text(path, limits))
        return
    for found in text_rows(path, limits):
        name = f"{path.name}:{found.number}"
        if found.row is None:
            yield Article(name, None, error=f"{path}, line {found.number}: {found.error}")
        else:
            yield _article(found.row, name)


def _article(row: dict[str, Any], name: str) -> Article:
    facts = {key: str(row[key]) for key in ("date", "source", "title", "url") if row.get(key) not in (None, "")}
    identifier = name if row.get("id") in (None, "") else str(row["id"])
    try:
        document = document_from_dict(row) if isinstance(row.get("statements"), list) else None
    except ValueError as error:
        return Article(identifier, None, error=f"{name}: {error}")
    return Article(identifier, row["text"], **facts, document=document)


def with_documents(
    articles: Iterable[Article], tag: Callable[[list[str]], list[Document]]
) -> Iterator[tuple[Article, Document | None]]:
    """Put beside each article what is said in it, in bounded memory.

    Args:
        articles: the articles.
        tag: takes a list of texts and gives their documents, such as ``tasrih.tag``.

    Yields:
        Each article with its document: its own, where its row brought one along; None where it has an error.
    """
    stream = iter(articles)
    while batch := list(islice(stream, BATCH)):
        waiting = [article for article in batch if article.document is None and article.error is None]
        found = iter(tag([article.text for article in waiting]) if waiting else ())
        for article in batch:
            yield article, article.document if article.document or article.error else next(found)


def document_from_dict(row: Mapping[str, Any]) -> Document:
    """Read a document back from what ``Document.to_dict()`` gives.

    Args:
        row: the dictionary, or a row of JSON that holds one.

    Returns:
        The document.

    Raises:
        ValueError: if the row has not that form.

    Example:
        >>> document = Document("رحب الوزير.", statements=(Statement("رحب الوزير.", 0, 11, ("endorsement",)),))
        >>> document_from_dict(document.to_dict()) == document
        True
    """
    try:
        topic, summary = row.get("topic"), row.get("summary")
        return Document(
            row["text"],
            None if topic is None else _prediction(topic),
            tuple(map(_statement, row.get("statements") or ())),
            None
            if summary is None
            else Summary(**{**summary, "sources": tuple(Span(**s) for s in summary["sources"])}),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the JSON of a document, as `tasrih tag --json` prints it ({error!r})") from None


def _prediction(row: Mapping[str, Any]) -> Prediction:
    windows = tuple(Window(**window) for window in row.get("windows") or ())
    return Prediction(**{**row, "labels": tuple(row.get("labels") or ()), "windows": windows})


def _statement(row: Mapping[str, Any]) -> Statement:
    stances = tuple(Stance(Span(**s["target"]), s["label"], s["score"]) for s in row.get("stances") or ())
    speaker = None if row.get("speaker") is None else Span(**row["speaker"])
    return Statement(**{**row, "tags": tuple(row.get("tags") or ()), "speaker": speaker, "stances": stances})


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One sentence of an article as a row of a table; offsets index the article's text.

    Attributes:
        article: the article's id.
        date: its date.
        source: its paper.
        number: the sentence's number in it, from 1.
        start: its first character.
        end: one past its last.
        text: the sentence.
        tags: its acts, strongest first.
        conditional: whether an act depends on a stated condition.
        speaker: who performs the act.
        speaker_start: first character of the speaker.
        speaker_end: one past its last.
        speaker_inferred: whether the speaker was named in an earlier sentence.
        stances: ``target``, ``start``, ``end``, ``stance`` and ``score`` each.
        scores: every label's probability.
    """

    article: str
    date: str | None
    source: str | None
    number: int
    start: int
    end: int
    text: str
    tags: tuple[str, ...] = ()
    conditional: bool = False
    speaker: str | None = None
    speaker_start: int | None = None
    speaker_end: int | None = None
    speaker_inferred: bool = False
    stances: tuple[dict[str, Any], ...] = ()
    scores: dict[str, float] = field(default_factory=dict)


def statement_rows(article: Article, document: Document) -> Iterator[StatementRow]:
    """Give the statements of an article as rows.

    Args:
        article: the article.
        document: what was found in it.

    Yields:
        One row a sentence, in the order of the text.
    """
    for number, said in enumerate(document.statements, 1):
        speaker = said.speaker
        yield StatementRow(
            article.id, article.date, article.source, number, said.start, said.end, said.text, said.tags,
            said.conditional, *((None,) * 3 if speaker is None else (speaker.text, speaker.start, speaker.end)),
            said.speaker_inferred,
            tuple(
                {"target": t.text, "start": t.start, "end": t.end, "stance": label, "score": score}
                for t, label, score in ((stance.target, stance.label, stance.score) for stance in said.stances)
            ),
            said.scores,
        )  # fmt: skip


def row_dict(row: StatementRow) -> dict[str, Any]:
    """Give a row as plain JSON types."""
    return {**asdict(row), "tags": list(row.tags), "stances": list(row.stances)}


def write_rows(rows: Iterable[StatementRow], path: str | Path) -> int:
    """Write rows as they come, in the format of the file's suffix.

    CSV is UTF-8 with a byte order mark, so that spreadsheets show Arabic; tags are joined by ``|``, stances are JSON,
    and each label has a column of its own with its probability (``p_warning``). Parquet and JSONL keep lists.

    Args:
        rows: the rows.
        path: a ``.csv``, ``.parquet`` or ``.jsonl`` file.

    Returns:
        How many were written.

    Raises:
        ValueError: if the suffix is none of them.
        MissingExtraError: if Parquet is written without pyarrow.
    """
    path = Path(path)
    writers = {".csv": _write_csv, ".parquet": _write_parquet, ".jsonl": _write_jsonl}
    if path.suffix not in writers:
        raise ValueError(f"cannot write rows as {path.name}: give a name that ends in {', '.join(writers)}")
    with whole_file(path) as place:
        return writers[path.suffix](rows, place)


def _write_jsonl(rows: Iterable[StatementRow], path: Path) -> int:
    number = 0
    # a lone surrogate of a damaged text cannot be encoded; JSON can escape it
    with path.open("w", encoding="utf-8", errors="backslashreplace") as out:
        for row in rows:
            out.write(json.dumps(row_dict(row), ensure_ascii=False) + "\n")
            number += 1
    return number


def _write_csv(rows: Iterable[StatementRow], path: Path) -> int:
    names = [name for name in StatementRow.__slots__ if name != "scores"]
    number = 0
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as out:
        writer = csv.DictWriter(out, [*names, *(f"p_{label}" for label in LABELS)])
        writer.writeheader()
        for row in rows:
            number += 1
            cells = {name: getattr(row, name) for name in names}
            cells["tags"] = "|".join(row.tags)
            cells["stances"] = json.dumps(row.stances, ensure_ascii=False) if row.stances else ""
            writer.writerow({**cells, **{f"p_{label}": row.scores.get(label) for label in LABELS}})
    return number


def _write_parquet(rows: Iterable[StatementRow], path: Path) -> int:
    try:
        import pyarrow as pa
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingExtraError("pyarrow", "train", "writing Parquet") from None
    stance = [("target", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("stance", pa.string())]
    stance.append(("score", pa.float64()))
    kinds = {
        "number": pa.int64(), "start": pa.int64(), "end": pa.int64(), "speaker_start": pa.int64(),
        "speaker_end": pa.int64(), "tags": pa.list_(pa.string()), "conditional": pa.bool_(),
        "speaker_inferred": pa.bool_(), "stances": pa.list_(pa.struct(stance)),
        "scores": pa.struct([(label, pa.float64()) for label in LABELS]),
    }  # fmt: skip
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in StatementRow.__slots__])
    number = 0
    with parquet.ParquetWriter(path, schema) as writer:
        stream = iter(rows)
        while batch := [_encodable(row_dict(row)) for row in islice(stream, 4096)]:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
            number += len(batch)
    return number


def _encodable(row: dict[str, Any]) -> dict[str, Any]:
    """Replace lone surrogates, which no format but JSON can hold."""
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in row.items()
    }
