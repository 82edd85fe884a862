"""Opening a model: what it cannot run on is refused, not passed over."""

from __future__ import annotations

import pytest

from tasrih.models.load import load


@pytest.mark.parametrize("name", ["topic", "summary"])
def test_an_unknown_engine_is_refused_whatever_the_model(name):
    with pytest.raises(ValueError, match=r"unknown engine 'bogus': choose from onnx, openvino"):
        load(name, engine="bogus")


def test_a_summariser_is_given_no_engine_that_it_does_not_run_on():
    for engine in ("openvino", "openvino:int8", "torch"):
        with pytest.raises(ValueError, match=f"engine '{engine}': the summariser summary runs on onnx alone"):
            load("summary", engine=engine)
    for engine in (None, "auto", "onnx"):
        assert type(load("summary", engine=engine)).__name__ == "Summariser"


@pytest.mark.parametrize("name", ["topic", "summary"])
@pytest.mark.parametrize("device", ["bogus", "cuda", "cuda:9", ""])
def test_a_bundled_model_runs_on_the_cpu_alone(name, device):
    with pytest.raises(ValueError, match=f"device '{device}': the model {name} runs on the CPU alone: leave device out"):
        load(name, device=device)
    load(name, device="cpu")


@pytest.mark.parametrize("device", ["bogus", "cuda:x", "cuda:99"])
def test_a_device_that_torch_does_not_have_is_refused_by_name(tmp_path, device):
    torch = pytest.importorskip("torch")
    (tmp_path / "config.json").write_text('{"architectures": ["BertForSequenceClassification"]}', encoding="utf-8")
    count = torch.cuda.device_count() or "no"
    told = f"torch finds {count} GPUs here: give" if device == "cuda:99" else "torch knows none of that name: give"
    with pytest.raises(ValueError, match=f"device '{device}': {told}"):
        load(tmp_path, device=device)
