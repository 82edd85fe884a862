"""The command line: one command a verb, plain text or JSONL in, tables, JSON or JSONL out."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tasrih.cli_data import pairs_of, register
from tasrih.cli_streams import InputError, check_outputs, find_files, leave_pipe, run_stream, tell
from tasrih.data.limits import VARIABLE, Limits
from tasrih.errors import MissingExtraError, ModelError
from tasrih.hub_ids import quiet_hub
from tasrih.writing import write_whole

if TYPE_CHECKING:
    from tasrih.begun import Option

app = typer.Typer(
    name="tasrih", add_completion=False, pretty_exceptions_enable=False,
    help="Read Arabic news: topics, statements, stances and summaries, offline.",
)  # fmt: skip

Inputs = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Files, folders, or - for standard input.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object an article.")]
AsLines = Annotated[bool, typer.Option("--jsonl", help='Take the input as JSONL: one object a line, its "text" read.')]
Plain = Annotated[bool, typer.Option("--plain", help="Print lines for grep and awk: fields parted by tabs.")]
ModelName = Annotated[str | None, typer.Option("--model", help="A bundled model, a folder, or a hub id.")]
EngineName = Annotated[str | None, typer.Option("--engine", help="onnx, openvino, torch, or auto: the fastest here.")]
Workers = Annotated[int | None, typer.Option("--num-workers", help="Threads that compute; by default one a core.")]
Output = Annotated[
    Path | None, typer.Option("--output", help="Write JSON lines to this file; FILE.part until they are complete.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with what an interrupted run left of --output.")]


@app.callback()
def _bounds(
    limits: Annotated[
        str | None,
        typer.Option(
            "--limits", metavar="NAME=SIZE,...", show_default=False,
            help="Bounds on what files may hold: row, file, unpacked, ratio, as in row=64MiB. Also TASRIH_LIMITS.",
        ),
    ] = None,
) -> None:  # fmt: skip
    if limits is not None:
        Limits.parse(limits)
        os.environ[VARIABLE] = limits  # for whatever reads files, and the processes that it starts


def _console():
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def _run(
    paths: list[str], as_lines: bool, as_json: bool, verb: Callable[[Iterator[str]], Iterator],
    show: Callable[[object], None], output: Path | None = None, resume: bool = False,
    plain: Callable[[object], Iterable[tuple[str, ...]]] | None = None, options: dict[str, Option] | None = None,
) -> None:  # fmt: skip
    from tasrih.render.plain import line

    if plain is not None and (as_json or output is not None):
        raise typer.BadParameter("give either --plain or --json/--output")
    lines = None if plain is None else lambda result: map(line, plain(result))
    fine = run_stream(
        paths, verb, show, as_lines=as_lines, as_json=as_json, output=output, resume=resume, plain=lines,
        options=options,
    )  # fmt: skip
    if not fine:
        raise typer.Exit(1)


def _check_page(html: Path | None, paths: list[str], as_lines: bool) -> None:
    if html is not None and as_lines:
        raise typer.BadParameter("give either --html or --json/--jsonl/--plain")
    if html is not None:
        files = find_files(paths)
        if len(files) > 1:
            raise InputError("--html takes one article: give one file")
        check_outputs(files, html)


def _write_page(result, path: Path) -> None:
    from tasrih.render.html import page

    write_whole(path, page(result))
    typer.echo(f"wrote {path}", err=True)


@app.command()
def read(
    paths: Inputs,
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page instead, one article a page.")] = None,
    jsonl: AsLines = False,
    plain: Plain = False,
) -> None:
    """Take an article apart: topic, tagged statements, speakers, stances, and a summary."""
    from tasrih.api import read as verb
    from tasrih.render.plain import document_fields

    def show(document) -> None:
        from tasrih.render.terminal import print_document

        if html is None:
            print_document(document, _console())
        else:
            _write_page(document, html)

    _check_page(html, paths, as_json or jsonl or plain)
    _run(paths, jsonl, as_json, verb, show, plain=document_fields if plain else None)


@app.command()
def classify(
    paths: Inputs,
    task: Annotated[
        str | None, typer.Option(help="topic, stance or statement; by default what the model does, or topic.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="What the stance is to.")] = None,
    model: ModelName = None,
    abstain: Annotated[bool, typer.Option("--abstain", help="Give no label where the model is unsure.")] = False,
    as_json: AsJson = False,
    jsonl: AsLines = False,
    plain: Plain = False,
    output: Output = None,
    resume: Resume = False,
    engine: EngineName = None,
    num_workers: Workers = None,
) -> None:
    """Give each article its topic, its stance to a target, or its statement tags."""
    from tasrih.api import DEFAULT_MODELS, load
    from tasrih.api import classify as verb
    from tasrih.begun import options_of
    from tasrih.render.plain import prediction_fields

    if task is None and model is None:
        task = "topic"

    def done() -> str:
        return task or load(model, engine=engine).task  # the one that made the prediction, open already

    def show(prediction) -> None:
        from tasrih.render.terminal import prediction_line

        _console().print(prediction_line(prediction, done()), soft_wrap=True)

    def work(texts: Iterator[str]) -> Iterator:
        return verb(texts, task, target=target, model=model, abstain=abstain, engine=engine, num_workers=num_workers)

    def fields(prediction) -> Iterator[tuple[str, ...]]:
        return prediction_fields(prediction, done())

    options = None
    if output is not None:
        named = DEFAULT_MODELS.get(task) if model is None else model
        options = options_of("classify", named, engine=engine, task=task, target=target, abstain=abstain)
    _run(paths, jsonl, as_json, work, show, output, resume, fields if plain else None, options)


@app.command()
def explain(
    paths: Inputs,
    label: Annotated[str, typer.Option(help="The label to explain, such as sport, security_support or conditional.")],
    task: Annotated[str | None, typer.Option(help="topic, stance or statement; by default the label's.")] = None,
    target: Annotated[str | None, typer.Option(help="For stance, what the stance is to.")] = None,
    model: ModelName = None,
    method: Annotated[str, typer.Option(help="auto, occlusion or integrated_gradients.")] = "auto",
    html: Annotated[Path | None, typer.Option("--html", help="Write a page instead, one text a page.")] = None,
    as_json: AsJson = False,
    jsonl: AsLines = False,
    plain: Plain = False,
    engine: EngineName = None,
) -> None:
    """Say what each word of a text adds to a label's probability."""
    from tasrih.api import explain as verb
    from tasrih.render.plain import explanation_fields

    def show(explanation) -> None:
        from tasrih.render.explanation import print_explanation

        if html is None:
            print_explanation(explanation, _console())
        else:
            _write_page(explanation, html)

    def work(texts: Iterator[str]) -> Iterator:
        return verb(texts, label, task=task, target=target, model=model, method=method, engine=engine)

    _check_page(html, paths, as_json or jsonl or plain)
    _run(paths, jsonl, as_json, work, show, plain=explanation_fields if plain else None)


@app.command()
def tag(
    paths: Inputs,
    model: ModelName = None,
    as_json: AsJson = False,
    jsonl: AsLines = False,
    plain: Plain = False,
    output: Output = None,
    resume: Resume = False,
    engine: EngineName = None,
    num_workers: Workers = None,
) -> None:
    """Tag the statements of each article."""
    from tasrih.api import DEFAULT_MODELS
    from tasrih.api import tag as verb
    from tasrih.begun import options_of
    from tasrih.render.plain import document_fields

    def show(document) -> None:
        from tasrih.render.terminal import print_document

        print_document(document, _console())

    def work(texts: Iterator[str]) -> Iterator:
        return verb(texts, model=model, engine=engine, num_workers=num_workers)

    options = options_of("tag", model or DEFAULT_MODELS["statement"], engine=engine) if output is not None else None
    _run(paths, jsonl, as_json, work, show, output, resume, document_fields if plain else None, options)


@app.command()
def summarise(
    paths: Inputs,
    style: Annotated[str, typer.Option(help="headline or brief.")] = "headline",
    max_words: Annotated[int | None, typer.Option(help="The most words.")] = None,
    min_words: Annotated[int, typer.Option(help="The fewest words, as far as the text has them.")] = 1,
    method: Annotated[str, typer.Option(help="auto, abstractive or extractive.")] = "auto",
    grounded: Annotated[
        bool, typer.Option("--grounded/--free", help="Let the model write words of the text and function words only.")
    ] = True,
    beams: Annotated[int | None, typer.Option(help="Width of the model's search; 1 is greedy.")] = None,
    length_penalty: Annotated[float | None, typer.Option(help="Higher for longer summaries by the model.")] = None,
    model: ModelName = None,
    as_json: AsJson = False,
    jsonl: AsLines = False,
    plain: Plain = False,
) -> None:
    """Bring each article down to a headline or a brief."""
    from tasrih.api import summarise as verb
    from tasrih.render.plain import printable, summary_fields

    def work(texts: Iterator[str]) -> Iterator:
        return verb(
            texts, style=style, max_words=max_words, min_words=min_words, method=method, grounded=grounded,
            beams=beams, length_penalty=length_penalty, model=model,
        )  # fmt: skip

    def show(summary) -> None:
        typer.echo(printable(summary.text))

    _run(paths, jsonl, as_json, work, show, plain=summary_fields if plain else None)


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
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what is installed, which engine would compute and why, and where models and data come from."""
    from tasrih.doctor import examine

    found = examine()
    typer.echo(json.dumps(found.to_dict(), indent=1, ensure_ascii=False) if as_json else found.report())
    if found.faults:
        raise typer.Exit(1)


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="A YAML file of configs/.")],
    changes: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE...", help="Settings to change, or YAML files to put over it."),
    ] = None,
) -> None:
    """Train what a config describes: corpora, encoder, classifier or summariser."""
    from tasrih.training.recipes import load_recipe, run_recipe

    typer.echo(json.dumps(run_recipe(load_recipe(config, changes or [])), indent=1, default=float))


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="A bundled model, a folder, or a hub id.")],
    data: Annotated[
        str | None,
        typer.Argument(help="A set under the data root, such as statements; a file or folder of files; a hub id."),
    ] = None,
    split: Annotated[str, typer.Option(help="The split to score.")] = "test",
    column: Annotated[
        list[str] | None, typer.Option(metavar="OURS=THEIRS", help="A column by another name, such as text=body.")
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="THEIRS=OURS", help="A label of the set in the model's terms; again for more."),
    ] = None,
    config: Annotated[
        str | None, typer.Option(help="Configuration of a hub set that has several, such as arabic.")
    ] = None,
    spans: Annotated[bool, typer.Option("--spans", help="Score speakers and targets instead of labels.")] = False,
    against: Annotated[str | None, typer.Option(help="Another model, compared on the same texts.")] = None,
    more: Annotated[
        list[str] | None,
        typer.Option(help="A file of labels that the model was trained on too, for a second baseline; again for more."),
    ] = None,
    spelling: Annotated[bool, typer.Option("--spelling", help="Score how labels move with spelling.")] = False,
    folds: Annotated[
        bool, typer.Option("--folds", help="Score what a run with folds said of the rows that each fold left out.")
    ] = False,
    style: Annotated[str, typer.Option(help="headline, or brief: what a summariser is scored on.")] = "headline",
    output: Annotated[Path | None, typer.Option(help="Write the figures as JSON.")] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write metrics.json and report.html there, such as runs/topic/report; it holds texts."),
    ] = None,
) -> None:
    """Score a model on a labelled set, baselines, intervals and another model beside it."""
    from tasrih.data.labelled_source import Source
    from tasrih.evaluation.evaluate import evaluate as score
    from tasrih.evaluation.spans import evaluate_spans
    from tasrih.evaluation.spelling import evaluate_spelling
    from tasrih.render.plain import printable

    if sum((spans, spelling, folds, against is not None or bool(more))) > 1:
        raise typer.BadParameter("--against and --more compare labels: give these, --spans, --spelling or --folds")
    if folds == (data is not None):
        told = "a run with --folds is scored on what it was trained on: leave DATA out" if folds else "give DATA, a set"
        raise typer.BadParameter(told)
    if (spans or spelling or folds) and (column or labels or config):
        told = "--column, --map and --config are for the labels of a set: leave them out here"
        raise typer.BadParameter(told)
    check_outputs([None if data is None else Path(data)], output)
    if folds:
        from tasrih.training.out_of_fold import evaluate_out_of_fold

        found = evaluate_out_of_fold(model)
    elif spans:
        found = evaluate_spans(model, data, split)
    elif spelling:
        found = evaluate_spelling(model, data, split)
    else:
        columns = pairs_of("--column", column, "text=body")
        reference = "summary" if style == "brief" else "title"  # what a summariser is scored against
        if unknown := sorted({*columns} - {"text", "label", "target", "id", reference}):
            told = f"choose from text, label, target, id; for a summariser text, {reference}, id"
            raise typer.BadParameter(f"--column {unknown[0]}: {told}")
        if reference in columns:
            columns["label"] = columns.pop(reference)
        source = Source(data, split, config, **columns, labels=pairs_of("--map", labels, "FAVOR=favor"))
        found = score(model, source, split, against=against, more=more or (), style=style)
    typer.echo(printable(found.table()))
    figures = json.dumps(found.to_dict(), indent=1, ensure_ascii=False) + "\n"
    for path in filter(None, (output, report and report / "metrics.json")):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, figures)
    if report is not None:
        from tasrih.render.report import report_page

        page = report / "report.html"
        write_whole(page, report_page(found.to_dict(), [asdict(error) for error in found.errors]))
        typer.echo(f"wrote {page}", err=True)


@app.command()
def card(
    folder: Annotated[Path, typer.Argument(help="What `tasrih train` or `tasrih export` saved.")],
    figures: Annotated[
        list[Path] | None,
        typer.Argument(metavar="METRICS...", help="JSON files of `tasrih evaluate`, or report folders."),
    ] = None,
    licence: Annotated[str, typer.Option("--license", help="The hub's id of the weights' licence, such as mit.")] = ...,
    title: Annotated[str | None, typer.Option(help="Heading; by default the task's.")] = None,
    output: Annotated[Path | None, typer.Option(help="By default README.md in the folder.")] = None,
) -> None:
    """Write the model card of a trained model from its stored settings and figures."""
    from tasrih.evaluation.cards import folder_card

    place = output or folder / "README.md"
    write_whole(place, folder_card(folder, figures or [], licence, title=title))
    typer.echo(f"wrote {place}", err=True)


@app.command()
def push(
    folder: Annotated[Path, typer.Argument(help="A model folder with its card.")],
    repository: Annotated[str, typer.Argument(metavar="OWNER/MODEL", help="Where on the hub; made if need be.")],
    private: Annotated[bool, typer.Option("--private", help="Make it private.")] = False,
) -> None:
    """Send a model and its card to the Hugging Face hub (needs a token)."""
    from tasrih.evaluation.hub import push as send

    typer.echo(send(folder, repository, private=private))


@app.command()
def export(
    source: Annotated[Path, typer.Argument(help="What `tasrih train` saved.")],
    output: Annotated[Path, typer.Argument(help="Folder for the small model.")],
    encoder: Annotated[bool, typer.Option("--encoder", help="Save a pretrained encoder in bfloat16 instead.")] = False,
) -> None:
    """Turn a trained model into one that runs without torch."""
    from tasrih.models.summariser import Summariser
    from tasrih.training.export import RANKER, export_classifier, export_encoder, export_ranker
    from tasrih.training.export_summariser import export_summariser

    if encoder:
        done = export_encoder(source, output)
    elif (source / RANKER).is_file():
        done = export_ranker(source, output)
    else:
        done = (export_summariser if Summariser.is_one(source) else export_classifier)(source, output)
    typer.echo(f"wrote {done}", err=True)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; only this machine reaches the default.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
) -> None:
    """Serve the web page and the HTTP API."""
    from tasrih.serving.server import serve as run

    run(host, port)


register(app)


def _fail(message: str, code: int) -> int:
    tell(message)
    return code


class _Told(logging.Handler):
    """Prints what the library logs, such as which engine ``auto`` came to, a line each on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        tell(record.getMessage())


# typer keeps a click of its own in newer versions: its exceptions are found by what typer gives out
_UsageError = typer.BadParameter.__base__


def main() -> None:
    """Run the command line; every foreseen fault is one line on stderr and exit code 1, wrong usage 2."""
    logger = logging.getLogger("tasrih")
    logger.setLevel(logging.INFO)
    logger.addHandler(_Told())
    quiet_hub()
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False) or 0
        code = 1 if code == 130 else code  # newer versions of typer answer Ctrl-C with 130
        sys.stdout.flush()
    except _UsageError as error:
        code = _fail(f"{error.format_message()} (see `tasrih --help`)", 2)
    except BrokenPipeError:
        leave_pipe()
        code = 0
    except (KeyboardInterrupt, typer.Abort):
        code = 1
    except (InputError, ModelError, MissingExtraError, OSError) as error:
        code = _fail(str(error), 1)
    except ValueError as error:
        code = _fail(str(error), 2)
    sys.exit(code)


if __name__ == "__main__":
    main()
