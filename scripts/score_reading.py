"""Score headlines that readers judged beside their articles (model_cards/figures/headlines_read.jsonl).

    python scripts/score_reading.py

A line names an article, and what each reader marked of the headline that was made of it: ``wrong`` (another
who-did-what than in the article), ``broken`` (no editor could print it as it stands), ``off`` (not the main point),
``unattributed`` (a claim without the one who made it); ``before``, where it stands, is what they marked of the headline
that the release before made, the two beside each other in random order. ``score`` is ``Summary.score``. Articles were
drawn at random from the two test sets, a hundred of each, none left out.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score as auc

from tasrih.data.corpus import read_rows
from tasrih.evaluation.metrics import bootstrap
from tasrih.evaluation.report import Report

FIGURES = Path(__file__).parent.parent / "model_cards" / "figures"
MARKS = ("wrong", "broken", "off", "unattributed")
BANDS = (0, 0.5, 0.7, 0.85, 1.01)


def _means(rows: np.ndarray) -> dict[str, float]:
    return dict(zip(MARKS, rows.mean(0).tolist(), strict=True))


def _marked(lines: list[dict], when: str, reader: str) -> np.ndarray:
    return np.array([[mark in line[when][reader] for mark in MARKS] for line in lines], float)


def _by_score(lines: list[dict], reader: str) -> str:
    """Tell how many of the headlines that a score was given to were neither broken nor wrong, band by band."""
    lines = [line for line in lines if line["score"] is not None]
    whole = np.array([not {"wrong", "broken"} & set(line["readers"][reader]) for line in lines])
    score = np.array([line["score"] for line in lines])
    bands = []
    for low, high in pairwise(BANDS):
        inside = (score >= low) & (score < high)
        told = f"{low:.2f} to {min(high, 1):.2f}: {whole[inside].sum()} of {inside.sum()}"
        bands.append(f"{told} (mean score {score[inside].mean():.2f})")
    return f"{reader}, whole and true by score: {'; '.join(bands)}; area under the curve {auc(whole, score):.2f}"


def main() -> None:
    """Write the shares of marks with their intervals."""
    lines = list(read_rows(FIGURES / "headlines_read.jsonl"))
    paired = [line for line in lines if "before" in line]
    scores, notes = {}, []
    for reader in lines[0]["readers"]:
        now, before = _marked(paired, "readers", reader), _marked(paired, "before", reader)
        for name, marks in ((reader, _marked(lines, "readers", reader)), (f"{reader}_before", before)):
            scores[name] = bootstrap(_means, marks)
        less = bootstrap(_means, now - before)
        notes.append(
            f"{reader}, less before, {len(paired)} articles: " + "; ".join(f"{mark} {less[mark]}" for mark in MARKS)
        )
        notes.append(_by_score(lines, reader))
    report = Report(
        "summary", "summarisation/ant and saudinewsnet_headlines", "test", len(lines),
        "python scripts/score_reading.py", scores, notes=[
            "shares of headlines as `summarise()` made them, unpicked; each of two readers, large language models that "
            "took no part in building it, read all beside their articles, half of them in blind pairs with those of "
            "the release before (`before`)",
            *notes,
        ],
    )  # fmt: skip
    (FIGURES / "summary.reading.json").write_text(json.dumps(report.to_dict(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
