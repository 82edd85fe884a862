"""Stand-off labels: what was labelled in a corpus, as offsets into its articles, without their text.

A corpus may not be copied, labels made on it may: a line names the article, the place of the sentence in
it, and the labels; the text comes from the corpus under the data root when the labels are read.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tasrih.data.corpus import data_root, read_rows
from tasrih.data.guard import fingerprint
from tasrih.data.labelled import MarkedSpan, Row
from tasrih.schemes import STANCE, STATEMENT


def write_standoff(path: str | Path, rows: Iterable[tuple[str, str, int, Row]]) -> int:
    """Save labelled sentences of a corpus without their text.

    Args:
        path: the JSONL file to write.
        rows: ``(corpus file, article id, start of the sentence in the article's text, row)`` each.

    Returns:
        How many were written.
    """
    number = 0
    with open(path, "w", encoding="utf-8") as out:
        for corpus, article, start, row in rows:
            line = {
                "corpus": corpus, "article": article, "start": start, "end": start + len(row.text),
                "print": fingerprint(row.text).hex(),
                "labels": list(row.labels), "spans": [[span.start, span.end, span.label] for span in row.spans],
            }  # fmt: skip
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            number += 1
    return number


def read_standoff(path: str | Path, root: str | Path | None = None) -> Iterator[Row]:
    """Join stand-off labels with the sentences that they were made on.

    Args:
        path: the JSONL file.
        root: the data root, whose ``corpus/`` holds the articles; None takes ``data_root()``.

    Yields:
        One row a sentence, in the order of the corpus.

    Raises:
        FileNotFoundError: if the file or a corpus that it names is not there.
        ValueError: if a label is unknown, an article is missing, or its text is not the one that was labelled.
    """
    wanted: dict[str, dict[str, list[dict]]] = defaultdict(lambda: defaultdict(list))
    for line in read_rows(path):
        known = (*STATEMENT.names, "conditional", "speaker", *STANCE.names)
        for label in (*line["labels"], *(span[2] for span in line["spans"])):
            if label not in known:
                raise ValueError(f"{path}, {line['article']}: unknown label {label!r}: choose from {', '.join(known)}")
        wanted[line["corpus"]][line["article"]].append(line)
    for corpus, articles in wanted.items():
        for article in read_rows(Path(root or data_root()) / "corpus" / corpus):
            for line in articles.pop(article["id"], ()):
                text = article["text"][line["start"] : line["end"]]
                if fingerprint(text).hex() != line["print"]:
                    raise ValueError(f"{path}: {corpus}, {article['id']} is not the text that was labelled")
                yield Row(
                    f"{article['id']}@{line['start']}", text, tuple(line["labels"]),
                    spans=tuple(MarkedSpan(*span) for span in line["spans"]), source=article.get("source"),
                )  # fmt: skip
        if articles:
            raise ValueError(f"{path}: {corpus} has no article {next(iter(articles))} ({len(articles)} are missing)")
