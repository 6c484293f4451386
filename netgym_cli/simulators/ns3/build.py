"""Compiles the worker's native part once per ns-3, compiler and source, and keeps it in the user's cache directory."""

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from netgym_cli.common.errors import BuildError
from netgym_cli.simulators.ns3.cache import WRITABLE, cache_dir, defect, keep, locked, make_cache, scratch, short_hash
from netgym_cli.simulators.ns3.compiler import Compilers, compiler, compiler_version
from netgym_cli.simulators.ns3.installed import Ns3, locate
from netgym_cli.simulators.ns3.object_cache import object_path

NATIVE = Path(__file__).parent / "worker" / "native"
REPLACEMENTS, REPLACED_VERSION = "replacements", "3.44"  # parts of ns-3 itself, and whose place they can take
HEADERS = (NATIVE / "bridge" / "scenario.h", NATIVE / "bridge" / "stepping.h")
LIBRARY = "libnetgym_ns3.so"

Report = Callable[[str], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Built:
    """The native part, ready to load; `library` is None where cling has to compile it in the worker."""

    ns3: Ns3
    library: Path | None
    cached: bool
    seconds: float


@dataclass(frozen=True)
class Status:
    """What is there before anything is built: `library` if it is sound, `defects` of one that is not.

    `replaced` are the parts of ns-3 that a compiled library takes the place of.
    """

    ns3_version: str
    ns3_prefix: Path
    compiler: str | None
    cache: Path
    library: Path | None
    defects: tuple[str, ...]
    optimized: bool
    replaced: tuple[str, ...]


def replaced(ns3: Ns3) -> list[str]:
    """The parts of `ns3` that netgym has its own in place of, named as in its sources."""
    if ns3.version != REPLACED_VERSION:
        return []
    return [file.stem.replace("_", "-") for file in replacement_sources()]


def sources() -> list[Path]:
    """The C++ files that every ns-3 needs, in the order in which cling may read them one after the other."""
    return sorted(file for file in NATIVE.rglob("*.cc") if file.parent.name != REPLACEMENTS)


def compiled_sources(ns3: Ns3) -> list[Path]:
    """The C++ files of the compiled library for `ns3`.

    Replacements are part of a whole library already; in what cling compiles they would replace nothing.
    """
    return [*sources(), *(replacement_sources() if replaced(ns3) and not ns3.whole else [])]


def replacement_sources() -> list[Path]:
    """The C++ files that take the place of ns-3's own definitions."""
    return sorted((NATIVE / REPLACEMENTS).glob("*.cc"))


def include_dirs() -> list[Path]:
    """Where quoted includes are searched: the first for `room/file.h`, the rooms for `file.h` in users' scenarios."""
    return [NATIVE, *sorted(path for path in NATIVE.iterdir() if path.is_dir())]


def include_flags() -> list[str]:
    """Compiler arguments for code that includes headers of the native part."""
    return [f"-iquote{folder}" for folder in include_dirs()]


def toolchain(ns3: Ns3, cxx: str) -> tuple[object, ...]:
    """What tells one compiler and one installed ns-3 from another."""
    core = ns3.libraries[0].stat()
    return compiler_version(cxx), ns3, core.st_size, core.st_mtime_ns


def library_path(ns3: Ns3, cxx: str) -> Path:
    """Where the library for exactly these sources, this ns-3 and this compiler is kept."""
    return cache_dir() / f"native-{_key(ns3)}-{short_hash(compiler_version(cxx).encode())}" / LIBRARY


def _by_other_compilers(ns3: Ns3) -> list[Path]:
    """Where libraries for exactly these sources and this ns-3 lie, by whatever compiler; the newest first."""
    found = cache_dir().glob(f"native-{_key(ns3)}-*/{LIBRARY}")
    return sorted(found, key=lambda path: path.lstat().st_mtime_ns, reverse=True)


def _key(ns3: Ns3) -> str:
    """Names the sources and ns-3, by their content where times of files may differ between copies of one machine."""
    sizes = [(library.name, library.stat().st_size) for library in ns3.libraries]
    parts = [repr((ns3, sizes, ns3.compile_flags, ns3.link_flags)).encode(), ns3.libraries[0].read_bytes()]
    for path in [*compiled_sources(ns3), *sorted(NATIVE.rglob("*.h"))]:
        parts.append(path.relative_to(NATIVE).as_posix().encode() + path.read_bytes())
    return short_hash(*parts)


def status(prefix: str | None = None) -> Status:
    """Looks without building."""
    ns3, cxx = locate(prefix), compiler()
    library, defects = _find(ns3, cxx)
    return Status(
        ns3.version, ns3.prefix, cxx, cache_dir(), library, tuple(defects), ns3.optimized, tuple(replaced(ns3))
    )


def _find(ns3: Ns3, cxx: str | None) -> tuple[Path | None, list[str]]:
    """The library to use, by any compiler where none can be compiled, if it is sound. And what is wrong with others."""
    defects = []
    libraries = [library_path(ns3, cxx)] if cxx else []
    if cxx is None or (cache_dir().exists() and not os.access(cache_dir(), os.W_OK)):
        libraries += [library for library in _by_other_compilers(ns3) if library not in libraries]
    for library in libraries:
        fault = defect(library)
        if fault is None:
            return library, []
        if os.path.lexists(library):
            defects.append(f"{library} {fault}")
    return None, defects


def ensure(prefix: str | None = None, report: Report | None = None) -> Built:
    """The native part for the ns-3 under `prefix` (None: the wheel), compiled now if it is not sound in the cache.

    Where there is no compiler, or the cache cannot be written, one that another compiler made is taken.

    Args:
        prefix: an installed ns-3, or None for the wheel.
        report: told a line of progress now and then while compiling; None: this module's log.

    Raises:
        BuildError: the compiler failed, with its first errors in the message, or the cache cannot be written.
    """
    started = time.perf_counter()
    tell = report or log.info
    ns3, cxx = locate(prefix), compiler()
    library, defects = _find(ns3, cxx)
    if library:
        return Built(ns3, library, True, time.perf_counter() - started)
    if cxx is None:
        for line in defects:
            tell(f"{line}: it is not used")
        tell("no C++ compiler found: cling compiles the simulator at every start (about 10 s); install g++ to avoid it")
        return Built(ns3, None, False, time.perf_counter() - started)
    with locked(make_cache()):
        library = library_path(ns3, cxx)
        if defect(library) is not None:  # another process may have been faster
            for line in defects:
                tell(f"{line}: it is made again")
            _compile(ns3, cxx, library, tell)
    seconds = time.perf_counter() - started
    tell(f"simulator compiled in {seconds:.0f} s, kept in {library.parent}")
    return Built(ns3, library, False, seconds)


def _compile(ns3: Ns3, cxx: str, library: Path, tell: Report) -> None:
    key = repr((toolchain(ns3, cxx), ns3.compile_flags))
    objects = {file: object_path(cache_dir() / "objects", file, include_dirs(), key) for file in compiled_sources(ns3)}
    defects = {file: fault for file, kept in objects.items() if (fault := defect(kept)) is not None}
    if damaged := [f"{objects[file].name} {fault}" for file, fault in defects.items() if objects[file].exists()]:
        more = f", and {len(damaged) - 1} more" if len(damaged) > 1 else ""
        tell(f"kept object files cannot be used: {damaged[0]}{more}; they are made again")
    tell(f"compiling the simulator against ns-{ns3.version}, once: {len(defects)} files")
    try:
        with scratch(cache_dir()) as drafts, ThreadPoolExecutor(os.cpu_count()) as pool, Compilers(drafts) as compilers:

            def compiled(file: Path) -> Path:
                flags = [*ns3.compile_flags, *include_flags()]
                draft = drafts / objects[file].name
                require_none(compilers, [cxx, *flags, "-c", str(file), "-o", str(draft)])
                return file

            for done, file in enumerate(pool.map(compiled, defects), 1):
                keep(drafts / objects[file].name, objects[file])
                tell(f"  {done}/{len(defects)} {file.name}")
            draft = drafts / library.name
            command = [cxx, "-shared", *map(str, objects.values()), *ns3.link_flags, "-o", str(draft)]
            require_none(compilers, command)
            keep(draft, library, compiler=compiler_version(cxx).partition("\n")[0], ns3=ns3.version)
    except OSError as error:
        raise BuildError(f"cannot write the cache {cache_dir()}: {error.strerror}; {WRITABLE}.") from error


def require_none(compilers: Compilers, command: list[str]) -> None:
    """Runs a compiler. Raises `BuildError` with its errors if there are any."""
    if errors := compilers.errors(command):
        raise BuildError(
            "the simulator could not be compiled:\n  "
            + "\n  ".join(errors)
            + f"\nThe command was: {' '.join(command)}\nCheck the compiler (C++20) and `netgym doctor`."
        )
