"""Stand-off labels: what was labelled in a corpus, as offsets into its articles, without their text.

A corpus may not be copied, labels made on it may: a line names the article, the place of the sentence in
it (none for the whole article), and the labels; the text comes from the corpus under the data root when
the labels are read.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tasrih.data.corpus import data_root, read_rows
from tasrih.data.guard import fingerprint
from tasrih.data.labelled import MarkedSpan, Row, article_text, stance_pairs
from tasrih.schemes import SCHEMES, STANCE

#: How the name of such a file ends.
SUFFIX = ".standoff.jsonl"


def write_standoff(path: str | Path, rows: Iterable[tuple[str, str, int | None, Row]]) -> int:
    """Save labelled texts of a corpus without their text.

    Args:
        path: the JSONL file to write.
        rows: ``(corpus file, article id, start of the sentence in the article's text, row)`` each; None for the start
            where the whole article, its headline on the first line, was labelled.

    Returns:
        How many were written.
    """
    number = 0
    with open(path, "w", encoding="utf-8") as out:
        for corpus, article, start, row in rows:
            line: dict = {"corpus": corpus, "article": article}
            if start is not None:
                line |= {"start": start, "end": start + len(row.text)}
            line |= {"print": fingerprint(row.text).hex(), "labels": list(row.labels)}
            if row.spans is not None:
                line["spans"] = [[span.start, span.end, span.label] for span in row.spans]
            if row.other:
                line["other"] = list(row.other)
            if row.soft is not None:
                line["soft"] = {label: round(float(value), 4) for label, value in row.soft.items()}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            number += 1
    return number


def read_standoff(path: str | Path, task: str, root: str | Path | None = None) -> Iterator[Row]:
    """Join stand-off labels with the texts that they were made on.

    Args:
        path: the JSONL file.
        task: ``topic``, ``statement``, or ``stance``: one row a target of statement labels then.
        root: the data root, whose ``corpus/`` holds the articles; None takes ``data_root()``.

    Yields:
        One row a text, in the order of the corpus.

    Raises:
        FileNotFoundError: if the file or a corpus that it names is not there.
        ValueError: if a label is unknown, an article is missing, or its text is not the one that was labelled.
    """
    names = SCHEMES["statement" if task == "stance" else task].names
    known = (*names, "conditional", "speaker", *STANCE.names)
    lines = list(read_rows(path))
    for line in lines:
        spans = (span[2] for span in line.get("spans", ()))
        for label in (*line["labels"], *line.get("other", ()), *line.get("soft", ()), *spans):
            if label not in known:
                raise ValueError(f"{path}, {line['article']}: unknown label {label!r}: choose from {', '.join(known)}")
    for line, article in join_articles(lines, path, root):
        row = _row(line, article)
        check_print(row.text, line, path)
        yield from stance_pairs(row) if task == "stance" else (row,)


def join_articles(
    lines: Iterable[dict], path: str | Path, root: str | Path | None = None
) -> Iterator[tuple[dict, dict]]:
    """Join lines that name an article with the article.

    Args:
        lines: each with ``corpus`` and ``article``.
        path: where they were read, for what is said of them.
        root: the data root, whose ``corpus/`` holds the articles; None takes ``data_root()``.

    Yields:
        A line and its article, in the order of the corpus.

    Raises:
        FileNotFoundError: if a corpus that they name is not there.
        ValueError: if an article is missing.
    """
    wanted: dict[str, dict[str, list[dict]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        wanted[line["corpus"]][line["article"]].append(line)
    for corpus, articles in wanted.items():
        for article in read_rows(Path(root or data_root()) / "corpus" / corpus):
            for line in articles.pop(article["id"], ()):
                yield line, article
        if articles:
            raise ValueError(f"{path}: {corpus} has no article {next(iter(articles))} ({len(articles)} are missing)")


def check_print(text: str, line: dict, path: str | Path) -> None:
    """Refuse a text that is not the one that a line's labels were made on, by its fingerprint."""
    if fingerprint(text).hex() != line["print"]:
        raise ValueError(f"{path}: {line['corpus']}, {line['article']} is not the text that was labelled")


def _row(line: dict, article: dict) -> Row:
    whole = "start" not in line
    return Row(
        article["id"] if whole else f"{article['id']}@{line['start']}",
        article_text(article) if whole else article["text"][line["start"] : line["end"]],
        tuple(line["labels"]),
        spans=tuple(MarkedSpan(*span) for span in line["spans"]) if "spans" in line else None,
        other=tuple(line.get("other", ())),
        source=article.get("source"),
        soft=line.get("soft"),
    )
