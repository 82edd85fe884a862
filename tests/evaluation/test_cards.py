"""Model cards: metadata that the hub reads, figures as they were stored, and no path of one machine."""

from __future__ import annotations

import json

import pytest

from tasrih.errors import ModelError
from tasrih.evaluation.cards import Card, card_of, folder_card, metadata, read_figures, write_card
from tasrih.evaluation.metrics import Interval
from tasrih.evaluation.report import Comparison, Report

yaml = pytest.importorskip("yaml")
hub = pytest.importorskip("huggingface_hub")


def report(**changes) -> dict:
    scores = {"accuracy": Interval(0.81234, 0.77, 0.85), "aurc": Interval(0.07, 0.05, 0.1)}
    settings = {
        "model": "m", "data": "topic_iptc", "split": "validation", "size": 1201,
        "command": "tasrih evaluate m topic_iptc --split validation", "notes": ["a note"],
        "scores": {"model": scores, "tfidf": {"accuracy": Interval(0.7, 0.65, 0.75)}},
        "difference": {"accuracy": Interval(0.11, 0.05, 0.17)},
    }  # fmt: skip
    return Report(**{**settings, **changes}).to_dict()


CARD = Card(
    "m", "عنوان: a model", "Says what a text is about.", "cc-by-4.0", "Weights: CC BY 4.0.", "text-classification",
    data=("`topic_iptc` train",), datasets=("topic_iptc",), recipe=("`tasrih train configs/topic.yaml`",),
    limits=("Rare topics.",), base="owner/base", note="Looked at once.",
)  # fmt: skip


def test_the_head_is_what_the_hub_reads():
    head = yaml.safe_load(metadata(CARD, [report()]))
    assert (head["language"], head["license"], head["library_name"]) == ("ar", "cc-by-4.0", "tasrih")
    assert (head["base_model"], head["datasets"], head["metrics"]) == ("owner/base", ["topic_iptc"], ["accuracy"])
    (entry,) = head["model-index"]
    (result,) = entry["results"]
    assert entry["name"] == "m"
    assert result["dataset"] == {"name": "topic_iptc", "type": "topic_iptc", "split": "validation"}
    # a score that the hub has no name for stands in the table alone
    assert result["metrics"] == [{"type": "accuracy", "value": 0.8123, "name": "accuracy"}]


def test_the_hubs_own_reader_takes_the_card():
    card = hub.ModelCard(write_card(CARD, [report()]))
    assert card.data.eval_results[0].metric_value == 0.8123
    assert card.data.license == "cc-by-4.0"


def test_the_body_has_the_figures_as_they_were_stored():
    text = write_card(CARD, [report()], {"removed_by_guard": {"topic_iptc/train": 3}})
    assert "# عنوان: a model (`m`)" in text
    assert "### `topic_iptc`, validation split, 1,201 texts" in text
    assert "| accuracy | 0.812 [0.770, 0.850] | 0.700 [0.650, 0.750] | 0.110 [0.050, 0.170] |" in text
    assert "| aurc | 0.070 [0.050, 0.100] |  |  |" in text
    assert "Above its baseline in accuracy" in text and "Looked at once." in text and "a note" in text
    assert '"topic_iptc/train": 3' in text and "- Rare topics." in text
    assert "Made by `tasrih evaluate m topic_iptc --split validation`." in text


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.2, "Above its baseline"),
        (-0.2, -0.01, "**Below its baseline**"),
        (-0.1, 0.1, "**Not shown to be above"),
    ],
)
def test_the_verdict_follows_the_interval(low, high, said):
    found = write_card(CARD, [report(difference={"accuracy": Interval((low + high) / 2, low, high)})])
    assert said in found


def test_a_difference_names_what_it_is_to_where_the_figures_tell():
    text = write_card(CARD, [report(baselines={"accuracy": "majority"})])
    assert "Above its baseline in accuracy (majority); " in text
    assert "| accuracy | 0.812 [0.770, 0.850] | 0.700 [0.650, 0.750] | 0.110 [0.050, 0.170] to majority |" in text
    older = report()
    del older["baselines"]
    assert "Above its baseline in accuracy; " in write_card(CARD, [older])


def test_another_model_has_a_column():
    against = Comparison("other", {"accuracy": Interval(0.02, -0.01, 0.05)})
    assert "| difference | less other |" in write_card(CARD, [report(against=against)])


def test_a_card_without_figures_has_no_index():
    text = write_card(CARD, [])
    assert "model-index" not in text and "## Figures" not in text


def test_what_holds_no_figures_is_named(tmp_path):
    with pytest.raises(ModelError, match="lack data, split, size, scores"):
        write_card(CARD, [{"accuracy": 1}])
    (tmp_path / "metrics.json").write_text("{")
    with pytest.raises(ModelError, match=r"metrics\.json is not JSON"):
        read_figures(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_figures(tmp_path / "nothing.json")


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        folder_card(tmp_path, [], "mit")


@pytest.fixture
def trained(tmp_path):
    """What ``tasrih train`` leaves in a folder."""
    folder = tmp_path / "my-topic"
    folder.mkdir()
    train = {"base": "aubmindlab/bert-base-arabertv02",
             "train": [{"name": "topic_iptc", "split": "train"}, {"name": "/home/someone/mine.jsonl", "split": "train"}]}  # fmt: skip
    for name, value in {
        "config.json": {"model_type": "bert", "tasrih": {"task": "topic"}},
        "train_config.json": train,
        "train_metrics.json": {"validation": {"accuracy": 0.8}, "train_rows": 10},
    }.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
    return folder


def test_a_folder_describes_itself(trained, tmp_path):
    (tmp_path / "metrics.json").write_text(json.dumps(report()), encoding="utf-8")
    text = folder_card(trained, [tmp_path], "apache-2.0")
    head = yaml.safe_load(text.split("---\n")[1])
    assert (head["base_model"], head["license"]) == ("aubmindlab/bert-base-arabertv02", "apache-2.0")
    assert head["pipeline_tag"] == "text-classification" and head["model-index"][0]["name"] == "my-topic"
    assert "one of 17 labels" in text and '"train_rows": 10' in text and "- `topic_iptc train`" in text


def test_a_card_shows_no_path_of_the_machine(trained):
    text = folder_card(trained, [], "apache-2.0")
    assert "/home" not in text and "mine.jsonl train" in text
    (trained / "train_config.json").write_text(json.dumps({"base": str(trained), "train": []}))
    removed = {"/home/someone/mine.jsonl/train": 3, "topic_iptc/train": 1}
    (trained / "train_metrics.json").write_text(json.dumps({"removed_by_guard": removed}))
    told = report() | {"data": "/home/someone/test.csv", "command": "tasrih evaluate /home/someone/m /home/someone/test.csv"}
    told["against"] = {"model": "/home/someone/other", "difference": told["scores"]["model"]}
    told["scores"]["/home/someone/other"] = told["scores"]["model"]
    told["notes"] = ["x is left out: /home/someone/x.csv is bad"]
    (trained / "metrics.json").write_text(json.dumps(told))
    text = folder_card(trained, [trained / "metrics.json"], "mit")
    assert "/home" not in text and "someone" not in text
    assert '"mine.jsonl/train": 3' in text and '"topic_iptc/train": 1' in text
    assert "### `test.csv`" in text and "Made by `tasrih evaluate m test.csv`." in text and "less other" in text
    assert card_of(trained, "mit").base is None


def test_labels_of_ones_own_are_told_in_place_of_the_schemes(trained):
    stored = {"task": "topic", "labels": ["local", "region", "world"], "multi_label": False}
    (trained / "config.json").write_text(json.dumps({"model_type": "bert", "tasrih": stored}), encoding="utf-8")
    assert "one of 3 labels: local, region, world." in folder_card(trained, [], "mit")
    names = {"model_type": "bert", "id2label": {"0": "yes", "1": "no"}, "tasrih": {"task": "custom"}}
    (trained / "config.json").write_text(json.dumps(names), encoding="utf-8")
    assert "one of 2 labels: yes, no." in folder_card(trained, [], "mit")


def test_a_bundled_model_describes_itself_too():
    from tasrih.models.files import PRETRAINED

    assert card_of(PRETRAINED / "statement", "cc-by-nc-sa-4.0").does.startswith("Gives an Arabic text any of 13 labels")
    assert card_of(PRETRAINED / "summary", "cc-by-nc-sa-4.0").pipeline == "summarization"


def test_the_command_writes_the_card(trained, tmp_path, monkeypatch, capsys):
    from tasrih.cli import main

    (tmp_path / "metrics.json").write_text(json.dumps(report()), encoding="utf-8")
    command = ["tasrih", "card", str(trained), str(tmp_path / "metrics.json"), "--license", "mit", "--title", "عنوان"]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 0
    text = (trained / "README.md").read_text(encoding="utf-8")
    assert "license: mit" in text and "# عنوان (`my-topic`)" in text
    monkeypatch.setattr("sys.argv", command[:4])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2 and "--license" in capsys.readouterr().err
