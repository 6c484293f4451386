"""What one step of one network on a fluid twin costs through the ordinary environment, `NetworkEnv.step`.

    python benchmarks/scalar_steps.py [--env nqos_split] [--steps 4000] [WORD ...]

CPU time of steps with random actions, without resets, in turns with the simulator's own steps under the same controls,
which are the kernel's part. The least of all turns counts, because other programs disturb by caches and shared cores.
Prints a table and writes results/scalar_steps.csv.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import report

from netgym_cli.config.compose import compose
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment.config import typed_run
from netgym_cli.simulators.base import simulator_registry
from netgym_cli.wrappers.required_simulators import prepare_simulators

TURNS = 10
LEAST_PER_S = 8000.0


def environment_us(env: NetworkEnv, actions: list[Any]) -> float:
    """CPU time of a step of the environment, us; it is reset where an episode ends."""
    spent = 0.0
    for action in actions:
        began = time.thread_time()
        *_, terminated, truncated, _ = env.step(action)
        spent += time.thread_time() - began
        if terminated or truncated:
            env.reset()
    return 1e6 * spent / len(actions)


def simulator_us(simulator: Any, controls: list[Any]) -> float:
    """CPU time of a step of the simulator alone, us."""
    began = time.thread_time()
    for control in controls:
        simulator.step(control)
    return 1e6 * (time.thread_time() - began) / len(controls)


def main() -> None:
    """Measures, shows and saves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--env", default="nqos_split")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("words", nargs="*")
    given = parser.parse_args()
    config = typed_run(compose([f"env={given.env}", "simulator=fluid", "agent=random", *given.words]))
    prepare_simulators(config)
    env = NetworkEnv(config.env, config.simulator)
    env.action_space.seed(1)
    env.reset(seed=1)
    simulator = simulator_registry.load(config.simulator.name)(config.simulator)
    simulator.start(env.adapter.scenario, env.adapter.settings(), 1)
    whole, kernel = [], []
    for _ in range(TURNS):
        actions = [env.action_space.sample() for _ in range(max(1, given.steps // TURNS))]
        whole.append(environment_us(env, actions))
        kernel.append(simulator_us(simulator, [env.adapter.encode_action(action) for action in actions]))
    simulator.close()
    env.close()
    least, part = min(whole), min(kernel)
    row: report.Row = {
        "env": given.env,
        "steps per CPU s": 1e6 / least,
        "us per step": least,
        "simulator's part, us": part,
        "reached": 1e6 / least >= LEAST_PER_S,
    }
    report.show(f"NetworkEnv.step on the twin; target: {LEAST_PER_S:g} steps per CPU s", [row])
    report.save("scalar_steps", [row])


if __name__ == "__main__":
    main()
