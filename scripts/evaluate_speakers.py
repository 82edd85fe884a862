"""Measure the speaker rules against the labelled sentences, beside two baselines."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from tasrih.data.corpus import data_root, find_split, read_rows
from tasrih.text import lexicon
from tasrih.text.speakers import find_speaker

Span = tuple[int, int] | None
RESAMPLES, SEED = 1000, 0


def by_rules(text: str) -> Span:
    """Take what the library finds."""
    found = find_speaker(text)
    return (found.start, found.end) if found else None


def by_complement(text: str) -> Span:
    """Take the words between the first verb of saying and the next أن or إن."""
    words = lexicon.read(text)
    verb = next((i for i, word in enumerate(words.words) if (lexicon.verb(word) or ("",))[0] in lexicon.SAYING), None)
    if verb is None:
        return None
    after = words.words[verb + 1 :]
    end = verb + 1 + next((i for i, word in enumerate(after) if word in ("ان", "انه", "انها")), 0)
    return None if end == verb + 1 else words.folded.to_source(words.spans[verb + 1][0], words.spans[end - 1][1])


def by_silence(text: str) -> Span:
    """Name nobody."""
    return None


def counts(found: Span, gold: Span) -> list[int]:
    """Count one sentence: right exactly, right by overlap, exact span, overlapping span, found, gold."""
    exact = found == gold
    both = found is not None and gold is not None
    overlap = both and found[0] < gold[1] and gold[0] < found[1]
    return [exact, exact or overlap, both and exact, overlap, found is not None, gold is not None]


def figures(table: np.ndarray) -> np.ndarray:
    """Turn sums over sentences into accuracies, and precision, recall and F1 by exact match and by overlap."""
    total = table.sum(axis=-2).astype(float)
    number = table.shape[-2]
    exact, near, span, overlap, found, gold = np.moveaxis(total, -1, 0)
    rows = [exact / number, near / number]
    for hit in (span, overlap):
        rows += [
            hit / np.maximum(found, 1),
            hit / np.maximum(gold, 1),
            2 * hit / np.maximum(found + gold, 1),
        ]
    return np.stack(rows)


def report(name: str, table: np.ndarray) -> None:
    """Print the figures of one method with their 95% bootstrap intervals."""
    labels = ["accuracy exact", "accuracy overlap", "precision exact", "recall exact", "F1 exact"]
    labels += ["precision overlap", "recall overlap", "F1 overlap"]
    random = np.random.default_rng(SEED)
    draws = np.stack([figures(table[random.integers(0, len(table), len(table))]) for _ in range(RESAMPLES)])
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    print(f"  {name}")
    for label, value, least, most in zip(labels, figures(table), low, high, strict=True):
        print(f"    {label:18} {value:.3f} [{least:.3f}, {most:.3f}]")


def main() -> None:
    """Read a split and print the figures over all its sentences and over those with a tag."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_root(), help="the data root")
    parser.add_argument("--split", default="validation")
    arguments = parser.parse_args()
    rows = list(read_rows(find_split(arguments.data / "statements", arguments.split)))
    golds = [row["speaker"] and (row["speaker"]["start"], row["speaker"]["end"]) for row in rows]
    tagged = np.array([bool(row["tags"]) for row in rows])
    methods = {"rules": by_rules, "always nobody": by_silence, "verb to complement": by_complement}
    tables = {
        name: np.array([counts(method(row["text"]), gold) for row, gold in zip(rows, golds, strict=True)], dtype=int)
        for name, method in methods.items()
    }
    for title, chosen in (("all sentences", np.ones(len(rows), dtype=bool)), ("sentences with a tag", tagged)):
        print(f"{arguments.split}, {title}: {chosen.sum()}")
        for name, table in tables.items():
            report(name, table[chosen])


if __name__ == "__main__":
    main()
