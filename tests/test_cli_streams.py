"""What the commands read and write: a run that is killed and resumed writes what one uninterrupted run writes."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasrih.cli_streams import InputError, OutputFile, run_stream

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


def run(source: Path, output: Path, *, resume: bool = False, verb=verb) -> bool:
    return run_stream([str(source)], verb, print, as_lines=False, as_json=False, output=output, resume=resume)


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
    part = tmp_path / "out.jsonl.part"
    part.write_bytes(whole[:cut])
    run(source, output, resume=True)
    assert output.read_bytes() == whole and not part.exists()


def test_it_goes_on_from_after_each_line(source, tmp_path, whole):
    lines = whole.splitlines(keepends=True)
    for count in range(len(lines) + 1):
        (tmp_path / "out.jsonl.part").write_bytes(b"".join(lines[:count]))
        run(source, tmp_path / "out.jsonl", resume=True)
        assert (tmp_path / "out.jsonl").read_bytes() == whole
        (tmp_path / "out.jsonl").unlink()


def test_what_an_interrupted_run_left_is_not_overwritten_unasked(source, tmp_path, whole):
    output, part = tmp_path / "out.jsonl", tmp_path / "out.jsonl.part"
    part.write_bytes(whole[:300])
    with pytest.raises(InputError, match=r"out\.jsonl\.part is left .* --resume"):
        run(source, output)
    assert part.read_bytes() == whole[:300]


def test_a_finished_output_is_left_as_it_is(source, tmp_path, whole, capsys):
    output = tmp_path / "whole.jsonl"
    stamp = output.stat().st_mtime_ns
    assert run(source, output, resume=True)
    assert output.stat().st_mtime_ns == stamp and "is complete" in capsys.readouterr().err
    run(source, output)  # unless it is asked for anew
    assert output.read_bytes() == whole and output.stat().st_mtime_ns > stamp


def test_another_input_is_told_apart(source, tmp_path, whole):
    output = tmp_path / "out.jsonl"
    for lines in (rows(24)[4:], rows(5), [row for row in rows(24) if row.startswith('{"')]):
        (tmp_path / "out.jsonl.part").write_bytes(b"".join(whole.splitlines(keepends=True)[:12]))
        other = tmp_path / "other.jsonl"
        other.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with pytest.raises(InputError, match="another input"):
            run(other, output, resume=True)
        assert not output.exists()


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
        (tmp_path / "out.jsonl.part").write_bytes(b"".join(whole.splitlines(keepends=True)[:count]))
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
        (tmp_path / "out.jsonl.part").write_bytes(b"".join(whole.splitlines(keepends=True)[:count]))
        output.unlink()
        run(folder, output, resume=True)
        assert output.read_bytes() == whole


def test_an_output_that_is_no_file_is_refused(source):
    with pytest.raises(InputError, match="/dev/null is no ordinary file"):
        run(source, Path("/dev/null"))


def test_a_torn_line_in_the_middle_of_a_letter_is_dropped(tmp_path):
    part = tmp_path / "out.jsonl.part"
    whole = '{"text": "خبر"}\n'.encode()
    part.write_bytes(whole * 2 + whole[:11])
    file = OutputFile(tmp_path / "out.jsonl", resume=True)
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
