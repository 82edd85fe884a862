"""What the repository must not hold: runs of words of the data, paths of one machine, pickles."""

from __future__ import annotations

import lzma
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasrih.data.corpus import data_root

ROOT = Path(__file__).parents[2]
RUN = 8
BLOCK = 4 << 20
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u0640\u200b-\u200f\u202a-\u202e]+")
_WORD = re.compile("[\u0621-\u064a\u066e-\u06d3]+")
# as JSON writes a line break, a quote or any character inside a string
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)")


def tracked() -> list[Path]:
    """Files that git tracks, and those that it would (new and not ignored)."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not in a git checkout")
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Name and text of every tracked file that is text, the seed article apart."""
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        content = path.read_bytes()
        if b"\0" not in content[:8192] and not name.startswith("seeds/"):
            yield name, content.decode("utf-8", "replace")


def folded_words(text: str) -> list[str]:
    # a few replacements on the whole text are quicker than a full profile, and fold both sides alike
    text = _MARKS.sub("", text)
    for letter, plain in ("أا", "إا", "آا", "ىي", "ةه", "کك", "یي"):
        text = text.replace(letter, plain)
    return _WORD.findall(text)


def runs(words: list[str]) -> Iterator[tuple[int, int]]:
    """Place and hash of every run of eight words."""
    hashes = [hash(word) for word in words]
    for at in range(len(words) - RUN + 1):
        yield at, hash(tuple(hashes[at : at + RUN]))


def data_files(root: Path) -> list[Path]:
    """Every labelled set, and the news corpora apart from the largest."""
    kept = []
    for path in sorted(root.glob("**/*.jsonl*")):
        name = path.relative_to(root).as_posix()
        if name.startswith("corpus_general/") or name.startswith("corpus/sanad"):
            continue
        kept.append(path)
    return kept


def blocks(path: Path) -> Iterator[str]:
    """The rows of a data file, some megabytes at a time, escapes undone."""
    with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
        while rows := file.readlines(BLOCK):
            text = b"".join(rows).decode("utf-8")
            yield (
                _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)) if escape[1] else " ", text)
                if "\\" in text
                else text
            )


def copied(path: Path, known: dict[int, tuple[str, str]], vocabulary: frozenset[str]) -> set[tuple[str, str]]:
    """Which known runs a data file has."""
    return {hit for text in blocks(path) for hit in copied_words(folded_words(text), known, vocabulary)}


def copied_words(
    words: list[str], known: dict[int, tuple[str, str]], vocabulary: frozenset[str]
) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    # every run holds a word whose place divides by eight: only round known words is there anything to look up
    for middle in range(0, len(words), RUN):
        if words[middle] not in vocabulary:
            continue
        first = last = middle
        while first > 0 and middle - first < RUN - 1 and words[first - 1] in vocabulary:
            first -= 1
        while last + 1 < len(words) and last - middle < RUN - 1 and words[last + 1] in vocabulary:
            last += 1
        if last - first + 1 >= RUN:
            found.update(known[code] for _, code in runs(words[first : last + 1]) if code in known)
    return found


@pytest.fixture
def root() -> Path:
    path = data_root()
    path = path if path.is_absolute() else ROOT / path
    if not path.is_dir():
        pytest.skip(f"no data root at {path}: set TASRIH_DATA")
    return path


def index(texts: Iterator[tuple[str, str]]) -> tuple[dict[int, tuple[str, str]], frozenset[str]]:
    known: dict[int, tuple[str, str]] = {}
    vocabulary: set[str] = set()
    for name, text in texts:
        words = folded_words(text)
        vocabulary.update(words)
        for at, code in runs(words):
            known.setdefault(code, (name, " ".join(words[at : at + RUN])))
    return known, frozenset(vocabulary)


def test_a_planted_run_is_found_and_a_shorter_one_is_not(tmp_path):
    known, vocabulary = index(
        iter(
            [
                (
                    "README.md",
                    "> قال الوزير إن الجسر الجديد سيفتح صباح الأحد المقبل، واحد اثنان ثلاثة أربعة خمسة ستة سبعة",
                )
            ]
        )
    )
    path = tmp_path / "set.jsonl.xz"
    line = '{"id": "1", "text": "%s واحد اثنان ثلاثة أربعة خمسة ستة سبعة.\\nقال: الوزيرُ ان «الجســر» الجديد سيفتح صباح الاحد، ولكن"}\n'
    for filler in range(RUN):  # wherever the run stands
        path.write_bytes(lzma.compress((line % ("كلمة " * filler)).encode()))
        assert copied(path, known, vocabulary) == {("README.md", "قال الوزير ان الجسر الجديد سيفتح صباح الاحد")}


@pytest.mark.data
@pytest.mark.slow
def test_no_tracked_file_holds_a_run_of_the_data(root):
    known, vocabulary = index(tracked_texts())
    files = data_files(root)
    assert len(known) > 1000 and len(files) > 10
    found = {(*hit, path.relative_to(root).as_posix()) for path in files for hit in copied(path, known, vocabulary)}
    assert not found, "\n".join(f"{name}: «{run}» stands in {data}" for name, run, data in sorted(found))


def test_no_tracked_file_names_a_path_of_this_machine():
    private = re.compile("/(?:" + "work|root" + ")/")
    found = [
        f"{name}:{number}"
        for name, text in tracked_texts()
        for number, line in enumerate(text.splitlines(), 1)
        if private.search(line)
    ]
    assert not found


def test_nothing_tracked_is_pickled():
    assert not [path.name for path in tracked() if path.suffix in {".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib"}]
