"""Reading rows and articles, plain and packed."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from tasrih.data.corpus import DEFAULT_ROOT, Article, data_root, find_split, read_articles, read_rows

ROWS = [
    {"id": "a:1", "text": "سطر أول\nوثان\u2028وثالث", "title": "عنوان", "source": "a"},
    {"id": "a:2", "text": "نص «آخر» 😀 \u200f"},
]


def write(path: Path, rows: list[dict]) -> Path:
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if path.suffix == ".xz":
        path.write_bytes(lzma.compress(lines.encode()))
    else:
        path.write_text(lines, encoding="utf-8")
    return path


def test_the_data_root_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("TASRIH_DATA", "/somewhere/else")
    assert data_root() == Path("/somewhere/else")
    for unset in ("", None):
        monkeypatch.setenv("TASRIH_DATA", unset) if unset is not None else monkeypatch.delenv("TASRIH_DATA")
        assert data_root() == DEFAULT_ROOT


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.xz"])
def test_rows_come_back_as_written(tmp_path, name):
    path = write(tmp_path / name, ROWS)
    assert list(read_rows(path)) == ROWS
    assert list(read_rows(str(path))) == ROWS


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ("[1]", "line 2: expected an object, found list"),
        ('"x"', "line 2: expected an object, found str"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = tmp_path / "rows.jsonl"
    path.write_text(f'{{"id": "1"}}\n{line}\n', encoding="utf-8")
    rows = read_rows(path)
    assert next(rows) == {"id": "1"}
    with pytest.raises(ValueError, match=message) as raised:
        next(rows)
    assert str(path) in str(raised.value)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        list(read_rows(tmp_path / "none.jsonl"))
    with pytest.raises(FileNotFoundError):
        list(read_rows(tmp_path / "none.jsonl.xz"))


def test_splits_are_found_plain_first_and_then_packed(tmp_path):
    packed = write(tmp_path / "train.jsonl.xz", ROWS)
    assert find_split(tmp_path, "train") == packed
    plain = write(tmp_path / "train.jsonl", ROWS)
    assert find_split(str(tmp_path), "train") == plain
    with pytest.raises(FileNotFoundError, match=r"no test\.jsonl or test\.jsonl\.xz in"):
        find_split(tmp_path, "test")


def test_articles_of_a_folder_come_in_the_order_of_its_files(tmp_path):
    write(tmp_path / "b.jsonl", [{"id": "b", "text": "ب"}])
    write(tmp_path / "a.jsonl.xz", ROWS)
    (tmp_path / "README.md").write_text("not rows", encoding="utf-8")
    assert list(read_articles(tmp_path)) == [
        Article("a:1", ROWS[0]["text"], "عنوان", "a"),
        Article("a:2", ROWS[1]["text"]),
        Article("b", "ب"),
    ]
