"""Write model_cards/*.md and the table of docs/figures.md from model_cards/figures/*.json; no figure in them is typed by hand.

python scripts/write_cards.py [--output FOLDER]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tasrih.evaluation.cards import Card, interval, read_figures
from tasrih.evaluation.cards import write_card as put_together

CARDS = Path(__file__).parent.parent / "model_cards"

TERMS = "Weights: CC BY-NC-SA 4.0 (non-commercial, share alike). Bundled with tasrih."
LOOKED_AT_ONCE = "The test splits were looked at once."


def bundled(
    name: str, title: str, does: str, *, data: tuple[str, ...], datasets: tuple[str, ...], recipe: tuple[str, ...],
    limits: tuple[str, ...], pipeline: str,
) -> Card:  # fmt: skip
    """Say what the cards of all bundled models have in common."""
    steps = [f"`tasrih train {file}`" for file in recipe]
    if name in ("topic", "statement", "stance"):
        steps.append("temperature and thresholds fitted on the validation split (not out of fold)")
    if name != "encoder":
        source = {"statement": "statement-ngrams", "stance": "stance-3"}.get(name, name)
        steps.append(f"`tasrih export runs/{source} src/tasrih/pretrained/{name}` (int8 weights, computed in fp32)")
    return Card(
        name, title, does, "cc-by-nc-sa-4.0", TERMS, pipeline, data, datasets, tuple(steps), limits,
        note=LOOKED_AT_ONCE,
    )  # fmt: skip


SAUDINEWSNET = "SaudiNewsNet (CC BY-NC-SA 4.0)"
LABELS_BY_MACHINE = (
    "The labels, those of the test set included, were made by a large language model that read each text under the "
    "written scheme; the agreement stated for the set is between its own readings."
)

MODELS = {
    "encoder": bundled(
        "encoder",
        "Compact Arabic news encoder",
        "A ModernBERT of 6 blocks, width 256 and 16,197 word pieces, pretrained from scratch by masked language "
        "modelling; it reads texts under the profile `news`; the default base for fine-tuning (`base: encoder` in a recipe).",
        data=(
            f"News: {SAUDINEWSNET}, SANAD Al-Khaleej (CC BY 4.0), ANT (Apache-2.0), BBC Arabic 2017 and the Corpus of "
            "Contemporary Arabic (GPL-3.0 as stated by the carrying repositories), ARCD and XQuAD paragraphs (MIT, CC BY-SA "
            "4.0), NTREX (CC BY-SA 4.0)",
            "Books, journals and laws, at a tenth of the tokens: Hindawi Foundation (public domain; CC BY-NC-SA 3.0), OpenITI "
            "(CC BY-NC-SA 4.0), OpenArabicPE (CC BY-SA 4.0), laws of Saudi Arabia, Bahrain and the Emirates",
            "It has read the bare text (not the labels) of the test articles of `topic/sanad_khaleej`, `topic/ant` and "
            "`topic/asnd`; of every other validation and test set nothing.",
        ),
        recipe=(
            "configs/prepare.yaml profile=encoder",
            "configs/pretrain.yaml",
            "configs/pretrain.yaml base=runs/encoder output=runs/encoder-2 minutes=72 seed=2",
            "configs/prepare_news.yaml tokenizer=runs/encoder-2",
            "configs/pretrain_news.yaml base=runs/encoder-2",
        ),
        limits=(
            "Little text after 2020. Old vocabulary from the books. One size; a larger run is ready in `configs/pretrain_gpu.yaml`.",
        ),
        pipeline="fill-mask",
        datasets=(
            "saudinewsnet",
            "sanad",
            "ant",
            "bbc_arabic_2017",
            "cca",
            "arcd",
            "xquad",
            "ntrex",
            "hindawi",
            "openiti",
            "openarabicpe",
        ),
    ),
    "topic": bundled(
        "topic",
        "IPTC topic of an Arabic news article",
        "One of the 17 top topics of IPTC Media Topics for an article (headline, if any, on the first line). Long articles "
        "are read in windows, the first weighing most; a linear part over word pieces and pairs of them stands beside the encoder.",
        data=(
            f"`topic_iptc` train (1,499 articles of {SAUDINEWSNET}, ANT and SANAD); 10,000 more of the same papers, labelled for "
            "this project (`configs/labels/`); SANAD and ANT sections mapped to IPTC as weak labels",
        ),
        recipe=("configs/topic.yaml",),
        limits=(
            LABELS_BY_MACHINE,
            "Rare topics (weather, environment, human interest, lifestyle, labour) have a handful of articles each: read their "
            "scores with their intervals.",
        ),
        pipeline="text-classification",
        datasets=("topic_iptc", "sanad", "ant"),
    ),
    "statement": bundled(
        "statement",
        "What a sentence of Arabic news does",
        "Thirteen statement tags and `conditional` from the sentence's pooled state, speakers and targets with the stance to "
        "them from its tokens, in one pass; a linear part over word pieces and pairs of them stands beside the encoder, in the same graph.",
        data=(
            f"`statements` train and train_written: sentences of {SAUDINEWSNET} and SANAD Al-Khaleej (CC BY 4.0), and written ones; "
            "55,456 more sentences of the same papers, labelled for this project, and 1,291 written for it, 1,510 for the linear part (`configs/labels/`)",
        ),
        recipe=(
            "configs/statement.yaml",
            "configs/statement.yaml base=runs/statement output=runs/statement-2 epochs=1 learning_rate=4e-4 seed=2",
            "configs/statement.yaml base=runs/statement-2 output=runs/statement-3 epochs=1 learning_rate=4e-4 seed=3",
            "configs/statement.yaml base=runs/statement-3 output=runs/statement-4 epochs=1 learning_rate=4e-4 seed=4",
            "configs/statement.yaml base=runs/statement-4 output=runs/statement-5 epochs=1 learning_rate=4e-4 seed=5",
            "configs/statement_finish.yaml",
            "configs/statement_ngrams.yaml",
        ),
        limits=(
            LABELS_BY_MACHINE,
            "Rare acts (security_support, request, denial) have under 20 sentences in the test split.",
            "Opinion columns and concern (قلق) are soft edges of the scheme.",
        ),
        pipeline="text-classification",
        datasets=("statements",),
    ),
    "stance": bundled(
        "stance",
        "Stance of an Arabic text to a target",
        "favor, against or neutral, for a text and a named target read as a pair; a linear part over word pieces, over pieces "
        "crossed with the target and over those near it stands beside the encoder, in the same graph.",
        data=(
            f"`statements` targets (sentences of {SAUDINEWSNET} and SANAD), targets of the wider labels (`configs/labels/`), "
            "ArabicStanceX (CC BY 4.0), ANS headline pairs (Apache-2.0; agree, disagree, other taken as favor, against, neutral)",
        ),
        recipe=(
            "configs/stance.yaml ngrams=false base=runs/statement-finish",
            "configs/stance.yaml ngrams=false base=runs/stance output=runs/stance-2 epochs=0.5 learning_rate=2e-4 seed=2",
            "configs/stance.yaml base=runs/stance-2 output=runs/stance-3 epochs=0",
        ),
        limits=(
            LABELS_BY_MACHINE,
            "Posts in dialect are a small part of what it has read.",
        ),
        pipeline="text-classification",
        datasets=("statements", "arabicstancex", "ans"),
    ),
    "summary": bundled(
        "summary",
        "Arabic headline writer",
        "A headline is cut out of the article: a clause or phrase of it, every word as it stands there. What is cut was learnt: "
        "a linear score over runs of words, fitted to headlines and to what readers found whole, and the last two "
        "blocks of the statement model, fine-tuned to the same (the ranker, `pretrained/headline`). Times, brackets, "
        "interpolations and where a thing was said may be left out of it. `method=\"abstractive\"` has a headline written instead, "
        "by the bundled encoder with a decoder of its own; decoding is grounded: words of the article and function words only.",
        data=(
            f"The writer: 27,948 titled articles of {SAUDINEWSNET} and ANT (Apache-2.0); before that, 22,476 pairs that such "
            "articles gave of themselves (hidden words, foremost sentences)",
            "The cut headline: titled articles of ANT and SaudiNewsNet, and 43,377 graded cuts of 5,950 of them (`configs/labels/`)",
        ),
        recipe=("configs/writer_denoise.yaml", "configs/writer.yaml", "configs/extractive.yaml", "configs/ranker.yaml"),
        limits=(
            "What the writer writes is not fit to print unread. On validation its ROUGE-L is above that of what is cut (`sureness` "
            "above), but of its 155 surest headlines of 440 validation articles two readers, large language models that did not "
            "know which was which, found 58 good, 75 broken and 22 false; of those cut out of the same articles 109, 44 and 2. So "
            "`auto` always cuts.",
            "A cut headline may leave out who said what it says, or end before what matters.",
            "Some papers print the headline within the article (in SaudiNewsNet, Al Weeam as a rule): the cut finds it there, and a "
            "part of the score on that set comes from those articles.",
            "Grounded words can still be joined into a claim that the article does not make. Read the article before you print "
            "the headline.",
        ),
        pipeline="summarization",
        datasets=("saudinewsnet", "ant"),
    ),
}


#: Model to the stored figures that its card shows, those of ``scripts/measure.sh``; what it has not yet measured of
#: them is left out.
FIGURES = {
    "topic": ("topic.topic_iptc.test", "spelling.topic_iptc.test"),
    "statement": ("statement.statements.test", "spans.statements.test", "spelling.statements.test"),
    "stance": (
        "stance.statements.test", "stance.stance_ans.test", "stance.stance_arabicstancex.test", "spelling.stance.test",
    ),
    "summary": (
        "summary.summarisation_ant.test", "summary.summarisation_saudinewsnet_headlines.test",
        "summary.reading", "brief.summarisation_easc.test", "brief.bbc_arabic_2009.test",
    ),
}


def write_card(name: str, figures: Path) -> str:
    """Put one card together.

    Args:
        name: a key of ``MODELS``.
        figures: the folder with the JSON files.

    Returns:
        The card, in Markdown with the hub's YAML head.
    """
    stored = [path for part in FIGURES.get(name, ()) if (path := figures / f"{part}.json").is_file()]
    reports = list(map(read_figures, stored))
    return put_together(MODELS[name], reports, read_figures(figures / f"{name}.training.json"))


#: Rows of the table: figures file, what is scored, the score, and the baseline that stands beside it.
FIGURE_ROWS = (
    ("statement.statements.test", "statement tags", "micro_f1", "tfidf_more"),
    ("statement.statements.test", "statement tags", "macro_f1", "tfidf_more"),
    ("statement.statements.test", "`conditional` F1", "conditional", "tfidf_more"),
    ("spans.statements.test", "speaker, exact span F1", "speaker_exact_f1", "rules"),
    ("spans.statements.test", "targets, overlap F1", "target_overlap_f1", ""),
    ("topic.topic_iptc.test", "topic", "accuracy", "tfidf_more"),
    ("topic.topic_iptc.test", "topic", "macro_f1", "tfidf_more"),
    ("stance.statements.test", "stance to a given target", "macro_f1", "tfidf"),
    ("stance.stance_ans.test", "stance, headline pairs (ANS)", "macro_f1", "tfidf"),
    ("stance.stance_arabicstancex.test", "stance, posts (ArabicStanceX)", "macro_f1", "tfidf"),
    ("summary.summarisation_ant.test", "headline, ANT", "rouge_l", "first_14_words"),
    ("summary.summarisation_saudinewsnet_headlines.test", "headline, SaudiNewsNet", "rouge_l", "first_14_words"),
)
BEGIN, END = "<!-- figures: written by scripts/write_cards.py -->", "<!-- end of figures -->"


def figures_table(figures: Path) -> str:
    """Lay out the table of figures."""
    lines = ["| task | texts | score | model | baseline | difference |", "|---|---|---|---|---|---|"]
    for name, task, score, baseline in FIGURE_ROWS:
        report = json.loads((figures / f"{name}.json").read_text(encoding="utf-8"))
        baseline = report.get("baselines", {}).get(score, baseline)
        ours = interval(report["scores"]["model"][score])
        theirs = f"{interval(report['scores'][baseline][score])} {baseline}" if baseline else "-"
        change = interval(report["difference"][score]) if score in report["difference"] else "-"
        lines.append(f"| {task} | {report['size']:,} | {score} | {ours} | {theirs} | {change} |")
    return "\n".join(lines)


def with_table(page: str, figures: Path) -> str:
    """Put the table of figures between its marks in the page."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{figures_table(figures)}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=CARDS, help="folder for the cards")
    arguments = parser.parse_args()
    for model in MODELS:
        (arguments.output / f"{model}.md").write_text(write_card(model, CARDS / "figures"), encoding="utf-8")
    if arguments.output == CARDS:
        page = CARDS.parent / "docs" / "figures.md"
        page.write_text(with_table(page.read_text(encoding="utf-8"), CARDS / "figures"), encoding="utf-8")
