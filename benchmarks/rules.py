"""Hand-written rules on nqos_split, paired by seed: does watching the links beat every fixed one?

    python benchmarks/rules.py [--env nqos_split_near_capacity ...] [--seeds 5] [--steps 40] [--jobs 2]

Prints the mean reward per step with 95 % intervals over seeds and the paired difference to the best fixed link, and
writes results/rules.csv. All rules meet the same networks: the seed alone decides places, walks and fading.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from statistics import fmean

import numpy as np
import report

from netgym_cli import make_env
from netgym_cli.adapters._multi_access import LINKS
from netgym_cli.simulators import Stats

ENVS = ["nqos_split_near_capacity", "nqos_split_light"]
FIXED = tuple(f"all {link}" for link in LINKS)
KPIS = ("rate_mbps", "owd_ms", "loss_pct", "wifi_split_pct", "nr_split_pct", "lte_split_pct")
Rule = Callable[[Stats], np.ndarray]


def per_link(stats: Stats, pattern: str) -> np.ndarray:
    """A measurement of every link, shape (users, 3); `pattern` has {} where the link's name goes."""
    return np.array([stats[pattern.format(link)] for link in LINKS]).T


def max_rates(stats: Stats) -> np.ndarray:
    """Rate that the radio of each user could reach alone on each link, Mbit/s, shape (users, 3)."""
    return per_link(stats, "{}::dl::max_rate")


def fixed(link: int, stats: Stats) -> np.ndarray:
    """Everything over one link."""
    return np.tile(np.eye(3)[link], (len(max_rates(stats)), 1))


def equal(stats: Stats) -> np.ndarray:
    """The same weight for every link."""
    return np.ones_like(max_rates(stats))


def argmax(stats: Stats) -> np.ndarray:
    """Everything over the link with the highest rate."""
    return np.asarray(np.eye(3)[max_rates(stats).argmax(axis=1)])


def proportional(stats: Stats) -> np.ndarray:
    """Weights in proportion to the rates."""
    rates = max_rates(stats) + 1e-6
    return np.asarray(rates / rates.max(axis=1, keepdims=True))


class Random:
    """Weights drawn evenly, anew every step."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def __call__(self, stats: Stats) -> np.ndarray:
        """The weights for the next step."""
        return self.random.random(max_rates(stats).shape)


class Balancer:
    """Fills the links in the order of their delay up to what they seem to carry, and learns that from their queues.

    What a link carries for a user is its rate, divided by the users that need the same cell, times a headroom. The
    headroom shrinks when the link's one-way delay says that its queue grows, and recovers slowly.
    """

    start = np.array([0.6, 0.8, 0.2])
    most = np.array([0.8, 0.95, 0.5])
    queueing_ms = np.array([15.0, 15.0, 30.0])

    def __init__(self) -> None:
        self.headroom: np.ndarray | None = None

    def __call__(self, stats: Stats) -> np.ndarray:
        """The weights for the next step."""
        rates, cells = max_rates(stats), per_link(stats, "{}::cell_id")
        if self.headroom is None:
            self.headroom = np.tile(self.start, (len(rates), 1))
        else:
            queued = per_link(stats, "gma::{}::dl::owd") > self.queueing_ms
            self.headroom = np.minimum(np.where(queued, 0.7 * self.headroom, 1.05 * self.headroom), self.most)
        return self.fill(stats["gma::dl::tx_rate"], self.headroom * rates, cells)

    def fill(self, offered: np.ndarray, capacity: np.ndarray, cells: np.ndarray) -> np.ndarray:
        """Weights that put the offered load of every user on one link after the other; too much goes everywhere."""
        load, left = np.zeros_like(capacity), offered.copy()
        for link in range(len(LINKS)):
            wants = left > 0
            sharers = (wants[:, None] & wants & (cells[:, link, None] == cells[:, link])).sum(axis=1)
            load[:, link] = np.minimum(left, capacity[:, link] / np.maximum(sharers, 1))
            left -= load[:, link]
        load += left[:, None] * load / load.sum(axis=1, keepdims=True)
        return np.asarray(load / load.max(axis=1, keepdims=True))


def rule(name: str, seed: int) -> Rule:
    """A fresh rule."""
    if name in FIXED:
        return partial(fixed, FIXED.index(name))
    made: dict[str, Rule] = {"equal": equal, "argmax of max_rate": argmax, "proportional to max_rate": proportional}
    return made[name] if name in made else Random(seed) if name == "random" else Balancer()


RULES = (*FIXED, "equal", "random", "argmax of max_rate", "proportional to max_rate", "queue balancer")


def play(env_name: str, seed: int, name: str, steps: int) -> dict[str, float]:
    """Mean reward per step and mean KPIs of one session."""
    env = make_env(env_name, seed=seed, steps_per_episode=steps, episodes_per_session=1)
    act, rewards, kpis = rule(name, seed), [], []
    env.reset()
    for _ in range(steps):
        assert env.stats is not None
        _, reward, _, _, info = env.step(np.clip(act(env.stats), 0, 1).astype(np.float32))
        rewards.append(reward)
        kpis.append(info["kpis"])
    env.close()
    return {"reward": fmean(rewards), **{key: fmean(one[key] for one in kpis) for key in KPIS}}


def compare(env_name: str, seeds: range, steps: int, pool: ProcessPoolExecutor) -> list[report.Row]:
    """One row per rule: mean reward, its interval, and the paired difference to the best fixed link."""
    grid = list(product(seeds, RULES))
    outcomes = list(pool.map(play, [env_name] * len(grid), *zip(*grid, strict=True), [steps] * len(grid)))
    played = {name: [one for (_, other), one in zip(grid, outcomes, strict=True) if other == name] for name in RULES}
    rewards = {name: [one["reward"] for one in played[name]] for name in RULES}
    best = max(FIXED, key=lambda name: fmean(rewards[name]))
    rows = []
    for name in RULES:
        mean, half = report.interval(rewards[name])
        more, more_half = report.interval([a - b for a, b in zip(rewards[name], rewards[best], strict=True)])
        rows.append(
            {"env": env_name, "rule": name, "seeds": len(seeds), "steps": steps, "reward": mean, "+-95%": half}
            | {"minus best fixed": more, "diff +-95%": more_half}
            | {key: fmean(one[key] for one in played[name]) for key in KPIS}
        )
    return rows


def main() -> None:
    """Plays all rules on all environments."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", nargs="+", default=ENVS, help="environments")
    parser.add_argument("--seeds", type=int, default=5, help="number of paired seeds")
    parser.add_argument("--steps", type=int, default=40, help="steps of a session")
    parser.add_argument("--jobs", type=int, default=2, help="sessions at once")
    options = parser.parse_args()
    rows: list[report.Row] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for env_name in options.env:
            rows += compare(env_name, range(1, options.seeds + 1), options.steps, pool)
            shown = [{key: cell for key, cell in row.items() if key not in ("env", "seeds", "steps")} for row in rows]
            report.show(f"{env_name}: reward per step", shown[-len(RULES) :])
    report.save("rules", rows)


if __name__ == "__main__":
    main()
