"""Stand-off labels: nothing of the text is in the file, and everything comes back from the corpus."""

import json
import lzma

import pytest

from tasrih.data.labelled import MarkedSpan, Row
from tasrih.data.standoff import read_standoff, write_standoff

ARTICLE = "صدر البيان أمس. حذّر الوزيرُ من «عواقب» وخيمة إذا فشلت المحادثات مع إيران. انتهى."
SENTENCE = "حذّر الوزيرُ من «عواقب» وخيمة إذا فشلت المحادثات مع إيران."
START = ARTICLE.index(SENTENCE)
SPEAKER = SENTENCE.index("الوزيرُ")
TARGET = SENTENCE.index("إيران")
ROW = Row(
    f"a-1@{START}",
    SENTENCE,
    ("warning", "conditional"),
    spans=(MarkedSpan(SPEAKER, SPEAKER + 7, "speaker"), MarkedSpan(TARGET, TARGET + 5, "neutral")),
    source="paper",
)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "corpus").mkdir()
    with lzma.open(tmp_path / "corpus" / "news.jsonl.xz", "wt", encoding="utf-8") as out:
        for identifier, text in (("a-0", "خبر آخر."), ("a-1", ARTICLE)):
            out.write(json.dumps({"id": identifier, "text": text, "source": "paper"}, ensure_ascii=False) + "\n")
    return tmp_path


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.jsonl"
    assert write_standoff(path, [("news.jsonl.xz", "a-1", START, ROW)]) == 1
    return path


def test_the_row_comes_back_from_the_corpus(root, labels):
    assert list(read_standoff(labels, "statement", root)) == [ROW]


def test_stances_come_as_pairs_with_their_target(root, labels):
    (pair,) = read_standoff(labels, "stance", root)
    assert (pair.text, pair.target, pair.labels) == (SENTENCE, "إيران", ("neutral",))


def test_a_whole_article_is_labelled_with_its_headline(root, tmp_path):
    with lzma.open(root / "corpus" / "news.jsonl.xz", "wt", encoding="utf-8") as out:
        row = {"id": "a-2", "title": "فوز المنتخب", "text": "فاز المنتخب ٣-١ أمس.", "source": "paper"}
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
    sport = Row("a-2", "فوز المنتخب\nفاز المنتخب ٣-١ أمس.", ("sport",), spans=None, other=("society",), source="paper")
    write_standoff(tmp_path / "topics.jsonl", [("news.jsonl.xz", "a-2", None, sport)])
    assert list(read_standoff(tmp_path / "topics.jsonl", "topic", root)) == [sport]
    with pytest.raises(ValueError, match="unknown label 'sport'"):
        list(read_standoff(tmp_path / "topics.jsonl", "statement", root))


def test_the_file_holds_no_word_of_the_text(labels):
    assert "الوزير" not in labels.read_text(encoding="utf-8")
    assert "إيران" not in json.dumps(json.loads(labels.read_text(encoding="utf-8")), ensure_ascii=False)


def test_another_text_under_the_same_id_is_refused(root, labels):
    with lzma.open(root / "corpus" / "news.jsonl.xz", "wt", encoding="utf-8") as out:
        out.write(json.dumps({"id": "a-1", "text": "نص " + ARTICLE}, ensure_ascii=False) + "\n")
    with pytest.raises(ValueError, match="a-1 is not the text that was labelled"):
        list(read_standoff(labels, "statement", root))


def test_a_missing_article_is_named(root, labels):
    with lzma.open(root / "corpus" / "news.jsonl.xz", "wt", encoding="utf-8") as out:
        out.write(json.dumps({"id": "a-0", "text": "خبر"}) + "\n")
    with pytest.raises(ValueError, match="no article a-1"):
        list(read_standoff(labels, "statement", root))


def test_a_missing_corpus_is_named(tmp_path, labels):
    with pytest.raises(FileNotFoundError, match=r"news\.jsonl\.xz"):
        list(read_standoff(labels, "statement", tmp_path))


def test_an_unknown_label_is_refused(tmp_path, root, labels):
    labels.write_text(labels.read_text(encoding="utf-8").replace('"warning"', '"warn"'), encoding="utf-8")
    with pytest.raises(ValueError, match="unknown label 'warn'"):
        list(read_standoff(labels, "statement", root))
