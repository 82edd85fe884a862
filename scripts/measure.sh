#!/usr/bin/env bash
# Scores the bundled models on the test splits and stores the figures that the cards are written from.
set -euo pipefail
cd "$(dirname "$0")/.."
out=model_cards/figures
mkdir -p "$out"
score() { # MODEL SET NAME [options]
  tasrih evaluate "$1" "$2" --output "$out/$3.json" "${@:4}"
}
score statement statements statement.statements.test
score statement statements spans.statements.test --spans
score topic topic_iptc topic.topic_iptc.test
score stance statements stance.statements.test
score stance stance/ans stance.stance_ans.test
score stance stance/arabicstancex stance.stance_arabicstancex.test
score summary summarisation/ant summary.summarisation_ant.test
score summary summarisation/saudinewsnet_headlines summary.summarisation_saudinewsnet_headlines.test
for name in statement topic stance summary; do
  cp "runs/$name/train_metrics.json" "$out/$name.training.json"
done
python3 - "$out" <<'PYTHON'
import json, pathlib, sys
prepared = json.loads(pathlib.Path("runs/corpora/prepare.json").read_text())["report"]
trained = json.loads(pathlib.Path("runs/encoder/pretrain_metrics.json").read_text())
figures = {"corpora": prepared, "pretraining": {"held_out_loss": trained.pop("loss"), **trained}}
pathlib.Path(sys.argv[1], "encoder.training.json").write_text(json.dumps(figures, indent=1) + "\n")
PYTHON
