"""Finding a model and making sure that its files are whole.

A bundled or exported model is a folder with ``config.json`` (``"format": "tasrih"``), which lists
every other file with its SHA-256. A transformers folder or hub id is opened by its own config.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tasrih.errors import ModelError
from tasrih.hub_ids import is_hub_id
from tasrih.models.safety import check_inside

#: Version of the folder layout that this release reads.
LAYOUT = 1

PRETRAINED = Path(__file__).parent.parent / "pretrained"


@dataclass(frozen=True)
class ModelFolder:
    """An opened model folder: where it is, and its settings."""

    path: Path
    config: dict[str, Any]

    def __getitem__(self, key: str) -> Any:
        if key not in self.config:
            raise ModelError(f"{self.path / 'config.json'} has no {key!r}: export the model again with `tasrih export`")
        return self.config[key]

    def file(self, name: str) -> Path:
        """Give the path of one of its files, which must be among those that were checked."""
        if name not in self.config["files"]:
            raise ModelError(f"{self.path / 'config.json'} lists no {name}: get the model again")
        return self.path / name


def bundled_models() -> tuple[str, ...]:
    """Name the models that came with the package.

    Returns:
        Their names, in alphabetical order.
    """
    folders = (config.parent for config in PRETRAINED.glob("*/config.json") if is_exported(config.parent))
    # the ranker is a part of the summariser's, and answers nothing by itself
    return tuple(sorted(folder.name for folder in folders if kind_of(folder) != "ranker"))


def kind_of(folder: Path) -> str | None:
    """Give the kind of a model in our own layout, its files unchecked; None for any other folder."""
    try:
        config = read_config(folder)
    except ModelError:
        return None
    return config.get("kind", "unknown") if config.get("format") == "tasrih" else None


def is_exported(folder: Path) -> bool:
    """Say whether a folder is in our own layout (else it may be a transformers folder)."""
    return kind_of(folder) is not None


def locate(name: str | Path) -> Path | str:
    """Find what a model's name stands for.

    Args:
        name: a bundled model's name, a folder, or a hub id such as ``owner/model``.

    Returns:
        The folder, or the hub id as it is.

    Raises:
        ModelError: if it is none of them; the message lists the bundled models.
    """
    if isinstance(name, str) and name in bundled_models():
        return PRETRAINED / name
    path = Path(name)
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError) as error:  # longer than a name can be, or with a NUL in it
        raise ModelError(f"{str(name)[:60]!r} is no model's name ({error.args[-1]})") from None
    if is_folder:
        if not (path / "config.json").is_file():
            raise ModelError(f"{path} holds no model: there is no config.json in it")
        read_config(path)
        return path
    if path.exists():
        raise ModelError(f"{path} is a file: give the model's folder")
    text = str(name)
    if is_hub_id(text):
        return text
    if "/" in text:
        raise ModelError(
            f"there is no folder {text!r} here, and it is no hub id (owner/model): give the path of a local folder, "
            "or run the recipe first whose output it is"
        )
    raise ModelError(
        f"unknown model {text!r}: choose a bundled one ({', '.join(bundled_models()) or 'none here'}), "
        "a folder, or a hub id such as owner/model"
    )


def read_config(folder: Path) -> dict[str, Any]:
    """Give what a folder's ``config.json`` holds.

    Args:
        folder: the model's folder.

    Returns:
        The settings.

    Raises:
        ModelError: if there is no such file, or it holds no JSON object.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read ({error}): get the model again") from None
    if not isinstance(config, dict):
        raise ModelError(f"{path} holds no settings: get the model again")
    return config


def digest(path: Path) -> str:
    """Give a file's SHA-256 in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=256)
def _digest_once(path: Path, size: int, changed: int) -> str:
    """Give a file's digest, computed once a process for a file that has not changed since."""
    return digest(path)


def open_folder(path: Path) -> ModelFolder:
    """Open a folder in our layout, every listed file checked.

    Args:
        path: the folder.

    Returns:
        The folder with its settings.

    Raises:
        ModelError: if a file is missing, truncated, altered or outside the folder, or the layout is newer than
            this release.
    """
    config = read_config(path)
    if config.get("layout") != LAYOUT:
        told = repr(config.get("layout"))[:20]
        raise ModelError(f"{path} has layout {told}; this release reads {LAYOUT}: update tasrih")
    if not isinstance(config.get("files"), dict) or not config["files"]:
        raise ModelError(f"{path / 'config.json'} lists no files: get the model again")
    for name, facts in config["files"].items():
        file = check_inside(path, name)
        if not file.is_file():
            raise ModelError(f"{file} is missing: get the model again")
        size = file.stat().st_size
        if not (isinstance(facts, dict) and isinstance(facts.get("bytes"), int) and "sha256" in facts):
            raise ModelError(f"{path / 'config.json'} lists {name!r} without its bytes and sha256: get the model again")
        if size != facts["bytes"]:
            raise ModelError(f"{file} has {size:,} bytes, not {facts['bytes']:,}: it is truncated; get the model again")
        if _digest_once(file, size, file.stat().st_mtime_ns) != facts["sha256"]:
            raise ModelError(f"{file} was altered (its SHA-256 is not the one in config.json): get the model again")
    return ModelFolder(path, config)


def write_config(folder: Path, settings: dict[str, Any]) -> None:
    """Write ``config.json`` over the files that lie in a folder.

    Args:
        folder: the folder, its other files in place.
        settings: the model's settings.
    """
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": digest(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "config.json"
    }
    config = {"format": "tasrih", "layout": LAYOUT, **settings, "files": files}
    (folder / "config.json").write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
