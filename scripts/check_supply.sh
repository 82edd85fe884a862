#!/usr/bin/env bash
# What tasrih rests on: the wheel is built without a network and holds every model, its dependencies resolve for each
# Python and at the lowest versions allowed, with which it also reads an article, and no pin has a known weakness.
#
#   scripts/check_supply.sh            # base and serve; nothing large is fetched
#   scripts/check_supply.sh train      # another extra (train fetches torch, to read what it needs)
set -euo pipefail
cd "$(dirname "$0")/.."
extra=${1:-serve}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pip() { "${PYTHON:-python3}" -m pip --disable-pip-version-check "$@"; }

# a source tree of its own: building leaves traces
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done \
  | xargs -0 cp --parents -t "$work" 2>/dev/null
alone=()
if unshare -rn true 2>/dev/null; then alone=(unshare -rn); fi
"${alone[@]}" "${PYTHON:-python3}" -m pip --disable-pip-version-check wheel --quiet --no-build-isolation --no-deps \
  --no-index --wheel-dir "$work/wheel" "$work"
wheel=$(echo "$work"/wheel/tasrih-*.whl)
listed=$(git ls-files --cached --others --exclude-standard src/tasrih/pretrained | wc -l)
held=$("${PYTHON:-python3}" -m zipfile --list "$wheel" | grep -c '^tasrih/pretrained/')
[ "$listed" = "$held" ] || { echo "the wheel holds $held of $listed files of the models"; exit 1; }
echo "wheel: built without a network, $held files of the models, $(du -k "$wheel" | cut -f1) KiB"

resolve() { # NAME PYTHON [options]
  pip install --quiet --dry-run --ignore-installed --only-binary=:all: --target "$work/none" --python-version "$2" \
    "${@:3}" "$wheel[$extra]"
  echo "resolves: $1, Python $2"
}
for python in 3.11 3.12 3.13; do resolve "newest, [$extra]" "$python"; done

# the lowest versions have wheels for the lowest Python
"${PYTHON:-python3}" - > "$work/lowest.txt" <<'PYTHON'
import re, tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
for line in (*project["dependencies"], *project["optional-dependencies"]["serve"]):
    print("{}=={}".format(*re.match(r"([\w-]+)>=([\w.]+)", line).groups()))
PYTHON
extra=serve resolve "lowest" 3.11 --constraint "$work/lowest.txt"
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip --disable-pip-version-check install --quiet --only-binary=:all: \
  --constraint "$work/lowest.txt" "$wheel[serve]"
"$work/venv/bin/tasrih" --help > "$work/help.txt"
"$work/venv/bin/tasrih" read seeds/nato_wales_summit_2014.txt --json > "$work/read.json"
"$work/venv/bin/python" -c 'from tasrih.serving.app import make_app; make_app().openapi()'
echo "runs: $("$work/venv/bin/python" -m pip list --format freeze | grep -E '^(numpy|onnxruntime|tokenizers|typer|rich|fastapi|uvicorn)=' | xargs)"

if command -v "${PIP_AUDIT:-pip-audit}" > /dev/null; then
  # where the database cannot be reached, every pin is told to be unknown to it, and nothing is known
  audit=$("${PIP_AUDIT:-pip-audit}" --requirement .ci/constraints.txt --no-deps --disable-pip 2>&1) || { echo "$audit"; exit 1; }
  if grep -q "could not be audited" <<< "$audit"; then
    echo "audit: not done for $(grep -c 'could not be audited' <<< "$audit") pins: no database of weaknesses is reached from here"
  else
    echo "audit: $audit"
  fi
else
  echo "audit: not done: pip install pip-audit"
fi
