# SPDX-License-Identifier: GPL-2.0-only
"""A scenario that a user wrote in Python on `from ns import ns`, behind the interface of the C++ ones.

The file has a generator `scenario(settings: dict, seed: int)`. It builds the network, then yields one measurement per
interval, `{"source::name": (unit, [value of entity 1, value of entity 2, ...])}`, the warm interval's first, and gets
the control for the next interval as the value of `yield`: a float64 array, or None for its default algorithm.
"""

import importlib.util
import json
import math
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import protocol

QUIET_EXIT = """
#include <exception>
#include <iostream>
#include <unistd.h>
namespace netgym_python {
void QuietExit() { std::cerr.flush(); std::cout.flush(); _exit(STATUS); }
void ExitOnFatal() { std::set_terminate(QuietExit); }
}
"""


class PythonScenario:
    """One session of the user's generator; the methods are those of the C++ `Scenario`."""

    def __init__(self, file: str, settings: dict[str, Any], seed: int) -> None:
        self._file = file
        self._generator = self._checked(lambda: _function(file)(settings, seed))
        if not hasattr(self._generator, "send"):
            raise TypeError(f"{file}: scenario() must be a generator: it has to `yield` one measurement per interval")
        self._rows: dict[str, tuple[str, int]] = {}  # unit and number of values of each measurement
        self._values = np.empty(0)
        self._control: np.ndarray | None = None
        self._intervals = 0

    def Layout(self) -> str:
        """Source, name, unit and comma-separated ids of each measurement, divided by tabs."""
        lines = []
        for key, (unit, count) in self._rows.items():
            source, _, name = key.partition("::")
            lines.append("\t".join((source, name, unit, ",".join(map(str, range(1, count + 1))))))
        return "\n".join(lines)

    def Size(self) -> int:
        """Number of values that `Read` writes."""
        return self._values.size

    def Act(self, control: Any, size: int) -> None:
        """The control of the next interval; size 0 for the default algorithm."""
        self._control = control if size else None

    def WarmUp(self) -> None:
        """Up to the end of the first interval."""
        self.Advance()

    def Advance(self) -> None:
        """One interval."""
        try:
            measurement = self._checked(lambda: self._generator.send(self._control))
        except StopIteration:
            raise RuntimeError(
                f"{self._file}: scenario() ended after {self._intervals} intervals; it has to yield for ever"
            ) from None
        self._values = self._flat(measurement)
        self._intervals += 1

    def Read(self, values: np.ndarray) -> None:
        """Writes the last interval's measurement."""
        values[:] = self._values

    def _flat(self, measurement: Any) -> np.ndarray:
        where = f"{self._file}, interval {self._intervals}"
        rows, values = {}, []
        try:
            for key, (unit, numbers) in measurement.items():
                rows[key] = (unit, len(numbers))
                if "::" not in key or not len(numbers) or {"\t", "\n"} & set(key + unit):
                    raise ValueError(key)
            first = self._rows or rows
            for key in first if rows.keys() == first.keys() else rows:
                values += [float(number) for number in measurement[key][1]]
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                f'{where}: yielded {measurement!r}; allowed: {{"source::name": (unit, [numbers])}} ({error})'
            ) from None
        if rows != first:
            changed = sorted(key for key in rows.keys() | first.keys() if rows.get(key) != first.get(key))
            raise ValueError(
                f"{where}: the measurements changed: "
                + "; ".join(f"{key} was {first.get(key)}, now {rows.get(key)}" for key in changed)
                + " (unit, number of values); allowed: the same in every interval"
            )
        for key in rows:
            if not all(math.isfinite(number) for number in measurement[key][1]):
                raise ValueError(f"{where}: {key} holds {list(measurement[key][1])}; allowed: no NaN, no infinity")
        self._rows = first
        return np.array(values)

    def _checked(self, call: Any) -> Any:
        """What `call` returns; what the user's code raises is told with its line."""
        try:
            return call()
        except StopIteration:
            raise
        except Exception as error:
            lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == self._file]
            place = f", line {lines[-1].lineno}" if lines else ""
            raise RuntimeError(f"{self._file}{place}: {type(error).__name__}: {error}") from error


class PythonScenarios:
    """What the `netgym` C++ namespace is to a C++ scenario: makes and ends sessions, tells the time."""

    def __init__(self, ns: Any, file: str) -> None:
        self._ns, self._file = ns, file

    def Create(self, name: str, settings: str, seed: int) -> PythonScenario:
        """A session on a freshly seeded simulator. `settings` is JSON; `name` does not matter, a file holds one."""
        ns = self._ns
        ns.Config.Reset()  # first, because it also resets the run number
        ns.RngSeedManager.SetSeed(1)
        ns.RngSeedManager.SetRun(seed)
        ns.RngSeedManager.ResetNextStreamIndex()
        ns.Mac48Address.ResetAllocationIndex()
        return PythonScenario(self._file, json.loads(settings), seed)

    def Destroy(self, scenario: PythonScenario) -> None:
        """Ends a session and the simulator under it."""
        self._ns.Simulator.Destroy()

    def Serve(self, scenario: PythonScenario, connection: int, patience_ms: int) -> bool:
        """Answers no step here: all that arrives is for others."""
        return True

    def NowMs(self) -> float:
        """Simulated time, ms."""
        return float(self._ns.Simulator.Now().GetNanoSeconds() * 1e-6)

    def Events(self) -> int:
        """Events executed so far."""
        return int(self._ns.Simulator.GetEventCount())


def load(file: str) -> PythonScenarios:
    """Imports ns-3's Python bindings (7 to 20 s), once for all sessions of the zygote."""
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)  # the import searches the working directory through and through
        from ns import ns
    os.chdir(home)
    import cppyy

    cppyy.cppdef(QUIET_EXIT.replace("STATUS", str(protocol.FATAL_STATUS)))
    cppyy.gbl.netgym_python.ExitOnFatal()
    scenarios = PythonScenarios(ns, file)
    scenarios.NowMs()
    return scenarios


def _function(file: str) -> Any:
    sys.path.append(str(Path(file).parent))
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "scenario"):
        raise AttributeError("there is no generator function `scenario(settings, seed)`")
    return module.scenario
