"""Fine-tune an encoder to classify texts.

python scripts/train_classifier.py configs/topic.yaml epochs=3
accelerate launch scripts/train_classifier.py configs/topic.yaml configs/bases/arabert.yaml epochs=3

The same as ``tasrih train``, with the same options.
"""

from __future__ import annotations

from tasrih.training.recipes import run_script

if __name__ == "__main__":
    run_script(__doc__, "classifier")
