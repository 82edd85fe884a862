"""Pretrain the compact encoder, or prepare its corpora.

python scripts/pretrain.py configs/pretrain.yaml minutes=10

The same as ``tasrih train``, with the same options.
"""

from __future__ import annotations

from tasrih.training.recipes import run_script

if __name__ == "__main__":
    run_script(__doc__, "pretrain", "prepare")
