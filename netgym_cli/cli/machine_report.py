"""The report of `netgym doctor`: versions and the native part, without importing heavy packages."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import netgym_cli

if TYPE_CHECKING:
    from netgym_cli.simulators.ns3.build import Status

PACKAGES = ("ns3", "cppyy", "torch", "gymnasium", "stable-baselines3", "hydra-core", "numpy", "pandas", "pyarrow")
PARTS = {"cppyy": ("cppyy-cling", "cppyy-backend", "CPyCppyy")}
OPTIMIZED = ", without assertions and logs"
LOADED = ("ns3", "cppyy")  # whose files the simulator's process loads; it cannot say which of them is damaged


@dataclass(frozen=True)
class Finding:
    """One row of the report: name, value, whether netgym can run with it, and advice."""

    name: str
    found: str
    ok: bool = True
    advice: str = ""


def examine(ns3_prefix: str | None = None, malloc: str = "auto") -> list[Finding]:
    """All dependencies of a run; `ns3_prefix` and `malloc` as in `simulator`."""
    findings = [Finding("netgym", netgym_cli.__version__), Finding("python", platform.python_version())]
    findings += [_package(name) for name in PACKAGES]
    return [*findings, *_native(ns3_prefix), _fluid(), _malloc(malloc)]


def _package(name: str) -> Finding:
    try:
        distributions = [metadata.distribution(part) for part in (name, *PARTS.get(name, ()))]
    except metadata.PackageNotFoundError as error:
        return Finding(name, "missing", False, f"pip install {error.name}")
    version = distributions[0].version
    for part in distributions if name in LOADED else ():
        if fault := _damage(part):
            remedy = f"pip install --force-reinstall --no-deps {part.name}=={part.version}"
            return Finding(name, version, False, f"{fault}: {remedy}")
    return Finding(name, version)


def _damage(distribution: metadata.Distribution) -> str | None:
    """What of the libraries and precompiled headers has not the size that it was installed with."""
    for file in distribution.files or ():
        if file.size is None or not (file.suffix == ".so" or ".pch" in file.name):
            continue
        try:
            size = Path(str(file.locate())).stat().st_size
        except OSError as error:
            return f"{file} cannot be read ({error.strerror})"
        if size != file.size:
            return f"{file} has {size} bytes instead of {file.size}"
    return None


def _native(ns3_prefix: str | None) -> list[Finding]:
    from netgym_cli.common.errors import NetgymError
    from netgym_cli.simulators.ns3 import build

    try:
        status = build.status(ns3_prefix)
    except NetgymError as error:
        return [Finding("native part", str(error), False)]
    slow = "install g++: without it the native part is compiled at every start, which takes seconds"
    unneeded = "a library that another compiler made is used" if status.library else slow
    return [
        Finding("ns-3", f"{status.ns3_version} in {status.ns3_prefix}{OPTIMIZED if status.optimized else ''}"),
        Finding("ns-3, replaced", _replaced(status)),
        Finding("compiler", status.compiler or "none", True, "" if status.compiler else unneeded),
        _library(status),
        _cache(status),
    ]


def _malloc(choice: str) -> Finding:
    from netgym_cli.common.errors import ConfigError
    from netgym_cli.simulators.ns3.allocator import AUTO, TCMALLOC, allocator

    try:
        name = allocator(choice).name
    except ConfigError as error:
        return Finding("malloc", str(error), False)
    missing = choice == AUTO and name.startswith("glibc")
    return Finding("malloc", name, True, f"faster with {TCMALLOC[0]} (Debian: libtcmalloc-minimal4)" if missing else "")


def _replaced(status: Status) -> str:
    if not status.replaced:
        return f"nothing: netgym's own parts are for another release than {status.ns3_version}"
    if not (status.library or status.compiler):
        return "nothing: cling compiles the native part, and what it compiles takes no place in ns-3"
    return ", ".join(status.replaced)


def _library(status: Status) -> Finding:
    if status.library or status.defects:
        return _kept("native part", status.library, status.defects, status.compiler)
    return Finding("native part", "not built", True, "netgym build")


def _fluid() -> Finding:
    from netgym_cli.simulators.fluid import build

    library, defects, compiler = build.status()
    if library or defects:
        return _kept("fluid kernel", library, defects, compiler)
    return Finding("fluid kernel", "not built", True, "netgym build" if compiler else "install g++ for simulator=fluid")


def _kept(name: str, library: Path | None, defects: Sequence[str], compiler: str | None) -> Finding:
    if library:
        return Finding(name, str(library))
    remedy = "`netgym build` makes it again, and so does the next run" if compiler else "install g++"
    return Finding(name, "damaged", True, f"{'; '.join(defects)}; {remedy}")


def _cache(status: Status) -> Finding:
    from netgym_cli.common.errors import BuildError
    from netgym_cli.simulators.ns3 import cache

    if not status.library:  # a built library is only read
        try:
            cache.make_cache()
        except BuildError as error:
            return Finding("cache", str(status.cache), False, str(error))
    damaged, left = cache.all_defects(status.cache), cache.leftovers(status.cache)
    advice = [f"{damaged[0]}{_more(damaged)}; made again when needed"] if damaged else []
    if status.cache.parent == Path(tempfile.gettempdir()) and not os.environ.get("NETGYM_CACHE"):
        advice.append("there is no home directory to keep it in; set NETGYM_CACHE to a folder of your own")
    if left:
        advice.append(
            f"{left[0]}{_more(left)}: left by a build that was killed, or in use by one; `netgym build` removes it"
        )
    return Finding("cache", str(status.cache), True, "; ".join(advice))


def _more(things: Sequence[object]) -> str:
    return f" and {len(things) - 1} more" if len(things) > 1 else ""
