"""The program of a worker process: one JSON line per task on standard input, one per answer on standard output."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import traceback
from typing import Any

from netgym_cli.errors import ConfigError, NetgymError
from netgym_cli.evaluation.play import play
from netgym_cli.evaluation.task import Task


def answer(line: str) -> dict[str, Any]:
    """The figures of the task in `line`, or its error: `kind` (`config`, `netgym` or `bug`) and `message`."""
    try:
        return {"means": play(Task.from_line(line))}
    except ConfigError as error:
        return {"kind": "config", "message": str(error)}
    except (NetgymError, OSError) as error:
        return {"kind": "netgym", "message": str(error)}
    except Exception as error:
        traceback.print_exc()
        return {"kind": "bug", "message": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Answers until standard input ends, and ends with it, even in the middle of a session."""
    # What agents of users print must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=read, daemon=True).start()
    while True:
        answers.write(json.dumps(answer(lines.get())) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
