"""Where bfloat16 is used: only where the device has instructions for it."""

from __future__ import annotations

import pytest

from tasrih.training.precision import can_bf16

torch = pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("device", "gpu", "gpu_can", "capability", "expected"),
    [
        ("cpu", False, False, "AVX512", True),
        ("cpu", False, False, "AVX2", False),
        ("cpu", False, False, "DEFAULT", False),
        ("cpu", True, True, "AVX2", False),  # it trains on the CPU, whatever else there is
        (None, False, False, "AVX2", False),
        (None, True, True, "AVX2", True),
        (None, True, False, "AVX512", False),
        ("cuda:1", True, True, "AVX2", True),
    ],
)
def test_bfloat16_is_for_devices_with_instructions_for_it(monkeypatch, device, gpu, gpu_can, capability, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: gpu_can or including_emulation)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert can_bf16(device) is expected
