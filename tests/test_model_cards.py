"""The cards are what the script makes of the stored figures."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMES = ("encoder", "topic", "statement", "stance", "summary")


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cards")
    subprocess.run([sys.executable, ROOT / "scripts" / "write_cards.py", "--output", folder], check=True)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_card_follows_from_its_figures(written, name):
    made = (written / f"{name}.md").read_text(encoding="utf-8")
    assert (ROOT / "model_cards" / f"{name}.md").read_text(encoding="utf-8") == made


def test_figures_stand_in_the_card_once_they_are_measured(tmp_path):
    figures = tmp_path / "figures"
    shutil.copytree(ROOT / "model_cards" / "figures", figures)
    measured = json.loads((figures / "spelling.statements.test.json").read_text(encoding="utf-8"))
    command = "tasrih evaluate stance statements --split test --spelling"
    (figures / "spelling.stance.test.json").write_text(json.dumps({**measured, "command": command}), encoding="utf-8")
    write_card = runpy.run_path(str(ROOT / "scripts" / "write_cards.py"))["write_card"]
    card = write_card("stance", figures)
    assert command in card and "| marbuta_as_ha |" in card
    (figures / "spelling.stance.test.json").unlink()
    assert command not in write_card("stance", figures)


def test_every_bundled_model_has_a_card():
    folders = {folder.parent.name for folder in (ROOT / "src" / "tasrih" / "pretrained").glob("*/config.json")}
    assert folders == {*NAMES, "headline"}  # the ranker stands in the card of the summariser, which it is a part of
    assert "configs/ranker.yaml" in (ROOT / "model_cards" / "summary.md").read_text(encoding="utf-8")


def test_the_pages_show_the_same_figures():
    scripts = str(ROOT / "scripts")
    code = (
        f"import sys; sys.path.insert(0, {scripts!r}); import write_cards as w, pathlib; "
        "r = pathlib.Path(w.CARDS.parent / 'docs' / 'figures.md').read_text(encoding='utf-8'); "
        "assert w.with_table(r, w.CARDS / 'figures') == r and w.figures_table(w.CARDS / 'figures') in r"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
