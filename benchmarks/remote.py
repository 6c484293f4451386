"""What a simulator elsewhere costs: per step, per start, and in the trainer's processor time, against one here.

    python benchmarks/remote.py                                   # a relay on this machine, no ssh
    python benchmarks/remote.py simulator.host=[localhost:8]      # over ssh

Both kinds take turns, so that a busy machine is as bad for both. Medians are told, and ratios of totals.
"""

import sys
import time
from statistics import median

from netgym_cli.cli.machine import chosen_simulator
from netgym_cli.envs.make import make_env

RELAY = f"simulator.command=[{sys.executable},-P,-m,netgym_cli,relay]"
ENV, STEPS, TURNS = "rmcat", 300, 10


def turn(simulator):
    """Seconds until a session has begun, of each step, and of this process's processors per step."""
    env = make_env(ENV, seed=7, simulator=simulator, steps_per_episode=STEPS, episodes_per_session=1)
    began_s = time.perf_counter()
    env.reset(seed=7)
    start_s, steps_s = time.perf_counter() - began_s, []
    env.action_space.seed(3)
    used_s = time.process_time()
    for _ in range(STEPS):
        action = env.action_space.sample()
        began_s = time.perf_counter()
        env.step(action)
        steps_s.append(time.perf_counter() - began_s)
    used_s = time.process_time() - used_s
    env.close()
    return start_s, median(steps_s), used_s / STEPS


def main():
    chosen = chosen_simulator(sys.argv[1:] or [RELAY], None)
    there = {key: list(chosen[key]) for key in ("host", "command") if chosen[key]}
    for simulator in ({}, there):
        turn(simulator)  # ns-3 is loaded, and ssh connected
    pairs = [(turn({}), turn(there)) for _ in range(TURNS)]
    for place, name in enumerate(("start of a session", "step", "processor time of the trainer per step")):
        here_ms, there_ms = (median(pair[side][place] for pair in pairs) * 1e3 for side in (0, 1))
        added = median(pair[1][place] - pair[0][place] for pair in pairs) * 1e3
        print(
            f"{name}: {here_ms:.3f} ms here, {there_ms:.3f} ms there; {added:+.3f} ms, {there_ms / here_ms:.2f} times"
        )


if __name__ == "__main__":
    main()
