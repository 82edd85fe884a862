"""How far labels move with spelling: folded variants move none, and the report says what the others do."""

import pytest

from tasrih.data.labelled import read_task
from tasrih.evaluation.spelling import evaluate_spelling
from tasrih.models.load import load
from tasrih.text.spellings import VARIANTS, is_folded


@pytest.mark.parametrize(("model", "data"), [("topic", "topic_iptc"), ("stance", "statements")])
def test_the_report_counts_what_moves(world, model, data):
    report = evaluate_spelling(model, data, "test", world.root)
    assert report.size == len(read_task(world.root, model, data, "test"))
    assert set(report.scores) == {"as_written", *VARIANTS}
    assert report.scores["as_written"]["unchanged"].value == 1
    profile = load(model).settings.profile
    for name in VARIANTS:
        if is_folded(name, profile):
            assert report.scores[name]["unchanged"].value == 1, name
    assert report.difference == {}
    assert report.notes[-1].startswith("macro_f1 under ocr_noise less as_written: ")
    assert any(note.startswith("ocr_noise (not folded)") for note in report.notes)
    assert any("is respelt with it" in note for note in report.notes) == (model == "stance")
