"""What a word such as `rate` or `delay` means among the measurements and indicators of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netgym_cli.analysis import tables
from netgym_cli.analysis.lines import Run
from netgym_cli.common import suggestions
from netgym_cli.common.errors import ConfigError

RATES, DELAYS = ("rate", "rrate"), ("owd",)  # how names of rates and one-way delays end
WORDS = {"delay": DELAYS, "delay_ms": DELAYS, "rate": RATES}
MOST = 8  # of them in one picture
USER, FLOW, CELL = "user", "flow", "cell"
WHOSE = dict.fromkeys(("gma", "wifi", "lte", "nr", "custom", "user"), USER) | {"rmcat": FLOW, "cell": CELL}
SHOWN = 40  # names that a message lists


@dataclass(frozen=True)
class Kpi:
    """A measurement of users, flows or links, or an indicator of a whole network.

    Attributes:
        key: its name: `SOURCE::NAME` of a measurement, the column of an indicator.
        unit: empty if it is in the name, or there is none.
        source: of a measurement; None of an indicator.
        name: of a measurement; else the column.
    """

    key: str
    unit: str
    source: str | None
    name: str

    @property
    def label(self) -> str:
        """For an axis."""
        return f"{self.key}, {self.unit}" if self.unit else self.key

    @property
    def is_delay(self) -> bool:
        """Whether it is a mean one-way delay, of which packets have a distribution."""
        return self.source is not None and self.unit == "ms" and self.name.rpartition("::")[2] in DELAYS

    @property
    def whose(self) -> str:
        """What an id of it is, such as `user`."""
        return WHOSE.get(self.source or "", "id")

    @property
    def plural(self) -> str:
        """The same of several."""
        return f"{self.whose}s"


def named(runs: Sequence[Run], asked: str) -> list[Kpi]:
    """What the words mean in these runs, in their order, each once.

    A word is the whole name of a measurement or an indicator, or how names of measurements end; `delay` and `rate` are
    the one-way delays and the rates of users and flows.

    Args:
        runs: as `plot.read` returns them.
        asked: a word, or several with commas between them.

    Raises:
        ConfigError: a word means nothing here, or the words mean too much for a picture.
    """
    there = known(runs)
    found = list(dict.fromkeys(kpi for word in asked.split(",") for kpi in _meant(word.strip(), there)))
    if len(found) > MOST:
        raise ConfigError(
            f"'{asked}' means {len(found)} measurements: {', '.join(kpi.key for kpi in found)}; allowed: {MOST} or "
            "fewer. Give whole names."
        )
    return found


def known(runs: Sequence[Run]) -> dict[str, Kpi]:
    """Everything that was measured in the runs, by its whole name, indicators first."""
    found = {name: Kpi(name, "", None, name) for run in runs for name in tables.indicators(run)}
    for run in runs:
        for source, name, unit in tables.measured(run):
            found.setdefault(f"{source}::{name}", Kpi(f"{source}::{name}", unit, source, name))
    return found


def _meant(word: str, there: dict[str, Kpi]) -> list[Kpi]:
    if word in there:
        return [there[word]]
    ends = tuple(f"::{end}" for end in WORDS.get(word, (word,)))
    if found := [kpi for kpi in there.values() if kpi.source is not None and kpi.key.endswith(ends)]:
        return found
    listed = ", ".join(list(there)[:SHOWN]) + (f" and {len(there) - SHOWN} more" if len(there) > SHOWN else "")
    if not there:
        raise ConfigError(f"these runs measured nothing that '{word}' could be; give others.")
    if word in WORDS:
        raise ConfigError(f"no {word} of users or flows was measured in these runs; allowed: {listed}.")
    raise ConfigError(
        f"'{word}' was not measured in these runs.{suggestions.did_you_mean(word, [*WORDS, *there])} Allowed: delay, "
        f"rate, {listed}, or how names with :: end."
    )
