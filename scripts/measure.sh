#!/usr/bin/env bash
# Scores the bundled models on the test splits and stores the figures that the cards are written from.
set -euo pipefail
cd "$(dirname "$0")/.."
out=model_cards/figures
mkdir -p "$out"
score() { # MODEL SET NAME [options]
  tasrih evaluate "$1" "$2" --output "$out/$3.json" "${@:4}"
}
score statement statements statement.statements.test --more configs/labels/statements.standoff.jsonl
score statement statements spans.statements.test --spans
score statement statements spelling.statements.test --spelling
score topic topic_iptc topic.topic_iptc.test --more configs/labels/topics.standoff.jsonl
score topic topic_iptc spelling.topic_iptc.test --spelling
score stance statements stance.statements.test
score stance statements spelling.stance.test --spelling
score stance stance/ans stance.stance_ans.test
score stance stance/arabicstancex stance.stance_arabicstancex.test
score summary summarisation/ant summary.summarisation_ant.test
score summary summarisation/saudinewsnet_headlines summary.summarisation_saudinewsnet_headlines.test
score summary summarisation/easc brief.summarisation_easc.test --style brief
score summary summarisation_unlicensed/bbc_arabic_2009 brief.bbc_arabic_2009.test --style brief
for name in topic stance; do
  cp "runs/$name/train_metrics.json" "$out/$name.training.json"
done
python3 - "$out" <<'PYTHON'
import json, pathlib, sys
read = lambda *parts: json.loads(pathlib.Path("runs", *parts).read_text())
def write(name, figures):
    pathlib.Path(sys.argv[1], f"{name}.training.json").write_text(json.dumps(figures, indent=1) + "\n")
stages = [read("encoder", "pretrain_metrics.json"), read("encoder-2", "pretrain_metrics.json")]
stages = [{"held_out_loss": stage.pop("loss"), **stage} for stage in stages]
write("encoder", {"corpora": read("corpora", "prepare.json")["report"], "pretraining": stages})
write("summary", {
    "writer": read("summary", "train_metrics.json"), "extract": read("extractive", "headline.training.json"),
})
first, second = (read(name, "train_metrics.json") for name in ("statement", "statement-finish"))
write("statement", {"first_stage": first, "second_stage": second})
PYTHON
