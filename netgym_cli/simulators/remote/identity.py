"""What each side is: netgym, ns-3 and the sources of the simulator; equal ones measure the same."""

from __future__ import annotations

import os
import platform
import socket
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from netgym_cli import __version__
from netgym_cli.simulators.remote.wire import PROTOCOL

WORKER = Path(__file__).parents[1] / "ns3" / "worker"
SOURCES = (".cc", ".h", ".py")


@cache
def identity() -> dict[str, Any]:
    """What this side is as plain values, without loading or locating anything."""
    try:
        ns3: str | None = metadata.version("ns3")
    except metadata.PackageNotFoundError:
        ns3 = None
    return {
        "protocol": PROTOCOL,
        "netgym": __version__,
        "ns3": ns3,
        "sources": _sources_hash(),
        "python": platform.python_version(),
        "machine": socket.gethostname(),
        "architecture": platform.machine(),
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "installed": str(Path(__file__).parents[2]),
        "interpreter": sys.executable,
    }


def refusal(here: dict[str, Any], there: dict[str, Any], host: str, own_ns3: bool = False) -> str | None:
    """Why `there` must not simulate for `here`: both versions and the remedy; None if it may.

    Args:
        here: identity of this side.
        there: of the other one, as it came.
        host: what the other one is called.
        own_ns3: whether the config names a folder of ns-3 there, so that the wheel's version means nothing.
    """
    names = {"netgym": "netgym", "ns3": "ns-3 (wheel)", "protocol": "the protocol of netgym relay"}
    for key, name in names.items():
        if here[key] != there.get(key) and not (key == "ns3" and own_ns3):
            wanted = f"ns3=={here['ns3']}" if key == "ns3" else f"netgym=={here['netgym']}"
            return (
                f"{name} is {there.get(key)} on {host} and {here[key]} here; both must be the same. Install it there "
                f"with the Python of {there.get('installed')}: `{there.get('interpreter')} -m pip install '{wanted}'`, "
                "or the same here."
            )
    if here["sources"] != there.get("sources"):
        return (
            f"netgym is {here['netgym']} on both sides, but its simulator's sources differ: {there.get('sources')} on "
            f"{host} ({there.get('installed')}), {here['sources']} here ({here['installed']}). Install both from the "
            "same sources."
        )
    return None


def _sources_hash() -> str:
    from netgym_cli.simulators.ns3.cache import short_hash

    files = sorted(path for path in WORKER.rglob("*") if path.suffix in SOURCES)
    return short_hash(*(path.relative_to(WORKER).as_posix().encode() + path.read_bytes() for path in files))


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
