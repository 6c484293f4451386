"""Delays of packets on ns-3: every environment that measures one-way delay tells how it is distributed."""

import numpy as np
import pytest

from netgym_cli.envs.base import env_registry
from netgym_cli.envs.make import make_env
from netgym_cli.simulators.delays import EDGES_MS

FAMILIES = ("custom", "energy_saving", "nqos_split", "rmcat")
ON_NS3 = [name for name in env_registry.names() if not env_registry.load(name).external_env]
STEPS = 4
pytestmark = pytest.mark.ns3


def measured(env, steps=STEPS, seed=1, **keys):
    network = make_env(env, seed=seed, steps_per_episode=steps, **keys)
    try:
        network.reset()
        found = [network.stats]
        for _ in range(steps):
            network.step(None)
            found.append(network.stats)
        return found
    finally:
        network.close()


@pytest.mark.parametrize(
    "env", [pytest.param(name, marks=() if name in FAMILIES else pytest.mark.long) for name in ON_NS3]
)
def test_every_mean_delay_has_its_distribution(env):
    found = measured(env)
    delays = {row.key for row in found[0].layout.delays}
    assert delays == {row.key for row in found[0].layout.rows if row.key.endswith("::owd")}
    heard = False
    for stats in found:
        for row in stats.layout.delays:
            counts, percentiles = stats.delays.histogram(row.key), stats.delays.percentiles(row.key)
            assert ((counts.sum(axis=1) == 0) == np.isnan(percentiles).any(axis=1)).all()
            longest = stats[row.key.replace("::owd", "::max_owd")] if env != "custom" else [np.inf] * len(counts)
            for flow in np.flatnonzero(counts.sum(axis=1)):
                heard = True
                _fits(counts[flow], percentiles[flow], stats[row.key][flow], longest[flow])
    assert heard


def _fits(counts, percentiles, mean_ms, longest_ms):
    """The exact percentiles lie in the bins that have the packet of their rank; the mean between the bins' ends."""
    packets = counts.sum()
    reached = np.cumsum(counts)
    for percent, delay_ms in zip((50, 95, 99), percentiles, strict=True):
        rank = -(-percent * packets // 100)
        assert np.searchsorted(reached, rank) == np.searchsorted(EDGES_MS, delay_ms, side="right")
    low, high = np.array([0, *EDGES_MS]), np.array([*EDGES_MS, np.inf])
    filled = counts > 0
    assert counts[filled] @ low[filled] <= packets * mean_ms * (1 + 1e-12)
    assert counts[filled] @ high[filled] >= packets * mean_ms
    assert percentiles[-1] <= longest_ms
    assert packets < 100 or mean_ms <= longest_ms


def test_packets_are_all_counted_and_a_known_delay_is_in_its_bin():
    """One user at a rate at which no packet waits: 30 ms of propagation and the time on the wire of 1030 bytes."""
    keys = {"num_users": 1, "bottleneck_mbps": 1000, "bottleneck_delay_ms": 30, "default_load": 0.01}
    for stats in measured("custom", **keys)[1:]:
        counts = stats.delays.histogram("custom::owd")[0]
        delivered = stats["custom::rate"][0] * 1e6 / 8 / 1000  # packets of 1000 bytes in 1000 ms
        assert counts.sum() == pytest.approx(delivered, abs=1e-6)
        assert counts[np.searchsorted(EDGES_MS, 30.01, side="right")] == counts.sum()
        assert stats.delays.percentiles("custom::owd")[0] == pytest.approx(30.01, abs=0.02)


def test_the_same_seed_has_the_same_delays():
    first, second = (measured("custom", seed=3) for _ in range(2))
    other = measured("custom", seed=4)
    for one, again in zip(first, second, strict=True):
        assert one.delays.numbers.tobytes() == again.delays.numbers.tobytes()
    assert first[1].delays.numbers.tobytes() != other[1].delays.numbers.tobytes()


def test_a_twin_has_no_packets_and_no_delays():
    for stats in measured("nqos_split", simulator="fluid"):
        assert stats.delays is None
        assert stats.layout.delays == ()
