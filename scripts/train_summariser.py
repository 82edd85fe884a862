"""Train or fine-tune a summariser.

python scripts/train_summariser.py configs/summary.yaml minutes=20
accelerate launch scripts/train_summariser.py configs/headlines.yaml configs/bases/arabart.yaml

The same as ``tasrih train``, with the same options.
"""

from __future__ import annotations

from tasrih.training.recipes import run_script

if __name__ == "__main__":
    run_script(__doc__, "summariser", "seq2seq")
