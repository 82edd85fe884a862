"""Reading what a run trains on: named columns, labels in our terms, folds, and one line for what is wrong."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest

from tasrih.data.labelled_source import Source, fingerprint_rows, read_source
from tasrih.schemes import STATEMENT
from tasrih.training.config import ClassifierConfig
from tasrih.training.sources import read_training_data

STANCES = ("favor", "against", "neutral")
ROWS = [
    {"no": "a1", "tweet": "كورونا ١٩: اللقاحُ آمنٌ ومفيد", "claim": "Covid Vaccine", "stance": "FAVOR", "part": "1"},
    {"no": "a2", "tweet": "لا للقاح، فهو «خطر» علينا؟", "claim": "Covid Vaccine", "stance": "AGAINST", "part": "2"},
    {
        "no": "a3",
        "tweet": "اجتماع اليوم عن التحول الرقمي",
        "claim": "Digital Transformation",
        "stance": "NONE",
        "part": "2",
    },
]
COLUMNS = {"text": "tweet", "target": "claim", "label": "stance", "id": "no"}
NAMES = {"FAVOR": "favor", "AGAINST": "against", "NONE": "neutral"}


def write(folder, suffix: str):
    path = folder / f"posts{suffix}"
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    elif suffix == ".csv":
        with open(path, "w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, ROWS[0])
            table.writeheader()
            table.writerows(ROWS)
    else:
        from datasets import Dataset

        Dataset.from_list(ROWS).to_parquet(path)
    return path


def read(source: Source, root, labels=STANCES, **options):
    return read_source(source, root, options.pop("task", "stance"), labels, multi_label=False, **options)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_files_with_named_columns(suffix, tmp_path):
    part = read(Source(str(write(tmp_path, suffix)), **COLUMNS, labels=NAMES), tmp_path)
    assert [(row.id, row.labels) for row in part.rows] == [
        ("a1", ("favor",)),
        ("a2", ("against",)),
        ("a3", ("neutral",)),
    ]
    assert [row.text for row in part.rows] == [row["tweet"] for row in ROWS]
    # multi-topic stance: the target goes in by its Arabic name
    assert [row.target for row in part.rows] == ["لقاح كورونا", "لقاح كورونا", "التحول الرقمي"]


def test_the_three_forms_give_the_same_rows(tmp_path):
    prints = {
        read(Source(str(write(tmp_path, suffix)), **COLUMNS, labels=NAMES), tmp_path).sha256
        for suffix in (".jsonl", ".csv", ".parquet")
    }
    assert len(prints) == 1


def test_labels_that_are_not_named_are_left_out_and_unknown_ones_refused(tmp_path):
    path = str(write(tmp_path, ".jsonl"))
    kept = read(Source(path, **COLUMNS, labels={"FAVOR": "favor"}), tmp_path).rows
    assert [row.id for row in kept] == ["a1"]
    with pytest.raises(ValueError, match=r"row 0: unknown label 'FAVOR': choose from favor, against, neutral"):
        read(Source(path, **COLUMNS), tmp_path)
    own = read(Source(path, **COLUMNS), tmp_path, labels=("FAVOR", "AGAINST", "NONE"), own_labels=True)
    assert own.rows[0].labels == ("FAVOR",)


def test_several_labels_from_lists_and_from_bars(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "نص", "label": ["aid", "warning"]}\n', encoding="utf-8")
    (tmp_path / "a.csv").write_text("text,label\nنص,aid|warning\n", encoding="utf-8")
    for name in ("a.jsonl", "a.csv"):
        part = read_source(Source(str(tmp_path / name)), tmp_path, "statement", ("aid", "warning"), multi_label=True)
        assert part.rows[0].labels == ("aid", "warning")


def test_an_empty_cell_of_several_labels_is_a_text_without_one(tmp_path):
    (tmp_path / "a.csv").write_text("id,text,label\n1,نص,\n2,نص آخر, aid | warning|\n", encoding="utf-8")
    (tmp_path / "a.jsonl").write_text('{"text": "نص", "label": null}\n{"text": "نص", "label": []}\n', encoding="utf-8")
    labels = {}
    for name in ("a.csv", "a.jsonl"):
        part = read_source(Source(str(tmp_path / name)), tmp_path, "statement", ("aid", "warning"), multi_label=True)
        labels[name] = [row.labels for row in part.rows]
    assert labels == {"a.csv": [(), ("aid", "warning")], "a.jsonl": [(), ()]}
    with pytest.raises(ValueError, match="row 0: unknown label ''"):
        read_source(Source(str(tmp_path / "a.csv")), tmp_path, "topic", ("aid", "warning"), multi_label=False)


def test_what_is_missing_is_named(tmp_path):
    path = str(write(tmp_path, ".csv"))
    with pytest.raises(ValueError, match="no column 'body': it has no, tweet, claim, stance, part"):
        read(Source(path, text="body"), tmp_path)
    with pytest.raises(FileNotFoundError):
        read(Source(str(tmp_path / "nowhere.jsonl")), tmp_path)
    (tmp_path / "empty.jsonl").write_text('{"text": null, "label": "favor", "target": "x"}\n')
    with pytest.raises(ValueError, match="row 0: no text"):
        read(Source(str(tmp_path / "empty.jsonl"), id="no"), tmp_path)
    with pytest.raises(ValueError, match="repeat must be 1"):
        Source("x", repeat=0)


def test_a_folder_anywhere_in_the_form_of_statements_keeps_its_spans(world, tmp_path):
    own = tmp_path / "corrected"
    own.mkdir()
    rows = [json.loads(line) for line in (world.root / "statements" / "train.jsonl").read_text("utf-8").splitlines()]
    (own / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[:9]), encoding="utf-8")
    source = Source(str(own), "mine")
    found = read_source(source, world.root, "statement", STATEMENT.names, multi_label=True).rows
    inside = read_source(Source("statements"), world.root, "statement", STATEMENT.names, multi_label=True).rows[:9]
    assert found == inside and any(row.spans for row in found)
    pairs = read(source, world.root).rows
    assert {row.text for row in pairs} <= {row.text for row in found}
    assert all(row.target and set(row.labels) <= set(STANCES) for row in pairs) and pairs
    with pytest.raises(ValueError, match=r"mine\.jsonl holds statements, which say nothing of topic"):
        read(source, world.root, task="topic")


def test_a_hub_id_without_network_is_answered_in_one_line(no_network, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        read(Source("owner/arabic-stance", text="body"), tmp_path)
    assert "\n" not in str(caught.value)
    assert "owner/arabic-stance" in str(caught.value) and "path of a local copy" in str(caught.value)


def test_a_limit_draws_the_same_rows_whatever_their_order(tmp_path):
    path = write(tmp_path, ".jsonl")
    some = {row.id for row in read(Source(str(path), **COLUMNS, labels=NAMES, limit=2), tmp_path).rows}
    path.write_text("".join(reversed(path.read_text(encoding="utf-8").splitlines(keepends=True))), encoding="utf-8")
    assert {row.id for row in read(Source(str(path), **COLUMNS, labels=NAMES, limit=2), tmp_path).rows} == some


def test_folds_stay_beside_their_rows_when_the_guard_takes_one_out(tmp_path):
    root = tmp_path / "root"
    (root / "other").mkdir(parents=True)
    (root / "other" / "test.jsonl").write_text(
        json.dumps({"id": "t", "text": ROWS[1]["tweet"]}, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    source = Source(str(write(tmp_path, ".jsonl")), **COLUMNS, labels=NAMES, fold="part", split="all")
    made = ClassifierConfig("stance", "base", "out", [source], None, folds=3)
    data = read_training_data(made, root)
    (part,) = data.parts
    assert ([row.id for row in part.rows], part.folds, part.removed) == (["a1", "a3"], ["1", "2"], 1)
    assert data.fingerprints[0]["rows"] == 3  # as they were read
    assert data.fingerprints[0]["sha256"] == part.sha256


def posts(folder, name: str, texts) -> Source:
    rows = [{"id": str(n), "text": text, "target": "الترام", "label": "favor"} for n, text in enumerate(texts)]
    (folder / name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return Source(str(folder / name))


def stances(train: list[Source], validation: Source | None, **changes) -> ClassifierConfig:
    return ClassifierConfig("stance", "base", "out", train, validation, **changes)


def test_rows_of_a_validation_file_of_ones_own_are_not_trained_on(tmp_path):
    held = posts(tmp_path, "held.jsonl", ["الترام مفيدٌ للمدينة", "عنوان\nلا حاجة إلى الترام"])
    texts = ["خط جديد للحافلات", "الترام مفيد للمدينه!", "عنوان آخر\nلا حاجة إلى الترام", "أجرة الترام مرتفعة"]
    train, more = posts(tmp_path, "train.jsonl", texts), posts(tmp_path, "more.jsonl", texts[:1])
    data = read_training_data(stances([train, more], held), tmp_path / "no-root")
    # ids are numbers of rows here, and tell nothing
    assert [row.text for row in data.train] == [texts[0], texts[3], texts[0]]
    assert data.removed == {f"{train.name}/train": 2, f"{more.name}/train": 0}
    assert [part["removed_by_guard"] for part in data.fingerprints] == [0, 2, 0]
    assert len(data.validation) == 2
    whole = read_training_data(stances([train], None, folds=3), tmp_path / "no-root")
    assert len(whole.train) == 4


def test_a_training_set_that_is_its_validation_set_is_refused_with_both_names(tmp_path):
    root = tmp_path / "root" / "other"
    root.mkdir(parents=True)
    train, held = (posts(tmp_path, name, ["نص أول", "نص ثان"]) for name in ("train.jsonl", "held.jsonl"))
    with pytest.raises(ValueError) as caught:
        read_training_data(stances([train], held), tmp_path / "root")
    message = str(caught.value)
    assert f"all 2 rows of {train.name}/train stand in validation ({held.name}/train) too" in message
    posts(root, "test.jsonl", ["نص ثان"])
    held = posts(tmp_path, "held.jsonl", ["نص أول"])
    with pytest.raises(ValueError, match=r"none of the 2 rows of .* 1 stand in validation \(.*\) too, 1 in held-out sets"):
        read_training_data(stances([train], held), tmp_path / "root")
    posts(root, "test.jsonl", ["نص أول", "نص ثان"])
    with pytest.raises(ValueError, match="is left to train on: 2 in held-out sets under the data root"):
        read_training_data(stances([train], None, folds=3), tmp_path / "root")


def test_a_hub_set_is_read_in_its_configuration(monkeypatch, tmp_path):
    import datasets

    table = datasets.Dataset.from_list([{"text": "نص", "target": "الترام", "label": "favor"}])
    asked = []
    monkeypatch.setattr(
        datasets, "load_dataset", lambda *names: asked.append(names) or datasets.DatasetDict({"train": table})
    )
    assert read(Source("owner/posts", config="arabic"), tmp_path).rows[0].text == "نص"
    assert asked == [("owner/posts", "arabic")]


def test_a_configuration_of_a_set_here_is_refused(world, tmp_path):
    (tmp_path / "a.standoff.jsonl").write_text("", encoding="utf-8")
    for name in (str(write(tmp_path, ".csv")), "stance/ans", "statements", str(tmp_path / "a.standoff.jsonl")):
        with pytest.raises(ValueError, match=r"config 'arabic': .* is a file or folder here"):
            read(Source(name, config="arabic"), world.root)


def test_a_fingerprint_sees_text_label_and_order(tmp_path):
    rows = read(Source(str(write(tmp_path, ".jsonl")), **COLUMNS, labels=NAMES), tmp_path).rows
    others = [
        rows[::-1],
        [replace(rows[0], text="غيره"), *rows[1:]],
        [replace(rows[0], labels=("neutral",)), *rows[1:]],
    ]
    assert len({fingerprint_rows(each) for each in (rows, *others)}) == 4
    assert fingerprint_rows(rows) == fingerprint_rows(list(rows))


@pytest.mark.parametrize("text", ["", " \n", None])
def test_a_row_without_text_is_named(text, tmp_path):
    path = tmp_path / "posts.jsonl"
    rows = [{"text": "فاز الفريق", "label": "sport"}, {"text": text, "label": "sport"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(ValueError, match=r"posts.jsonl, row 1: no text: leave it out of the set"):
        read(Source(str(path)), tmp_path, ("sport",), task="topic", own_labels=True)


def _titled(folder) -> str:
    """A row of a title alone."""
    path = folder / "titled.jsonl"
    path.write_text(json.dumps({"text": "", "title": "عنوان", "label": "sport"}) + "\n", encoding="utf-8")
    return str(path)


def test_texts_that_stand_twice_are_counted_and_told(tmp_path, caplog):
    assert read(Source(_titled(tmp_path)), tmp_path, ("sport",), task="topic", own_labels=True).rows[0].text.strip() == "عنوان"
    told = [("فاز الفريق", "sport"), ("فاز  الفريق", "sport"), ("فاز الفريق", "politics_government"), ("نزل المطر", "weather")]
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps({"text": t, "label": n}) + "\n" for t, n in told), encoding="utf-8")
    held = tmp_path / "held.jsonl"
    held.write_text(json.dumps({"text": "غيرها كلها", "label": "sport"}) + "\n", encoding="utf-8")
    source, other = Source(str(path)), Source(str(held))
    made = ClassifierConfig("topic", "base", "out", [source], other)
    data = read_training_data(made, tmp_path / "no-root")
    assert (len(data.train), data.repeated, data.contradicted) == (4, 1, 1)
    assert "1 rows repeat a text, 1 have other labels than the same text elsewhere" in caplog.text
    # a row that is seen several times an epoch repeats nothing
    data = read_training_data(replace(made, train=[replace(other, repeat=3)], validation=source), tmp_path / "no-root")
    assert (len(data.train), data.repeated, data.contradicted) == (3, 0, 0)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "labels", "rows", "folds"),
    [
        ("stance/austr", ("agree", "disagree", "other"), 811, 5),
        ("stance/arabicfc", ("agree", "disagree", "discuss", "unrelated"), 3042, 5),
    ],
)
def test_the_sets_with_folds(data_root, name, labels, rows, folds):
    if not (data_root / name).is_dir():
        pytest.skip(f"no {name} under the data root")
    part = read(Source(name, split="all", fold="fold"), data_root, labels=labels, own_labels=True)
    assert len(part.rows) == len(part.folds) == rows
    assert sorted(set(part.folds)) == [str(n + 1) for n in range(folds)]
