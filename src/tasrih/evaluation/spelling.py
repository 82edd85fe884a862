"""How far a model's labels move with spelling: the same texts, written as other people write them."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from tasrih.data.corpus import data_root
from tasrih.data.labelled import Row, read_task
from tasrih.evaluation.bootstrap import differences, draw, intervals
from tasrih.evaluation.classification import Answers, Questions
from tasrih.evaluation.evaluate import answers_of, questions_of
from tasrih.evaluation.report import Report
from tasrih.models.classifier import Classifier
from tasrih.models.load import load
from tasrih.text.normalise import PROFILES

#: Share of the letters that the noise of a scanned page replaces.
OCR_SHARE = 0.02

_LETTER = re.compile("[\u0621-\u064a]")
_MARKS = re.compile("[\u064b-\u0652\u0670]")
# letters that differ by their dots or by one stroke, which scanners confuse
_CONFUSED = ("بتثني", "جحخ", "دذ", "رز", "سش", "صض", "طظ", "عغ", "فق", "هة", "وؤ", "اأإ")


@lru_cache(maxsize=1)
def _forms() -> dict[str, dict[str, str]]:
    """Give the presentation forms of each letter, by the place in a word that Unicode names them for."""
    found: dict[str, dict[str, str]] = {}
    for code in range(0xFE80, 0xFEF5):
        kind, _, letter = unicodedata.decomposition(chr(code)).partition(" ")
        if kind.startswith("<") and " " not in letter:
            found.setdefault(chr(int(letter, 16)), {})[kind.strip("<>")] = chr(code)
    return found


def _shaped(text: str) -> str:
    """Write letters in the forms that a page shows, as text copied out of old PDF files holds them."""
    forms, made = _forms(), []
    for at, char in enumerate(text):
        own = forms.get(char)
        if own is None:
            made.append(char)
            continue
        before = forms.get(text[at - 1], {}) if at else {}
        after = forms.get(text[at + 1], {}) if at + 1 < len(text) else {}
        joined_before = "initial" in before and "final" in own
        joined_after = "initial" in own and "final" in after
        kind = (("isolated", "initial"), ("final", "medial"))[joined_before][joined_after]
        made.append(own.get(kind, own.get("isolated", char)))
    return "".join(made)


def _each(pattern: str, change: Callable[[str, random.Random], str]) -> Callable[[str, random.Random], str]:
    compiled = re.compile(pattern)
    return lambda text, dice: compiled.sub(lambda match: change(match.group(), dice), text)


def _table(source: str, target: str) -> Callable[[str, random.Random], str]:
    table = str.maketrans(source, target)
    return lambda text, dice: text.translate(table)


def _scanned(text: str, dice: random.Random) -> str:
    def confuse(char: str) -> str:
        group = next((group for group in _CONFUSED if char in group), None)
        if group is None or dice.random() >= OCR_SHARE:
            return char
        return dice.choice(group.replace(char, ""))

    return "".join(map(confuse, text))


#: Name of a variant to what writes it, and the steps that fold it where a profile has them all.
VARIANTS: dict[str, tuple[Callable[[str, random.Random], str], frozenset[str]]] = {
    "no_diacritics": (lambda text, dice: _MARKS.sub("", text), frozenset({"diacritics"})),
    "diacritics": (
        _each(_LETTER.pattern, lambda char, dice: char + (dice.choice("ًٌٍَُِّْ") if dice.random() < 0.3 else "")),
        frozenset({"diacritics"}),
    ),
    "tatweel": (
        _each("(?<=[بتثجحخسشصضطظعغفقكلمنهي])(?=[\u0621-\u064a])", lambda _, dice: "ـ" * (dice.random() < 0.2)),
        frozenset({"tatweel"}),
    ),
    "alef_without_hamza": (_table("أإآ", "ااا"), frozenset({"alef"})),
    "presentation_forms": (lambda text, dice: _shaped(text), frozenset({"presentation"})),
    "persian_letters": (_table("كي", "کی"), frozenset({"lookalikes"})),
    "arabic_digits": (_table("0123456789", "٠١٢٣٤٥٦٧٨٩"), frozenset({"digits"})),
    "latin_digits": (_table("٠١٢٣٤٥٦٧٨٩", "0123456789"), frozenset({"digits"})),
    "bidi_marks": (
        _each(r"\s", lambda space, dice: space + ("\u200f" if dice.random() < 0.3 else "")), frozenset({"invisible"}),
    ),
    "final_ya_as_maqsura": (_each(r"ي\b", lambda *_: "ى"), frozenset({"maqsura"})),
    "doubled_spaces": (_each(" ", lambda *_: "  "), frozenset()),
    "marbuta_as_ha": (_each(r"ة\b", lambda *_: "ه"), frozenset({"marbuta"})),
    "hamza_seats_dropped": (_table("ؤئ", "وي"), frozenset({"hamza"})),
    "straight_quotes": (_table("«»“”", '""""'), frozenset({"quotes"})),
    "latin_punctuation": (_table("،؛؟", ",;?"), frozenset({"punctuation"})),
    "ocr_noise": (_scanned, frozenset({"none"})),
}  # fmt: skip


def variant(name: str, text: str, *, seed: int = 0) -> str:
    """Write a text in another spelling.

    Args:
        name: a key of ``VARIANTS``.
        text: any string.
        seed: of the places where a variant that does not change everything changes something.

    Returns:
        The text in that spelling.

    Example:
        >>> variant("persian_letters", "كيف")
        'کیف'
    """
    return VARIANTS[name][0](text, random.Random(f"{seed}:{text}"))


def is_folded(name: str, profile: str) -> bool:
    """Say whether a profile reads a variant as it reads the text that it was made of.

    Doubled spaces count as folded by every profile: no tokenizer in use here tells them from one.
    """
    return VARIANTS[name][1] <= set(PROFILES[profile])


def evaluate_spelling(model: str, data: str, split: str = "test", root: Path | None = None) -> Report:
    """Compare a model's labels on a set's texts with its labels on other spellings of the same texts.

    Args:
        model: a bundled model's name, a folder, or a hub id.
        data: the set's folder under the data root.
        split: the split.
        root: the data root; None takes ``data_root()``.

    Returns:
        The report: for each variant the share of texts whose labels are ``unchanged`` (of several labels, the whole
        set), and the F1 against the true labels; a note says what the noise of a scanned page costs, on the same
        resamples.

    Raises:
        FileNotFoundError: if the set has no such split.
    """
    root = root or data_root()
    classifier = load(model)
    rows = read_task(root, classifier.task, data, split)
    labels, several = classifier.settings.labels, classifier.settings.multi_label
    questions = questions_of(rows, labels, several)
    plain = _given(classifier, rows)
    headline = "micro_f1" if several else "macro_f1"
    scores, draws, notes = {}, {}, []
    for name in ("as_written", *VARIANTS):
        written = rows if name == "as_written" else [_respelt(row, name) for row in rows]
        changed = sum(a.text != b.text for a, b in zip(rows, written, strict=True))
        found = plain if name == "as_written" else _given(classifier, written)
        same = (found.predicted == plain.predicted).reshape(len(rows), -1).all(1)
        draws[name] = draw(_scorer(questions, found, same, headline), len(rows))
        scores[name] = intervals(draws[name])
        if name != "as_written":
            kind = "folded" if is_folded(name, classifier.settings.profile) else "not folded"
            notes.append(f"{name} ({kind}): {changed} texts differ, labels of {int((~same).sum())} change")
    lost = differences(draws["ocr_noise"], draws["as_written"])[headline]
    notes.append(f"{headline} under ocr_noise less as_written: {lost}")
    return Report(
        model, data, split, len(rows), command=f"tasrih evaluate {model} {data} --split {split} --spelling",
        task=classifier.task, scores=scores, notes=notes,
    )  # fmt: skip


def _respelt(row: Row, name: str) -> Row:
    target = variant(name, row.target) if row.target else row.target
    return Row(row.id, variant(name, row.text), row.labels, target=target, other=row.other, source=row.source)


def _given(classifier: Classifier, rows: list[Row]) -> Answers:
    labels = classifier.settings.labels
    return answers_of(classifier, rows, labels, np.full(len(labels), 1 / len(labels)))


def _scorer(questions: Questions, found: Answers, same: np.ndarray, headline: str):
    full = questions.scores(found)

    def score(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {"unchanged": weights @ same / weights.sum(1), headline: full(weights)[headline]}

    return score
