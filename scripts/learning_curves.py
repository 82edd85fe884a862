"""Where the next effort pays: the statement tags against training sentences, pretraining tokens and folding steps.

    python scripts/learning_curves.py                                          # about half an hour on two cores
    python scripts/learning_curves.py --encoder 16.6=OLD --encoder 30.2=OLDER  # encoders by millions of tokens

Everything is scored on the validation split of ``statements`` by average precision over all decisions, so that no test
text is looked at: the encoder fine-tuned on shares of the training split, TF-IDF with logistic regression on the same
rows, encoders of fewer pretraining tokens on all of it, and TF-IDF with each step of the profile ``news`` left out, on
the validation texts and on the same texts each in another spelling.
Written: ``learning_curves.json`` and ``learning_curves.svg``; a run that was cut off goes on from the
first (remove it after a change of encoder or code).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

from tasrih.data.corpus import data_root
from tasrih.data.labelled import Row
from tasrih.data.labelled_source import Source
from tasrih.data.respelling import respell_rows
from tasrih.evaluation.baselines import TfidfBaseline
from tasrih.evaluation.metrics import average_precision
from tasrih.models.files import PRETRAINED
from tasrih.render.plots import Line, lines
from tasrih.schemes import STATEMENT
from tasrih.text.normalise import steps_of
from tasrih.training.classification import ClassifierConfig, train_classifier
from tasrih.training.sources import read_training_data

LABELS = (*STATEMENT.names, "conditional")
ENCODER = str(PRETRAINED / "encoder")
MOST_TIMES = 4
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


def tfidf(train: Sequence[Row], steps: Sequence[str], *splits: Sequence[Row]) -> list[float]:
    """Score the baseline that reads everything folded by some steps of normalisation, on each of some splits."""
    baseline = TfidfBaseline(LABELS, multi_label=True, profile=steps).fit(train, splits[0])
    return [
        average_precision([[label in row.labels for label in LABELS] for row in rows], baseline.answer(rows)[1])
        for rows in splits
    ]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("runs/learning_curves"), help="folder for the results")
    parser.add_argument("--epochs", type=float, default=4, help="epochs over the whole split (default 4)")
    parser.add_argument("--tokens", type=float, default=48.5, help="millions that the bundled encoder has read")
    parser.add_argument("--encoder", action="append", default=[], metavar="MILLIONS=FOLDER", help="an earlier encoder")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    root = data_root()
    data = read_training_data(config(options.output / "all", ENCODER, None, 1), root)
    train, validation = data.train, data.validation
    begun = {"size": len(validation), "train": len(train), "epochs": options.epochs}
    file = options.output / "learning_curves.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if any(found.get(name) != value for name, value in begun.items()):
        found = {**begun, "shares": [], "tokens": [], "folding": []}

    def keep() -> None:
        file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")

    def trained(name: str, base: str, limit: int | None) -> float:
        begun = time.monotonic()
        # few rows are read more often, or too few steps would be what is measured
        epochs = options.epochs * min(MOST_TIMES, 1 if limit is None else len(train) / limit)
        result = train_classifier(config(options.output / name, base, limit, epochs), root)
        score = result["validation"]["average_precision"]
        print(name, round(score, 4), f"{time.monotonic() - begun:.0f} s", flush=True)
        return score

    profile = steps_of("news")
    respelt = respell_rows(validation, 1.0, profile="lossless", seed=1)
    for name in (None, *profile, "all")[len(found["folding"]) :]:
        steps = () if name == "all" else [step for step in profile if step != name]
        plain, other = tfidf(train, steps, validation, respelt)
        found["folding"].append({"without": name, "tfidf": plain, "respelt": other})
        print("without", name, round(plain, 4), round(other, 4), flush=True)
        keep()
    for share in SHARES[len(found["shares"]) :]:
        limit = None if share == 1 else round(share * len(train))
        rows = read_training_data(config(options.output, ENCODER, limit, 1), root).train
        encoder = trained(f"share-{share:g}", ENCODER, limit)
        found["shares"].append(
            {"share": share, "rows": len(rows), "encoder": encoder, "tfidf": tfidf(rows, profile, validation)[0]}
        )
        keep()
    for given in options.encoder:
        millions, _, folder = given.partition("=")
        if float(millions) not in [each["millions"] for each in found["tokens"]]:
            score = trained(f"tokens-{millions}", folder, None)
            found["tokens"].append({"millions": float(millions), "encoder": score})
            keep()
    if options.tokens not in [each["millions"] for each in found["tokens"]]:
        found["tokens"].append({"millions": options.tokens, "encoder": found["shares"][-1]["encoder"]})
    found["tokens"].sort(key=lambda each: each["millions"])
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
