"""Folders of runs and evaluations for reports: written by the real recorder and writer, in a fraction of a second."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from netgym_cli.config.compose import compose
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.evaluation import report
from netgym_cli.evaluation.contest import Evaluation
from netgym_cli.runs.contents import FILES, sums
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.simulators.delays import EDGES_MS, Delays
from netgym_cli.simulators.stats import Layout, Row, Stats
from tests.support.engine import run_config
from tests.support.toy import ToyAdapter, ToySimulator

EPISODES, STEPS = 10, 4
NETWORKS = (1_000_000, 1_000_001, 1_000_002, 1_000_003)
USERS = (1, 2)
SITES = {
    "cell_locations": [{"x_m": 10, "y_m": 10, "z_m": 3}, {"x_m": 90, "y_m": 40, "z_m": 3}],
    "user_location_range": {"min_x_m": 0, "max_x_m": 100, "min_y_m": 0, "max_y_m": 50, "z_m": 1},
    "user_random_walk": {"min_speed_mps": 1, "max_speed_mps": 1},
    "tx_power_levels_dbm": [10, 20],
    "num_users": 2,
}


class WalkSimulator(ToySimulator):
    """Two users who walk, with a rate and a one-way delay each, and what the adapter of rmcat reads its action from."""

    def step(self, policy: np.ndarray | None) -> Stats:
        rates = super().step(policy)
        here = 50 + 3 * self.steps + self.rng.random(2)
        rows = (("dl::rate", "Mbit/s", rates.values[:2]), ("dl::owd", "ms", 5 + self.rng.random(2)),
                ("x_loc", "m", here), ("y_loc", "m", here / 3))  # fmt: skip
        layout = (*(Row("gma", name, unit, USERS) for name, unit, _ in rows), Row("rmcat", "srate", "kbit/s", (1,)))
        values = np.concatenate([*(found for *_, found in rows), [200.0 + self.steps]])
        return Stats(Layout(layout), rates.ts_ms, values, rates.events)


class TimedSimulator(WalkSimulator):
    """The same, with the delay of each of the users' packets, of the second not in every step."""

    def step(self, policy: np.ndarray | None) -> Stats:
        stats = super().step(policy)
        layout = Layout(stats.layout.rows, (Row("gma", "dl::owd", "ms", USERS),))
        flows = range(1 + self.steps % 2)
        timed = [np.sort(5 + 40 * self.rng.random(7 + flow) ** 4) for flow in flows]
        found = [np.unique(np.searchsorted(EDGES_MS, ms, side="right"), return_counts=True) for ms in timed]
        heads = [[flow, *np.quantile(timed[flow], [0.5, 0.95, 0.99], method="inverted_cdf"), len(found[flow][0])]
                 for flow in flows]  # fmt: skip
        bins, counts = (np.concatenate(each) for each in zip(*found, strict=True))
        numbers = np.concatenate([[len(heads), len(bins)], np.ravel(heads), bins, counts]).astype(float)
        return Stats(layout, stats.ts_ms, stats.values, stats.events, delays=Delays(layout, numbers))


class WalkAdapter(ToyAdapter):
    required_simulator = "tests.support.reported:WalkSimulator"

    def observation(self, stats: Stats) -> np.ndarray:
        return np.zeros((1, self.config.num_users), np.float32)

    def reward(self, stats: Stats) -> float:
        return float(stats["gma::dl::rate"].mean())


class TimedAdapter(WalkAdapter):
    required_simulator = "tests.support.reported:TimedSimulator"


@dataclass
class Given:
    """How a run is to be: `env` names it, `keys` are values of its config, and it has `sessions` of ten episodes."""

    agent: str = "random"
    seed: int = 1
    status: str = "complete"
    env: str = "walk"
    keys: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 0.5
    error: Mapping[str, str] | None = None
    timed: bool = False
    sessions: int = 1


def write_run(folder: Path, given: Given) -> Path:
    """A run of ten episodes of four steps with its tables, config and record."""
    lengths = {"episodes_per_session": EPISODES, "steps_per_episode": STEPS}
    config = run_config(seed=given.seed, sessions=given.sessions, env=lengths)
    config.env.name = f"tests.support.reported:{'Timed' if given.timed else 'Walk'}Adapter"
    run = RunFolder(folder)
    run.metrics.mkdir(parents=True)
    recorder = Recorder(run.metrics)
    env = SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config), [recorder])
    while not env.finished:
        env.reset()
        over = False
        while not over:
            _, _, _, over, _ = env.step(np.full(3, given.weight))
    recorder.close("complete", "")
    _write_config(run, given)
    words = ["netgym", "train", f"env={given.env}", f"agent={given.agent}", f"seed={given.seed}"]
    record = {"status": given.status, "command": words, "env": given.env, "agent": given.agent, "seed": given.seed,
              "seeds": [given.seed], "steps": EPISODES * STEPS, "planned_steps": EPISODES * STEPS, "error": given.error,
              "versions": {"netgym": "0.1.0"}, "host": "elsewhere", "wall_s": 1.0}  # fmt: skip
    run.record_path.write_text(json.dumps(record | {FILES: sums(run)}))
    return folder


def _write_config(run: RunFolder, given: Given) -> None:
    run.config_path.parent.mkdir()
    if given.env == "rmcat":
        env = OmegaConf.to_container(compose(["env=rmcat"]).env, resolve=True)
    else:
        env = {"name": "tests.support.reported:WalkAdapter", "random_seed": given.seed, **SITES}
    config = {"env": env, "agent": {"name": given.agent}, "channel": {"name": "none"}, "seed": given.seed, **given.keys}
    OmegaConf.save(OmegaConf.create(config), run.config_path)
    choices = {"env": given.env, "agent": given.agent, "channel": "none", "simulator": "ns3"}
    chosen = {"hydra": {"runtime": {"choices": choices}}}
    OmegaConf.save(OmegaConf.create(chosen), run.config_path.with_name("hydra.yaml"))
    words = [f"agent={given.agent}", *(f"{key}={value}" for key, value in given.keys.items())]
    OmegaConf.save(OmegaConf.create(words), run.config_path.with_name("overrides.yaml"))


def write_evaluation(folder: Path, trained: Mapping[str, list[Path]], rules=("random", "system_default")) -> Path:
    """An evaluation on four networks of rules, and of agents with the runs that trained them."""
    draws = np.random.default_rng(3)
    levels = {label: level for level, label in enumerate((*rules, *trained))}
    scores = {}
    for label, level in levels.items():
        shape = (len(trained.get(label, [0])), len(NETWORKS))
        scores[label] = {"return": 10 * level + draws.normal(size=shape), "rate_mbps": level + draws.random(shape)}
    found = Evaluation("walk", NETWORKS, 2, rules[-1], scores, {"channel": "none", "simulator": "ns3"})
    agents = {label: {"name": label} for label in rules} | {
        label: [str(path) for path in paths] for label, paths in trained.items()
    }
    folder.mkdir(parents=True)
    report.write(found, folder, {"command": ["netgym", "evaluate", str(folder)], "agents": agents})
    return folder


def write_study(folder: Path) -> list[Path]:
    """Three trainings of one agent, one run of a rule, one that failed, and the evaluation of the first three."""
    runs = [write_run(folder / "grid" / str(seed), Given("ppo", seed, weight=0.2 * seed)) for seed in (1, 2, 3)]
    write_run(folder / "grid" / "4", Given("system_default", 1))
    error = {"type": "SimulatorDied", "message": "the <b>worker</b> died"}
    write_run(folder / "grid" / "5", Given("ppo", 4, "failed", error=error))
    return [folder / "grid", write_evaluation(folder / "evaluated", {"ppo": runs})]
