"""Sending a model folder with its card to the Hugging Face hub."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tasrih.errors import MissingExtraError, ModelError
from tasrih.evaluation.places import without_places

#: What is sent of a folder: a model, its tokenizer, its card and the figures of its run, not the texts of a report.
SENT = (
    "*.safetensors", "*.onnx", "*.npz", "*.json", "*.model", "vocab.txt", "merges.txt", "*.md", "LICENSE*"
)  # fmt: skip
#: Of these, what no user of the model needs, wherever it lies.
LEFT_OUT = ("checkpoints/*", "*/checkpoints/*", "out_of_fold.npz", "report/*", "*/report/*", "optimizer*")
#: JSON that names no place: a word of a vocabulary may look like one.
_OF_A_TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
)  # fmt: skip


def push(folder: Path, repository: str, *, private: bool = False) -> str:
    """Send a model folder to the hub; a file that is already there as it is here is not sent again.

    Settings and figures that name folders of this machine are sent without them.

    Args:
        folder: the model, its card in ``README.md``.
        repository: such as ``owner/model``; made if it is not there.
        private: make it private.

    Returns:
        The address of the commit.

    Raises:
        ModelError: if the network is switched off, no token is there, the folder has no model, no card or weights that
            would have to be unpickled, or the hub refuses; always in one line.
        MissingExtraError: without huggingface_hub.
    """
    if repository.count("/") != 1 or repository.startswith((".", "/", "~")):
        raise ModelError(f"{repository!r} is no hub id: give owner/model")
    if not (folder / "config.json").is_file():
        raise ModelError(f"{folder} holds no model: there is no config.json in it")
    if not (folder / "README.md").is_file():
        raise ModelError(f"{folder} has no card: write it with `tasrih card {folder} METRICS.json --license ID`")
    if not any(folder.glob("*.safetensors")) and not any(folder.glob("*.onnx")):
        raise ModelError(f"{folder} has no weights as safetensors or ONNX, and no others are sent: save it anew")
    # the variable is read here: huggingface_hub reads it once, when it is imported
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise ModelError(f"{repository} was not pushed: HF_HUB_OFFLINE is set; unset it to reach the hub")
    try:
        from huggingface_hub import CommitOperationAdd, HfApi, get_token
    except ImportError:
        raise MissingExtraError("huggingface_hub", "train", "pushing to the hub") from None
    token = get_token()
    if token is None:
        raise ModelError(f"{repository} was not pushed: no token; set HF_TOKEN or run `hf auth login`")
    api = HfApi(token=token)
    operations = [
        CommitOperationAdd(name, str(folder / name) if told is None else told.encode())
        for name, told in _sent(folder).items()
    ]
    try:
        api.create_repo(repository, private=private, exist_ok=True)
        done = api.create_commit(repository, operations, commit_message="Upload with tasrih")
    except Exception as error:  # the hub's errors and those of its transport share no base
        first = str(error).strip().splitlines()
        raise ModelError(f"{repository} was not pushed: {first[0] if first else type(error).__name__}") from None
    return str(done)


def _sent(folder: Path) -> dict[str, str | None]:
    """Find the files that are sent; what is JSON of ours is given as it is sent, without folders of this machine."""
    from huggingface_hub.utils import filter_repo_objects

    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    found: dict[str, str | None] = {}
    for name in filter_repo_objects(files, allow_patterns=list(SENT), ignore_patterns=list(LEFT_OUT)):
        found[name] = None
        if name.endswith(".json") and Path(name).name not in _OF_A_TOKENIZER:
            try:
                stored = json.loads((folder / name).read_text(encoding="utf-8"))
            except ValueError as error:
                raise ModelError(f"{folder / name} is not JSON ({error}): mend it, or take it out") from None
            if (told := without_places(stored)) != stored:
                found[name] = json.dumps(told, indent=1, ensure_ascii=False)
    return found
