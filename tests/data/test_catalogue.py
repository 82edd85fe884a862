"""The catalogue covers what lies under a data root, and every entry can be acted on."""

from __future__ import annotations

import lzma
import re

import pytest

from tasrih.data.catalogue import CATALOGUE, TASKS, listed


def test_every_entry_says_what_a_reader_needs():
    for entry in CATALOGUE:
        assert entry.task in TASKS
        assert all((entry.name, entry.folder, entry.size, entry.licence, entry.citation, entry.source))
        assert re.search(r"\d", entry.size), entry.name
    for field in ("name", "folder"):
        values = [getattr(entry, field) for entry in CATALOGUE]
        assert len(set(values)) == len(values)


def test_a_set_is_found_as_folder_or_file(tmp_path):
    ans = next(entry for entry in CATALOGUE if entry.folder == "stance/ans")
    news = next(entry for entry in CATALOGUE if entry.folder == "corpus/saudinewsnet")
    assert ans.path(tmp_path) is None and news.path(tmp_path) is None
    (tmp_path / "stance" / "ans").mkdir(parents=True)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "saudinewsnet.jsonl.xz").touch()
    assert ans.path(tmp_path) == tmp_path / "stance" / "ans"
    assert news.path(tmp_path) == tmp_path / "corpus" / "saudinewsnet.jsonl.xz"


def test_listing_by_task():
    assert {entry.task for entry in listed("stance")} == {"stance"}
    assert list(listed()) == list(CATALOGUE)
    with pytest.raises(ValueError, match="unknown task 'poems': choose from statement, topic"):
        listed("poems")


@pytest.mark.data
def test_every_data_file_belongs_to_an_entry(data_root):
    folders = {entry.folder for entry in CATALOGUE}
    files = [path.relative_to(data_root) for path in data_root.rglob("*.jsonl*")]
    assert len(files) > 50
    names = {path.as_posix().split(".jsonl")[0] for path in files}
    assert not {name for name in names if name not in folders and name.rpartition("/")[0] not in folders}


@pytest.mark.data
def test_articles_are_counted(data_root):
    counted = 0
    for entry in CATALOGUE:
        if entry.size.endswith(" articles") and (path := data_root / f"{entry.folder}.jsonl.xz").is_file():
            with lzma.open(path) as lines:
                assert f"{sum(1 for _ in lines):,} articles" == entry.size, entry.folder
            counted += 1
    assert counted > 3


@pytest.mark.data
def test_every_set_that_the_sources_describe_is_listed(data_root):
    told = {entry.folder.rpartition("/")[2] for entry in CATALOGUE}
    described = set()
    for name in ("SOURCES.md", "SOURCES_labelled.md"):
        for line in (data_root / name).read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            # the first cell of a row of a table of sets: `folder`, path/folder, or a bare slug
            first = re.search(r"\(`([a-z]\w+)(?:/\w+(?:\.jsonl(?:\.xz)?)?)?`\)", cells[0]) or re.fullmatch(
                r"`?(?:[a-z_]+/)?([a-z]+[a-z0-9]*_[a-z0-9_]+|ant|asnd)`?(?: \(.*\))?", cells[0]
            )
            if line.startswith("|") and first and not cells[0].startswith("jsonl"):
                described.add(first[1])
    assert len(described) > 40, sorted(described)
    assert described <= told, sorted(described - told)
