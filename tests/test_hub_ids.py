"""Names that are asked of the hub, and names that can only mean a place on this machine."""

from __future__ import annotations

import pytest

from tasrih.hub_ids import is_hub_id


@pytest.mark.parametrize("name", ["owner/model", "UBC-NLP/MARBERTv2", "csebuetnlp/mT5_multilingual_XLSum", "runs2/x"])
def test_owner_and_name_are_an_id(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_hub_id(name)


@pytest.mark.parametrize(
    "name",
    [None, "", "model", "runs/topic", "./model", "../model", "~/model", "/models/x", "a/b/c", "a b/c", "no\nwhere/x"],
)
def test_what_can_only_be_a_place_is_none(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not is_hub_id(name)


def test_an_owner_that_is_a_folder_here_or_under_a_root_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "data" / "stance").mkdir(parents=True)
    assert not is_hub_id("models/topic")
    assert is_hub_id("stance/mine") and not is_hub_id("stance/mine", tmp_path / "data")
