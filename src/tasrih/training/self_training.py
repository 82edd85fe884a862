"""Self-training: unlabelled texts of the corpus with the probabilities that an ensemble of teachers gives them.

A student that learns them beside the labelled sets takes over what its teachers know together: an encoder reads
order and context, TF-IDF knows words and phrases that a small encoder has not learnt to tell apart.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasrih.data.corpus import data_root, read_rows
from tasrih.data.guard import HeldOut, fingerprint
from tasrih.data.labelled import Row, article_text
from tasrih.data.labelled_source import Part, Source, facts_of, read_source
from tasrih.data.standoff import SUFFIX, write_standoff
from tasrih.evaluation.baselines import TfidfBaseline
from tasrih.models.classifier import Classifier
from tasrih.models.files import digest
from tasrih.schemes import SCHEMES
from tasrih.text.sentences import sentences
from tasrih.training.provenance import write_config, write_provenance

#: The teacher that is not a folder: the baseline, fitted on ``train``.
TFIDF = "tfidf"


@dataclass(frozen=True)
class SelfTrainingConfig:
    """What a teacher's labels are made of."""

    task: str
    """``statement`` (sentences) or ``topic`` (whole articles)."""
    output: str
    """The ``*.standoff.jsonl`` to write: offsets and probabilities, no text."""
    teachers: list[str]
    """Folders or bundled names of classifiers, and ``tfidf`` for the baseline fitted on ``train``; the mean of their
    logits counts."""
    train: list[Source]
    """What the baseline is fitted on; none of it is drawn again."""
    validation: Source
    """The set that the student is chosen on, which is not drawn from either."""
    corpora: list[str]
    """Files under ``corpus/`` of the data root."""
    texts: int = 20_000
    """Texts to draw, evenly over the articles."""
    per_article: int = 4
    """Sentences of an article at most."""
    shortest: int = 40
    """Characters of a sentence at least."""
    longest: int = 380
    """Characters of a sentence at most."""
    sure_from: float = 0.0
    """Of one label a text: the probability that the best label needs for the text to be kept."""
    seed: int = 1
    """Of the draw."""

    def __post_init__(self) -> None:
        if self.task not in ("statement", "topic"):
            raise ValueError(f"task must be statement or topic, not {self.task!r}: a stance needs a target")
        if not self.output.endswith(SUFFIX):
            raise ValueError(f"output must end in {SUFFIX}, not {self.output!r}")
        for name in ("teachers", "train", "corpora"):
            if not getattr(self, name):
                raise ValueError(f"{name} must name at least one")
        for name in ("texts", "per_article", "shortest"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 at least, not {getattr(self, name)}")
        if self.longest <= self.shortest:
            raise ValueError(f"longest {self.longest} must be more than shortest {self.shortest}")
        if not 0 <= self.sure_from < 1:
            raise ValueError(f"sure_from must lie between 0 and 1, not {self.sure_from}")
        if self.sure_from and self.task == "statement":
            raise ValueError("sure_from is for one label a text; statement has several")


def self_train(config: SelfTrainingConfig, root: Path | None = None) -> dict:
    """Draw unlabelled texts and save what the teachers say of them, and beside it what it was made of.

    Args:
        config: the run.
        root: the data root; None takes ``data_root()``.

    Returns:
        ``texts`` kept, ``removed_by_guard``, and the expected count of each label.

    Raises:
        FileNotFoundError: if a set or a corpus is not there.
        ModelError: if a teacher cannot be read.
        ValueError: if a teacher's labels are not the task's, or no text is left to draw.

    Source:
        Hinton et al., "Distilling the Knowledge in a Neural Network", 2015; Xie et al., "Self-training with Noisy
        Student", CVPR 2020.
    """
    begun, root, output = time.monotonic(), root or data_root(), Path(config.output)
    scheme = SCHEMES[config.task]
    labels = (*scheme.names, "conditional") if config.task == "statement" else scheme.names
    guard = HeldOut.from_root(root)

    def read(source: Source) -> Part:
        return read_source(source, root, config.task, labels, multi_label=scheme.multi_label)

    held = read(config.validation)
    validation, train, data = held.rows, [], [facts_of(held)]
    for part in map(read, config.train):
        kept, part.removed = guard.refuse(part.rows, lambda row: row.text, lambda row: row.id)
        train += kept
        data.append(facts_of(part))
    drawn, removed = _draw(config, root, guard, known={fingerprint(row.text) for row in (*train, *validation)})
    if not drawn:
        raise ValueError(f"no text of {', '.join(config.corpora)} is left: all are held out, labelled or short")
    texts = [row.text for _, _, row in drawn]
    print(f"{len(texts)} texts drawn, {removed} articles removed by the guard", flush=True)

    logits = np.zeros((len(texts), len(labels)))
    for name in config.teachers:
        if name == TFIDF:
            teacher = TfidfBaseline(labels, multi_label=scheme.multi_label).fit(train, validation)
            found = teacher.answer([row for _, _, row in drawn])[1]
        else:
            found = _ask(name, texts, labels)
        logits += _logit(found) / len(config.teachers)
        print(f"{name} has read them", flush=True)
    found = _probabilities(logits, multi_label=scheme.multi_label)

    rows = list(_label(drawn, found, labels, config))
    output.parent.mkdir(parents=True, exist_ok=True)
    number = write_standoff(output, rows)
    expected = dict(zip(labels, found.sum(0).round(1).tolist(), strict=True))
    result = {"texts": number, "removed_by_guard": removed, "expected": expected}
    Path(f"{output}.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    data += [{"name": name, "sha256": digest(root / "corpus" / name)} for name in config.corpora]
    # there may be several such files in a folder
    write_config(output.parent, config, f"{output.name}.config.json")
    write_provenance(
        output.parent, seeds=[config.seed], data=data, begun=begun, resumed=False, name=f"{output.name}.run.json"
    )
    return result


def _draw(
    config: SelfTrainingConfig, root: Path, guard: HeldOut, known: set[bytes]
) -> tuple[list[tuple[str, int | None, Row]], int]:
    """Draw texts nobody labelled: the same share of each corpus's articles, sentences in a random order."""
    choose = random.Random(config.seed)
    articles = [(name, row) for name in config.corpora for row in read_rows(root / "corpus" / name)]
    choose.shuffle(articles)
    drawn, removed = [], 0
    for corpus, article in articles:
        if len(drawn) >= config.texts:
            break
        if guard.holds(article["text"], article["id"]) or guard.holds(article_text(article), article["id"]):
            removed += 1
            continue
        for start, row in _texts_of(article, config, choose):
            mark = fingerprint(row.text)
            if mark not in known and not guard.holds(row.text):
                known.add(mark)
                drawn.append((corpus, start, row))
    return drawn[: config.texts], removed


def _texts_of(article: dict, config: SelfTrainingConfig, choose: random.Random) -> Iterator[tuple[int | None, Row]]:
    if config.task == "topic":
        yield None, Row(article["id"], article_text(article), ())
        return
    text = article["text"]
    fitting = [s for s in sentences(text) if config.shortest <= s.end - s.start <= config.longest]
    for found in choose.sample(fitting, min(config.per_article, len(fitting))):
        yield found.start, Row(article["id"], text[found.start : found.end], (), spans=None)


def _ask(name: str, texts: Sequence[str], labels: tuple[str, ...]) -> np.ndarray:
    teacher = Classifier.from_pretrained(name)
    if set(teacher.settings.labels) != set(labels):
        raise ValueError(f"teacher {name} has other labels: {', '.join(teacher.settings.labels)}")
    order = [teacher.settings.labels.index(label) for label in labels]
    return np.array([teacher.probabilities(reading)[0][order] for reading in teacher.read(texts)])


def _logit(probabilities: np.ndarray) -> np.ndarray:
    kept = probabilities.clip(1e-4, 1 - 1e-4)
    return np.log(kept) - np.log1p(-kept)


def _probabilities(logits: np.ndarray, *, multi_label: bool) -> np.ndarray:
    odds = 1 / (1 + np.exp(-logits))
    return odds if multi_label else odds / odds.sum(1, keepdims=True)


def _label(drawn, found: np.ndarray, labels: tuple[str, ...], config: SelfTrainingConfig):
    several = SCHEMES[config.task].multi_label
    for (corpus, start, row), each in zip(drawn, found, strict=True):
        if several:
            given = tuple(label for label, value in zip(labels, each, strict=True) if value >= 0.5)
            soft = dict(zip(labels, each.tolist(), strict=True))
        elif each.max() >= config.sure_from:
            given, soft = (labels[int(each.argmax())],), None
        else:
            continue
        yield corpus, row.id, start, Row(row.id, row.text, given, spans=None if several else (), soft=soft)
