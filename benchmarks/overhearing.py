"""What `env.wifi.idle_stations_overhear=false` brings and changes: idle Wi-Fi stations receive only what is for them.

    python benchmarks/overhearing.py [--env nqos_split ...] [--seeds 5] [--steps 60] [--actions random default]

Every network is simulated twice, with overhearing idle stations and without, under the same actions. The two take
turns, and the seconds are those on a core, so that others on the machine count little. Reward and key figures are
compared network by network; the intervals are 95 % ones of the mean difference (Student's t over networks).

Writes results/overhearing_ENV_ACTIONS.csv.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import Any

import numpy as np
import report
from speed_table import core_s

from netgym_cli.envs.make import make_env
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.simulators.ns3.zygote_client import Zygote

ENVS = ("nqos_split", "nqos_split_light", "qos_steer", "dynamic_qos", "energy_saving")
ACTIONS = ("random", "default")
TURN = 10  # steps
OVERHEARING = (True, False)
PATIENT = {"start_timeout_s": 3600, "step_timeout_s": 3600}  # others may keep the machine busy


def actions_of(env: NetworkEnv, kind: str, steps: int, seed: int) -> list[Any]:
    """The session's actions: random ones, or empty ones for the default algorithm."""
    env.action_space.seed(seed)
    return [env.action_space.sample() if kind == "random" else None for _ in range(steps)]


def played(name: str, kind: str, seed: int, steps: int) -> tuple[list[dict[str, float]], list[float], bool]:
    """One network, with overhearing and without: means of reward and key figures, seconds, whether all was equal."""
    sessions: list[Any] = []
    for overhear in OVERHEARING:
        keys = {"wifi.idle_stations_overhear": overhear, "steps_per_episode": 10**6, "episodes_per_session": 1}
        sessions.append(make_env(name, simulator=PATIENT, **keys))
    told: list[list[dict[str, float]]] = [[], []]
    raw: list[list[bytes]] = [[], []]
    spent = [0.0, 0.0]
    with closing(sessions[0]), closing(sessions[1]):
        actions = actions_of(sessions[0], kind, steps, seed)
        for env in sessions:
            env.reset(seed=seed)
        for start in range(0, steps, TURN):
            for side in (0, 1) if start // TURN % 2 else (1, 0):
                env = sessions[side]
                before = core_s(env._simulator.pid)
                for action in actions[start : start + TURN]:
                    reward = float(env.step(action)[1])
                    told[side].append({"reward": reward} | env.adapter.kpis(env.stats))
                    raw[side].append(env.stats.values.tobytes())
                spent[side] += core_s(env._simulator.pid) - before
    return [means(side) for side in told], spent, raw[0] == raw[1]


def means(steps: list[dict[str, float]]) -> dict[str, float]:
    """The mean of every figure over the steps in which it was measured."""
    return {figure: float(np.nanmean([step[figure] for step in steps])) for figure in steps[0]}


def compare(name: str, kind: str, seeds: int, steps: int) -> list[report.Row]:
    """A row per figure, the first of them the speed."""
    results = [played(name, kind, seed, steps) for seed in range(1, seeds + 1)]
    gains = [seconds[0] / seconds[1] for _, seconds, _ in results]
    equal = sum(same for _, _, same in results)
    report.console.print(f"{name}, {kind}: {equal} of {seeds} networks equal to the bit; gains {np.round(gains, 2)}")
    rows = [row("steps per second of a core", *rates(results, steps))]
    for figure in results[0][0][0]:
        pairs = [[side[figure] for side in sides] for sides, _, _ in results]
        rows.append(row(figure, [pair[0] for pair in pairs], [pair[1] for pair in pairs]))
    return rows


def rates(results: list[Any], steps: int) -> tuple[list[float], list[float]]:
    """Steps per second of both sides, network by network."""
    return [steps / seconds[0] for _, seconds, _ in results], [steps / seconds[1] for _, seconds, _ in results]


def row(figure: str, overhear: list[float], deaf: list[float]) -> report.Row:
    """One figure: its means, and the mean difference with half the width of its interval, also as a share."""
    difference, half = report.interval([b - a for a, b in zip(overhear, deaf, strict=True)])
    mean = float(np.mean(overhear))
    share = {"difference %": 100 * difference / abs(mean), "+- %": 100 * half / abs(mean)} if mean else {}
    return {
        "figure": figure, "overhear": mean, "do not": float(np.mean(deaf)),
        "difference": difference, "+-": half, "difference %": "", "+- %": "",
    } | share  # fmt: skip


def main() -> None:
    """Compares every environment."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", nargs="+", default=list(ENVS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--actions", nargs="+", choices=ACTIONS, default=list(ACTIONS))
    arguments = parser.parse_args()
    for name in arguments.env:
        for kind in arguments.actions:
            found = compare(name, kind, arguments.seeds, arguments.steps)
            report.show(f"{name}, {kind} actions, {arguments.seeds} networks of {arguments.steps} steps", found)
            report.save(f"overhearing_{name}_{kind}", found)
    Zygote.close_all()


if __name__ == "__main__":
    main()
