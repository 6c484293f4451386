"""The faults that the suite injects, by name; a module of this folder adds its own by `@fault`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.outcome import Tables, examine
from tests.faults.program import Program

FAULTS: dict[str, Fault] = {}
RUN = ["env=rmcat", "agent=random", "env.steps_per_episode=500", "env.episodes_per_session=2", "sessions=[{},{}]"]


@dataclass(frozen=True)
class Reference:
    """The run of `RUN` that nothing happened to: its tables and the seconds it took, start included."""

    tables: Tables
    seconds: float


@dataclass(frozen=True)
class Bench:
    """What an injection works with.

    Attributes:
        folder: an empty folder.
        turn: 0 for the first injection of this fault, and so on.
        random: random numbers of this injection alone.
        reference: the run that nothing happened to.
    """

    folder: Path
    turn: int
    random: Random
    reference: Reference

    def turns(self, choices: Sequence[Any]) -> Any:
        """The choice of this turn, so that all get theirs."""
        return choices[self.turn % len(choices)]

    def start(self, *more: str, name: str = "run", **options: Any) -> Program:
        """The run of `RUN` in the folder `name`; `more` are further overrides."""
        return Program(["train", *RUN, f"hydra.run.dir={name}", *more], self.folder, **options)

    def moment_s(self) -> float:
        """A random moment of the run, seconds after its start."""
        return self.random.uniform(0, 0.9 * self.reference.seconds)

    def later(self) -> float:
        """A random moment after the simulator has started, seconds after the run's start."""
        return self.random.uniform(0.5, 0.9) * self.reference.seconds

    def outcome(self, program: Program, name: str = "run") -> str:
        """Waits for the program's end and says how it ended. Raises `AssertionError` for what must not be."""
        code = program.end()
        assert (left := program.orphans()) == [], left
        if (self.folder / name / "run.json").exists():  # before that, Python itself may be interrupted while it imports
            assert "Traceback" not in program.errors, program.errors
        return self.verdict(name, code)

    def verdict(self, name: str, code: int) -> str:
        """What is in the folder `name` of a run that ended with an exit code. Raises `AssertionError`."""
        return examine(self.folder / name, code, self.reference.tables)


Inject = Callable[[Bench], str]


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        name: what it is called in the table.
        times: how often it is injected.
        inject: does it, and returns a word or two for its outcome.
        one_run: it costs about one run of `RUN`, so a campaign injects it more often.
    """

    name: str
    times: int
    inject: Inject
    one_run: bool


def fault(
    name: str, times: int = 1, one_run: bool = True
) -> Callable[[Callable[[Bench], str]], Callable[[Bench], str]]:
    """Registers a function that injects a fault, and returns a word or two for its outcome."""

    def register(inject: Callable[[Bench], str]) -> Callable[[Bench], str]:
        assert name not in FAULTS, name
        FAULTS[name] = Fault(name, times, inject, one_run)
        return inject

    return register


def injections(total: int | None) -> list[tuple[Fault, int]]:
    """Every fault with the number of its turn; those of one run so often that there are `total` altogether.

    A campaign's order is shuffled, always alike, so that one that is cut off has met all kinds.
    """
    faults = list(FAULTS.values())
    if total is None:
        return [(fault, turn) for fault in faults for turn in range(fault.times)]
    fixed = [(fault, turn) for fault in faults if not fault.one_run for turn in range(fault.times)]
    often = sum(fault.times for fault in faults if fault.one_run)
    left = max(total - len(fixed), 0)
    ends = [left * sum(f.times for f in faults[: i + 1] if f.one_run) // often for i in range(len(faults))]
    shares = zip(faults, [0, *ends], ends, strict=False)
    scaled = [(fault, turn) for fault, low, high in shares for turn in range(high - low)]
    return Random(total).sample(found := [*fixed, *scaled], len(found))
