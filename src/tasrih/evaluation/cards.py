"""Model cards in the hub's form, put together from stored figures alone; no figure in them is typed by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasrih.errors import MissingExtraError, ModelError
from tasrih.evaluation.places import command_without_places, line_without_places, without_place, without_places
from tasrih.hub_ids import is_hub_id
from tasrih.schemes import SCHEMES

#: Score to the hub's id of the metric; a score that is not here stands in the card's tables alone.
HUB_METRICS = {
    "accuracy": "accuracy", "macro_f1": "f1", "micro_f1": "f1", "weighted_f1": "f1", "exact": "exact_match",
    "mcc": "matthews_correlation", "brier": "brier_score", "rouge_1": "rouge", "rouge_2": "rouge", "rouge_l": "rouge",
    "chrf_pp": "chrf", "speaker_exact_f1": "f1", "target_overlap_f1": "f1",
}  # fmt: skip

_TAG = re.compile(r"<(?=[a-zA-Z/!?])")

PIPELINES = {"topic": "text-classification", "statement": "text-classification", "stance": "text-classification",
             "summary": "summarization"}  # fmt: skip


@dataclass(frozen=True)
class Card:
    """What a card says beside its figures.

    Attributes:
        name: the model's name.
        title: heading.
        does: what the model does.
        licence: the hub's id of the licence, such as ``cc-by-nc-sa-4.0``.
        terms: the licence in a sentence.
        pipeline: the hub's task.
        data: what it was trained on, a line each.
        datasets: names of these sets for the metadata.
        recipe: commands that made it.
        limits: what it does less well, a line each.
        base: the model that it was fine-tuned from, for the metadata.
        note: said before the figures.
    """

    name: str
    title: str
    does: str
    licence: str
    terms: str
    pipeline: str
    data: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    recipe: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    base: str | None = None
    note: str = ""


def write_card(card: Card, reports: Sequence[dict], training: dict | None = None) -> str:
    """Put one card together.

    Args:
        card: what it says beside its figures.
        reports: what ``tasrih evaluate`` stored, one a set.
        training: what ``tasrih train`` stored as ``train_metrics.json``.

    Returns:
        The card, in Markdown with the hub's YAML head (``model-index`` among it).

    Raises:
        ModelError: if a report is not one.
        MissingExtraError: without huggingface_hub.
    """
    for report in reports:
        if missing := [key for key in ("data", "split", "size", "scores") if key not in report]:
            raise ModelError(f"the figures of {card.name} lack {', '.join(missing)}: make them with `tasrih evaluate`")
    lines = [
        "",
        f"# {card.title} (`{card.name}`)",
        "",
        card.does,
        "",
        card.terms,
    ]
    if card.data:
        lines += ["", "## What it has read", "", *(f"- {item}" for item in card.data)]
    if training is not None:
        lines += [
            "", "No text of a validation or test set was trained on (ids, and the first 150 letters folded). What the "
            "guard took out, and the figures of the run:", "", "```json",
            json.dumps(without_places(training), indent=1, ensure_ascii=False).replace("<", "\\u003c"), "```",
        ]  # fmt: skip
    if card.recipe:
        lines += ["", "## How it was made", "", *(f"- {step}" for step in card.recipe)]
    if reports:
        lines += ["", "## Figures", "", f"95 % bootstrap intervals (1,000 resamples of the texts). {card.note}".strip()]
    for report in reports:
        lines += ["", *_figures(report)]
    if card.limits:
        lines += ["", "## Limits", "", *(f"- {item}" for item in card.limits)]
    # names come from folders and data of anybody's; in Markdown an element of HTML would be one
    body = _TAG.sub("&lt;", "\n".join([*lines, ""]))
    return f"---\n{metadata(card, reports)}\n---\n{body}"


def metadata(card: Card, reports: Sequence[dict]) -> str:
    """Write the hub's YAML head of a card, without its fences.

    Args:
        card: what the card says.
        reports: stored figures; each score of the model that ``HUB_METRICS`` names becomes an entry of
            ``model-index``.

    Returns:
        The YAML.

    Raises:
        MissingExtraError: without huggingface_hub.
    """
    try:
        from huggingface_hub import EvalResult, ModelCardData
    except ImportError:
        raise MissingExtraError("huggingface_hub", "train", "writing a card's metadata") from None
    results = [
        EvalResult(
            task_type=card.pipeline, dataset_type=data, dataset_name=data, dataset_split=report["split"],
            metric_type=HUB_METRICS[name], metric_name=name, metric_value=value["value"],
        )
        for report in reports
        for data in (without_place(report["data"]),)
        for name, value in report["scores"].get("model", {}).items()
        if name in HUB_METRICS
    ]  # fmt: skip
    return ModelCardData(
        language="ar", license=card.licence, library_name="tasrih", pipeline_tag=card.pipeline, tags=["arabic", "news"],
        base_model=card.base, datasets=list(card.datasets) or None,
        metrics=list(dict.fromkeys(result.metric_type for result in results)) or None,
        model_name=card.name if results else None, eval_results=results or None,
    ).to_yaml()  # fmt: skip


def interval(value: dict) -> str:
    """Write a stored score with its interval."""
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def _figures(report: dict) -> list[str]:
    lines = [f"### `{without_place(report['data'])}`, {report['split']} split, {report['size']:,} texts", ""]
    if report.get("difference"):
        lines += [_verdict(report["difference"], report.get("baselines")), ""]
    lines += [*_table(report), "", *(f"{line_without_places(note)}\n" for note in report.get("notes") or ())]
    return [*lines, f"Made by `{command_without_places(report['command'])}`."]


def _table(report: dict) -> list[str]:
    columns = [(without_place(system), _cells(scores)) for system, scores in report["scores"].items()]
    if report.get("difference"):
        columns.append(("difference", _cells(report["difference"], report.get("baselines"))))
    if report.get("against"):
        columns.append((f"less {without_place(report['against']['model'])}", _cells(report["against"]["difference"])))
    names = list(dict.fromkeys(name for _, scores in columns for name in scores))
    if len(columns) > 4 * len(names):  # many systems, few scores: a row a system
        turned = {name: {head: scores[name] for head, scores in columns if name in scores} for name in names}
        columns, names = list(turned.items()), [head for head, _ in columns]
    lines = ["| " + " | ".join(["score", *(head for head, _ in columns)]) + " |", "|" + " --- |" * (len(columns) + 1)]
    for name in names:
        lines.append("| " + " | ".join([name, *(cells.get(name, "") for _, cells in columns)]) + " |")
    return lines


def _cells(scores: dict, baselines: dict[str, str] | None = None) -> dict[str, str]:
    """Write scores with their intervals; and of a difference what it is to, where the figures tell."""
    told = {name: f" to {baseline}" for name, baseline in (baselines or {}).items()}
    return {name: interval(value) + told.get(name, "") for name, value in scores.items()}


def _verdict(differences: dict, baselines: dict[str, str] | None) -> str:
    """Say in words whether the model is above its baseline, for the first score of the table."""
    name, difference = next(iter(differences.items()))
    told = f"{name} ({baselines[name]})" if baselines else name
    if difference["low"] > 0:
        return f"Above its baseline in {told}; the interval of the difference excludes 0."
    if difference["high"] < 0:
        return f"**Below its baseline** in {told}; the interval of the difference excludes 0."
    return f"**Not shown to be above its baseline** in {told}: the interval of the difference holds 0."


def read_figures(path: Path) -> dict:
    """Read stored figures.

    Args:
        path: a JSON file of ``tasrih evaluate``, or the folder of a report.

    Returns:
        The figures.

    Raises:
        FileNotFoundError: if there is no such file.
        ModelError: if it is not JSON.
    """
    path = path / "metrics.json" if path.is_dir() else path
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{path} is not JSON ({error}): make it with `tasrih evaluate --output`") from None


def card_of(folder: Path, licence: str, *, title: str | None = None) -> Card:
    """Describe a model folder by what was stored in it.

    Args:
        folder: what ``tasrih train`` or ``tasrih export`` wrote.
        licence: the hub's id of the licence that the weights are given under.
        title: heading; by default the task's.

    Returns:
        The card's words.

    Raises:
        ModelError: if the folder holds no model.
    """
    settings = _stored(folder / "config.json")
    if settings is None:
        raise ModelError(f"{folder} holds no model: there is no config.json in it")
    stored = settings.get("tasrih") or settings.get("settings") or {}
    task = stored.get("task") or ("summary" if settings.get("is_encoder_decoder") or "styles" in stored else "custom")
    run = _stored(folder / "train_config.json") or {}
    sets = [_set_name(item) for item in run.get("train") or run.get("titled") or ()]
    scheme = SCHEMES.get(task)
    # a model trained on labels of its own keeps them, whatever its task
    labels = stored.get("labels") or list((settings.get("id2label") or {}).values()) or (scheme.names if scheme else ())
    labels = [label for label in labels if label != "conditional"]
    if labels and task != "summary":
        kind = "any of" if stored.get("multi_label", bool(scheme and scheme.multi_label)) else "one of"
        does = f"Gives an Arabic text {kind} {len(labels)} labels: {', '.join(labels)}."
    else:
        does = "Writes a headline for an Arabic article." if task == "summary" else "Classifies Arabic texts."
    return Card(
        folder.name, title or f"Arabic news: {task}", does, licence, f"Weights: {licence}.",
        PIPELINES.get(task, "text-classification"), data=tuple(f"`{name}`" for name in sets),
        datasets=tuple(dict.fromkeys(name.split(" ")[0] for name in sets)),
        recipe=("`tasrih train` with the settings in `train_config.json`",) if run else (),
        base=run.get("base") if is_hub_id(run.get("base")) else None,
    )  # fmt: skip


def _stored(path: Path) -> dict | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _set_name(item: str | dict) -> str:
    name, split = (item, "") if isinstance(item, str) else (item["name"], f" {item.get('split', 'train')}")
    return f"{without_place(name)}{split}"


def folder_card(folder: Path, figures: Sequence[Path], licence: str, *, title: str | None = None) -> str:
    """Put the card of a model folder together from its stored settings and figures.

    Args:
        folder: what ``tasrih train`` or ``tasrih export`` wrote.
        figures: JSON files of ``tasrih evaluate``, or folders of reports.
        licence: the hub's id of the licence.
        title: heading; by default the task's.

    Returns:
        The card.

    Raises:
        FileNotFoundError: if a file of figures is not there.
        ModelError: if the folder holds no model, or a file no figures.
    """
    card = card_of(folder, licence, title=title)
    return write_card(card, [read_figures(path) for path in figures], _stored(folder / "train_metrics.json"))
