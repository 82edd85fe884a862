"""Write model_cards/*.md and the README's table from model_cards/figures/*.json; no figure in them is typed by hand.

python scripts/write_cards.py [--output FOLDER]
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

CARDS = Path(__file__).parent.parent / "model_cards"


@dataclass(frozen=True)
class Card:
    """What a card says beside its figures."""

    title: str
    does: str
    data: tuple[str, ...]
    recipe: tuple[str, ...]
    limits: tuple[str, ...]
    pipeline: str
    figures: tuple[str, ...] = ()


SAUDINEWSNET = "SaudiNewsNet (CC BY-NC-SA 4.0)"
LABELS_BY_MACHINE = (
    "The labels, those of the test set included, were made by a large language model that read each text under the "
    "written scheme; the agreement stated for the set is between its own readings."
)

MODELS = {
    "encoder": Card(
        "Compact Arabic news encoder",
        "A ModernBERT of 6 blocks, width 256 and 16,384 word pieces, pretrained from scratch by masked language "
        "modelling; the default base for fine-tuning (`base: encoder` in a recipe).",
        (
            f"News: {SAUDINEWSNET}, SANAD Al-Khaleej (CC BY 4.0), ANT (Apache-2.0), BBC Arabic 2017 and the Corpus of "
            "Contemporary Arabic (GPL-3.0 as stated by the carrying repositories), ARCD and XQuAD paragraphs (MIT, CC BY-SA "
            "4.0), NTREX (CC BY-SA 4.0)",
            "Books, journals and laws, at a tenth of the tokens: Hindawi Foundation (public domain; CC BY-NC-SA 3.0), OpenITI "
            "(CC BY-NC-SA 4.0), OpenArabicPE (CC BY-SA 4.0), laws of Saudi Arabia, Bahrain and the Emirates",
            "It has read the bare text (not the labels) of the test articles of `topic/sanad_khaleej`, `topic/ant` and "
            "`topic/asnd`; of every other validation and test set nothing.",
        ),
        ("configs/prepare.yaml", "configs/pretrain.yaml"),
        (
            "Little text after 2020. Old vocabulary from the books. One size; a larger run is ready in `configs/pretrain_gpu.yaml`.",
        ),
        "fill-mask",
    ),
    "topic": Card(
        "IPTC topic of an Arabic news article",
        "One of the 17 top topics of IPTC Media Topics for an article (headline, if any, on the first line). Long articles "
        "are read in windows, the first weighing most.",
        (
            f"`topic_iptc` train (1,499 articles of {SAUDINEWSNET}, ANT and SANAD); SANAD and ANT sections mapped to IPTC as "
            "weak labels",
        ),
        ("configs/topic.yaml",),
        (
            LABELS_BY_MACHINE,
            "Rare topics (weather, environment, human interest, lifestyle, labour) have a handful of articles each: read their "
            "scores with their intervals.",
        ),
        "text-classification",
        ("topic.topic_iptc.test",),
    ),
    "statement": Card(
        "What a sentence of Arabic news does",
        "Thirteen statement tags and `conditional` from the sentence's pooled state, speakers and targets with the stance to "
        "them from its tokens, in one pass.",
        (
            f"`statements` train and train_written: sentences of {SAUDINEWSNET} and SANAD Al-Khaleej (CC BY 4.0), and written ones",
        ),
        ("configs/statement.yaml",),
        (
            LABELS_BY_MACHINE,
            "Rare acts (security_support, request, denial) have under 20 sentences in the test split.",
            "Opinion columns and concern (قلق) are soft edges of the scheme.",
        ),
        "text-classification",
        ("statement.statements.test", "spans.statements.test"),
    ),
    "stance": Card(
        "Stance of an Arabic text to a target",
        "favor, against or neutral, for a text and a named target read as a pair.",
        (
            f"`statements` targets (sentences of {SAUDINEWSNET} and SANAD), ArabicStanceX (CC BY 4.0), ANS headline pairs "
            "(Apache-2.0; agree, disagree, other taken as favor, against, neutral)",
        ),
        ("configs/stance.yaml",),
        (LABELS_BY_MACHINE, "Posts in dialect are a small part of what it has read."),
        "text-classification",
        ("stance.statements.test", "stance.stance_ans.test", "stance.stance_arabicstancex.test"),
    ),
    "summary": Card(
        "Arabic headline writer",
        "A T5-shaped encoder-decoder that writes a headline; decoding is grounded: words of the article and function words "
        "only. Where it writes nothing whole, a sentence of the article is given and `method` says so.",
        (f"Titled articles of {SAUDINEWSNET}, ANT (Apache-2.0) and BBC Arabic 2017; for copying, all of `corpus/`",),
        ("configs/summary.yaml",),
        (
            "It was trained for minutes, not hours, and mostly does not write well enough yet: `auto` keeps its headline only where "
            "its sureness passes a threshold fitted on validation, and else gives a sentence of the article (see `validation` "
            "above for the ROUGE-L of both, and the share kept).",
            "Grounded words can still be joined into a claim that the article does not make. Read the article before you print "
            "the headline.",
        ),
        "summarization",
        ("summary.summarisation_ant.test", "summary.summarisation_saudinewsnet_headlines.test"),
    ),
}


def _interval(value: dict) -> str:
    return f"{value['value']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def _table(report: dict) -> list[str]:
    systems = list(report["scores"])
    names = list(dict.fromkeys(name for scores in report["scores"].values() for name in scores))
    head = ["score", *systems] + (["difference"] if report["difference"] else [])
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for name in names:
        cells = [
            _interval(report["scores"][system][name]) if name in report["scores"][system] else "" for system in systems
        ]
        if report["difference"]:
            cells.append(_interval(report["difference"][name]) if name in report["difference"] else "")
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return lines


def _verdict(report: dict) -> str:
    """Say in words whether the model is above its baseline, for the first score of the table."""
    name, difference = next(iter(report["difference"].items()))
    if difference["low"] > 0:
        return f"Above its baseline in {name}; the interval of the difference excludes 0."
    if difference["high"] < 0:
        return f"**Below its baseline** in {name}; the interval of the difference excludes 0."
    return f"**Not shown to be above its baseline** in {name}: the interval of the difference holds 0."


def write_card(name: str, figures: Path) -> str:
    """Put one card together.

    Args:
        name: a key of ``MODELS``.
        figures: the folder with the JSON files.

    Returns:
        The card, in Markdown with the hub's YAML head.
    """
    card = MODELS[name]
    training = json.loads((figures / f"{name}.training.json").read_text(encoding="utf-8"))
    reports = [json.loads((figures / f"{part}.json").read_text(encoding="utf-8")) for part in card.figures]
    lines = [
        "---", "language: ar", "license: cc-by-nc-sa-4.0", "library_name: tasrih", f"pipeline_tag: {card.pipeline}", "---", "",
        f"# {card.title} (`{name}`)", "", card.does, "",
        "Weights: CC BY-NC-SA 4.0 (non-commercial, share alike). Bundled with tasrih.", "",
        "## What it has read", "", *(f"- {item}" for item in card.data), "",
        "No text of a validation or test set was trained on (ids, and the first 150 letters folded). What the guard took out, and "
        "the figures of the run:", "", "```json", json.dumps(training, indent=1, ensure_ascii=False), "```", "",
        "## How it was made", "", *(f"- `tasrih train {recipe}`" for recipe in card.recipe),
    ]  # fmt: skip
    if name != "encoder":
        lines.append(f"- `tasrih export runs/{name} src/tasrih/pretrained/{name}` (int8 weights, computed in fp32)")
        lines += [
            "",
            "## Figures",
            "",
            "95 % bootstrap intervals (1,000 resamples of the texts). The test splits were looked at once.",
        ]
    for report in reports:
        lines += ["", f"### `{report['data']}`, {report['split']} split, {report['size']:,} texts", ""]
        if report["difference"]:
            lines += [_verdict(report), ""]
        lines += [*_table(report), "", *(f"{note}\n" for note in report["notes"]), f"Made by `{report['command']}`."]
    lines += ["", "## Limits", "", *(f"- {item}" for item in card.limits), ""]
    return "\n".join(lines)


#: Rows of the README's table: figures file, what is scored, the score, and the baseline that stands beside it.
README_ROWS = (
    ("statement.statements.test", "statement tags", "micro_f1", "tfidf"),
    ("statement.statements.test", "statement tags", "macro_f1", "tfidf"),
    ("statement.statements.test", "`conditional` F1", "conditional", "tfidf"),
    ("spans.statements.test", "speaker, exact span F1", "speaker_exact_f1", "rules"),
    ("spans.statements.test", "targets, overlap F1", "target_overlap_f1", ""),
    ("topic.topic_iptc.test", "topic", "accuracy", "tfidf"),
    ("topic.topic_iptc.test", "topic", "macro_f1", "tfidf"),
    ("stance.statements.test", "stance to a given target", "macro_f1", "tfidf"),
    ("stance.stance_ans.test", "stance, headline pairs (ANS)", "macro_f1", "tfidf"),
    ("stance.stance_arabicstancex.test", "stance, posts (ArabicStanceX)", "macro_f1", "tfidf"),
    ("summary.summarisation_ant.test", "headline, ANT", "rouge_l", "first_14_words"),
    ("summary.summarisation_saudinewsnet_headlines.test", "headline, SaudiNewsNet", "rouge_l", "first_14_words"),
)
BEGIN, END = "<!-- figures: written by scripts/write_cards.py -->", "<!-- end of figures -->"


def readme_table(figures: Path) -> str:
    """Lay out the README's table of figures."""
    lines = ["| task | texts | score | model | baseline | difference |", "|---|---|---|---|---|---|"]
    for name, task, score, baseline in README_ROWS:
        report = json.loads((figures / f"{name}.json").read_text(encoding="utf-8"))
        ours = _interval(report["scores"]["model"][score])
        theirs = f"{_interval(report['scores'][baseline][score])} {baseline}" if baseline else "-"
        change = _interval(report["difference"][score]) if score in report["difference"] else "-"
        lines.append(f"| {task} | {report['size']:,} | {score} | {ours} | {theirs} | {change} |")
    return "\n".join(lines)


def with_table(readme: str, figures: Path) -> str:
    """Put the table of figures between its marks in the README."""
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}\n{readme_table(figures)}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=CARDS, help="folder for the cards")
    arguments = parser.parse_args()
    for model in MODELS:
        (arguments.output / f"{model}.md").write_text(write_card(model, CARDS / "figures"), encoding="utf-8")
    if arguments.output == CARDS:
        readme = CARDS.parent / "README.md"
        readme.write_text(with_table(readme.read_text(encoding="utf-8"), CARDS / "figures"), encoding="utf-8")
