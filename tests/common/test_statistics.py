"""Intervals of an evaluation: right in the limit, the same at every call, silent about a single value."""

import numpy as np
import pytest

from netgym_cli.common import statistics


def test_one_value_has_no_interval():
    assert statistics.estimate([3.5]) == (3.5, None, None, 1)


def test_equal_values_have_an_interval_without_width():
    assert statistics.estimate([2.0, 2.0, 2.0]) == (2.0, 2.0, 2.0, 3)


def test_the_interval_of_many_values_is_that_of_the_normal_distribution():
    values = np.random.default_rng(1).normal(5, 2, 400)
    found = statistics.estimate(values)
    half = 1.96 * values.std() / 20
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says():
    draws = np.random.default_rng(2).normal(0, 1, (200, 30))
    covered = sum(found.low <= 0 <= found.high for found in map(statistics.estimate, draws))
    assert 0.88 <= covered / 200 <= 0.99


def test_the_same_values_give_the_same_interval_at_every_call():
    values = [1.0, 2.0, 4.0, 8.0]
    before = statistics.estimate(values)
    np.random.default_rng().random(3)
    assert statistics.estimate(values) == before
    assert before.low < before.mean < before.high


def test_pairing_removes_what_the_seeds_have_in_common():
    networks = np.random.default_rng(3).normal(0, 100, 10)
    one, other = networks + 1, networks + np.linspace(-0.1, 0.1, 10)
    difference = statistics.paired(one, other)
    assert difference.mean == pytest.approx(1) and 0.9 < difference.low < difference.high < 1.1
    apart = statistics.estimate(one)
    assert apart.high - apart.low > 50
    assert statistics.paired(one, one) == (0, 0, 0, 10)


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_what_is_no_number_is_refused(values):
    with pytest.raises(AssertionError):
        statistics.estimate(values)


def test_what_was_not_measured_is_left_out():
    nan = float("nan")
    assert statistics.of_measured([1.0, nan, 3.0]) == statistics.estimate([1.0, 3.0])
    assert statistics.paired([1.0, nan, 5.0], [0.0, 1.0, nan]) == statistics.Estimate(1.0, None, None, 1)
    nothing = statistics.of_measured([nan])
    assert np.isnan(nothing.mean) and nothing.seeds == 0
