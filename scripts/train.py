"""Run a recipe: ``python scripts/train.py configs/topic.yaml [key=value ...]`` (the same as ``tasrih train``)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tasrih.training.recipes import load_recipe, run_recipe

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path, help="a YAML file of configs/")
    parser.add_argument("changes", nargs="*", metavar="KEY=VALUE", help="settings to change")
    arguments = parser.parse_args()
    print(json.dumps(run_recipe(load_recipe(arguments.config, arguments.changes)), indent=1, default=float))
