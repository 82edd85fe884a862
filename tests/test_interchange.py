"""Articles in, rows out: in order, in bounded memory, the same in every format, offsets into the article."""

from __future__ import annotations

import csv
import json
import lzma

import pytest

from tasrih.data.limits import Limits
from tasrih.interchange import (
    BATCH,
    LABELS,
    Article,
    document_from_dict,
    read_articles,
    row_dict,
    statement_rows,
    with_documents,
    write_rows,
)
from tasrih.results import Document, Prediction, Span, Stance, Statement, Summary, Window

TEXT = "🚩 رحّب «وزير الخارجية» بالاتفاق، وحذر من خرقه إذا تأخر التنفيذ.\nولا شيء هنا ٣."


def span(part: str, start: int = 0) -> Span:
    at = TEXT.index(part, start)
    return Span(part, at, at + len(part))


def document() -> Document:
    end = TEXT.index("\n")
    scores = {label: round(0.05 + 0.01 * n, 4) for n, label in enumerate(LABELS)}
    first = Statement(
        TEXT[:end], 0, end, ("endorsement", "warning"), scores, True, span("وزير الخارجية"), False,
        (Stance(span("الاتفاق"), "favor", 0.9), Stance(span("خرقه"), "against", 0.75)),
    )  # fmt: skip
    second = Statement(TEXT[end + 1 :], end + 1, len(TEXT), (), scores, False, span("وزير الخارجية"), True)
    windows = (Window(0, 5, {"sport": 0.5}),)
    topic = Prediction("sport", 0.9, {"sport": 0.9}, ("sport",), windows=windows)
    return Document(TEXT, topic, (first, second), Summary("رحب", "extractive", 1.0, (span("الاتفاق"),)))


ARTICLE = Article("a-1", TEXT, "2015-07-21", "صحيفة")


def test_a_document_comes_back_from_its_json():
    assert document_from_dict(json.loads(json.dumps(document().to_dict()))) == document()
    assert document_from_dict({"text": "نص", "statements": []}) == Document("نص")
    with pytest.raises(ValueError, match="not the JSON of a document"):
        document_from_dict({"text": "نص", "statements": [{"tags": []}]})


def test_rows_hold_offsets_into_the_article():
    first, second = statement_rows(ARTICLE, document())
    assert (first.number, second.number) == (1, 2)
    for row in (first, second):
        assert TEXT[row.start : row.end] == row.text
        assert TEXT[row.speaker_start : row.speaker_end] == row.speaker == "وزير الخارجية"
    assert (
        [TEXT[s["start"] : s["end"]] for s in first.stances]
        == ["الاتفاق", "خرقه"]
        == [s["target"] for s in first.stances]
    )
    assert (first.tags, first.conditional, second.speaker_inferred) == (("endorsement", "warning"), True, True)


def test_every_format_gives_the_rows_back(tmp_path):
    rows = list(statement_rows(ARTICLE, document()))
    plain = [row_dict(row) for row in rows]
    assert write_rows(rows, tmp_path / "rows.jsonl") == 2
    assert [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()] == plain

    assert write_rows(iter(rows), tmp_path / "rows.csv") == 2
    assert (tmp_path / "rows.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    with (tmp_path / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert first["text"] == rows[0].text and first["tags"] == "endorsement|warning" and second["tags"] == ""
    assert json.loads(first["stances"]) == plain[0]["stances"]
    assert {label: float(first[f"p_{label}"]) for label in LABELS} == rows[0].scores

    parquet = pytest.importorskip("pyarrow.parquet")
    assert write_rows(rows, tmp_path / "rows.parquet") == 2
    assert parquet.read_table(tmp_path / "rows.parquet").to_pylist() == plain


def test_no_rows_and_damaged_texts_are_written_all_the_same(tmp_path):
    damaged = Document("قال \udc80 نعم", statements=(Statement("قال \udc80 نعم", 0, 9, ("call",)),))
    rows = list(statement_rows(Article("a", damaged.text), damaged))
    names = ["rows.csv", "rows.jsonl"]
    try:
        import pyarrow  # noqa: F401

        names.append("rows.parquet")
    except ImportError:
        pass
    for name in names:
        assert write_rows(rows, tmp_path / name) == 1
        assert write_rows([], tmp_path / name) == 0
    write_rows(rows, tmp_path / "rows.jsonl")
    assert json.loads((tmp_path / "rows.jsonl").read_text(encoding="utf-8"))["text"] == damaged.text
    with pytest.raises(
        ValueError, match=r"cannot write rows as rows\.xlsx: give a name that ends in \.csv, \.parquet, \.jsonl"
    ):
        write_rows(rows, tmp_path / "rows.xlsx")


def test_articles_are_read_from_every_kind_of_file(tmp_path):
    (tmp_path / "a.txt").write_text(f"\ufeff{TEXT}", encoding="utf-8")
    row = {
        "id": 7,
        "text": TEXT,
        "date": "2015-07-21",
        "source": "صحيفة",
        "title": "عنوان",
        "url": "https://x.example/1",
    }
    (tmp_path / "b.jsonl.xz").write_bytes(lzma.compress(json.dumps(row).encode()))
    (tmp_path / "c.csv").write_text("text,date\nنص,\n", encoding="utf-8")
    (tmp_path / "ignored.md").write_text("x")
    first, second, third = read_articles([tmp_path])
    assert first == Article("a", TEXT)
    assert second == Article("7", TEXT, "2015-07-21", "صحيفة", "عنوان", "https://x.example/1")
    assert third == Article("c.csv:1", "نص")


def test_lines_that_cannot_be_read_come_in_their_place(tmp_path):
    lines = [
        json.dumps({"text": "أول"}).encode(), b"{", b"", '{"text": "صالح"}'.encode("cp1256"), b'{"text": 3}', b"[]",
        json.dumps({"text": "نص", "statements": [{}]}).encode(), json.dumps({"text": "آخر"}).encode(),
    ]  # fmt: skip
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join(lines))
    articles = list(read_articles([path]))
    assert [a.text for a in articles] == ["أول", None, None, None, None, None, "آخر"]
    assert all(a.error for a in articles[1:6]) and "line 2" in articles[1].error and "line 4" in articles[2].error
    (tmp_path / "latin.txt").write_bytes("نص".encode("cp1256"))
    (bad,) = read_articles([tmp_path / "latin.txt"])
    assert bad.text is None and "not UTF-8" in bad.error


def test_a_file_that_cannot_be_read_loses_no_other(tmp_path):
    (tmp_path / "a.csv").write_text("متن\nخبر\n", encoding="utf-8")
    (tmp_path / "b.jsonl.xz").write_bytes(lzma.compress(b"0" * 2**20))
    (tmp_path / "c.txt").write_text(TEXT, encoding="utf-8")
    first, second, third = read_articles([tmp_path], Limits(row=1000, ratio=9))
    assert 'a.csv: no "text"; it has متن' in first.error and "b.jsonl.xz: it unpacks to more than 9" in second.error
    assert third.text == TEXT


def test_a_path_that_holds_nothing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing does not exist"):
        list(read_articles([tmp_path / "missing"]))
    with pytest.raises(FileNotFoundError, match=r"holds none of \.txt"):
        list(read_articles([tmp_path]))


def test_documents_stay_beside_their_articles_in_batches():
    sizes = []

    def tag(texts):
        sizes.append(len(texts))
        return [Document(text) for text in texts]

    own = Document("نص 3", statements=(Statement("نص 3", 0, 4),))
    articles = [Article(str(n), f"نص {n}") for n in range(BATCH + 2)]
    articles[3] = Article("3", "نص 3", document=own)
    articles[4] = Article("4", None, error="خلل")
    pairs = list(with_documents(iter(articles), tag))
    assert [article for article, _ in pairs] == articles
    assert pairs[3][1] == own and pairs[4][1] is None
    assert all(document.text == article.text for article, document in pairs if document is not None)
    assert sizes == [BATCH - 2, 2]
