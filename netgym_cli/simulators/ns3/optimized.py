"""Compiles ns-3 itself from a source that the user names: without assertions and logs, as one library, into the cache.

Its headers are those of the installed wheel, which is the same release, so that only the library has to be kept.
"""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from netgym_cli.common.errors import BuildError, ConfigError
from netgym_cli.common.home import expanded
from netgym_cli.simulators.ns3 import build
from netgym_cli.simulators.ns3.cache import WRITABLE, cache_dir, defect, keep, locked, make_cache, scratch
from netgym_cli.simulators.ns3.compiler import Compilers, compiler, compiler_version
from netgym_cli.simulators.ns3.installed import MODULES as USED
from netgym_cli.simulators.ns3.installed import WHEEL, Ns3, locate, optimized_path
from netgym_cli.simulators.ns3.object_cache import object_path
from netgym_cli.simulators.ns3.unity import units

MODULES = (*USED, "energy")
FLAGS = "-std=c++20 -O3 -fPIC -fno-semantic-interposition -DNDEBUG -w".split()
# Calls inside the library do not go through the dynamic linker. The first of two definitions counts: ours come first.
LINK_FLAGS = "-shared -Wl,-Bsymbolic-functions -Wl,--allow-multiple-definition -s".split()


def build_ns3(source: str, report: build.Report) -> Path:
    """Makes the library of the ns-3 in `source`, and returns where it is kept; netgym then uses it by itself.

    Args:
        source: folder or archive (tar, zip) of ns-3, of the release that the wheel is of.
        report: told lines of progress.

    Raises:
        ConfigError: it is no such source.
        BuildError: there is no compiler, it failed, or the cache cannot be written.
    """
    wheel, cxx = locate(WHEEL), compiler()
    if cxx is None:
        raise BuildError("ns-3 cannot be compiled without a C++ compiler; install g++, or set CXX to another one.")
    folder = make_cache()
    library = optimized_path(wheel)
    try:
        with locked(folder), scratch(folder) as drafts, unpacked(expanded(source).absolute(), drafts) as root:
            check(root, wheel)
            objects = _compile(root / "src", wheel, cxx, drafts, report)
            with Compilers(drafts) as compilers:
                draft = drafts / library.name
                build.require_none(compilers, [cxx, *LINK_FLAGS, *map(str, objects), "-o", str(draft)])
            keep(draft, library, compiler=compiler_version(cxx).partition("\n")[0], ns3=wheel.version)
    except OSError as error:
        raise BuildError(f"cannot write the cache {cache_dir()}: {error.strerror}; {WRITABLE}.") from error
    return library


@contextmanager
def unpacked(source: Path, drafts: Path) -> Iterator[Path]:
    """The folder of ns-3's source, of an archive below `drafts`. Raises `ConfigError` if it is neither."""
    if source.is_dir():
        yield source
        return
    target = drafts / "source"
    try:
        if zipfile.is_zipfile(source):
            with zipfile.ZipFile(source) as archive:
                archive.extractall(target, [name for name in archive.namelist() if _wanted(name)])
        else:
            with tarfile.open(source) as archive:
                archive.extractall(target, [file for file in archive if _wanted(file.name)], filter="data")
    except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise ConfigError(
            f"--ns3 is {str(source)!r}, which is neither a folder nor an archive (tar, zip) that can be read ({error})."
        ) from error
    found = sorted(target.glob("VERSION")) or sorted(target.glob("*/VERSION"))
    yield found[0].parent if found else target


def _wanted(name: str) -> bool:
    return name.endswith(("/VERSION", ".cc", ".h")) or name == "VERSION"


def check(root: Path, wheel: Ns3) -> None:
    """Raises `ConfigError` unless `root` holds ns-3 of the wheel's release, with the wheel's headers."""
    at = f"--ns3: {str(root)!r}"
    version = root / "VERSION"
    if not (version.is_file() and (root / "src" / "core").is_dir()):
        raise ConfigError(f"{at} is no source of ns-3: there is no VERSION or no src/core.")
    if (found := version.read_text(errors="replace").strip()) != wheel.version:
        raise ConfigError(
            f"{at} is ns-3 {found[:40]!r}; allowed: {wheel.version}, the release of the installed wheel, whose numbers "
            "it has to give. For another one build it yourself and set simulator.ns3_prefix."
        )
    for module in MODULES:
        for header in sorted((root / "src" / module).rglob("*.h")):
            installed = wheel.include / "ns3" / header.name
            if "test" not in header.parts and installed.is_file() and _differ(header, installed):
                raise ConfigError(
                    f"{at} has another src/{header.relative_to(root / 'src')} than the installed wheel; allowed: ns-3 "
                    f"{wheel.version} without changes. For one with changes: simulator.ns3_prefix."
                )


def _differ(one: Path, other: Path) -> bool:
    return one.read_bytes().split() != other.read_bytes().split()


def _compile(src: Path, wheel: Ns3, cxx: str, drafts: Path, report: build.Report) -> list[Path]:
    """The object files of everything, those that are not kept compiled now."""
    folder = drafts / "units"
    folder.mkdir()
    wanted: dict[Path, Path] = {}
    key = repr((build.toolchain(wheel, cxx), FLAGS))
    for replacement in build.replacement_sources():
        wanted[replacement] = object_path(cache_dir() / "objects", replacement, [src], key)
    for name, text in units(src, MODULES):
        unit = folder / name
        unit.write_text(text)
        wanted[unit] = object_path(cache_dir() / "objects", unit, [src], key)
    missing = [unit for unit, kept in wanted.items() if defect(kept) is not None]
    report(f"compiling ns-3 {wheel.version} itself, once: {len(missing)} units; all take about twenty core minutes")
    with ThreadPoolExecutor(os.cpu_count()) as pool, Compilers(drafts) as compilers:

        def compiled(unit: Path) -> Path:
            flags = [*FLAGS, f"-I{wheel.include}", f"-iquote{src}"]
            build.require_none(compilers, [cxx, *flags, "-c", str(unit), "-o", str(drafts / wanted[unit].name)])
            return unit

        for done, unit in enumerate(pool.map(compiled, missing), 1):
            keep(drafts / wanted[unit].name, wanted[unit])
            report(f"  {done}/{len(missing)} {unit.stem}")
    return list(wanted.values())
