"""Labelled sets as rows with checked labels: statements, topics, and stances to a target."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasrih.data.corpus import find_split, read_rows
from tasrih.schemes import STANCE, STATEMENT, Scheme


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """A labelled stretch of a row's text."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled text, in the one form that training and evaluation read.

    Attributes:
        id: the row's id in its set.
        text: what is read; an article's headline stands on a line of its own before the text.
        labels: its label, or all of its tags.
        target: for stance, what the stance is to.
        spans: for statements, the speaker (``speaker``) and the targets (their stance); None where nobody
            looked for them.
        other: further labels that count as right (``topic_iptc``'s second topic).
        source: the paper or repository.
        soft: probability of each label, where a teacher gave them and nobody read the text.
    """

    id: str
    text: str
    labels: tuple[str, ...]
    target: str | None = None
    spans: tuple[MarkedSpan, ...] | None = ()
    other: tuple[str, ...] = ()
    source: str | None = None
    soft: dict[str, float] | None = None


#: Labels of other sets in terms of ours, by the set's folder.
LABEL_MAPS: dict[str, dict[str, str]] = {
    "topic/sanad_khaleej": {
        "Medical": "health", "Tech": "science_technology", "Religion": "religion", "Sports": "sport",
        "Culture": "arts_culture_media", "Finance": "economy_business",
    },
    "topic/ant": {
        "sport": "sport", "economy": "economy_business", "culture": "arts_culture_media",
        "technology": "science_technology", "politic": "politics_government",
    },
    "stance/ans": {"agree": "favor", "disagree": "against", "other": "neutral"},
    "stance/arabicstancex": {"favor": "favor", "against": "against", "none": "neutral"},
    "stance/mawqif": {"favor": "favor", "against": "against", "none": "neutral"},
    "stance/austr": {"agree": "favor", "disagree": "against", "other": "neutral"},
    "stance/arabicfc": {"agree": "favor", "disagree": "against", "discuss": "neutral", "unrelated": "neutral"},
    "stance/arastance": {"agree": "favor", "disagree": "against", "discuss": "neutral", "unrelated": "neutral"},
}  # fmt: skip

#: Arabic names of the targets that a set writes as English slugs.
TARGET_NAMES: dict[str, str] = {
    "Covid Vaccine": "لقاح كورونا",
    "Digital Transformation": "التحول الرقمي",
    "Women empowerment": "تمكين المرأة",
    "Abdulaziz_bin_Turki_Head_of_Sports": "عبدالعزيز بن تركي رئيسا لهيئة الرياضة",
    "Aramco": "أرامكو",
    "Faisal_bin_Turkis_resignation": "استقالة فيصل بن تركي",
    "Neom": "نيوم",
    "Qiddiya": "القدية",
    "Vaccine": "لقاح كورونا",
    "chineese": "تعليم اللغة الصينية",
    "coexistence_with_religions": "التعايش بين الأديان",
    "fix_domestic_tourism": "السياحة الداخلية",
    "military_conscription": "التجنيد الإجباري",
    "mosques_speakers": "مكبرات صوت المساجد",
    "multi_mariage": "تعدد الزوجات",
    "online_learning": "التعليم عن بعد",
    "sexual_education_fully": "التربية الجنسية",
    "update_curricula": "تحديث المناهج الدراسية",
    "vaccine_booster_dose": "الجرعة التنشيطية من اللقاح",
    "women_driving": "قيادة المرأة للسيارة",
}


def _check(labels: Iterable[str], scheme: Scheme, where: str) -> None:
    for label in labels:
        if label not in scheme.names:
            raise ValueError(f"{where}: unknown label {label!r}: choose from {', '.join(scheme.names)}")


def _need(row: dict, columns: Iterable[str], where: str) -> None:
    for column in columns:
        if row.get(column) is None:
            raise ValueError(f"{where}: no {column!r}: it has {', '.join(row)}")


def statements(path: str | Path) -> Iterator[Row]:
    """Read tagged sentences (``text, tags, conditional, speaker, stances``).

    Args:
        path: a JSONL file in the form of the statements set.

    Yields:
        One row a sentence; ``conditional`` is among its labels where it is set.

    Raises:
        ValueError: if a tag or stance is unknown, or an offset does not hold.
    """
    for number, row in enumerate(read_rows(path), 1):
        where = f"{path}, {row.get('id', f'row {number}')}"
        _need(row, ("id", "text", "tags", "conditional"), where)
        _check(row["tags"], STATEMENT, where)
        _check((stance["stance"] for stance in row.get("stances", ())), STANCE, where)
        spans = []
        marked = [("speaker", row["speaker"])] if row.get("speaker") else []
        marked += [(stance["stance"], stance["target"]) for stance in row.get("stances", ())]
        for label, span in marked:
            if row["text"][span["start"] : span["end"]] != span["text"]:
                raise ValueError(f"{where}: the text at {span['start']}:{span['end']} is not {span['text']!r}")
            spans.append(MarkedSpan(span["start"], span["end"], label))
        labels = (*row["tags"], "conditional") if row["conditional"] else tuple(row["tags"])
        yield Row(row["id"], row["text"], labels, spans=tuple(spans), source=row.get("source"))


def statement_stances(path: str | Path) -> Iterator[Row]:
    """Read the stances of tagged sentences as (sentence, target) pairs.

    Args:
        path: a JSONL file in the form of the statements set.

    Yields:
        One row a target.
    """
    for row in statements(path):
        yield from stance_pairs(row)


def stance_pairs(row: Row) -> Iterator[Row]:
    """Give the stances of a tagged sentence as (sentence, target) pairs.

    Args:
        row: the sentence with its spans.

    Yields:
        One row a target.
    """
    for number, span in enumerate(span for span in row.spans or () if span.label != "speaker"):
        target = row.text[span.start : span.end]
        yield Row(f"{row.id}#{number}", row.text, (span.label,), target=target, spans=(span,), source=row.source)


def article_text(row: dict) -> str:
    """Join an article's headline and text, the headline on a line of its own."""
    return f"{row['title']}\n{row['text']}" if row.get("title") else row["text"]


def limited(rows: Iterable[Any], limit: int | None, id_of: Callable[[Any], str]) -> list[Any]:
    """Draw a number of rows by a hash of their ids, the same ones every time.

    Args:
        rows: the rows.
        limit: rows at most; None takes all, in their own order.
        id_of: gives a row's id.

    Returns:
        The rows drawn.
    """

    def place(row: Any) -> bytes:
        return hashlib.sha1(id_of(row).encode("utf-8", "surrogatepass")).digest()

    return list(rows) if limit is None else sorted(rows, key=place)[:limit]


def mapped(folder: str | Path, split: str, scheme: Scheme, *, limit: int | None = None) -> Iterator[Row]:
    """Read a set with one label a text, its labels mapped to a scheme's; rows without a counterpart are left out.

    Args:
        folder: the set's folder; its last two names choose the map, none means that the labels are the scheme's own.
        split: the split.
        scheme: the scheme.
        limit: rows at most, the same ones every time, drawn by a hash of the id.

    Yields:
        One row a text.

    Raises:
        ValueError: if a label is unknown and the set has no map.
    """
    folder = Path(folder)
    path = find_split(folder, split)
    names = LABEL_MAPS.get("/".join(folder.parts[-2:]))
    rows = [{"id": f"{folder.name}:{number}", **row} for number, row in enumerate(read_rows(path), 1)]
    for row in limited(rows, limit, lambda row: row["id"]):
        _need(row, ("text", "label"), f"{path}, {row['id']}")
        label = names.get(row["label"]) if names is not None else row["label"]
        if label is None:
            continue
        other = (row["second"],) if row.get("second") else ()
        _check((label, *other), scheme, f"{path}, {row['id']}")
        target = row.get("target")
        yield Row(
            row["id"], article_text(row), (label,), target=TARGET_NAMES.get(target, target),
            other=other, source=row.get("source"),
        )  # fmt: skip


def read_task(root: str | Path, task: str, name: str, split: str, *, limit: int | None = None) -> list[Row]:
    """Read one split of a set for a task.

    Args:
        root: the data root.
        task: ``statement``, ``stance`` or ``topic``.
        name: the set's folder under the root.
        split: the split's name.
        limit: rows at most, drawn by a hash of the id.

    Returns:
        The rows.

    Raises:
        FileNotFoundError: if the set has no such split.
        ValueError: if the task is unknown or a label does not fit it.
    """
    from tasrih.schemes import TOPIC

    folder = Path(root) / name
    if task == "statement" or (task == "stance" and name == "statements"):
        read = statements if task == "statement" else statement_stances
        return limited(read(find_split(folder, split)), limit, lambda row: row.id)
    if task == "stance":
        return list(mapped(folder, split, STANCE, limit=limit))
    if task == "topic":
        return list(mapped(folder, split, TOPIC, limit=limit))
    raise ValueError(f"unknown task {task!r}: choose from statement, stance, topic")
