"""Many independent networks of one scenario in one call."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, Self

import numpy as np

from netgym_cli.common.errors import SimulatorError
from netgym_cli.simulators.fluid.calibration import Calibration, calibration
from netgym_cli.simulators.fluid.config import FluidConfig
from netgym_cli.simulators.fluid.library import library
from netgym_cli.simulators.fluid.limits import require_modelled
from netgym_cli.simulators.ownership import refuse_copy
from netgym_cli.simulators.wire_text import flatten, parse_layout

PER_THREAD = 8  # networks that are worth a thread


def threads_for(copies: int) -> int:
    """How many threads simulate so many networks: no more than the CPUs that this process may run on."""
    return max(1, min(len(os.sched_getaffinity(0)), copies // PER_THREAD))


class FluidBatch:
    """B independent networks of one scenario. A network alone equals its copy in a batch, bit for bit.

    Many of them are shared out among as many threads as the process has CPUs; numbers do not depend on that.

    Args:
        config: which calibrations they have; with several, network k has the (first + k)-th, modulo their number.
        scenario: name of the scenario.
        settings: its plain nested settings, as of `Adapter.settings`.
        copies: number of networks, B, 1 or more.
        first: number that the first of them has among all networks of a run.

    Raises:
        ConfigError: the twin does not model what the settings ask for, or a calibration does not fit.
        BuildError: the kernel could not be compiled.

    Attributes:
        layout: what each place of a network's values means.
        control_size: numbers of a network's control vector, C.
        ts_ms: simulated time of every network, float64 of shape `(B,)`.
        ticks: integration steps that every network has made since its session began, uint64 of shape `(B,)`.
    """

    def __init__(
        self, config: FluidConfig, scenario: str, settings: Mapping[str, Any], copies: int, first: int = 0
    ) -> None:
        found = [calibration(name, scenario) for name in config.calibrations]
        self._begin(found, scenario, settings, copies, first)

    @classmethod
    def of(cls, found: Calibration, scenario: str, settings: Mapping[str, Any], copies: int) -> Self:
        """Networks that all have the calibration `found`. Raises as the constructor does."""
        networks = object.__new__(cls)
        networks._begin([found], scenario, settings, copies, 0)
        return networks

    def _begin(
        self, found: Sequence[Calibration], scenario: str, settings: Mapping[str, Any], copies: int, first: int
    ) -> None:
        require_modelled(scenario, settings)
        texts = [one.text().encode() for one in found]
        self._library, self.copies = library(), copies
        pointers = (ctypes.c_char_p * len(texts))(*texts)
        names = scenario.encode(), flatten(settings).encode()
        handle = self._library.open(*names, pointers, len(texts), copies, first)
        if not handle:
            raise SimulatorError(f"the twin of scenario {scenario}: {self._library.error().decode()}.")
        self._adopt(handle)

    def _adopt(self, handle: int) -> None:
        self._handle: int | None = handle
        self._library.use_threads(handle, threads_for(self.copies))
        self.layout = parse_layout(self._library.layout(handle).decode())
        self.control_size: int = self._library.control_size(handle)
        self.ts_ms = np.zeros(self.copies)
        self.ticks = np.zeros(self.copies, np.uint64)
        self._values = np.empty((self.copies, self.layout.size))
        self._read_into = self._values.ctypes.data, self.ts_ms.ctypes.data, self.ticks.ctypes.data  # addresses cost

    def place(self, users: np.ndarray) -> None:
        """Puts users, in the sessions that begin from now on, where another simulator has measured them.

        Args:
            users: float64 of shape `(B, N, 5)`: x and y, m; the mean of NR's `max_rate`, Mbit/s, or NaN; the phase of
                the load's swing, rad, or NaN; the rate of UDP's payload, Mbit/s, or NaN. Scenarios whose users have no
                places ignore it.
        """
        rows = np.ascontiguousarray(users, np.float64)
        self._library.place(self._open(), rows.ctypes.data, rows.size // self.copies)

    def start(self, seeds: np.ndarray, chosen: np.ndarray | None = None) -> np.ndarray:
        """Begins sessions; simulates their warm-up and first interval.

        Args:
            seeds: int64 of shape `(B,)`.
            chosen: which networks begin, bool of shape `(B,)`; None: all of them.

        Returns:
            All networks' last measurements, float64 of shape `(B, layout.size)`.
        """
        given = np.ascontiguousarray(np.broadcast_to(np.asarray(seeds, np.int64), (self.copies,)))
        which = None if chosen is None else np.ascontiguousarray(np.asarray(chosen, np.uint8))
        if which is not None and which.shape != (self.copies,):
            raise ValueError(f"chosen has shape {which.shape}; allowed: ({self.copies},)")
        self._library.start(self._open(), given.ctypes.data, None if which is None else which.ctypes.data)
        return self._read()

    def step(self, controls: np.ndarray | None) -> np.ndarray:
        """Applies controls and simulates one interval in every network.

        Args:
            controls: float64 of shape `(B, C)`, a row for each network as `Adapter.encode_action` makes it; a row that
                begins with NaN, or None, lets the scenario's default algorithm decide.

        Returns:
            All networks' measurements, float64 of shape `(B, layout.size)`.
        """
        if controls is None:
            self._library.step(self._open(), None)
        else:
            rows = np.ascontiguousarray(controls, np.float64)
            if rows.size != self.copies * self.control_size:
                raise ValueError(f"controls have shape {rows.shape}; allowed: ({self.copies}, {self.control_size})")
            self._library.step(self._open(), rows.ctypes.data)
        return self._read()

    def close(self) -> None:
        """Releases the networks; harmless when called twice."""
        handle, self._handle = self._handle, None
        if handle:
            self._library.close(handle)

    def _read(self) -> np.ndarray:
        self._library.read(self._open(), *self._read_into)
        return self._values.copy()

    def _open(self) -> int:
        if self._handle is None:
            raise SimulatorError("the networks are closed.")
        return self._handle

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        twin = object.__new__(type(self))
        twin._library, twin.copies = self._library, self.copies
        twin._adopt(self._library.copy(self._open()))
        twin.ts_ms[:], twin.ticks[:] = self.ts_ms, self.ticks
        return twin

    def __reduce__(self) -> NoReturn:
        refuse_copy("the networks of a twin")

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self.close()
