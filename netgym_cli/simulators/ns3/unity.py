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
    # Members take the name of the log component, in a header as in the source.
    "fcfs-wifi-queue-scheduler", "wifi-mac-queue", "wifi-phy-state-helper",
}  # fmt: skip
# Every file defines its log component by this name, and some ask it whether they are logged.
LOG = "g_log"


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
            yield f"{module}-{number}.cc", "".join(_included(file, src, place) for place, file in enumerate(group))


def _included(file: Path, src: Path, place: int) -> str:
    """A file of a unit, which keeps its own log component among those of the others."""
    return f'#define {LOG} netgym_log_{place}\n#include "{file.relative_to(src).as_posix()}"\n#undef {LOG}\n'
