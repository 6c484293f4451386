"""Which ns-3 is used: the installed wheel's, what `netgym build --ns3` has made of its release, or one elsewhere."""

import logging
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from netgym_cli.common.errors import BuildError, ConfigError
from netgym_cli.common.home import expanded
from netgym_cli.simulators.ns3.cache import cache_dir, defect, short_hash

MODULES = (
    "core network internet mobility propagation antenna spectrum stats traffic-control buildings csma bridge "
    "point-to-point virtual-net-device applications flow-monitor lte wifi"
).split()
FLAGS = "-std=c++20 -O2 -fPIC".split()
# The ns-3 wheel's config-store library leaves GTK symbols open that nobody calls: tolerated at link time, and lazy
# binding tolerates them at load time.
LINK_FLAGS = "-Wl,--unresolved-symbols=ignore-in-shared-libs -Wl,-z,lazy".split()
WHEEL = "wheel"  # as a prefix: the installed wheel as it is
OPTIMIZED = "-optimized"  # how ns-3 names what it builds without assertions and logs
LIBRARY_DIRS = ("lib64", "lib", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu")  # the wheel's, ns-3's own, Debian's


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ns3:
    """An installed ns-3: where its headers and libraries are."""

    prefix: Path
    version: str
    include: Path
    library_dir: Path
    suffix: str
    # The one library that does the work of all, if there is one. Not in what names compiled files: `library_dir` is.
    whole: Path | None = field(default=None, repr=False)

    @property
    def optimized(self) -> bool:
        """Whether it checks nothing of itself while it runs and logs nothing."""
        return self.suffix == OPTIMIZED

    @property
    def libraries(self) -> list[Path]:
        """The shared libraries of the modules that the scenarios use."""
        if self.whole:
            return [self.whole]
        return [self.library_dir / f"libns{self.version}-{module}{self.suffix}.so" for module in MODULES]

    @property
    def compile_flags(self) -> list[str]:
        """Compiler arguments for code that uses this ns-3; they follow how it was built itself."""
        checked = [] if self.optimized else ["-DNS3_LOG_ENABLE", "-DNS3_ASSERT_ENABLE"]
        return [*FLAGS, *checked, f"-I{self.include}"]

    @property
    def link_flags(self) -> list[str]:
        """Compiler arguments that link against this ns-3 and find it again at run time."""
        names = [f"-l:{library.name}" for library in self.libraries]
        return [*LINK_FLAGS, f"-L{self.library_dir}", f"-Wl,-rpath,{self.library_dir}", *names]


def optimized_path(wheel: Ns3) -> Path:
    """Where `netgym build --ns3` keeps the library that does the work of those of `wheel`."""
    return cache_dir() / f"ns3-{short_hash(wheel.libraries[0].read_bytes())}" / f"libns{wheel.version}{OPTIMIZED}.so"


def _optimized(wheel: Ns3) -> Ns3 | None:
    """The library that `netgym build --ns3` has made in place of the wheel's, if it is there and sound."""
    library = optimized_path(wheel)
    try:
        state = library.stat()
    except OSError:
        return None
    if _fault(library, (state.st_ino, state.st_size, state.st_mtime_ns)):
        return None
    return Ns3(library.parent, wheel.version, wheel.include, library.parent, OPTIMIZED, library)


@cache
def _fault(library: Path, state: tuple[int, ...]) -> str | None:
    """As `defect`, which reads all of the file, once for each `state` of it."""
    if fault := defect(library):
        log.warning("%s %s; the ns-3 of the wheel is used", library, fault)
    return fault


def locate(prefix: str | None = None) -> Ns3:
    """Finds an installed ns-3.

    Args:
        prefix: where it is, with include/ and its libraries in `LIBRARY_DIRS`; `wheel` for the installed wheel; None
            for what `netgym build --ns3` has made of its release, and the wheel where nothing has been.

    Raises:
        BuildError: there is no wheel.
        ConfigError: there is no ns-3 at `prefix`.
    """
    if prefix is None and (optimized := _optimized(wheel := locate(WHEEL))):
        return optimized
    if prefix is None:
        return wheel
    if prefix == WHEEL:
        spec = find_spec("ns3")
        if spec is None or not spec.submodule_search_locations:
            raise BuildError("ns-3 is not installed. Install it with: pip install ns3")
        root = Path(next(iter(spec.submodule_search_locations)))
    else:
        root = expanded(prefix).resolve()
    for library_dir in (root / folder for folder in LIBRARY_DIRS):
        for core in sorted(library_dir.glob("libns3*-core*.so")):
            match = re.fullmatch(r"libns(3[.\w]*)-core(-\w+)?\.so", core.name)
            if match:
                return Ns3(root, match[1], root / "include", library_dir, match[2] or "")
    raise ConfigError(
        f"simulator.ns3_prefix is {str(root)!r}; allowed: a folder with include/ns3 and lib/libns3*-core*.so, "
        "wheel for the installed wheel, or null."
    )
