"""The held-out guard: no text of a validation or test set reaches any stage of training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from tasrih.data.corpus import read_rows
from tasrih.text.normalise import normalise

#: Two texts are taken for the same one if this many letters at their start agree.
LETTERS = 150

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
        """Collect what is held out under a data root.

        Args:
            root: the data root; ``heldout_ids.tsv`` (id, sets) is read where it is there.
            but: prefixes of sets that may be read all the same, such as ``topic/`` in pretraining.
            splits: names of the splits that are held out.

        Returns:
            The guard, with the names of the sets that it covers.

        Raises:
            FileNotFoundError: if the root does not exist.
        """
        root, but = Path(root), tuple(but)
        if not root.is_dir():
            raise FileNotFoundError(f"no data root at {root}: set TASRIH_DATA to the folder that holds the sets")

        def is_free(name: str) -> bool:
            return bool(but) and name.startswith(but)

        splits = tuple(splits)
        ids: set[str] = set()
        listed = root / "heldout_ids.tsv"
        if listed.exists():
            for line in listed.read_text(encoding="utf-8").splitlines():
                identifier, _, names = line.partition("\t")
                held = [name for name in names.split(",") if name.endswith(splits) or name == "reserve"]
                if any(not is_free(name) for name in held):
                    ids.add(identifier)
        prints: set[bytes] = set()
        sets: list[str] = []
        for path in sorted(root.glob("**/*.jsonl*")):
            name = path.relative_to(root).as_posix().split(".jsonl")[0]
            if not (name.endswith(splits) or name.startswith("reserve/")) or is_free(name):
                continue
            sets.append(name)
            for row in read_rows(path):
                if row.get("text"):
                    prints.add(fingerprint(row["text"]))
                # a bare number names a row of its own set only
                if row.get("id") and not str(row["id"]).isdigit():
                    ids.add(row["id"])
        return cls(frozenset(ids), frozenset(prints), tuple(sets))

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
