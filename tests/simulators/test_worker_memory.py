"""The memory of a worker does not grow with simulated time."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from netgym_cli.envs.make import make_env

MOST_GROWTH_MB = 4.0
QUIET = {"min_udp_rate_per_user_mbps": [2, 2], "max_udp_rate_per_user_mbps": [2, 2]}  # few frames, many steps


def private_mb(pid):
    """Memory that a process shares with no other, MB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kb) for kb in re.findall(r"^Private_\w+: +(\d+) kB", text, re.MULTILINE)) / 1e3


@pytest.mark.ns3
@pytest.mark.parametrize(
    ("env", "steps"), [("nqos_split_light", 100), pytest.param("nqos_split", 60, marks=pytest.mark.long)]
)
def test_radios_that_hear_only_weak_frames_keep_none_of_them(env, steps):
    keys = {"steps_per_episode": 2 * steps, "episodes_per_session": 1, "per_slice_config": QUIET}
    with closing(make_env(env, seed=1, **keys)) as network:
        network.reset()
        for _ in range(steps):
            network.step(None)
        before = private_mb(network._simulator.pid)
        for _ in range(steps - 1):
            network.step(None)
        assert private_mb(network._simulator.pid) - before < MOST_GROWTH_MB
