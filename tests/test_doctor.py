"""``tasrih doctor``: what is said of packages, engines, models and data, on machines made up and on this one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from tasrih import doctor
from tasrih.doctor import examine
from tasrih.models import engines
from tasrih.models.engines import machine
from tasrih.models.files import PRETRAINED

REQUIRED = [
    "numpy>=1.26",
    'torch>=2.11; extra == "train"',
    'transformers<6,>=5.17; extra == "train"',
    'ray[data]>=2.50; extra == "ray"',
    'tasrih[serve,train]; extra == "test"',
]
HERE = {"numpy": "2.4.6", "torch": "2.13.0+cpu", "transformers": "5.24.0", "ray": "2.60.0"}


@pytest.fixture
def machine_of(monkeypatch):
    """Make up a machine: its installed packages, its processor, whether torch finds a GPU."""

    def made(installed: dict[str, str], flags: str = "", gpu: bool = False):
        def version(name):
            if name not in installed:
                raise doctor.metadata.PackageNotFoundError(name)
            return installed[name]

        def spec(name):
            return object() if name in installed or name == "huggingface_hub" else None

        monkeypatch.setattr(doctor.metadata, "requires", lambda name: REQUIRED)
        monkeypatch.setattr(doctor.metadata, "version", version)
        for module in (doctor, engines):
            monkeypatch.setattr(module, "find_spec", spec)
            monkeypatch.setattr(module, "on_gpu", lambda device=None: gpu)
        for module in (doctor, engines, machine, sys.modules["tasrih.models.engines.openvino"]):
            monkeypatch.setattr(module, "processor_flags", lambda: frozenset(flags.split()))

    return made


def test_packages_are_those_that_the_metadata_names(machine_of):
    machine_of({**HERE, "transformers": "4.57.1"})
    found = {package.name: package for package in examine().packages}
    assert list(found) == ["numpy", "torch", "transformers", "ray"]
    assert (found["numpy"].extra, found["torch"].extra) == (None, "train")
    assert found["torch"].fits and found["ray"].fits and not found["transformers"].fits
    report = examine().report()
    assert "transformers 4.57.1 (needs <6,>=5.17)" in report and "pip install 'tasrih[train]'" in report
    assert "pip install 'tasrih[ray]'" not in report and examine().faults == ()


@pytest.mark.parametrize(
    ("version", "wanted", "fits"),
    [
        ("5.24.0", ">=5.17,<6", True), ("6.0.0", ">=5.17,<6", False), ("5.9", ">=5.17,<6", False),
        ("2.13.0+cpu", ">=2.11", True), ("2.2", ">=2.11", False), ("1.0", "", True), ("2025.10.0", ">=2025.3", True),
    ],
)  # fmt: skip
def test_a_version_is_held_against_its_bounds(version, wanted, fits):
    assert doctor._fits(version, wanted) is fits


def test_a_base_package_that_is_missing_or_old_is_a_fault(machine_of):
    machine_of({**HERE, "numpy": "1.24.0"})
    (fault,) = examine().faults
    assert "numpy 1.24.0" in fault and "numpy>=1.26" in fault and "\n" not in fault
    machine_of({})
    assert examine().faults[0].startswith("numpy is not installed")


def test_without_extras_all_runs_on_onnx(machine_of):
    machine_of({"numpy": "2.0"}, "avx2 avx512_vnni")
    default, auto, trained = examine().engines
    assert (default.engine, auto.engine, trained.engine) == ("onnx fp32", "onnx fp32", None)
    assert "pip install 'tasrih[openvino]'" in auto.why and "pip install 'tasrih[train]'" in trained.why


@pytest.mark.parametrize(
    ("flags", "gpu", "auto", "reason", "trained", "told"),
    [
        ("avx2", False, "onnx fp32", "neither AMX nor VNNI", "torch fp32 on cpu", "no amx_bf16"),
        ("avx512_vnni avx512_bf16", False, "openvino int8", "avx512_vnni", "torch fp32 on cpu", "no amx_bf16"),
        ("avx_vnni", False, "openvino int8", "avx_vnni", "torch fp32 on cpu", "no amx_bf16"),
        ("avx512_vnni amx_bf16", False, "openvino bf16", "amx_bf16", "torch bf16 on cpu", "has amx_bf16"),
        ("avx2", True, "onnx fp32", "neither", "torch bf16 on cuda", "finds a GPU"),
    ],
)
def test_the_engine_and_why(machine_of, flags, gpu, auto, reason, trained, told):
    machine_of({**HERE, "openvino": "2026.4"}, flags, gpu)
    found = examine()
    default, bundled, _, torch = found.engines
    assert default.engine == "onnx fp32"
    assert bundled.engine == auto and reason in bundled.why
    assert torch.engine == trained and told in torch.why
    assert set(found.flags) == set(flags.split())


def test_models_are_verified_and_a_damaged_one_is_a_fault(tmp_path, monkeypatch):
    place = tmp_path / "pretrained"
    shutil.copytree(PRETRAINED / "stance", place / "stance")
    shutil.copytree(PRETRAINED / "topic", place / "topic")
    (place / "base").mkdir()
    (place / "base" / "config.json").write_text('{"architectures": ["ModernBertForMaskedLM"]}', encoding="utf-8")
    graph = place / "stance" / "model.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"\x00")
    monkeypatch.setattr(doctor, "PRETRAINED", place)
    found = examine()
    assert [(model.name, model.kind, model.verified) for model in found.models] == [
        ("base", "base", None), ("stance", "classifier", False), ("topic", "classifier", True),
    ]  # fmt: skip
    (fault,) = found.faults
    assert "model.onnx was altered" in fault and fault in found.report()
    assert found.models[2].size == sum(file.stat().st_size for file in (place / "topic").iterdir())
    (place / "topic" / "config.json").write_text("{", encoding="utf-8")
    assert len(examine().faults) == 2
    shutil.rmtree(place)
    assert "install tasrih again" in examine().faults[0]


def test_where_data_and_hub_models_come_from(tmp_path, monkeypatch):
    monkeypatch.setenv("TASRIH_DATA", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = examine()
    assert (found.data_root, found.sets) == (str(tmp_path), 0)
    assert found.hub == f"{tmp_path / 'cache'} alone (HF_HUB_OFFLINE is set)"
    (tmp_path / "statements").mkdir()
    assert examine().sets == 1
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("TASRIH_DATA", str(tmp_path / "away"))
    assert "else the Hugging Face hub" in examine().hub and examine().sets is None
    assert "no such folder" in examine().report()


def test_the_command_prints_lines_or_one_object():
    plain, as_json = (
        subprocess.run([sys.executable, "-m", "tasrih.cli", "doctor", *more], capture_output=True, text=True)
        for more in ([], ["--json"])
    )
    found = json.loads(as_json.stdout)
    assert plain.returncode == as_json.returncode == (1 if found["faults"] else 0)
    assert {"version", "python", "cores", "flags", "packages", "engines", "models", "data_root", "faults"} <= set(found)
    bundled = {model["name"]: model for model in found["models"]}
    assert bundled["statement"]["verified"] is True and bundled["statement"]["size"] > 1e6
    for told in ("onnx fp32", "SHA-256 verified", "data root", found["engines"][1]["engine"]):
        assert told in plain.stdout
