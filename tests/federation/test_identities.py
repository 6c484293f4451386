"""What strategies have in common with each other, with plain training, and with closed forms."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from netgym_cli.federation.replicas import threads
from netgym_cli.federation.strategy import strategy_registry
from tests.federation.made import federation, trained, workload

STRATEGIES = strategy_registry.names()


def plain_training(made, steps, momentum):
    """One process, one PyTorch model, one optimiser of PyTorch's, on the batches of all nodes together."""
    made.begin(0)
    work, start = made.workload, made.replicas.weights[0].clone()
    model = torch.nn.Sequential(torch.nn.Linear(40, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)).double()
    torch.nn.utils.vector_to_parameters(start, model.parameters())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=momentum)
    for draws in made.replicas._draws(steps):
        chosen = (draws * work.examples[:, None]).astype(np.int64)
        places = np.concatenate([own[some] for own, some in zip(work._places, chosen, strict=True)])
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(work._inputs[places]), work._labels[places]).backward()
        optimizer.step()
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach()


@pytest.mark.parametrize("strategy", ["ddp", "fedavg"])
@pytest.mark.parametrize(("optimizer", "momentum"), [("sgd", 0.0), ("momentum", 0.9)])
def test_talking_after_every_step_is_plain_training_with_the_large_batch(strategy, optimizer, momentum):
    made = federation(strategy, optimizer=optimizer)
    weights = trained(made, 100, 1)
    expected = plain_training(federation(strategy), 100, momentum)
    assert (weights - expected).abs().max() < 1e-12


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adamw"])
def test_one_node_is_plain_training_with_pytorch_s_optimiser(optimizer):
    made = federation(
        on=workload(nodes=1), optimizer=optimizer, lr=0.01, weight_decay=0.1 if optimizer == "adamw" else 0
    )
    weights = trained(made, 5, 4)[0]
    made.begin(0)
    own = made.replicas.weights[0].clone().requires_grad_()
    kinds = {"sgd": (torch.optim.SGD, {}), "momentum": (torch.optim.SGD, {"momentum": 0.9})}
    kind, keys = kinds.get(optimizer, (torch.optim.AdamW, {"weight_decay": 0.1}))
    theirs = kind([own], lr=0.01, **keys)
    for draws in made.replicas._draws(20):
        into = torch.zeros(1, made.workload.parameters, dtype=torch.float64)
        made.workload.gradients(own.detach().unsqueeze(0), draws, into)
        own.grad = into[0]
        theirs.step()
    assert (weights - own.detach()).abs().max() < 1e-12


def test_gradients_are_those_of_autograd():
    work = workload(nodes=3, hidden=[7, 5])
    draws, weights = np.random.default_rng(0).random((3, 8)), torch.randn(3, work.parameters, dtype=torch.float64)
    into = torch.zeros_like(weights)
    losses = work.gradients(weights, draws, into)
    for node in range(3):
        places = work._places[node][(draws[node] * work.examples[node]).astype(np.int64)]
        own = weights[node].clone().requires_grad_()
        layers = [40, 7, 5, 10]
        parts, at, value = [], 0, work._inputs[places]
        for inputs, outputs in pairwise(layers):
            end = at + inputs * outputs
            parts.append((own[at:end].view(outputs, inputs), own[end : end + outputs]))
            at = end + outputs
        for place, (matrix, bias) in enumerate(parts):
            value = torch.nn.functional.linear(value.relu() if place else value, matrix, bias)
        loss = torch.nn.functional.cross_entropy(value, work._labels[places])
        loss.backward()
        assert (into[node] - own.grad).abs().max() < 1e-14 and abs(loss.item() - losses[node].item()) < 1e-14


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_gradients_of_a_node_do_not_depend_on_the_others_to_the_bit(precision):
    work = workload(nodes=6, precision=precision)
    draws = np.random.default_rng(0).random((6, 16))
    weights = torch.randn(6, work.parameters, dtype=getattr(torch, precision))
    into = torch.zeros_like(weights)
    alone = torch.zeros_like(weights[:1])
    with threads(1):
        work.gradients(weights, draws, into)
        work._places, work.examples = work._places[:1], work.examples[:1]
        work.gradients(weights[:1], draws[:1], alone)
    assert torch.equal(alone[0], into[0])


def test_diloco_without_an_outer_optimiser_is_fedavg():
    fedavg = trained(federation("fedavg"), 8, 5)
    diloco = trained(federation("diloco", outer_lr=1.0, outer_momentum=0.0), 8, 5)
    assert (fedavg - diloco).abs().max() < 1e-12
    assert (fedavg - trained(federation("diloco"), 8, 5)).abs().max() > 1e-3


@pytest.mark.parametrize("steps", [1, 2, 5, 20, 100])
def test_fedavg_on_quadratics_ends_at_its_biased_fixed_point(steps):
    work = workload("quadratic", nodes=5)
    weights = trained(federation(on=work, lr=0.2), 2000 // steps + 100, steps)[0]
    pull = 1 - (1 - 0.2 * work.curvatures) ** steps
    expected = (pull * work.minima).sum(0) / pull.sum(0)
    optimum = (work.curvatures * work.minima).sum(0) / work.curvatures.sum(0)
    assert (weights - expected).abs().max() < 1e-10
    assert ((expected - optimum).abs().max() < 1e-10) == (steps == 1)


def test_fedavg_by_examples_weighs_nodes_by_what_they_have():
    made = federation(on=workload(split="sizes", dirichlet_alpha=1.0), weighting="examples")
    made.begin(0)
    made.strategy.compute(made.replicas, 3)
    shares = torch.tensor(made.workload.examples / made.workload.examples.sum())
    expected = (made.replicas.weights * shares[:, None]).sum(0)
    made.strategy.exchange(made.replicas)
    assert torch.equal(made.replicas.weights[2], expected) and len(set(made.workload.examples)) > 1


def test_ddp_with_more_local_steps_adds_up_gradients_at_the_same_weights():
    made = federation("ddp")
    made.begin(0)
    before = made.replicas.weights.clone()
    made.strategy.compute(made.replicas, 3)
    assert torch.equal(before, made.replicas.weights)
    made.strategy.exchange(made.replicas)
    assert not torch.equal(before, made.replicas.weights)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_all_nodes_agree_after_a_round_and_equal_seeds_give_equal_bits(strategy):
    ones, others = (trained(federation(strategy, precision="float32"), 3, 4) for _ in range(2))
    assert torch.equal(ones, others) and (ones == ones[0]).all()
    assert not torch.equal(ones, trained(federation(strategy, precision="float32", seed=8), 3, 4))
    assert not torch.equal(ones, trained(federation(strategy, precision="float32"), 3, 4, episode=1))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_batches_depend_on_neither_strategy_nor_how_they_are_asked_for(strategy):
    made, other = federation(strategy), federation("ddp")
    made.begin(3)
    other.begin(3)
    in_pieces = np.concatenate([made.replicas._draws(steps) for steps in (1, 4, 2)])
    assert np.array_equal(in_pieces, other.replicas._draws(7))


def test_a_training_that_diverges_says_so_in_finite_numbers():
    made = federation(on=workload("quadratic"), lr=1000.0)
    made.begin(0)
    progress = [made.round(100) for _ in range(3)][-1]
    assert progress.diverged and progress.loss == 1e9 and np.isfinite(progress.drift)
