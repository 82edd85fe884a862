"""The commands over data, as real processes: exit codes, formats, and one line for every fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

TEXT = "رحب الوزير بالاتفاق. وحذر من خرقه إذا تأخر التنفيذ."


def tasrih(*arguments, **environment) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "tasrih.cli", *map(str, arguments)], capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONUTF8": "1", **environment},
    )  # fmt: skip


def lines(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_check_exits_with_1_where_there_is_an_error(tmp_path):
    good = [{"id": str(n), "text": f"فاز الفريق في المباراة رقم {n}", "label": "sport"} for n in range(25)]
    path = lines(tmp_path / "train.jsonl", good)
    done = tasrih("data", "check", path, TASRIH_DATA=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "topic; train 25" in done.stdout and "tokens of the topic model" in done.stdout and "0 errors" in done.stdout
    lines(path, [*good, {"id": "empty", "text": "", "label": "sport"}])
    done = tasrih("data", "check", path, "--json", TASRIH_DATA=str(tmp_path))
    assert done.returncode == 1 and done.stderr == ""
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found[0] == {
        "level": "error", "check": "texts", "split": "train", "message": "rows without text", "count": 1,
        "examples": ["empty"],
    }  # fmt: skip


def test_check_takes_columns_by_other_names_and_names_faults_in_a_line(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("خبر,قسم\nفاز الفريق,sport\n", encoding="utf-8")
    done = tasrih("data", "check", path, "--task", "topic", "--column", "text=خبر", "--column", "label=قسم")
    assert done.returncode == 0 and "rows by label: sport 1" in done.stdout
    for arguments in (("--task", "topics"), ("--column", "text"), ("--column", "text=x")):
        done = tasrih("data", "check", path, *arguments)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr
    done = tasrih("data", "check", path, "--model", "x")  # as every command answers an unknown model
    assert done.returncode == 1 and "unknown model 'x'" in done.stderr and len(done.stderr.splitlines()) == 1
    done = tasrih("data", "check", tmp_path / "missing.csv")
    assert done.returncode == 1 and done.stderr.startswith("tasrih: ") and "does not exist" in done.stderr


def test_check_takes_labels_by_other_names(tmp_path):
    rows = [{"text": f"فاز الفريق رقم {n}", "target": "الفريق", "label": label} for n, label in enumerate(["FAVOR"] * 20)]
    path = lines(tmp_path / "posts.jsonl", rows)
    done = tasrih("data", "check", path, "--task", "stance", "--no-near")
    assert done.returncode == 1 and "FAVOR" in done.stdout
    done = tasrih("data", "check", path, "--task", "stance", "--no-near", "--map", "FAVOR=favor", "--map", "NONE=neutral")
    assert done.returncode == 0 and "rows by label: favor 20" in done.stdout
    done = tasrih("data", "check", path, "--config", "arabic")
    assert done.returncode == 2 and "only sets of the hub have one" in done.stderr


def test_check_holds_lengths_against_the_window_of_any_model(tmp_path, pretrained, statement_model, exported_statement):
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps({"text": "خبر " * 9000, "label": "sport"}) + "\n", encoding="utf-8")
    # what a model of ours says that it reads at once, and of others no more than the inference takes
    for model, window in ((pretrained[0], 512), (statement_model[0], 48), (exported_statement, 48)):
        done = tasrih("data", "check", path, "--task", "topic", "--model", model, "--json")
        told = next(row["message"] for row in map(json.loads, done.stdout.splitlines()) if row["check"] == "lengths")
        assert f"tokens of the {model} model" in told and told.endswith(f"longer than its window of {window}")


def test_list_says_what_is_here(tmp_path):
    (tmp_path / "stance" / "ans").mkdir(parents=True)
    done = tasrih("data", "list", "--task", "stance", "--json", "--root", tmp_path)
    sets = {row["folder"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert sets["stance/ans"]["path"].endswith("ans") and sets["stance/mawqif"]["path"] is None
    assert sets["stance/ans"]["licence"] == "Apache-2.0" and "Khouja" in sets["stance/ans"]["citation"]
    shown = tasrih("data", "list", "--root", tmp_path).stdout
    assert "latynt/ans" in shown and "1 of them under" in shown


@pytest.fixture
def articles(tmp_path):
    rows = [
        {"id": "a", "text": TEXT, "date": "2015-07-21", "source": "صحيفة"},
        {"text": 3},
        {"id": "b", "text": "", "date": "2015-07-22"},
    ]
    return lines(tmp_path / "articles.jsonl", rows)


def test_rows_go_to_a_file_or_to_the_pipe(articles, tmp_path):
    piped = tasrih("rows", articles)
    rows = [json.loads(line) for line in piped.stdout.splitlines()]
    assert [(row["article"], row["number"]) for row in rows] == [("a", 1), ("a", 2)]
    assert all(TEXT[row["start"] : row["end"]] == row["text"] for row in rows)
    assert piped.returncode == 1 and len(piped.stderr.splitlines()) == 1 and "articles.jsonl, line 2" in piped.stderr
    table = tasrih("rows", articles, "-o", tmp_path / "rows.csv")
    assert "wrote 2 rows" in table.stderr and (tmp_path / "rows.csv").read_text(encoding="utf-8-sig").startswith(
        "article,date,"
    )


def test_label_studio_there_and_back(articles, tmp_path):
    done = tasrih("label-studio", "export", articles, "-o", tmp_path / "tasks.json")
    tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    assert (
        len(tasks) == 2 and "wrote 2 tasks" in done.stderr and (tmp_path / "tasks.xml").read_text().startswith("<View>")
    )
    exported = [{**task, "annotations": [{"result": task["predictions"][0]["result"]}]} for task in tasks]
    exported[1]["annotations"][0]["result"].append(
        {"from_name": "tags", "to_name": "text", "type": "choices", "value": {"choices": ["praise"]}}
    )
    (tmp_path / "export.json").write_text(json.dumps(exported), encoding="utf-8")
    done = tasrih("label-studio", "import", tmp_path / "export.json", "-o", tmp_path / "train.jsonl")
    assert done.returncode == 1 and "a-2: unknown label 'praise'" in done.stderr and "wrote 1 rows" in done.stderr
    (row,) = map(json.loads, (tmp_path / "train.jsonl").read_text(encoding="utf-8").splitlines())
    assert row["id"] == "a-1" and "endorsement" in row["tags"]


def test_report_writes_a_page_from_articles_and_from_tagged_rows(articles, tmp_path):
    done = tasrih("report", articles, "--html", tmp_path / "page.html", "--title", "عنوان", "--sentences", 1)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert done.returncode == 1 and "articles.jsonl, line 2" in done.stderr
    assert "<h1>عنوان</h1>" in page and 'id="act-endorsement"' in page and 'id="q1"' in page and 'id="q2"' not in page
    said = {"text": "نص", "start": 0, "end": 2, "tags": ["denial"], "scores": {}, "conditional": False}
    tagged = lines(tmp_path / "tagged.jsonl", [{"text": "نص", "statements": [said]}])
    assert tasrih("report", tagged, "--html", tmp_path / "page.html", "--model", "no-such-model").returncode == 0
    assert 'id="act-denial"' in (tmp_path / "page.html").read_text(encoding="utf-8")
    done = tasrih("report", tmp_path / "missing", "--html", tmp_path / "x.html")
    assert done.returncode == 1 and "does not exist" in done.stderr and not (tmp_path / "x.html").exists()


def test_a_report_is_made_of_the_chosen_articles(articles, tmp_path):
    def counted(*options) -> str:
        done = tasrih("report", articles, "--html", tmp_path / "page.html", *options)
        assert done.returncode == 1 and "articles.jsonl, line 2" in done.stderr  # the bad line is told all the same
        return (tmp_path / "page.html").read_text(encoding="utf-8")

    assert "<b><bdi>2</bdi></b> مقالة" in counted() and "المقالات المختارة" not in counted()
    page = counted("--since", "2015-07-21", "--until", "2015-07-21", "--word", "مصر", "--word", "اتفاق")
    assert "<b><bdi>0</bdi></b> مقالة" in page and "«<bdi>مصر</bdi>» أو «<bdi>اتفاق</bdi>»" in page
    assert "<b><bdi>1</bdi></b> مقالة" in counted("--since", "2015-07-21", "--word", "الاتفاق")
    done = tasrih("report", articles, "--html", tmp_path / "x.html", "--since", "أمس")
    assert done.returncode == 2 and "is no date" in done.stderr and not (tmp_path / "x.html").exists()


def test_what_is_read_is_not_written_over(articles, tmp_path):
    before = articles.read_bytes()
    export = tmp_path / "export.json"
    export.write_text("[]")
    for arguments in (
        ("rows", articles, "-o", articles),
        ("rows", tmp_path, "-o", articles),
        ("label-studio", "export", articles, "-o", articles),
        ("label-studio", "export", articles, "-o", tmp_path / "tasks.json", "--config", articles),
        ("label-studio", "import", export, "-o", export),
        ("report", articles, "--html", articles),
    ):
        done = tasrih(*arguments)
        assert done.returncode == 1 and "is one of the files that are read" in done.stderr, arguments
        assert articles.read_bytes() == before and export.read_text() == "[]" and len([*tmp_path.iterdir()]) == 2


def test_findings_reach_no_terminal_raw(tmp_path):
    rows = [{"id": f"{n}\x1b[2J", "text": "", "label": "sport"} for n in range(2)]
    path = lines(tmp_path / "train.jsonl", rows)
    done = tasrih("data", "check", path, "--no-near")
    assert done.returncode == 1 and "0 [2J" in done.stdout and "\x1b" not in done.stdout + done.stderr
