#!/usr/bin/env bash
# Scores the bundled models on the test splits and stores the figures that the cards are written from.
set -euo pipefail
cd "$(dirname "$0")/.."
out=model_cards/figures
mkdir -p "$out"
score() { # MODEL SET NAME [options]
  tasrih evaluate "$1" "$2" --output "$out/$3.json" "${@:4}"
}
score statement statements statement.statements.test \
  --more configs/labels/statements.standoff.jsonl --more configs/labels/uncertain.standoff.jsonl \
  --more configs/labels/mined.standoff.jsonl --more configs/labels/written.jsonl
score statement statements spans.statements.test --spans
score statement statements spelling.statements.test --spelling
score topic topic_iptc topic.topic_iptc.test --more configs/labels/topics.standoff.jsonl
score topic topic_iptc spelling.topic_iptc.test --spelling
# the files of configs/stance.yaml, which draws 5,000 sentences of each of the first two: the baseline reads them all
more_stances=(
  --more configs/labels/statements.standoff.jsonl --more configs/labels/uncertain.standoff.jsonl
  --more configs/labels/written.jsonl
)
score stance statements stance.statements.test "${more_stances[@]}"
score stance statements spelling.stance.test --spelling
score stance stance/ans stance.stance_ans.test "${more_stances[@]}"
score stance stance/arabicstancex stance.stance_arabicstancex.test "${more_stances[@]}"
score summary summarisation/ant summary.summarisation_ant.test
score summary summarisation/saudinewsnet_headlines summary.summarisation_saudinewsnet_headlines.test
score summary summarisation/easc brief.summarisation_easc.test --style brief
score summary summarisation_unlicensed/bbc_arabic_2009 brief.bbc_arabic_2009.test --style brief
# what was trained here: the rest keep the figures that they have
python3 - "$out" <<'PYTHON'
import json, pathlib, sys

STAGES = {
    "statement": {
        "first_stage": "statement", **{f"pass_{number}": f"statement-{number}" for number in range(2, 6)},
        "second_stage": "statement-finish", "linear_part": "statement-ngrams",
    },
    "topic": {"": "topic"},
    "stance": {"first": "stance", "once_more": "stance-2", "linear_part": "stance-3"},
    "summary": {"denoising": "writer-denoise", "writer": "writer", "extract": "extractive/headline.training.json", "ranker": "headline"},
}
read = lambda *parts: json.loads(pathlib.Path(*parts).read_text())
for model, stages in STAGES.items():
    path = pathlib.Path(sys.argv[1], f"{model}.training.json")
    figures = read(path) if path.exists() else {}
    for stage, run in stages.items():
        metrics = pathlib.Path("runs", run) if run.endswith(".json") else pathlib.Path("runs", run, "train_metrics.json")
        if metrics.exists():
            found = read(metrics)
            figures = figures | {stage: found} if stage else found
    figures = {stage: figures[stage] for stage in stages if stage in figures} if "" not in stages else figures
    path.write_text(json.dumps(figures, indent=1) + "\n")
path = pathlib.Path(sys.argv[1], "encoder.training.json")
figures = read(path) if path.exists() else {"corpora": {}, "pretraining": {}}
for run, shards in (("encoder", "corpora"), ("encoder-2", "corpora"), ("encoder-news", "news")):
    if pathlib.Path("runs", run, "pretrain_metrics.json").exists():
        found = read("runs", run, "pretrain_metrics.json")
        figures["pretraining"][run] = {"held_out_loss": found.pop("loss"), **found}
        figures["corpora"] = read("runs", shards, "prepare.json")["report"]
path.write_text(json.dumps(figures, indent=1) + "\n")
PYTHON
