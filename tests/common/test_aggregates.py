"""Interquartile mean, profile and probability of improvement: closed cases, and how often the intervals hold."""

from itertools import product
from statistics import NormalDist

import numpy as np
import pytest

from netgym_cli.common import aggregates, statistics

RNG = np.random.default_rng


def test_the_interquartile_mean_leaves_a_quarter_out_at_either_end():
    assert aggregates.interquartile_mean([np.array([8.0, 1, 2, 7, 3, 6, 4, 100])]).mean == 5.0  # of 3, 4, 6 and 7
    assert aggregates.interquartile_mean([np.array([1.0, 2, 3])]).mean == 2.0  # too few to leave any out
    both = [np.array([[0.0, 1], [2, 3]]), np.array([4.0, 5, 6, 7])]
    assert aggregates.interquartile_mean(both).mean == 3.5 and aggregates.interquartile_mean(both).seeds == 6


def test_the_probability_of_improvement_counts_pairs_on_the_same_network():
    scores, baseline = np.array([[1.0, 5], [2, 7]]), np.array([[1.0, 6], [0, 6], [3, 6]])
    pairs = [(float(a[k] > b[k]) + 0.5 * float(a[k] == b[k])) for a, b, k in product(scores, baseline, range(2))]
    found = aggregates.probability_of_improvement([scores], [baseline])
    assert found.mean == pytest.approx(sum(pairs) / len(pairs)) and 0 <= found.low <= found.mean <= found.high <= 1
    assert aggregates.probability_of_improvement([scores], [scores]).mean == 0.5
    apart = RNG(1).normal(0, 100, 10)  # networks differ by far more than the agents do
    assert aggregates.probability_of_improvement([apart + 1], [apart])[:3] == pytest.approx(
        (1.0, 0.7225, 1.0), abs=1e-4
    )


def test_the_profile_is_the_share_above_each_threshold():
    found = aggregates.performance_profile([np.array([[1.0, 2], [3, 4]])], [0.0, 1, 2.5, 4])
    assert found.shares.tolist() == [1.0, 0.75, 0.5, 0.0]
    assert (found.low <= found.shares).all() and (found.shares <= found.high).all()
    assert found.low.min() >= 0 and found.high.max() <= 1


def test_a_single_session_has_no_interval():
    assert aggregates.interquartile_mean([np.array([3.0])]) == (3.0, None, None, 1)
    assert np.isnan(aggregates.performance_profile([np.array([3.0])], [1.0]).low).all()


def test_environments_are_strata_of_their_own():
    few, many = np.zeros(3), np.ones(9)  # nothing varies within them, so redrawing changes nothing
    found = aggregates.performance_profile([few, many], [0.5])
    assert found.shares == found.low == found.high == [0.75]


@pytest.mark.parametrize(("trainings", "networks"), [(1, 10), (10, 10), (5, 30)])
def test_intervals_hold_the_truth_about_as_often_as_they_say(monkeypatch, trainings, networks):
    monkeypatch.setattr(aggregates, "RESAMPLES", 300)
    monkeypatch.setattr(statistics, "RESAMPLES", 500)
    draws, held, rounds, gain = RNG(5), np.zeros(5), 300, 0.7
    own = 0.5 if trainings > 1 else 0.0
    better = NormalDist(0, (2 * own**2 + 2 * 0.25) ** 0.5).cdf(gain)
    for _ in range(rounds):
        shared = draws.normal(size=(1, networks))
        baseline, scores = (
            own * draws.normal(size=(trainings, 1)) + shared + 0.5 * draws.normal(size=(trainings, networks))
            for _ in range(2)
        )
        profile = aggregates.performance_profile([scores], [0.0])
        found = [
            (statistics.estimate(scores), 0.0),
            (statistics.paired(scores + gain, baseline), gain),
            (aggregates.interquartile_mean([scores]), 0.0),
            (aggregates.probability_of_improvement([scores + gain], [baseline]), better),
        ]
        held[:4] += [estimate.low <= truth <= estimate.high for estimate, truth in found]
        held[-1] += profile.low[0] <= 0.5 <= profile.high[0]
    assert (held / rounds >= 0.91).all()
