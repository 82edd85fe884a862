#!/usr/bin/env bash
# What tasrih rests on: the wheel is built without a network and holds every model, its dependencies resolve for each
# Python and at the lowest versions allowed, with which it also reads an article, and no pin has a known weakness.
#
#   scripts/check_supply.sh            # base and serve; nothing large is fetched
#   scripts/check_supply.sh train      # another extra too (train fetches torch, to read what it needs)
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
  pip install --dry-run --ignore-installed --only-binary=:all: --target "$work/none" --python-version "$2" \
    "${@:3}" "$wheel[$extra]" > "$work/told.txt" && echo "resolves: $1, Python $2"
}
for python in 3.11 3.12 3.13; do resolve "newest, [$extra]" "$python"; done

lowest() { # EXTRA...; "base" for what it rests on without any
  "${PYTHON:-python3}" - "$@" <<'PYTHON'
import re, sys, tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
lists = {"base": project["dependencies"], **project["optional-dependencies"]}
for line in (line for name in sys.argv[1:] for line in lists[name]):
    if found := re.match(r"([\w-]+)(?:\[[\w,]+\])?>=([\w.]+)", line):
        print("{}=={}".format(*found.groups()))
PYTHON
}

# the lowest versions have wheels for the lowest Python
lowest base serve > "$work/lowest.txt"
extra=serve resolve "lowest, [serve]" 3.11 --constraint "$work/lowest.txt"
if [ "$extra" != serve ]; then
  lowest base "$extra" > "$work/both.txt"
  if ! resolve "lowest, [$extra]" 3.11 --constraint "$work/both.txt" 2>> "$work/errors.txt"; then
    # what the extra rests on may itself need newer ones of the base, which pip then takes
    echo "not done: the base's lowest with [$extra]'s:"
    grep " depends on " "$work/told.txt" || cat "$work/errors.txt"
    lowest "$extra" > "$work/own.txt"
    resolve "lowest of [$extra], the base as it needs" 3.11 --constraint "$work/own.txt"
  fi
  echo "not done: [$extra] at the lowest versions is resolved, not installed and run"
else
  echo "not done: the lowest of [train], for which torch is fetched: scripts/check_supply.sh train"
fi
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
