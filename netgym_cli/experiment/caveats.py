"""What a simulator has to say of itself before a run begins, such as that a twin resembles its original badly."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from netgym_cli.config.schema import RunConfig
from netgym_cli.envs.base import env_registry
from netgym_cli.experiment.end_evaluation import at_the_end
from netgym_cli.simulators.base import simulator_registry
from netgym_cli.simulators.selection import settings_of

log = logging.getLogger(__name__)


def caveat(run: RunConfig) -> str | None:
    """What the simulator of a run says of itself; None if nothing."""
    adapter = env_registry.load(run.env.name)
    chosen = settings_of(adapter.required_simulator, run.simulator)
    return simulator_registry.load(chosen.name).caveat(chosen, adapter.scenario, run.name_of("env"))


def tell_caveats(runs: Iterable[RunConfig]) -> None:
    """Logs what the simulators of these runs, and of the evaluations at their ends, say of themselves, a line once."""
    whole = list(runs)
    ends = [at_the_end(run) for run in whole if run.evaluate_at_end is not None and run.evaluate_at_end.simulator]
    for sentence in dict.fromkeys(filter(None, map(caveat, [*whole, *ends]))):
        log.warning("note: %s", sentence)
