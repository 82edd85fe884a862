"""Texts from files in any format: each row in its place, with its text or what is wrong with it."""

from __future__ import annotations

import io
import json
import lzma

import pytest

from tasrih.data.limits import Limits
from tasrih.data.texts import read_text, text_lines, text_rows


def test_rows_of_every_format_are_numbered(tmp_path):
    (tmp_path / "a.jsonl.xz").write_bytes(lzma.compress(b'\n{"text": "x"}\n{"text": 1}\n{"body": "y"}\n{}\n[]'))
    found = list(text_rows(tmp_path / "a.jsonl.xz", Limits()))
    assert [each.number for each in found] == [2, 3, 4, 5, 6] and found[0].row == {"text": "x"}
    assert [each.error for each in found[1:]] == [
        '"text" is no string, but int', 'no "text"; it has body: rename the one that holds the text',
        'no "text": it is empty', "expected an object, found list",
    ]  # fmt: skip
    (tmp_path / "a.csv").write_text("text,date\nخبر,\n", encoding="utf-8")
    assert [(each.number, each.row) for each in text_rows(tmp_path / "a.csv", Limits())] == [
        (1, {"text": "خبر", "date": ""})
    ]
    (tmp_path / "a.json").write_text(json.dumps([{"title": "x"}, {"text": "y"}]), encoding="utf-8")
    assert [each.row for each in text_rows(tmp_path / "a.json", Limits())] == [None, {"text": "y"}]


def test_a_table_without_the_column_is_refused_once(tmp_path):
    (tmp_path / "a.csv").write_text("خبر,قسم\nأ,ب\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r'a\.csv: no "text"; it has خبر, قسم: rename'):
        list(text_rows(tmp_path / "a.csv", Limits()))


def test_the_many_columns_of_a_row_are_not_all_told():
    (only,) = text_lines(io.BytesIO(json.dumps({f"column {n}": n for n in range(10_000)}).encode()), Limits())
    assert len(only.error) < 300


def test_a_text_is_read_whole(tmp_path):
    (tmp_path / "a.txt").write_bytes("\ufeffخبر\r\n".encode())
    assert read_text(tmp_path / "a.txt", Limits()) == "خبر\r\n"
    for data, told in (
        ("خبر".encode("cp1256"), r"a\.txt: not UTF-8 \(byte 0xCE at 0\)"),
        (b"x" * 9, r"a\.txt: larger than 8"),
    ):
        (tmp_path / "a.txt").write_bytes(data)
        with pytest.raises(ValueError, match=told):
            read_text(tmp_path / "a.txt", Limits(file=8))


def test_a_name_forges_no_line():
    (only,) = text_lines(io.BytesIO(json.dumps({"a\x1b[2J\nb.txt: ": 1, "خبر": 2}).encode()), Limits())
    assert only.error == r'no "text"; it has a\x1b[2J\nb.txt: , خبر: rename the one that holds the text'
