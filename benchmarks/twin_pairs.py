"""Both sides of a twin's validation: rules on fresh networks of ns-3, and on the twin with users in the same places.

ns-3's side is simulated once and kept in results/twins/ns3_ENV.json: per agent and network the mean of the reward and
of every key figure, and where the users stood, how much they sent and how good their NR was. The twin's side is played
anew in seconds, by the same agents, who see the twin's measurements and act on them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from math import isnan, nan
from pathlib import Path
from statistics import fmean
from typing import Any, ClassVar

import numpy as np
import report
from baselines import PLANS, config_of, hands

from netgym_cli.analysis.twin_places import places
from netgym_cli.analysis.twin_recording import Recording, record
from netgym_cli.common.seeds import FirstSeed
from netgym_cli.envs.base import adapter_of
from netgym_cli.evaluation.rollout import Tally
from netgym_cli.experiment.task import Task
from netgym_cli.simulators import selection
from netgym_cli.simulators.builtin.fluid import Fluid
from netgym_cli.simulators.fluid.batch import FluidBatch
from netgym_cli.simulators.stats import Stats
from netgym_cli.wrappers.required_simulators import required_simulators

EPISODES = {"nqos_split_small": 2, "nqos_split_light": 2}
REPEATS = 4  # networks of the twin for each of ns-3's: its own chance is averaged out
DIGITS = 6
Figures = dict[str, dict[str, list[float]]]  # agent to metric to a value per network


@dataclass(frozen=True)
class Networks:
    """What agents earned on networks of ns-3.

    Attributes:
        env: name of the environment.
        day: on which they were simulated, YYYY-MM-DD.
        seeds: of the networks.
        users: what `FluidBatch.place` takes, shape `(networks, users, 5)`; None where nothing has a place.
        figures: agent to metric to a value per network, NaN where nothing was measured.
    """

    env: str
    day: str
    seeds: tuple[int, ...]
    users: np.ndarray | None
    figures: Figures

    @classmethod
    def of(cls, env: str, recordings: Mapping[str, Recording], day: str) -> Networks:
        """What recordings of the same seeds amount to."""
        adapter = adapter_of(config_of(env).env)
        first = next(iter(recordings.values()))
        users = places(first, adapter.settings(), adapter.step_ms)
        figures = {label: _figures(adapter, recording) for label, recording in recordings.items()}
        return cls(env, day, first.seeds, users, figures)

    def save(self) -> None:
        """Keeps them, rounded to six digits."""
        content = {
            "env": self.env, "date": self.day, "seeds": self.seeds,
            "users": None if self.users is None else _rounded(self.users.tolist()), "agents": _rounded(self.figures),
        }  # fmt: skip
        file(self.env).write_text(json.dumps(content).replace('"agents"', '\n"agents"').replace("}, ", "},\n ") + "\n")

    @classmethod
    def load(cls, env: str) -> Networks:
        """Those that were kept."""
        content = json.loads(file(env).read_text())
        users = None if content["users"] is None else np.array(content["users"], np.float64)
        figures = {
            label: {name: [nan if value is None else value for value in values] for name, values in metrics.items()}
            for label, metrics in content["agents"].items()
        }
        return cls(env, content["date"], tuple(content["seeds"]), users, figures)


class PlacedTwin(Fluid):
    """A twin whose users stand where those of a network of ns-3 stood."""

    users: ClassVar[dict[int, np.ndarray]] = {}  # by the twin's seed

    def start(self, scenario: str, settings: Mapping[str, Any], seed: int) -> Stats:
        self.close()
        self._networks = FluidBatch(self.config, scenario, settings, 1)
        if (placed := self.users.get(seed)) is not None:
            self._networks.place(placed[None])
        return self._stats(self._networks.start(np.array([seed])))


def file(env: str) -> Path:
    """Where ns-3's side is kept."""
    return report.RESULTS / "twins" / f"ns3_{env}.json"


def episodes_of(env: str) -> int:
    """Episodes of a session that is played."""
    return PLANS[env].episodes if env in PLANS else EPISODES[env]


def on_ns3(env: str, networks: int, jobs: int) -> Networks:
    """Plays every agent on fresh networks of ns-3, so many agents at once, and keeps the outcome."""
    config = config_of(env)
    selection.prepare(required_simulators(config))
    seeds = range(FirstSeed.VALIDATE_TWIN, FirstSeed.VALIDATE_TWIN + networks)

    def recorded(agent: Any) -> Recording:
        return record(replace(config, agent=agent), seeds, episodes_of(env), report.console.print)

    agents = hands(env)
    with ThreadPoolExecutor(jobs) as pool:
        recordings = dict(zip(agents, pool.map(recorded, agents.values()), strict=True))
    played = Networks.of(env, recordings, date.today().isoformat())
    played.save()
    return played


def on_twin(networks: Networks, calibration: str) -> tuple[Figures, float, int]:
    """Every agent's figures per network of ns-3, means over the twin's; CPU seconds; the steps played."""
    env = networks.env
    twins = {(k, n): seed + n * len(networks.seeds) for k, seed in enumerate(networks.seeds) for n in range(REPEATS)}
    PlacedTwin.users = {} if networks.users is None else {seed: networks.users[k] for (k, _), seed in twins.items()}
    figures: Figures = {}
    started, steps = time.process_time(), 0
    for label, agent in hands(env).items():
        config = config_of(env, "random", "simulator=fluid", f"simulator.calibration={calibration}")
        placed = replace(config.simulator, name=f"{PlacedTwin.__module__}:{PlacedTwin.__name__}")
        played = {}
        for place, seed in twins.items():
            task = Task.of(replace(config, agent=agent, simulator=placed), None, False, seed, episodes_of(env))
            tally = Tally()
            with closing(task.sessions(tally)) as sessions:
                task.agent().rollout(sessions, seed)
            played[place] = tally.means()
            steps += episodes_of(env) * config.env.steps_per_episode
        figures[label] = {
            name: [_mean(played[k, n][name] for n in range(REPEATS)) for k in range(len(networks.seeds))]
            for name in played[0, 0] if name != "return"
        }  # fmt: skip
    return figures, time.process_time() - started, steps


def _figures(adapter: Any, recording: Recording) -> dict[str, list[float]]:
    sessions = [
        [adapter.kpis(Stats(recording.layout, 0.0, values)) for values in session] for session in recording.values
    ]
    means = {name: [_mean(float(of[name]) for of in kpis) for kpis in sessions] for name in sessions[0][0]}
    return {"reward": recording.rewards.mean(axis=1).tolist(), **means}


def _mean(values: Any) -> float:
    measured = [value for value in values if not isnan(value)]
    return fmean(measured) if measured else nan


def _rounded(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _rounded(value) for key, value in content.items()}
    if isinstance(content, Sequence):
        return [_rounded(value) for value in content]
    return None if isnan(content) else float(f"{content:.{DIGITS}g}")
