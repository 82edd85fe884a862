"""What the commands read and write: a run that is killed and resumed writes what one uninterrupted run writes."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
import unicodedata
from itertools import islice
from pathlib import Path

import pytest

from tasrih.begun import Begun
from tasrih.cli_streams import Article, InputError, OutputFile, find_files, json_line, record_of, run_stream, tell

SENTENCES = (
    "رحّب وزير الخارجية بالاتفاق الجديد.", "حذّر الأمين العام من «كارثة» إذا استمر الحصار.", "قال المتحدث: لن نقبل بأي شروط!",
    "ينعقد المؤتمر مساء الأحد في العاصمة.", "دان المجلس الهجوم على القافلة؟",
)  # fmt: skip


class Result:
    def __init__(self, text: str) -> None:
        self.text = text

    def to_dict(self) -> dict:
        return {"text": self.text, "length": len(self.text)}


def verb(texts):
    from tasrih.streams import Chunks, in_order

    def work(chunk, start, pool):
        return [Result(text) for text in chunk]

    return in_order(Chunks(texts, size=3, check=lambda text, where: text), work, workers=1, done=texts.done)


def rows(count: int) -> list[str]:
    lines = []
    for number in range(count):
        if number % 7 == 3:
            lines.append(f"{{{number}")  # no JSON
        else:
            lines.append(json.dumps({"text": f"{number}: {SENTENCES[number % 5]}"}, ensure_ascii=False))
    return lines


@pytest.fixture
def source(tmp_path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(rows(24)) + "\n", encoding="utf-8")
    return path


OPTIONS = {"the command": "tag", "--model": "small", "--abstain": False}


def run(source: Path, output: Path, *, resume: bool = False, verb=verb, **options) -> bool:
    return run_stream(
        [str(source)], verb, print, as_lines=False, as_json=False, output=output, resume=resume,
        options=OPTIONS | options,
    )  # fmt: skip


def leave(output: Path, data: bytes, source: Path) -> Path:
    """Leave what a run over ``source`` leaves where it is killed."""
    Begun.now(OPTIONS, find_files([str(source)]), as_lines=False).write(record_of(output))
    part = output.with_name(output.name + ".part")
    part.write_bytes(data)
    return part


@pytest.fixture
def whole(source, tmp_path) -> bytes:
    run(source, tmp_path / "whole.jsonl")
    return (tmp_path / "whole.jsonl").read_bytes()


def test_each_line_has_its_row_in_order(whole):
    found = [json.loads(line) for line in whole.splitlines()]
    assert len(found) == 24
    for number, row in enumerate(found):
        if number % 7 == 3:
            assert row["line"] == number + 1 and "not JSON" in row["error"]
        else:
            assert row["text"].startswith(f"{number}: ")


def test_a_run_that_ends_leaves_the_file_alone(source, tmp_path, whole):
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "whole.jsonl"]


@pytest.mark.parametrize("cut", [0, 1, 100, 333, 500, 777, -1])
def test_it_goes_on_from_wherever_it_was_cut(source, tmp_path, whole, cut):
    output = tmp_path / "out.jsonl"
    leave(output, whole[:cut], source)
    run(source, output, resume=True)
    assert output.read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl", "whole.jsonl"]


def test_it_goes_on_from_after_each_line(source, tmp_path, whole):
    lines = whole.splitlines(keepends=True)
    for count in range(len(lines) + 1):
        leave(tmp_path / "out.jsonl", b"".join(lines[:count]), source)
        run(source, tmp_path / "out.jsonl", resume=True)
        assert (tmp_path / "out.jsonl").read_bytes() == whole
        (tmp_path / "out.jsonl").unlink()


@pytest.mark.parametrize("count", [0, 1, 5, 11, 23])
def test_the_bar_of_a_resumed_run_ends_full(source, tmp_path, whole, count, monkeypatch):
    from rich.progress import Progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    begun, ended = [], []
    reset, stop = Progress.reset, Progress.stop
    monkeypatch.setattr(Progress, "reset", lambda bar, *given, **named: begun.append(named) or reset(bar, *given, **named))
    monkeypatch.setattr(Progress, "stop", lambda bar: ended.extend(bar.tasks) or stop(bar))
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    leave(tmp_path / "out.jsonl", b"".join(whole.splitlines(keepends=True)[:count]), source)
    run(source, tmp_path / "out.jsonl", resume=True)
    assert (tmp_path / "out.jsonl").read_bytes() == whole
    (bar,) = ended
    assert bar.completed == bar.total == source.stat().st_size
    before = sum(len(line) for line in source.read_bytes().splitlines(keepends=True)[:count])
    assert [named["completed"] for named in begun] == ([before] if count else [])


def test_what_an_interrupted_run_left_is_not_overwritten_unasked(source, tmp_path, whole):
    output = tmp_path / "out.jsonl"
    part = leave(output, whole[:300], source)
    with pytest.raises(InputError, match=r"out\.jsonl\.part is left .* --resume"):
        run(source, output)
    assert part.read_bytes() == whole[:300]


def test_a_finished_output_is_left_as_it_is(source, tmp_path, whole, capsys):
    output = tmp_path / "whole.jsonl"
    stamp = output.stat().st_mtime_ns
    assert run(source, output, resume=True)
    assert output.stat().st_mtime_ns == stamp
    assert "is complete; what it was made of is not compared" in capsys.readouterr().err
    run(source, output)  # unless it is asked for anew
    assert output.read_bytes() == whole and output.stat().st_mtime_ns > stamp


def test_another_input_is_told_apart(source, tmp_path, whole):
    output = tmp_path / "out.jsonl"
    other = tmp_path / "other.jsonl"
    for lines in (rows(24)[4:], rows(5), [row for row in rows(24) if row.startswith('{"')]):
        other.write_text("\n".join(lines) + "\n", encoding="utf-8")
        # as if all that is noted of the two were alike
        leave(output, b"".join(whole.splitlines(keepends=True)[:12]), other)
        with pytest.raises(InputError, match="another input"):
            run(other, output, resume=True)
        assert not output.exists()


SAME_ROWS = "\n".join(row.replace("الاتفاق", "التوافق").replace("المؤتمر", "الملتقى") for row in rows(24)) + "\n"


@pytest.mark.parametrize("content", [SAME_ROWS, SAME_ROWS + "{}\n", "\n".join(rows(23)) + "\n"])
def test_another_input_of_the_same_name_is_refused(source, tmp_path, whole, content):
    """As many rows, or more, would be taken for the same ones."""
    output = tmp_path / "out.jsonl"
    part = leave(output, whole[:500], source)
    source.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"out\.jsonl\.part was begun from another .*in\.jsonl: .*delete it"):
        run(source, output, resume=True)
    assert part.read_bytes() == whole[:500] and not output.exists()


def test_a_change_in_the_last_megabyte_is_seen(tmp_path):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    line = json.dumps({"text": "x" * 1000}) + "\n"
    source.write_text(line * 3000)
    leave(output, b'{"text": "x"}\n', source)
    data = bytearray(source.read_bytes())
    data[-5] = ord("y")
    source.write_bytes(data)
    with pytest.raises(InputError, match="it has changed since"):
        run(source, output, resume=True)
    data[-5] = ord("x")
    source.write_bytes(data + line.encode())
    assert Begun.read(record_of(output)).difference(Begun.now(OPTIONS, [source], as_lines=False)) is None


@pytest.mark.parametrize("cut", [0, 500, -1])
def test_lines_may_be_added_to_the_last_input(source, tmp_path, whole, cut):
    output = tmp_path / "out.jsonl"
    leave(output, whole[:cut] if cut >= 0 else whole, source)
    source.write_text("\n".join(rows(30)) + "\n", encoding="utf-8")
    assert run(source, output, resume=True)
    run(source, tmp_path / "again.jsonl")
    assert output.read_bytes() == (tmp_path / "again.jsonl").read_bytes()


def test_no_other_input_may_have_grown(tmp_path):
    folder, output = tmp_path / "in", tmp_path / "out.jsonl"
    folder.mkdir()
    for name in ("a.jsonl", "b.txt"):
        (folder / name).write_text("\n".join(rows(3)) + "\n", encoding="utf-8")
    for name in ("a.jsonl", "b.txt"):
        before = (folder / name).read_bytes()
        leave(output, b'{"text": "x"}\n', folder)
        (folder / name).write_bytes(before + rows(1)[0].encode())
        with pytest.raises(InputError, match=rf"{name}: it has changed since"):
            run(folder, output, resume=True)
        (folder / name).write_bytes(before)
    (folder / "c.txt").write_text("خبر", encoding="utf-8")
    with pytest.raises(InputError, match="was begun from 2 inputs, and this run has 3"):
        run(folder, output, resume=True)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"the command": "classify"}, "was begun with the command tag, and this run has the command classify"),
        ({"--model": "large"}, "was begun with --model small, and this run has --model large"),
        ({"--abstain": True}, "was begun with no --abstain, and this run has --abstain"),
        ({"--target": "العراق"}, "was begun with no --target, and this run has --target العراق"),
        ({"the model's files": "1f"}, "was begun with a model whose files have changed since"),
    ],
)
def test_other_options_are_refused(source, tmp_path, whole, options, told):
    output = tmp_path / "out.jsonl"
    part = leave(output, whole[:500], source)
    with pytest.raises(InputError) as refused:
        run(source, output, resume=True, **options)
    assert str(refused.value) == f"{part} {told}: give the same again, or delete it"
    assert part.read_bytes() == whole[:500]
    run(source, output, resume=True)
    assert output.read_bytes() == whole


def test_other_bounds_are_refused(source, tmp_path, whole, monkeypatch):
    leave(tmp_path / "out.jsonl", whole[:500], source)
    monkeypatch.setenv("TASRIH_LIMITS", "row=1KiB")
    with pytest.raises(InputError, match=r"--limits row=16777216,.* --limits row=1024,"):
        run(source, tmp_path / "out.jsonl", resume=True)


@pytest.mark.parametrize("record", [None, b"", b"[]", b'{"options": {}}', b'{"options": {}, "inputs": [{"a": 1}]}'])
def test_rows_of_which_nothing_is_known_are_refused(source, tmp_path, whole, record):
    output = tmp_path / "out.jsonl"
    part = leave(output, whole[:500], source)
    record_of(output).unlink()
    if record is not None:
        record_of(output).write_bytes(record)
    with pytest.raises(InputError, match=r"no out\.jsonl\.part\.run says what .*out\.jsonl\.part was begun with: delete it"):
        run(source, output, resume=True)
    part.unlink()
    run(source, output, resume=True)
    assert output.read_bytes() == whole and not record_of(output).exists()


def test_a_kill_at_any_step_leaves_what_can_be_gone_on_from(source, tmp_path, whole, monkeypatch):
    """Whatever call to the system is the last one: the statement comes first, and goes last."""
    output = tmp_path / "out.jsonl"

    class Killed(BaseException):
        pass

    def killed(*given, **named):
        raise Killed

    for patched in ("fsync", "replace"):
        for number in range(2):  # once for the statement, once for the rows
            calls = []
            real = getattr(os, patched)

            def counted(*given, real=real, calls=calls, number=number):
                calls.append(given)
                return killed() if len(calls) > number else real(*given)

            monkeypatch.setattr(os, patched, counted)
            with pytest.raises(Killed):
                run(source, output)
            monkeypatch.undo()
            run(source, output, resume=True)
            assert output.read_bytes() == whole
            output.unlink()
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok: path == record_of(output) and killed())
    with pytest.raises(Killed):
        run(source, output)
    monkeypatch.undo()
    assert output.read_bytes() == whole and record_of(output).exists()
    assert run(source, output, resume=True) and output.read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl", "whole.jsonl"]


def test_a_run_that_writes_into_the_folder_that_it_reads_goes_on(source, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(source.read_bytes())
    run(folder, tmp_path / "whole.jsonl")
    whole = (tmp_path / "whole.jsonl").read_bytes()

    def faulty(texts):
        yield from islice(verb(texts), 5)
        raise OSError("no space left")

    with pytest.raises(OSError):
        run(folder, folder / "out.jsonl", verb=faulty)
    run(folder, folder / "out.jsonl", resume=True)
    assert (folder / "out.jsonl").read_bytes() == whole


def test_resume_needs_an_output(source):
    with pytest.raises(InputError, match="--output"):
        run_stream([str(source)], verb, print, as_lines=False, as_json=False, resume=True)


def test_a_fault_leaves_what_was_done(source, tmp_path, whole):
    def faulty(texts):
        for number, result in enumerate(verb(texts)):
            if number == 9:
                raise OSError("no space left")
            yield result

    with pytest.raises(OSError):
        run(source, tmp_path / "out.jsonl", verb=faulty)
    assert 0 < len((tmp_path / "out.jsonl.part").read_bytes().splitlines()) < 24
    run(source, tmp_path / "out.jsonl", resume=True)
    assert (tmp_path / "out.jsonl").read_bytes() == whole


def test_a_file_that_cannot_be_read_has_its_row_too(tmp_path, capsys):
    for name, data in (("a.txt", "خبر"), ("b.txt", None), ("c.txt", "خبر آخر")):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(data.encode() if data else "خبر".encode("cp1256"))
    output = tmp_path / "out.jsonl"
    assert run(tmp_path / "in", output) is False
    whole = output.read_bytes()
    found = [json.loads(line) for line in whole.splitlines()]
    assert [("text" in row, "error" in row) for row in found] == [(True, False), (False, True), (True, False)]
    assert found[1]["file"].endswith("b.txt") and "b.txt" in capsys.readouterr().err
    for count in range(4):
        leave(output, b"".join(whole.splitlines(keepends=True)[:count]), tmp_path / "in")
        output.unlink()
        run(tmp_path / "in", output, resume=True)
        assert output.read_bytes() == whole


def test_a_deep_line_is_a_bad_line(tmp_path):
    path = tmp_path / "deep.jsonl"
    path.write_text("[" * 200_000 + "\n" + json.dumps({"text": "خبر"}) + "\n", encoding="utf-8")
    run(path, tmp_path / "out.jsonl")
    first, second = (json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert first["line"] == 1 and "JSON" in first["error"] and second["text"] == "خبر"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"text": "أ", "text": "ب"}', "the key 'text' stands twice"),
        (f'{{"text": "أ", "n": {"9" * 5000}}}', "too many digits"),
        (
            json.dumps({"text": "م" * 999}),
            "longer than 1KiB: if you trust it, allow more with `tasrih --limits row=4KiB",
        ),
        ('{"body": "أ"}', 'no "text"; it has body'),
    ],
)
def test_a_bad_line_of_any_kind_stands_in_its_place(tmp_path, monkeypatch, line, told):
    monkeypatch.setenv("TASRIH_LIMITS", "row=1KiB")
    path = tmp_path / "in.jsonl"
    path.write_text(f'{{"text": "قبل"}}\n{line}\n{{"text": "بعد"}}\n', encoding="utf-8")
    assert run(path, tmp_path / "out.jsonl")
    before, bad, after = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    if "digits" in told:
        assert bad["error"].startswith("longer than 1KiB")
        monkeypatch.delenv("TASRIH_LIMITS")
        run(path, tmp_path / "out.jsonl")
        bad = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()[1])
    assert (before["text"], after["text"], bad["line"]) == ("قبل", "بعد", 2) and told in bad["error"]


def test_tables_and_packed_files_are_read_and_gone_on_from(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text('id,text\n1,خبر أول\n2,"سطر\nوآخر"\n', encoding="utf-8")
    (folder / "b.jsonl.gz").write_bytes(gzip.compress("\n".join(rows(10)).encode()))
    (folder / "c.json").write_text(json.dumps([{"text": "خبر"}, {"title": "بلا نص"}]), encoding="utf-8")
    (folder / "d.tsv").write_text("عنوان\tمتن\nأ\tب\n", encoding="utf-8")
    (folder / "e.jsonl.xz").write_bytes(b"nonsense")
    output = tmp_path / "out.jsonl"
    assert run(folder, output) is False
    whole = output.read_bytes()
    found = [json.loads(line) for line in whole.splitlines()]
    assert [row.get("text") for row in found[:2]] == ["خبر أول", "سطر\nوآخر"] and len(found) == 2 + 10 + 2 + 2
    assert found[12]["text"] == "خبر" and found[13] == {
        "line": 2, "error": 'no "text"; it has title: rename the one that holds the text',
    }  # fmt: skip
    assert 'no "text"; it has عنوان, متن' in found[14]["error"] and "cannot be unpacked" in found[15]["error"]
    for count in range(len(found) + 1):
        leave(output, b"".join(whole.splitlines(keepends=True)[:count]), folder)
        output.unlink()
        run(folder, output, resume=True)
        assert output.read_bytes() == whole


def test_an_output_that_is_no_file_is_refused(source):
    with pytest.raises(InputError, match="/dev/null is no ordinary file"):
        run(source, Path("/dev/null"))


def test_an_output_that_is_a_link_stays_one(source, tmp_path, whole):
    (tmp_path / "there").mkdir()
    link, target = tmp_path / "out.jsonl", tmp_path / "there" / "target.jsonl"
    link.symlink_to(target)
    leave(target, whole[:500], source)
    with pytest.raises(InputError, match=r"there/target\.jsonl\.part is left"):
        run(source, link)
    run(source, link, resume=True)
    assert link.is_symlink() and target.read_bytes() == whole
    assert [path.name for path in target.parent.iterdir()] == ["target.jsonl"]


def test_a_torn_line_in_the_middle_of_a_letter_is_dropped(tmp_path):
    whole = '{"text": "خبر"}\n'.encode()
    begun = Begun(OPTIONS, [])
    begun.write(record_of(tmp_path / "out.jsonl"))
    (tmp_path / "out.jsonl.part").write_bytes(whole * 2 + whole[:11])
    file = OutputFile(tmp_path / "out.jsonl", begun, resume=True)
    assert (file.rows, file.results) == (2, 2)
    file.write({"text": "\ud800"})
    file.finish()
    assert (tmp_path / "out.jsonl").read_bytes() == whole * 2 + b'{"text": "\\ud800"}\n'


def command(model: Path, source: Path, output: Path, *more: str) -> list[str]:
    verb = [sys.executable, "-m", "tasrih.cli", "tag", str(source), "--model", str(model)]
    return [*verb, "--output", str(output), *more]


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bytes(exported_statement, tmp_path):
    """The real command on a tiny model, killed outright in mid-run."""
    source, output, whole = tmp_path / "in.jsonl", tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    source.write_text("\n".join(rows(2600)) + "\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONUTF8": "1"}
    subprocess.run(command(exported_statement, source, whole), check=True, env=environment)
    part = Path(f"{output}.part")
    kills = 0
    for size in (1, 400_000, 900_000):
        process = subprocess.Popen(command(exported_statement, source, output, "--resume"), env=environment)
        while process.poll() is None and (not part.exists() or part.stat().st_size < size):
            time.sleep(0.002)
        if process.poll() is None:
            kills += 1
            process.send_signal(signal.SIGKILL)
        process.wait()
        assert not output.exists() or kills == 0
    assert kills == 3 and part.stat().st_size > 0
    subprocess.run(command(exported_statement, source, output, "--resume"), check=True, env=environment)
    assert output.read_bytes() == whole.read_bytes()
    assert len(output.read_bytes().splitlines()) == 2600


@pytest.mark.parametrize("linked", [False, True])
def test_what_is_read_is_not_written_over(tmp_path, linked):
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"text": SENTENCES[0]}), encoding="utf-8")
    output = tmp_path / "link.jsonl" if linked else source
    if linked:
        output.symlink_to(source)
    with pytest.raises(InputError, match="one of the files that are read"):
        run(source, output)
    assert json.loads(source.read_text(encoding="utf-8")) == {"text": SENTENCES[0]}


def test_two_runs_do_not_write_one_output(source, tmp_path, whole):
    output = tmp_path / "out.jsonl"

    def meanwhile(texts):
        for resume in (False, True):
            with pytest.raises(OSError, match=r"another run is writing .*out\.jsonl\.part: wait for it"):
                run(source, output, resume=resume, abstain=True)
        yield from verb(texts)

    run(source, output, verb=meanwhile)
    assert output.read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl", "whole.jsonl"]


@pytest.mark.parametrize("end", [".part", ".part.run"])
def test_no_link_beside_the_output_is_written_through(source, tmp_path, whole, end):
    output, victim = tmp_path / "out.jsonl", tmp_path / "victim"
    victim.write_text("mine")
    Path(f"{output}{end}").symlink_to(victim)
    if end == ".part":
        with pytest.raises(OSError, match="is a link: delete it"):
            run(source, output)
    else:
        run(source, output)
        assert output.read_bytes() == whole
    assert victim.read_text() == "mine"


def test_names_reach_no_terminal_raw(tmp_path, capsys):
    name = "a\x1b]0;x\x07\nb\udcff.txt"
    assert Article(name, "", 3).place == "a ]0;x b\ufffd.txt:3"
    tell(f"{name}: x")
    assert capsys.readouterr().err == "tasrih: a ]0;x b\ufffd.txt: x\n"
    for part in ("a", "b"):
        (tmp_path / f"{part}\x1b[2J\n== forged.txt").write_text("خبر", encoding="utf-8")
    run_stream([str(tmp_path)], verb, lambda result: print(result.text), as_lines=False, as_json=False)
    told = capsys.readouterr().out.splitlines()
    assert len(told) == 4 and "\x1b" not in "".join(told) and told[0].endswith("a [2J == forged.txt")


def test_json_has_no_control_characters():
    for row in ({"a\x9b": "\x00\x1b\x7f\x9b2J"}, {"b": "\ud800\x9f"}):
        assert not [c for c in json_line(row) if unicodedata.category(c) == "Cc"] and json.loads(json_line(row)) == row
    assert json_line({"text": "خبر"}) == '{"text": "خبر"}'
