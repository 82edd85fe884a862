"""What importing costs, and which room may import which."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "tasrih"

# room -> the rooms that it may import, as the design's table has it
ALLOWED = {
    "results": set(),
    "schemes": set(),
    "errors": set(),
    "hub_ids": set(),
    "text": set(),
    "models": {"text", "schemes", "results", "errors", "hub_ids"},
    "data": {"schemes", "text", "errors", "hub_ids"},
    "training": {"data", "models", "text", "schemes", "errors", "hub_ids", "evaluation"},
    "evaluation": {"data", "models", "text", "schemes", "errors", "hub_ids", "results"},
    "render": {"results", "schemes", "corpus_report", "relations", "selection"},
    "streams": set(),
    "api": {"models", "results", "schemes", "streams", "text"},
    "distributed": {"api", "errors"},
    "doctor": {"data", "errors", "models"},
    "writing": set(),
    "interchange": {"data", "results", "schemes", "errors", "writing"},
    "label_studio": {"data", "interchange", "results", "schemes"},
    "corpus_counts": {"results", "text"},
    "corpus_report": {"corpus_counts", "interchange", "relations", "results", "schemes"},
    "relations": {"corpus_counts", "results"},
    "selection": {"corpus_counts", "interchange"},
    "serving": {"api", "models", "results", "schemes", "render", "errors"},
    "cli": None,  # all
    "cli_data": None,
    "begun": {"data", "models", "writing"},
    "cli_streams": {"begun", "data", "render", "streams", "writing"},
    "__init__": {"api", "models", "results", "text"},
}


def room_of(path: Path) -> str:
    relative = path.relative_to(SOURCE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("tasrih.")}
    return rooms - {room_of(path)}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_what_it_may(path):
    allowed = ALLOWED[room_of(path)]
    if room_of(path) == "results":
        allowed = {"render"}  # inside _repr_html_ alone, checked below
    assert allowed is None or imported_rooms(path) <= allowed


def test_results_imports_render_inside_the_call_alone():
    tree = ast.parse((SOURCE / "results.py").read_text(encoding="utf-8"))
    assert not [node for node in tree.body if isinstance(node, ast.ImportFrom) and "tasrih" in (node.module or "")]


@pytest.mark.parametrize(
    "statement", ["import tasrih", "import tasrih; tasrih.tag, tasrih.classify, tasrih.Summariser"]
)
def test_importing_brings_neither_torch_nor_transformers(statement):
    code = f"import sys; {statement}; print([name for name in ('torch', 'transformers', 'sklearn') if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_importing_alone_brings_no_numpy():
    code = "import sys, tasrih; print('numpy' in sys.modules, 'onnxruntime' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "False False"


def test_every_public_name_is_there():
    import tasrih

    for name in tasrih.__all__:
        assert getattr(tasrih, name) is not None
    assert set(tasrih.__all__) <= set(dir(tasrih))
    with pytest.raises(AttributeError, match="no attribute 'classfy'"):
        tasrih.classfy  # noqa: B018
