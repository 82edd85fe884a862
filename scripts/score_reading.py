"""Score headlines that readers judged beside their articles (model_cards/figures/headlines_read.jsonl).

    python scripts/score_reading.py

A line names an article, and what each reader marked of the headline that was made of it: ``wrong`` (another
who-did-what than in the article), ``broken`` (no editor could print it as it stands), ``off`` (not the main point),
``unattributed`` (a claim without the one who made it). Articles were drawn at random from the two test sets, fifty of
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


def main() -> None:
    """Write the shares of marks with their intervals."""
    lines = list(read_rows(FIGURES / "headlines_read.jsonl"))
    scores = {}
    for reader in lines[0]["readers"]:
        marks = np.array([[mark in line["readers"][reader] for mark in MARKS] for line in lines])
        scores[reader] = bootstrap(lambda rows: dict(zip(MARKS, rows.mean(0).tolist(), strict=True)), marks)
    report = Report(
        "summary", "summarisation/ant and saudinewsnet_headlines", "test", len(lines),
        "python scripts/score_reading.py", scores, notes=[
            "shares of headlines as `summarise()` made them, unpicked; each of two readers, large language models that "
            "took no part in building it, read all beside their articles",
        ],
    )  # fmt: skip
    (FIGURES / "summary.reading.json").write_text(json.dumps(report.to_dict(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
