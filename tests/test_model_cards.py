"""The cards are what the script makes of the stored figures."""

from __future__ import annotations

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


def test_every_bundled_model_has_a_card():
    bundled = {folder.parent.name for folder in (ROOT / "src" / "tasrih" / "pretrained").glob("*/config.json")}
    assert bundled == set(NAMES)


def test_the_readme_shows_the_same_figures():
    scripts = str(ROOT / "scripts")
    code = (
        f"import sys; sys.path.insert(0, {scripts!r}); import write_cards as w, pathlib; "
        "r = pathlib.Path(w.CARDS.parent / 'README.md').read_text(encoding='utf-8'); "
        "assert w.with_table(r, w.CARDS / 'figures') == r and w.readme_table(w.CARDS / 'figures') in r"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
