"""Small real networks on ns-3, and what the kernel knows about the processes behind them."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from netgym_cli.envs.make import make_env
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.simulators.stats import Stats

REPO = Path(__file__).parents[2]
WIFI, NR, LTE = np.eye(3)
PATIENCE_S = 20


def network(users=1, rate_mbps=2.0, at=None, simulator=None, **overrides) -> NetworkEnv:
    """`nqos_split` with one access point and one base station of each kind near (10, 10), UDP unless overridden.

    `at` = (x, y) keeps every user at that spot.
    """
    place = {
        "wifi_ap_locations": [{"x_m": 0, "y_m": 0, "z_m": 3}],
        "nr_gnb_locations": [{"x_m": 50, "y_m": 0, "z_m": 15}],
        "lte_enb_locations": {"x_m": 30, "y_m": 0, "z_m": 15},
    }
    area = dict(zip(("min_x_m", "max_x_m", "min_y_m", "max_y_m"), (0, 20, 0, 20), strict=True))
    if at:
        area = {"min_x_m": at[0], "max_x_m": at[0], "min_y_m": at[1], "max_y_m": at[1]}
        place["user_random_walk"] = {"min_speed_mps": 0, "max_speed_mps": 0}
    slices = {
        "num_users": [users, 0],
        "min_udp_rate_per_user_mbps": [rate_mbps, rate_mbps],
        "max_udp_rate_per_user_mbps": [rate_mbps, rate_mbps],
        **overrides.pop("per_slice_config", {}),
    }
    keys = {"seed": 1, "steps_per_episode": 2000, **place, "user_location_range": area, **overrides}
    return make_env("nqos_split_light", simulator=simulator, per_slice_config=slices, **keys)


def stepped(env: NetworkEnv, weights, steps: int) -> list[Stats]:
    """The measurements of `steps` steps in which every user has these weights of Wi-Fi, NR and LTE."""
    if not env.running:
        env.reset()
    measured = []
    for _ in range(steps):
        env.step(np.tile(weights, (env.action_space.shape[0], 1)))
        assert env.stats is not None
        measured.append(env.stats)
    return measured


def series(measured: list[Stats], key: str) -> np.ndarray:
    """Values of `key` over time, shape (steps, users)."""
    return np.array([stats[key] for stats in measured])


def _status(pid: int) -> tuple[int, str]:
    """Parent and state (`Z`: zombie) of a process."""
    state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    return int(parent), state


def dead(pid: int) -> bool:
    """Whether a process has ended, reaped or not."""
    try:
        return _status(pid)[1] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def children(parent: int) -> list[int]:
    """Child processes, zombies included."""
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            if _status(pid)[0] == parent:
                found.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def zygotes() -> list[int]:
    """This process's zygotes."""
    return [pid for pid in children(os.getpid()) if b"zygote.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def workers() -> list[int]:
    """This process's workers."""
    return [worker for zygote in zygotes() for worker in children(zygote)]


def marked(mark: str) -> list[int]:
    """Living processes that inherited `mark` in their environment, whoever their parent is now."""
    found = []
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            if mark.encode() in Path(f"/proc/{pid}/environ").read_bytes() and not dead(pid):
                found.append(pid)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def eventually(condition) -> bool:
    """Whether `condition()` becomes true before patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@contextmanager
def python(code: str, mark: str = "", **environ: str):
    """A running Python program that can import tests, in a process group of its own; killed at the end."""
    env = {**os.environ, "PYTHONPATH": str(REPO), "NETGYM_TEST_MARK": mark, **environ}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def output_of(code: str, **environ: str) -> str:
    """What a Python program prints; it must succeed."""
    with python(code, **environ) as process:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        return out
