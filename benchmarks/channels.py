"""What channels cost, as ratios against NetRL measured side by side in one run, and whether they keep memory.

    python benchmarks/channels.py [--quick] [--netrl-python PYTHON]

NetRL 0.1.0 needs an environment of its own with Python 3.13; without one its ratios are left out, with a word. Prints a
table and writes results/channels.csv and results/channels.json. Both sides take turns; figures are medians over them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import gymnasium
import numpy as np
import report
from channel_memory import COPIES, memory
from stepping import cart_pole, cpu_steps, resets, steps
from timing import Figure, figure, timed
from two_sessions import plain, two_at_once

from netgym_cli.compat.netrl import NetworkConfig, NS3WiFiChannelFastConfig
from netgym_cli.wrappers.networked_env import NetworkedEnv
from netgym_cli.wrappers.vector_networked_env import VectorNetworkedEnv

DEFAULT_PYTHON = os.environ.get("NETRL_PYTHON", "/tmp/netrl313/bin/python")
PIECES = 9
SIDE = Path(__file__).with_name("netrl_side.py")


class NetRL:
    """The process that times NetRL."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def seconds(self, case: str, what: str, number: int) -> float:
        """Of `number` steps or resets of its environment `case`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps([case, what, number]), file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())


@contextmanager
def netrl(python: str) -> Iterator[NetRL | None]:
    """NetRL's side, ready; None, after a word, where it cannot be run."""
    if not Path(python).exists():
        report.console.print(f"no ratios against NetRL: there is no {python}; see --netrl-python")
        yield None
        return
    with subprocess.Popen([python, str(SIDE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        if process.stdout.readline().strip() == "ready":
            yield NetRL(process)
        else:
            report.console.print(f"no ratios against NetRL: {python} cannot import it, see above")
            yield None
        process.stdin.close()


# --- Gilbert-Elliott


def bursts() -> Any:
    """CartPole behind NetRL's default channel and window."""
    env = NetworkedEnv(cart_pole(), NetworkConfig())
    env.reset(seed=1)
    return env


def one_copy(side: NetRL | None, turns: int, number: int) -> list[Figure]:
    """What a Gilbert-Elliott channel adds to a step of CartPole, core time: a difference, so of many short pieces."""
    bare, networked = cart_pole(), bursts()
    bare.reset(seed=1)
    walks = {"bare": partial(cpu_steps, bare), "ours": partial(cpu_steps, networked)}
    if side:
        walks["their bare"] = partial(side.seconds, "bare", "cpu_steps")
        walks["theirs"] = partial(side.seconds, "gilbert_elliott", "cpu_steps")
    added, netrl_us, ratios = [], [], []
    for _ in range(turns):
        pieces = [{name: walk(number) for name, walk in walks.items()} for _ in range(PIECES)]
        spent = {name: 1e6 * median(piece[name] for piece in pieces) / number for name in walks}
        added.append(spent["ours"] - spent["bare"])
        if side:
            netrl_us.append(spent["theirs"] - spent["their bare"])
            ratios.append(added[-1] / netrl_us[-1])
    figures = [figure("gilbert_elliott adds to a CartPole step, us", added, "")]
    if side:
        figures.append(figure("the same, NetRL, us", netrl_us, ""))
        figures.append(figure("netgym / NetRL", ratios, "<= 0.5", median(ratios) <= 0.5))
    return figures


def many_copies(side: NetRL | None, turns: int, number: int) -> list[Figure]:
    """Env-steps/s of many CartPoles behind Gilbert-Elliott channels, over NetRL's one."""
    bare = gymnasium.make_vec("CartPole-v1", COPIES, vectorization_mode="vector_entry_point")
    copies_env = VectorNetworkedEnv(
        gymnasium.make_vec("CartPole-v1", COPIES, vectorization_mode="vector_entry_point"), NetworkConfig()
    )
    actions = [np.full(COPIES, step & 1) for step in range(2)]

    def walk(env: Any) -> None:
        for step in range(number):
            env.step(actions[step & 1])

    rates: dict[str, list[float]] = {"bare": [], "ours": [], "ratio": [], "NetRL": []}
    bare.reset(seed=1)
    copies_env.reset(seed=1)
    for _ in range(turns):
        rates["ours"].append(COPIES * number / timed(partial(walk, copies_env)))
        rates["bare"].append(COPIES * number / timed(partial(walk, bare)))
        if side:
            rates["NetRL"].append(20 * number / side.seconds("gilbert_elliott", "steps", 20 * number))
            rates["ratio"].append(rates["ours"][-1] / rates["NetRL"][-1])
    figures = [
        figure(f"{COPIES} CartPoles behind gilbert_elliott, env-steps/s", rates["ours"], ""),
        figure(f"{COPIES} CartPoles without a channel, env-steps/s", rates["bare"], ""),
    ]
    if side:
        figures.append(figure("one CartPole behind NetRL's, env-steps/s", rates["NetRL"], ""))
        figures.append(
            figure(f"netgym's {COPIES} / NetRL's one", rates["ratio"], ">= 50", median(rates["ratio"]) >= 50)
        )
    return figures


# --- ns-3 Wi-Fi


def wifi() -> Any:
    """CartPole over 802.11a, 15 m, 5 ms steps, 256 bytes."""
    config = NS3WiFiChannelFastConfig(distance_m=15.0, step_duration_ms=5.0, packet_size_bytes=256)
    env = NetworkedEnv(cart_pole(), NetworkConfig(), channel_config=config)
    env.reset(seed=1)
    steps(env, 100)
    return env


def wifi_steps() -> Any:
    """The same, as a function from a number of steps."""
    return partial(steps, wifi())


def on_the_air(side: NetRL | None, turns: int, number: int) -> list[Figure]:
    """Steps/s and reset time of ns-3 Wi-Fi."""
    env = wifi()
    rates, ratios, times, shares = [], [], [], []
    for _ in range(turns):
        rates.append(number / steps(env, number))
        times.append(1000 * resets(env, number // 20) / (number // 20))
        if side:
            ratios.append(rates[-1] * side.seconds("wifi", "steps", number) / number)
            shares.append(times[-1] / (1000 * side.seconds("wifi", "resets", number // 20) / (number // 20)))
    env.close()
    figures = [figure("ns-3 Wi-Fi, steps/s", rates, ""), figure("ns-3 Wi-Fi, reset, ms", times, "")]
    if side:
        figures.insert(1, figure("netgym / NetRL, steps/s", ratios, ">= 1", median(ratios) >= 1))
        figures.append(figure("netgym / NetRL, reset", shares, "<= 2", median(shares) <= 2))
    return figures


def main() -> None:
    """Measures everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns: a first impression")
    parser.add_argument("--netrl-python", default=DEFAULT_PYTHON, help="a Python that has NetRL installed")
    given = parser.parse_args()
    few = 4 if given.quick else 1
    before = report.load()
    with netrl(given.netrl_python) as side:
        figures = [
            *one_copy(side, turns=20 // few, number=1000),
            *many_copies(side, turns=40 // few, number=200),
            *on_the_air(side, turns=20 // few, number=2000),
        ]
    label = "two ns-3 Wi-Fi environments at once / one, throughput"
    figures.append(two_at_once(20 // few, 4000, wifi_steps, label, 1.8))
    figures.append(two_at_once(20 // few, 20, plain, "two plain loops / one (what this machine gives)"))
    figures += memory(1_000_000 // (10 if given.quick else 1))
    report.show("Channels, median over turns", figures)
    report.console.print(f"load average {before:.1f} before, {report.load():.1f} at the end (own work included)")
    report.save("channels", figures)
    report.save_json("channels", {"load_before": before, "load_after": report.load(), "figures": figures})


if __name__ == "__main__":
    main()
