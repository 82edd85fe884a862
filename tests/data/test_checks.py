"""What the checks find, each on rows made for it, and what they keep quiet about."""

from __future__ import annotations

import pytest

from tasrih.data.checks import FEW, Reader, check, lengths
from tasrih.data.findings import EXAMPLES, Finding, finding, worst
from tasrih.data.forms import FORMS

SENTENCES = (
    "فاز الفريق الأول بهدفين نظيفين في مباراة الأمس", "افتتح المستشفى عيادة جديدة لأمراض القلب والشرايين",
    "ارتفعت أسهم الشركة بعد إعلان أرباح الربع الثالث", "هطلت أمطار غزيرة على الساحل وتوقفت حركة الملاحة",
    "قررت الجامعة تأجيل الامتحانات أسبوعا واحدا فقط", "وصل الوفد إلى العاصمة لإجراء جولة من المحادثات",
)  # fmt: skip


def topic(texts, label="sport", prefix="r"):
    return [{"id": f"{prefix}{n}", "text": text, "label": label} for n, text in enumerate(texts)]


def found(splits, task="topic", level=None, **options):
    return [f for f in check(splits, FORMS[task], **options) if level in (None, f.level) and f.check != "labels"]


def test_clean_splits_have_nothing_but_notes():
    assert found({"train": topic(SENTENCES[:3]), "test": topic(SENTENCES[3:], prefix="t")}) == []
    many = topic(f"{text} رقم {n}" for n in range(FEW) for text in SENTENCES)
    assert worst(check({"train": many}, FORMS["topic"])) == "note"


def test_empty_foreign_and_broken_texts():
    rows = topic(["", " \n\t", None, "no Arabic here 123", "ﺍﻟﺴﻼﻡ عليكم", "نص فيه \ufffd خلل"])
    by_message = {f.message: f for f in found({"train": rows})}
    assert by_message["rows without text"].examples == ("r0", "r1", "r2")
    assert by_message["rows without text"].level == "error"
    assert by_message["texts without an Arabic letter"].examples == ("r3",)
    assert by_message["texts with U+FFFD, the mark of a wrong decoding"].examples == ("r5",)


def test_repeats_are_told_from_texts_with_two_labels():
    rows = topic([SENTENCES[0], "فَاز الفريق الاول بهدفين نظيفين في مباراة الأمس!", SENTENCES[1]])
    rows += topic([SENTENCES[1]], "health", "h")
    repeats, torn = found({"train": rows})
    assert (repeats.check, repeats.examples) == ("repeats", ("r1",))
    assert (torn.check, torn.examples) == ("two labels", ("r2", "h0"))


def test_texts_of_emoji_alone_are_no_repeats_of_each_other():
    assert [f.check for f in found({"train": topic(["😀😀", "👍"])})] == ["texts"]


def test_the_same_text_towards_two_targets_is_no_repeat():
    rows = [
        {"id": "1", "text": SENTENCES[0], "target": "الفريق", "label": "favor"},
        {"id": "2", "text": SENTENCES[0], "target": "الحكم", "label": "against"},
    ]
    assert found({"train": rows}, "stance") == []
    (leak,) = found({"train": rows[:1], "test": rows[1:]}, "stance")
    assert (leak.level, leak.check, leak.split, leak.examples) == ("warning", "leakage", "test / train", ("2",))


def test_ids_that_several_rows_have():
    (twice,) = found({"train": [{**row, "id": "x"} for row in topic(SENTENCES[:2])]})
    assert (twice.check, twice.examples) == ("ids", ("x",))


def test_exact_leakage_is_an_error_and_near_leakage_a_warning():
    near = SENTENCES[2].replace("الثالث", "الرابع")
    splits = {"train": topic(SENTENCES), "test": topic([SENTENCES[0] + "؟", near, "نص جديد كل الجدة"], prefix="t")}
    exact, close = found(splits)
    assert (exact.level, exact.check, exact.examples) == ("error", "leakage", ("t0",))
    assert (close.level, close.check, close.examples) == ("warning", "near leakage", ("t1",))
    assert [f.check for f in found(splits, near=False)] == ["leakage"]


def test_leaked_rows_with_other_labels_are_counted():
    splits = {"train": topic(SENTENCES), "test": topic(SENTENCES[:1], "health", "t")}
    (leak, *_) = found(splits, level="error")
    assert leak.message == "rows of test that stand in train, 1 with other labels"


def test_parts_of_one_training_set_may_share_rows_and_files_without_role_are_warned_of():
    same = topic(SENTENCES)
    assert found({"train": same, "train_written": topic(SENTENCES, prefix="w")}) == []
    (leak,) = found({"north": same, "south": topic(SENTENCES, prefix="s")})
    assert leak.level == "warning"


def test_labels_are_counted_rare_ones_warned_of_and_unseen_ones_named():
    splits = {"train": topic(SENTENCES) * 4, "test": topic(["خبر عن الطقس"], "weather", "t")}
    labels = [f for f in check(splits, FORMS["topic"]) if f.check == "labels"]
    told = {(f.split, f.level, f.message.split(":")[0]): f.message for f in labels}
    assert told["train", "note", "rows by label"] == "rows by label: sport 24"
    assert "weather" in told["train", "note", "labels of the scheme without a row"]
    assert told["test", "warning", f"labels with fewer than {FEW} rows"].endswith("weather 1")
    assert ("test", "warning", "rows with a label that no training row has") in told
    assert ("train", "warning", f"labels with fewer than {FEW} rows") not in told


def test_statements_are_compared_by_tags_and_condition():
    row = {"id": "1", "text": SENTENCES[5], "tags": ["call", "warning"], "conditional": False}
    other = {**row, "id": "2", "tags": ["warning", "call"]}
    assert [f.check for f in found({"train": [row, other]}, "statement")] == ["repeats"]
    assert [f.check for f in found({"train": [row, {**other, "conditional": True}]}, "statement")] == ["two labels"]


def test_lengths_are_given_in_words_and_tokens_against_the_window():
    rows = [{"text": "كلمة " * n, "target": "هدف"} for n in (1, 5, 10)] + [{"text": ""}]
    (note,) = lengths({"train": rows}, Reader("toy model", 6, lambda texts: [len(t.split()) + 1 for t in texts]))
    assert note.count == 3
    assert note.message == (
        "words 1 to 10 (median 5, 95th percentile 10); tokens of the toy model 4 to 13 (median 8, 95th percentile 12);"
        " 66.7% of the texts are longer than its window of 6"
    )
    assert lengths({"train": rows[:1]})[0].message == "words 1 to 1 (median 1, 95th percentile 1)"
    assert lengths({"train": [{"text": ""}]}) == []


def test_a_finding_names_a_few_of_its_rows_and_counts_all():
    made = finding("warning", "texts", "train", "rows", map(str, range(9)))
    assert (made.count, len(made.examples)) == (9, EXAMPLES)


@pytest.mark.parametrize(
    ("levels", "expected"), [((), None), (("note",), "note"), (("note", "error", "warning"), "error")]
)
def test_the_worst_level(levels, expected):
    assert worst(Finding(level, "c", "s", "m") for level in levels) == expected
