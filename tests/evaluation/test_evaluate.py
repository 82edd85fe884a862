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
from tasrih.evaluation.bootstrap import Draw
from tasrih.evaluation.evaluate import BASELINES, Report, evaluate, strongest
from tasrih.evaluation.metrics import Interval
from tasrih.models.classifier import Classifier
from tasrih.models.load import load
from tasrih.models.summariser import Summariser


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
    abstaining = {"answered", "right_of_answered"}  # what a baseline does not do
    assert len({tuple(name for name in scores if name not in abstaining) for scores in report.scores.values()}) == 1
    assert list(report.difference) == [name for name in report.scores["model"] if name not in abstaining]
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
    for name, interval in report.difference.items():
        # majority's calibration is none that a model could be held against
        named = [system for system in BASELINES if (system, name) != ("majority", "ece")]
        there = {system: scores[name].value for system, scores in report.scores.items() if system in named}
        best = (min if name in ("ece", "brier", "aurc") else max)(there.values(), default=None)
        theirs = report.scores[report.baselines[name]][name].value
        assert report.baselines[name] == "first_14_words" if task == "summary" else theirs == best
        assert interval.value == pytest.approx(report.scores["model"][name].value - theirs, abs=1e-9)
        assert f"{interval} to {report.baselines[name]} |" in report.table()


def test_the_strongest_baseline_is_that_of_each_score():
    def drawn(accuracy: float, ece: float) -> dict[str, Draw]:
        return {"accuracy": Draw(accuracy, np.zeros(1)), "ece": Draw(ece, np.zeros(1))}

    draws = {"model": drawn(0.5, 0.5), "tfidf": drawn(0.6, 0.2), "majority": drawn(0.7, 0.1)}
    assert strongest(draws) == {"accuracy": "majority", "ece": "tfidf"}
    assert strongest({**draws, "tfidf_more": drawn(0.7, 0.2)}) == {"accuracy": "tfidf_more", "ece": "tfidf_more"}
    assert strongest({"model": draws["model"]}) == {}


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
    assert set(reports["stance"].scores["model"]) - {"answered", "right_of_answered"} == one
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


def test_a_model_that_may_abstain_is_scored_so(world, topic_model, tmp_path):
    """What it answers still, and how much of that is right, by the threshold that is stored with it."""
    folder = shutil.copytree(topic_model[0], tmp_path / "model")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))

    def scored(floor: float) -> Report:
        config["tasrih"] |= {"abstain_below": floor, "abstain_precision": 0.8}
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        return evaluate(str(folder), "topic_iptc", root=world.root)

    rows = read_task(world.root, "topic", "topic_iptc", "test")
    model = Classifier.from_pretrained(folder)
    found = model.predict([row.text for row in rows])
    floor = float(np.median([one.score for one in found]))
    kept = [(one.label in row.labels) for one, row in zip(found, rows, strict=True) if one.score >= floor]
    scores = scored(floor).scores["model"]
    assert scores["answered"].value == pytest.approx(len(kept) / len(rows))
    assert scores["right_of_answered"].value == pytest.approx(np.mean(kept))


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
    # every further label is one that no text has: the first baseline is above it
    assert report.scores["tfidf"]["accuracy"].value >= report.scores["tfidf_more"]["accuracy"].value
    theirs = report.scores[report.baselines["accuracy"]]["accuracy"].value
    assert theirs == max(report.scores[name]["accuracy"].value for name in BASELINES)
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
    assert "--column text=body --column label=section --map 'رياضة=sport'" in report.command
    # a folder of splits has a training split, which the baseline is fitted on
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "test.csv").write_bytes(path.read_bytes())
    others = path.read_text(encoding="utf-8").replace("أمس", "مساء").replace("الأسواق", "البورصة")
    (folder / "train.csv").write_text(others, encoding="utf-8")
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
    assert set(found.scores) == {"model", "lead_1", "lead_3", "first_words", "lead_as_long", "oracle"}
    # the beginning has as many words as the brief, which are fewer than the reference's: the difference is to it
    lengths = {name: scores["length_ratio"].value for name, scores in found.scores.items()}
    assert lengths["lead_as_long"] == lengths["model"] < lengths["first_words"]
    assert {*found.baselines.values()} == {"lead_as_long"}
    theirs = found.scores["lead_as_long"]["rouge_l"].value
    assert found.difference["rouge_l"].value == pytest.approx(found.scores["model"]["rouge_l"].value - theirs)
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


TOLD = "افتتح وزير النقل الجسر الجديد على النهر."


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_summariser_is_scored_on_a_set_of_ones_own(exported_summary, tmp_path, suffix):
    rows = [
        {"number": f"n{at}", "body": f"{TOLD} وهطل المطر طوال الليل رقم {at}.", "headline": "افتتاح الجسر", "gist": TOLD}
        for at in range(4)
    ]
    path = tmp_path / f"desk.{suffix}"
    if suffix == "jsonl":
        path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    elif suffix == "csv":
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pytest.importorskip("pyarrow").Table.from_pylist(rows), path)
    source = Source(str(path), text="body", label="headline", id="number")
    found = evaluate(str(exported_summary), source, root=tmp_path)
    assert (found.size, list(found.scores)) == (4, SYSTEMS["summary"])
    assert {error.id for error in found.errors} == {row["number"] for row in rows}
    assert "--column text=body --column label=headline --column id=number" in found.command
    brief = evaluate(str(exported_summary), replace(source, label="gist"), root=tmp_path, style="brief")
    assert brief.scores["oracle"]["rouge_l"].value == pytest.approx(1.0)


def test_what_a_summary_cannot_be_scored_on_is_named(exported_summary, tmp_path):
    path = tmp_path / "desk.jsonl"
    path.write_text(json.dumps({"text": TOLD, "headline": "جسر"}), encoding="utf-8")
    model = str(exported_summary)
    with pytest.raises(ValueError, match=r"1 of the 1 rows have no title .* \(--column title=\.\.\.\)"):
        evaluate(model, str(path), root=tmp_path)
    with pytest.raises(ValueError, match=r"desk\.jsonl, row 0: no text in 'body': name its column"):
        evaluate(model, Source(str(path), text="body"), root=tmp_path)
    with pytest.raises(ValueError, match=r"desk\.jsonl: a summary has no label and no target"):
        evaluate(model, Source(str(path), label="headline", labels={"a": "b"}), root=tmp_path)


def test_a_summariser_of_the_hub_is_opened_as_one(monkeypatch):
    transformers = pytest.importorskip("transformers")

    def config(name: str, **_):
        return transformers.T5Config() if name == "owner/writer" else transformers.BertConfig()

    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", config)
    monkeypatch.setattr(Summariser, "from_pretrained", lambda name, **_: f"a summariser, {name}")
    assert load("owner/writer") == "a summariser, owner/writer"
    with pytest.raises(ValueError, match="owner/encoder is a base encoder"):
        load("owner/encoder")


def _topics(folder, **splits) -> str:
    """Write a set of topics: of each split a label to its texts."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, texts in splits.items():
        rows = [{"text": text, "label": label} for label, some in texts.items() for text in some]
        (folder / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return str(folder)


GAMES = [f"فاز الفريق في المباراة رقم {number} على ضيفه" for number in range(6)]
MARKETS = [f"ارتفعت أسعار النفط في الأسواق رقم {number} مساء" for number in range(6)]


def test_no_baseline_reads_a_text_that_it_is_scored_on(tmp_path):
    scored = {"sport": GAMES[:2], "economy_business": MARKETS[:2]}
    # the scored games stand in training as markets: a baseline that has read them gets them wrong
    read = {"sport": GAMES[2:], "economy_business": [*MARKETS[2:], *GAMES[:2] * 5]}
    desk, root = _topics(tmp_path / "desk", train=read, test=scored, validation=scored), tmp_path / "root"
    report = evaluate("topic", desk, root=root)
    assert report.scores["tfidf"]["accuracy"].value == 1.0
    note = next(note for note in report.notes if "kept from the baselines" in note)
    assert note.endswith(": 10 training, 0 further and 4 validation rows")
    same = evaluate("topic", desk, "train", root=root)
    assert list(same.scores) == ["model"] and same.notes[-1] == "no training row is left: no baseline could be fitted"


def test_thresholds_come_of_no_row_that_the_baseline_was_fitted_on(world, exported_statement, tmp_path, monkeypatch):
    from tasrih.evaluation.baselines import TfidfBaseline

    fitted = []
    fit = TfidfBaseline.fit
    monkeypatch.setattr(TfidfBaseline, "fit", lambda self, *rows: fitted.append(rows) or fit(self, *rows))
    for split in ("train", "test"):
        shutil.copy(world.root / "statements" / f"{split}.jsonl", tmp_path)
    report = evaluate(str(exported_statement), str(tmp_path), root=world.root)
    ((train, validation),) = fitted
    assert len(validation) == 84 // 5 and len(train) == 84 - 84 // 5
    assert {row.id for row in train}.isdisjoint(row.id for row in validation)
    assert any(note.startswith("no validation rows beside those scored: 16 training rows") for note in report.notes)
    # nor of the scored ones: what is scored is the validation split
    fitted.clear()
    evaluate(str(exported_statement), "statements", "validation", root=world.root)
    assert all(row.id.startswith("train") for rows in fitted[0] for row in rows)


def test_a_baseline_that_can_learn_nothing_is_left_out_with_the_reason(tmp_path):
    scored = {"sport": GAMES[:2], "economy_business": MARKETS[:2]}
    one = evaluate("topic", _topics(tmp_path / "one", train={"sport": GAMES[2:]}, test=scored), root=tmp_path)
    assert list(one.scores) == ["model", "majority"] and {*one.baselines.values()} == {"majority"}
    assert "tfidf is left out: all 4 training rows are 'sport': give rows of another label beside them" in one.notes
    words = {"sport": ["هدف", "ملعب", "فريق"], "economy_business": ["نفط", "بورصة", "سوق"]}
    short = evaluate("topic", _topics(tmp_path / "short", train=words, test=scored), root=tmp_path)
    assert list(short.scores) == ["model", "majority"]
    assert any("tfidf is left out: no word of the 6 training texts" in note for note in short.notes)


@pytest.mark.parametrize("name", ["model", "tfidf", "majority"])
def test_another_model_may_bear_the_name_of_a_system(topic_model, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(topic_model[0], name)
    scored = {"sport": GAMES[:2], "weather": MARKETS[:2]}
    _topics(tmp_path / "desk", train={"sport": GAMES[2:], "weather": MARKETS[2:]}, test=scored)
    report = evaluate("topic", str(tmp_path / "desk"), root=tmp_path, against=name)
    assert list(report.scores) == ["model", f"./{name}", "tfidf", "majority"]
    assert report.against.model == f"./{name}"
    ours, theirs = (report.scores[system]["accuracy"].value for system in ("model", f"./{name}"))
    assert report.against.difference["accuracy"].value == pytest.approx(ours - theirs)
