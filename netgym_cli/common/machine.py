"""What of a machine decides the last bits of a result: its CPU, and which parts of it the libraries use."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

# Variables that make a library compute as on another CPU.
VARIABLES = ("ATEN_CPU_CAPABILITY", "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES", "OPENBLAS_CORETYPE",
             "MKL_ENABLE_INSTRUCTIONS", "GLIBC_TUNABLES")  # fmt: skip


def machine() -> dict[str, Any]:
    """The machine that this process runs on, as plain values.

    Returns:
        `architecture` and `cpu` (model); `numpy_features`, the instruction sets for which NumPy has its own code here;
        `libc`; `torch_cpu_capability` and `torch_threads`, None as long as PyTorch is not loaded; `variables` of the
        environment that change any of them.
    """
    torch: Any = sys.modules.get("torch")
    capability = getattr(getattr(getattr(torch, "backends", None), "cpu", None), "get_cpu_capability", None)
    threads = getattr(torch, "get_num_threads", None)
    return {
        **_lasting(),
        "torch_cpu_capability": capability() if capability else None,
        "torch_threads": threads() if threads else None,
        "variables": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two records of machines or versions: `NAME was A, is B` each; unknown values do not."""
    found = []
    for name in [name for name in before if name in now]:
        old, new = before[name], now[name]
        if old == new or old is None or new is None:
            continue
        if isinstance(old, list) and isinstance(new, list):
            parts = [("without", [x for x in old if x not in new]), ("with", [x for x in new if x not in old])]
            found.append(f"{name} is " + " and ".join(f"{word} {', '.join(which)}" for word, which in parts if which))
        elif isinstance(old, dict) and isinstance(new, dict):
            found += [f"{key} was {_said(old.get(key))}, is {_said(new.get(key))}"
                      for key in {**old, **new} if old.get(key) != new.get(key)]  # fmt: skip
        else:
            found.append(f"{name} was {old}, is {new}")
    return found


def _said(value: Any) -> str:
    return "not set" if value is None else str(value)


@cache
def _lasting() -> dict[str, Any]:
    return {
        "architecture": platform.machine(),
        "cpu": _cpu(),
        "numpy_features": _numpy_features(),
        "libc": _libc(),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or "unknown"


def _numpy_features() -> list[str]:
    import numpy as np

    shown: Any = np.show_config(mode="dicts")
    extensions = shown.get("SIMD Extensions", {})
    return [*extensions.get("baseline", []), *extensions.get("found", [])]


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or "unknown"
    except (ValueError, OSError):
        return " ".join(platform.libc_ver()).strip() or "unknown"
