"""How much there is to win in an environment: rules and the default algorithm beside the best constant action.

    python benchmarks/headroom.py --env qos_steer [--seeds 6] [--first-seed 500000] [--steps 20] [env.key=value ...]

On every network (seed) the action that earns most when it is repeated in every step is searched for, in hindsight, by
the cross-entropy method (Rubinstein 1999). It is what perfect knowledge of the network earns without adapting: a policy
that comes near has learnt the networks, one that beats it adapts within them. The best constant action of all networks
together is what a policy that looks at nothing could have learnt. Where a rule, or a constant of all networks,
reaches the best constant of each, there is nothing to learn. Simulators repeat a seed to the bit, so each found value
is one that was earned. The seeds are none of docs/baselines.md, so that environments can be chosen by these figures.

Writes results/headroom/LABEL.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, Protocol

import numpy as np
import report
from baselines import hands
from gymnasium import spaces

from netgym_cli.common import statistics
from netgym_cli.config.compose import compose
from netgym_cli.config.schema import RunConfig
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.evaluation.contest import Evaluation, evaluate
from netgym_cli.experiment.config import typed_run

FIRST_SEED = 500_000
ELITE = 0.25  # part of a generation that the next one is drawn around
KEPT = 0.3  # part of the old distribution that stays
PER_NETWORK, FOR_ALL = "best constant of each network", "best constant of all networks"


class Cloud(Protocol):
    """A distribution over actions that moves towards good ones."""

    def draw(self, rng: np.random.Generator) -> np.ndarray: ...

    def move(self, elite: np.ndarray) -> None: ...


class BoxCloud:
    """Independent normal distributions, kept inside the box."""

    def __init__(self, space: spaces.Box) -> None:
        self.space = space
        self.mean = (space.low + space.high) / 2.0
        self.deviation = (space.high - space.low) / 2.0

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        values = rng.normal(self.mean, self.deviation)
        return np.clip(values, self.space.low, self.space.high).astype(self.space.dtype)

    def move(self, elite: np.ndarray) -> None:
        self.mean = KEPT * self.mean + (1 - KEPT) * elite.mean(axis=0)
        self.deviation = KEPT * self.deviation + (1 - KEPT) * elite.std(axis=0)


class DiscreteCloud:
    """Independent choices among a few numbers each."""

    def __init__(self, space: spaces.MultiDiscrete) -> None:
        self.counts = space.nvec
        self.chances = [np.full(count, 1 / count) for count in space.nvec]

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        return np.array([rng.choice(len(chances), p=chances) for chances in self.chances])

    def move(self, elite: np.ndarray) -> None:
        for place, count in enumerate(self.counts):
            share = np.bincount(elite[:, place], minlength=count) / len(elite)
            self.chances[place] = KEPT * self.chances[place] + (1 - KEPT) * share


def cloud(space: spaces.Space[Any]) -> Cloud:
    """The distribution to begin with."""
    if isinstance(space, spaces.Box):
        return BoxCloud(space)
    assert isinstance(space, spaces.MultiDiscrete)
    return DiscreteCloud(space)


def plain_actions(space: spaces.Space[Any]) -> list[np.ndarray]:
    """What one would try first: every user on the same link or mark, and everything at once."""
    if isinstance(space, spaces.Box) and len(space.shape) == 2:
        ones = [np.tile(row, (space.shape[0], 1)) for row in np.eye(space.shape[1], dtype=space.dtype)]
        return [*ones, np.ones(space.shape, space.dtype)]
    if isinstance(space, spaces.Box):
        return [space.low + part * (space.high - space.low) for part in (0.25, 0.5, 1.0)]
    assert isinstance(space, spaces.MultiDiscrete)
    return [np.full(space.shape, number) for number in range(int(space.nvec.min()))]


def earned(env: NetworkEnv, seed: int, action: np.ndarray, steps: int) -> float:
    """Mean reward per step of a session in which one action is repeated."""
    env.reset(seed=seed)
    return float(np.mean([env.step(action)[1] for _ in range(steps)]))


def search(config: RunConfig, seed: int, steps: int, population: int, generations: int) -> tuple[float, np.ndarray]:
    """The most that a constant action was found to earn per step on the network of `seed`, and that action."""
    env = NetworkEnv(config.env, config.simulator)
    rng, around = np.random.default_rng(seed), cloud(env.action_space)
    best, best_action = -np.inf, np.empty(0)
    for generation in range(generations):
        first = plain_actions(env.action_space) if generation == 0 else [best_action]
        tried = [*first, *(around.draw(rng) for _ in range(population - len(first)))]
        values = np.array([earned(env, seed, action, steps) for action in tried])
        order = np.argsort(-values)
        if values[order[0]] > best:
            best, best_action = float(values[order[0]]), tried[order[0]]
        around.move(np.array([tried[k] for k in order[: max(2, int(ELITE * population))]]))
    env.close()
    return best, best_action


def for_all(
    config: RunConfig, seeds: Sequence[int], actions: Sequence[np.ndarray], steps: int, jobs: int
) -> np.ndarray:
    """What every seed earns with the action, of those given, that earns most over all seeds."""

    def row(seed: int) -> list[float]:
        env = NetworkEnv(config.env, config.simulator)
        try:
            return [earned(env, seed, action, steps) for action in actions]
        finally:
            env.close()

    with ThreadPoolExecutor(jobs) as pool:
        table = np.array(list(pool.map(row, seeds)))
    return table[:, table.mean(axis=0).argmax()]


def rows_of(evaluation: Evaluation, bounds: dict[str, np.ndarray]) -> list[report.Row]:
    """One row per agent and bound, best first: reward per step, and the paired difference to the default algorithm."""
    values = {label: metrics["reward"] for label, metrics in evaluation.values.items()} | bounds
    default = values["system_default"]
    rows = []
    for label, rewards in sorted(values.items(), key=lambda item: -item[1].mean()):
        row: report.Row = {"agent": label}
        for name, found in (
            ("reward", statistics.estimate(rewards)),
            ("minus default", statistics.paired(rewards, default)),
        ):
            row |= {name: found.mean, f"{name} low": found.low, f"{name} high": found.high}
        rows.append(row)
    return rows


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Searches, plays and keeps the figures."""
    words = [f"env={options.env}", "agent=random", f"env.steps_per_episode={options.steps}", *options.overrides]
    config = typed_run(compose(words))
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    evaluation = evaluate(config, hands(options.env), list(seeds), 1, options.jobs, baseline="system_default")
    bounds: dict[str, np.ndarray] = {}
    if options.population:

        def searched(seed: int) -> tuple[float, np.ndarray]:
            return search(config, seed, options.steps, options.population, options.generations)

        with ThreadPoolExecutor(options.jobs) as pool:
            found = list(pool.map(searched, seeds))
        actions = [
            *plain_actions(NetworkEnv(config.env, config.simulator).action_space),
            *(action for _, action in found),
        ]
        bounds = {
            PER_NETWORK: np.array([value for value, _ in found]),
            FOR_ALL: for_all(config, list(seeds), actions, options.steps, options.jobs),
        }
    return {
        "env": options.env,
        "overrides": options.overrides,
        "date": date.today().isoformat(),
        "seeds": [seeds.start, seeds.stop - 1],
        "steps": options.steps,
        "tried": options.population * options.generations,
        "rows": rows_of(evaluation, bounds),
        "by_seed": {label: metrics["reward"].tolist() for label, metrics in evaluation.values.items()}
        | {label: values.tolist() for label, values in bounds.items()},
    }


def main() -> None:
    """Measures one environment."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", required=True)
    parser.add_argument("--label", help="name of the file of results; by default the environment's")
    parser.add_argument("--seeds", type=int, default=6, help="networks")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--steps", type=int, default=20, help="steps of a session")
    parser.add_argument("--population", type=int, default=16, help="actions tried in a generation; 0: no search")
    parser.add_argument("--generations", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2, help="sessions at once")
    parser.add_argument("overrides", nargs="*", help="env.key=value, simulator=NAME")
    options = parser.parse_args()
    result = measure(options)
    (report.RESULTS / "headroom").mkdir(parents=True, exist_ok=True)
    report.save_json(f"headroom/{options.label or options.env}", result)
    report.show(options.env, result["rows"])


if __name__ == "__main__":
    main()
