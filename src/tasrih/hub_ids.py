"""The Hugging Face hub: telling an id on it from a place on this machine, by the name alone, and its client's words."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")

#: Where the recipes put what they make; no owner of that name is asked for.
_OWN = "runs/"


def is_hub_id(name: str | None, *roots: Path) -> bool:
    """Say whether a name is that of a model or set on the hub, rather than of a place on this machine.

    Args:
        name: what was named; None is no id.
        roots: folders that names are looked up in, beside the one that the program runs in.

    Returns:
        True for ``owner/name``, unless the owner is ``runs`` or a folder here: then a file in it is meant that is not
        there, or not yet.

    Example:
        >>> is_hub_id("aubmindlab/bert-base-arabertv02"), is_hub_id("runs/topic"), is_hub_id("../topic")
        (True, False, False)
    """
    if not name or not _ID.fullmatch(name) or name.startswith(_OWN):
        return False
    owner = name.split("/")[0]
    return not any((root / owner).is_dir() for root in (Path(), *roots))


def quiet_hub() -> None:
    """Keep the hub's client from telling each of its five attempts; what came of them is told in one line.

    ``HF_HUB_VERBOSITY`` says otherwise.
    """
    if "HF_HUB_VERBOSITY" not in os.environ:
        os.environ["HF_HUB_VERBOSITY"] = "error"  # read where it is imported, and set here where it is already
        logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
