#!/usr/bin/env bash
# Sets up tasrih in .venv (no torch) and takes the seed article apart. Arguments go to `tasrih read`.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv .venv
.venv/bin/python -m pip install --quiet --constraint .ci/constraints.txt .
exec .venv/bin/tasrih read "${@:-seeds/nato_wales_summit_2014.txt}"
