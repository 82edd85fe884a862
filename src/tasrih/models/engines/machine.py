"""What this machine's processor can do, and how many of its cores are ours."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path


def cores() -> int:
    """Count the cores that this process may run on.

    Returns:
        The number, at least one.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache(maxsize=1)
def processor_flags() -> frozenset[str]:
    """List the instruction sets of the processor, as Linux names them (``avx512_vnni``, ``amx_bf16``, ...).

    Those that ``ONEDNN_MAX_CPU_ISA`` switches off for oneDNN, which computes for OpenVINO and torch, are left out
    (https://uxlfoundation.github.io/oneDNN/dev_guide_cpu_dispatcher_control.html).

    Returns:
        The names; empty where the system does not tell.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    hidden: tuple[str, ...] = ()
    if limit and "AMX" not in limit and limit not in ("ALL", "DEFAULT"):
        hidden = ("amx",) if limit.startswith("AVX512") else ("amx", "avx512")
    return frozenset(flag for flag in flags if not flag.startswith(hidden or ("\0",)))
