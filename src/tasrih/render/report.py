"""An evaluation as one web page that needs nothing but itself: figures, plots, slices, and the surest errors."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tasrih.render.escaping import escaped as _text
from tasrih.render.plots import COLOURS, Line, lines, matrix, reliability
from tasrih.render.shell import in_both, whole_page
from tasrih.schemes import SCHEMES

_COLOURS = {
    "light": {
        "page": "#fbfaf8", "ink": "#1c1b1a", "soft": "#57534e", "line": "#e2dfdb", "panel": "#ffffff",
        "good": "#166534", "bad": "#9f1239", "hit": "#1d4ed8", "miss": "#c2410c",
        "s0": "#1d4ed8", "s1": "#c2410c", "s2": "#047857", "s3": "#7e22ce", "s4": "#a16207", "s5": "#be185d",
        "rest": "#b8b2ab", "on": "#ffffff",
    },
    "dark": {
        "page": "#161615", "ink": "#edebe8", "soft": "#b3aea8", "line": "#37332f", "panel": "#1f1e1d",
        "good": "#86efac", "bad": "#fda4af", "hit": "#93c5fd", "miss": "#fdba74",
        "s0": "#93c5fd", "s1": "#fdba74", "s2": "#6ee7b7", "s3": "#d8b4fe", "s4": "#fde047", "s5": "#f9a8d4",
        "rest": "#5d5750", "on": "#161615",
    },
}  # fmt: skip

_CSS = """
*{box-sizing:border-box} body{margin:0;background:var(--page);color:var(--ink);
 font:1rem/1.55 system-ui,"Segoe UI","Noto Sans","Noto Sans Arabic",sans-serif}
main{max-width:78rem;margin:0 auto;padding:1.5rem 1.25rem 4rem} h1{font-size:1.5rem;line-height:1.35;margin:0 0 .25rem}
h2{font-size:1.15rem;margin:2.25rem 0 .6rem} h3{font-size:1rem;margin:0 0 .4rem} p{margin:.3rem 0}
.soft{color:var(--soft)} .good{color:var(--good)} .bad{color:var(--bad)} code{overflow-wrap:anywhere}
.wide{overflow-x:auto}
.panel{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem}
.plots{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start} .plots .panel{margin:0;max-width:100%}
table{border-collapse:collapse;font-size:.92rem} caption{text-align:start;color:var(--soft);padding:.2rem 0}
th,td{text-align:start;vertical-align:top;padding:.35rem .7rem;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600} th[scope=row]{color:var(--ink);font-weight:500} td.n{text-align:end}
td,th{font-variant-numeric:tabular-nums} td b{font-weight:600}
td .range{color:var(--soft);font-size:.85em;white-space:nowrap}
.ar{direction:rtl;unicode-bidi:isolate;font-family:"Noto Naskh Arabic","Amiri","Geeza Pro","Noto Sans Arabic",serif}
.text{white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.85;text-align:right;max-height:14em;overflow-y:auto;
 font-size:1.08rem;margin:.4rem 0}
.error{margin:0 0 .75rem} .error dl{display:flex;flex-wrap:wrap;gap:.15rem 1.5rem;margin:0}
.error div{display:flex;gap:.4rem}
dt{color:var(--soft)} dd{margin:0} ul.notes{padding-inline-start:1.2rem;color:var(--soft)}
svg{max-width:100%;height:auto;font:11px system-ui,"Segoe UI","Noto Sans",sans-serif}
svg .ink{fill:var(--ink)} svg .soft{fill:var(--soft)}
svg .halo{fill:var(--soft);paint-order:stroke;stroke:var(--panel);stroke-width:3px}
svg .full{fill:var(--on)} svg .line{stroke:var(--line);fill:none}
svg .curve{fill:none;stroke-width:2;stroke-linejoin:round}
svg .dashed{stroke:var(--soft);stroke-width:1;stroke-dasharray:4 4}
svg .rest{stroke:var(--rest);stroke-width:1} svg .cell{stroke:var(--line);stroke-width:.5}
svg .cell.hit{fill:var(--hit)}
svg .cell.miss{fill:var(--miss)} svg .frame{fill:none;stroke:var(--soft)} svg .dot{stroke:none}
"""


def report_page(metrics: Mapping[str, Any], errors: Sequence[Mapping[str, Any]] = ()) -> str:
    """Make the page of an evaluation.

    Args:
        metrics: what ``tasrih evaluate`` writes as ``metrics.json``.
        errors: wrong answers with their texts: ``id``, ``text``, ``target``, ``expected``, ``given``, ``confidence``
            and ``source`` of each.

    Returns:
        The page: self-contained, light or dark by the reader's setting, Arabic from right to left.

    Example:
        >>> page = report_page({"model": "m", "data": "d", "split": "validation", "size": 1, "scores": {}})
        >>> page.startswith("<!DOCTYPE html>")
        True
    """
    analysis = metrics.get("analysis") or {}
    title = f"{metrics['model']} on {metrics['data']}, {metrics['split']} split"
    parts = [
        f'<p class="soft">{metrics["size"]:,} texts; 95 % bootstrap intervals in brackets</p>',
        f"<p><code>{_text(metrics.get('command', ''))}</code></p>",
        _section("Figures", _scores(metrics, analysis)),
        _section("Plots", _plots(metrics, analysis)),
        _section("Label by label", _classes(metrics, analysis)),
        _section("What was taken for what", _confusion(metrics, analysis)),
        _section("Parts of the texts", _slices(analysis)),
        _section("Least like the reference" if metrics.get("task") == "summary" else "Surest errors",
                 _errors(metrics, errors)),
        _section("Notes", _notes(metrics)),
    ]  # fmt: skip
    return whole_page(title, "\n".join(part for part in parts if part), _style(), language="en")


def _style() -> str:
    def rules(scheme: str) -> str:
        return ":root{" + ";".join(f"--{name}:{value}" for name, value in _COLOURS[scheme].items()) + "}"

    series = "".join(f"svg .s{at}{{stroke:var(--s{at})}}svg .dot.s{at}{{fill:var(--s{at})}}" for at in range(COLOURS))
    return in_both(rules("light"), rules("dark"), _CSS + series)


def _section(title: str, inner: str) -> str:
    return f"<section><h2>{title}</h2>\n{inner}</section>" if inner else ""


def _interval(value: Mapping[str, float] | None, *, signed: bool = False) -> str:
    if value is None:
        return "<td></td>"
    kind = ""
    if signed:
        kind = ' class="good"' if value["low"] > 0 else ' class="bad"' if value["high"] < 0 else ""
    form = "+.3f" if signed else ".3f"
    return (
        f"<td{kind}><b>{value['value']:{form}}</b> "
        f'<span class="range">[{value["low"]:{form}}, {value["high"]:{form}}]</span></td>'
    )


def _table(heads: Sequence[str], rows: Sequence[str], caption: str = "") -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in heads)
    told = f"<caption>{_text(caption)}</caption>" if caption else ""
    return f'<div class="wide"><table>{told}<thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _row(name: str, cells: Sequence[str]) -> str:
    return f'<tr><th scope="row">{name}</th>{"".join(cells)}</tr>'


def _labels(analysis: Mapping[str, Any]) -> list[str]:
    per_class = analysis.get("per_class") or {}
    return [row["label"] for row in next(iter(per_class.values()), [])]


def _scores(metrics: Mapping[str, Any], analysis: Mapping[str, Any]) -> str:
    systems = metrics["scores"]
    if not systems:
        return ""
    # labels have a table of their own
    hidden = set(_labels(analysis))
    names = [name for name in dict.fromkeys(n for scores in systems.values() for n in scores) if name not in hidden]
    heads, changes = ["score", *systems], []
    if metrics.get("difference"):
        named = set(metrics.get("baselines", {}).values())
        heads.append(f"less {named.pop()}" if len(named) == 1 else "less the strongest baseline")
        changes.append(metrics["difference"])
    if metrics.get("against"):
        heads.append(f"less {metrics['against']['model']}")
        changes.append(metrics["against"]["difference"])
    rows = []
    for name in names:
        cells = [_interval(scores.get(name)) for scores in systems.values()]
        cells += [_signed(name, change.get(name)) for change in changes]
        rows.append(_row(_text(name), cells))
    return _table(heads, rows, "differences: paired bootstrap; coloured where the interval excludes 0")


def _signed(name: str, value: Mapping[str, float] | None) -> str:
    cell = _interval(value, signed=True)
    if name in ("ece", "brier", "aurc"):  # less is better
        swap = {"good": "bad", "bad": "good"}
        return re.sub(r'class="(good|bad)"', lambda found: f'class="{swap[found[1]]}"', cell, count=1)
    # neither more nor less is better
    return re.sub(r' class="(?:good|bad)"', "", cell) if name in ("length_ratio", "novel_bigrams") else cell


def _arabic(metrics: Mapping[str, Any], label: str) -> str:
    scheme = SCHEMES.get(metrics.get("task", ""))
    name = scheme.arabic(label) if scheme else label
    return f' <span class="ar" lang="ar">{_text(name)}</span>' if name != label else ""


def _plots(metrics: Mapping[str, Any], analysis: Mapping[str, Any]) -> str:
    figures = []
    if bins := analysis.get("reliability"):
        points = [(one["count"], one["confidence"], one["share"]) for one in bins]
        svg = reliability("Reliability: probability against the share that holds", points)
        figures.append(_figure("Reliability", svg, "numbers: decisions of about that probability"))
    if curves := analysis.get("precision_recall"):
        # the common labels in colour, the others in grey: more than a few colours tell nothing
        support = {row["label"]: row["support"] for row in next(iter(analysis["per_class"].values()))}
        together, *single = curves
        single.sort(key=lambda curve: -support.get(curve["name"], 0))
        drawn = _named_lines([together, *single], "AP")
        svg = lines("Precision against recall", "recall", "precision", drawn)
        figures.append(_figure("Precision and recall", svg, "all decisions, and the commonest labels"))
    if curves := analysis.get("risk_coverage"):
        # a system of one confidence for all (the majority) cannot abstain
        able = [curve for curve in curves if len(curve["x"]) > 1]
        top = max((value for curve in able for value in curve["y"]), default=1.0)
        svg = lines(
            "Errors against texts answered", "share of texts answered, surest first", "share of errors",
            _named_lines(able, "area"), top=min(1.0, max(0.1, math.ceil(top * 10) / 10)),
        )  # fmt: skip
        figures.append(_figure("Risk and coverage", svg, "what abstaining gains: lower is better"))
    return f'<div class="plots">{"".join(figures)}</div>' if figures else ""


def _named_lines(curves: Sequence[Mapping[str, Any]], area: str) -> list[Line]:
    return [Line(f"{curve['name']} ({area} {curve['area']:.3f})", curve["x"], curve["y"]) for curve in curves]


def _figure(name: str, svg: str, note: str) -> str:
    return f'<figure class="panel"><h3>{name}</h3>{svg}<figcaption class="soft">{note}</figcaption></figure>'


def _classes(metrics: Mapping[str, Any], analysis: Mapping[str, Any]) -> str:
    per_class = analysis.get("per_class") or {}
    if not per_class:
        return ""
    first, *others = per_class
    others = [name for name in others if name != "majority"]  # its F1 is 0 but for one label
    beside = {name: {row["label"]: row["f1"] for row in per_class[name]} for name in others}
    heads = ["label", "texts", "given", "precision", "recall", "F1", "average precision", *(f"F1 {n}" for n in others)]
    rows = []
    for row in per_class[first]:
        numbers = [f'<td class="n">{row[name]:,}</td>' for name in ("support", "predicted")]
        cells = [_interval(row[name]) for name in ("precision", "recall", "f1", "average_precision")]
        cells += [_interval(found.get(row["label"])) for found in beside.values()]
        rows.append(_row(_text(row["label"]) + _arabic(metrics, row["label"]), numbers + cells))
    return _table(heads, rows)


def _confusion(metrics: Mapping[str, Any], analysis: Mapping[str, Any]) -> str:
    found = analysis.get("confusion")
    if not found:
        return ""
    note = "Each row is shaded by its own shares."
    if found["labels"][-1] == "(none)":
        note += " A missed tag is set against each tag wrongly given to the same text, or against (none)."
    svg = matrix("Confusion matrix: true labels in rows, given ones in columns", found["labels"], found["counts"])
    return f'<div class="panel wide">{svg}<p class="soft">{note}</p></div>'


def _slices(analysis: Mapping[str, Any]) -> str:
    slices = analysis.get("slices") or []
    if not slices:
        return ""
    names = list(dict.fromkeys(name for one in slices for name in one["scores"]))
    rows = []
    for one in slices:
        cells = [f"<td>{_text(one['name'])}</td>", f'<td class="n">{one["size"]:,}</td>']
        rows.append(_row(_text(one["group"]), cells + [_interval(one["scores"].get(name)) for name in names]))
    return _table(["parted by", "part", "texts", *names], rows)


def _errors(metrics: Mapping[str, Any], errors: Sequence[Mapping[str, Any]]) -> str:
    summary = metrics.get("task") == "summary"

    def named(labels: Sequence[str]) -> str:
        if summary:
            return "".join(f'<span class="ar" lang="ar">{_text(text)}</span>' for text in labels)
        return ", ".join(f"<bdi>{_text(label)}{_arabic(metrics, label)}</bdi>" for label in labels) or "(none)"

    items = []
    for error in errors:
        facts = [("true" if not summary else "reference", named(error["expected"])), ("given", named(error["given"]))]
        if error.get("target"):
            facts.append(("target", f'<span class="ar" lang="ar">{_text(error["target"])}</span>'))
        facts.append(("chrF++" if summary else "confidence", f"{error['confidence']:.2f}"))
        facts += [(name, _text(error[name])) for name in ("source", "id") if error.get(name)]
        told = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)
        text = f'<p class="ar text" lang="ar" tabindex="0">{_text(error["text"])}</p>'
        items.append(f'<article class="panel error"><dl>{told}</dl>{text}</article>')
    return "".join(items)


def _notes(metrics: Mapping[str, Any]) -> str:
    items = "".join(f"<li>{_text(note)}</li>" for note in metrics.get("notes") or ())
    return f'<ul class="notes">{items}</ul>' if items else ""
