"""Which line of a user's own files an exception came from, and how it is told."""

from __future__ import annotations

import inspect
import os
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from netgym_cli.common.errors import ConfigError, NetgymError

TRACEBACK = "NETGYM_TRACEBACK"  # environment variable: 1 prints every traceback
_packages: set[str] = set()


class WorkerTraceback(Exception):
    """The traceback of another process, as the cause of what is raised here for it."""


def mark(module: str) -> None:
    """From now on, what lies in this module's top package is the user's, also where it was installed."""
    _packages.add(module.partition(".")[0])


def place(error: BaseException) -> str | None:
    """The last line of the user's code on the way to `error`, as `mine.py, line 12, in decide`; None if there is none.

    It is also looked for on the way to what `error` was raised from.
    """
    link: BaseException | None = error
    met: set[int] = set()
    while link is not None and id(link) not in met:
        met.add(id(link))
        if isinstance(link, NetgymError) and link.place is not None:
            return link.place
        if isinstance(link, SyntaxError) and link.filename and is_users(link.filename):
            return f"{shown(link.filename)}, line {link.lineno}"
        if found := _last_line(link.__traceback__):
            return found
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return None


def told(error: BaseException) -> str:
    """What happened in one line: the kind of an error that is none of netgym's, its message, the user's line."""
    text = message_of(error)
    if not isinstance(error, NetgymError | OSError):
        first = next((line for line in text.splitlines() if line.strip()), "").strip()
        text = f"{type(error).__name__}: {first}".rstrip(": ")
    return with_place(text, error)


def message_of(error: BaseException) -> str:
    """The message of an error, which a user's own class may not give."""
    try:
        return str(error)
    except Exception:
        return "it has no readable message"


def told_exit(error: SystemExit) -> str:
    """The same of a user's code, or a library's, that would end the program without a message."""
    return with_place(f"an agent or environment called sys.exit({error.code!r}), which it must not do", error)


def with_place(text: str, error: BaseException) -> str:
    """`text` with the user's line behind it, unless it tells that already."""
    where = place(error)
    return text if where is None or where in text else f"{text} ({where})"


def full_traceback() -> str | None:
    """The hint how to see more than one line; None where everything is shown."""
    return None if os.environ.get(TRACEBACK) == "1" else f"{TRACEBACK}=1 shows the whole traceback"


def text_of(error: BaseException) -> str:
    """The whole traceback."""
    return "".join(traceback.format_exception(error))


def home(thing: Any) -> str | None:
    """Where the user has written a class or function, as `mine.py, line 12`; None for what is not the user's."""
    thing = inspect.unwrap(getattr(thing, "__func__", thing))
    if isinstance(thing, property) and thing.fget is not None:
        thing = thing.fget
    try:
        file, (_, line) = inspect.getfile(thing), inspect.getsourcelines(thing)
    except (OSError, TypeError):
        return None
    return f"{shown(file)}, line {line}" if is_users(file, getattr(thing, "__module__", "") or "") else None


def written_in(thing: Any) -> str:
    """The same in brackets behind a space, for messages; empty for what is not the user's."""
    where = home(thing)
    return "" if where is None else f" ({where})"


def is_users(file: str, module: str = "") -> bool:
    """Whether a file is part neither of netgym nor of Python nor of an installed library, but for those marked."""
    if file.startswith("<"):
        return False
    path = os.path.abspath(file)
    if not os.path.isfile(path):  # as the names that compiled libraries give to their sources
        return False
    if module.partition(".")[0] in _packages and not path.startswith(_netgym()):
        return True
    return not path.startswith((_netgym(), *_libraries()))


def shown(file: str) -> str:
    """A path as it is shortest: from the working directory, if it lies below."""
    try:
        relative = os.path.relpath(file)
    except (OSError, ValueError):  # the working directory is gone
        return file
    return file if relative.startswith("..") else relative


@contextmanager
def before_a_run() -> Iterator[None]:
    """Turns what the user's code raises inside it into a `ConfigError` with the line: nothing has begun yet."""
    try:
        yield
    except NetgymError:
        raise
    except Exception as error:
        if place(error) is None:
            raise
        raise ConfigError(told(error)) from error


def _last_line(trace: TracebackType | None) -> str | None:
    found = None
    while trace is not None:
        code = trace.tb_frame.f_code
        if is_users(code.co_filename, trace.tb_frame.f_globals.get("__name__") or ""):
            found = f"{shown(code.co_filename)}, line {trace.tb_lineno}"
            found += "" if code.co_name.startswith("<") else f", in {code.co_name}"
        trace = trace.tb_next
    return found


def _netgym() -> str:
    return str(Path(__file__).resolve().parents[1]) + os.sep


@cache
def _libraries() -> tuple[str, ...]:
    import site

    kinds = ("stdlib", "platstdlib", "purelib", "platlib", "scripts")
    folders = {*map(sysconfig.get_path, kinds), *site.getsitepackages(), site.getusersitepackages()}
    paths = {path for folder in folders if folder for path in (os.path.abspath(folder), os.path.realpath(folder))}
    return tuple(path + os.sep for path in sorted(paths))
