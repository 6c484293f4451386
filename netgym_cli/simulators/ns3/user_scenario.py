"""A user's own scenario file: C++ is compiled once into a library beside netgym's, Python is run as it stands."""

import tempfile
from pathlib import Path

from netgym_cli.common.errors import BuildError, ConfigError
from netgym_cli.simulators.ns3.build import (
    Built,
    Ns3,
    Report,
    cache_dir,
    compiler,
    compiler_errors,
    ensure,
    include_dirs,
    include_flags,
    locate,
    locked,
    log,
    toolchain,
)
from netgym_cli.simulators.ns3.object_cache import object_path

CPP, PYTHON = (".cc", ".cpp", ".cxx"), ".py"


def check_source(source: Path, ns3_prefix: str | None) -> None:
    """Raises `ConfigError` for a file that is missing or cannot be a scenario."""
    if not source.is_file():
        raise ConfigError(f"scenario_source is '{source}', which is no file; it is searched beside the adapter's.")
    if source.suffix not in (*CPP, PYTHON):
        raise ConfigError(f"scenario_source is '{source}'; allowed: a file ending in {', '.join((*CPP, PYTHON))}.")
    if is_python(source) and ns3_prefix is not None:
        raise ConfigError(
            f"simulator.ns3_prefix is {ns3_prefix!r}, and the scenario {source.name} is Python, which runs on the ns-3 "
            "of the wheel only; allowed: null."
        )


def is_python(source: Path | None) -> bool:
    """Whether `source` is a Python scenario, which needs nothing native of netgym's."""
    return source is not None and source.suffix == PYTHON


def version(source: Path | None) -> str:
    """Tells one content of a C++ scenario from another; empty for Python, which every session reads anew."""
    return "" if source is None or is_python(source) else object_path(source.parent, source, include_dirs(), "").name


def ready(prefix: str | None, source: Path | None, report: Report | None = None) -> tuple[Ns3, list[Path]]:
    """ns-3 and the libraries to load for `source`, compiled now where needed; none where nothing is, or cling does it.

    Args:
        prefix: an installed ns-3, or None for the wheel.
        source: the user's own scenario; None for netgym's.
        report: told lines of progress; None: the log.

    Raises:
        BuildError: the compiler failed; the message has its first errors with file and line.
    """
    if is_python(source):
        return locate(prefix), []
    built = ensure(prefix, report)
    if built.library is None or source is None:
        return built.ns3, [built.library] if built.library else []
    return built.ns3, [built.library, _own_library(built, built.library, source, report or log.info)]


def _own_library(built: Built, core: Path, source: Path, tell: Report) -> Path:
    """Kept by its content, the headers it includes by quotes, ns-3, the compiler and netgym's own library."""
    cxx = compiler()
    assert cxx is not None, "there was one a moment ago"
    key = repr((toolchain(built.ns3, cxx), built.ns3.compile_flags, built.ns3.link_flags, core))
    library = object_path(cache_dir() / "scenarios", source, include_dirs(), key).with_suffix(".so")
    if library.exists():
        return library
    with locked(cache_dir()):
        tell(f"compiling {source}")
        library.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent, prefix="building-") as scratch:
            draft = Path(scratch) / library.name
            netgym = [f"-L{core.parent}", f"-Wl,-rpath,{core.parent}", f"-l:{core.name}"]
            # What is declared and nowhere defined is told now, with its line, and not when the library is loaded.
            flags = [*built.ns3.compile_flags, "-g1", *include_flags(), "-shared"]
            command = [cxx, *flags, str(source), *netgym, *built.ns3.link_flags, "-Wl,-z,defs", "-o", str(draft)]
            if errors := compiler_errors(command):
                raise BuildError(f"{source.name} could not be compiled; fix it there:\n  " + "\n  ".join(errors))
            draft.rename(library)
    return library
