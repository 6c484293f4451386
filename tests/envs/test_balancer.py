"""The default splitting algorithm on the real simulator."""

import pytest

from tests.support.network import LTE, network, stepped

LINKS = ("wifi", "nr", "lte")
RATE = "gma::dl::rate"


@pytest.mark.ns3
def test_the_default_algorithm_starts_on_wifi_and_takes_over_again_after_an_agent():
    env = network(at=(10, 10))
    env.reset()
    assert [env.stats[f"gma::{link}::dl::split_ratio"][0] for link in LINKS] == [100, 0, 0]
    assert stepped(env, LTE, 2)[-1]["gma::lte::dl::split_ratio"] == 100
    for _ in range(15):
        env.step(None)
    assert env.stats["gma::dl::missed_action"] == 1
    assert env.stats["gma::wifi::dl::split_ratio"] == 100, "an idle Wi-Fi is where a UDP flow is steered"
    env.close()


@pytest.mark.ns3
@pytest.mark.parametrize("mode", ["split", "steer"])
def test_the_default_algorithm_leaves_a_link_that_falls_silent(mode):
    env = network(at=(180, 180), per_slice_config={"downlink_mode": [mode, mode]})
    env.reset()
    assert env.stats["gma::wifi::dl::rate"] == 0, "nothing to test within reach of Wi-Fi"
    for _ in range(50):
        env.step(None)
    assert env.stats["gma::wifi::dl::split_ratio"] == 0
    assert env.stats[RATE] > 0.5
    env.close()


@pytest.mark.ns3
def test_the_default_algorithm_moves_traffic_away_from_a_queue():
    env = network(at=(20, 20), rate_mbps=120, per_slice_config={"downlink_mode": ["split", "split"]})
    env.reset()
    shares, delays = [], []
    for _ in range(30):
        env.step(None)
        shares.append(env.stats["gma::wifi::dl::split_ratio"][0])
        delays.append(env.stats["gma::wifi::dl::owd"][0])
    env.close()
    assert shares[-1] < 90 and min(delays[-5:]) < max(delays)
