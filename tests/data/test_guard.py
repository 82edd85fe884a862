"""The held-out guard on a small data root: what it refuses, and what it lets through."""

from __future__ import annotations

import csv
import json
import lzma
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasrih.data.corpus import read_articles
from tasrih.data.guard import LEAST, LETTERS, HeldOut, fingerprint
from tasrih.errors import MissingExtraError

LISTED = (
    "افتتح المحافظ صباح الأحد سوقا جديدة للسمك على رصيف الميناء القديم، بعد أعمال ترميم استمرت ثلاثة أعوام وشملت " * 3
)
SENTENCE = "وأكَّد رئيسُ البلدية سمير عواد أن المدرسة الابتدائية ستفتح أبوابها، وأن الآباء مدعوون إلى زيارتها."
TOPIC = "هطلت أمطار غزيرة على السهول الشمالية أمس، فامتلأت السدود وتوقفت الحافلات عن العمل في مدينتين ساحليتين. " * 3
SHARED = "اجتمع مجلس النقابة مساء الثلاثاء لمناقشة أجور عمال المخابز في العاصمة. "
SPORT = (
    SHARED + "وقال رئيسه إن المفاوضات مع أصحاب المخابز ستستأنف قريبا بحضور وسيط من وزارة العمل لتقريب وجهات النظر. " * 2
)
OTHER = (
    SHARED
    + "ولم يصدر عن الاجتماع أي بيان، وغادر الأعضاء القاعة دون أن يدلوا بتصريحات إلى الصحفيين المنتظرين في الخارج. " * 2
)


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(lzma.compress(lines) if path.suffix == ".xz" else lines)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "heldout_ids.tsv").write_text(
        "paper:1\tstatements/test\n"
        "paper:2\ttopic/x/test\n"
        "paper:3\ttopic/x/test,topic_iptc/validation\n"
        "paper:4\treserve\n"
        "paper:5\ttopic/x/train\n",
        encoding="utf-8",
    )
    write(
        tmp_path / "corpus" / "paper.jsonl.xz",
        [
            {"id": "paper:1", "text": LISTED},
            {"id": "paper:7", "text": TOPIC},
            {"id": "paper:8", "text": OTHER},
            {"id": "paper:9", "text": "خبر قصير."},
        ],
    )
    write(tmp_path / "statements" / "test.jsonl", [{"id": "s-1", "text": SENTENCE}])
    write(tmp_path / "statements" / "train.jsonl", [{"id": "s-2", "text": "جملة للتدريب."}])
    write(tmp_path / "topic_iptc" / "validation.jsonl.xz", [{"id": "paper:6", "title": "النقابة تجتمع", "text": SPORT}])
    write(tmp_path / "topic" / "x" / "test.jsonl", [{"id": "x-1", "text": TOPIC}])
    write(tmp_path / "topic" / "x" / "train.jsonl", [{"id": "x-2", "text": OTHER}])
    write(tmp_path / "reserve" / "articles.jsonl.xz", [{"id": "r-1", "text": "خبر محفوظ"}])
    return tmp_path


def test_it_covers_every_set_but_those_of_training(root):
    guard = HeldOut.from_root(root)
    assert guard.sets == ("reserve/articles", "statements/test", "topic/x/test", "topic_iptc/validation")
    assert guard.ids == {"paper:1", "paper:2", "paper:3", "paper:4", "paper:6", "s-1", "x-1", "r-1"}


def test_a_planted_article_is_refused_by_its_id(root):
    guard = HeldOut.from_root(root)
    assert guard.holds("نص لم يره أحد من قبل", "paper:1")
    assert guard.holds("نص لم يره أحد من قبل", "paper:6")
    assert not guard.holds("نص لم يره أحد من قبل", "paper:5")
    assert not guard.holds("نص لم يره أحد من قبل", None)


@pytest.mark.parametrize(
    "respelled",
    [
        SENTENCE,
        "واكد رئيس البلديه سمير عواد ان المدرسه الابتدائيه ستفتح ابوابها وان الاباء مدعوون الى زيارتها",
        SENTENCE.replace("أ", "ا\u0654").replace("،", " - ").replace(" ", " \u200f\u00a0"),
        SENTENCE.replace("ا", "ـاـ").replace("ي", "ی").replace("ك", "ک"),
        "".join(char + "\u064e" * 6 if char.isalpha() else char for char in SENTENCE),
        "«" + SENTENCE + "»\n",
    ],
)
def test_a_planted_text_is_refused_under_any_spelling(root, respelled):
    assert HeldOut.from_root(root).holds(respelled, "new-id")


def test_a_planted_text_is_refused_with_any_ending_and_under_any_headline(root):
    guard = HeldOut.from_root(root)
    assert guard.holds(SPORT + "خاتمة أضافتها صحيفة أخرى.")
    assert guard.holds("النقابة تجتمع\n" + SPORT)
    assert guard.holds("عنوان اختارته صحيفة أخرى\n" + SPORT)


def test_padding_does_not_hide_a_text(root):
    padded = " * ".join(SPORT.split()).replace(" ", " \u200f" * 8)
    assert HeldOut.from_root(root).holds(padded)


def test_an_article_that_shares_only_its_beginning_is_read(root):
    guard = HeldOut.from_root(root)
    assert 50 < len([char for char in SHARED if char.isalnum()]) < LETTERS
    assert not guard.holds(OTHER, "paper:8")
    assert not guard.holds(SHARED, "paper:8")


def test_short_texts_are_compared_whole(root):
    guard = HeldOut.from_root(root)
    assert guard.holds("خبر محفوظ!")
    assert not guard.holds("خبر محفوظ جدا")
    assert not guard.holds("خبر قصير.")
    assert not guard.holds("")
    assert not guard.holds("عنوان\n...")


def test_bare_topic_text_may_be_let_through(root):
    strict, free = HeldOut.from_root(root), HeldOut.from_root(root, but=("topic/",))
    assert strict.holds(TOPIC) and not free.holds(TOPIC)
    assert strict.holds("x", "paper:2") and not free.holds("x", "paper:2")
    # the rest stays held out, also where an article is in a free set as well
    assert free.sets == ("reserve/articles", "statements/test", "topic_iptc/validation")
    assert free.holds(SPORT) and free.holds(SENTENCE) and free.holds("x", "paper:3")


def test_splits_may_be_chosen(root):
    guard = HeldOut.from_root(root, splits=("test",))
    assert guard.holds(SENTENCE) and not guard.holds(SPORT)


def test_a_bare_number_is_no_name_outside_its_set(root):
    write(root / "other" / "test.jsonl", [{"id": "17", "text": "نص آخر محفوظ"}])
    guard = HeldOut.from_root(root)
    assert guard.holds("نص آخر محفوظ", "3")
    assert not guard.holds("نص لم يره أحد من قبل", "17")


def test_refuse_parts_a_corpus(root):
    kept, removed = HeldOut.from_root(root).refuse(
        read_articles(root / "corpus"), lambda article: article.text, lambda article: article.id
    )
    assert [article.id for article in kept] == ["paper:8", "paper:9"]
    assert removed == 2


def test_a_missing_root_says_what_to_set(tmp_path):
    with pytest.raises(FileNotFoundError, match="TASRIH_DATA"):
        HeldOut.from_root(tmp_path / "none")


def test_a_root_without_the_list_still_guards_texts(root):
    (root / "heldout_ids.tsv").unlink()
    guard = HeldOut.from_root(root)
    assert not guard.holds("x", "paper:1")
    assert guard.holds(SENTENCE)


def fill(path, rows):
    """Write rows in the format that the file's name asks for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if ".jsonl" in path.name:
        write(path, rows)
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    elif path.suffix == ".parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(sys.modules["pyarrow"].Table.from_pylist(rows), path)
    else:
        with path.open("w", encoding="utf-8", newline="") as out:
            table = csv.DictWriter(out, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
            table.writeheader()
            table.writerows(rows)


POST = "لا أرى في قرار البلدية إغلاق شارع السوق أمام السيارات إلا خيرا للتجار والمتسوقين معا."


@pytest.mark.parametrize(
    "name",
    [
        "test.csv", "test.tsv", "test.json", "test.parquet", "test.jsonl.xz", "test.jsonl.old", "dev.csv", "Valid.tsv",
        "val.json", "testing.jsonl", "test_hard.csv", "test-00001-of-00002.parquet", "test/part-0.csv", "dev/0000.json",
    ],
)
@pytest.mark.parametrize("column", ["text", "tweet"])
def test_a_split_is_held_in_every_format_under_every_name(tmp_path, name, column):
    fill(tmp_path / "mine" / name, [{"id": "m-1", column: POST, "label": "favor"}])
    guard = HeldOut.from_root(tmp_path)
    assert guard.holds(POST, "other") and guard.holds("غيره", "m-1") and not guard.holds(OTHER)
    assert len(guard.prints) == 1 and guard.sets[0].startswith("mine/")
    assert not HeldOut.from_root(tmp_path, but=["mine/"]).prints
    other = ("validation",) if "test" in name else ("test",)
    assert not HeldOut.from_root(tmp_path, splits=other).prints


@pytest.mark.parametrize("name", ["train.csv", "train/test-set.md", "trainers.tsv", "stats.json", "latest/train.csv"])
def test_other_files_are_left_alone(tmp_path, name):
    (tmp_path / "mine" / name).parent.mkdir(parents=True)
    (tmp_path / "mine" / name).write_text(f"tweet\n{POST}\n", encoding="utf-8")
    assert HeldOut.from_root(tmp_path) == HeldOut()


def test_of_a_row_without_text_every_long_string_is_held_and_no_short_one(tmp_path):
    short, long = "ا" * (LEAST - 1), "ب" * LEAST
    fill(tmp_path / "test.json", [{"headline": SENTENCE, "parts": [long, {"note": TOPIC}], "label": short, "votes": 3}])
    guard = HeldOut.from_root(tmp_path)
    assert guard.holds(SENTENCE) and guard.holds(long) and guard.holds(TOPIC) and not guard.holds(short)
    # where there is a text, the rest of the row says what it is
    fill(tmp_path / "test.json", [{"text": SENTENCE, "title": long, "text_en": TOPIC}])
    assert HeldOut.from_root(tmp_path).prints == {fingerprint(SENTENCE)}


def test_json_that_is_no_list_of_rows_is_held_too(tmp_path):
    fill(tmp_path / "test.json", {"version": 2, "data": [{"paragraphs": [{"context": POST}]}]})
    assert HeldOut.from_root(tmp_path).holds(POST)


def test_a_held_out_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "test.csv").write_bytes(f"text\n{POST}\n".encode("cp1256"))
    with pytest.raises(ValueError, match=r"test\.csv, line 2: not UTF-8"):
        HeldOut.from_root(tmp_path)


def test_parquet_needs_pyarrow_where_it_is_held_out_and_nowhere_else(root, monkeypatch):
    fill(root / "mine" / "train.parquet", [{"text": POST}])
    fill(root / "mine" / "test.parquet", [{"text": POST}])
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match="reading Parquet needs pyarrow"):
        HeldOut.from_root(root)
    (root / "mine" / "test.parquet").unlink()
    assert HeldOut.from_root(root).holds(SENTENCE)


def test_more_texts_are_held_beside_those_of_the_root(root):
    guard = HeldOut.from_root(root)
    wider = guard.also([POST, "عنوان أول\n" + OTHER, "", "؟!\n..."])
    assert wider.holds(POST) and wider.holds(OTHER) and wider.holds("عنوان آخر\n" + OTHER) and wider.holds(SENTENCE)
    assert not guard.holds(POST)  # the guard itself is as it was
    assert (wider.ids, wider.sets) == (guard.ids, guard.sets)
    assert not wider.holds("") and not wider.holds("عنوان\n...")


LETTERS_OF = st.text("ابتثجحخدذرزسشصضطعغفقكلمنهوي", min_size=1, max_size=200)


@settings(deadline=None)
@given(LETTERS_OF, LETTERS_OF)
def test_fingerprints_agree_just_where_the_first_letters_do(first, second):
    assert (fingerprint(first) == fingerprint(second)) == (first[:LETTERS] == second[:LETTERS])


@settings(deadline=None)
@given(LETTERS_OF, st.sampled_from(["\u064e", "ـ", " ", "\u200f", "،", "\n"]), st.integers(1, 12))
def test_fingerprints_ignore_all_but_letters(text, filler, times):
    assert fingerprint(text) == fingerprint((filler * times).join(text) + filler)


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_any_text_has_a_fingerprint(text):
    assert len(fingerprint(text)) == 8
