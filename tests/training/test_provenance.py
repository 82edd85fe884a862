"""What is stored of a run, and when a run may be gone on from."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field, replace

import pytest

from tasrih.training import provenance


@dataclass(frozen=True)
class Config:
    output: str = "out"
    epochs: float = 3
    labels: tuple = ("a",)
    sets: tuple = ()
    shares: dict = field(default_factory=dict)
    resume: bool = False


def test_versions_name_what_bears_on_a_run():
    found = provenance.versions()
    assert {"python", "tasrih", "torch", "transformers", "tokenizers", "datasets"} <= set(found)
    assert found["torch"].split(".")[0].isdigit()


def test_the_commit_is_that_of_the_repository_which_keeps_the_code(tmp_path, monkeypatch):
    package = tmp_path / "code" / "training"
    package.mkdir(parents=True)
    for path in (package / "provenance.py", package / "tuning.py", package.parent / "__init__.py"):
        path.write_text("x = 1\n")
    monkeypatch.setattr(provenance, "__file__", str(package / "provenance.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert provenance.git_commit() is None

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        return subprocess.run(
            ["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    assert provenance.git_commit() is None  # a repository that does not keep these files is not theirs
    git("add", ".")
    git("commit", "-q", "-m", "first")
    assert provenance.git_commit() == git("rev-parse", "HEAD")
    (package / "tuning.py").write_text("x = 2\n")
    assert provenance.git_commit() == git("rev-parse", "HEAD") + "+changes"


def test_no_git_no_commit(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.git_commit() is None


def test_a_run_is_gone_on_from_under_its_own_settings_alone(tmp_path):
    provenance.check_resumable(tmp_path, Config())  # nothing begun yet
    provenance.write_config(tmp_path / "run", Config())
    assert "resume" not in json.loads((tmp_path / "run" / "train_config.json").read_text())
    provenance.check_resumable(tmp_path / "run", Config(resume=True))
    with pytest.raises(ValueError, match="was begun with epochs=3, not 4") as caught:
        provenance.check_resumable(tmp_path / "run", replace(Config(), epochs=4))
    assert "\n" not in str(caught.value)


@dataclass(frozen=True)
class Part:
    name: str
    derive: str = ""


def test_options_that_came_since_a_run_was_begun_do_not_end_it(tmp_path):
    """Within a set as within the run: a set had no ``derive`` when the run began. But they must be at their default."""
    now = replace(Config(), sets=(Part("ant"),))
    provenance.write_config(tmp_path, replace(now, sets=({"name": "ant"},)))
    provenance.check_resumable(tmp_path, now)
    for changed in ((Part("bbc"),), now.sets * 2, (), (Part("ant", "infill"),)):
        with pytest.raises(ValueError, match="was begun with sets="):
            provenance.check_resumable(tmp_path, replace(now, sets=changed))


def test_what_a_user_names_by_keys_is_compared_whole(tmp_path):
    now = replace(Config(), shares={"a.bin": 1.0})
    provenance.write_config(tmp_path, now)
    provenance.check_resumable(tmp_path, now)
    for changed in ({"b.bin": 1.0}, {"a.bin": 1.0, "b.bin": 2.0}, {}):
        with pytest.raises(ValueError, match="was begun with shares="):
            provenance.check_resumable(tmp_path, replace(now, shares=changed))


def test_a_run_is_gone_on_from_over_its_own_rows_alone(tmp_path):
    runs = tmp_path / "run" / "checkpoints"
    data = [{"name": name, "split": "train", "rows": 3, "sha256": "0" * 64, "removed_by_guard": 0} for name in "ab"]
    provenance.check_data(runs, data)  # a run of before, which noted none
    provenance.write_data(runs, data)
    provenance.check_data(runs, data)
    provenance.check_data(runs, [{**part, "derive": ""} for part in data])  # nothing was derived then
    for change in ({"sha256": "1" * 64}, {"removed_by_guard": 1}, {"derive": "gap"}):
        with pytest.raises(ValueError, match=r"resume: the run in .*run was begun with other rows of b/train; put them back"):
            provenance.check_data(runs, [data[0], data[1] | change])


def test_what_is_written_is_complete(tmp_path):
    data = [{"name": "x", "split": "train", "rows": 3, "sha256": "0" * 64}]
    provenance.write_provenance(tmp_path, seeds=[1, 2], data=data, begun=0.0, resumed=False)
    found = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert found["seeds"] == [1, 2] and found["data"] == data
    assert found["peak_memory_bytes"]["host"] > 50 * 2**20  # torch alone takes more
    assert {"versions", "git_commit", "device", "processes", "threads", "seconds"} <= set(found)
    assert not list(tmp_path.glob("*.part"))
    provenance.write_provenance(tmp_path, seeds=[1], data=[], begun=0.0, resumed=False, name="a.run.json")
    assert json.loads((tmp_path / "a.run.json").read_text(encoding="utf-8"))["seeds"] == [1]
