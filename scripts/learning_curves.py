"""Where the next effort pays: the statement tags against training sentences, pretraining tokens and folding steps.

    python scripts/learning_curves.py                                          # about half an hour on two cores
    python scripts/learning_curves.py --encoder 16.6=OLD --encoder 30.2=OLDER  # encoders by millions of tokens

Everything is scored on the validation split of ``statements`` by average precision over all decisions, so that no test
text is looked at: the encoder fine-tuned on shares of the training split, TF-IDF with logistic regression on the same
rows, encoders of fewer pretraining tokens on all of it, and TF-IDF with each step of the profile ``news`` left out.
Written: ``learning_curves.json`` and ``learning_curves.svg``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tasrih.data.corpus import data_root
from tasrih.data.labelled import Row
from tasrih.data.labelled_source import Source
from tasrih.evaluation.baselines import TfidfBaseline
from tasrih.evaluation.metrics import average_precision
from tasrih.render.plots import Line, lines
from tasrih.schemes import STATEMENT
from tasrih.text.normalise import normalise, steps_of
from tasrih.training.classification import ClassifierConfig, train_classifier
from tasrih.training.sources import read_training_data

LABELS = (*STATEMENT.names, "conditional")
SHARES = (0.1, 0.2, 0.4, 0.7, 1.0)
#: The plots take their colours from a page's style sheet; alone they bring one.
STYLE = (
    "<style>text{font:11px sans-serif}.ink{fill:#222}.soft{fill:#666}.line{stroke:#ddd;fill:none}polyline{fill:none;"
    "stroke-width:2}.s0{stroke:#1b6ca8;color:#1b6ca8}.s1{stroke:#c8553d;color:#c8553d}text.s0,text.s1{stroke:none}"
    "</style><rect width='100%' height='100%' fill='#fff'/>"
)


def config(output: Path, base: str, limit: int | None, epochs: float) -> ClassifierConfig:
    """Give the settings of ``configs/statement.yaml`` for rows of the training split alone, without spans."""
    return ClassifierConfig(
        "statement", base, str(output), [Source("statements", limit=limit)], Source("statements", "validation"),
        metric="average_precision", max_length=128, epochs=epochs, batch_size=32, learning_rate=5e-4,
        freeze_embeddings=True, dropout=0.15, token_dropout=0.15, joined=0.3,
    )  # fmt: skip


def tfidf(train: Sequence[Row], validation: Sequence[Row], steps: Sequence[str]) -> float:
    """Score the baseline that is fitted on rows folded by some steps of normalisation."""

    def folded(rows: Sequence[Row]) -> list[Row]:
        return [replace(row, text=normalise(row.text, steps)) for row in rows]

    baseline = TfidfBaseline(LABELS, multi_label=True).fit(folded(train), folded(validation))
    truth = [[label in row.labels for label in LABELS] for row in validation]
    return average_precision(truth, baseline.answer(folded(validation))[1])


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("runs/learning_curves"), help="folder for the results")
    parser.add_argument("--epochs", type=float, default=4, help="epochs of each run (default 4)")
    parser.add_argument("--tokens", type=float, default=48.5, help="millions that the bundled encoder has read")
    parser.add_argument("--encoder", action="append", default=[], metavar="MILLIONS=FOLDER", help="an earlier encoder")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    root = data_root()
    data = read_training_data(config(options.output / "all", "encoder", None, 1), root)
    train, validation = data.train, data.validation
    found: dict = {"size": len(validation), "epochs": options.epochs, "shares": [], "tokens": [], "folding": []}

    def keep() -> None:
        (options.output / "learning_curves.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    def trained(name: str, base: str, limit: int | None) -> float:
        begun = time.monotonic()
        result = train_classifier(config(options.output / name, base, limit, options.epochs), root)
        score = result["validation"]["average_precision"]
        print(name, round(score, 4), f"{time.monotonic() - begun:.0f} s", flush=True)
        return score

    profile = steps_of("news")
    found["folding"].append({"without": None, "tfidf": tfidf(train, validation, profile)})
    for step in profile:
        rest = [other for other in profile if other != step]
        found["folding"].append({"without": step, "tfidf": tfidf(train, validation, rest)})
        print("without", step, round(found["folding"][-1]["tfidf"], 4), flush=True)
    found["folding"].append({"without": "all", "tfidf": tfidf(train, validation, ())})
    keep()
    for share in SHARES:
        limit = None if share == 1 else round(share * len(train))
        rows = read_training_data(config(options.output, "encoder", limit, 1), root).train
        encoder = trained(f"share-{share:g}", "encoder", limit)
        found["shares"].append(
            {"share": share, "rows": len(rows), "encoder": encoder, "tfidf": tfidf(rows, validation, profile)}
        )
        keep()
    for given in options.encoder:
        millions, _, folder = given.partition("=")
        found["tokens"].append({"millions": float(millions), "encoder": trained(f"tokens-{millions}", folder, None)})
    found["tokens"].append({"millions": options.tokens, "encoder": found["shares"][-1]["encoder"]})
    keep()

    shares = [each["share"] for each in found["shares"]]
    drawn = [Line(name, shares, [each[name] for each in found["shares"]]) for name in ("encoder", "tfidf")]
    by_share = lines("Statements", f"share of {len(train):,} sentences", "average precision", drawn)
    most = max(each["millions"] for each in found["tokens"])
    line = Line(
        "encoder", [each["millions"] / most for each in found["tokens"]], [each["encoder"] for each in found["tokens"]]
    )
    by_tokens = lines("Statements", f"pretraining tokens, share of {most:g} M", "average precision", [line])
    both = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="400">{STYLE}{by_share}'
        f'<g transform="translate(360 0)">{by_tokens}</g></svg>'
    )
    (options.output / "learning_curves.svg").write_text(both, encoding="utf-8")


if __name__ == "__main__":
    main()
