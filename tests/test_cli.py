"""The command line as its user meets it: real processes, real pipes, one line for every fault."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasrih.models.files import PRETRAINED

SEED = Path(__file__).parent.parent / "seeds" / "nato_wales_summit_2014.txt"
TEXT = "رحب الوزير بالاتفاق. وحذر من خرقه إذا تأخر التنفيذ."


def tasrih(*arguments, stdin: bytes | str | None = None, **environment) -> subprocess.CompletedProcess:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    result = subprocess.run(
        [sys.executable, "-m", "tasrih.cli", *map(str, arguments)], input=data, capture_output=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "100", "PYTHONUTF8": "1", **environment},
    )  # fmt: skip
    result.out, result.err = result.stdout.decode(), result.stderr.decode()
    return result


@pytest.fixture
def article(tmp_path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_read_prints_a_table_that_reads_right_to_left():
    done = tasrih("read", SEED)
    assert done.returncode == 0 and done.err == ""
    assert "دعم أمني" in done.out and "مشروط" in done.out and "\x1b" not in done.out
    for line in done.out.splitlines():
        assert line.count("\u2067") + line.count("\u2068") + line.count("\u2066") == line.count("\u2069")


def test_read_json_is_the_document_and_html_a_page(article, tmp_path):
    import tasrih as library

    done = tasrih("read", article, "--json")
    found, expected = json.loads(done.out), json.loads(json.dumps(library.read(TEXT).to_dict()))
    assert found.keys() == expected.keys()
    assert [row["tags"] for row in found["statements"]] == [row["tags"] for row in expected["statements"]]
    page = tmp_path / "page.html"
    assert tasrih("read", article, "--html", page).returncode == 0
    html = page.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>") or html.startswith("<!DOCTYPE html>")
    assert 'dir="rtl"' in html


def test_the_engine_that_auto_took_is_told_once_on_stderr(article):
    from tasrih.models.engines import best_engine

    for verb in (("tag", "--jsonl"), ("classify", "--task", "statement", "--jsonl")):
        lines = "".join(json.dumps({"text": TEXT}) + "\n" for _ in range(3))
        done = tasrih(*verb, "--engine", "auto", "-", stdin=lines)
        assert done.returncode == 0 and len(done.out.splitlines()) == 3
        chosen = best_engine()
        told = f"tasrih: engine auto: statement runs on {chosen.name} {chosen.mode or 'fp32'} (`tasrih doctor` says why)"
        assert done.err.splitlines() == [told]
    assert tasrih("tag", article, "--engine", "onnx").err == ""


def test_explain_json_is_the_explanation_and_html_a_page(article, tmp_path):
    import tasrih as library

    done = tasrih("explain", article, "--label", "conditional", "--json")
    found, expected = json.loads(done.out), library.explain(TEXT, "conditional").to_dict()
    assert found.keys() == expected.keys() and len(found["words"]) == len(expected["words"]) == 9
    assert all(TEXT[word["start"] : word["end"]] == word["text"] for word in found["words"])
    page = tmp_path / "page.html"
    assert tasrih("explain", article, "--label", "conditional", "--html", page).returncode == 0
    assert 'class="word" data-grade="' in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("classify",), "("),
        (("classify", "--task", "stance", "--target", "الاتفاق"), "("),
        (("classify", "--task", "statement"), "تأييد"),
        (("tag",), "تأييد"),
        (("explain", "--label", "endorsement"), "تأييد"),
        (("explain", "--label", "favor", "--target", "الاتفاق"), "مؤيد"),
        (("summarise",), ""),
        (("summarise", "--style", "brief", "--method", "extractive"), ""),
    ],
)
def test_each_verb_reads_a_file_and_standard_input_alike(article, arguments, expected):
    from_file = tasrih(arguments[0], article, *arguments[1:])
    from_pipe = tasrih(arguments[0], "-", *arguments[1:], stdin=TEXT)
    assert from_file.returncode == from_pipe.returncode == 0, from_file.err
    assert from_file.out == from_pipe.out and expected in from_file.out and from_file.out.strip()


def test_classify_tells_what_the_model_does(article):
    """Without --task, the labels are named as those of the model's own task."""
    by_task = tasrih("classify", article, "--task", "stance", "--target", "الاتفاق", "--plain")
    by_model = tasrih("classify", article, "--model", "stance", "--target", "الاتفاق", "--plain")
    assert by_model.returncode == 0 and by_model.out == by_task.out and "\tstance\t" in by_model.out
    by_task, by_model = tasrih("classify", article, "--task", "statement"), tasrih("classify", article, "--model", "statement")
    assert by_model.out == by_task.out and "تأييد" in by_model.out


def test_another_command_does_not_go_on_with_an_interrupted_one(tmp_path):
    output, record, part = (tmp_path / f"out.jsonl{end}" for end in ("", ".part.run", ".part"))
    source = tmp_path / "in.jsonl"
    os.mkfifo(source)  # never written to: the run waits for its first line
    begun = ["classify", source, "--output", output]
    process = subprocess.Popen([sys.executable, "-m", "tasrih.cli", *map(str, begun)])
    until = time.monotonic() + 60
    while not record.exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.kill()
    process.wait()
    source.unlink()
    source.write_text(json.dumps({"text": TEXT}), encoding="utf-8")
    stored = json.loads(record.read_text(encoding="utf-8"))
    assert stored["options"]["--model"] == "topic" and len(stored["options"]["the model's files"]) == 64
    part.write_bytes(b'{"label": "sport"}\n')
    for more, told in (
        (("--task", "statement"), "was begun with --model topic, and this run has --model statement"),
        (("--abstain",), "was begun with no --abstain, and this run has --abstain"),
        ((), "it has changed since"),  # from a pipe to a file
    ):
        done = tasrih(*begun, "--resume", *more)
        assert done.returncode == 1 and told in done.err and done.err.count("\n") == 1, done.err
    assert part.read_bytes() == b'{"label": "sport"}\n' and not output.exists()


def test_a_byte_order_mark_moves_no_offset(tmp_path):
    path = tmp_path / "bom.txt"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert json.loads(tasrih("tag", path, "--json").out)["text"] == TEXT


def test_line_ends_are_kept(tmp_path):
    path = tmp_path / "crlf.txt"
    path.write_bytes("رحب الوزير بالاتفاق\r\nوحذر من خرقه\r\n".encode())
    document = json.loads(tasrih("tag", path, "--json").out)
    assert "\r\n" in document["text"] and len(document["statements"]) == 2


def test_plain_lines_name_the_file_and_what_they_tell(article, tmp_path):
    done = tasrih("read", article, "--plain")
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert done.returncode == 0 and [row[0] for row in rows] == [str(article)] * 4
    assert [row[1] for row in rows] == ["topic", "summary", "statement", "statement"]
    assert [row[-1] for row in rows[2:]] == TEXT.replace(". ", ".\t").split("\t")
    assert all(len(row) == 9 for row in rows[2:]) and "\u2067" not in done.out and "\x1b" not in done.out
    assert tasrih("tag", "-", "--plain", stdin=TEXT).out.splitlines() == [
        "\t".join(["-", *row[1:]]) for row in rows if row[1] == "statement"
    ]
    lines = tmp_path / "a.jsonl"
    lines.write_text(json.dumps({"text": TEXT}) + "\n[1]\n" + json.dumps({"text": TEXT}) + "\n", encoding="utf-8")
    done = tasrih("classify", lines, "--plain")
    assert [line.split("\t")[:2] for line in done.out.splitlines()] == [[f"{lines}:1", "topic"], [f"{lines}:3", "topic"]]
    assert done.returncode == 1 and done.err.startswith(f"tasrih: {lines}:2: ")
    for options in (("--json",), ("--output", tmp_path / "x")):
        done = tasrih("tag", article, "--plain", *options)
        assert done.returncode == 2 and len(done.err.splitlines()) == 1


def test_jsonl_goes_on_past_a_bad_line(tmp_path):
    rows = [json.dumps({"text": TEXT}), "{", '{"title": "no text"}', "[1]", '{"text": 5}', json.dumps({"text": ""})]
    path = tmp_path / "rows.jsonl"
    path.write_bytes("\n".join(rows).encode() + b'\n{"text": "\xc7\xe1"}\n')
    for arguments in (("tag", path), ("classify", path)):
        done = tasrih(*arguments)
        out = [json.loads(line) for line in done.out.splitlines()]
        assert done.returncode == 0 and len(out) == 7
        assert [row.get("line") for row in out] == [None, 2, 3, 4, 5, None, 7]
        assert "JSON" in out[1]["error"] and '"text"' in out[2]["error"] and "UTF-8" in out[6]["error"]
    by_pipe = tasrih("tag", "-", "--jsonl", stdin=path.read_bytes())
    assert by_pipe.out == tasrih("tag", path).out


def test_jsonl_of_bad_lines_alone_still_gives_a_line_each(tmp_path):
    done = tasrih("tag", "-", "--jsonl", stdin="{\n{\n")
    assert [json.loads(line)["line"] for line in done.out.splitlines()] == [1, 2]


def test_a_folder_gives_each_of_its_files(tmp_path):
    for name in ("b.txt", "a.txt", "c.md"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    out = tasrih("classify", tmp_path).out
    assert out.index("a.txt") < out.index("b.txt") and "c.md" not in out


def test_standard_input_is_one_article_unless_told_otherwise():
    line = json.dumps({"text": TEXT}, ensure_ascii=False)
    as_text = json.loads(tasrih("tag", "-", "--json", stdin=line).out)
    as_line = json.loads(tasrih("tag", "-", "--jsonl", stdin=line).out)
    assert as_text["text"] == line and as_line["text"] == TEXT


def test_a_file_that_cannot_be_read_loses_no_other(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(TEXT.encode("cp1256"))
    (tmp_path / "c.txt").write_text(TEXT, encoding="utf-8")
    done = tasrih("classify", tmp_path, "--json")
    assert len(done.out.splitlines()) == 2
    assert done.returncode == 1 and "b.txt" in done.err and len(done.err.splitlines()) == 1


def test_models_lists_the_bundled_ones():
    out = tasrih("models").out
    for name in ("topic", "statement", "stance", "summary"):
        assert name in out


def test_a_closed_pipe_ends_quietly(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text((json.dumps({"text": TEXT}) + "\n") * 600, encoding="utf-8")
    command = f'"{sys.executable}" -m tasrih.cli classify "{path}" | head -n 1'
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 1 and done.stderr == ""
    assert done.returncode == 0


def test_an_interrupt_ends_quietly():
    process = subprocess.Popen(
        [sys.executable, "-m", "tasrih.cli", "tag", "-", "--jsonl"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdin.write(json.dumps({"text": TEXT}).encode() + b"\n")
    process.stdin.flush()
    time.sleep(2.5)  # it is waiting for more input by now
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 1 and err == b""


def damaged(tmp_path: Path, kind: str) -> Path:
    folder = tmp_path / kind
    shutil.copytree(PRETRAINED / "topic", folder)
    model = folder / "model.onnx"
    if kind == "missing":
        model.unlink()
    elif kind == "truncated":
        model.write_bytes(model.read_bytes()[:-100])
    else:
        data = bytearray(model.read_bytes())
        data[len(data) // 2] ^= 1
        model.write_bytes(data)
    return folder


def bad_inputs(tmp_path: Path) -> dict[str, tuple[list, int, list[str]]]:
    """Every foreseen fault: what is typed, the exit code, and what the line on stderr must say."""
    text = tmp_path / "article.txt"
    text.write_text(TEXT, encoding="utf-8")
    arabic = tmp_path / "windows.txt"
    arabic.write_bytes(TEXT.encode("cp1256"))
    utf16 = tmp_path / "wide.txt"
    utf16.write_bytes(TEXT.encode("utf-16"))
    empty = tmp_path / "empty"
    empty.mkdir()
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"text": TEXT}), encoding="utf-8")
    return {
        "no such path": (["read", tmp_path / "nowhere.txt"], 1, ["nowhere.txt does not exist"]),
        "windows-1256": (["read", arabic], 1, ["windows.txt", "windows-1256", "iconv"]),
        "UTF-16": (["read", utf16], 1, ["UTF-16", "iconv"]),
        "a folder without articles": (["read", empty], 1, ["no .txt or .jsonl"]),
        "an unknown task": (["classify", text, "--task", "mood"], 2, ["mood", "topic, statement, stance"]),
        "a stance without a target": (["classify", text, "--task", "stance"], 2, ["target"]),
        "a stance by its model without a target": (["classify", text, "--model", "stance"], 2, ["stance needs a target"]),
        "a target for no stance": (
            ["classify", text, "--model", "topic", "--target", "العراق"], 2, ["'topic' takes no target"],
        ),
        "another task than the model's": (
            ["classify", text, "--model", "topic", "--task", "stance", "--target", "العراق"],
            2,
            ["the model 'topic' does the task 'topic', not 'stance'"],
        ),
        "an unknown model": (["classify", text, "--model", "nosuch"], 1, ["nosuch", "topic", "hub id"]),
        "a hub id offline": (["classify", text, "--model", "owner/nosuch"], 1, ["owner/nosuch", "local folder"]),
        "a folder without a model": (["classify", text, "--model", empty], 1, ["holds no model", "config.json"]),
        "a file as a model": (["classify", text, "--model", text], 1, ["is a file"]),
        "a missing file": (["classify", text, "--model", damaged(tmp_path, "missing")], 1, ["model.onnx is missing"]),
        "a truncated file": (["classify", text, "--model", damaged(tmp_path, "truncated")], 1, ["truncated"]),
        "an altered file": (["classify", text, "--model", damaged(tmp_path, "altered")], 1, ["SHA-256"]),
        "a summariser to classify": (["classify", text, "--model", "summary"], 2, ["summariser"]),
        "an unknown style": (["summarise", text, "--style", "poem"], 2, ["poem", "headline, brief"]),
        "no words": (["summarise", text, "--max-words", "0"], 2, ["max_words"]),
        "no such label": (["explain", text, "--label", "mood"], 2, ["'mood' is no label", "sport", "conditional"]),
        "a label of another task": (["explain", text, "--label", "sport", "--task", "statement"], 2, ["endorsement"]),
        "a stance to explain without a target": (["explain", text, "--label", "favor"], 2, ["target"]),
        "gradients on ONNX": (
            ["explain", text, "--label", "sport", "--method", "integrated_gradients"],
            2,
            ["torch", "occlusion"],
        ),
        "an unknown option": (["read", text, "--colour"], 2, ["--colour"]),
        "no config": (["train", tmp_path / "no.yaml"], 1, ["no.yaml does not exist"]),
        "a row without a label": (["evaluate", "topic", rows], 2, ["rows.jsonl", "no column 'label'"]),
        "a column of no such name": (["evaluate", "topic", rows, "--column", "body=text"], 2, ["body", "text, label"]),
        "a label without its pair": (["evaluate", "topic", rows, "--map", "FAVOR"], 2, ["FAVOR", "FAVOR=favor"]),
        "an article without a title": (["evaluate", "summary", rows, "--column", "title=head"], 2, ["head", "--column title"]),
        "a summary's label": (["evaluate", "summary", rows, "--map", "FAVOR=favor"], 2, ["rows.jsonl", "no label"]),
        "a title of a brief": (["evaluate", "summary", rows, "--style", "brief", "--column", "title=x"], 2, ["summary, id"]),
        "folds of no run": (["evaluate", empty, "--folds"], 1, ["out_of_fold.npz", "folds=5"]),
        "nothing to score on": (["evaluate", "topic"], 2, ["give DATA"]),
        "no set to score": (["evaluate", "topic", tmp_path / "no.csv"], 1, ["no.csv"]),
        "no figures for a card": (["card", PRETRAINED / "topic", tmp_path / "no.json", "--license", "mit"], 1, ["no.json"]),
        "no set to check": (["data", "check", tmp_path / "no.csv"], 1, ["no.csv"]),
        "nothing to export": (["export", empty, tmp_path / "out"], 1, ["no trained"]),
        "a page over its article": (["read", text, "--html", text], 1, ["article.txt is one of the files that are read"]),
        "figures over their rows": (["evaluate", "topic", rows, "--output", rows], 1, ["rows.jsonl is one of the files"]),
        "a bound beyond all": (["--limits", "row=999999999999999GiB", "tag", text], 2, ["too much", "1048576GiB at most"]),
        "--html for many": (["read", text, text, "--html", tmp_path / "page.html"], 1, ["one article"]),
    }


CASES = [
    "no such path", "windows-1256", "UTF-16", "a folder without articles", "an unknown task", "a stance without a target",
    "an unknown model", "a hub id offline", "a folder without a model", "a file as a model", "a missing file",
    "a truncated file", "an altered file", "a summariser to classify", "an unknown style", "no words",
    "no such label", "a label of another task", "a stance to explain without a target", "gradients on ONNX",
    "an unknown option", "no config", "nothing to export", "--html for many", "a row without a label",
    "a column of no such name", "a label without its pair", "no set to score", "folds of no run",
    "nothing to score on", "no figures for a card", "no set to check", "an article without a title", "a summary's label",
    "a title of a brief", "a page over its article", "figures over their rows", "a bound beyond all",
    "a stance by its model without a target", "a target for no stance", "another task than the model's",
]  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_one_line_and_an_exit_code(tmp_path, case):
    arguments, code, wanted = bad_inputs(tmp_path)[case]
    done = tasrih(*arguments)
    assert done.returncode == code, done.err
    assert "Traceback" not in done.err and done.out == ""
    for part in wanted:
        assert part in done.err
    assert len(done.err.strip().splitlines()) == 1, done.err


def test_text_that_could_harm_a_terminal_does_not_reach_it(tmp_path):
    path = tmp_path / "escape.txt"
    path.write_text("قال الوزير \x1b[2J\x1b]0;x\x07 إن الاتفاق جيد\x00.", encoding="utf-8")
    for verb in (["read"], ["tag"], ["explain", "--label", "call"], ["summarise"]):
        out = tasrih(*verb, path).out
        assert "\x1b" not in out and "\x07" not in out and "\x00" not in out
    assert "\ufffd[2J\ufffd]0;x\ufffd" in out  # marked, not taken out
    path = tmp_path / "keys.csv"
    path.write_text('"a\x1b[2J\ntasrih: forged"\nx\n', encoding="utf-8")
    err = tasrih("tag", path).err
    assert "\x1b" not in err and "forged" in err and len(err.splitlines()) == 1
