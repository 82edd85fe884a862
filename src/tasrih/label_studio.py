"""Label Studio: statements out as pre-annotated tasks, corrected labels back as training rows.

One task is one sentence, as the statements set has one row a sentence. Label Studio's format: labelstud.io,
"Label Studio task format" and "Import pre-annotated data". Its offsets count Unicode code points, as Python's do
(its editor splits texts into code points); releases before 1.4 counted UTF-16 units, and both are read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tasrih.data.formats import read_json
from tasrih.data.limits import Limits
from tasrih.interchange import Article
from tasrih.results import Document, Statement
from tasrih.schemes import STANCE, STATEMENT

#: Names of the controls in the labelling interface.
TAGS, CONDITIONAL, SPANS, TEXT = "tags", "conditional", "spans", "text"

#: Colours of the spans (Okabe and Ito's palette for all kinds of colour vision).
_COLOURS = {"speaker": "#0072B2", "favor": "#009E73", "against": "#D55E00", "neutral": "#999999"}
_SPAN_NAMES = {"speaker": "المتكلم", **{label.name: f"هدف: {label.arabic}" for label in STANCE.labels}}

#: Earlier sentences that the annotator sees above the one to label.
CONTEXT = 2


def labelling_config() -> str:
    """Give the labelling interface, to paste into a project's settings (Labeling Interface, Code).

    Returns:
        XML: a choice of the tags, one of ``conditional``, and spans for the speaker and for targets by stance.
        Labels are shown by their Arabic names and stored by ours.

    Example:
        >>> labelling_config().count("<Choice ")
        14
    """
    view = ElementTree.Element("View")
    ElementTree.SubElement(
        view, "Style"
    ).text = ".htx-text { white-space: pre-wrap; direction: rtl; text-align: right; }"
    ElementTree.SubElement(view, "Text", name="context", value="$context", selectionEnabled="false")
    spans = ElementTree.SubElement(view, "Labels", name=SPANS, toName=TEXT)
    for name, colour in _COLOURS.items():
        label = ElementTree.SubElement(spans, "Label", value=f"{_SPAN_NAMES[name]} ({name})", alias=name)
        label.set("background", colour)
        if name == "speaker":
            label.set("maxUsages", "1")
    ElementTree.SubElement(view, "Text", name=TEXT, value="$text", granularity="symbol")
    tags = ElementTree.SubElement(view, "Choices", name=TAGS, toName=TEXT, choice="multiple", showInline="true")
    for label in STATEMENT.labels:
        value = f"{label.arabic} ({label.name})"
        ElementTree.SubElement(tags, "Choice", value=value, alias=label.name, hint=label.definition)
    flag = ElementTree.SubElement(view, "Choices", name=CONDITIONAL, toName=TEXT, choice="multiple", showInline="true")
    ElementTree.SubElement(flag, "Choice", value=f"مشروط ({CONDITIONAL})", alias=CONDITIONAL)
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def training_row(statement: Statement, identifier: str, source: str | None = None) -> dict[str, Any]:
    """Give a statement in the form of the statements set, offsets within the sentence.

    Args:
        statement: the statement.
        identifier: the row's id.
        source: the paper.

    Returns:
        The row. A speaker named in an earlier sentence is none of this sentence's, as in the set; tags stand in the
        scheme's order.
    """
    speaker = statement.speaker
    return {
        "id": identifier, "text": statement.text,
        "tags": [name for name in STATEMENT.names if name in statement.tags], "conditional": statement.conditional,
        "speaker": None if speaker is None or not _inside(speaker, statement) else _moved(speaker, statement),
        "stances": [
            {"target": _moved(stance.target, statement), "stance": stance.label}
            for stance in sorted(statement.stances, key=lambda stance: (stance.target.start, stance.target.end))
            if _inside(stance.target, statement)
        ],
        "source": source,
    }  # fmt: skip


def _inside(span, statement: Statement) -> bool:
    return statement.start <= span.start < span.end <= statement.end


def _moved(span, statement: Statement) -> dict[str, Any]:
    return {"text": span.text, "start": span.start - statement.start, "end": span.end - statement.start}


def tasks(article: Article, document: Document, *, model: str = "tasrih") -> Iterator[dict[str, Any]]:
    """Give the statements of an article as tasks with pre-annotations.

    Args:
        article: the article.
        document: what was found in it.
        model: name of the model, shown beside the pre-annotations.

    Yields:
        One task a sentence. The score of its prediction is the certainty of the least certain label, from .5 to 1:
        sort by it to correct first what the model doubts.
    """
    for number, statement in enumerate(document.statements, 1):
        row = training_row(statement, f"{article.id}-{number}", article.source)
        first = document.statements[max(0, number - 1 - CONTEXT)]
        certainty = min((max(p, 1 - p) for p in statement.scores.values()), default=0.5)
        yield {
            "data": {
                "id": row["id"], "text": row["text"], "article": article.id, "start": statement.start,
                "end": statement.end, "source": article.source, "date": article.date,
                "context": document.text[first.start : statement.start].strip() or "—",
            },
            "predictions": [{"model_version": model, "score": round(certainty, 4), "result": _result(row)}],
        }  # fmt: skip


def _result(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    marked = [(row["speaker"], "speaker")] if row["speaker"] else []
    marked += [(stance["target"], stance["stance"]) for stance in row["stances"]]
    items: list[tuple[str, str, dict]] = [(SPANS, "labels", {**span, "labels": [label]}) for span, label in marked]
    if row["tags"]:
        items.append((TAGS, "choices", {"choices": row["tags"]}))
    if row["conditional"]:
        items.append((CONDITIONAL, "choices", {"choices": [CONDITIONAL]}))
    return [
        {"id": f"{name}{n}", "from_name": name, "to_name": TEXT, "type": kind, "value": value}
        for n, (name, kind, value) in enumerate(items)
    ]


@dataclass(frozen=True, slots=True)
class Corrected:
    """What came back of one task: a training row, or what is wrong with it.

    Attributes:
        task: id of the row.
        row: the row in the form of the statements set; None where there is a fault.
        fault: what to mend in Label Studio, or None.
    """

    task: str
    row: dict[str, Any] | None
    fault: str | None = None


def read_export(path: str | Path, limits: Limits | None = None) -> list[dict[str, Any]]:
    """Read what Label Studio exports as JSON.

    Args:
        path: the file.
        limits: what it may hold; None takes ``current_limits()``.

    Returns:
        The tasks.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not an export in the format "JSON", or too large.
    """
    exported = read_json(path, limits)
    if not isinstance(exported, list) or not all(
        isinstance(t, dict) and isinstance(t.get("data"), dict) for t in exported
    ):
        raise ValueError(f'{path} is no list of tasks: export from Label Studio as "JSON" (not JSON-MIN or CSV)')
    return exported


def corrected(exported: Iterable[Mapping[str, Any]]) -> Iterator[Corrected]:
    """Turn annotated tasks into training rows; tasks that nobody annotated, or skipped, are left out.

    Of several annotations of a task, the one marked as ground truth counts, else the latest.

    Args:
        exported: the tasks, as Label Studio exports them.

    Yields:
        Each annotated task's row, in the form that ``tasrih.data.labelled.statements`` reads, or its fault.
    """
    for task in exported:
        data = task["data"]
        name = str(data.get("id") or f"task {task.get('id')}")
        try:
            annotations = [a for a in _list(task, "annotations", dict) if not a.get("was_cancelled")]
            if not annotations:
                continue
            chosen = max(annotations, key=lambda a: (bool(a.get("ground_truth")), str(a.get("updated_at") or "")))
            yield Corrected(name, _row(name, data, _list(chosen, "result", dict)))
        except ValueError as error:
            yield Corrected(name, None, str(error))


def _list(holder: Mapping[str, Any], key: str, kind: type) -> list:
    """Give the list under a key, empty where there is none."""
    found = [] if holder.get(key) is None else holder[key]
    if not isinstance(found, list) or not all(isinstance(item, kind) for item in found):
        raise ValueError(f"its {key!r} is no list of {'objects' if kind is dict else 'labels'}")
    return found


def _row(name: str, data: Mapping[str, Any], result: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    text = data.get("text")
    if not isinstance(text, str):
        raise ValueError("its data have no text")
    tags, conditional, speakers, stances = set(), False, [], []
    for item in result:
        value = {} if item.get("value") is None else item["value"]
        if not isinstance(value, dict):
            raise ValueError("its 'value' is no object")
        if item.get("from_name") == TAGS:
            tags.update(_known(label, STATEMENT.names) for label in _list(value, "choices", str))
        elif item.get("from_name") == CONDITIONAL:
            conditional = bool(_list(value, "choices", str))
        elif item.get("from_name") == SPANS:
            for label in _list(value, "labels", str):
                kind, span = _known(label, tuple(_COLOURS)), _span(text, value)
                (speakers if kind == "speaker" else stances).append({"target": span, "stance": kind})
    if len({(s["target"]["start"], s["target"]["end"]) for s in speakers}) > 1:
        raise ValueError("it has several speakers: keep the one who performs the first act")
    stances.sort(key=lambda stance: (stance["target"]["start"], stance["target"]["end"]))
    return {
        "id": name, "text": text, "tags": [tag for tag in STATEMENT.names if tag in tags], "conditional": conditional,
        "speaker": speakers[0]["target"] if speakers else None, "stances": stances, "source": data.get("source"),
    }  # fmt: skip


def _known(label: str, names: Sequence[str]) -> str:
    """Find the label; Label Studio stores our names (aliases), some importers the names that are shown."""
    inner = label.rpartition("(")[2].rstrip(")")
    for name in (label, inner):
        if name in names:
            return name
    raise ValueError(f"unknown label {label!r}: choose from {', '.join(names)}")


def _span(text: str, value: Mapping[str, Any]) -> dict[str, Any]:
    try:
        start, end = int(value["start"]), int(value["end"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ValueError(f"a span has no offsets: {dict(value)!r}") from None
    # the editor writes a line break as a backslash and an n
    said = str(value.get("text") or text[start:end]).replace("\\n", "\n").strip()
    for first, last in ((start, end), _from_utf16(text, start, end)):
        found = text[first:last]
        if found.strip() == said and said:
            # a selection often takes a space along
            first += len(found) - len(found.lstrip())
            return {"text": said, "start": first, "end": first + len(said)}
    if said and text.count(said) == 1:
        return {"text": said, "start": text.index(said), "end": text.index(said) + len(said)}
    raise ValueError(f"the span {value.get('start')}:{value.get('end')} is not {said!r} in the text: mark it again")


def _from_utf16(text: str, start: int, end: int) -> tuple[int, int]:
    """Turn offsets in UTF-16 units into offsets in code points."""
    data = text.encode("utf-16-le", "surrogatepass")
    first, last = (len(data[: 2 * max(0, place)].decode("utf-16-le", "ignore")) for place in (start, end))
    return first, last
