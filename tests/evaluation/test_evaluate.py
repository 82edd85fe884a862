"""Reports: model and baselines side by side with their intervals, and sets of another task refused."""

from __future__ import annotations

import json
import lzma
import shutil
from dataclasses import replace

import numpy as np
import pytest

from tasrih.data.corpus import find_split, read_rows
from tasrih.data.guard import HeldOut
from tasrih.data.labelled import Row, article_text, read_task
from tasrih.data.labelled_source import Source
from tasrih.data.standoff import write_standoff
from tasrih.evaluation.evaluate import Report, evaluate
from tasrih.evaluation.metrics import Interval


@pytest.fixture(scope="module")
def reports(world, exported_statement, topic_model, stance_model, exported_summary) -> dict[str, Report]:
    """A report of each task on the tiny sets."""
    return {
        "statement": evaluate(str(exported_statement), "statements", root=world.root),
        "topic": evaluate(str(topic_model[0]), "topic_iptc", root=world.root),
        "stance": evaluate(str(stance_model[0]), "stance/ans", root=world.root),
        "summary": evaluate(str(exported_summary), "summarisation/tiny", root=world.root),
    }


SYSTEMS = {
    "statement": ["model", "tfidf", "majority"],
    "topic": ["model", "tfidf", "majority"],
    "stance": ["model", "tfidf", "majority"],
    "summary": ["model", "extractive", "lead_1", "lead_3", "first_12_words", "first_14_words",
                "first_16_words", "first_20_words", "oracle"],
}
SIZES = {"statement": 84, "topic": 32, "stance": 36, "summary": 16}
#: Scores that do not lie between 0 and 1.
RANGES = {"mcc": (-1, 1), "brier": (0, 2), "length_ratio": (0, 100)}
TASKS = pytest.mark.parametrize("task", list(SYSTEMS))


@TASKS
def test_model_and_baselines_stand_side_by_side(reports, task):
    report = reports[task]
    assert list(report.scores) == SYSTEMS[task]
    assert report.size == SIZES[task]
    assert len({tuple(scores) for scores in report.scores.values()}) == 1  # the same scores for all
    assert list(report.difference) == list(report.scores["model"])
    assert report.command == f"tasrih evaluate {report.model} {report.data} --split test"


@TASKS
def test_intervals_hold_their_value(reports, task):
    for scores in reports[task].scores.values():
        for name, interval in scores.items():
            assert isinstance(interval, Interval)
            assert RANGES.get(name, (0, 1))[0] <= interval.low <= interval.high <= RANGES.get(name, (0, 1))[1], name
            if name != "ece":  # a resample's gaps are wider than those of the whole
                assert interval.low - 1e-9 <= interval.value <= interval.high + 1e-9, name
    for name, interval in reports[task].difference.items():
        assert interval.low <= interval.high
        if name != "ece":
            assert interval.low - 1e-9 <= interval.value <= interval.high + 1e-9, name


@TASKS
def test_the_difference_is_that_of_the_two_values(reports, task):
    report = reports[task]
    strongest = {"summary": "first_14_words"}.get(task, "tfidf")
    for name, interval in report.difference.items():
        expected = report.scores["model"][name].value - report.scores[strongest][name].value
        assert interval.value == pytest.approx(expected, abs=1e-9)


@TASKS
def test_a_report_is_json_and_a_table(reports, task):
    report = reports[task]
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["size"] == SIZES[task]
    first = next(iter(plain["scores"]["model"].values()))
    assert set(first) == {"value", "low", "high"}
    assert round(first["value"], 4) == first["value"]
    lines = report.table().splitlines()
    assert lines[0].endswith(f"{SIZES[task]} texts; 95 % bootstrap intervals")
    assert lines[1] == f"| score | {' | '.join(SYSTEMS[task])} | difference |"
    assert len(lines) == 3 + len(report.scores["model"]) + len(report.notes)
    assert all(line.count("|") == len(SYSTEMS[task]) + 3 for line in lines[1 : 3 + len(report.scores["model"])])


def test_scores_are_what_the_model_says(reports, world, topic_model):
    from tasrih.models.classifier import Classifier

    rows = read_task(world.root, "topic", "topic_iptc", "test")
    found = Classifier.from_pretrained(topic_model[0], device="cpu").predict([row.text for row in rows])
    right = np.mean([prediction.label == row.labels[0] for prediction, row in zip(found, rows, strict=True)])
    scores = reports["topic"].scores["model"]
    assert scores["accuracy"].value == pytest.approx(right)
    second = np.mean(
        [prediction.label in (row.labels[0], *row.other) for prediction, row in zip(found, rows, strict=True)]
    )
    assert scores["accuracy_with_second"].value == pytest.approx(second)
    assert scores["accuracy_with_second"].value >= scores["accuracy"].value
    assert reports["topic"].notes


def test_tasks_have_the_scores_that_belong_to_them(reports):
    several = {"micro_f1", "macro_f1", "exact", "lrap", "mean_average_precision", "endorsement", "conditional"}
    assert several <= set(reports["statement"].scores["model"])
    one = {"accuracy", "macro_f1", "micro_f1", "weighted_f1", "mcc", "ece", "brier", "aurc"}
    assert set(reports["stance"].scores["model"]) == one
    made = {"rouge_1", "rouge_2", "rouge_l", "rouge_l_stemmed", "chrf_pp", "novel_bigrams", "length_ratio"}
    assert made <= set(reports["summary"].scores["model"])
    assert reports["summary"].scores["extractive"]["novel_bigrams"].value == 0.0
    assert reports["statement"].notes[0].startswith("positives: ")
    assert "supported words 1.0000" in reports["summary"].notes[0]


def test_baselines_learn(reports):
    for task in ("topic", "stance"):
        scores = reports[task].scores
        assert scores["tfidf"]["accuracy"].value > scores["majority"]["accuracy"].value
    assert reports["statement"].scores["tfidf"]["micro_f1"].value > 0.5


def test_no_extract_is_above_the_oracle(reports):
    scores = reports["summary"].scores
    assert scores["oracle"]["rouge_1"].value >= scores["lead_1"]["rouge_1"].value


SETS = {
    "statement": "statements", "topic": "topic_iptc", "stance": "stance/ans", "summary": "summarisation/tiny",
}  # fmt: skip


@TASKS
def test_the_json_holds_no_text(reports, world, task):
    written = json.dumps(reports[task].to_dict(), ensure_ascii=False)
    texts = [row["text"] for row in read_rows(find_split(world.root / SETS[task], "test"))]
    assert len(texts) == SIZES[task] and all(text not in written for text in texts)
    for error in reports[task].errors:
        assert error.text not in written and error.expected != error.given


@pytest.mark.parametrize("task", ["statement", "topic", "stance"])
def test_there_are_errors_where_the_model_is_not_perfect(reports, task):
    scores = reports[task].scores["model"]
    right = next(scores[name] for name in ("accuracy_with_second", "accuracy", "exact") if name in scores)
    assert bool(reports[task].errors) == (right.value < 1)


def test_what_lies_behind_the_figures_is_there(reports):
    topic, statement = reports["topic"].analysis, reports["statement"].analysis
    assert sum(map(sum, topic.confusion.counts)) == SIZES["topic"]
    accuracy = sum(row[at] for at, row in enumerate(topic.confusion.counts)) / SIZES["topic"]
    assert accuracy == pytest.approx(reports["topic"].scores["model"]["accuracy"].value)
    assert sum(one.count for one in topic.reliability) == SIZES["topic"]
    assert statement.confusion.labels[-1] == "(none)" and "conditional" not in statement.confusion.labels
    assert statement.per_class["model"][-1].label == "conditional"
    f1 = reports["statement"].scores["model"]["conditional"]
    assert statement.per_class["model"][-1].f1.value == pytest.approx(f1.value)
    assert [curve.name for curve in topic.risk_coverage] == SYSTEMS["topic"]


def test_a_model_against_itself_and_another(world, topic_model, tmp_path):
    import shutil

    copy = shutil.copytree(topic_model[0], tmp_path / "copy")
    report = evaluate(str(topic_model[0]), "topic_iptc", root=world.root, against=str(copy))
    assert list(report.scores) == ["model", str(copy), "tfidf", "majority"]
    assert report.scores["model"] == report.scores[str(copy)]
    assert {(one.value, one.low, one.high) for one in report.against.difference.values()} == {(0.0, 0.0, 0.0)}
    assert f"less {copy}" in report.table().splitlines()[1]
    assert report.command.endswith(f"--against {copy}")
    bundled = evaluate(str(topic_model[0]), "topic_iptc", root=world.root, against="topic")
    ours, theirs = (bundled.scores[name]["accuracy"].value for name in ("model", "topic"))
    assert bundled.against.difference["accuracy"].value == pytest.approx(ours - theirs)


def test_a_model_of_another_task_is_no_match(world, topic_model, stance_model):
    with pytest.raises(ValueError, match=r"does stance; .* does topic: compare models of one task"):
        evaluate(str(topic_model[0]), "topic_iptc", root=world.root, against=str(stance_model[0]))


def test_a_set_without_a_training_split_has_no_baseline(world, topic_model, tmp_path):
    folder = tmp_path / "topic_iptc"
    folder.mkdir()
    (folder / "test.jsonl.xz").write_bytes((world.root / "topic_iptc" / "test.jsonl.xz").read_bytes())
    (tmp_path / "heldout_ids.tsv").write_text("")
    report = evaluate(str(topic_model[0]), "topic_iptc", root=tmp_path)
    assert list(report.scores) == ["model"] and not report.difference
    assert report.notes[-1] == "no training split: no baseline could be fitted"


def test_a_second_baseline_reads_what_the_model_was_trained_on_beside_the_set(world, topic_model, tmp_path):
    corpus = next((world.root / "corpus").glob("*.jsonl*"))
    articles = [Row(row["id"], article_text(row), ("weather",)) for row in read_rows(corpus)]
    path = tmp_path / "more.standoff.jsonl"
    write_standoff(path, [(corpus.name, row.id, None, row) for row in articles])
    report = evaluate(str(topic_model[0]), "topic_iptc", root=world.root, more=[str(path)])
    assert list(report.scores) == ["model", "tfidf", "tfidf_more", "majority"]
    assert report.command.endswith(f"--more {path}")
    ours, theirs = report.scores["model"]["accuracy"], report.scores["tfidf_more"]["accuracy"]
    assert report.difference["accuracy"].value == pytest.approx(ours.value - theirs.value)
    kept, removed = HeldOut.from_root(world.root).refuse(articles, lambda row: row.text, lambda row: row.id)
    assert removed
    assert any(f"fitted on {len(kept)} further rows" in note for note in report.notes)


def test_the_command_writes_figures_and_a_page(world, topic_model, tmp_path, monkeypatch, capsys):
    from tasrih.cli import main

    monkeypatch.setenv("TASRIH_DATA", str(world.root))
    folder = tmp_path / "runs" / "report"
    command = [
        "tasrih",
        "evaluate",
        str(topic_model[0]),
        "topic_iptc",
        "--split",
        "validation",
        "--report",
        str(folder),
    ]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 0
    figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert figures["split"] == "validation" and figures["analysis"]["per_class"]["model"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and page.count("<svg") == 4
    assert "| accuracy |" in capsys.readouterr().out


def test_a_table_of_ones_own_with_columns_and_labels_of_its_own(world, tmp_path):
    path = tmp_path / "desk.csv"
    path.write_text(
        "body,section,id\n"
        + "\n".join(f"فاز الفريق في المباراة رقم {number} أمس,رياضة,{number}" for number in range(8))
        + "\nارتفعت أسعار النفط في الأسواق,اقتصاد,9\nعنوان بلا قسم,أخرى,10\n", encoding="utf-8",
    )  # fmt: skip
    source = Source(
        str(path), text="body", label="section", labels={"رياضة": "sport", "اقتصاد": "economy_business"}
    )  # fmt: skip
    report = evaluate("topic", source, root=world.root)
    assert (report.size, report.data, list(report.scores)) == (9, str(path), ["model"])
    assert report.scores["model"]["accuracy"].value > 0.5
    assert "--column text=body --column label=section --map رياضة=sport" in report.command
    # a folder of splits has a training split, which the baseline is fitted on
    folder = tmp_path / "desk"
    folder.mkdir()
    for split in ("train", "test"):
        (folder / f"{split}.csv").write_bytes(path.read_bytes())
    report = evaluate("topic", replace(source, name=str(folder)), root=world.root)
    assert list(report.scores) == ["model", "tfidf", "majority"]


def test_a_model_with_labels_of_its_own_is_scored_by_them(world, topic_model, tmp_path):
    folder = tmp_path / "own"
    shutil.copytree(topic_model[0], folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    names = [f"قسم {number}" for number in range(len(config["id2label"]))]
    config["id2label"] = {str(number): name for number, name in enumerate(names)}
    config["label2id"] = {name: number for number, name in enumerate(names)}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    path = tmp_path / "rows.jsonl"
    rows = [{"text": f"الخبر رقم {number} من المدينة", "label": names[number % 3]} for number in range(9)]
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    report = evaluate(str(folder), str(path), root=world.root)
    assert report.size == 9 and {*report.analysis.per_class["model"][0].__dict__} >= {"label"}
    assert [one.label for one in report.analysis.per_class["model"]] == names


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"text": "نص الخبر"}, "no column 'label'"),
        ({"text": "نص الخبر", "label": None}, "no label"),
        ({"text": "نص الخبر", "label": "mood"}, "unknown label 'mood'"),
        ({"label": "sport"}, "no column 'text'"),
    ],
)
def test_a_row_that_cannot_be_scored_is_named(world, tmp_path, row, wanted):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"text": "فاز الفريق", "label": "sport"}) + "\n" + json.dumps(row), encoding="utf-8")
    with pytest.raises(ValueError, match=f"row 1.*{wanted}"):
        evaluate("topic", str(path), root=world.root)
    folder = tmp_path / "root" / "topic_iptc"
    folder.mkdir(parents=True)
    (folder / "test.jsonl").write_bytes(path.read_bytes())
    with pytest.raises(ValueError, match=r"topic_iptc:2.*(no '(label|text)'|unknown label)"):
        evaluate("topic", "topic_iptc", root=tmp_path / "root")


def test_another_split(world, topic_model):
    report = evaluate(str(topic_model[0]), "topic_iptc", "validation", root=world.root)
    assert (report.split, report.size) == ("validation", 32)


def test_stance_models_are_scored_on_the_stances_of_statements_too(world, stance_model):
    report = evaluate(str(stance_model[0]), "statements", root=world.root)
    assert report.size == 84
    assert list(report.scores) == ["model", "tfidf", "majority"]


@pytest.mark.parametrize(
    ("model", "data"),
    [
        ("statement", "topic_iptc"),
        ("statement", "stance/ans"),
        ("statement", "summarisation/tiny"),
        ("topic", "statements"),
        ("topic", "stance/ans"),
        ("stance", "topic_iptc"),
        ("summary", "statements"),
        ("summary", "stance/ans"),
        ("summary", "topic_iptc"),
    ],
)
def test_a_set_of_another_task_is_refused(
    world, statement_model, topic_model, stance_model, summary_model, model, data
):
    folder = {"statement": statement_model, "topic": topic_model, "stance": stance_model, "summary": summary_model}[
        model
    ][0]
    with pytest.raises(ValueError, match=f"{data} is a set for the task .*; .* does {model}"):
        evaluate(str(folder), data, root=world.root)


def test_what_is_not_there_is_named(world, topic_model, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no dev\.jsonl"):
        evaluate(str(topic_model[0]), "topic_iptc", "dev", root=world.root)
    with pytest.raises(ValueError, match="unknown model"):
        evaluate("no-such-model", "topic_iptc", root=world.root)


def _briefs(path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_a_brief_is_held_against_beginnings_of_the_references_length(exported_summary, tmp_path):
    told = "افتتح وزير النقل الجسر الجديد على النهر."
    rows = [
        {
            "id": str(number), "text": f"هطل المطر طوال الليل رقم {number}. {told} وغادر الوزير بعد الحفل.",
            "summaries": [told, "غادر الوزير بعد الحفل."],
        }
        for number in range(5)
    ]  # fmt: skip
    _briefs(tmp_path / "summarisation" / "briefs" / "test.jsonl.xz", rows)
    found = evaluate(str(exported_summary), "summarisation/briefs", root=tmp_path, style="brief")
    assert found.size == 5
    assert set(found.scores) == {"model", "lead_1", "lead_3", "first_words", "oracle"}
    assert found.command.endswith("--style brief")
    assert any("10 references" in note for note in found.notes)
    for system in ("model", "first_words"):
        assert found.scores[system]["length_ratio"].value <= 1.0
    # two references of an article are one text of the sample: a mean of means
    oracle = found.scores["oracle"]["rouge_1"].value
    assert oracle == pytest.approx((1 + 3 / 4) / 2)  # «وغادر» is not «غادر»
    assert found.scores["first_words"]["rouge_l"].value < oracle
    # a set that is one file alone, with one reference an article
    single = [{**row, "summary": row["summaries"][0]} for row in rows]
    for row in single:
        del row["summaries"]
    _briefs(tmp_path / "summarisation_unlicensed" / "alone.jsonl.xz", single)
    alone = evaluate(str(exported_summary), "summarisation_unlicensed/alone", root=tmp_path, style="brief")
    assert alone.scores["oracle"]["rouge_l"].value == pytest.approx(1.0)
    with pytest.raises(FileNotFoundError, match="alone"):
        evaluate(str(exported_summary), "summarisation_unlicensed/alone", "train", root=tmp_path, style="brief")
    with pytest.raises(ValueError, match="unknown style 'poem': choose from headline, brief"):
        evaluate(str(exported_summary), "summarisation/briefs", root=tmp_path, style="poem")
    bare = [{"id": "1", "text": told, "title": "جسر"}]
    _briefs(tmp_path / "summarisation" / "bare" / "test.jsonl.xz", bare)
    with pytest.raises(ValueError, match="1 of the 1 rows have no summary to score a brief against"):
        evaluate(str(exported_summary), "summarisation/bare", root=tmp_path, style="brief")
