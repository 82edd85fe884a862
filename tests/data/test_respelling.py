"""Labelled rows in other spellings: spans and targets go along, and a share of a set is respelt."""

import pytest

from tasrih.data.labelled import MarkedSpan, Row
from tasrih.data.respelling import respell_rows, respelt_row
from tasrih.text.spellings import VARIANTS, is_folded

TEXT = "وقالت وزيرة الصحة، أمس: «ندين الهجمة على المستشفى»."


def marked(part: str, label: str) -> MarkedSpan:
    return MarkedSpan(TEXT.index(part), TEXT.index(part) + len(part), label)


ROW = Row("1", TEXT, ("condemnation",), spans=(marked("وزيرة الصحة", "speaker"), marked("الهجمة", "against")))


@pytest.mark.parametrize(
    ("name", "speaker", "target"),
    [
        ("marbuta_as_ha", "وزيره الصحه", "الهجمه"),
        ("doubled_spaces", "وزيرة  الصحة", "الهجمة"),
        ("no_punctuation", "وزيرة الصحة", "الهجمة"),
        ("hamza_seats_dropped", "وزيرة الصحة", "الهجمة"),
    ],
)
def test_spans_point_at_the_same_words(name, speaker, target):
    other = respelt_row(ROW, name)
    assert [(other.text[span.start : span.end], span.label) for span in other.spans] == [
        (speaker, "speaker"), (target, "against"),
    ]  # fmt: skip
    assert (other.id, other.labels) == (ROW.id, ROW.labels)


def test_a_target_is_written_as_its_text_writes_it_and_another_one_is_kept():
    pair = Row("1#0", TEXT, ("against",), target="الهجمة", spans=(marked("الهجمة", "against"),))
    assert respelt_row(pair, "marbuta_as_ha").target == "الهجمه"
    post = Row("2", TEXT, ("favor",), target="قيادة المرأة للسيارة")
    other = respelt_row(post, "marbuta_as_ha")
    assert (other.target, other.text != TEXT) == ("قيادة المرأة للسيارة", True)


def test_rows_whose_spans_nobody_looked_for_stay_so():
    assert respelt_row(Row("1", TEXT, ("condemnation",), spans=None), "doubled_spaces").spans is None


def test_a_share_of_the_rows_is_respelt_each_in_its_own_way():
    rows = [ROW] * 400
    made = respell_rows(rows, 0.25, profile="encoder", seed=1)
    changed = [row for row in made if row is not ROW]
    assert 60 < len(changed) < 140
    assert all(row.text != TEXT for row in changed)
    unfolded = {respelt_row(ROW, name).text for name in VARIANTS if not is_folded(name, "encoder")} - {TEXT}
    assert unfolded - {respelt_row(ROW, "ocr_noise").text} <= {row.text for row in changed}
    assert made == respell_rows(rows, 0.25, profile="encoder", seed=1)
    assert made != respell_rows(rows, 0.25, profile="encoder", seed=2)


def test_no_share_leaves_all_and_what_the_profile_folds_is_not_written():
    rows = [ROW, Row("2", "ب", ("condemnation",))]
    assert respell_rows(rows, 0.0, profile="encoder", seed=1) == rows
    latin = Row("3", "OK", ("condemnation",))
    assert respell_rows([latin] * 20, 0.99, profile="encoder", seed=1) == [latin] * 20
    vowelled = Row("4", "كَتَبَ", ("condemnation",))
    assert all("َ" in row.text for row in respell_rows([vowelled] * 50, 0.99, profile="encoder", seed=1))
