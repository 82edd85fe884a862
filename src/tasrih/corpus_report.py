"""Acts across many articles: who does what to whom, when, and on what condition, counted in bounded memory.

What is counted is what the models read. A row says that a speaker's act stands in a sentence together with a target
towards which the speaker takes a stance; the target need not be the one whom the act addresses.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date as Date

from tasrih.corpus_counts import Names, Tally, read_date
from tasrih.interchange import Article
from tasrih.relations import Relation, keys_of, merged_relations
from tasrih.results import Document, Statement
from tasrih.schemes import STATEMENT

#: Sentences kept for each (speaker, act, target), and conditional ones besides.
SAMPLES, CONDITIONAL_SAMPLES = 3, 2

#: Acts are counted by day up to this many days, else by month.
MOST_DAYS = 92


@dataclass(frozen=True, slots=True)
class Quoted:
    """A sentence that the page shows.

    Attributes:
        number: its number on the page, from 1.
        article: id of its article.
        text: the sentence.
        tags: its acts.
        conditional: whether one of them depends on a condition.
        speaker: who performs them, as the article names them.
        date: the article's date.
        source: its paper.
        title: its headline.
        url: where it stands.
    """

    number: int
    article: str
    text: str
    tags: tuple[str, ...]
    conditional: bool
    speaker: str | None = None
    date: str | None = None
    source: str | None = None
    title: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A speaker or a target, all spellings together.

    Attributes:
        name: its most frequent spelling.
        count: sentences.
        acts: sentences by act.
        stances: for a target, sentences by stance.
        spellings: the most frequent spellings.
    """

    name: str
    count: int
    acts: dict[str, int]
    stances: dict[str, int] = field(default_factory=dict)
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """A day or month: how many articles it has, and the sentences by act."""

    name: str
    articles: int
    acts: dict[str, int]


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """The counts over a corpus.

    Attributes:
        articles: articles read.
        unread: articles that could not be read.
        sentences: sentences in them.
        with_acts: sentences with an act.
        acts: sentences by act.
        conditional: conditional sentences by act.
        periods: days or months, in order, those without an article included.
        undated: articles without a date that can be read.
        sources: articles by paper, most first.
        relations: who does what to whom, most frequent first.
        speakers: the speakers, most frequent first.
        targets: the targets, likewise.
        quoted: the kept sentences.
        cap: the most sentences that are kept.
        dropped: counted facts of rare names that were let go to bound memory.
    """

    articles: int
    unread: int
    sentences: int
    with_acts: int
    acts: dict[str, int]
    conditional: dict[str, int]
    periods: tuple[Period, ...]
    undated: int
    sources: tuple[tuple[str, int], ...]
    relations: tuple[Relation, ...]
    speakers: tuple[Party, ...]
    targets: tuple[Party, ...]
    quoted: tuple[Quoted, ...]
    cap: int
    dropped: int


class CorpusCounter:
    """Counts acts over a stream of articles; what it holds is bounded by its limits, not by the corpus.

    Example:
        >>> counter = CorpusCounter()
        >>> counter.add(Article("1", "نص", date="2015-07-21"), Document("نص"))
        >>> counter.report().articles
        1
    """

    def __init__(self, *, sentences: int = 2000, names: int = 100_000, relations: int = 200_000) -> None:
        """Set the limits.

        Args:
            sentences: sentences kept for the page.
            names: distinct speakers, and distinct targets, that are told apart.
            relations: distinct (speaker, act, target, stance) that are counted.

        Raises:
            ValueError: if a limit is not positive.
        """
        for name, limit in (("sentences", sentences), ("names", names), ("relations", relations)):
            if limit < 1:
                raise ValueError(f"{name} must be a positive whole number, not {limit!r}")
        self._cap = sentences
        self._articles = self._unread = self._undated = self._sentences = self._with_acts = 0
        self._acts: Counter[str] = Counter()
        self._conditional: Counter[str] = Counter()
        self._days: dict[str, Counter[str]] = defaultdict(Counter)
        self._day_articles: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()
        self._speaker_names, self._target_names = Names(names), Names(names)
        self._speakers, self._targets = Tally(names * 4), Tally(names * 4)
        self._relations = Tally(relations)
        self._samples: dict[Hashable, list[int]] = {}
        self._kept: dict[int, Quoted] = {}
        self._next = 0

    def add(self, article: Article, document: Document | None) -> None:
        """Count one article.

        Args:
            article: the article.
            document: what was found in it; None where it could not be read.
        """
        if document is None:
            self._unread += 1
            return
        self._articles += 1
        day = read_date(article.date)
        if day is None:
            self._undated += 1
        else:
            self._day_articles[day] += 1
        if article.source:
            self._sources[article.source] += 1
        self._sentences += len(document.statements)
        for statement in document.statements:
            if statement.tags:
                self._count(article, statement, day)

    def _count(self, article: Article, statement: Statement, day: str | None) -> None:
        self._with_acts += 1
        flag = statement.conditional
        keys = keys_of(statement, self._speaker_names, self._target_names)
        for act in statement.tags:
            self._acts[act] += 1
            self._conditional[act] += flag
            if day is not None:
                self._days[day][act] += 1
        speaker = keys[0][0]
        if speaker is not None:
            for act in (None, *statement.tags):
                self._speakers.add((speaker, act), flag)
        towards = {key[2:] for key in keys if key[2] is not None}
        for target in {target for target, _ in towards}:
            for kind in (None, *statement.tags):
                self._targets.add((target, kind), flag)
        for target, stance in towards:
            self._targets.add((target, ("stance", stance)), flag)
        for key in keys:
            self._relations.add(key, flag)
        self._keep(article, statement, keys)

    def _keep(self, article: Article, statement: Statement, keys: list[tuple]) -> None:
        flag = statement.conditional
        wanting = []
        for key in keys:
            held = self._samples.setdefault(key, [])
            conditional = sum(self._kept[number].conditional for number in held)
            if len(held) - conditional < SAMPLES if not flag else conditional < CONDITIONAL_SAMPLES:
                wanting.append(held)
        if not wanting:
            return
        self._next += 1
        for held in wanting:
            held.append(self._next)
        self._kept[self._next] = Quoted(
            self._next, article.id, statement.text, statement.tags, flag,
            statement.speaker.text if statement.speaker else None, article.date, article.source, article.title,
            article.url,
        )  # fmt: skip
        if len(self._kept) > 4 * self._cap:
            self._trim(2 * self._cap)

    def _trim(self, most: int) -> None:
        """Keep the sentences of the most frequent relations."""
        kept: set[int] = set()
        ranked = sorted(self._samples, key=lambda key: -self._relations.counts.get(key, (0,))[0])
        for key in ranked:
            wanted = [number for number in self._samples[key] if number not in kept]
            kept.update(wanted[: max(0, most - len(kept))])
        self._kept = {number: self._kept[number] for number in sorted(kept)}
        held = {key: [number for number in numbers if number in kept] for key, numbers in self._samples.items()}
        self._samples = {key: numbers for key, numbers in held.items() if numbers}

    def report(self) -> CorpusReport:
        """Give what was counted so far.

        Returns:
            The report.
        """
        self._trim(self._cap)
        renumbered = {old: new for new, old in enumerate(self._kept, 1)}
        quoted = tuple(
            Quoted(renumbered[q.number], *(getattr(q, name) for name in Quoted.__slots__[1:]))
            for q in self._kept.values()
        )
        return CorpusReport(
            self._articles, self._unread, self._sentences, self._with_acts,
            {act: self._acts[act] for act in STATEMENT.names if self._acts[act]},
            {act: self._conditional[act] for act in STATEMENT.names if self._conditional[act]},
            self._periods(), self._undated, tuple(self._sources.most_common()), self._related(renumbered),
            self._parties(self._speakers, self._speaker_names), self._parties(self._targets, self._target_names),
            quoted, self._cap, self._relations.dropped + self._speakers.dropped + self._targets.dropped,
        )  # fmt: skip

    def _related(self, renumbered: dict[int, int]) -> tuple[Relation, ...]:
        counts = {key: tuple(count) for key, count in self._relations.counts.items()}
        numbers = {key: [renumbered[number] for number in kept] for key, kept in self._samples.items()}
        return merged_relations(counts, numbers, self._speaker_names, self._target_names)

    def _parties(self, tally: Tally, names: Names) -> tuple[Party, ...]:
        fused = names.merged()
        groups: dict[str, Counter] = defaultdict(Counter)
        members: dict[str, set[str]] = defaultdict(set)
        for (key, kind), (count, _) in tally.counts.items():
            groups[fused.get(key, key)][kind] += count
            members[fused.get(key, key)].add(key)
        parties = []
        for key, counts in groups.items():
            acts = {act: counts[act] for act in STATEMENT.names if counts[act]}
            stances = {kind[1]: count for kind, count in counts.items() if isinstance(kind, tuple)}
            spellings = names.shown(members[key], key)
            parties.append(Party(spellings[0], counts[None], acts, stances, spellings))
        return tuple(sorted(parties, key=lambda party: (-party.count, party.name)))

    def _periods(self) -> tuple[Period, ...]:
        if not self._day_articles:
            return ()
        first, last = (Date.fromisoformat(edge(self._day_articles)) for edge in (min, max))
        if (last - first).days < MOST_DAYS:
            names = [Date.fromordinal(n).isoformat() for n in range(first.toordinal(), last.toordinal() + 1)]
            length = 10
        else:
            months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
            names = [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in months]
            length = 7
        articles: Counter[str] = Counter()
        acts: dict[str, Counter[str]] = defaultdict(Counter)
        for day, count in self._day_articles.items():
            articles[day[:length]] += count
            acts[day[:length]].update(self._days.get(day, {}))
        return tuple(Period(name, articles[name], dict(acts[name])) for name in names)
