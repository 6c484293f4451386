"""The simulator of a running session and its only owner: one object, in the process that began the session."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Self

from netgym_cli.common.errors import SessionError
from netgym_cli.simulators.base import Simulator
from netgym_cli.simulators.ownership import refuse_copy, require_owner


class OwnedSession:
    """Holds a session's simulator. Other processes are refused, and so are copies that would share the simulator."""

    session: int
    _base_seed: int | None
    _first_session: int
    _drawing_pid: int | None
    _simulator: Simulator[Any] | None = None  # while a session runs
    _starting: Simulator[Any] | None = None  # while a session begins
    _owner_pid: int | None = None  # of the process that began it
    _recovered_before = 0  # how often processes of earlier sessions were replaced
    _wall_ms = 0.0  # that the last step took
    _step_began_s: float | None = None  # while a step that was asked for has not been waited for

    def _own(self, simulator: Simulator[Any]) -> None:
        """A session has begun."""
        self._simulator, self._owner_pid = simulator, os.getpid()

    def _let_go(self) -> Simulator[Any] | None:
        """The session is over; returns its simulator, to be closed; None if there is none of this process."""
        simulator, mine = self._simulator, self._owner_pid == os.getpid()
        self._recovered_before = self.recoveries
        self._simulator = self._owner_pid = None
        return simulator if mine else None

    @property
    def recoveries(self) -> int:
        """How often, in all sessions so far, a simulator's process died and was replaced."""
        return self._recovered_before + (0 if self._simulator is None else self._simulator.recoveries)

    def place(self) -> dict[str, Any]:
        """How many sessions there were, and what the seeds of further ones come from, as plain values."""
        return {"session": self.session, "base_seed": self._base_seed, "first_session": self._first_session}

    def take_place(self, place: Mapping[str, Any]) -> None:
        """Goes on from the `place` of another such environment: the next session is the one that would follow there."""
        self.session, self._base_seed = place["session"], place["base_seed"]
        self._first_session, self._drawing_pid = place["first_session"], None

    def interrupt(self) -> None:
        """Makes a reset or step that another thread waits for fail soon, if the simulator can; the session is lost."""
        if (simulator := self._simulator or self._starting) is not None:
            simulator.interrupt()

    @property
    def running(self) -> bool:
        """True while a session's simulator lives."""
        return self._simulator is not None

    @property
    def stepping(self) -> bool:
        """Whether a step was asked for and has not been waited for."""
        return self._step_began_s is not None

    @property
    def step_timeout_s(self) -> float:
        """Longest wait for a step of the running session, s."""
        assert self._simulator is not None, "no session runs"
        timeout_s: float = self._simulator.config.step_timeout_s
        return timeout_s

    def fileno(self) -> int | None:
        """As `Simulator.fileno`, of the running session; None if none runs."""
        return None if self._simulator is None else self._simulator.fileno()

    def _drawn_elsewhere(self) -> bool:
        """Whether another process drew the base seed: forked copies of one environment would play the same sessions."""
        return self._drawing_pid not in (None, os.getpid())

    def _require_no_session(self, what: str) -> None:
        if self.running:
            raise SessionError(
                f"cannot change {what} while session {self.session} runs; parameters only change between sessions."
            )

    def _require_owner(self) -> None:
        """Raises `SessionError` if another process began the running session."""
        require_owner(self._owner_pid, self)

    def __copy__(self) -> Self:
        if self._simulator is not None:
            refuse_copy(self)
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        if self._simulator is not None and (self._step_began_s is not None or not self._simulator.copyable):
            refuse_copy(self)
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if self._simulator is not None:  # a whole copy, with a simulator of its own
            self._owner_pid = os.getpid()
