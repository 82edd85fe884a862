"""Who says what to whom in an article, as a small table: speakers, their acts, and towards whom."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from tasrih.relations import Relation, relations_of
from tasrih.render.chips import chip, stance_parts
from tasrih.render.escaping import escaped
from tasrih.results import Document
from tasrih.schemes import STATEMENT

HEADING, UNNAMED, MORE, TARGET, ACTS, SENTENCES = (
    "من يقول ماذا لمن", "غير مذكور", "البقية", "تجاه من", "الأفعال", "الجمل",
)  # fmt: skip
#: Rows that are shown at once; the others are folded away.
ROWS = 12

#: A speaker and what is done towards each target: rows of relations that differ in their act alone.
Group = tuple[str | None, list[list[Relation]]]


def relations_panel(document: Document) -> str:
    """Make the side panel of a page.

    Args:
        document: the article taken apart.

    Returns:
        An ``aside`` whose links lead to the sentences; nothing where no sentence has an act.
    """
    first, rest = _parted(_groups(document))
    if not first:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in (TARGET, ACTS, SENTENCES))
    tables = [f"<table><thead><tr>{head}</tr></thead>{_bodies(first)}</table>"]
    if rest:
        tables.append(f"<details><summary>{MORE}</summary><table>{_bodies(rest)}</table></details>")
    return f'<aside class="panel who" aria-labelledby="who"><h2 id="who">{HEADING}</h2>{"".join(tables)}</aside>'


def relations_fragment(document: Document) -> str:
    """Make the same for a notebook: folded, styled by itself alone, without links.

    Args:
        document: the article taken apart.

    Returns:
        A ``details``; nothing where no sentence has an act.
    """
    groups = _groups(document)
    if not groups:
        return ""
    cell = "text-align:right;vertical-align:top;padding:.1em .6em"
    rows = []
    for speaker, targets in groups:
        for number, relations in enumerate(targets):
            who = f'<th rowspan="{len(targets)}" style="{cell}">{_named(speaker)}</th>' if not number else ""
            acts = "، ".join(
                escaped(STATEMENT.arabic(r.act)) + (f" ×{r.count}" if r.count > 1 else "") for r in relations
            )
            rows.append(f'<tr>{who}<td style="{cell}">{acts}</td><td style="{cell}">{_towards(relations[0])}</td></tr>')
    table = f'<table style="font-size:.9em;border-collapse:collapse"><tbody>{"".join(rows)}</tbody></table>'
    return f"<details><summary>{HEADING}</summary>{table}</details>"


def _groups(document: Document) -> list[Group]:
    """Speakers by how much they say, nobody last; under each the targets likewise."""

    def pair(relation: Relation) -> tuple:
        return relation.speaker or "", relation.target or "", relation.stance or ""

    relations = sorted(relations_of(document), key=pair)
    rows = [sorted(same, key=lambda r: -r.count) for _, same in groupby(relations, key=pair)]
    groups = [(speaker, list(same)) for speaker, same in groupby(rows, key=lambda row: row[0].speaker)]
    for _, targets in groups:
        targets.sort(key=lambda row: (row[0].target is None, -len(_sentences(row))))
    said = {speaker: _sentences(relation for row in rows for relation in row) for speaker, rows in groups}
    return sorted(groups, key=lambda group: (group[0] is None, -len(said[group[0]])))


def _sentences(relations: Iterable[Relation]) -> list[int]:
    return sorted({number for relation in relations for number in relation.sentences})


def _parted(groups: list[Group]) -> tuple[list[Group], list[Group]]:
    first: list[Group] = []
    rest: list[Group] = []
    room = ROWS
    for speaker, targets in groups:
        if targets[:room]:
            first.append((speaker, targets[:room]))
        if targets[room:]:
            rest.append((speaker, targets[room:]))
        room = max(0, room - len(targets))
    return first, rest


def _bodies(groups: list[Group]) -> str:
    bodies = []
    for speaker, targets in groups:
        head = f'<tr class="speaks"><th scope="rowgroup" colspan="3">{_named(speaker)}</th></tr>'
        bodies.append(f"<tbody>{head}{''.join(map(_row, targets))}</tbody>")
    return "".join(bodies)


def _row(relations: list[Relation]) -> str:
    acts = "".join(map(_act, relations))
    links = " ".join(f'<a href="#s{number}">{number}</a>' for number in _sentences(relations))
    return f"<tr><td>{_towards(relations[0])}</td><td><ul>{acts}</ul></td><td>{links}</td></tr>"


def _act(relation: Relation) -> str:
    times = f" <bdi>×{relation.count}</bdi>" if relation.count > 1 else ""
    return f'<li data-act="{escaped(relation.act)}">{chip(relation.act, {})}{times}</li>'


def _towards(relation: Relation) -> str:
    if relation.target is None:
        return _named(None)
    kind, sign, name = stance_parts(relation.stance or "neutral")
    return f'<b class="{kind}" title="{name}">{sign}</b> {_named(relation.target)}'


def _named(name: str | None) -> str:
    return f'<span class="soft">{UNNAMED}</span>' if name is None else f"<bdi>{escaped(name)}</bdi>"
