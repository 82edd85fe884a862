"""From a corpus to tokenizer, shards and embeddings, held-out articles left out."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tokenizers import Tokenizer

from tasrih.data.corpus import read_articles, read_rows
from tasrih.text.normalise import normalise
from tasrih.training.prepare import PrepareConfig, prepare
from tasrih.training.shards import read_shard


def test_the_guard_removes_the_planted_articles(prepared, world):
    folder, report = prepared
    count = sum(1 for _ in read_articles(world.root / "corpus"))
    removed = world.planted["corpus"]
    assert report["corpus"]["removed_by_guard"] == removed == 2
    assert report["corpus"]["articles"] == count - removed
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    read = tokenizer.decode(read_shard(folder / "corpus.npy").tolist())
    held = next(
        row["text"] for row in read_rows(world.root / "corpus" / "saudinewsnet.jsonl.xz") if row["id"] == "held:listed"
    )
    assert " ".join(held.split()[-3:]) not in read
    assert "لا يقرا ابدا" not in read  # of the planted headline, alef folded


def test_what_is_written_fits_together(prepared):
    folder, report = prepared
    tokenizer, shard = Tokenizer.from_file(str(folder / "tokenizer.json")), read_shard(folder / "corpus.npy")
    size = tokenizer.get_vocab_size()
    assert size <= 300
    assert len(shard) == report["corpus"]["tokens"] > 5000
    assert shard.max() < size
    assert (shard == tokenizer.token_to_id("[SEP]")).sum() == report["corpus"]["articles"]
    assert (shard == tokenizer.token_to_id("[UNK]")).mean() < 0.01
    embeddings = np.load(folder / "embeddings.npy")
    assert embeddings.shape == (size, 32)
    assert np.isfinite(embeddings).all()
    stored = json.loads((folder / "prepare.json").read_text())
    assert stored["report"] == report
    assert (stored["vocabulary"], stored["profile"], stored["seed"]) == (300, "news", 1)


def test_what_it_was_made_of_is_stored_beside_it(prepared):
    folder, report = prepared
    stored = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert stored["versions"]["tokenizers"] and "git_commit" in stored
    (data,) = stored["data"]
    assert (data["name"], data["rows"]) == ("corpus", report["corpus"]["articles"]) and len(data["sha256"]) == 64
    assert (stored["seeds"], data["removed_by_guard"]) == ([1], 2)


def test_a_headline_stands_before_its_text(prepared, world):
    folder, _ = prepared
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    article = next(article for article in read_articles(world.root / "corpus") if article.title)
    ids = tokenizer.encode(normalise(f"{article.title} {article.text}", "news"), add_special_tokens=False).ids
    shard = read_shard(folder / "corpus.npy").tolist()
    starts = [at for at in range(len(shard) - len(ids)) if shard[at : at + len(ids)] == ids]
    assert starts


def test_a_vocabulary_that_does_not_fill_up_still_fits_its_embeddings(world, tmp_path):
    prepare(PrepareConfig(str(tmp_path), corpora=["corpus"], vocabulary=5000, width=8), world.root)
    size = Tokenizer.from_file(str(tmp_path / "tokenizer.json")).get_vocab_size()
    assert size < 5000
    assert np.load(tmp_path / "embeddings.npy").shape == (size, 8)


def test_a_tokenizer_that_is_named_is_kept(prepared, world, tmp_path):
    folder, _ = prepared
    prepare(PrepareConfig(str(tmp_path), corpora=["corpus"], tokenizer=str(folder), width=None), world.root)
    assert np.array_equal(read_shard(tmp_path / "corpus.npy"), read_shard(folder / "corpus.npy"))
    kept, given = (Tokenizer.from_file(str(path / "tokenizer.json")) for path in (tmp_path, folder))
    assert kept.get_vocab() == given.get_vocab()


def test_a_second_corpus_is_read_with_the_first_ones_tokenizer(world, tmp_path):
    report = prepare(
        PrepareConfig(str(tmp_path), corpora=["corpus", "summarisation/tiny"], vocabulary=300, width=None, free=[]),
        world.root,
    )
    assert report["summarisation/tiny"]["articles"] == 0  # all of it is held out
    assert report["summarisation/tiny"]["removed_by_guard"] == 16
    assert not (tmp_path / "embeddings.npy").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"corpora": []}, "corpora must name at least one folder"),
        ({"vocabulary": 99}, "vocabulary must lie between 100 and 65536"),
        ({"vocabulary": 70_000}, "vocabulary must lie between 100 and 65536"),
    ],
)
def test_contradictions_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        PrepareConfig("out", **changes)


def test_a_missing_data_root_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        prepare(PrepareConfig(str(tmp_path / "out")), tmp_path / "nowhere")
