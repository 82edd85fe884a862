"""The held-out guard: no text of a validation or test set reaches any stage of training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from tasrih.data.corpus import read_rows
from tasrih.data.formats import read_file, read_json, suffix_of
from tasrih.data.packed import unpacked_name
from tasrih.data.sources import SPLIT_NAMES, role
from tasrih.text.normalise import normalise

#: Two texts are taken for the same one if this many letters at their start agree.
LETTERS = 150
#: Letters that a value needs to be taken for a text where no column is called ``text``.
LEAST = 30

Row = TypeVar("Row")


def fingerprint(text: str) -> bytes:
    """Give a short hash of the first 150 letters of a text, spelling folded.

    Args:
        text: any string.

    Returns:
        Eight bytes; equal for texts whose first 150 letters agree after folding.

    Example:
        >>> fingerprint("قال: إنّ الأمر") == fingerprint("قال ان الامر")
        True
    """
    # four times the letters leave room for what folding and the letter filter take out, as a rule
    letters = _letters(text[: LETTERS * 4])
    if len(letters) < LETTERS < len(text) / 4:
        letters = _letters(text)
    return blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, normalise(text, "search")))[:LETTERS]


def _is_long(text: str) -> bool:
    return sum(map(str.isalnum, text)) >= LEAST


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _texts(row: Any) -> Iterable[str]:
    """Give what may be the text of a row: ``text``, or every string that is long enough where nothing is called so."""
    text = row.get("text") if isinstance(row, dict) else None
    return [text] if isinstance(text, str) and text else filter(_is_long, _strings(row))


def _rows(path: Path) -> Iterable:
    """Give the rows of a file; of JSON that is no list, all of it as one."""
    match suffix_of(path):
        case None:
            return read_rows(path)
        case ".json":
            value = read_json(path)
            return value if isinstance(value, list) else [value]
    return read_file(path)


def _name(path: Path, root: Path) -> str | None:
    """Give the name of a data file under the root, without suffixes; None for a file of another kind."""
    suffix = suffix_of(path)
    if suffix is None and ".jsonl" not in path.name:
        return None
    # a copy, such as test.jsonl.old, holds the same texts
    file = unpacked_name(path).removesuffix(suffix) if suffix else path.name.split(".jsonl")[0]
    return path.relative_to(root).as_posix().removesuffix(path.name) + file


def _is_split(name: str, splits: tuple[str, ...]) -> bool:
    """Say whether a name is that of such a split, under other names for it too: ``x/dev``, ``x/test/part-0``."""
    folder, _, file = name.rpartition("/")
    above = folder.rpartition("/")[2].lower()
    told = role(file) or SPLIT_NAMES.get(above, above)
    return name.endswith(splits) or told in splits


@dataclass(frozen=True)
class HeldOut:
    """What training must not read: ids of articles, and fingerprints of texts."""

    ids: frozenset[str] = frozenset()
    prints: frozenset[bytes] = frozenset()
    sets: tuple[str, ...] = field(default=())

    @classmethod
    def from_root(
        cls, root: str | Path, *, but: Iterable[str] = (), splits: Iterable[str] = ("validation", "test")
    ) -> HeldOut:
        """Collect what is held out under a data root, in every format that is read.

        Args:
            root: the data root; ``heldout_ids.tsv`` (id, sets) is read where it is there. Of a row without ``text``
                every string of 30 letters or more is held.
            but: prefixes of sets that may be read all the same, such as ``topic/`` in pretraining.
            splits: names of the splits that are held out, which ``dev`` and the like stand for too.

        Returns:
            The guard, with the names of the sets that it covers.

        Raises:
            FileNotFoundError: if the root does not exist.
            ValueError: if a held-out file cannot be read; the message names file and line.
            MissingExtraError: if one is Parquet, and pyarrow is not installed.
        """
        root, but, splits = Path(root), tuple(but), tuple(splits)
        if not root.is_dir():
            raise FileNotFoundError(f"no data root at {root}: set TASRIH_DATA to the folder that holds the sets")

        def is_free(name: str) -> bool:
            return bool(but) and name.startswith(but)

        ids: set[str] = set()
        listed = root / "heldout_ids.tsv"
        if listed.exists():
            for line in listed.read_text(encoding="utf-8").splitlines():
                identifier, _, names = line.partition("\t")
                held = [name for name in names.split(",") if _is_split(name, splits) or name == "reserve"]
                if any(not is_free(name) for name in held):
                    ids.add(identifier)
        prints: set[bytes] = set()
        sets: list[str] = []
        for path in sorted(root.glob("**/*")):
            name = _name(path, root)
            if name is None or not (_is_split(name, splits) or name.startswith("reserve/")) or is_free(name):
                continue
            if not path.is_file():
                continue
            sets.append(name)
            for row in _rows(path):
                prints.update(map(fingerprint, _texts(row)))
                identifier = row.get("id") if isinstance(row, dict) else None
                # a bare number names a row of its own set only
                if identifier and not str(identifier).isdigit():
                    ids.add(str(identifier))
        return cls(frozenset(ids), frozenset(prints), tuple(sets))

    def also(self, texts: Iterable[str]) -> HeldOut:
        """Hold back more texts, such as those of a validation file that lies elsewhere.

        Args:
            texts: the texts; the first line of one may be a headline, so what follows it is held as well.

        Returns:
            A guard that holds them beside what this one holds; ids of other files may be numbers of rows, and are
            left alone.
        """
        more = set(self.prints)
        for text in texts:
            _, _, rest = text.partition("\n")
            more.update(fingerprint(part) for part in (text, rest) if any(map(str.isalnum, part)))
        return replace(self, prints=frozenset(more))

    def holds(self, text: str, identifier: str | None = None) -> bool:
        """Say whether a text, or the article of that id, is held out.

        Args:
            text: the text that training would read; its first line may be a headline, so what follows it
                is looked up as well.
            identifier: its id in the corpus, where it has one.

        Returns:
            True if it must not be trained on.
        """
        if identifier in self.ids or fingerprint(text) in self.prints:
            return True
        _, _, rest = text.partition("\n")
        return any(map(str.isalnum, rest)) and fingerprint(rest) in self.prints

    def refuse(self, rows: Iterable[Row], text_of: Callable[[Row], str], id_of: Callable[[Row], str | None]):
        """Part rows into those that training may read and a count of the others.

        Args:
            rows: articles or labelled rows.
            text_of: gives a row's text.
            id_of: gives a row's id, or None.

        Returns:
            ``(kept, removed)``: the list of rows left, and how many were taken out.
        """
        rows = list(rows)
        kept = [row for row in rows if not self.holds(text_of(row), id_of(row))]
        return kept, len(rows) - len(kept)
