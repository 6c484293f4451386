"""How a run ends: whatever happens in it, its record and tables are completed and say what happened."""

from __future__ import annotations

import errno
import logging
import os
import shlex
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from netgym_cli.agents.base import Agent
from netgym_cli.common import interruption
from netgym_cli.common.errors import SimulatorError
from netgym_cli.common.user_code import message_of, with_place
from netgym_cli.config import output_dirs
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.record import RunRecord
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.vector import VectorSessions

log = logging.getLogger(__name__)
RESERVE_BYTES = 64 * 1024
DISK_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass
class RunUnderWay:
    """What a run has made so far, and how it is brought to its end.

    Attributes:
        folder: the run's folder.
        command: the command line that reproduces the run.
        agent: what acts and learns.
        env: the environment, or several side by side, which is closed in the end.
        recorder, record: tables and record, as soon as there are any.
    """

    folder: RunFolder
    command: list[str]
    agent: Agent[Any]
    env: SequentialSessions | VectorSessions
    recorder: Recorder | None = None
    record: RunRecord | None = None
    _ended: bool = False

    def begin(self, recorder: Recorder, record: RunRecord) -> None:
        """Takes tables and record, and keeps room on the disk for the last words on the run."""
        self.recorder, self.record = recorder, record
        # Random, so that no file system compresses it.
        self.folder.reserve_path.write_bytes(os.urandom(RESERVE_BYTES))

    def complete(self) -> None:
        """Releases the simulator, completes the tables and then the record; if one fails, so does the run."""
        assert self.recorder is not None and self.record is not None
        self.env.close()
        self.recorder.close("stopped", "the agent stopped early")
        self.folder.reserve_path.unlink(missing_ok=True)
        interruption.settle()
        self.record.close("complete")
        self._ended = True

    def fail(self, error: BaseException) -> None:
        """Does all that can still be done after `error`; the second call does nothing."""
        interruption.settle()  # first: a second Ctrl-C must not cost the record
        if self._ended:
            return
        self._ended = True
        interrupted = isinstance(error, KeyboardInterrupt)
        status = "interrupted" if interrupted else "failed"
        if self.record is not None:
            _explain(error, self.command, self.folder)
        failure = {"type": type(error).__name__, "message": with_place(message_of(error), error)}
        reason = (f"{failure['type']}: {failure['message']}".strip(": ") or status).splitlines()[0]
        if interrupted:
            failure["message"] = reason = f"interrupted by {message_of(error) or 'Ctrl-C'}"
        files, record, recorder = self.folder, self.record, self.recorder
        told = [] if record is None else [partial(record.close, status, failure)]
        run_all_finalizers(
            *([] if record is None else [partial(files.reserve_path.unlink, missing_ok=True)]),
            self.env.close,
            *told,  # the shortest first, as long as there is room
            *([] if interrupted or record is None else [partial(_write_trace, files, error)]),
            *([] if recorder is None else [partial(recorder.close, status, reason)]),
            *([partial(self._keep, error)] if interrupted and self.agent.has_learnt else []),
            *told,  # again: tables, model and trace have been completed since
        )

    def _keep(self, error: BaseException) -> None:
        log.info("saving what was learnt until now ...")  # it may take long, and a second Ctrl-C does not end it
        self.agent.save(self.folder.path)
        error.add_note("what was learnt until then is kept: `netgym evaluate` takes the folder")


@contextmanager
def run_lifecycle(run: RunUnderWay) -> Iterator[None]:
    """A run happens inside it; on leaving, the simulator is released, and record and tables say how the run ended.

    An interruption keeps what the agent has learnt; anything else that goes wrong leaves its traceback in `error.txt`.
    Exceptions go on to the caller. From the end on, signals do nothing until the program or the block of
    `interruption.handled` ends.
    """
    try:
        try:
            yield
            run.complete()
        except BaseException as error:
            run.fail(error)
            raise
    except BaseException as error:  # an interruption may have come before `fail` had begun
        run.fail(error)
        raise


def _anywhere(command: Sequence[str]) -> list[str]:
    """A command line without the folder that it wrote to, which it would find taken."""
    return [word for word in command if not word.startswith((f"{output_dirs.RUN_DIR}=", f"{output_dirs.SWEEP_DIR}="))]


def _explain(error: BaseException, command: list[str], folder: RunFolder) -> None:
    """Adds to the error's own words what helps the user."""
    if isinstance(error, SimulatorError):
        error.args = (f"{with_place(str(error), error)} Reproduce it with: {shlex.join(_anywhere(command))}",)
    elif isinstance(error, OSError) and error.errno in DISK_REFUSALS:
        error.strerror = f"{error.strerror}; free space or choose another hydra.run.dir"
        error.filename = error.filename or str(folder.path)


def _write_trace(folder: RunFolder, error: BaseException) -> None:
    folder.error_path.write_text("".join(traceback.format_exception(error)))


def run_all_finalizers(*finalizers: Callable[[], object]) -> None:
    """Calls every finalizer; one that fails must neither stop the others nor hide the first error."""
    failures = []
    for finalizer in finalizers:
        try:
            finalizer()
        except BaseException as error:  # a user's code may call sys.exit
            failures.append(f"{type(error).__name__}: {message_of(error)}")
    if failures:
        log.warning("after the run failed, this could not be done either: %s", "; ".join(dict.fromkeys(failures)))
