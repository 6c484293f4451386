"""Distributions of delays: bins, and what is read of the numbers that a worker sends."""

import math

import numpy as np
import pytest

from netgym_cli.simulators.delays import (
    BINS,
    BINS_PER_DECADE,
    EDGES_MS,
    RELATIVE_ERROR,
    Delays,
    middle_ms,
    percentile_ms,
)
from netgym_cli.simulators.stats import Layout, Row, Stats, Subscription
from netgym_cli.simulators.wire_text import parse_layout

FLOWS = (Row("gma", "dl::owd", "ms", (1, 2)), Row("gma", "wifi::dl::owd", "ms", (1, 2)))
# Flow 1 with 3 packets in bins 5 and 9, flow 2 with 7 in bin 201.
NUMBERS = np.array([2, 3, 1, 0.13, 0.16, 0.17, 2, 2, 11e3, 12e3, 13e3, 1, 5, 9, 201, 1, 2, 7], float)
DELAYS = Delays(Layout((), FLOWS), NUMBERS)


def binned(delays_ms):
    return np.bincount(np.searchsorted(EDGES_MS, delays_ms, side="right"), minlength=BINS)


def test_bins_are_logarithmic_from_a_tenth_of_a_millisecond_to_ten_seconds():
    assert (EDGES_MS[0], EDGES_MS[40], EDGES_MS[-1]) == pytest.approx((0.1, 1.0, 10000.0))
    assert BINS == 202
    ratios = np.divide(EDGES_MS[1:], EDGES_MS[:-1])
    assert ratios == pytest.approx(10 ** (1 / BINS_PER_DECADE), rel=1e-5)


@pytest.mark.parametrize(("delay_ms", "place"), [(0, 0), (0.0999, 0), (0.1, 1), (0.999, 40), (1, 41), (1e4, 201)])
def test_a_known_delay_is_in_its_bin(delay_ms, place):
    assert binned([delay_ms])[place] == 1


@pytest.mark.parametrize("percent", [1, 50, 95, 99, 100])
@pytest.mark.parametrize("seed", range(5))
def test_a_percentile_of_a_histogram_is_within_its_error(percent, seed):
    delays = np.exp(np.random.default_rng(seed).uniform(math.log(0.11), math.log(9e3), 4000))
    exact = np.sort(delays)[math.ceil(percent / 100 * len(delays)) - 1]
    assert percentile_ms(binned(delays), percent) == pytest.approx(exact, rel=RELATIVE_ERROR)


def test_a_histogram_without_packets_has_no_percentile():
    assert math.isnan(percentile_ms(np.zeros(BINS, int), 50))


def test_the_outer_bins_are_told_by_their_only_end():
    assert middle_ms(np.array([0, BINS - 1])).tolist() == [EDGES_MS[0], EDGES_MS[-1]]


def test_numbers_are_read_flow_by_flow():
    assert DELAYS.flows.tolist() == [1, 2]
    assert DELAYS.filled.tolist() == [2, 1]
    percentiles = DELAYS.percentiles("gma::dl::owd")
    assert np.isnan(percentiles[0]).all()
    assert percentiles[1].tolist() == [0.13, 0.16, 0.17]
    histogram = DELAYS.histogram("gma::wifi::dl::owd")
    assert histogram.shape == (2, BINS)
    assert (histogram[0, 201], histogram.sum()) == (7, 7)
    with pytest.raises(KeyError):
        DELAYS.histogram("gma::nr::dl::owd")


def test_a_layout_tells_distributions_from_measurements():
    layout = parse_layout("gma\tdl::owd\tms\t1,2\ngma\tdl::owd\tms\t1,2\tdistribution\n")
    assert layout.size == 2
    assert layout.rows == layout.delays == FLOWS[:1]
    assert layout.flows == (("gma", "dl::owd", 1), ("gma", "dl::owd", 2))


def test_delays_stay_when_measurements_are_dropped():
    stats = Stats(Layout((Row("gma", "dl::rate", "", (1,)),), FLOWS), 0.0, np.ones(1), delays=DELAYS)
    kept = Subscription([])(stats)
    assert kept.values.size == 0
    assert kept.delays is DELAYS
    assert kept.layout.delays == FLOWS
