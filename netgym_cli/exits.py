"""How a verb ends: one message, one exit code.

0 done; 1 something failed while it ran; 2 the user can mend it; 129 SIGHUP; 130 Ctrl-C; 143 SIGTERM.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import typer

from netgym_cli.errors import ConfigError, NetgymError


@contextmanager
def errors_to_exit_codes(verb: str) -> Iterator[None]:
    """One message and the right exit code for whatever goes wrong; NETGYM_TRACEBACK=1 shows the traceback too."""
    previous = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in previous.items():
        if number == signal.SIGTERM or handler is not signal.SIG_IGN:  # nohup ignores SIGHUP, and means it
            signal.signal(number, _terminate)
    try:
        yield
    except (typer.Exit, BrokenPipeError):  # whoever read the output has seen enough; click ends quietly
        raise
    except KeyboardInterrupt as interrupt:
        name = interrupt.args[0] if interrupt.args in (("SIGTERM",), ("SIGHUP",)) else "SIGINT"
        _fail(verb, "interrupted", interrupt, 128 + signal.Signals[name])
    except ConfigError as error:
        _fail(verb, str(error), error, 2)
    except (NetgymError, OSError) as error:
        _fail(verb, str(error), error, 1)
    except Exception as error:
        hint = "" if os.environ.get("NETGYM_TRACEBACK") else " (NETGYM_TRACEBACK=1 shows where)"
        _fail(verb, f"{type(error).__name__}: {error}{hint}", error, 1)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def end_with_parent() -> None:
    """Ends this process as SIGTERM does when its standard input ends, that is, when its parent is gone."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _fail(verb: str, message: str, error: BaseException, code: int) -> NoReturn:
    if os.environ.get("NETGYM_TRACEBACK") == "1":
        import traceback

        traceback.print_exception(error)
    for line in [f"netgym {verb}: {message}", *getattr(error, "__notes__", [])]:
        with suppress(OSError):  # the terminal may be gone, and the exit code still counts
            typer.echo(line, err=True)
    raise typer.Exit(code)


def _terminate(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt(signal.Signals(number).name)  # unwinds all that Ctrl-C unwinds
