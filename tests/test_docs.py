"""The pages: their Python runs, their commands parse and the cheap ones run, and what they say of the code holds."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import tasrih
from tasrih import results
from tasrih.cli import app
from tasrih.schemes import SCHEMES, STANCE, STATEMENT, TOPIC
from tasrih.text.language import unreadable

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "configs" / "README.md"]
SEED = ROOT / "seeds" / "nato_wales_summit_2014.txt"

#: A block under this comment is run by a test of its own, or needs what no test has; it still has to compile.
ELSEWHERE = re.compile(r"<!-- (?:a test runs this|needs [^>]*) -->")
#: Commands that take no longer than reading an article; ``tasrih`` of these subcommands alone.
CHEAP = {"read", "classify", "explain", "tag", "summarise", "models", "doctor", "rows", "report", "label-studio", "data"}
#: Other programs that may stand in a line that is run.
PLAIN = {"cat", "awk", "cut", "grep", "sort", "uniq"}

ARTICLES = (
    "رحّب وزير الثقافة بافتتاح المسرح. وقال إن الوزارة ستدعم الفرق الشابة إذا قدّمت برامجها قبل الربيع.",
    "حذّر رئيس البلدية من سيول قد تقطع طريق الوادي، ودعا السكان إلى البقاء في منازلهم.",
    "نفت الشركة صحة الأنباء عن إغلاق مصنعها، ورفضت اتهامات النقابة لها بالإهمال.",
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its lines, the page's line that it begins on, and the line before its fence."""

    language: str
    code: str
    line: int
    before: str


def blocks(page: Path) -> list[Block]:
    found = []
    for match in re.finditer(r"(?:^|\n)([^\n]*)\n```(\w*)\n(.*?)\n```", page.read_text(encoding="utf-8"), re.S):
        line = match.string.count("\n", 0, match.start(3)) + 1
        found.append(Block(match[2], match[3], line, match[1]))
    return found


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# --- python -----------------------------------------------------------------------------------------


def run_python(block: Block, page: Path, names: dict) -> None:
    """Run a block statement by statement; where a comment ``# -> value`` ends its line, the values must agree."""
    tree = ast.parse("\n" * (block.line - 1) + block.code, filename=name_of(page))
    lines = block.code.split("\n")
    for node in tree.body:
        _, told, expected = lines[node.end_lineno - block.line].partition("# -> ")
        if not (told and isinstance(node, ast.Expr)):
            assert not told, f"{name_of(page)}:{node.end_lineno}: a value is told of what is no expression"
            exec(compile(ast.Module([node], []), name_of(page), "exec"), names)
            continue
        value = eval(compile(ast.Expression(node.value), name_of(page), "eval"), names)
        assert value == ast.literal_eval(expected), f"{name_of(page)}:{node.end_lineno} gives {value!r}"


# --- commands ---------------------------------------------------------------------------------------


def command_lines(block: Block) -> list[str]:
    return [line for line in block.code.replace("\\\n", " ").split("\n") if line.split("#")[0].strip()]


def segments(line: str) -> Iterator[list[str]]:
    """Give the words of each command of a line, without variables before it and redirections behind it."""
    words: list[str] = []
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.commenters, lexer.wordchars = "#", lexer.wordchars + "$:,{}[]@!%^+" + "".join(map(chr, range(0x621, 0x64B)))
    tokens = [*lexer, ";"]
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if set(token) <= set("&|;"):
            while words and (words[0] in ("do", "time") or re.fullmatch(r"[A-Z_]+=.*", words[0])):
                words = words[1:]
            if words:
                yield words
            words = []
        elif set(token) <= set("<>"):
            at += 1  # and the file's name
        else:
            words.append(token)
        at += 1


def parse_command(words: list[str]) -> dict:
    """Parse the words after ``tasrih`` by the real command line, without running it; gives the values by name."""
    import typer

    command = typer.main.get_command(app)
    context, rest = None, list(words)
    while hasattr(command, "resolve_command"):
        context = command.make_context(command.name, rest, parent=context)
        # a group keeps the words that belong to its command
        rest = [*getattr(context, "_protected_args", ()), *context.args]
        assert rest, f"{' '.join(words)}: which command?"
        _, command, rest = command.resolve_command(context, rest)
    return command.make_context(command.name, rest, parent=context).params


def find(name: str, folder: Path) -> Path | None:
    """Find a file that a page names: one that the page made, or one of the repository's."""
    return next((path for path in (folder / name, ROOT / name) if path.exists()), None)


def check_recipe(words: list[str], folder: Path) -> None:
    """Read the recipe that a line trains, where all its files are there: its options must exist and agree."""
    from tasrih.training.recipes import load_recipe

    if any("$" in word for word in words):
        return
    changes = [str(find(word, folder) or word) if "=" not in word else word for word in words]
    assert load_recipe(changes[0], changes[1:])


def check_commands(block: Block, page: Path, folder: Path) -> int:
    """Check every command of a block; gives how many of them are ours."""
    number = 0
    for line in command_lines(block):
        for program, *words in segments(line):
            where = f"{name_of(page)}, {line.strip()!r}"
            try:
                if Path(program).name == "tasrih":
                    number += 1
                    parse_command(words)
                    if words[0] == "train":
                        check_recipe(words[1:], folder)
                elif program == "accelerate":
                    script = next(at for at, word in enumerate(words) if word.endswith(".py"))
                    check_recipe(words[script + 1 :], folder)
                for word in (program, *words):
                    if re.match(r"(?:scripts|configs)/[\w./-]+\.\w+$", word):
                        assert (ROOT / word).is_file(), f"{word} is not there"
            except Exception as error:
                told = getattr(error, "format_message", lambda error=error: str(error))()
                pytest.fail(f"{where}: {told}")
    return number


def is_cheap(line: str, folder: Path) -> bool:
    """Say whether a line reads files that are there, by the bundled models, and does nothing else."""
    commands = list(segments(line))
    ours = [words[1:] for words in commands if words[0] == "tasrih"]
    others = {words[0] for words in commands} - {"tasrih"}
    if not ours or not others <= PLAIN or any(word in line for word in ("$", "--model", "--engine")):
        return False
    for words in ours:
        values = parse_command(words)
        read = [values.get(name) or [] for name in ("paths", "source", "export")]
        names = [name for given in read for name in (given if isinstance(given, list) else [given])]
        if words[0] not in CHEAP or not all(str(name) == "-" or (folder / name).exists() for name in names):
            return False
    return True


def run_shell(line: str, page: Path, folder: Path) -> None:
    program = f"{shlex.quote(sys.executable)} -m tasrih.cli"
    script = f'tasrih() {{ {program} "$@"; }}\n{line}'
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{name_of(page)}, {line.strip()!r}: {done.stderr or done.stdout}"


# --- the pages ----------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with the seed article and three short ones; the data root in it is empty."""
    shutil.copy(SEED, tmp_path / "article.txt")
    rows = [{"id": f"a{n}", "date": f"2024-05-0{n}", "text": text} for n, text in enumerate(ARTICLES, 1)]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (tmp_path / "articles.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "seeds").mkdir()
    shutil.copy(SEED, tmp_path / "seeds")
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("TASRIH_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_blocks_run_in_their_order(page, folder):
    text = SEED.read_text(encoding="utf-8")
    names = {"__name__": "page", "text": text, "texts": list(ARTICLES), "articles": list(ARTICLES)}
    for block in blocks(page):
        if block.language == "python" and ELSEWHERE.fullmatch(block.before):
            compile(block.code, name_of(page), "exec")
        elif block.language == "python":
            run_python(block, page, names)
        elif block.language == "yaml" and (saved := re.match(r"# ([\w.-]+\.yaml)\n", block.code)):
            (folder / saved[1]).write_text(block.code, encoding="utf-8")
        elif block.language == "sh":
            check_commands(block, page, folder)
            if shutil.which("bash"):
                for line in command_lines(block):
                    if is_cheap(line, folder):
                        run_shell(line, page, folder)


def test_a_wrong_command_is_seen():
    for line in (
        "tasrih tag a.txt --oupput b",
        "tasrih evalute topic topic_iptc",
        "tasrih card runs/x",
        "tasrih data chekc x",
    ):
        (words,) = segments(line)
        with pytest.raises(Exception, match=r"(?i)no such|missing|which command"):
            parse_command(words[1:])


def test_the_words_of_a_line():
    line = 'HF_HUB_OFFLINE=1 tasrih train a.yaml seeds=[1,2] > out.json 2>&1 && cat "x y" | tasrih tag - # why'
    found = list(segments(line))
    assert found[0][:4] == ["tasrih", "train", "a.yaml", "seeds=[1,2]"]
    assert found[-2:] == [["cat", "x y"], ["tasrih", "tag", "-"]]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in re.findall(
        r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    ):
        if not target.startswith(("http:", "https:", "#")):
            assert (page.parent / target.split("#")[0]).exists(), target


def test_the_map_names_every_page():
    linked = set(re.findall(r"\((\w+\.md)\)", (DOCS / "index.md").read_text(encoding="utf-8")))
    assert linked == {page.name for page in DOCS.glob("*.md")} - {"index.md"}


def test_the_tutorial_names_every_field_of_a_result():
    page = (DOCS / "first_article.md").read_text(encoding="utf-8")
    for kind in ("Document", "Statement", "Stance", "Prediction", "Summary", "Explanation"):
        table = page.partition(f"| field of `{kind}` |")[2].partition("\n\n")[0]
        named = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
        assert named == {field.name for field in dataclasses.fields(getattr(results, kind))}, kind


# --- the schemes ----------------------------------------------------------------------------------------


def rows_of(heading: str) -> list[list[str]]:
    """Give the cells of the first table under a heading of the schemes' page."""
    page = (DOCS / "schemes.md").read_text(encoding="utf-8")
    section = page.partition(f"\n## {heading}")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_has_the_tags_as_the_scheme_has_them():
    wanted = [
        [f"`{label.name}`", label.arabic, label.definition, label.searle, ", ".join(label.plover)]
        for label in STATEMENT.labels
    ]
    assert [row[:5] for row in rows_of("What a sentence does")] == wanted


def test_the_page_has_the_topics_as_the_scheme_has_them():
    wanted = [[f"`{label.name}`", label.code, label.arabic, label.definition] for label in TOPIC.labels]
    assert [row[:4] for row in rows_of("What an article is about")] == wanted


def test_the_page_has_the_stances_as_the_scheme_has_them():
    wanted = [[f"`{label.name}`", label.arabic, label.definition] for label in STANCE.labels]
    found = rows_of("Who stands where")
    assert [row[:3] for row in found] == wanted
    for row in found:
        text, target = re.fullmatch(r"(.*) \((.*)\)", row[3]).groups()
        assert target in text or target in text.replace("بمشروع", "مشروع")


def test_every_label_has_an_arabic_example_of_its_own():
    rows = [
        row
        for heading in ("What a sentence does", "Who stands where", "What an article is about")
        for row in rows_of(heading)
    ]
    examples = [row[-1] for row in rows]
    assert len(set(examples)) == len(examples) == sum(len(scheme.labels) for scheme in SCHEMES.values())
    assert all(unreadable(example) is None and len(example.split()) >= 4 for example in examples)


# --- the reference ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def writer():
    specification = importlib.util.spec_from_file_location("write_reference", ROOT / "scripts" / "write_reference.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_reference_is_what_the_docstrings_say(writer):
    written = (DOCS / "reference.md").read_text(encoding="utf-8")
    assert writer.reference() == written, "run scripts/write_reference.py"


def test_every_public_name_is_in_the_reference(writer):
    listed = {name for _, _, modules in writer.PARTS for names in modules.values() for name in names}
    assert set(tasrih.__all__) - {"__version__", "summarize"} <= listed


def test_the_examples_of_the_reference_hold(writer):
    runner, finder = doctest.DocTestRunner(), doctest.DocTestFinder(recurse=False)
    number = 0
    for _, _, modules in writer.PARTS:
        for module_name, names in modules.items():
            module = importlib.import_module(module_name)
            for name in names:
                for test in finder.find(getattr(module, name), name, module=module):
                    number += len(test.examples)
                    runner.run(test)
    assert number > 15
    assert runner.summarize(verbose=False).failed == 0


@pytest.mark.parametrize(
    ("docstring", "wanted"),
    [
        (
            "One.\n\nArgs:\n    a: first\n        goes on.\n    b, c: rest.",
            "One.\n\n*Args*\n\n- `a`: first goes on.\n- `b`, `c`: rest.\n",
        ),
        ("One.\n\nReturns:\n    ``(a, b)`` of\n    shape (n,).", "One.\n\n*Returns*\n\n`(a, b)` of shape (n,).\n"),
        ("One.\n\nExample:\n    >>> f(1)\n    2", "One.\n\n*Example*\n\n```pycon\n>>> f(1)\n2\n```\n"),
    ],
)
def test_a_docstring_as_markdown(writer, docstring, wanted):
    node = ast.parse("def f():\n    pass").body[0]
    node.body = [ast.Expr(ast.Constant(docstring))]
    assert writer._prose(node) == wanted
