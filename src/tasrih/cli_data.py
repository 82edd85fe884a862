"""Commands over data: check a set, list the catalogue, rows, Label Studio, and the report across many articles."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasrih.cli_streams import check_outputs, json_line, tell
from tasrih.errors import MissingExtraError
from tasrih.render.plain import line
from tasrih.writing import whole_file, write_whole

if TYPE_CHECKING:
    from tasrih.interchange import Article
    from tasrih.results import Document
    from tasrih.selection import Selection

data = typer.Typer(help="Check data sets, and list the public ones.", no_args_is_help=True)
label_studio = typer.Typer(help="Label Studio: statements out, corrected labels back.", no_args_is_help=True)

Articles = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help="Files or folders of articles (.txt, .jsonl, .csv, ...), or tagged JSONL."),
]
ModelName = Annotated[str | None, typer.Option("--model", help="A bundled model, a folder, or a hub id.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(data, name="data")
    app.add_typer(label_studio, name="label-studio")
    app.command()(rows)
    app.command()(report)


@data.command("list")
def list_sets(
    task: Annotated[str | None, typer.Option(help="Sets for one task only, such as topic or stance.")] = None,
    root: Annotated[Path | None, typer.Option(help="The data root; else TASRIH_DATA or ../shared/data.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a set.")] = False,
) -> None:
    """List public Arabic sets: size, licence, citation, where to get each, and whether it is here."""
    from dataclasses import asdict

    from tasrih.data.catalogue import listed
    from tasrih.data.corpus import data_root

    place = root or data_root()
    entries = [(entry, entry.path(place)) for entry in listed(task)]
    if as_json:
        for entry, path in entries:
            print(json_line({**asdict(entry), "path": None if path is None else str(path)}))
        return
    table = _table("task", "set", "size", "licence", "cite", "get it from", "under the data root", "here")
    for entry, path in entries:
        name = f"{entry.name}: {entry.note}" if entry.note else entry.name
        here = "yes" if path is not None else "no"
        table.add_row(entry.task, name, entry.size, entry.licence, entry.citation, entry.source, entry.folder, here)
    _console(180).print(table)
    here = sum(path is not None for _, path in entries)
    typer.echo(f"{len(entries)} sets, {here} of them under {place}")


@data.command("check")
def check_set(
    source: Annotated[str, typer.Argument(metavar="PATH", help="A file, a folder of splits, or a hub id.")],
    task: Annotated[
        str | None, typer.Option(help="statement, topic, stance, summary, pair, label or text; else guessed.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="OURS=THEIRS", help="A column by another name, such as text=body.")
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="THEIRS=OURS", help="A label of the set in the task's terms; again for more."),
    ] = None,
    config: Annotated[
        str | None, typer.Option(help="Configuration of a hub set that has several, such as arabic.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A bundled model, a folder, or a hub id, whose window lengths are held against; "
                                      "else the task's bundled one.")
    ] = None,
    near: Annotated[bool, typer.Option("--near/--no-near", help="Look for near duplicates between splits.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a finding.")] = False,
) -> None:
    """Check a labelled set: columns, labels, empty and repeated texts, leakage between splits, lengths."""
    from dataclasses import asdict

    from tasrih.data.checks import lengths
    from tasrih.data.corpus import data_root
    from tasrih.data.dataset import open_set
    from tasrih.data.findings import LEVELS, worst

    columns = pairs_of("--column", column, "text=body")
    mapped = pairs_of("--map", labels, "FAVOR=favor") if labels else None
    checked = open_set(source, task, root=data_root(), columns=columns, labels=mapped, near=near, config=config)
    found = [*checked.findings, *lengths(checked.splits, _reader(model, checked.form.task))]
    findings = sorted(found, key=lambda finding: LEVELS.index(finding.level))
    if as_json:
        for finding in findings:
            print(json_line(asdict(finding)))
    else:
        _show_findings(source, checked, findings)
    if worst(findings) == "error":
        raise typer.Exit(1)


def _show_findings(source: str, checked, findings) -> None:
    from collections import Counter

    told = ", ".join(f"{split} {len(rows):,}" for split, rows in checked.splits.items())
    typer.echo(line((f"{source}: {checked.form.task}; {told}",)))
    table = _table("", "check", "split", "rows", "finding", "such as")
    styles = {"error": "bold red", "warning": "yellow", "note": "dim"}
    for found in findings:
        examples = ", ".join(name if len(name) <= 32 else f"{name[:31]}…" for name in found.examples[:3])
        count = f"{found.count:,}" if found.count else ""
        cells = (found.level, found.check, found.split, count, found.message, examples)
        table.add_row(*(line((cell,)) for cell in cells), style=styles[found.level])
    _console(140).print(table)
    levels = Counter(found.level for found in findings)
    typer.echo(", ".join(f"{levels[level]} {level}{'' if levels[level] == 1 else 's'}" for level in styles))


def _reader(model: str | None, task: str):
    """The tokenizer of a model with its window, for the check of lengths: the task's bundled one, if none is named."""
    from tokenizers import Tokenizer

    from tasrih.data.checks import Reader
    from tasrih.models.files import bundled_models, is_exported, locate, open_folder
    from tasrih.text.normalise import normalise

    name = model or (task if task in bundled_models() else "topic")
    place = locate(name)
    if isinstance(place, Path) and is_exported(place):
        folder = open_folder(place)
        settings = folder["settings"]
        profile, window = settings["profile"], settings.get("max_length") or settings["max_source"]
        tokenizer = Tokenizer.from_file(str(folder.file("tokenizer.json")))
    else:
        try:
            from transformers import AutoConfig

            from tasrih.models.auto_tokenizer import longest_window
            from tasrih.training.bases import base_profile, open_pretrained, open_tokenizer
        except ImportError:
            raise MissingExtraError("transformers", "train", "the window of a transformers model") from None
        whole, shape = open_tokenizer(str(place)), open_pretrained(AutoConfig, str(place))
        stored = getattr(shape, "tasrih", None) or {}
        profile = base_profile(str(place), whole)
        # a model of ours says what it reads at once; of others the inference takes no more than this
        window = stored.get("max_length") or min(512, longest_window(shape, whole))
        tokenizer = whole.backend_tokenizer
    tokenizer.no_truncation()

    def count(texts) -> list[int]:
        folded = [normalise(text, profile) for text in texts]
        return [len(encoded) for encoded in tokenizer.encode_batch_fast(folded)]

    return Reader(f"{name} model", window, count)


def rows(
    paths: Articles,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A .csv, .parquet or .jsonl file; else JSONL is printed.")
    ] = None,
    model: ModelName = None,
) -> None:
    """Give the statements of articles as rows of a table, one a sentence."""
    from tasrih.interchange import row_dict, statement_rows, write_rows

    faults = _Faults()
    read = _read(paths, model, faults, output)
    found = (row for article, document in read for row in statement_rows(article, document))
    if output is None:
        for row in found:
            print(json_line(row_dict(row)))
    else:
        typer.echo(f"wrote {write_rows(found, output):,} rows to {output}", err=True)
    faults.end()


@label_studio.command("export")
def export_tasks(
    paths: Articles,
    output: Annotated[Path, typer.Option("--output", "-o", help="JSON file of tasks to import in Label Studio.")],
    config: Annotated[
        Path | None, typer.Option(help="Where the labelling interface goes; else beside the tasks, as .xml.")
    ] = None,
    model: ModelName = None,
) -> None:
    """Write statements as tasks with pre-annotations, and the labelling interface for them."""
    from tasrih.label_studio import labelling_config, tasks

    faults = _Faults()
    count = 0
    interface = config or output.with_suffix(".xml")
    with whole_file(output) as place, place.open("w", encoding="utf-8", errors="backslashreplace") as out:
        out.write("[")
        for article, document in _read(paths, model, faults, output, interface):
            for task in tasks(article, document, model=model or "tasrih"):
                out.write((",\n" if count else "\n") + json.dumps(task, ensure_ascii=False))
                count += 1
        out.write("\n]\n")
    write_whole(interface, labelling_config())
    typer.echo(f"wrote {count:,} tasks to {output}, the labelling interface to {interface}", err=True)
    faults.end()


@label_studio.command("import")
def import_labels(
    export: Annotated[Path, typer.Argument(help="What Label Studio exported as JSON.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="JSONL file in the form of the statements set.")],
) -> None:
    """Turn corrected annotations into training rows; a task with a fault is named and left out."""
    from tasrih.label_studio import corrected, read_export

    check_outputs([export], output)
    faults = _Faults()
    count = 0
    with whole_file(output) as place, place.open("w", encoding="utf-8", errors="backslashreplace") as out:
        for result in corrected(read_export(export)):
            if result.row is None:
                faults.add(f"{result.task}: {result.fault}")
                continue
            out.write(json.dumps(result.row, ensure_ascii=False) + "\n")
            count += 1
    typer.echo(f"wrote {count:,} rows to {output}", err=True)
    faults.end()


def report(
    paths: Articles,
    html: Annotated[Path, typer.Option("--html", help="The page to write.")],
    title: Annotated[str | None, typer.Option(help="Heading of the page.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only articles of this day, such as 2015-07-21, or later.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="DAY", help="Only articles of this day or earlier.")] = None,
    word: Annotated[
        list[str] | None, typer.Option(help="Only articles that name this; given again, this or that.")
    ] = None,
    sentences: Annotated[int, typer.Option(help="The most sentences that the page shows.")] = 2000,
    model: ModelName = None,
) -> None:
    """Count acts across many articles: over time, by speaker, by target, with the sentences, as one page."""
    from tasrih.corpus_report import CorpusCounter
    from tasrih.render.corpus_page import corpus_page
    from tasrih.selection import Selection

    selection = Selection(since, until, tuple(word or ()))
    counter, faults = CorpusCounter(sentences=sentences), _Faults()
    for article, document in _read(paths, model, faults, html, with_faults=True, choose=selection):
        counter.add(article, document)
    write_whole(html, corpus_page(counter.report(), title=title, selection=selection))
    typer.echo(f"wrote {html}", err=True)
    faults.end()


class _Faults:
    """Faults that do not stop the work: each is one line on stderr, and the exit code is 1 at the end."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, message: str) -> None:
        self.count += 1
        tell(message)

    def end(self) -> None:
        if self.count:
            raise typer.Exit(1)


def _read(
    paths: list[Path], model: str | None, faults: _Faults, *outputs: Path | None, with_faults: bool = False,
    choose: Selection | None = None,
) -> Iterator[tuple[Article, Document]]:  # fmt: skip
    """Read the chosen articles and tag them; what cannot be read is told of, and passed on where that is asked for."""
    from tasrih.interchange import article_files, read_articles, with_documents

    files = article_files(paths)  # a missing path is told of before any model is opened
    check_outputs(files, *outputs)

    def tag(texts: list[str]) -> list[Document]:
        from tasrih.api import tag as verb

        return verb(texts, model=model)

    articles = read_articles(files)
    pairs = with_documents(articles if choose is None else choose(articles), tag)
    for article, document in _progress(pairs):
        if document is None:
            faults.add(article.error or f"{article.id} cannot be read")
        if document is not None or with_faults:
            yield article, document


def _progress(pairs: Iterator) -> Iterator:
    if not sys.stderr.isatty():
        return pairs
    from rich.console import Console
    from rich.progress import track

    return track(pairs, description="articles", total=None, console=Console(stderr=True), transient=True)


def _table(*heads: str):
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        table.add_column(head, overflow="fold", justify="right" if head == "rows" else "left")
    return table


def _console(width: int):
    """A console as wide as the terminal, and wide enough for a table where the output is no terminal."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False, width=None if sys.stdout.isatty() else width)


def pairs_of(option: str, given: list[str] | None, example: str) -> dict[str, str]:
    """Read the pairs that an option was given, ``NAME=NAME`` each."""
    for pair in given or ():
        if "=" not in pair:
            raise typer.BadParameter(f"{option} {pair}: give a pair, such as {example}")
    return dict(pair.split("=", 1) for pair in given or ())
