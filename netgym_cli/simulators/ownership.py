"""A running session belongs to the object that began it, in the process that began it: what everybody else is told.

A fork and a copy both duplicate the handles of a simulator, not the simulator. Two users of one session would each see
time jump and get the other's measurements, and nothing would tell them.
"""

from __future__ import annotations

import os
from typing import NoReturn

from netgym_cli.common.errors import SessionError


def require_owner(owner_pid: int | None, what: object) -> None:
    """Raises `SessionError` if another process than this one began the session of `what`; None: no session runs."""
    if owner_pid is not None and owner_pid != os.getpid():
        refuse_process(owner_pid, what)


def refuse_process(owner_pid: int, what: object) -> NoReturn:
    """Raises the `SessionError` for `what`, which process `owner_pid` began a session with, and this one is to use."""
    raise SessionError(
        f"process {os.getpid()} cannot use {what}: the session that runs in it belongs to process {owner_pid}, which "
        "began it. Make the environment in the process that uses it: pass a function that makes one, as in "
        "AsyncVectorEnv([make, make]), not an environment that has been reset."
    )


def refuse_copy(what: object) -> NoReturn:
    """Raises the `SessionError` for a copy, or a pickle, of `what` while a session runs in it."""
    raise SessionError(
        f"cannot copy or pickle {what} while a session runs in it: both would drive one simulator. Make another "
        "environment instead, or copy it before the first reset() or after close()."
    )


def refuse_shallow_copy(what: object) -> NoReturn:
    """Raises the `SessionError` for a shallow copy of `what`."""
    raise SessionError(
        f"cannot copy {what} shallowly: both would share one session. Make another one instead, or take copy.deepcopy "
        "of it before the first reset()."
    )


class CopiedWhole:
    """For wrappers: a shallow copy shares the environment underneath and not the books that are kept of it."""

    def __copy__(self) -> NoReturn:
        refuse_shallow_copy(self)
