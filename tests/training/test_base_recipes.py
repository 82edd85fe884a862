"""Every file of ``configs/bases/`` over a recipe, on a tiny checkpoint of the base's classes: it trains a step and is read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tasrih.models.classifier import Classifier
from tasrih.models.summariser import Summariser
from tasrih.text.normalise import profile_of_family
from tasrih.training.recipes import load_recipe, run_recipe

CONFIGS = Path(__file__).parents[2] / "configs"

#: Base, the tiny checkpoint that stands for it, and the recipe that it is put over.
CLASSIFIERS = [
    ("arabert.yaml", "bert", "topic.yaml"),
    ("marbert.yaml", "bert", "stance.yaml"),
    ("camelbert.yaml", "bert", "statement.yaml"),
    ("xlmr.yaml", "xlm_roberta", "topic.yaml"),
]
WRITERS = [("arabart.yaml", "arabart"), ("mt5.yaml", "mt5")]
SETS = {"topic.yaml": "topic_iptc", "stance.yaml": "stance/ans", "statement.yaml": "statements"}


def settings(base: str, recipe: str, tiny: Path, data: str, folder: Path, *more: str):
    """Load the recipe with its base, the tiny checkpoint under the base's own name in its place, for one step."""
    over = CONFIGS / "bases" / base
    name = load_recipe(CONFIGS / recipe, [str(over)]).base.rpartition("/")[2]
    shutil.copytree(tiny, folder / name)
    return load_recipe(
        CONFIGS / recipe,
        [str(over), f"base={folder / name}", f"output={folder / 'out'}", f"train=[{{name: {data}, limit: 32}}]",
         f"validation={{name: {data}, split: validation, limit: 8}}", "epochs=1", "log_steps=1", *more],
    )  # fmt: skip


def steps(folder: Path) -> int:
    log = json.loads((folder / "train_log.json").read_text())["seed-1"]
    return sum("loss" in line for line in log)


def test_every_base_is_tried():
    tried = {base for base, *_ in (*CLASSIFIERS, *WRITERS)}
    assert tried == {path.name for path in (CONFIGS / "bases").glob("*.yaml")}


@pytest.mark.slow
@pytest.mark.parametrize(("base", "tiny", "recipe"), CLASSIFIERS, ids=lambda value: value.removesuffix(".yaml"))
def test_a_classifiers_base_trains_a_step(base, tiny, recipe, world, tmp_path, monkeypatch, request):
    monkeypatch.setenv("TASRIH_DATA", str(world.root))
    checkpoint = request.getfixturevalue(tiny)
    made = settings(base, recipe, checkpoint, SETS[recipe], tmp_path, "max_length=60", "seeds=[1]")
    result = run_recipe(made)
    assert 30 <= result["train_rows"] <= 32
    assert steps(tmp_path / "out") == 1
    opened = Classifier.from_pretrained(tmp_path / "out", device="cpu")
    assert (opened.task, opened.settings.profile) == (made.task, profile_of_family(Path(made.base).name))
    assert opened.predict(["فاز الفريق بهدف."], ["الفريق"] if made.task == "stance" else None)[0].scores


@pytest.mark.slow
@pytest.mark.parametrize(("base", "tiny"), WRITERS, ids=lambda value: value.removesuffix(".yaml"))
def test_a_writers_base_trains_a_step(base, tiny, headline_files, world, tmp_path, monkeypatch, request):
    monkeypatch.setenv("TASRIH_DATA", str(world.root))
    checkpoint = request.getfixturevalue(tiny)
    made = settings(
        base, "headlines.yaml", checkpoint, str(headline_files), tmp_path, "source=48", "target=12", "sureness_articles=2",
        "seeds=[1]",
    )  # fmt: skip
    assert run_recipe(made)["pairs"] == 32
    assert steps(tmp_path / "out") == 1
    opened = Summariser.from_pretrained(tmp_path / "out", device="cpu")
    assert opened.settings.profile == profile_of_family(Path(made.base).name)
    text = "رحب وزير الصحة أمس بنتائج الاتفاق الجديد في بلدة الزرقة أمام أهالي البلدة وممثلي النقابة."
    assert opened.summarise(text, method="abstractive").text
