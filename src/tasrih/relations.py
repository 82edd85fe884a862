"""Who says what to whom: speaker, act and target of statements, names folded so that their spellings meet.

A relation says that a speaker's act stands in a sentence together with a target towards which the speaker takes a
stance; the target need not be the one whom the act addresses.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tasrih.corpus_counts import Names
from tasrih.results import Document, Statement

#: Folded speaker, act, folded target, stance; None where nobody is named, or there is no stance.
Key = tuple[str | None, str, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Relation:
    """How often a speaker does something in sentences that name a target.

    Attributes:
        speaker: the speaker's most frequent spelling; None where none is named.
        act: the act.
        target: the target's most frequent spelling; None where none is named.
        stance: the speaker's stance to the target; None where there is none.
        count: sentences.
        conditional: how many of them are conditional.
        sentences: numbers of the sentences: those of the article, or, over a corpus, of those that were kept.
    """

    speaker: str | None
    act: str
    target: str | None
    stance: str | None
    count: int
    conditional: int
    sentences: tuple[int, ...] = ()


def keys_of(statement: Statement, speakers: Names, targets: Names) -> list[Key]:
    """List what a statement tells of who does what to whom, each once.

    Args:
        statement: one with acts.
        speakers: takes note of the speaker's name.
        targets: takes note of the targets' names.

    Returns:
        The keys, act by act in the statement's order; without a named target one an act.
    """
    speaker = speakers.key(statement.speaker)
    towards = dict.fromkeys((targets.key(stance.target), stance.label) for stance in statement.stances)
    named = [pair for pair in towards if pair[0] is not None] or [(None, None)]
    return [(speaker, act, *pair) for act in statement.tags for pair in named]


def merged_relations(
    counts: dict[Key, tuple[int, int]], sentences: dict[Key, tuple[int, ...]], speakers: Names, targets: Names
) -> tuple[Relation, ...]:
    """Make relations of counted keys, those of one name with and without what is written together with it as one.

    Args:
        counts: sentences of each key, and how many of them are conditional.
        sentences: numbers of sentences of each key.
        speakers: the speakers' names.
        targets: the targets' names.

    Returns:
        The relations, most frequent first.
    """
    who, whom = speakers.merged(), targets.merged()
    groups: dict[Key, list[Key]] = defaultdict(list)
    for key in counts:
        speaker, act, target, stance = key
        groups[(who.get(speaker, speaker), act, whom.get(target, target), stance)].append(key)
    found = []
    for (speaker, act, target, stance), keys in groups.items():
        shown = [
            names.shown({key[place] for key in keys}, kept)[0] if kept is not None else None
            for names, place, kept in ((speakers, 0, speaker), (targets, 2, target))
        ]
        numbers = sorted({number for key in keys for number in sentences.get(key, ())})
        told, conditional = (sum(counts[key][place] for key in keys) for place in (0, 1))
        found.append(Relation(shown[0], act, shown[1], stance, told, conditional, tuple(numbers)))
    return tuple(sorted(found, key=lambda r: (-r.count, r.speaker or "", r.target or "")))


def relations_of(document: Document) -> tuple[Relation, ...]:
    """Count who says what to whom in one article.

    Args:
        document: the article taken apart.

    Returns:
        The relations, most frequent first; ``sentences`` are numbers of its statements, from 1.

    Example:
        >>> from tasrih.results import Span, Stance
        >>> warned = Statement("حذر الوزير إيران", 0, 16, ("warning",), speaker=Span("الوزير", 4, 10),
        ...                    stances=(Stance(Span("إيران", 11, 16), "against", 0.9),))
        >>> (relation,) = relations_of(Document("حذر الوزير إيران", statements=(warned,)))
        >>> relation.speaker, relation.act, relation.target, relation.count
        ('الوزير', 'warning', 'إيران', 1)
    """
    most = len(document.text) + 1  # an article has no more names than letters
    speakers, targets = Names(most), Names(most)
    sentences: dict[Key, list[int]] = defaultdict(list)
    conditional: dict[Key, int] = defaultdict(int)
    for number, statement in enumerate(document.statements, 1):
        for key in keys_of(statement, speakers, targets):
            sentences[key].append(number)
            conditional[key] += statement.conditional
    counts = {key: (len(numbers), conditional[key]) for key, numbers in sentences.items()}
    return merged_relations(counts, sentences, speakers, targets)
