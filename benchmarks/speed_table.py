"""How many steps per second one core simulates, environment by environment, on each simulator.

    python benchmarks/speed_table.py [--env NAME ...] [--seeds 3] [--steps 30]

`wheel` is the ns-3 wheel as it is, with glibc's malloc; `ours` the same with what netgym replaces in it and
`simulator.malloc=auto`; `optimized` what `netgym build --ns3` has made, if it has; `twin` is `simulator=fluid`, one
network. Random actions, the same for all; a step is `env.step`, observation and reward included. All take turns, and
the seconds are those on a core, of this process and of the simulator's, so that others on the machine count little.
Results on ns-3 have to be equal to the bit. Writes results/speed_table.csv.
"""

from __future__ import annotations

import argparse
import time
from contextlib import closing
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import report

from netgym_cli.common.errors import ConfigError, SimulatorError
from netgym_cli.envs.make import make_env
from netgym_cli.simulators.ns3 import build, installed
from netgym_cli.simulators.ns3.zygote_client import Zygote

ENVS = (
    "nqos_split", "nqos_split_light", "nqos_split_small", "qos_steer", "network_slicing", "dynamic_qos",
    "energy_saving", "rmcat", "custom",
)  # fmt: skip
TURNS = 5  # in which the steps of a session are taken
VARIANTS: dict[str, dict[str, Any]] = {
    "wheel": {"ns3_prefix": installed.WHEEL, "malloc": "glibc"},
    "ours": {"ns3_prefix": installed.WHEEL},
    "optimized": {},
    "twin": {"name": "fluid"},
}


def core_s(pid: int | None) -> float:
    """Seconds that this process and process `pid` have spent on a core."""
    spent = 0 if pid is None else int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return time.process_time() + spent * 1e-9


def begun(name: str, variant: str, seed: int) -> Any:
    """A started session, or None where this environment has no twin."""
    replaced = build.REPLACED_VERSION
    if variant == "wheel":
        build.REPLACED_VERSION = "none"
    try:
        env = make_env(name, simulator=VARIANTS[variant], steps_per_episode=10**6, episodes_per_session=1)
        env.reset(seed=seed)
    except (ConfigError, SimulatorError):
        if variant == "twin":
            return None
        raise
    finally:
        build.REPLACED_VERSION = replaced
    return env


def measure(name: str, seed: int, steps: int, variants: list[str]) -> dict[str, float]:
    """Steps per second of a core on each simulator that runs the environment, for one network."""
    envs = {variant: env for variant in variants if (env := begun(name, variant, seed)) is not None}
    spent = dict.fromkeys(envs, 0.0)
    told: dict[str, list[bytes]] = {variant: [] for variant in envs}
    spaces = {variant: env.action_space for variant, env in envs.items()}
    for turn in range(TURNS):
        for variant in list(envs) if turn % 2 else reversed(envs):
            env, space = envs[variant], spaces[variant]
            space.seed(seed * TURNS + turn)
            actions = [space.sample() for _ in range(max(1, steps // TURNS))]
            pid = getattr(env._simulator, "pid", None)
            before = core_s(pid)
            for action in actions:
                env.step(action)
            spent[variant] += core_s(pid) - before
            told[variant].append(np.asarray(env.stats.values).tobytes())
    for env in envs.values():
        with closing(env):
            pass
    on_ns3 = [told[variant] for variant in envs if variant != "twin"]
    assert all(numbers == on_ns3[0] for numbers in on_ns3), f"{name}, seed {seed}: ns-3 gave different numbers"
    return {variant: TURNS * max(1, steps // TURNS) / seconds for variant, seconds in spent.items()}


def main() -> None:
    """Measures every environment."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--env", nargs="+", default=list(ENVS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=30)
    arguments = parser.parse_args()
    variants = [name for name in VARIANTS if name != "optimized" or installed.locate().optimized]
    rows: list[report.Row] = []
    for name in arguments.env:
        figures = [measure(name, seed, arguments.steps, variants) for seed in range(1, arguments.seeds + 1)]
        means = {variant: fmean(each[variant] for each in figures) for variant in figures[0]}
        ratios = {
            f"{variant} / wheel": fmean(each[variant] / each["wheel"] for each in figures) if variant in means else ""
            for variant in VARIANTS
            if variant != "wheel"
        }
        rows.append({"env": name, **{variant: means.get(variant, "") for variant in VARIANTS}, **ratios})
        report.show("Steps per second of one core", rows)
        report.save("speed_table", rows)
    Zygote.close_all()


if __name__ == "__main__":
    main()
