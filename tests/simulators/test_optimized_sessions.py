"""Sessions on the ns-3 that `netgym build --ns3` has made, where it is there: equal numbers, faults that are told."""

from contextlib import closing

import numpy as np
import pytest

from netgym_cli.common.errors import SimulatorDied
from netgym_cli.simulators.builtin.ns3 import Ns3Simulator
from netgym_cli.simulators.ns3 import installed
from tests.support.network import network

pytestmark = [pytest.mark.ns3, pytest.mark.long]


@pytest.fixture(autouse=True)
def optimized():
    """Nothing to test where nobody has built one."""
    if not installed.locate().optimized:
        pytest.skip("no optimized ns-3 in the cache: netgym build --ns3 SOURCE")


def session(prefix, overrides, steps=20):
    """The measurements and numbers of events of a session with random actions."""
    rng, told = np.random.default_rng(0), []
    with closing(network(users=2, simulator={"ns3_prefix": prefix}, **overrides)) as env:
        env.reset(seed=5)
        for _ in range(steps):
            env.step(rng.random(env.action_space.shape, np.float32))
            told.append((env.stats.values.tobytes(), env.stats.events))
    return told


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"lte_enb_locations": {"x_m": 150, "y_m": 50, "z_m": 15}},
        {"per_slice_config": {"transport_protocol": ["TcpBbr", "TcpBbr"]}, "wifi": {"queue_packets": 20}},
        {"per_slice_config": {"transport_protocol": ["TcpCubic", "TcpCubic"]}, "wifi": {"rate_control": "MinstrelHt"}},
    ],
    ids=["light", "cell edge", "losses", "cubic"],
)
def test_it_gives_the_wheel_s_numbers_each_time(overrides):
    ours = session(None, overrides)
    assert ours == session(installed.WHEEL, overrides)
    assert ours == session(None, overrides)


@pytest.mark.parametrize(
    ("message", "change"),
    [
        ("died: killed by SIGSEGV. .* simulator.ns3_prefix=wheel ", ("wifi", "rate_control", "NoSuch")),
        ("setting 'lte.tx_power_dbm' is 'loud', which is not a number", ("lte", "tx_power_dbm", "loud")),
    ],
)
def test_what_is_wrong_is_told_without_assertions_too(message, change):
    env = network()
    group, key, value = change
    settings = env.adapter.settings()
    settings[group] = {**settings[group], key: value}
    with closing(Ns3Simulator(env.simulator_config)) as simulator, pytest.raises(SimulatorDied, match=f"(?s){message}"):
        simulator.start("nqos_split", settings, seed=1)
