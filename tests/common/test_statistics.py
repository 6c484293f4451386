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


@pytest.mark.parametrize("networks", [3, 5, 10, 30])
def test_the_interval_covers_the_true_mean_as_often_as_it_says(monkeypatch, networks):
    monkeypatch.setattr(statistics, "RESAMPLES", 1000)
    draws = np.random.default_rng(2).normal(0, 1, (1000, networks))
    covered = sum(found.low <= 0 <= found.high for found in map(statistics.estimate, draws))
    assert 0.92 <= covered / 1000 <= 0.97


@pytest.mark.parametrize(("trainings", "networks"), [(10, 10), (3, 30)])
def test_the_interval_over_trainings_and_networks_covers_the_true_mean(monkeypatch, trainings, networks):
    monkeypatch.setattr(statistics, "RESAMPLES", 1000)
    draws, covered = np.random.default_rng(4), 0
    for _ in range(300):
        effects = draws.normal(size=(trainings, 1)) + draws.normal(size=(1, networks))
        found = statistics.estimate(effects + 0.5 * draws.normal(size=(trainings, networks)))
        covered += found.low <= 0 <= found.high
    assert 0.92 <= covered / 300 <= 0.98


@pytest.mark.parametrize(
    ("count", "t"), [(2, 12.7062), (3, 4.3027), (4, 3.1824), (5, 2.7764), (10, 2.2622), (30, 2.0452), (1000, 1.9623)]
)
def test_the_stretch_is_that_of_student_s_t(count, t):  # from the tables of any textbook
    assert statistics.stretch(count) == pytest.approx((count / (count - 1)) ** 0.5 * t / 1.959964, rel=2e-3)


def test_one_training_gives_the_interval_over_networks():
    values = [1.0, 2.0, 4.0, 8.0]
    assert statistics.estimate([values]) == statistics.estimate(values)
    wide = statistics.estimate([values, [v + 3 for v in values]])
    narrow = statistics.estimate([v + 1.5 for v in values])
    assert wide.mean == narrow.mean and wide.seeds == 4 and wide.low < narrow.low and wide.high > narrow.high


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


def test_many_numbers_at_once_have_the_intervals_of_each():
    values = np.random.default_rng(4).normal(size=(5, 7))
    values[0, 1] = values[2, 3] = values[3, 3] = np.nan
    values[:, 5], values[1:, 6] = np.nan, np.nan
    found = statistics.of_each(values)
    for one, column in zip(found, values.T, strict=True):
        again = statistics.of_measured(column)
        assert (one.seeds, one.low is None) == (again.seeds, again.low is None)
        measured = [value for value in one[:3] if value is not None]
        assert measured == pytest.approx([value for value in again[:3] if value is not None], nan_ok=True)
