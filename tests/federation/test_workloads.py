"""What workloads promise, and how examples are split."""

import numpy as np
import pytest
import torch

from netgym_cli.federation.speeds import ComputeKeys, Speeds
from netgym_cli.federation.split import SPLITS
from netgym_cli.federation.workload import workload_registry
from tests.federation.made import workload


@pytest.mark.parametrize("name", workload_registry.names())
def test_every_workload_falls_along_its_gradients(name):
    work = workload(name, nodes=3)
    weights = torch.tensor(work.initial(np.random.default_rng(0))).repeat(3, 1)
    draws, into = np.random.default_rng(1).random((3, 64)), torch.zeros_like(weights)
    first = work.gradients(weights, draws, into)
    assert first.shape == (3,) and weights.shape == (3, work.parameters) and len(work.examples) == 3
    assert (work.gradients(weights - 0.01 * into, draws, into.clone()) < first).all()
    loss, accuracy = work.evaluate(weights[0])
    assert loss > 0 and (accuracy is not None) == work.measures_accuracy


@pytest.mark.parametrize("split", SPLITS)
def test_every_split_gives_every_example_to_one_node(split):
    work = workload(nodes=5, split=split, dirichlet_alpha=1.0)
    places = np.concatenate(work._places)
    assert sorted(places) == list(range(200)) and sum(work.examples) == 200
    other = workload(nodes=5, split=split, dirichlet_alpha=1.0, seed=2)
    assert any(not np.array_equal(one, two) for one, two in zip(work._places, other._places, strict=True))


def test_splits_differ_as_they_say():
    def labels(work):
        return [len(set(work._labels[places].tolist())) for places in work._places]

    assert max(labels(workload(nodes=5, split="labels", labels_per_node=2))) <= 4
    assert min(labels(workload(nodes=5, split="iid"))) >= 8
    assert max(labels(workload(nodes=5, split="dirichlet", dirichlet_alpha=0.01))) <= 6


def test_a_node_without_data_gets_an_example_and_it_is_said():
    work = workload(nodes=60, split="sizes", dirichlet_alpha=0.01)
    assert min(work.examples) == 1 and "without data; each got one example" in work.notes[0]


def test_nodes_have_speeds_of_their_own_and_slow_ones_are_slow():
    speeds = Speeds(ComputeKeys([10, 40], 0.5, 0.0, 4.0), 400, np.random.default_rng(1))
    speeds.begin((1, 5, 0))
    assert 0.01 <= speeds.step_s.min() < 0.012 and 0.038 < speeds.step_s.max() <= 0.04
    factors = speeds.durations_s(2000) / (2000 * speeds.step_s)
    assert abs(factors.mean() - 1) < 4 * factors.std() / 20 and factors.std() > 0
    slow = Speeds(ComputeKeys(20, 0.0, 0.25, 4.0), 8, np.random.default_rng(1)).step_s
    assert sorted(slow) == [0.02] * 6 + [0.08] * 2
