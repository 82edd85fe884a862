"""Files of strangers in every format: bounds, repeated columns, bombs; whatever is wrong is named with its place."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
import tracemalloc
import zipfile

import pytest

from tasrih.data.formats import read_file, read_json, suffix_of
from tasrih.data.limits import KIB, MIB, VARIABLE, Limits

ROWS = [{"text": "قال «الوزير»، نعم", "label": "sport"}, {"text": "سطر\nوآخر ٣", "label": "NA"}]


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("a.jsonl", ".jsonl"), ("a.jsonl.xz", ".jsonl"), ("b.x.csv.gz", ".csv"), ("a.tsv.zip", ".tsv"),
        ("a.parquet", ".parquet"), ("a.parquet.gz", None), ("a.txt", None), ("a.gz", None), ("jsonl", None),
    ],
)  # fmt: skip
def test_the_name_tells_the_format(name, suffix):
    assert suffix_of(name) == suffix


@pytest.mark.parametrize("packing", ["gz", "zip"])
@pytest.mark.parametrize("kind", ["csv", "json", "jsonl"])
def test_packed_files_give_the_same_rows(tmp_path, packing, kind):
    plain = tmp_path / f"a.{kind}"
    if kind == "csv":
        with plain.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, ["text", "label"])
            writer.writeheader()
            writer.writerows(ROWS)
    else:
        lines = [json.dumps(row) for row in ROWS]
        plain.write_text("\n".join(lines) if kind == "jsonl" else f"[{','.join(lines)}]", encoding="utf-8")
    packed = tmp_path / f"a.{kind}.{packing}"
    if packing == "gz":
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(plain, "inside")
    assert list(read_file(packed)) == list(read_file(plain)) == ROWS


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "text,text\nقال,نعم\n".encode(), r"a\.csv: the column 'text' stands twice: rename or drop one"),
        ("a.csv", ("text\n" + "س" * 99 + "\n").encode(), r"a\.csv, line 2: longer than 100: .*row=400"),
        ("a.csv", b'text\n"open\n' + b"never closed\n" * 99, r"a\.csv, line 10: longer than 100"),
        ("a.csv", "text\nقال\n".encode() + "نعم\n".encode("cp1256"), r"line 3: not UTF-8 \(byte 0xE4 at 12\)"),
        ("a.csv", b'text\n"open\n', r"a\.csv, line 2: unexpected end of data"),
        ("a.json", b'[{"a": 1, "a": 2}]', r"a\.json: the key 'a' stands twice"),
        ("a.json", b"[" + b" " * 2000 + b"]", r"a\.json: larger than 1000: .*file=4000"),
        ("a.json", b"[\n{,", r"a\.json, line 2: not JSON"),
        ("a.json", b'[{},\n{"a": "' + b"x" * 99 + b'"}]', r"a\.json: longer than 100: .*row=400"),
        ("a.json", b'[{},\n{"a": "' + b"x" * 300 + b'"}]', r"a\.json, line 2: not JSON \(Unt.*\), or longer than 100: "),
        ("a.jsonl", b"{}\n" + b" " * 99 + b"{}", r"a\.jsonl, line 2: longer than 100"),
        ("a.csv.gz", gzip.compress(b"x\n" * 50_000), r"a\.csv\.gz: it unpacks to more than 9 times its size"),
        ("a.csv.gz", b"nonsense", r"a\.csv\.gz: it cannot be unpacked .* it is damaged, or not packed as its name"),
        ("a.parquet.xz", b"", r"cannot read \.xz: give .*\.parquet \(all but the last also with \.xz, \.gz, \.zip"),
    ],
)  # fmt: skip
def test_what_a_file_may_not_hold_is_named(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        list(read_file(path, Limits(row=100, file=1000, ratio=9)))
    assert "\n" not in str(caught.value) and str(caught.value).count(str(path)) == 1


def test_rows_before_a_fault_are_given(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text\nأ\nب,ج\n", encoding="utf-8")
    rows = read_file(path)
    assert next(rows) == {"text": "أ"}
    with pytest.raises(ValueError, match="line 3"):
        next(rows)


def test_small_objects_do_not_multiply_the_memory(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"[" + b"{}," * (MIB // 3) + b"{}]")
    for limits in (Limits(), Limits(row=KIB)):
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_file(path, limits)) == MIB // 3 + 1
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 8 * MIB
    # nor is one that holds many taken apart
    path.write_bytes(b'[{"a": [' + b"{}," * (MIB // 3) + b"{}]}]")
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="or longer than 1KiB"):
            list(read_file(path, Limits(row=KIB)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB


def test_the_bounds_of_the_environment_hold(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(ROWS), encoding="utf-8")
    monkeypatch.setenv(VARIABLE, "file=9")
    with pytest.raises(ValueError, match="larger than 9"):
        read_json(path)
    assert read_json(path, Limits()) == ROWS


class TestParquet:
    """Its own directory is held against the bounds, and values that rows share are not multiplied."""

    @pytest.fixture(autouse=True)
    def arrow(self):
        self.pa = pytest.importorskip("pyarrow")
        self.parquet = pytest.importorskip("pyarrow.parquet")

    def write(self, path, columns, **options):
        self.parquet.write_table(self.pa.table(columns), path, **options)
        return path

    def test_rows_come_as_python_has_them(self, tmp_path):
        columns = {
            "text": ["خبر", None, "خبر"], "tags": [["offer", "threat"], [], None], "n": [1, None, 3],
            "speaker": [{"text": "الوزير", "start": 0}, None, {"text": "هو", "start": 3}], "raw": [b"\xff", b"", None],
        }  # fmt: skip
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        assert list(read_file(self.write(tmp_path / "a.parquet", columns))) == rows
        long = [{"text": str(number), "n": number} for number in range(9000)]
        self.parquet.write_table(self.pa.Table.from_pylist(long), tmp_path / "b.parquet", row_group_size=5000)
        assert list(read_file(tmp_path / "b.parquet")) == long

    def test_a_value_that_all_rows_share_is_held_once(self, tmp_path):
        size = 4000
        shared = self.pa.DictionaryArray.from_arrays(self.pa.array([0] * size, self.pa.int32()), ["م" * (MIB // 4)])
        path = self.write(tmp_path / "a.parquet", {"text": shared}, store_schema=False)
        self.pa.default_memory_pool().release_unused()
        before = self.pa.default_memory_pool().bytes_allocated()
        rows = read_file(path)
        assert len(next(rows)["text"]) == MIB // 4
        assert self.pa.default_memory_pool().bytes_allocated() - before < 64 * MIB  # not 2 GiB
        rows.close()

    def test_long_values_lists_and_bombs_are_refused(self, tmp_path):
        long = self.write(tmp_path / "long.parquet", {"text": ["خبر", "م" * 600]})
        with pytest.raises(ValueError, match=r"long\.parquet: a value of text has 1200 bytes: longer than 1KiB"):
            list(read_file(long, Limits(row=KIB)))
        lists = self.write(tmp_path / "lists.parquet", {"tags": [[1] * 100_000]})
        with pytest.raises(ValueError, match=r"lists\.parquet: the lists of tags\S* hold 100,000 values: larger than"):
            list(read_file(lists, Limits(file=MIB // 2)))
        bomb = self.write(tmp_path / "bomb.parquet", {"text": ["م" * MIB]}, compression="zstd")
        with pytest.raises(ValueError, match=r"bomb\.parquet: it unpacks to more than 200 times its size"):
            list(read_file(bomb, Limits(row=KIB)))

    def test_a_day_beyond_the_last_of_python_is_named(self, tmp_path):
        days = self.pa.array([0, 2**52], self.pa.timestamp("ms"))
        path = self.write(tmp_path / "a.parquet", {"text": ["أ", "ب"], "day": days})
        with pytest.raises(ValueError, match=r"a\.parquet: not Parquet that can be read: date value out of range"):
            list(read_file(path))

    def test_columns_stand_once(self, tmp_path):
        table = self.pa.Table.from_arrays([self.pa.array(["أ"]), self.pa.array(["ب"])], ["text", "text"])
        self.parquet.write_table(table, tmp_path / "a.parquet")
        with pytest.raises(ValueError, match=r"a\.parquet: the column 'text' stands twice"):
            list(read_file(tmp_path / "a.parquet"))

    def test_a_damaged_directory_does_not_end_the_process(self, tmp_path):
        """The lengths of its lists (size << 4 | type), each one longer in its turn: some made pyarrow abort."""
        columns = {"text": ["خبر"] * 9, "tags": [["offer"], [], ["a", "b"]] * 3, "n": [*range(9)]}
        path = self.write(tmp_path / "a.parquet", columns)
        code = (
            "import sys; from pathlib import Path; from tasrih.data.formats import read_file\n"
            "path = Path(sys.argv[1]); whole = path.read_bytes()\n"
            "size = int.from_bytes(whole[-8:-4], 'little')\n"
            "refused = 0\n"
            "for at in range(len(whole) - 8 - size, len(whole) - 8):\n"
            "    if whole[at] & 15 in (5, 6, 8, 12) and whole[at] < 240:\n"
            "        path.write_bytes(whole[:at] + bytes([whole[at] + 16]) + whole[at + 1:])\n"
            "        try:\n"
            "            list(read_file(path))\n"
            "        except ValueError as error:\n"
            "            refused += 'not Parquet that can be read: ' in str(error)\n"
            "print(refused)"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
        assert done.returncode == 0 and int(done.stdout) > 10, done.stderr
