"""What is installed here, which engine would compute and why, and where models and data come from."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from tasrih import __version__
from tasrih.data.catalogue import listed
from tasrih.data.corpus import data_root
from tasrih.errors import ModelError
from tasrih.models.engines import (
    EngineChoice,
    best_checkpoint_precision,
    best_engine,
    cores,
    on_gpu,
    processor_flags,
)
from tasrih.models.files import PRETRAINED, kind_of, open_folder, read_config

#: Instruction sets that decide about speed, as Linux names them.
FLAGS = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8", "amx_bf16")

_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[^\]]*\])?\s*([^;]*)(?:;.*extra\s*==\s*['\"]([\w-]+)['\"])?")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Package:
    """A package that tasrih asks for: by its base (``extra`` is None) or by an extra.

    Attributes:
        name: the package.
        extra: the extra that asks for it.
        wanted: the versions that are asked for, such as ``>=2.11``.
        version: the one that is installed, or None.
        fits: whether it is one of those.
    """

    name: str
    extra: str | None
    wanted: str
    version: str | None
    fits: bool


@dataclass(frozen=True, slots=True)
class EngineFact:
    """What would compute a kind of model.

    Attributes:
        models: which models, and how it is asked for.
        engine: engine and precision, or None where nothing here can compute them.
        why: what decided.
    """

    models: str
    engine: str | None
    why: str


@dataclass(frozen=True, slots=True)
class ModelFact:
    """A bundled model.

    Attributes:
        name: its name.
        kind: ``classifier``, ``summariser``, or ``base`` for fine-tuning.
        path: where it lies.
        size: bytes of its files.
        verified: whether every file has its stored SHA-256; None for a base, whose layout stores none.
        fault: what is wrong with it.
    """

    name: str
    kind: str
    path: str
    size: int
    verified: bool | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found.

    Attributes:
        version: tasrih's.
        python: Python's version.
        system: operating system and processor.
        cores: those that this process may use.
        flags: the instruction sets of ``FLAGS`` that it has.
        packages: what base and extras ask for.
        engines: what would compute which models.
        models: the bundled models.
        hub: where models named by a hub id come from.
        data_root: where labelled sets are looked for.
        sets: how many of the catalogue's sets lie there, or None where there is no such folder.
        faults: what has to be mended, a line each.
    """

    version: str
    python: str
    system: str
    cores: int
    flags: tuple[str, ...]
    packages: tuple[Package, ...]
    engines: tuple[EngineFact, ...]
    models: tuple[ModelFact, ...]
    hub: str
    data_root: str
    sets: int | None
    faults: tuple[str, ...]

    def to_dict(self) -> dict:
        """Give it as plain JSON types."""
        return asdict(self)

    def report(self) -> str:
        """Give it as lines to read."""
        lines = [f"tasrih {self.version}, Python {self.python}, {self.system}"]
        lines += [f"{self.cores} cores; {' '.join(self.flags) or 'no instruction set told that decides about speed'}"]
        lines += ["", "packages"]
        for extra in dict.fromkeys(package.extra for package in self.packages):
            mine = [package for package in self.packages if package.extra == extra]
            whole = "" if extra is None or all(one.fits for one in mine) else f"   pip install 'tasrih[{extra}]'"
            lines.append(f"  {extra or 'base'}: {', '.join(map(_told, mine))}{whole}")
        lines += ["", "engines"]
        lines += [f"  {fact.models}: {fact.engine or 'none'} ({fact.why})" for fact in self.engines]
        lines += ["", f"bundled models, in {PRETRAINED}"]
        for model in self.models:
            states = {True: "SHA-256 verified", None: "in transformers' layout, which stores no SHA-256"}
            state = states.get(model.verified, model.fault)
            lines.append(f"  {model.name:10} {model.kind:11} {model.size / 2**20:5.1f} MiB  {state}")
        sets = "no such folder" if self.sets is None else f"{self.sets} of the catalogue's sets"
        lines += ["", f"models by hub id: {self.hub}", f"data root: {self.data_root} ({sets})", ""]
        return "\n".join([*lines, *([f"fault: {fault}" for fault in self.faults] or ["no fault found"])])


def examine() -> Examination:
    """Look at this installation. torch is imported where it is installed, to ask it for a GPU; nothing is downloaded.

    Returns:
        What was found; ``faults`` lists packages of the base that are missing or too old, and damaged models.

    Example:
        >>> examine().engines[0].engine
        'onnx fp32'
    """
    packages = tuple(_packages())
    models = tuple(map(_model, sorted(place.parent for place in PRETRAINED.glob("*/config.json"))))
    faults = [
        f"{one.name} {one.version or 'is not installed'}: tasrih needs {one.name}{one.wanted}: pip install tasrih"
        for one in packages
        if one.extra is None and not one.fits
    ]
    faults += [model.fault for model in models if model.fault]
    if not models:
        faults.append(f"no bundled model in {PRETRAINED}: install tasrih again")
    flags = processor_flags()
    root = data_root()
    return Examination(
        __version__, platform.python_version(), f"{platform.system()} on {platform.machine()}", cores(),
        tuple(flag for flag in FLAGS if flag in flags), packages, tuple(_engines(flags)), models, _hub(), str(root),
        sum(entry.path(root) is not None for entry in listed()) if root.is_dir() else None, tuple(faults),
    )  # fmt: skip


def _packages() -> list[Package]:
    """Read what the installed package says that it needs, so that there is no second list to keep."""
    try:
        required = metadata.requires("tasrih") or []
    except metadata.PackageNotFoundError:  # run from its sources
        return []
    found = []
    for line in required:
        name, wanted, extra = _REQUIREMENT.match(line).groups()
        if name == "tasrih":  # an extra that takes in others
            continue
        version = _version(name)
        found.append(Package(name, extra, wanted.strip(), version, version is not None and _fits(version, wanted)))
    return found


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _fits(version: str, wanted: str) -> bool:
    """Hold a version against bounds such as ``>=5.17,<6``; the bounds of our own metadata are of no other kind."""

    def numbers(text: str) -> list[int]:
        return list(map(int, _NUMBER.findall(text.split("+")[0])))[:3]

    for bound in filter(None, (part.strip() for part in wanted.split(","))):
        if bound.startswith(">=") and numbers(version) < numbers(bound):
            return False
        if bound.startswith("<") and not bound.startswith("<=") and numbers(version) >= numbers(bound):
            return False
    return True


def _told(package: Package) -> str:
    if package.version is None:
        return f"{package.name} missing"
    return f"{package.name} {package.version}" + ("" if package.fits else f" (needs {package.wanted})")


def _engines(flags: frozenset[str]) -> list[EngineFact]:
    bundled = "bundled and exported models"
    facts = [EngineFact(f"{bundled}, by default", "onnx fp32", "so that installing a package changes no score")]
    best = best_engine()
    facts.append(EngineFact(f'{bundled}, engine="auto"', _name(best), _why(best, flags)))
    trained = "models of a transformers folder or hub id"
    if find_spec("torch") is None or find_spec("transformers") is None:
        return [
            *facts,
            EngineFact(trained, None, "torch and transformers are not installed: pip install 'tasrih[train]'"),
        ]
    gpu = on_gpu()
    device = "cuda" if gpu else "cpu"
    where = "torch finds a GPU" if gpu else "torch finds no GPU"
    why = f"{where}; fp32 wherever it runs, so that the device changes no answer"
    facts.append(EngineFact(f"{trained}, by default", f"torch fp32 on {device}", why))
    precision = best_checkpoint_precision()
    if not gpu:
        where += f", and the processor has {'amx_bf16' if precision == 'bf16' else 'no amx_bf16'}"
    return [*facts, EngineFact(f'{trained}, engine="auto"', f"torch {precision} on {device}", where)]


def _name(choice: EngineChoice) -> str:
    return f"{choice.name} {choice.mode or 'fp32'}"


def _why(choice: EngineChoice, flags: frozenset[str]) -> str:
    if find_spec("openvino") is None:
        return "openvino is not installed: pip install 'tasrih[openvino]'"
    if choice.name == "onnx":
        return "openvino is installed, but the processor has neither AMX nor VNNI"
    deciding = {"bf16": ("amx_bf16",), "int8": ("avx512_vnni", "avx_vnni")}[choice.mode or "int8"]
    return f"openvino is installed, and the processor has {next(flag for flag in deciding if flag in flags)}"


def _model(place: Path) -> ModelFact:
    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    kind = kind_of(place)
    try:
        if kind is None:
            read_config(place)
            return ModelFact(place.name, "base", str(place), size, None)
        open_folder(place)
    except ModelError as error:
        return ModelFact(place.name, kind or "unknown", str(place), size, False, str(error))
    return ModelFact(place.name, kind, str(place), size, True)


def _hub() -> str:
    home = Path(os.environ.get("HF_HOME") or "~/.cache/huggingface").expanduser()
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()
    if find_spec("huggingface_hub") is None:
        return "huggingface_hub is not installed"
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return f"{cache} alone (HF_HUB_OFFLINE is set)"
    return f"{cache}, else the Hugging Face hub, when one is named"
