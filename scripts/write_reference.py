"""Write docs/reference.md from the docstrings: the public names, their arguments, what they give and raise.

    python scripts/write_reference.py

The sources are read, not imported, so that no extra has to be installed. A test holds the page to them.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference.md"

HEAD = """# Reference

The public API, written from the docstrings by `scripts/write_reference.py`: mend the docstring and run the script;
the page is not edited by hand.
"""

#: Heading, what is said under it, and for each module the names that are public.
PARTS: tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...] = (
    (
        "The verbs", "In `tasrih` itself: `tasrih.classify` and so on. `tasrih.summarize` is `summarise`.",
        {"tasrih.api": ("classify", "explain", "tag", "read", "summarise"), "tasrih.models.load": ("load",)},
    ),
    (
        "What they return", "Frozen data classes; each has `to_dict()`. `Document`, `Explanation`, `Prediction`, "
        "`Statement` and `Summary` stand in `tasrih` itself too.",
        {
            "tasrih.results": (
                "Document", "Prediction", "Statement", "Span", "Stance", "Summary", "Window", "Explanation", "Word",
            ),
        },
    ),
    (
        "Models", "`Classifier` and `Summariser` stand in `tasrih` itself too.",
        {
            "tasrih.models.classifier": ("Classifier", "ClassifierSettings"),
            "tasrih.models.summariser": ("Summariser",),
            "tasrih.errors": ("ModelError", "MissingExtraError"),
        },
    ),
    (
        "Text", "`normalise` and `sentences` stand in `tasrih` itself too.",
        {
            "tasrih.text.normalise": ("normalise", "fold", "Normalised"),
            "tasrih.text.sentences": ("sentences", "Sentence"),
            "tasrih.text.spellings": ("respell", "Respelt"),
        },
    ),
    ("This machine", "What `tasrih doctor` prints.", {"tasrih.doctor": ("examine", "Examination")}),
    ("Schemes", "See [the schemes](schemes.md) for the labels.", {"tasrih.schemes": ("Scheme", "Label")}),
    (
        "Many articles", "See [the report](report.md), [correct and retrain](correct.md), "
        "[tag a million](tag_a_million.md).",
        {
            "tasrih.interchange": (
                "Article", "read_articles", "with_documents", "statement_rows", "write_rows", "document_from_dict",
            ),
            "tasrih.label_studio": ("labelling_config", "tasks", "read_export", "corrected"),
            "tasrih.selection": ("Selection",),
            "tasrih.corpus_report": ("CorpusCounter",),
            "tasrih.relations": ("relations_of", "Relation"),
            "tasrih.render.html": ("page",),
            "tasrih.render.corpus_page": ("corpus_page",),
            "tasrih.distributed": ("tag_dataset",),
        },
    ),
    (
        "Training", "See [fine-tune](fine_tune.md).",
        {
            "tasrih.training.recipes": ("load_recipe", "run_recipe"),
            "tasrih.training.config": ("ClassifierConfig",),
            "tasrih.data.labelled_source": ("Source",),
            "tasrih.training.sources": ("read_training_data",),
            "tasrih.training.export": ("export_classifier",),
            "tasrih.data.guard": ("HeldOut", "fingerprint"),
        },
    ),
    (
        "Evaluation", "See [evaluate and compare](evaluate.md).",
        {
            "tasrih.evaluation.evaluate": ("evaluate",),
            "tasrih.training.out_of_fold": ("evaluate_out_of_fold",),
            "tasrih.evaluation.spans": ("evaluate_spans",),
            "tasrih.evaluation.spelling": ("evaluate_spelling",),
            "tasrih.evaluation.hf_metrics": ("metric", "combined"),
            "tasrih.evaluation.calibration": ("fit_calibration", "Calibration"),
            "tasrih.evaluation.cards": ("folder_card",),
            "tasrih.data.dataset": ("open_set",),
        },
    ),
)  # fmt: skip

_SECTION = re.compile(r"(Args|Returns|Yields|Raises|Attributes|Example|Source):")
_ENTRY = re.compile(r"(\*{0,2}\w[\w*, ]*?): (.*)", re.S)
_DEFINITION = (ast.FunctionDef, ast.ClassDef)


def module_path(name: str) -> Path:
    """Find the source of a module."""
    return ROOT / "src" / Path(*name.split(".")).with_suffix(".py")


def reference() -> str:
    """Give the page."""
    parts = [HEAD]
    for heading, said, modules in PARTS:
        parts.append(f"## {heading}\n\n{said}\n")
        for module, names in modules.items():
            tree = ast.parse(module_path(module).read_text(encoding="utf-8"))
            found = {node.name: node for node in tree.body if isinstance(node, _DEFINITION)}
            for name in names:
                if name not in found:
                    raise SystemExit(f"{module} defines no {name}: mend PARTS in scripts/write_reference.py")
                parts += described(found[name], module)
    return "\n".join(parts)


def described(node: ast.FunctionDef | ast.ClassDef, module: str) -> Iterator[str]:
    """Describe a function, or a class with its public methods."""
    if isinstance(node, ast.FunctionDef):
        yield f"### `{module}.{node.name}`\n\n{_signature(node)}\n\n{_prose(node)}"
        return
    yield f"### `{module}.{node.name}`\n\n{_prose(node)}"
    if settings := _settings(node):
        yield settings
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and (method.name == "__init__" or not method.name.startswith("_")):
            kinds = {ast.unparse(decorator) for decorator in method.decorator_list}
            name = f"{node.name}.{method.name}" if method.name != "__init__" else node.name
            told = f"`{name}`" if "property" in kinds else _signature(method, name, bound="staticmethod" not in kinds)
            yield f"{told}\n\n{_prose(method)}"


def _signature(node: ast.FunctionDef, name: str | None = None, *, bound: bool = False) -> str:
    arguments = ast.parse(ast.unparse(node)).body[0].args  # a copy, to take self out of
    if bound:
        arguments.args = arguments.args[1:]
    given = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    inner = ast.unparse(arguments)
    whole = f"{name or node.name}({inner}){given}"
    if len(whole) > 100:
        whole = f"{name or node.name}(\n    " + ",\n    ".join(_apart(inner)) + f",\n){given}"
    return f"```text\n{whole}\n```"


def _apart(inner: str) -> list[str]:
    """Part arguments at the commas that stand in no bracket."""
    found, depth = [""], 0
    for char in inner:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and not depth:
            found.append("")
        else:
            found[-1] += char
    return [argument.strip() for argument in found]


def _settings(node: ast.ClassDef) -> str:
    """Give a table of fields that have their meaning in a string below them."""
    rows = []
    for field, below in zip(node.body, node.body[1:], strict=False):
        if not isinstance(field, ast.AnnAssign) or not isinstance(below, ast.Expr):
            continue
        meaning = " ".join(ast.literal_eval(below.value).split()).replace("``", "`").replace("|", "\\|")
        default = _default(field.value)
        kind = ast.unparse(field.annotation).replace("|", "\\|")
        rows.append(f"| `{field.target.id}` | `{kind}` | {default} | {meaning} |")
    return "\n".join(("| field | type | default | meaning |", "|---|---|---|---|", *rows, "")) if rows else ""


def _default(value: ast.expr | None) -> str:
    if value is None:
        return "none: it must be given"
    if isinstance(value, ast.Call):  # field(default_factory=list)
        return "empty"
    return f"`{ast.unparse(value)}`"


def _prose(node: ast.FunctionDef | ast.ClassDef) -> str:
    """Turn a docstring into Markdown: sections become lists, examples code."""
    said: list[str] = []
    section = None
    for block in (ast.get_docstring(node) or "").split("\n\n"):
        lines = block.split("\n")
        if head := _SECTION.fullmatch(lines[0]):
            section, lines = head[1], [line[4:] if line.startswith("    ") else line for line in lines[1:]]
            said.append(f"*{section}*\n")
        elif section and lines[0].startswith("    "):
            lines = [line[4:] for line in lines]
        else:
            section = None
        said.append(_block(lines, section) + "\n")
    return "\n".join(said).replace("``", "`").replace("\0", "```")


def _block(lines: list[str], section: str | None) -> str:
    if section == "Example":
        return "\n".join(("\0pycon", *lines, "\0"))
    if section in ("Args", "Raises", "Attributes"):
        return "\n".join(_item(entry) for entry in _entries(lines))
    if lines and lines[0].startswith("- "):
        return "\n".join(lines)
    return " ".join(line.strip() for line in lines)


def _entries(lines: list[str]) -> list[str]:
    """Join the lines of each entry; those that go on are indented."""
    found: list[str] = []
    for line in lines:
        if line.startswith(" ") and found:
            found[-1] += " " + line.strip()
        else:
            found.append(line.strip())
    return found


def _item(entry: str) -> str:
    named = _ENTRY.fullmatch(entry)
    if not named:
        return f"- {entry}"
    names = ", ".join(f"`{name.strip()}`" for name in named[1].split(","))
    return f"- {names}: {named[2]}"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=PAGE)
    output = parser.parse_args().output
    output.write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
