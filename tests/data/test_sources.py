"""Sets in every format and place: the same rows come out, and what cannot be read is named."""

from __future__ import annotations

import json
import lzma

import pytest

from tasrih.data.sources import locate, read_file, read_splits, role, split_name

ROWS = [
    {"text": "رحّب الوزيرُ بـ«الاتفاق»، وقال: نعم؛ هل نوقّع؟", "label": "None"},
    {"text": "سطر أول\nسطر ثانٍ فيه ٣ أرقام و3 أخرى", "label": "NA"},
]


def jsonl(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(lzma.compress(data) if path.suffix == ".xz" else data)
    return path


def table(path, rows, separator=","):
    import csv

    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    "name", ["train.jsonl", "train.jsonl.xz", "train.json", "train.csv", "train.tsv", "train.parquet"]
)
def test_every_format_gives_the_same_rows(tmp_path, name):
    path = tmp_path / name
    if ".jsonl" in name:
        jsonl(path, ROWS)
    elif name.endswith(".json"):
        path.write_text(json.dumps(ROWS), encoding="utf-8")
    elif name.endswith(".parquet"):
        parquet = pytest.importorskip("pyarrow.parquet")
        import pyarrow

        parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    else:
        table(path, ROWS, "\t" if name.endswith(".tsv") else ",")
    assert read_splits(path) == {"train": ROWS}


def test_a_folder_gives_its_splits_in_their_order_by_our_names(tmp_path):
    for name in ("test.csv", "dev.csv", "train_written.csv", "train-00001-of-00002.csv", "train-00000-of-00002.csv"):
        table(tmp_path / name, [{"text": name}])
    (tmp_path / "README.md").write_text("no data")
    splits = read_splits(tmp_path)
    assert list(splits) == ["train", "train_written", "validation", "test"]
    assert [row["text"] for row in splits["train"]] == ["train-00000-of-00002.csv", "train-00001-of-00002.csv"]


def test_a_set_is_found_under_the_data_root(tmp_path):
    jsonl(tmp_path / "stance" / "mine" / "test.jsonl", ROWS)
    assert read_splits("stance/mine", tmp_path) == {"test": ROWS}
    assert locate("owner/set", tmp_path) is None
    with pytest.raises(FileNotFoundError, match=r"no/such/folder does not exist, nor does .*no/such/folder"):
        read_splits("no/such/folder", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"stance holds no data file; give one of its folders: mine"):
        read_splits(tmp_path / "stance")


def test_folds_of_one_file_become_splits(tmp_path):
    rows = [{"text": "نص", "fold": fold} for fold in (2, 1, 2)]
    assert {name: len(fold) for name, fold in read_splits(jsonl(tmp_path / "all.jsonl", rows)).items()} == {
        "fold 1": 1, "fold 2": 2,
    }  # fmt: skip
    rows[0]["fold"] = None
    assert list(read_splits(jsonl(tmp_path / "all.jsonl", rows))) == ["all"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'{"text": "x"}\n[1]\n', r"a\.jsonl, line 2: expected an object"),
        ("a.json", b'{"text": "x"}', r"a\.json: expected a list of objects"),
        ("a.json", b"[{]", r"a\.json, line 1: not JSON"),
        ("a.csv", "text,label\nقال, نعم,sport\n".encode(), r"a\.csv, line 2: the row has not 2 cells.*quote cells"),
        ("a.csv", "text,label\nقال\n".encode(), r"a\.csv, line 2: the row has not 2 cells"),
        ("a.csv", "text\nقال\n".encode("cp1256"), r"a\.csv, line 2: not UTF-8 \(byte 0xDE at 5\); it looks like windows-1256.*iconv"),
        ("a.parquet", b"nonsense", r"a\.parquet: not Parquet"),
        ("a.xlsx", b"", r"cannot read \.xlsx: give \.jsonl"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        list(read_file(path))


def test_a_hub_set_that_cannot_be_had_says_so_in_a_line(tmp_path):
    pytest.importorskip("datasets")
    with pytest.raises(FileNotFoundError) as caught:
        read_splits("no-such-owner/no-such-set", tmp_path)
    message = str(caught.value)
    assert "no-such-owner/no-such-set is no file or folder here" in message and "local copy" in message
    assert "\n" not in message


def test_class_numbers_of_the_hub_become_names(monkeypatch):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["sport", "health"])}
    )
    hidden = datasets.Dataset.from_dict({"text": ["أ", "ب"], "label": [1, -1]}, features=features)
    monkeypatch.setattr(datasets, "load_dataset", lambda name, config: datasets.DatasetDict({"dev": hidden}))
    assert read_splits("owner/set") == {"validation": [{"text": "أ", "label": "health"}, {"text": "ب", "label": None}]}


def test_one_configuration_of_a_hub_set_is_opened(monkeypatch, tmp_path):
    datasets = pytest.importorskip("datasets")
    asked = []

    def load(name, config):
        asked.append((name, config))
        if config is None:
            raise ValueError("Config name is missing.\nPlease pick one among: ['arabic', 'hausa']\nExample of usage")
        return datasets.DatasetDict({"train": datasets.Dataset.from_list([{"text": "نص"}])})

    monkeypatch.setattr(datasets, "load_dataset", load)
    assert read_splits("owner/many", tmp_path, config="arabic") == {"train": [{"text": "نص"}]}
    with pytest.raises(FileNotFoundError, match=r"Config name is missing\. Please pick one .*'arabic', 'hausa'") as caught:
        read_splits("owner/many", tmp_path)
    assert "\n" not in str(caught.value)
    assert asked == [("owner/many", "arabic"), ("owner/many", None)]


def test_a_configuration_of_what_is_no_hub_id_is_refused_by_name(tmp_path):
    path = jsonl(tmp_path / "set" / "train.jsonl", ROWS)
    for source in (path, path.parent, "set"):
        with pytest.raises(ValueError, match=r"config 'arabic': .* is a file or folder here"):
            read_splits(source, tmp_path, config="arabic")


def test_a_set_that_is_not_there_is_not_asked_of_the_hub(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jsonl(tmp_path / "data" / "stance" / "mine" / "test.jsonl", ROWS)
    for name in ("runs/labels", "stance/mien", "data/topic", "./x/y", "~/set"):
        with pytest.raises(FileNotFoundError, match="does not exist, nor does") as caught:
            read_splits(name, tmp_path / "data")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train_written", "train"),
        ("ptc_mt_test", "test"),
        ("dev-set", "validation"),
        ("fold 3", "fold"),
        ("trainers", None),
    ],
)
def test_a_splits_name_tells_its_role(name, expected):
    assert role(name) == expected


def test_a_splits_name_is_its_files_without_suffixes(tmp_path):
    assert split_name(tmp_path / "valid.jsonl.xz") == "validation"
    assert split_name(tmp_path / "test-00000-of-00001.parquet") == "test"
