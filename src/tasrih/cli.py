"""The command line: one command a verb, plain text or JSONL in, tables, JSON or JSONL out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tasrih.errors import MissingExtraError, ModelError

app = typer.Typer(
    name="tasrih", add_completion=False, pretty_exceptions_enable=False,
    help="Read Arabic news: topics, statements, stances and summaries, offline.",
)  # fmt: skip

Inputs = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Files, folders, or - for standard input.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object an article.")]
AsLines = Annotated[bool, typer.Option("--jsonl", help='Take the input as JSONL: one object a line, its "text" read.')]
ModelName = Annotated[str | None, typer.Option("--model", help="A bundled model, a folder, or a hub id.")]


class InputError(Exception):
    """An input that cannot be read; its message is what the user sees."""


@dataclass(frozen=True, slots=True)
class Article:
    """One text of the input, or what was wrong with its line."""

    name: str
    text: str | None
    line: int | None = None
    error: str | None = None


def _decode(data: bytes, name: str) -> str:
    """Decode UTF-8, or say what the bytes look like instead."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{name} is UTF-16, not UTF-8: convert it with `iconv -f utf-16 -t utf-8`")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Arabic letters of windows-1256 lie in C0-ED; most bytes of an Arabic text are such
        high = [byte for byte in data[:4096] if byte >= 0x80]
        arabic = sum(0xC0 <= byte <= 0xED for byte in high)
        guess = "it looks like windows-1256; " if high and arabic / len(high) > 0.8 else ""
        raise InputError(
            f"{name} is not UTF-8 (byte 0x{data[error.start]:02X} at {error.start}): {guess}"
            "convert it with `iconv -f windows-1256 -t utf-8`"
        ) from None


def _lines(stream, name: str) -> Iterator[Article]:
    for number, raw in enumerate(stream, 1):
        if not raw.strip():
            continue
        try:
            row = json.loads(_decode(raw, f"line {number}"))
            if not isinstance(row, dict) or not isinstance(row.get("text"), str):
                raise InputError('expected an object with a "text" that is a string')
            yield Article(name, row["text"], number)
        except json.JSONDecodeError as error:
            yield Article(name, None, number, f"not JSON: {error.msg} at column {error.colno}")
        except InputError as error:
            yield Article(name, None, number, str(error))


def _files(paths: list[str]) -> list[Path | None]:
    """List every file to read, None for standard input; what is not there is reported before any work begins."""
    files: list[Path | None] = []
    for name in paths:
        path = Path(name)
        if name == "-":
            files.append(None)
        elif path.is_dir():
            inside = sorted(file for file in path.rglob("*") if file.suffix in (".txt", ".jsonl") and file.is_file())
            if not inside:
                raise InputError(f"{name} holds no .txt or .jsonl file")
            files += inside
        elif path.exists():
            files.append(path)
        else:
            raise InputError(f"{name} does not exist")
    return files


def _articles(files: list[Path | None], as_lines: bool) -> Iterator[Article]:
    """Read files in turn; one that cannot be read is passed on as its error, so that the others still are."""
    for path in files:
        name = "standard input" if path is None else str(path)
        try:
            with sys.stdin.buffer if path is None else open(path, "rb") as stream:
                if as_lines or (path is not None and path.suffix == ".jsonl"):
                    yield from _lines(stream, name)
                else:
                    yield Article(name, _decode(stream.read(), name))
        except (InputError, OSError) as error:
            yield Article(name, None, None, str(error))


def _console():
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def _write_json(value: dict) -> None:
    # surrogates cannot be written as UTF-8; JSON escapes them
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        line = json.dumps(value)
    print(line, flush=True)


def _run(
    paths: list[str], as_lines: bool, as_json: bool, verb: Callable[[Iterator[str]], Iterator],
    show: Callable[[object], None],
) -> None:  # fmt: skip
    """Send the input through a verb, results in order, bad lines in their place; ``show`` prints one for a reader."""
    files = _files(paths)
    articles = _articles(files, as_lines)
    waiting: list[Article] = []

    def texts() -> Iterator[str]:
        for article in articles:
            waiting.append(article)
            if article.text is not None:
                yield article.text

    failed = False

    def flush_errors() -> None:
        nonlocal failed
        while waiting and waiting[0].text is None:
            bad = waiting.pop(0)
            if bad.line is None:
                failed = True
                _fail(bad.error, 1)
            else:
                _write_json({"line": bad.line, "error": bad.error})

    try:
        for result in _progress(verb(texts())):
            flush_errors()
            article = waiting.pop(0)
            if as_json or article.line is not None:
                _write_json(result.to_dict())
            else:
                if len(files) > 1:
                    typer.echo(f"== {article.name}")
                show(result)
        flush_errors()
    except BrokenPipeError:
        # the reader has what it wanted; keep Python from flushing into the closed pipe at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if failed:
        raise typer.Exit(1)


def _progress(results: Iterator) -> Iterator:
    """Show a count on stderr where both it is a terminal and the output is not (a table needs no bar)."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return results
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TimeElapsedColumn

    def shown() -> Iterator:
        columns = (SpinnerColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("articles", total=None)
            for result in results:
                yield result
                bar.advance(task)

    return shown()


@app.command()
def read(
    paths: Inputs,
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page instead, one article a page.")] = None,
    jsonl: AsLines = False,
) -> None:
    """Take an article apart: topic, tagged statements, speakers, stances, and a summary."""
    from tasrih.api import read as verb

    def show(document) -> None:
        from tasrih.render.terminal import print_document

        if html is None:
            print_document(document, _console())
            return
        from tasrih.render.html import page

        html.write_text(page(document), encoding="utf-8")
        typer.echo(f"wrote {html}", err=True)

    if html is not None and (as_json or jsonl):
        raise typer.BadParameter("give either --html or --json/--jsonl")
    if html is not None and len(_files(paths)) > 1:
        raise InputError("--html takes one article: give one file")
    _run(paths, jsonl, as_json, verb, show)


@app.command()
def classify(
    paths: Inputs,
    task: Annotated[str, typer.Option(help="topic, stance or statement.")] = "topic",
    target: Annotated[str | None, typer.Option(help="What the stance is to.")] = None,
    model: ModelName = None,
    abstain: Annotated[bool, typer.Option("--abstain", help="Give no label where the model is unsure.")] = False,
    as_json: AsJson = False,
    jsonl: AsLines = False,
) -> None:
    """Give each article its topic, its stance to a target, or its statement tags."""
    from tasrih.api import classify as verb

    def show(prediction) -> None:
        from tasrih.render.terminal import prediction_line

        _console().print(prediction_line(prediction, task), soft_wrap=True)

    def work(texts: Iterator[str]) -> Iterator:
        return verb(texts, task, target=target, model=model, abstain=abstain)

    _run(paths, jsonl, as_json, work, show)


@app.command()
def tag(paths: Inputs, model: ModelName = None, as_json: AsJson = False, jsonl: AsLines = False) -> None:
    """Tag the statements of each article."""
    from tasrih.api import tag as verb

    def show(document) -> None:
        from tasrih.render.terminal import print_document

        print_document(document, _console())

    _run(paths, jsonl, as_json, lambda texts: verb(texts, model=model), show)


@app.command()
def summarise(
    paths: Inputs,
    style: Annotated[str, typer.Option(help="headline or brief.")] = "headline",
    max_words: Annotated[int | None, typer.Option(help="The most words.")] = None,
    method: Annotated[str, typer.Option(help="auto, abstractive or extractive.")] = "auto",
    model: ModelName = None,
    as_json: AsJson = False,
    jsonl: AsLines = False,
) -> None:
    """Bring each article down to a headline or a brief."""
    from tasrih.api import summarise as verb

    def work(texts: Iterator[str]) -> Iterator:
        return verb(texts, style=style, max_words=max_words, method=method, model=model)

    _run(paths, jsonl, as_json, work, lambda summary: typer.echo(summary.text))


@app.command()
def models() -> None:
    """List the bundled models."""
    from tasrih.models.files import PRETRAINED, bundled_models, open_folder

    for name in bundled_models():
        folder = open_folder(PRETRAINED / name)
        size = sum(facts["bytes"] for facts in folder["files"].values())
        task = folder["settings"].get("task", "summary")
        typer.echo(f"{name:12} {folder['kind']:11} {task:10} {size / 2**20:5.1f} MiB")


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="A YAML file of configs/.")],
    changes: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="Settings to change.")] = None,
) -> None:
    """Train what a config describes: corpora, encoder, classifier or summariser."""
    from tasrih.training.recipes import load_recipe, run_recipe

    typer.echo(json.dumps(run_recipe(load_recipe(config, changes or [])), indent=1, default=float))


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="A bundled model, a folder, or a hub id.")],
    data: Annotated[str, typer.Argument(help="A set under the data root, such as statements or topic_iptc.")],
    split: Annotated[str, typer.Option(help="The split to score.")] = "test",
    spans: Annotated[bool, typer.Option("--spans", help="Score speakers and targets instead of labels.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write the figures as JSON.")] = None,
) -> None:
    """Score a model on a labelled set, baseline and intervals beside it."""
    from tasrih.evaluation.evaluate import evaluate as score
    from tasrih.evaluation.spans import evaluate_spans

    report = (evaluate_spans if spans else score)(model, data, split)
    typer.echo(report.table())
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(report.to_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@app.command()
def export(
    source: Annotated[Path, typer.Argument(help="What `tasrih train` saved.")],
    output: Annotated[Path, typer.Argument(help="Folder for the small model.")],
    encoder: Annotated[bool, typer.Option("--encoder", help="Save a pretrained encoder in bfloat16 instead.")] = False,
) -> None:
    """Turn a trained model into one that runs without torch."""
    from tasrih.models.summariser import Summariser
    from tasrih.training.export import export_classifier, export_encoder, export_summariser

    if encoder:
        done = export_encoder(source, output)
    else:
        done = (export_summariser if Summariser.is_one(source) else export_classifier)(source, output)
    typer.echo(f"wrote {done}", err=True)


def _fail(message: str, code: int) -> int:
    print(f"tasrih: {message}", file=sys.stderr)
    return code


# typer keeps a click of its own in newer versions: its exceptions are found by what typer gives out
_UsageError = typer.BadParameter.__base__


def main() -> None:
    """Run the command line; every foreseen fault is one line on stderr and exit code 1, wrong usage 2."""
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False) or 0
        code = 1 if code == 130 else code  # newer versions of typer answer Ctrl-C with 130
        sys.stdout.flush()
    except _UsageError as error:
        code = _fail(f"{error.format_message()} (see `tasrih --help`)", 2)
    except (KeyboardInterrupt, typer.Abort):
        code = 1
    except (InputError, ModelError, MissingExtraError, OSError) as error:
        code = _fail(str(error), 1)
    except ValueError as error:
        code = _fail(str(error), 2)
    sys.exit(code)


if __name__ == "__main__":
    main()
