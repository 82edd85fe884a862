"""A set from anywhere as a checked DatasetDict."""

from __future__ import annotations

import json

import pytest

from tasrih.data.dataset import load_dataset_dict, open_set


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def test_the_tiny_root_opens_whole(world):
    pytest.importorskip("datasets")
    tables = load_dataset_dict("statements", root=world.root)
    assert list(tables) == ["train", "train_written", "validation", "test"]
    row = tables["train"][0]
    assert (
        row["text"][row["stances"][0]["target"]["start"] : row["stances"][0]["target"]["end"]]
        == row["stances"][0]["target"]["text"]
    )
    assert tables["train"].features == tables["test"].features
    assert load_dataset_dict("topic_iptc", root=world.root)["test"].column_names == [
        "id",
        "text",
        "label",
        "title",
        "second",
        "source",
    ]


def test_planted_leakage_is_found_but_does_not_stop_loading(world):
    leaks = [f for f in open_set("statements", root=world.root).findings if f.check == "leakage"]
    assert [(f.level, f.split, f.count) for f in leaks if f.split == "test / train"] == [("error", "test / train", 1)]


def test_labels_of_a_known_set_are_mapped_and_targets_named(world, tmp_path):
    checked = open_set("stance/ans", root=world.root, near=False)
    assert checked.form.task == "stance"
    assert {row["label"] for row in checked.splits["train"]} == {"favor", "against", "neutral"}
    write(
        tmp_path / "stance" / "arabicstancex" / "test.jsonl",
        [{"id": "1", "text": "نص", "label": "none", "target": "Neom"}],
    )
    (row,) = open_set("stance/arabicstancex", root=tmp_path).splits["test"]
    assert (row["target"], row["label"]) == ("نيوم", "neutral")
    from_file = open_set(tmp_path / "stance" / "arabicstancex" / "test.jsonl").splits["test"]
    assert from_file == [row]


def test_given_labels_win_over_the_sets_own(tmp_path):
    write(tmp_path / "mine" / "train.jsonl", [{"text": "نص", "label": "رياضة"}, {"text": "نص آخر", "label": "أخرى"}])
    checked = open_set(tmp_path / "mine", "topic", labels={"رياضة": "sport"})
    assert [row["label"] for row in checked.splits["train"]] == ["sport"]
    assert open_set(tmp_path / "mine").form.task == "label"


def test_folds_keep_their_names_in_a_table(tmp_path):
    pytest.importorskip("datasets")
    rows = [{"text": f"نص {n}", "target": "هدف", "label": "agree", "fold": n % 2} for n in range(4)]
    write(tmp_path / "stance" / "austr" / "all.jsonl", rows)
    tables = load_dataset_dict("stance/austr", root=tmp_path)
    assert {name: table["fold"][0] for name, table in tables.items()} == {"fold_0": "0", "fold_1": "1"}


def test_a_set_with_errors_is_refused_in_one_line(tmp_path):
    pytest.importorskip("datasets")
    write(tmp_path / "mine" / "train.jsonl", [{"id": "a", "text": "", "label": "sport"}])
    with pytest.raises(
        ValueError, match=r"mine, train: rows without text \(a\); `tasrih data check .*mine` lists every"
    ):
        load_dataset_dict(tmp_path / "mine", "topic")
    with pytest.raises(ValueError, match="unknown task 'topics': choose from statement, topic, stance"):
        open_set(tmp_path / "mine", "topics")
