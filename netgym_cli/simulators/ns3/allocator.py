"""Which memory allocator the simulator's processes use: a tenth of ns-3's time. No number depends on it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.home import expanded

AUTO, GLIBC = "auto", "glibc"
FOLDERS = (
    "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib64",
    "/usr/local/lib",
)  # fmt: skip
TCMALLOC = ("libtcmalloc_minimal.so.4", "libtcmalloc_minimal.so")
# Where there is none: glibc's own, which keeps what is freed for the next of the same size, and asks the kernel seldom.
TUNABLES = {"tcache_count": 65535, "top_pad": 2**24, "trim_threshold": 2**28, "mmap_threshold": 2**25}


@dataclass(frozen=True)
class Allocator:
    """An allocator: what it is called, and the variables with which a process starts that uses it."""

    name: str
    variables: dict[str, str] = field(default_factory=dict)


def allocator(choice: str) -> Allocator:
    """The allocator for `simulator.malloc`.

    Args:
        choice: `auto`, for tcmalloc where the machine has it in a usual place and otherwise glibc's with other
            tunables, unless LD_PRELOAD or GLIBC_TUNABLES are set already; `glibc`, for glibc's as it is; or the path of
            a library.

    Raises:
        ConfigError: there is no such library.
    """
    if choice == GLIBC:
        return Allocator("glibc")
    if choice != AUTO:
        library = expanded(choice).absolute()
        if not (library.is_file() and ".so" in library.name):
            raise ConfigError(
                f"simulator.malloc is {choice!r}, which is no library; allowed: auto, glibc, or the path of one (.so)."
            )
        return _preloaded(library)
    if taken := os.environ.get("LD_PRELOAD"):
        return Allocator(f"as LD_PRELOAD={taken} has it")
    found = (path for folder in FOLDERS for name in TCMALLOC if (path := Path(folder, name)).is_file())
    if tcmalloc := next(found, None):
        return _preloaded(tcmalloc)
    if taken := os.environ.get("GLIBC_TUNABLES"):
        return Allocator(f"glibc, GLIBC_TUNABLES={taken}")
    tunables = ":".join(f"glibc.malloc.{name}={value}" for name, value in TUNABLES.items())
    return Allocator("glibc, tuned", {"GLIBC_TUNABLES": tunables})


def _preloaded(library: Path) -> Allocator:
    others = os.environ.get("LD_PRELOAD", "")
    return Allocator(str(library), {"LD_PRELOAD": f"{library} {others}".rstrip()})
