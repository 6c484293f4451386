"""Compiles the fluid kernel once per compiler and source, and keeps it in the user's cache directory."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from netgym_cli.common.errors import BuildError
from netgym_cli.simulators.ns3.cache import WRITABLE, cache_dir, defect, keep, locked, make_cache, scratch
from netgym_cli.simulators.ns3.compiler import Compilers, compiler, compiler_version
from netgym_cli.simulators.ns3.object_cache import object_path

NATIVE = Path(__file__).parent / "native"
LIBRARY = "libnetgym_fluid.so"
# The same numbers on every CPU of a kind: no instructions of this one, no sums in another order, no fused products.
# What nobody asks for is left out, and changes no number: error codes and traps of functions, replaceable functions.
NUMBERS = "-fno-fast-math -ffp-contract=off"
UNASKED = "-fno-math-errno -fno-trapping-math -fno-semantic-interposition"
FLAGS = f"-std=c++17 -O3 -fPIC -pthread {NUMBERS} {UNASKED} -Wall -Wextra".split()

Report = Callable[[str], None]

log = logging.getLogger(__name__)


def sources() -> list[Path]:
    """The C++ files."""
    return sorted(NATIVE.rglob("*.cc"))


def library_path(cxx: str) -> Path:
    """Where the library for exactly these sources and this compiler is kept."""
    return cache_dir() / f"fluid-{_key()}-{_short(compiler_version(cxx).encode())}" / LIBRARY


class Built(NamedTuple):
    """The library, ready to load; whether it was there already, and how long all of that took."""

    library: Path
    cached: bool
    seconds: float


class Status(NamedTuple):
    """What is there before anything is built: `library` if it is sound, `defects` of those that are not."""

    library: Path | None
    defects: tuple[str, ...]
    compiler: str | None


def status() -> Status:
    """Looks for the library for these sources, by any compiler where none can be compiled."""
    cxx, defects = compiler(), []
    kept = [library_path(cxx)] if cxx else []
    if cxx is None or (cache_dir().exists() and not os.access(cache_dir(), os.W_OK)):
        kept += sorted(cache_dir().glob(f"fluid-{_key()}-*/{LIBRARY}"))
    for library in kept:
        if (fault := defect(library)) is None:
            return Status(library, (), cxx)
        if os.path.lexists(library):
            defects.append(f"{library} {fault}")
    return Status(None, tuple(defects), cxx)


def ensure(report: Report | None = None) -> Built:
    """The library, compiled now if it is not in the cache; it takes a few seconds.

    Args:
        report: told a line when something is compiled; None: this module's log.

    Raises:
        BuildError: there is no compiler, it failed, or the cache cannot be written.
    """
    began = time.perf_counter()
    library, defects, cxx = status()
    if library:
        return Built(library, True, time.perf_counter() - began)
    if cxx is None:
        raise BuildError(
            "simulator=fluid needs a C++ compiler, and none was found: install g++, or take simulator=ns3."
        )
    tell = report or log.info
    with locked(make_cache()):
        library = library_path(cxx)
        if defect(library) is not None:  # another process may have been faster
            for line in defects:
                tell(f"{line}: it is made again")
            tell("compiling the fluid kernel, once")
            _compile(cxx, library)
            tell(f"fluid kernel compiled in {time.perf_counter() - began:.0f} s, kept in {library.parent}")
    return Built(library, False, time.perf_counter() - began)


def _compile(cxx: str, library: Path) -> None:
    key = repr((compiler_version(cxx), FLAGS))
    kept = {file: object_path(cache_dir() / "objects", file, [NATIVE], key) for file in sources()}
    due = [file for file, place in kept.items() if defect(place) is not None]
    try:
        with scratch(cache_dir()) as drafts, ThreadPoolExecutor(os.cpu_count()) as pool, Compilers(drafts) as compilers:

            def compiled(file: Path) -> Path:
                draft = drafts / kept[file].name
                _require_none(compilers, [cxx, *FLAGS, f"-iquote{NATIVE}", "-c", str(file), "-o", str(draft)])
                return file

            for file in pool.map(compiled, due):
                keep(drafts / kept[file].name, kept[file])
            draft = drafts / library.name
            _require_none(
                compilers, [cxx, "-shared", "-pthread", *map(str, kept.values()), "-Wl,-z,defs", "-o", str(draft)]
            )
            keep(draft, library, compiler=compiler_version(cxx).partition("\n")[0])
    except OSError as error:
        raise BuildError(f"cannot write the cache {cache_dir()}: {error.strerror}; {WRITABLE}.") from error


def _require_none(compilers: Compilers, command: list[str]) -> None:
    if errors := compilers.errors(command):
        raise BuildError(
            "the fluid kernel could not be compiled:\n  "
            + "\n  ".join(errors)
            + f"\nThe command was: {' '.join(command)}\nCheck the compiler (C++17) and `netgym doctor`."
        )


def _key() -> str:
    parts = [repr(FLAGS).encode()]
    for path in sorted(NATIVE.rglob("*")):
        if path.suffix in (".h", ".cc"):
            parts.append(path.relative_to(NATIVE).as_posix().encode() + path.read_bytes())
    return _short(*parts)


def _short(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:16]
