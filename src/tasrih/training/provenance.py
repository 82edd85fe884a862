"""Where a model came from: versions, data, commit and device, stored beside it."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

#: Packages whose versions bear on what a run gives.
PACKAGES = (
    "tasrih", "torch", "transformers", "tokenizers", "datasets", "accelerate", "safetensors", "numpy", "scikit-learn",
)  # fmt: skip

#: What lies beside a run's checkpoints: the rows that it was begun with.
_DATA = "data.json"


def git_commit() -> str | None:
    """Give the commit of the code that runs.

    Returns:
        Its hash, with ``+changes`` where files differ from it; None where the package lies in no git repository
        that keeps it, or git is not there.
    """
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(here), *arguments], capture_output=True, text=True, check=True, timeout=20
        ).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", "tuning.py", "../__init__.py")
        changed = git("status", "--porcelain", "--untracked-files=no", "--", "..")
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return None


def versions() -> dict[str, str]:
    """Give the versions of Python and of the packages that bear on a run; those not installed are left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def peak_memory() -> dict[str, int]:
    """Give the most memory that this process held, in bytes: ``host`` and, with a GPU, ``gpu``."""
    import resource
    import sys

    import torch

    unit = 1 if sys.platform == "darwin" else 1024
    found = {"host": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}
    if torch.cuda.is_available():
        found["gpu"] = torch.cuda.max_memory_allocated()
    return found


def check_resumable(output: Path, config: Any, name: str = "train_config.json") -> None:
    """Make sure that a run goes on under the settings that it was begun with.

    Args:
        output: its folder.
        config: the settings now.
        name: the file of its folder that holds the settings that it was begun with.

    Raises:
        ValueError: if an option differs; the message names it.
    """
    path = output / name
    if not path.is_file():
        return
    begun = json.loads(path.read_text(encoding="utf-8"))
    told = json.loads(json.dumps(dataclasses.asdict(config)))
    for option in dataclasses.fields(config):
        name = option.name
        if name != "resume" and name in begun and not _agree(begun[name], getattr(config, name)):
            raise ValueError(
                f"resume: the run in {output} was begun with {name}={begun[name]}, not {told[name]}; "
                "keep that, or take another output"
            )


def _agree(then: Any, now: Any) -> bool:
    """Say whether a stored setting is what it is now; an option that came since must be at its default."""
    if dataclasses.is_dataclass(now):
        whole = isinstance(then, dict)
        return whole and all(
            _agree(then[option.name], getattr(now, option.name)) if option.name in then else _is_default(option, now)
            for option in dataclasses.fields(now)
        )
    if isinstance(now, (list, tuple)):
        return isinstance(then, list) and len(then) == len(now) and all(map(_agree, then, now))
    return then == json.loads(json.dumps(now))


def _is_default(option: dataclasses.Field, now: Any) -> bool:
    made = option.default if option.default_factory is dataclasses.MISSING else option.default_factory()
    return getattr(now, option.name) == made


def begin_or_resume(output: Path, config: Any, data: list[dict], *stale: Path) -> bool:
    """Go on with a run if that is asked for and it has checkpoints, else begin one; the first process writes.

    Args:
        output: the run's folder; its checkpoints lie in ``checkpoints``.
        config: its settings, with ``resume``.
        data: name, split, rows and SHA-256 of each set read.
        stale: files of a run before that are removed where one begins.

    Returns:
        Whether it goes on.

    Raises:
        ValueError: if it was begun with other rows; the message names the set.
    """
    runs = output / "checkpoints"
    if config.resume and runs.is_dir():
        check_data(runs, data)
        return True
    if int(os.environ.get("RANK", "0")) == 0:
        for path in stale:
            path.unlink(missing_ok=True)
        write_config(output, config)
        write_data(runs, data)
    return False


def write_data(runs: Path, data: list[dict]) -> None:
    """Note the rows that a run begins with, beside its checkpoints.

    Args:
        runs: the folder of its checkpoints.
        data: name, split, rows and SHA-256 of each set read.
    """
    runs.mkdir(parents=True, exist_ok=True)
    write_whole(runs / _DATA, json.dumps(data, indent=1, ensure_ascii=False))


def check_data(runs: Path, data: list[dict]) -> None:
    """Make sure that a run goes on over the rows that it was begun with, where they were noted.

    Args:
        runs: the folder of its checkpoints.
        data: the sets as they are read now, in the order of then.

    Raises:
        ValueError: if a set's rows differ; the message names it.
    """
    if not (runs / _DATA).is_file():
        return
    begun = json.loads((runs / _DATA).read_text(encoding="utf-8"))
    for then, now in zip(begun, data, strict=True):
        if {"derive": "", **then} != {"derive": "", **now}:  # an option that came since
            raise ValueError(
                f"resume: the run in {runs.parent} was begun with other rows of {now['name']}/{now['split']}; "
                "put them back, or take another output"
            )


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def write_config(output: Path, config: Any, name: str = "train_config.json") -> None:
    """Store a run's settings.

    Args:
        output: its folder.
        config: the settings, every default filled in.
        name: the file that they go to.
    """
    output.mkdir(parents=True, exist_ok=True)
    values = {option: value for option, value in dataclasses.asdict(config).items() if option != "resume"}
    write_whole(output / name, json.dumps(values, indent=1, ensure_ascii=False))


def write_provenance(
    output: Path, *, seeds: list[int], data: list[dict], begun: float, resumed: bool, name: str = "run.json"
) -> None:
    """Store what a run was made of and what it took.

    Args:
        output: the model's folder.
        seeds: the seeds of its runs.
        data: name, split, rows and SHA-256 of each set read.
        begun: ``time.monotonic()`` when it began.
        resumed: whether it went on from a checkpoint; the seconds are then those since.
        name: the file of its folder that it goes to.
    """
    import torch

    facts = {
        "seeds": seeds,
        "versions": versions(),
        "git_commit": git_commit(),
        "data": data,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor() or "cpu",
        "processes": int(os.environ.get("WORLD_SIZE", "1")),
        "threads": torch.get_num_threads(),
        "seconds": round(time.monotonic() - begun, 1),
        "resumed": resumed,
        "peak_memory_bytes": peak_memory(),
    }
    write_whole(output / name, json.dumps(facts, indent=1, ensure_ascii=False))
