"""A user's own scenario file: C++ is compiled once into a library beside netgym's, Python is run as it stands."""

import os
from pathlib import Path

from netgym_cli.common.errors import BuildError, ConfigError
from netgym_cli.simulators.ns3.build import Built, Report, ensure, include_dirs, include_flags, log
from netgym_cli.simulators.ns3.cache import WRITABLE, cache_dir, defect, keep, locked, make_cache, scratch
from netgym_cli.simulators.ns3.compiler import Compilers, compiler
from netgym_cli.simulators.ns3.installed import WHEEL, Ns3, locate
from netgym_cli.simulators.ns3.object_cache import object_path

CPP, PYTHON = (".cc", ".cpp", ".cxx"), ".py"


def check_source(source: Path, ns3_prefix: str | None) -> None:
    """Raises `ConfigError` for a file that is missing or cannot be a scenario."""
    if not source.is_file():
        raise ConfigError(f"scenario_source is '{source}', which is no file; it is searched beside the adapter's.")
    if source.suffix not in (*CPP, PYTHON):
        raise ConfigError(f"scenario_source is '{source}'; allowed: a file ending in {', '.join((*CPP, PYTHON))}.")
    if is_python(source) and ns3_prefix not in (None, WHEEL):
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
    own = _own_library(built, built.library, source, report or log.info)
    return built.ns3, [built.library, own] if own else []


def _own_library(built: Built, core: Path, source: Path, tell: Report) -> Path | None:
    """Kept by its content, the headers it includes by quotes, ns-3, and netgym's own library with its compiler.

    None where it is not there, and no compiler to make it.
    """
    key = repr((built.ns3, built.ns3.compile_flags, built.ns3.link_flags, str(core)))
    library = object_path(cache_dir() / "scenarios", source, include_dirs(), key).with_suffix(".so")
    if (fault := defect(library)) is None:
        return library
    found = f"{library} {fault}: " if os.path.lexists(library) else ""
    cxx = compiler()
    if cxx is None:
        tell(f"{found}no C++ compiler found: cling compiles {source} and the simulator at every start; install g++")
        return None
    with locked(make_cache()):
        if defect(library) is not None:  # another process may have been faster
            tell(f"{found}compiling {source}")
            try:
                _compile(built.ns3, cxx, source, core, library)
            except OSError as error:
                raise BuildError(f"cannot write the cache {cache_dir()}: {error.strerror}; {WRITABLE}.") from error
    return library


def _compile(ns3: Ns3, cxx: str, source: Path, core: Path, library: Path) -> None:
    with scratch(cache_dir()) as drafts, Compilers(drafts) as compilers:
        draft = drafts / library.name
        netgym = [f"-L{core.parent}", f"-Wl,-rpath,{core.parent}", f"-l:{core.name}"]
        # What is declared and nowhere defined is told now, with its line, and not when the library is loaded.
        flags = [*ns3.compile_flags, "-g1", *include_flags(), "-shared"]
        command = [cxx, *flags, str(source), *netgym, *ns3.link_flags, "-Wl,-z,defs", "-o", str(draft)]
        if errors := compilers.errors(command):
            raise BuildError(f"{source.name} could not be compiled; fix it there:\n  " + "\n  ".join(errors))
        keep(draft, library, source=str(source))
