"""UDP loads that swing as a sine, down to nothing."""

import numpy as np
import pytest

from tests.support.network import WIFI, network, series, stepped


@pytest.mark.ns3
def test_a_load_that_swings_to_nothing_is_back_when_the_sine_is():
    swing = {"udp_rate_swing": [1, 1], "udp_rate_period_ms": [1000, 1000]}
    env = network(rate_mbps=0.28, per_slice_config=swing)  # a packet of 1400 bytes every 40 ms on average
    sent = series(stepped(env, WIFI, 60), "gma::dl::tx_rate")[:, 0]
    env.close()
    periods = sent.reshape(6, 10).sum(axis=1) * 0.1 / (1400 * 8e-6)
    assert periods == pytest.approx(25, abs=1)  # packets
    assert np.count_nonzero(sent) >= 48
