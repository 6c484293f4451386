"""How a verb ends: one message, one exit code.

0 done; 1 something failed while it ran; 2 the user can fix it; 3 done, but for a part; 129 SIGHUP;
130 Ctrl-C; 143 SIGTERM.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn, TypeVar

import typer

from netgym_cli.cli.output import shown
from netgym_cli.common import interruption, user_code
from netgym_cli.common.errors import ConfigError, NetgymError

INCOMPLETE = 3
E = TypeVar("E", bound=BaseException)
_program = False


def end_with_process() -> None:
    """A verb's end is now that of the process: once it is decided, no signal changes the exit code any more."""
    global _program
    _program = True


@contextmanager
def errors_to_exit_codes(verb: str) -> Iterator[None]:
    """One message and the right exit code for any error; NETGYM_TRACEBACK=1 shows the traceback too."""
    with interruption.handled(until_exit=_program):
        try:
            yield
        except (typer.Exit, BrokenPipeError):  # the reader of the output has closed it; click ends quietly
            raise
        except KeyboardInterrupt as error:
            name = error.args[0] if error.args in (("SIGTERM",), ("SIGHUP",)) else "SIGINT"
            _fail(verb, "interrupted", error, 128 + signal.Signals[name])
        except SystemExit as error:  # the user's code, or a library's, would end the program without a message
            _fail(verb, user_code.told_exit(error), _with_hint(error), 1)
        except Exception as error:
            if number := interruption.first_signal():  # a library has turned the interruption into its own error
                _fail(verb, "interrupted", error, 128 + number)
            _fail_by_kind(verb, error)


def _fail_by_kind(verb: str, error: Exception) -> NoReturn:
    place = user_code.place(error)
    if isinstance(error, ConfigError):
        _fail(verb, str(error), error if place is None else _with_hint(error), 2)
    if place is None and isinstance(error, NetgymError | OSError):
        _fail(verb, str(error), error, 1)
    _fail(verb, user_code.told(error), _with_hint(error), 1)


def _with_hint(error: E) -> E:
    if hint := user_code.full_traceback():
        error.add_note(hint)
    return error


def end_with_parent() -> None:
    """Ends this process as SIGTERM does when its standard input ends because its parent has ended."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _fail(verb: str, message: str, error: BaseException, code: int) -> NoReturn:
    interruption.settle()
    if user_code.full_traceback() is None:
        import traceback

        with suppress(OSError):
            traceback.print_exception(error)
    for line in [f"netgym {verb}: {message}", *getattr(error, "__notes__", [])]:
        with suppress(OSError):  # the terminal may be gone, and the exit code still counts
            typer.echo(shown(line), err=True)
    raise typer.Exit(code)
