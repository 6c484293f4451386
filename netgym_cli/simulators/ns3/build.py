"""Compiles the worker's native part once per ns-3, compiler and source, and keeps it in the user's cache directory."""

import fcntl
import hashlib
import logging
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from netgym_cli.common.errors import BuildError, ConfigError
from netgym_cli.simulators.ns3.object_cache import object_path

NATIVE = Path(__file__).parent / "worker" / "native"
HEADER = NATIVE / "bridge" / "scenario.h"
MODULES = (
    "core network internet mobility propagation antenna spectrum stats traffic-control buildings csma bridge "
    "point-to-point virtual-net-device applications flow-monitor lte wifi"
).split()
FLAGS = "-std=c++20 -O2 -fPIC".split()
# The ns-3 wheel's config-store library leaves GTK symbols open that nobody calls: tolerated at link time, and lazy
# binding tolerates them at load time.
LINK_FLAGS = "-Wl,--unresolved-symbols=ignore-in-shared-libs -Wl,-z,lazy".split()

Report = Callable[[str], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ns3:
    """An installed ns-3: where its headers and libraries are."""

    prefix: Path
    version: str
    include: Path
    library_dir: Path
    suffix: str

    @property
    def libraries(self) -> list[Path]:
        """The shared libraries of the modules that the scenarios use."""
        return [self.library_dir / f"libns{self.version}-{module}{self.suffix}.so" for module in MODULES]

    @property
    def compile_flags(self) -> list[str]:
        """Compiler arguments for code that uses this ns-3; they follow how it was built itself."""
        checked = [] if self.suffix == "-optimized" else ["-DNS3_LOG_ENABLE", "-DNS3_ASSERT_ENABLE"]
        return [*FLAGS, *checked, f"-I{self.include}"]

    @property
    def link_flags(self) -> list[str]:
        """Compiler arguments that link against this ns-3 and find it again at run time."""
        names = [f"-l:{library.name}" for library in self.libraries]
        return [*LINK_FLAGS, f"-L{self.library_dir}", f"-Wl,-rpath,{self.library_dir}", *names]


@dataclass(frozen=True)
class Built:
    """The native part, ready to load; `library` is None where cling has to compile it in the worker."""

    ns3: Ns3
    library: Path | None
    cached: bool
    seconds: float


@dataclass(frozen=True)
class Status:
    """What is there before anything is built."""

    ns3_version: str
    ns3_prefix: Path
    compiler: str | None
    cache: Path
    library: Path | None


def locate(prefix: str | None = None) -> Ns3:
    """Finds ns-3 under `prefix` (with include/ and lib/ or lib64/), or the installed wheel. Raises `ConfigError`."""
    if prefix is None:
        spec = find_spec("ns3")
        if spec is None or not spec.submodule_search_locations:
            raise BuildError("ns-3 is not installed. Install it with: pip install ns3")
        root = Path(next(iter(spec.submodule_search_locations)))
    else:
        root = Path(prefix).expanduser().resolve()
    for library_dir in (root / "lib64", root / "lib"):
        for core in sorted(library_dir.glob("libns3*-core*.so")):
            match = re.fullmatch(r"libns(3[.\w]*)-core(-\w+)?\.so", core.name)
            if match:
                return Ns3(root, match[1], root / "include", library_dir, match[2] or "")
    raise ConfigError(
        f"simulator.ns3_prefix is {str(root)!r}; allowed: a folder with include/ns3 and lib/libns3*-core*.so, "
        "or null for the installed wheel."
    )


def compiler() -> str | None:
    """The C++ compiler: $CXX or g++; None if there is none."""
    return shutil.which(os.environ.get("CXX", "g++"))


def cache_dir() -> Path:
    """$NETGYM_CACHE, or netgym in the user's cache directory."""
    if own := os.environ.get("NETGYM_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "netgym"


def make_cache() -> Path:
    """The cache directory, made now if need be. Raises `BuildError` if it cannot be written."""
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BuildError(
            f"cannot write the cache {folder}: {error.strerror}; set NETGYM_CACHE to a writable folder."
        ) from error
    return folder


def sources() -> list[Path]:
    """The C++ files, in the order in which cling may read them one after the other."""
    return sorted(NATIVE.rglob("*.cc"))


def include_dirs() -> list[Path]:
    """Where quoted includes are searched: the first for `room/file.h`, the rooms for `file.h` in users' scenarios."""
    return [NATIVE, *sorted(path for path in NATIVE.iterdir() if path.is_dir())]


def include_flags() -> list[str]:
    """Compiler arguments for code that includes headers of the native part."""
    return [f"-iquote{folder}" for folder in include_dirs()]


def toolchain(ns3: Ns3, cxx: str) -> tuple[object, ...]:
    """What tells one compiler and one installed ns-3 from another."""
    version = subprocess.run([cxx, "--version"], capture_output=True, text=True).stdout
    core = ns3.libraries[0].stat()
    return version, ns3, core.st_size, core.st_mtime_ns


def library_path(ns3: Ns3, cxx: str) -> Path:
    """Where the library for exactly these sources, this ns-3 and this compiler is kept."""
    digest = hashlib.sha256(repr((toolchain(ns3, cxx), ns3.compile_flags, ns3.link_flags)).encode())
    for path in sorted(NATIVE.rglob("*")):
        if path.suffix in (".h", ".cc"):
            digest.update(path.relative_to(NATIVE).as_posix().encode() + path.read_bytes())
    return cache_dir() / f"native-{digest.hexdigest()[:16]}" / "libnetgym_ns3.so"


def status(prefix: str | None = None) -> Status:
    """Looks without building."""
    ns3, cxx = locate(prefix), compiler()
    library = library_path(ns3, cxx) if cxx else None
    return Status(ns3.version, ns3.prefix, cxx, cache_dir(), library if library and library.exists() else None)


def ensure(prefix: str | None = None, report: Report | None = None) -> Built:
    """The native part for the ns-3 under `prefix` (None: the wheel), compiled now if it is not in the cache.

    Args:
        prefix: an installed ns-3, or None for the wheel.
        report: told a line of progress now and then while compiling; None: this module's log.

    Raises:
        BuildError: the compiler failed, with its first errors in the message, or the cache cannot be written.
    """
    started = time.perf_counter()
    tell = report or log.info
    ns3, cxx = locate(prefix), compiler()
    if cxx is None:
        tell("no C++ compiler found: cling compiles the simulator at every start (about 10 s); install g++ to avoid it")
        return Built(ns3, None, False, time.perf_counter() - started)
    library = library_path(ns3, cxx)
    if library.exists():
        return Built(ns3, library, True, time.perf_counter() - started)
    with locked(make_cache()):
        if not library.exists():  # another process may have been faster
            _compile(ns3, cxx, library, tell)
    seconds = time.perf_counter() - started
    tell(f"simulator compiled in {seconds:.0f} s, kept in {library.parent}")
    return Built(ns3, library, False, seconds)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time builds in `folder`."""
    with open(folder / "build.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compile(ns3: Ns3, cxx: str, library: Path, tell: Report) -> None:
    key = repr((toolchain(ns3, cxx), ns3.compile_flags))
    objects = {file: object_path(cache_dir() / "objects", file, include_dirs(), key) for file in sources()}
    missing = [file for file, kept in objects.items() if not kept.exists()]
    tell(f"compiling the simulator against ns-{ns3.version}, once: {len(missing)} files")
    with tempfile.TemporaryDirectory(dir=library.parent.parent, prefix="building-") as scratch:
        drafts = [Path(scratch) / objects[file].name for file in missing]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            compiled = pool.map(partial(_compile_file, ns3, cxx), missing, drafts)
            for done, (file, draft) in enumerate(zip(compiled, drafts, strict=True), 1):
                objects[file].parent.mkdir(exist_ok=True)
                draft.rename(objects[file])
                tell(f"  {done}/{len(missing)} {file.name}")
        output = Path(scratch) / library.name
        _run([cxx, "-shared", *map(str, objects.values()), *ns3.link_flags, "-o", str(output)])
        finished = Path(scratch) / "finished"
        finished.mkdir()
        output.rename(finished / library.name)
        finished.rename(library.parent)


def _compile_file(ns3: Ns3, cxx: str, file: Path, output: Path) -> Path:
    _run([cxx, *ns3.compile_flags, *include_flags(), "-c", str(file), "-o", str(output)])
    return file


def compiler_errors(command: list[str]) -> list[str]:
    """Runs a compiler; its first errors, with file and line, or an empty list if it succeeded."""
    result = subprocess.run(command, capture_output=True, text=True)
    if not result.returncode:
        return []
    lines = result.stderr.splitlines()
    errors = [line for line in lines if "error" in line or "undefined reference" in line]
    return errors[:8] or lines[-8:] or [f"exit status {result.returncode}"]


def _run(command: list[str]) -> None:
    if errors := compiler_errors(command):
        raise BuildError(
            "the simulator could not be compiled:\n  "
            + "\n  ".join(errors)
            + f"\nThe command was: {' '.join(command)}\nCheck the compiler (C++20) and `netgym doctor`."
        )
