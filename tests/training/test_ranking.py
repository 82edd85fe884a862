"""Training the ranker: what it learns of grades and headlines, and that its export says the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_model
from transformers import AutoConfig, AutoModel, ModernBertConfig, ModernBertModel

from tasrih.data.corpus import read_rows
from tasrih.data.guard import fingerprint
from tasrih.models.engines import OnnxEngine
from tasrih.models.extractive import article_windows
from tasrih.models.headline_ranker import RankerSettings
from tasrih.models.headline_weights import bundled_weights
from tasrih.training.export import export_ranker
from tasrih.training.ranker_module import lower_part, make_ranker
from tasrih.training.ranking import RankerConfig, _Example, fit_sureness, train_ranker

TOWNS = "الزرقة المروج الحصن النخيل السفح الرملة المنارة الخليج الواحة".split()
WINDOWS = [[0, 1, 7, 3, 4, 1, 3, 0], [1, 2, 5, 2, 2, 0, 2, 1]]


def _row(number: int) -> dict:
    town = TOWNS[number % len(TOWNS)]
    text = f"قال رئيس بلدية {town} رقم {number} إن المجلس سيبني جسرا جديدا في {town}، وأضاف أن العمل سيبدأ غدا في {town}."
    return {"id": f"made:{number}", "text": text, "title": f"المجلس سيبني جسرا جديدا في {town}"}


def _encoder() -> ModernBertModel:
    torch.manual_seed(0)
    shape = ModernBertConfig(
        vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=4, num_attention_heads=2,
        max_position_embeddings=128, global_attn_every_n_layers=1, pad_token_id=0, cls_token_id=2, sep_token_id=3,
        bos_token_id=2, eos_token_id=3,
    )  # fmt: skip
    return ModernBertModel(shape).eval()


def test_the_two_parts_together_are_the_encoder():
    encoder = _encoder()
    ids, mask = torch.randint(5, 300, (2, 9)), torch.ones(2, 9, dtype=torch.long)
    mask[1, 6:] = 0
    ranker = make_ranker(encoder).eval()
    with torch.no_grad():
        states = lower_part(encoder)(input_ids=ids, attention_mask=mask).last_hidden_state
        found = ranker.blocks(inputs_embeds=states, attention_mask=mask).last_hidden_state
        whole = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    assert torch.equal(found, whole)
    assert len(encoder.layers) == 4  # the encoder itself is as it was
    assert not any(one is other for one in ranker.blocks.layers for other in encoder.layers)


@pytest.fixture(scope="module")
def trained(titled_root, pretrained, tmp_path_factory) -> tuple[Path, dict]:
    root = titled_root(_row, corpus=range(60), validation=range(60, 70), test=range(50, 52))
    folder = tmp_path_factory.mktemp("ranker")
    graded = folder / "graded.jsonl"
    with open(graded, "w", encoding="utf-8") as out:
        for row in read_rows(root / "corpus" / "made.jsonl"):
            windows = [
                [one.start, one.end, "P" if one.read(row["text"]).startswith("المجلس") else "B", one.left_out]
                for one in article_windows(row["text"], open_words=bundled_weights().open_words, max_words=14)
            ]
            line = {"corpus": "made.jsonl", "article": row["id"], "print": fingerprint(row["text"]).hex()}
            out.write(json.dumps({**line, "windows": windows}) + "\n")
    config = RankerConfig(
        str(folder / "run"), base=str(pretrained[0]), graded=str(graded), titled=["made"], epochs=12, batch_size=8,
        learning_rate=2e-3, head_learning_rate=1e-2, warmup_steps=5, max_length=64,
    )  # fmt: skip
    return folder / "run", train_ranker(config, root)


def test_how_sure_a_choice_is_follows_the_grades_of_what_was_chosen():
    dice, held, found = np.random.default_rng(0), [], []
    for _ in range(4000):
        odds = dice.normal(size=3)
        # the second window is chosen, and is whole as often as a third of its log-odds and a half say
        grades = np.array([-1, dice.random() < 1 / (1 + np.exp(-(odds[1] / 3 + 0.5))), 0], np.float32)
        held.append(_Example([], np.zeros((3, 8)), np.zeros(3), grades, np.array([99.0, 50.0, 0.0])))
        found.append(np.stack([np.zeros(3), odds], 1))
    fitted = fit_sureness(held, found)
    assert fitted.sure_scale == pytest.approx(1 / 3, abs=0.1) and fitted.sure_shift == pytest.approx(0.5, abs=0.1)
    assert (fitted.whole, fitted.like_title) == (1.0, 1.0)
    # nothing to tell apart
    assert fit_sureness([], []) == fit_sureness(held[:1], found[:1]) == RankerSettings()


@pytest.mark.slow
def test_what_readers_found_whole_is_learnt(trained):
    folder, result = trained
    assert result["articles"] + result["held_out_articles"] == 58  # the test set's two are left out
    assert result["held_out"]["ranker"]["auc_printable"] > 0.95
    assert result["held_out"]["ranker"]["broken"] < 0.2
    assert json.loads((folder / "train_metrics.json").read_text()) == result
    assert json.loads((folder / "run.json").read_text())["data"][0]["rows"] == 58


@pytest.mark.slow
def test_the_export_scores_as_the_module_does(trained, tmp_path):
    folder, _ = trained
    engine = OnnxEngine(export_ranker(folder, tmp_path / "out") / "model.onnx")
    ranker = make_ranker(AutoModel.from_config(AutoConfig.from_pretrained(folder), attn_implementation="eager"))
    load_model(ranker, str(folder / "ranker.safetensors"))
    config = ranker.eval().blocks.config
    states = np.random.default_rng(0).normal(size=(2, 9, config.hidden_size)).astype(np.float32)
    mask = np.ones((2, 9), dtype=np.int64)
    mask[1, 7:] = 0
    inputs = {"states": states, "attention_mask": mask, "windows": np.array(WINDOWS)}
    with torch.no_grad():
        wanted = ranker(**{name: torch.from_numpy(value) for name, value in inputs.items()}).numpy()
    assert engine.run(inputs)["scores"] == pytest.approx(wanted, abs=0.05)  # int8
    with pytest.raises(FileNotFoundError, match=r"no ranker\.safetensors"):
        export_ranker(tmp_path, tmp_path / "other")


def test_a_contradiction_is_named():
    with pytest.raises(ValueError, match="epochs must be positive, not 0"):
        RankerConfig("x", epochs=0)
