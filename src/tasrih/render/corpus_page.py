"""The page of a corpus report, self-contained: acts over time, who does what to whom, and the sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tasrih.corpus_report import CorpusReport, Party, Period, Quoted, Relation
from tasrih.render.colours import HUES, rules
from tasrih.render.escaping import escaped as _text
from tasrih.render.shell import in_both, whole_page
from tasrih.schemes import STANCE, STATEMENT
from tasrih.selection import Selection

#: Rows that the tables show: relations of an act, and parties.
RELATIONS, PARTIES = 40, 40

_SIGNS = {"favor": "+", "against": "−", "neutral": "="}
_CONDITION = re.compile(
    r"(?<!\w)(?:إلا\s+)?(?:[إا]ذا|ما\s+لم|ب?شرط|شريطة|(?:في|وفي)\s+حال[ةه]?|طالما|ما\s+دام\w*|[إا]لا\s+بعد)(?!\w)"
    r"[^،؛.؟!«»\"]*"
)

_CSS = """
*{box-sizing:border-box} body{margin:0;background:var(--page);color:var(--ink);
 font:1rem/1.75 "Noto Naskh Arabic","Amiri","Geeza Pro","Segoe UI","Noto Sans Arabic",serif}
main{max-width:76rem;margin:0 auto;padding:1.5rem 1rem 4rem} h1{font-size:1.6rem;line-height:1.5;margin:0 0 .5rem}
h2{font-size:1.3rem;margin:2.5rem 0 .5rem} h3{font-size:1.05rem;margin:1.5rem 0 .25rem} a{color:inherit}
.soft,small{color:var(--soft)} .favor{color:var(--favor)} .against{color:var(--against)} .neutral{color:var(--neutral)}
.figures{display:flex;flex-wrap:wrap;gap:.5rem 2rem;padding:0;margin:.5rem 0;list-style:none}
.figures b{font-size:1.3rem}
.chips{display:flex;flex-wrap:wrap;gap:.4rem;padding:0;margin:.5rem 0;list-style:none}
.chip{display:inline-block;white-space:nowrap;font-size:.85rem;line-height:1.7;padding:0 .6em;border-radius:1em;
 background:var(--chip);color:var(--on-chip);border:1px solid var(--chip);text-decoration:none;margin-inline-end:.2rem}
.chip.if{background:none;color:var(--ink);border:1px dashed}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1rem;margin:.75rem 0}
figure{margin:0;padding:.5rem .75rem;background:var(--panel);border:1px solid var(--line);border-radius:.5rem}
figcaption{font-size:.95rem} svg{display:block;width:100%;height:auto}
.bar{fill:var(--bar)} .none{fill:var(--line);opacity:.45} .axis{stroke:var(--line)}
svg text{fill:var(--soft);font-size:11px;direction:ltr;unicode-bidi:isolate}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.5rem;background:var(--panel)}
table{width:100%;border-collapse:collapse;font-size:.92rem;line-height:1.55}
th,td{text-align:start;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
tbody tr:last-child td{border-bottom:0} th{color:var(--soft);font-weight:600;background:var(--panel)}
th button{all:unset;cursor:pointer;color:inherit} th button:focus-visible{outline:2px solid var(--ink)}
th[aria-sort=ascending] button::after{content:" ▲"} th[aria-sort=descending] button::after{content:" ▼"}
td.n,th.n{text-align:center;font-variant-numeric:tabular-nums;white-space:nowrap}
td.heat{background:color-mix(in srgb,var(--bar) calc(var(--w)*1%),transparent)}
.stance{white-space:nowrap} .grid th.n{vertical-align:bottom;font-size:.8rem}
.grid :is(th,td):first-child{position:sticky;inset-inline-start:0;background:var(--panel);z-index:1}
 .name{min-width:11rem;max-width:24rem;overflow-wrap:anywhere}
.quotes{padding-inline-start:2.5rem} .quotes li{margin:.6rem 0;overflow-wrap:anywhere}
li:target{outline:2px solid var(--ink)}
u{text-decoration:underline dashed 1px;text-underline-offset:.3em}
label{display:block;margin:1rem 0} input{font:inherit;padding:.2rem .6rem;width:min(26rem,100%);color:inherit;
 background:var(--panel);border:1px solid var(--line);border-radius:.4rem} [hidden]{display:none!important}
@media (max-width:40rem){.name{min-width:7rem} th,td{padding:.3rem .4rem}}
@media print{label,th button::after{display:none}.scroll{overflow:visible}}
"""

# Sorting and the filter; without it the tables stand in their own order.
_SCRIPT = """
const norm=s=>s.normalize('NFKC').replace(/[\\u064b-\\u065f\\u0640]/g,'').replace(/[أإآ]/g,'ا')
 .replace(/ى/g,'ي').replace(/ة/g,'ه');
for(const table of document.querySelectorAll('table.sortable')){const body=table.tBodies[0];
 table.querySelectorAll('thead th').forEach((head,at)=>{const button=document.createElement('button');
  button.type='button';button.append(...head.childNodes);head.append(button);
  button.onclick=()=>{const down=head.getAttribute('aria-sort')!=='descending';
   table.querySelectorAll('th').forEach(other=>other.removeAttribute('aria-sort'));
   head.setAttribute('aria-sort',down?'descending':'ascending');
   const value=row=>row.cells[at].dataset.v??row.cells[at].textContent;
   const order=(a,b)=>{const x=value(a),y=value(b),n=x-y;return Number.isNaN(n)?y.localeCompare(x,'ar'):-n};
   body.append(...[...body.rows].sort((a,b)=>down?order(a,b):order(b,a)))}})}
const field=document.getElementById('filter');field.closest('label').hidden=false;
field.oninput=()=>{const want=norm(field.value.trim());
 for(const row of document.querySelectorAll('table.sortable tbody tr,.quotes li'))
  row.hidden=want!==''&&!norm(row.textContent).includes(want)};
"""


def corpus_page(
    report: CorpusReport, *, title: str | None = None, selection: Selection | None = None
) -> str:
    """Make the web page of a corpus report.

    Args:
        report: the counts.
        title: heading of the page; a general one if None.
        selection: how the articles were chosen, which the page says.

    Returns:
        The page: one file without links to others but those of the articles, right to left, light and dark.
    """
    parts = [
        _chosen(selection), _figures(report), _caveats(report),
        _section("time", "عبر الزمن", _time(report)),
        '<label hidden>صفِّ الجداول والجمل بالاسم: <input id="filter" type="search"></label>',
        _section("speakers", "المتكلمون", _parties(report.speakers, report.acts, "المتكلم", stances=False)),
        _section("targets", "من يُذكرون: الأهداف", _parties(report.targets, report.acts, "الهدف", stances=True)),
        *(_act(report, act) for act in sorted(report.acts, key=lambda act: -report.acts[act])),
        _section("sentences", "الجمل", _quotes(report.quoted)),
    ]  # fmt: skip
    heading = "أفعال الكلام عبر المقالات" if title is None else title
    return whole_page(heading, "\n".join(part for part in parts if part), _style(), script=_SCRIPT)


def condition(text: str) -> tuple[int, int] | None:
    """Find the words of a condition in a sentence by its particle, up to the next punctuation mark.

    Args:
        text: a sentence.

    Returns:
        ``(start, end)``, or None where no particle of condition stands in it. A rule for the eye, not a model.

    Example:
        >>> text = "تعهد بالدعم إذا طلبت الحكومة ذلك، وحذر من الفوضى."
        >>> text[slice(*condition(text))]
        'إذا طلبت الحكومة ذلك'
    """
    found = _CONDITION.search(text)
    return (found.start(), found.start() + len(found[0].rstrip())) if found else None


def _style() -> str:
    bars = {"light": "hsl(var(--h) 55% 42%)", "dark": "hsl(var(--h) 55% 66%)"}
    return in_both(*(rules(scheme, bar=bar) for scheme, bar in bars.items()), _CSS)


def _section(name: str, heading: str, inner: str) -> str:
    return f'<section id="{name}"><h2>{heading}</h2>{inner}</section>' if inner else ""


def _scrolled(table: str, name: str) -> str:
    # a table that scrolls sideways must be reached by the keyboard, and have a name
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">{table}</div>'


def _hue(act: str) -> str:
    return f'style="--h:{HUES.get(act, 0)}"'


def _chip(act: str, told: str = "", *, link: bool = False) -> str:
    name, english = _text(STATEMENT.arabic(act)), _text(act)
    if link:
        return f'<a class="chip tag" {_hue(act)} href="#act-{english}" title="{english}">{name}{told}</a>'
    return f'<span class="chip tag" {_hue(act)} title="{english}">{name}{told}</span>'


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "—"


def _chosen(selection: Selection | None) -> str:
    told = []
    if selection is not None and selection.since:
        told.append(f"من يوم <bdi>{selection.since}</bdi>")
    if selection is not None and selection.until:
        told.append(f"إلى يوم <bdi>{selection.until}</bdi>")
    if selection is not None and selection.words:
        told.append("فيها " + " أو ".join(f"«<bdi>{_text(word)}</bdi>»" for word in selection.words))
    return f"<p>المقالات المختارة: {'، '.join(told)}.</p>" if told else ""


def _figures(report: CorpusReport) -> str:
    facts = [
        ("مقالة", report.articles), ("جملة", report.sentences), ("جملة فيها فعل", report.with_acts),
        ("متكلم", len(report.speakers)), ("هدف", len(report.targets)),
    ]  # fmt: skip
    items = "".join(f"<li><b><bdi>{count:,}</bdi></b> {name}</li>" for name, count in facts)
    dated = ""
    if report.periods:
        dated = f"<p>من <bdi>{report.periods[0].name}</bdi> إلى <bdi>{report.periods[-1].name}</bdi>"
        dated += f"؛ <bdi>{report.undated:,}</bdi> بلا تاريخ مقروء.</p>" if report.undated else ".</p>"
    sources = ""
    if report.sources:
        listed = "، ".join(f"<bdi>{_text(name)}</bdi> (<bdi>{count:,}</bdi>)" for name, count in report.sources[:30])
        sources = f'<p class="soft">المصادر: {listed}</p>'
    acts = sorted(report.acts.items(), key=lambda item: -item[1])
    chips = "".join(f"<li>{_chip(act, f' <bdi>{count:,}</bdi>', link=True)}</li>" for act, count in acts)
    return f'<ul class="figures">{items}</ul>{dated}{sources}<ul class="chips">{chips}</ul>'


def _caveats(report: CorpusReport) -> str:
    notes = [
        "قرأت هذه الجملَ نماذجُ آلية تخطئ؛ فاقرأ الجملة قبل أن تحكم.",
        "العلاقة «متكلم ← هدف» تعني أن الفعل والهدف في جملة واحدة مع موقف المتكلم من الهدف، وقد يكون المخاطَب غيره.",
        "جُمعت كتابات الاسم الواحد بطيّ الهمزات والتشكيل وما شابه؛ ولم تُجمع الأسماء المختلفة لشخص واحد،"
        " ولفظ مثل «الوزير» أو «سموه» يجمع أشخاصا مختلفين.",
        f"تُعرض <bdi>{len(report.quoted):,}</bdi> جملة لا تزيد على <bdi>{report.cap:,}</bdi>، من أكثر العلاقات تكرارا.",
    ]
    if report.dropped:
        notes.append(f"أُسقط من العد <bdi>{report.dropped:,}</bdi> من أندر الأسماء والعلاقات حفظا للذاكرة.")
    if report.unread:
        notes.append(f"لم تُقرأ <bdi>{report.unread:,}</bdi> مقالة.")
    return '<p class="soft"><small>' + " ".join(notes) + "</small></p>"


def _time(report: CorpusReport) -> str:
    if len(report.periods) < 2:
        return ""
    acts = sorted(report.acts, key=lambda act: -report.acts[act])
    charts = "".join(_chart(act, report.periods) for act in acts)
    length = "يوم" if len(report.periods[0].name) == 10 else "شهر"
    intro = f"لكل {length}: كم جملة فيها الفعل في كل مئة مقالة. يسير الزمن من اليمين إلى اليسار، والرماديّ بلا مقالات."
    heads = "".join(f'<th class="n">{_text(STATEMENT.arabic(act))}</th>' for act in acts)
    rows = "".join(
        f"<tr><td><bdi>{period.name}</bdi></td>{_cell(period.articles)}"
        + "".join(_cell(period.acts.get(act, 0)) for act in acts)
        + "</tr>"
        for period in report.periods
    )
    table = f'<thead><tr><th>{length}</th><th class="n">مقالات</th>{heads}</tr></thead><tbody>{rows}</tbody>'
    return (
        f'<p class="soft">{intro}</p><div class="charts">{charts}</div><details><summary>الأعداد</summary>'
        + _scrolled(f'<table class="sortable">{table}</table>', "الأعداد")
        + "</details>"
    )


def _chart(act: str, periods: Sequence[Period]) -> str:
    """Bars from right to left, the height a rate; where there is no article there is no bar."""
    width, height, base, side = 300.0, 96.0, 74.0, 34.0
    rates = [100 * period.acts.get(act, 0) / period.articles if period.articles else 0.0 for period in periods]
    top = max(rates) or 1.0
    step = (width - side) / len(periods)
    bars = []
    for at, (period, rate) in enumerate(zip(periods, rates, strict=True)):
        if not period.articles:
            told = f"{period.name}: لا مقالات"
            bars.append(
                f'<rect class="none" x="{width - side - (at + 1) * step:.1f}" y="14" width="{step:.1f}"'
                f' height="{base - 14}"><title>{told}</title></rect>'
            )
            continue
        tall = rate / top * (base - 14)
        told = f"{period.name}: {period.acts.get(act, 0):,} / {period.articles:,} = {rate:.1f}"
        x = width - side - (at + 1) * step
        bars.append(
            f'<rect class="bar" x="{x + step * 0.1:.1f}" y="{base - tall:.1f}" width="{step * 0.8:.1f}"'
            f' height="{tall:.1f}"><title>{told}</title></rect>'
        )
    name = _text(STATEMENT.arabic(act))
    marks = (
        f'<line class="axis" x1="0" y1="{base}" x2="{width - side}" y2="{base}"/>'
        f'<text x="{width}" y="14" text-anchor="end">{top:.1f}</text>'
        f'<text x="{width}" y="{base}" text-anchor="end">0</text>'
        f'<text x="{width - side}" y="{height - 4}" text-anchor="end">{periods[0].name}</text>'
        f'<text x="0" y="{height - 4}" text-anchor="start">{periods[-1].name}</text>'
    )
    caption = f'{name} <bdi class="soft" lang="en">{_text(act)}</bdi>'
    told = f"{name}: {periods[0].name} – {periods[-1].name}, 0 – {top:.1f}"
    return (
        f'<figure class="tag" {_hue(act)}><figcaption>{caption}</figcaption>'
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{told}">'
        f"{''.join(bars)}{marks}</svg></figure>"
    )


def _cell(count: int, top: int = 0, act: str = "") -> str:
    shown = f"<bdi>{count:,}</bdi>" if count else ""
    if not top or not count:
        return f'<td class="n" data-v="{count}">{shown}</td>'
    # the fullest cell of a column keeps its number legible
    style = f"--h:{HUES.get(act, 0)};--w:{round(45 * count / top)}"
    return f'<td class="n heat tag" style="{style}" data-v="{count}">{shown}</td>'


def _parties(parties: Sequence[Party], acts: Mapping[str, int], head: str, *, stances: bool) -> str:
    shown = parties[:PARTIES]
    if not shown:
        return ""
    columns = sorted(acts, key=lambda act: -acts[act])
    tops = {act: max(party.acts.get(act, 0) for party in shown) for act in columns}
    heads = [f"<th>{head}</th>", '<th class="n">جمل</th>']
    heads += [f'<th class="n">{_SIGNS[s]} {STANCE.arabic(s)}</th>' for s in STANCE.names] if stances else []
    heads += [f'<th class="n">{_text(STATEMENT.arabic(act))}</th>' for act in columns]
    rows = []
    for party in shown:
        told = _text("، ".join(party.spellings))
        cells = [f'<td class="name" title="{told}"><bdi>{_text(party.name)}</bdi></td>', _cell(party.count)]
        cells += [_cell(party.stances.get(stance, 0)) for stance in STANCE.names] if stances else []
        cells += [_cell(party.acts.get(act, 0), tops[act], act) for act in columns]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    told = f'<p class="soft">أكثرهم ذكرا: <bdi>{len(shown):,}</bdi> من <bdi>{len(parties):,}</bdi>.</p>'
    table = f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return told + _scrolled(f'<table class="sortable grid">{table}</table>', head)


def _act(report: CorpusReport, act: str) -> str:
    relations = [relation for relation in report.relations if relation.act == act]
    whole, conditional = report.acts[act], report.conditional.get(act, 0)
    intro = f'<p class="soft"><bdi>{whole:,}</bdi> جملة، <bdi>{conditional:,}</bdi> منها مشروطة'
    intro += f" (<bdi>{_share(conditional, whole)}</bdi>)"
    known = Counter({party.name: party.count for party in (*report.speakers, *report.targets)})

    def order(relation: Relation) -> tuple[int, bool, int]:
        # most stand once in a corpus: of those, the ones that can be read, between those who are named most
        prominence = known[relation.speaker] * known[relation.target]
        return -relation.count, not relation.sentences, -prominence

    # who is known on both sides tells most
    named = sorted(relations, key=lambda r: ((r.speaker is None) + (r.target is None), order(r)))[:RELATIONS]
    named.sort(key=order)
    intro += f"؛ تُعرض <bdi>{len(named):,}</bdi> من <bdi>{len(relations):,}</bdi> علاقة.</p>"
    heads = '<th>من</th><th>تجاه من</th><th>موقفه منه</th><th class="n">جمل</th><th class="n">مشروطة</th><th>الجمل</th>'
    rows = "".join(map(_relation, named))
    table = f'<table class="sortable"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    table = _scrolled(table, f"من يفعل ماذا: {_text(STATEMENT.arabic(act))}")
    numbers = {number for relation in relations for number in relation.sentences}
    on_condition = [q for q in report.quoted if q.conditional and q.number in numbers and act in q.tags][:10]
    listed = ""
    if on_condition:
        items = "".join(
            f'<li>{_quote(quoted)} <a href="#q{quoted.number}">[{quoted.number}]</a></li>' for quoted in on_condition
        )
        listed = f'<h3>على أي شرط</h3><ul class="quotes">{items}</ul>'
    name = f'{_text(STATEMENT.arabic(act))} <bdi class="soft" lang="en">{_text(act)}</bdi>'
    return _section(f"act-{_text(act)}", f"من يفعل ماذا: {name}", intro + table + listed)


def _relation(relation: Relation) -> str:
    stance = relation.stance
    told = "—"
    if stance:
        kind = stance if stance in _SIGNS else "neutral"
        told = f'<span class="stance {kind}">{_SIGNS.get(stance, "")} {_text(STANCE.arabic(stance))}</span>'
    links = " ".join(f'<a href="#q{number}">[{number}]</a>' for number in relation.sentences)
    return (
        f"<tr>{_name(relation.speaker)}{_name(relation.target)}<td>{told}</td>{_cell(relation.count)}"
        f'{_cell(relation.conditional)}<td data-v="{len(relation.sentences)}">{links}</td></tr>'
    )


def _name(name: str | None) -> str:
    return f'<td class="name"><bdi>{_text(name)}</bdi></td>' if name else '<td class="name soft">غير مذكور</td>'


def _quote(quoted: Quoted) -> str:
    found = condition(quoted.text) if quoted.conditional else None
    if found is None:
        return _text(quoted.text)
    start, end = found
    return f"{_text(quoted.text[:start])}<u>{_text(quoted.text[start:end])}</u>{_text(quoted.text[end:])}"


def _quotes(quoted: Iterable[Quoted]) -> str:
    items = []
    for sentence in quoted:
        chips = "".join(_chip(tag) for tag in sentence.tags)
        chips += ' <span class="chip if">مشروط</span>' if sentence.conditional else ""
        facts = [sentence.date, sentence.source, sentence.title or sentence.article]
        told = " · ".join(f"<bdi>{_text(fact)}</bdi>" for fact in facts if fact)
        if sentence.url and sentence.url.startswith(("http://", "https://")):
            told = f'<a href="{_text(sentence.url)}" rel="noreferrer">{told}</a>'
        who = f" — <bdi>{_text(sentence.speaker)}</bdi>" if sentence.speaker else ""
        items.append(f'<li id="q{sentence.number}">{_quote(sentence)} {chips}<br><small>{told}{who}</small></li>')
    return f'<ol class="quotes">{"".join(items)}</ol>' if items else ""
