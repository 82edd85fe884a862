"""YAML recipes: one file an experiment, read into the dataclass of its kind."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import json
import os
import sys
import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tasrih.data.formats import read_json
from tasrih.errors import MissingExtraError
from tasrih.hub_ids import quiet_hub
from tasrih.models.files import PRETRAINED
from tasrih.schemes import SCHEMES
from tasrih.training.classification import ClassifierConfig, train_classifier
from tasrih.training.extracting import ExtractiveConfig, fit_extractive
from tasrih.training.prepare import PrepareConfig, prepare
from tasrih.training.pretrain import PretrainConfig, pretrain
from tasrih.training.ranking import RankerConfig, train_ranker
from tasrih.training.self_training import SelfTrainingConfig, self_train
from tasrih.training.seq2seq import Seq2SeqConfig, train_seq2seq
from tasrih.training.summarisation import SummariserConfig, train_summariser

#: What a recipe's ``kind`` may be: its settings, and what runs it.
KINDS: dict[str, tuple[type, Any]] = {
    "prepare": (PrepareConfig, prepare),
    "pretrain": (PretrainConfig, pretrain),
    "self_training": (SelfTrainingConfig, self_train),
    "classifier": (ClassifierConfig, train_classifier),
    "summariser": (SummariserConfig, train_summariser),
    "seq2seq": (Seq2SeqConfig, train_seq2seq),
    "extractive": (ExtractiveConfig, fit_extractive),
    "ranker": (RankerConfig, train_ranker),
}

#: Kinds that several processes train together; each of them would do the whole of any other, over the same files.
TOGETHER = ("pretrain", "classifier", "seq2seq")

#: Names that stand for bundled models as a base: the pretrained encoder, and the classifiers made of it.
BUNDLED_BASES = ("encoder", *SCHEMES)


def _build(kind: type, values: dict[str, Any], where: str) -> Any:
    """Make a dataclass of plain values, nested ones too, unknown and ill-typed options refused by name."""
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    for name in values:
        if name not in fields:
            near = difflib.get_close_matches(str(name), fields, 1)
            hint = f"; did you mean {near[0]}?" if near else f": choose from {', '.join(fields)}"
            raise ValueError(f"{where}: unknown option {name!r}{hint}")
    built = {name: _convert(hints[name], value, f"{where}: {name}") for name, value in values.items()}
    missing = [
        name for name, field in fields.items()
        if name not in built and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]  # fmt: skip
    if missing:
        raise ValueError(f"{where}: missing option {', '.join(missing)}")
    return kind(**built)


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if origin is types.UnionType:
        if value is None:
            return None
        return _convert(next(part for part in typing.get_args(hint) if part is not type(None)), value, where)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise ValueError(f"{where} must be a mapping, not {value!r}")
        return _build(hint, value, where)
    if origin is list:
        if not isinstance(value, list):
            raise ValueError(f"{where} must be a list, not {value!r}")
        return [_convert(typing.get_args(hint)[0], item, where) for item in value]
    if origin is dict:
        if not isinstance(value, dict):
            raise ValueError(f"{where} must be a mapping, not {value!r}")
        inner = typing.get_args(hint)[1]
        return {str(key): _convert(inner, item, where) for key, item in value.items()}
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if hint is float and isinstance(value, str):
        try:
            return float(value)  # YAML reads 3e-4 as text
        except ValueError:
            pass
    elif isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise ValueError(f"{where} must be a {hint.__name__}, not {value!r}")


def _read_yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist") from None
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"{path} holds no settings")
    return values


def _overlay(values: dict[str, Any], others: dict[str, Any], where: str) -> dict[str, Any]:
    """Put a file's settings over a recipe's, those ``for_task`` last."""
    by_task = others.pop("for_task", None) or {}
    if not isinstance(by_task, dict) or not all(isinstance(settings, dict) for settings in by_task.values()):
        raise ValueError(f"{where}: for_task must give settings by task")
    if unknown := [task for task in by_task if task not in SCHEMES]:
        raise ValueError(f"{where}: for_task: unknown task {unknown[0]!r}: choose from {', '.join(SCHEMES)}")
    if "kind" in others:
        raise ValueError(f"{where}: kind stands in the recipe itself, not in what is put over it")
    return {**values, **others, **by_task.get(values.get("task"), {})}


def load_recipe(path: str | Path, changes: Sequence[str] = ()) -> Any:
    """Read a recipe, with settings changed from the command line.

    Args:
        path: a YAML file whose ``kind`` is one of ``KINDS``; its other keys are that kind's settings.
        changes: ``key=value`` pairs, the values read as YAML; or further YAML files, such as those of
            ``configs/bases/``, whose settings take the place of those before them. Settings under ``for_task`` hold
            for the recipe's task alone.

    Returns:
        The settings, checked.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if an option is unknown, missing, of the wrong type or contradicts another; the message names it.
    """
    try:
        import yaml
    except ImportError:
        raise MissingExtraError("PyYAML", "train", "reading a recipe") from None
    path = Path(path)
    values = _read_yaml(path)
    for change in changes:
        key, separator, value = change.partition("=")
        if not separator and change.endswith((".yaml", ".yml")):
            values = _overlay(values, _read_yaml(Path(change)), change)
            continue
        if not separator:
            raise ValueError(f"{change!r} is no key=value and no YAML file")
        try:
            values[key] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise ValueError(f"{change!r} is not YAML: {error}") from None
    name = values.pop("kind", None)
    if not isinstance(name, str) or name not in KINDS:
        raise ValueError(f"{path}: kind must be one of {', '.join(KINDS)}, not {name!r}")
    bundled = {"classifier": BUNDLED_BASES, "seq2seq": BUNDLED_BASES[:1]}
    if values.get("base") in bundled.get(name, ()):
        values["base"] = str(PRETRAINED / values["base"])
    return _build(KINDS[name][0], values, str(path))


def stored_config(run: str | Path) -> ClassifierConfig:
    """Read the settings that lie beside a trained classifier.

    Args:
        run: its folder.

    Returns:
        The settings, checked.

    Raises:
        FileNotFoundError: if it has no ``train_config.json``.
        ValueError: if that is not the settings of a classifier of this release; the message names the option.
    """
    path = Path(run) / "train_config.json"
    if not path.is_file():
        raise FileNotFoundError(f"{run} has no train_config.json: give what `tasrih train` saved")
    return _build(ClassifierConfig, read_json(path), str(path))


def run_recipe(config: Any) -> dict:
    """Run what a recipe describes.

    Args:
        config: as ``load_recipe`` gives it.

    Returns:
        The run's figures.

    Raises:
        ValueError: if several processes are to run a kind that is for one.
    """
    name, run = next((name, run) for name, (kind, run) in KINDS.items() if isinstance(config, kind))
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes > 1 and name not in TOGETHER:
        raise ValueError(
            f"kind {name} runs in one process, not in {processes}: start it with `tasrih train`, without a launcher"
        )
    return run(config)


def run_script(description: str, *kinds: str) -> None:
    """Run a recipe from a script of its own; kinds of ``TOGETHER`` also under ``accelerate launch`` or ``torchrun``.

    Args:
        description: what the script says of itself.
        kinds: the kinds of recipe that it runs.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("config", type=Path, help="a YAML file of configs/")
    parser.add_argument("changes", nargs="*", metavar="KEY=VALUE", help="settings to change, or further YAML files")
    arguments = parser.parse_args()
    quiet_hub()
    try:
        config = load_recipe(arguments.config, arguments.changes)
        if not isinstance(config, tuple(KINDS[kind][0] for kind in kinds)):
            raise ValueError(f"{arguments.config}: kind must be {' or '.join(kinds)} here; `tasrih train` runs any")
        result = run_recipe(config)
    except (ValueError, OSError, MissingExtraError) as error:
        sys.exit(f"{parser.prog}: {error}")
    if os.environ.get("RANK", "0") == "0":
        print(json.dumps(result, indent=1, default=float))
