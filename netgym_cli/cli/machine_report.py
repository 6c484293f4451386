"""The report of `netgym doctor`: versions and the native part, without importing heavy packages."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

import netgym_cli

if TYPE_CHECKING:
    from netgym_cli.simulators.ns3.build import Status

PACKAGES = ("ns3", "cppyy", "torch", "gymnasium", "stable-baselines3", "hydra-core", "numpy", "pandas", "pyarrow")


@dataclass(frozen=True)
class Finding:
    """One row of the report: name, value, whether netgym can run with it, and advice."""

    name: str
    found: str
    ok: bool = True
    advice: str = ""


def examine(ns3_prefix: str | None = None) -> list[Finding]:
    """All dependencies of a run; `ns3_prefix` as `simulator.ns3_prefix`."""
    findings = [Finding("netgym", netgym_cli.__version__), Finding("python", platform.python_version())]
    findings += [_package(name) for name in PACKAGES]
    return findings + _native(ns3_prefix)


def _package(name: str) -> Finding:
    try:
        return Finding(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(name, "missing", False, f"pip install {name}")


def _native(ns3_prefix: str | None) -> list[Finding]:
    from netgym_cli.common.errors import NetgymError
    from netgym_cli.simulators.ns3 import build

    try:
        status = build.status(ns3_prefix)
    except NetgymError as error:
        return [Finding("native part", str(error), False)]
    slow = "without g++ the native part is compiled at every start, which takes seconds; install g++"
    return [
        Finding("ns-3", f"{status.ns3_version} in {status.ns3_prefix}"),
        Finding("compiler", status.compiler or "none", True, "" if status.compiler else slow),
        Finding("native part", str(status.library or "not built"), True, "" if status.library else "netgym build"),
        _cache(status),
    ]


def _cache(status: Status) -> Finding:
    from netgym_cli.common.errors import BuildError
    from netgym_cli.simulators.ns3 import build

    if not status.library:  # a built library is only read
        try:
            build.make_cache()
        except BuildError as error:
            return Finding("cache", str(status.cache), False, str(error))
    return Finding("cache", str(status.cache))
