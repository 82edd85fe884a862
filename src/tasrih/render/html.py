"""Results as HTML: a self-contained page of a whole article, and compact pieces for notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from tasrih.render.chips import chip, conditional_chip, stance_parts
from tasrih.render.colours import HUES, rules
from tasrih.render.escaping import escaped as _text
from tasrih.render.explanation import explanation_fragment
from tasrih.render.reasons import arabic_reason
from tasrih.render.relations import relations_fragment, relations_panel
from tasrih.render.shell import in_both, whole_page
from tasrih.render.terminal import CONDITIONAL, METHODS, NO_ANSWER, NOTHING, SIGNS
from tasrih.results import Document, Explanation, Prediction, Span, Stance, Statement, Summary, Window, Word
from tasrih.schemes import SCHEMES, STANCE, STATEMENT, TOPIC, Scheme

_CSS = """
*{box-sizing:border-box} body{margin:0;background:var(--page);color:var(--ink);
 font:1.0625rem/1.8 "Noto Naskh Arabic","Amiri","Geeza Pro","Segoe UI","Noto Sans Arabic",serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1rem 3rem} h1{font-size:1.6rem;line-height:1.5;margin:0 0 .5rem}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
.soft,small{color:var(--soft)} .favor{color:var(--favor)} .against{color:var(--against)} .neutral{color:var(--neutral)}
.panel{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:0}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding:0;margin:0 0 .75rem;list-style:none;font-size:.95rem}
.article{white-space:pre-wrap;overflow-wrap:anywhere;line-height:2.3}
.st[data-n]::before{content:attr(data-n);font-size:.7em;color:var(--soft);margin-inline-end:.35em;vertical-align:.35em}
mark{background:var(--tint);color:inherit;padding:.15em .25em;border-radius:.25em;
 -webkit-box-decoration-break:clone;box-decoration-break:clone}
.st:target{outline:2px solid var(--ink)}
.chip{display:inline-block;unicode-bidi:isolate;white-space:nowrap;text-indent:0;
 font-size:.8rem;line-height:1.7;padding:0 .55em;margin:0 .15em;border-radius:1em;
 background:var(--chip);color:var(--on-chip);border:1px solid var(--chip)}
.chip[data-label]::before{content:attr(data-label)}
.chip.if{background:none;color:var(--ink);border:1px dashed}
.speaker{text-decoration:underline solid 2px var(--ink);text-underline-offset:.35em}
.target{font-weight:700} .first::before{content:attr(data-sign);margin-inline-end:.15em}
table{width:100%;border-collapse:collapse;font-size:.95rem;line-height:1.65}
th,td{text-align:start;vertical-align:top;padding:.5rem .6rem;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}
td ul{list-style:none;margin:0;padding:0} td li:has(.chip){white-space:nowrap}
td a{color:inherit} td.sentence{width:50%;overflow-wrap:anywhere}
.who{font-size:.9rem;margin-top:1.5rem} .who h2{margin:0 0 .25rem;font-size:1.05rem} .who table{font-size:inherit}
.who th,.who td{padding:.3rem .25rem} .who td{overflow-wrap:anywhere} .who td:last-child{text-align:end}
.who li{display:inline-block} .who .speaks th{color:var(--ink);padding-top:.7rem}
.who details{margin-top:.5rem} summary{cursor:pointer}
@media (min-width:72rem){
 main:has(.beside){max-width:82rem} .beside{display:grid;grid-template-columns:minmax(0,1fr) 24rem;gap:0 1.5rem}
 .who{align-self:start;position:sticky;top:1rem;margin-top:3.6rem;max-height:calc(100vh - 2rem);overflow:auto}
}
@media (max-width:40rem){
 .sentences thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
 .sentences,.sentences :is(tbody,tr,td){display:block} .sentences td{border:0;padding:.1rem 0}
 .sentences tr{border-bottom:1px solid var(--line);padding:.6rem 0}
 .sentences td:empty{display:none} .sentences td.sentence{width:auto}
 .sentences td[data-head]::before{content:attr(data-head) ": ";color:var(--soft)}
 .sentences td ul{display:inline} .sentences td li{display:inline-block;max-width:100%}
 .sentences td li+li::before{content:"، "}
}
@media print{
 main{max-width:none;padding:0} mark,.chip{-webkit-print-color-adjust:exact;print-color-adjust:exact}
 .chip[data-score]::after{content:" " attr(data-score)} tr{break-inside:avoid}
 .who details::details-content{content-visibility:visible}
}
"""


def page(document: Document | Explanation, *, title: str | None = None) -> str:
    """Make a web page of a document, or of an explanation, that needs nothing but itself.

    The article stands in it whole, character by character; what is said of it is laid over it.

    Args:
        document: the article taken apart, or a text with what each of its words adds to a label.
        title: heading of the page; a general one if None.

    Returns:
        The page, which can be encoded as UTF-8 whatever the article holds.

    Example:
        >>> page(Document("قال الوزير")).startswith("<!DOCTYPE html>")
        True
    """
    explained = isinstance(document, Explanation)
    heading = ("لماذا هذا الوسم؟" if explained else "قراءة في خبر") if title is None else title
    inner = f'<div class="panel">{explanation_fragment(document)}</div>' if explained else sections(document)
    return whole_page(heading, inner, style())


def sections(document: Document) -> str:
    """Make what a page says of a document, without the page: topic, summary, the text with its marks, the table.

    Args:
        document: the article taken apart.

    Returns:
        HTML to stand under a heading of the caller's, where ``style()`` holds.

    Example:
        >>> "<h1>" in sections(Document("قال الوزير"))
        False
    """
    parts = []
    if document.topic is not None:
        parts.append(f"<p>الموضوع: {_prediction(document.topic, TOPIC)}</p>")
    if document.summary is not None:
        parts.append(f'<section><h2>الملخص</h2><div class="panel">{_summary(document.summary)}</div></section>')
    text = f'<section><h2>النص</h2>{_legend(document)}<div class="panel article">{_article(document)}</div></section>'
    panel = relations_panel(document)
    parts.append(f'<div class="beside">{text}{panel}</div>' if panel else text)
    parts.append(f"<section><h2>الجمل</h2>{_table(document.statements)}</section>")
    return "\n".join(parts)


def fragment(result: Any) -> str:
    """Make the compact HTML of one result, as a notebook shows it.

    Args:
        result: an instance of any class of ``tasrih.results``.

    Returns:
        One ``div``, styled by itself alone, on a light or a dark ground.

    Raises:
        TypeError: if the object is no result.

    Example:
        >>> "دبي" in fragment(Span("دبي", 0, 3))
        True
    """
    make = _FRAGMENTS.get(type(result))
    if make is None:
        raise TypeError(f"no HTML form for {type(result).__name__}: give a result of tasrih")
    style = "text-align:right;line-height:1.8;max-width:60em;overflow-wrap:anywhere"
    return f'<div lang="ar" dir="rtl" style="{style}">{make(result)}</div>'


def _number(score: float) -> str:
    return f"<bdi>{score:.2f}</bdi>"


def style() -> str:
    """Give the style sheet of the page, for a light and a dark ground."""
    return in_both(rules("light"), rules("dark"), _CSS)


def _stands(span: Span | Statement, text: str) -> bool:
    return 0 <= span.start < span.end and text[span.start : span.end] == span.text


def _covering(spans: Sequence[Span], start: int) -> int | None:
    """Find the shortest span over a position, by its index."""
    over = [i for i, span in enumerate(spans) if span.start <= start < span.end]
    return min(over, key=lambda i: spans[i].end - spans[i].start, default=None)


def _article(document: Document) -> str:
    text = document.text
    speakers = {s.speaker for s in document.statements if s.speaker is not None and _stands(s.speaker, text)}
    numbered = sorted(
        ((s, n) for n, s in enumerate(document.statements, 1) if _stands(s, text)), key=lambda pair: pair[0].start
    )
    parts, at = [], 0
    for statement, number in numbered:
        if statement.start < at:  # statements do not overlap; if a caller's do, the first one is marked
            continue
        stances = [stance for stance in statement.stances if _stands(stance.target, text)]
        parts.append(_stretch(text, at, statement.start, speakers, []))
        inner = _stretch(text, statement.start, statement.end, speakers, stances)
        parts.append(_marked(statement, number, inner))
        at = statement.end
    parts.append(_stretch(text, at, len(text), speakers, []))
    return "".join(parts)


def _marked(statement: Statement, number: int, inner: str) -> str:
    attributes = f'id="s{number}" data-n="{number}"'
    chips = "".join(chip(tag, statement.scores, generated=True) for tag in statement.tags)
    if statement.conditional:
        chips += conditional_chip(generated=True)
    if not statement.tags:
        return f'<span class="st" {attributes}>{inner}</span>{chips}'
    return f'<mark class="st tag" style="--h:{HUES.get(statement.tags[0], 0)}" {attributes}>{inner}</mark>{chips}'


def _stretch(text: str, start: int, end: int, speakers: Iterable[Span], stances: Sequence[Stance]) -> str:
    """Mark speakers and targets in a stretch, cut so small that no mark crosses another."""
    named = [span for span in speakers if span.start < end and start < span.end]
    targets = [stance.target for stance in stances]
    edges = {edge for span in (*named, *targets) for edge in (span.start, span.end)}
    points = sorted({start, end} | {edge for edge in edges if start < edge < end})
    parts = []
    for left, right in pairwise(points):
        piece = _text(text[left:right])
        if _covering(named, left) is not None:
            piece = f'<span class="speaker" title="المتكلم">{piece}</span>'
        index = _covering(targets, left)
        if index is not None:
            piece = _target(stances[index], piece, first=left == max(targets[index].start, start))
        parts.append(piece)
    return "".join(parts)


def _target(stance: Stance, inner: str, *, first: bool) -> str:
    kind, sign, name = stance_parts(stance.label)
    classes = f"target {kind} first" if first else f"target {kind}"
    return f'<span class="{classes}" data-sign="{sign}" title="{name} {stance.score:.2f}">{inner}</span>'


def _legend(document: Document) -> str:
    tags = dict.fromkeys(tag for statement in document.statements for tag in statement.tags)
    items = [
        f'{chip(name, {})} <bdi class="soft" lang="en">{_text(name)}</bdi>'
        for name in sorted(tags, key=lambda tag: (*STATEMENT.names, tag).index(tag))
    ]
    if any(statement.conditional for statement in document.statements):
        items.append(f"{conditional_chip()} الفعل معلّق على شرط")
    if any(statement.speaker is not None for statement in document.statements):
        items.append('<span class="speaker">المتكلم</span>')
    if any(statement.stances for statement in document.statements):
        items += [f'<b class="{label}">{sign} {STANCE.arabic(label)}</b>' for label, sign in SIGNS.items()]
    return _list(items, ' class="legend"')


def _prediction(prediction: Prediction, scheme: Scheme | None = None) -> str:
    # an answer does not keep the name of its scheme, but its labels tell
    scheme = scheme or next((s for s in SCHEMES.values() if {*prediction.scores} & {*s.names}), None)

    def named(label: str) -> str:
        score = prediction.scores.get(label, prediction.score if label == prediction.label else None)
        arabic = scheme.arabic(label) if scheme else label
        english = f' (<bdi lang="en">{_text(label)}</bdi>)' if arabic != label else ""
        return f"<b><bdi>{_text(arabic)}</bdi></b>{english}" + (f" {_number(score)}" if score is not None else "")

    reason = _reason(prediction.reason)
    if prediction.abstained:
        return NO_ANSWER + reason
    if prediction.label is None:
        return f"بلا وسم (أقوى احتمال {_number(prediction.score)})" + reason
    answer = "، ".join(map(named, prediction.labels or (prediction.label,)))
    return answer + (f" [{CONDITIONAL}]" if prediction.conditional else "") + reason


def _reason(reason: str | None) -> str:
    # the page of the server shows it in English where the reader asks for that
    shown = f'<bdi dir="auto" data-english="{_text(reason)}">{_text(arabic_reason(reason))}</bdi>' if reason else ""
    return f" — {shown}" if shown else ""


def _summary(summary: Summary) -> str:
    method = _text(METHODS.get(summary.method, summary.method))
    sure = "" if summary.score is None else f"، سلامة صياغته {_number(summary.score)}"
    note = f"<small>{method}، سنده في النص {_number(summary.supported)}{sure}{_reason(summary.reason)}</small>"
    return f'<p dir="auto" style="margin:0">{_text(summary.text)}</p>{note}'


def _speaker(statement: Statement) -> str:
    if statement.speaker is None:
        return ""
    inferred = " (من جملة سابقة)" if statement.speaker_inferred else ""
    return f"<bdi>{_text(statement.speaker.text)}</bdi>{inferred}"


def _stance(stance: Stance) -> str:
    kind, sign, name = stance_parts(stance.label)
    return f'<b class="{kind}">{sign} {name}</b>: <bdi>{_text(stance.target.text)}</bdi> {_number(stance.score)}'


def _list(items: Iterable[str], attributes: str = "") -> str:
    rows = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul{attributes}>{rows}</ul>" if rows else ""


def _table(statements: Sequence[Statement]) -> str:
    if not statements:
        return f"<p>{NOTHING}</p>"
    heads = ("الوسوم", "المتكلم", "المواقف")
    rows = []
    for number, statement in enumerate(statements, 1):
        scores = statement.scores
        tags = [chip(t, scores) + (f" {_number(scores[t])}" if t in scores else "") for t in statement.tags]
        tags += [conditional_chip()] if statement.conditional else []
        cells = (_list(tags), _speaker(statement), _list(map(_stance, statement.stances)))
        rows.append(
            f'<tr><td><a href="#s{number}">{number}</a></td>'
            f'<td class="sentence">{_text(statement.text)}</td>'
            + "".join(f'<td data-head="{h}">{c}</td>' if c else "<td></td>" for h, c in zip(heads, cells, strict=True))
            + "</tr>"
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("#", "الجملة", *heads))
    return f'<table class="sentences"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _statement_fragment(statement: Statement) -> str:
    edge = "border:1px solid currentColor;border-radius:1em;padding:0 .5em;font-size:.85em;white-space:nowrap"
    scores = {tag: f" {_number(score)}" for tag, score in statement.scores.items()}
    chips = [
        f'<span style="{edge}" title="{_text(tag)}">{_text(STATEMENT.arabic(tag))}{scores.get(tag, "")}</span>'
        for tag in statement.tags
    ]
    chips += [f'<span style="{edge};border-style:dashed">{CONDITIONAL}</span>'] if statement.conditional else []
    # a translucent ground keeps the notebook's own colours legible, light or dark
    ground = f";background:hsla({HUES.get(statement.tags[0], 0)},70%,50%,.18)" if statement.tags else ";opacity:.75"
    told = [f"المتكلم: {_speaker(statement)}"] if statement.speaker is not None else []
    notes = " · ".join([*told, *map(_stance, statement.stances)])
    below = f'<div style="font-size:.9em">{notes}</div>' if notes else ""
    sentence = f'<span style="padding:.1em 0{ground}">{_text(statement.text)}</span>'
    return f'<div style="margin:.4em 0">{sentence} {" ".join(chips)}{below}</div>'


def _document_fragment(document: Document) -> str:
    parts = []
    if document.topic is not None:
        parts.append(f"<div>الموضوع: {_prediction(document.topic, TOPIC)}</div>")
    if document.summary is not None:
        parts.append(f"<div>{_summary(document.summary)}</div>")
    statements = [*map(_statement_fragment, document.statements)] or [f"<div>{NOTHING}</div>"]
    return "".join([*parts, *statements, relations_fragment(document)])


def _window_fragment(window: Window) -> str:
    label = max(window.scores, key=lambda name: window.scores[name], default=None)
    best = f": {_prediction(Prediction(label, window.scores[label], window.scores))}" if label else ""
    return f"<bdi>{window.start}–{window.end}</bdi>{best}"


_FRAGMENTS: dict[type, Callable[[Any], str]] = {
    Document: _document_fragment,
    Statement: _statement_fragment,
    Prediction: _prediction,
    Summary: _summary,
    Span: lambda span: f"«<bdi>{_text(span.text)}</bdi>» <small><bdi>{span.start}–{span.end}</bdi></small>",
    Stance: _stance,
    Window: _window_fragment,
    Explanation: explanation_fragment,
    Word: lambda word: f"<bdi>{_text(word.text)}</bdi> <bdi>{word.contribution:+.2f}</bdi>",
}
