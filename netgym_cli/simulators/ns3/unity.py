"""Groups the sources of ns-3's modules into few large units, which compile in a fraction of the time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("model", "helper", "utils")
PER_UNIT = 20
# What CMake leaves out on Linux with nothing but a compiler.
NOT_ON_LINUX = {"int64x64-cairo", "example-as-test", "version", "win32-fd-reader", "win32-system-wall-clock-ms"}
NEEDS_LIBRARIES = {"sqlite-data-output", "sqlite-output", "emu-epc-helper", "point-to-point-remote-channel"}
# Their file-local names are those of other files, or another definition takes their place at link time.
ALONE = {
    "codel-queue-disc", "ipv6-flow-classifier", "lte-fr-hard-algorithm", "lte-fr-soft-algorithm",
    "lte-fr-strict-algorithm", "lte-ffr-soft-algorithm", "lte-ffr-enhanced-algorithm", "lte-ffr-distributed-algorithm",
    "tcp-tx-buffer",
}  # fmt: skip
# Every file defines the log component `g_log`, which nothing uses without logs; templates look it up by its name.
HEAD = """#include <ns3/log.h>
#undef NS_LOG_COMPONENT_DEFINE
#undef NS_LOG_COMPONENT_DEFINE_MASK
#define NETGYM_JOINED(a, b) a##b
#define NETGYM_UNIQUE(a, b) NETGYM_JOINED(a, b)
#define NS_LOG_COMPONENT_DEFINE(name) \\
    static ns3::LogComponent NETGYM_UNIQUE(g_log, __COUNTER__)(name, __FILE__)
#define NS_LOG_COMPONENT_DEFINE_MASK(name, mask) \\
    static ns3::LogComponent NETGYM_UNIQUE(g_log, __COUNTER__)(name, __FILE__, mask)
"""


def module_sources(src: Path, module: str) -> list[Path]:
    """The C++ files of a module below ns-3's folder `src`, as far as they are compiled here."""
    found = (file for folder in FOLDERS for file in (src / module / folder).rglob("*.cc"))
    return sorted(file for file in found if file.stem not in NOT_ON_LINUX | NEEDS_LIBRARIES)


def units(src: Path, modules: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Name and text of each unit; a unit includes its files by their paths below `src`."""
    for module in modules:
        files = module_sources(src, module)
        together = [file for file in files if file.stem not in ALONE]
        groups = [together[at : at + PER_UNIT] for at in range(0, len(together), PER_UNIT)]
        groups += [[file] for file in files if file.stem in ALONE]
        for number, group in enumerate(groups, 1):
            includes = "".join(f'#include "{file.relative_to(src).as_posix()}"\n' for file in group)
            yield f"{module}-{number}.cc", HEAD + includes
