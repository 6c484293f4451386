"""What the road through Python costs, as ratios measured side by side in one run.

    python benchmarks/speed.py [--quick]

Prints a table and writes results/speed.csv and results/speed.json. Both sides of a ratio take turns, and the figure is
the median over the turns, because the machine may be busy with other things; the two-session figure needs an idle one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import gymnasium
import report
from timing import ENV, LINKS, SEED, USERS, Figure, figure, make, settings, steps, timed
from two_sessions import environment, plain, two_at_once

from netgym_cli.simulators.builtin.ns3 import flatten
from netgym_cli.simulators.ns3 import build
from netgym_cli.simulators.ns3.worker import protocol
from netgym_cli.simulators.ns3.zygote_client import Zygote

MAIN = Path(__file__).with_name("native_main.cc")


# --- (a) steps per second against a C++ main


@contextmanager
def native(env: Any, folder: Path) -> Iterator[Callable[[int], tuple[float, float]]]:
    """The compiled native_main, ready: a function from a number of steps to their seconds and the last checksum."""
    built = build.ensure()
    assert built.library is not None, "needs a C++ compiler"
    (folder / "settings").write_text(flatten(settings(env)))
    program = folder / "native_main"
    sources = [*build.include_flags(), str(MAIN), str(built.library), f"-Wl,-rpath,{built.library.parent}"]
    compiler = [build.compiler() or "g++", *built.ns3.compile_flags, *sources, *built.ns3.link_flags]
    subprocess.run([*compiler, "-o", str(program)], check=True)
    scenario = env.unwrapped.adapter.scenario
    command = [str(program), scenario, str(folder / "settings"), str(SEED), str(USERS * LINKS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None

        def run(number: int) -> tuple[float, float]:
            print(number, file=process.stdin, flush=True)
            wall, check = map(float, process.stdout.readline().split())  # type: ignore[union-attr]
            return wall, check

        yield run


def stepping(turns: int, number: int) -> list[Figure]:
    """Steps/s of the environment and of the C++ main, which simulate the same and take turns."""
    env = make()
    env.reset(seed=SEED)
    env_s, native_s = [], []
    with tempfile.TemporaryDirectory() as folder, native(env, Path(folder)) as run:
        steps(env, 1)  # Gymnasium's checks of the first step
        run(1)
        for turn in range(turns):
            if turn % 2:
                env_s.append(timed(partial(steps, env, number)))
            wall, check = run(number)
            if not turn % 2:
                env_s.append(timed(partial(steps, env, number)))
            native_s.append(wall)
            assert check == sum(env.unwrapped.stats.values.tolist()), "the two did not simulate the same"
    env.close()
    ratios = [native_wall / env_wall for env_wall, native_wall in zip(env_s, native_s, strict=True)]
    return [
        figure("steps/s, environment", [number / wall for wall in env_s], ""),
        figure("steps/s, C++ main", [number / wall for wall in native_s], ""),
        figure("steps/s, environment / C++ main", ratios, ">= 0.95", median(ratios) >= 0.95),
    ]


# --- (b) starting


def python(code: str) -> float:
    """Seconds of a fresh interpreter in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        return timed(
            partial(subprocess.run, [sys.executable, "-c", code], check=True, cwd=folder, stderr=subprocess.DEVNULL)
        )


def worker_start(env: Any) -> float:
    """Seconds from the fork of a worker until it has built the network and simulated until measurement starts."""
    zygote = Zygote.shared(None, 120)
    request = {"scenario": env.unwrapped.adapter.scenario, "settings": flatten(settings(env)), "seed": SEED}
    frame = protocol.pack_json(protocol.START, request | {"patience_s": None})

    def start() -> None:
        workers.append(zygote.fork(120))
        workers[0].send(frame)
        kind, _ = protocol.unpack(workers[0].receive())
        assert kind == protocol.LAYOUT

    workers: list[Any] = []
    seconds = timed(start)
    with closing(workers[0]) as worker:
        worker.kill()
    return seconds


FIRST = f"import gymnasium, netgym_cli\nenv = gymnasium.make({ENV!r})\nenv.reset(seed={SEED})\nenv.close()"


def starting(turns: int) -> list[Figure]:
    """Starts of a worker against `from ns import ns`."""
    env, short = make(), gymnasium.make(ENV, measurement_start_time_ms=100)
    env.reset(seed=SEED)
    reset = partial(env.reset, seed=SEED, options={"new_session": True})
    imports, workers, resets, firsts = [], [], [], []
    for _ in range(turns):
        imports.append(python("from ns import ns"))
        workers.append(median(worker_start(short) for _ in range(5)))
        resets.append(median(timed(reset) for _ in range(5)))
        firsts.append(python(FIRST))
    env.close()
    shares = [worker / whole for worker, whole in zip(workers, imports, strict=True)]
    whole = [reset / whole for reset, whole in zip(resets, imports, strict=True)]
    return [
        figure("from ns import ns, s", imports, ""),
        figure("worker start (fork, build, 0.2 s simulated), s", workers, ""),
        figure("worker start / from ns import ns", shares, "<= 0.05", median(shares) <= 0.05),
        figure("whole reset (1.1 s simulated), s", resets, ""),
        figure("whole reset / from ns import ns", whole, "<= 0.05", median(whole) <= 0.05),
        figure("first observation of a fresh process, warm build cache, s", firsts, ""),
    ]


# --- (c) the command line


def command_line(turns: int) -> list[Figure]:
    """Seconds of the commands that only tell something."""
    calls = {
        "python -c pass": ["-c", "pass"],
        "netgym --help": ["-m", "netgym_cli", "--help"],
        "netgym list": ["-m", "netgym_cli", "list"],
        "netgym train --cfg job": ["-m", "netgym_cli", "train", "--cfg", "job"],
    }
    run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(turns):
        for name, arguments in calls.items():
            seconds[name].append(timed(partial(run, [sys.executable, *arguments])))
    target = {name: "< 0.5" if name.startswith("netgym") else "" for name in calls}
    return [
        figure(f"{name}, s", all_of_it, target[name], median(all_of_it) < 0.5 if target[name] else None)
        for name, all_of_it in seconds.items()
    ]


def main() -> None:
    """Measures everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter turns: a first impression")
    few = 3 if parser.parse_args().quick else 1
    before = report.load()
    figures = [
        *stepping(turns=200 // few, number=4),
        *starting(turns=5 // few),
        *command_line(turns=15 // few),
        two_at_once(15 // few, 20, environment, "two sessions at once / one, throughput", 1.8),
        two_at_once(15 // few, 20, plain, "two plain loops / one (what this machine gives)"),
    ]
    report.show("Speed, median over turns", figures)
    report.console.print(f"load average {before:.1f} before, {report.load():.1f} at the end (own work included)")
    report.save("speed", figures)
    report.save_json("speed", {"load_before": before, "load_after": report.load(), "figures": figures})


if __name__ == "__main__":
    main()
