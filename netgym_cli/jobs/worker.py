"""What all worker programs share: they answer lines until their standard input ends, and end with it."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from netgym_cli.common import user_code
from netgym_cli.common.errors import ConfigError, NetgymError

Emit = Callable[[dict[str, Any]], None]
Play = Callable[[str, Emit], dict[str, Any]]


def serve(play: Play) -> None:
    """Answers until standard input ends, and ends with it, even in the middle of a session.

    Args:
        play: plays the session that a line describes and returns its result; it may emit events meanwhile.
    """
    # What agents of users print must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        os.kill(os.getpid(), signal.SIGTERM)

    def emit(event: dict[str, Any]) -> None:
        answers.write(json.dumps(event) + "\n")
        answers.flush()

    threading.Thread(target=read, daemon=True).start()
    while True:
        emit(answer(lines.get(), play, emit))


def answer(line: str, play: Play, emit: Emit) -> dict[str, Any]:
    """The result of the session under `done`, or its error: `kind` (`config`, `netgym` or `bug`) and `message`.

    A `bug`, which may be one of the user's, has its `traceback`, too.
    """
    try:
        return {"done": play(line, emit)}
    except ConfigError as error:
        return {"kind": "config", "message": str(error)}
    except SystemExit as error:
        return _failed(error, user_code.told_exit(error))
    except (NetgymError, OSError) as error:
        if user_code.place(error) is None:
            return {"kind": "netgym", "message": str(error)}
        return _failed(error, user_code.told(error))
    except Exception as error:
        return _failed(error, user_code.told(error))


def _failed(error: BaseException, message: str) -> dict[str, Any]:
    return {"kind": "bug", "message": message, "traceback": user_code.text_of(error)}
