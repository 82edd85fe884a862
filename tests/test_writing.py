"""Files appear whole: a fault leaves what was there, and nothing beside it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from tasrih.writing import move_open, open_alone, whole_file, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_name_is_taken_at_the_end(tmp_path):
    path = tmp_path / "a.csv"
    with whole_file(path) as place:
        place.write_text("خبر", encoding="utf-8")
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "خبر" and names(tmp_path) == ["a.csv"]
    write_whole(path, "آخر")
    assert path.read_text(encoding="utf-8") == "آخر" and names(tmp_path) == ["a.csv"]


def test_a_fault_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), whole_file(path) as place:
        place.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old" and names(tmp_path) == ["a.csv"]


def killed_in_mid_write(path):
    code = (
        "import sys, time; from pathlib import Path; from tasrih.writing import whole_file\n"
        "with whole_file(Path(sys.argv[1])) as place, place.open('w') as out:\n"
        "    out.write('half'); out.flush(); print(flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_a_kill_leaves_no_half_under_the_name(tmp_path):
    killed_in_mid_write(tmp_path / "a.csv")
    (left,) = names(tmp_path)
    assert re.fullmatch(r"a\.csv\.[0-9a-f]{8}\.tmp", left)


def test_a_kill_leaves_no_half_where_a_link_leads(tmp_path):
    (tmp_path / "there").mkdir()
    target, link, further = tmp_path / "there" / "target", tmp_path / "link", tmp_path / "further"
    target.write_text("old")
    link.symlink_to("there/target")
    further.symlink_to("link")
    killed_in_mid_write(further)
    kept, left = names(target.parent)
    assert target.read_text() == "old" and kept == "target" and left.endswith(".tmp")
    (target.parent / left).unlink()
    write_whole(further, "new")
    assert further.is_symlink() and link.is_symlink() and target.read_text() == "new"
    assert names(tmp_path) == ["further", "link", "there"] and names(target.parent) == ["target"]


def test_a_link_to_what_is_not_there_yet_or_never(tmp_path):
    (tmp_path / "link").symlink_to("target")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "new"
    (tmp_path / "circle").symlink_to("circle")
    with pytest.raises(OSError, match="circle"):
        write_whole(tmp_path / "circle", "new")
    assert (tmp_path / "circle").is_symlink()


def test_the_standard_output_is_written_to_as_it_is(tmp_path):
    """A file that the shell has opened must not be put aside: what is written after would be lost."""
    code = "from pathlib import Path; from tasrih.writing import write_whole; write_whole(Path('/dev/stdout'), 'new')"
    path = tmp_path / "out"
    with path.open("wb") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
        assert path.stat().st_ino == os.fstat(out.fileno()).st_ino
    assert path.read_text() == "new"


def test_pipes_and_links_are_written_to_as_they_are(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink() and target.read_text() == "new"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True)
    write_whole(pipe, "through")
    assert reader.communicate(timeout=20)[0] == "through" and pipe.exists() and not pipe.is_file()


def test_a_link_that_was_laid_out_before_is_not_followed(tmp_path):
    victim, path = tmp_path / "victim", tmp_path / "page.html"
    victim.write_text("mine")
    (tmp_path / "page.html.tmp").symlink_to(victim)
    with whole_file(path) as place:
        assert not place.is_symlink() and place.parent == tmp_path
        place.write_text("page")
    assert victim.read_text() == "mine" and path.read_text() == "page"
    path.unlink()
    path.symlink_to(victim)
    with whole_file(path, follow=False) as place:
        place.write_text("page")
    assert victim.read_text() == "mine" and not path.is_symlink() and path.read_text() == "page"


def test_the_mode_is_that_of_any_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / ("م" * 120), "new")  # a long name too
    finally:
        os.umask(before)
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o777 == 0o640 and path.name == "م" * 120


def test_one_process_at_a_time_adds_to_a_file(tmp_path):
    place, path = tmp_path / "a.part", tmp_path / "a"
    file = open_alone(place)
    file.write(b"row")
    with pytest.raises(BlockingIOError, match=r"another run is writing .*a\.part"):
        open_alone(place)
    move_open(file, place, path)
    open_alone(place).close()
    assert path.read_bytes() == b"row" and place.read_bytes() == b""
    killed = subprocess.run(
        [sys.executable, "-c", "import os, sys; from pathlib import Path; from tasrih.writing import open_alone\n"
         "open_alone(Path(sys.argv[1])); os.kill(os.getpid(), 9)", str(place)],
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    open_alone(place).close()  # no lock outlives its process


def test_a_finished_file_is_not_added_to(tmp_path, monkeypatch):
    """The other run may end between the opening and the lock."""
    import fcntl

    place, path = tmp_path / "a.part", tmp_path / "a"
    place.write_bytes(b"row")
    monkeypatch.setattr(fcntl, "flock", lambda file, how: os.replace(place, path))
    with pytest.raises(BlockingIOError):
        open_alone(place)
    assert path.read_bytes() == b"row"


def test_a_link_is_not_added_to(tmp_path):
    victim, place = tmp_path / "victim", tmp_path / "a.part"
    place.symlink_to(victim)
    with pytest.raises(OSError, match=r"a\.part is a link: delete it"):
        open_alone(place)
    assert not victim.exists()
