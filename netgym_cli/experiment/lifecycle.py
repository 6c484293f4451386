"""How a run ends: whatever happens in it, its record and tables are completed and say what happened."""

from __future__ import annotations

import errno
import logging
import os
import shlex
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from netgym_cli.agents.base import Agent
from netgym_cli.common.errors import SimulatorError
from netgym_cli.common.user_code import with_place
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.sequential import SequentialSessions

log = logging.getLogger(__name__)
RESERVE_BYTES = 64 * 1024
DISK_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def run_lifecycle(
    env: SequentialSessions, recorder: Recorder, record: RunRecord, agent: Agent[Any], folder: Path, command: list[str]
) -> Iterator[None]:
    """A run happens inside it; on leaving, the simulator is released, and record and tables say how the run ended.

    An interruption keeps what the agent has learnt; anything else that goes wrong leaves its traceback in `error.txt`.
    Exceptions go on to the caller.
    """
    files = RunFolder(folder)
    reserve = files.reserve_path
    try:
        # Room for the finalizers on a disk that the run itself filled; random, so that no file system compresses it.
        reserve.write_bytes(os.urandom(RESERVE_BYTES))
        yield
    except BaseException as error:
        interrupted = isinstance(error, KeyboardInterrupt)
        if isinstance(error, SimulatorError):
            error.args = (f"{with_place(str(error), error)} Reproduce it with: {shlex.join(command)}",)
        elif isinstance(error, OSError) and error.errno in DISK_REFUSALS:
            error.strerror = f"{error.strerror}; free space or choose another hydra.run.dir"
            error.filename = error.filename or str(folder)
        status = "interrupted" if interrupted else "failed"
        failure = {"type": type(error).__name__, "message": with_place(str(error), error)}
        reason = f"{failure['type']}: {failure['message']}".strip(": ").splitlines()[0]
        if interrupted:
            failure["message"] = reason = f"interrupted by {str(error) or 'Ctrl-C'}"
        trace = "".join(traceback.format_exception(error))
        # A second Ctrl-C must not cost the tables.
        with _signals(signal.SIG_IGN, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            run_all_finalizers(
                partial(reserve.unlink, missing_ok=True),
                env.close,
                partial(record.close, status, failure),  # the shortest first, as long as there is room
                *([] if interrupted else [partial(files.error_path.write_text, trace)]),
                partial(recorder.close, status, reason),
                *([partial(_keep, agent, folder, error)] if interrupted and agent.has_learnt else []),
            )
        raise
    env.close()
    reserve.unlink(missing_ok=True)
    record.close("complete")


def _keep(agent: Agent[Any], folder: Path, error: BaseException) -> None:
    agent.save(folder)
    error.add_note("what was learnt until then is kept: `netgym evaluate` takes the folder")


def run_all_finalizers(*finalizers: Callable[[], object]) -> None:
    """Calls every finalizer; one that fails must neither stop the others nor hide the first error."""
    failures = []
    for finalizer in finalizers:
        try:
            finalizer()
        except Exception as error:
            failures.append(f"{type(error).__name__}: {error}")
    if failures:
        log.warning("after the run failed, this could not be done either: %s", "; ".join(dict.fromkeys(failures)))


def sigterm_as_ctrl_c() -> AbstractContextManager[None]:
    """Inside it SIGTERM unwinds all that Ctrl-C unwinds."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt("SIGTERM")

    return _signals(interrupt, signal.SIGTERM)


@contextmanager
def _signals(handler: Callable[..., object] | signal.Handlers, *numbers: int) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    before = [signal.signal(number, handler) for number in numbers]
    try:
        yield
    finally:
        for number, old in zip(numbers, before, strict=True):
            signal.signal(number, old)
