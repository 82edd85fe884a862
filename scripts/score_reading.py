"""Score headlines that readers judged beside their articles (model_cards/figures/headlines_read.jsonl).

    python scripts/score_reading.py

A line names an article, and what each reader marked of the headline that was made of it: ``wrong`` (another
who-did-what than in the article), ``broken`` (no editor could print it as it stands), ``off`` (not the main point),
``unattributed`` (a claim without the one who made it); ``before`` is what they marked of the headline that the release
before made, the two beside each other in random order. Articles were drawn at random from the two test sets, fifty of
each, none left out.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tasrih.data.corpus import read_rows
from tasrih.evaluation.metrics import bootstrap
from tasrih.evaluation.report import Report

FIGURES = Path(__file__).parent.parent / "model_cards" / "figures"
MARKS = ("wrong", "broken", "off", "unattributed")


def _means(rows: np.ndarray) -> dict[str, float]:
    return dict(zip(MARKS, rows.mean(0).tolist(), strict=True))


def main() -> None:
    """Write the shares of marks with their intervals."""
    lines = list(read_rows(FIGURES / "headlines_read.jsonl"))
    scores, notes = {}, []
    for reader in lines[0]["readers"]:
        now, before = (
            np.array([[mark in line[when][reader] for mark in MARKS] for line in lines], float)
            for when in ("readers", "before")
        )
        for name, marks in ((reader, now), (f"{reader}_before", before)):
            scores[name] = bootstrap(_means, marks)
        less = bootstrap(_means, now - before)
        notes.append(f"{reader}, less before: " + "; ".join(f"{mark} {less[mark]}" for mark in MARKS))
    report = Report(
        "summary", "summarisation/ant and saudinewsnet_headlines", "test", len(lines),
        "python scripts/score_reading.py", scores, notes=[
            "shares of headlines as `summarise()` made them, unpicked; each of two readers, large language models that "
            "took no part in building it, read all beside their articles, and in blind pairs with those of the release "
            "before (`before`)",
            *notes,
        ],
    )  # fmt: skip
    (FIGURES / "summary.reading.json").write_text(json.dumps(report.to_dict(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
