#!/usr/bin/env bash
# Sets up tasrih with what its tests need in .venv-test and runs them. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 -m venv .venv-test
# torch first: with it in place, nothing pulls another build
.venv-test/bin/python -m pip install --quiet --constraint .ci/constraints.txt torch
.venv-test/bin/python -m pip install --quiet --constraint .ci/constraints.txt --editable '.[train,test]'
export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=true PYTHONUTF8=1
exec .venv-test/bin/python -m pytest --hypothesis-profile=repeatable "$@"
