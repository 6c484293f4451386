"""Which examples each node has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from omegaconf import MISSING

from netgym_cli.config.effect import read_if
from netgym_cli.config.fields import one_of, ranged
from netgym_cli.federation.workload import WorkloadConfig


@dataclass
class SplitConfig(WorkloadConfig):
    """Keys of workloads whose examples have labels and are split among the nodes."""

    split: str = one_of(lambda: SPLITS)
    dirichlet_alpha: float = read_if("workload.split", "dirichlet", "sizes", of=ranged(0.001, 1e6))
    labels_per_node: int = read_if("workload.split", "labels", of=ranged(1))
    name: str = MISSING


def split(
    config: Any, labels: np.ndarray, nodes: int, generator: np.random.Generator
) -> tuple[list[np.ndarray], list[int]]:
    """Ascending places of the examples of each node, and the nodes that would have had none and have a random one.

    Args:
        config: what the keys of `SplitConfig` are.
        labels: for each example a whole number from 0.
        nodes: how many.
        generator: what it is drawn from.
    """
    shares = SPLITS[config.split](config, labels, nodes, generator)
    empty = [node for node, places in enumerate(shares) if not len(places)]
    for node in empty:
        shares[node] = generator.integers(len(labels), size=1)
    return [np.sort(places) for places in shares], empty


def _iid(config: Any, labels: np.ndarray, nodes: int, generator: np.random.Generator) -> list[np.ndarray]:
    """As many for each node, at random."""
    return np.array_split(generator.permutation(len(labels)), nodes)


def _dirichlet(config: Any, labels: np.ndarray, nodes: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Each label's examples in shares of a Dirichlet distribution (Hsu et al. 2019): few labels on each node."""
    parts: list[list[np.ndarray]] = [[] for _ in range(nodes)]
    for label in range(int(labels.max()) + 1):
        places = generator.permutation(np.flatnonzero(labels == label))
        for part, some in zip(parts, _cut(places, config.dirichlet_alpha, nodes, generator), strict=True):
            part.append(some)
    return [np.concatenate(part) for part in parts]


def _sizes(config: Any, labels: np.ndarray, nodes: int, generator: np.random.Generator) -> list[np.ndarray]:
    """All labels alike on each node, but more examples on some than on others: shares of a Dirichlet distribution."""
    return _cut(generator.permutation(len(labels)), config.dirichlet_alpha, nodes, generator)


def _labels(config: Any, labels: np.ndarray, nodes: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Sorted by label and cut into as many pieces for each node, which are dealt out (McMahan et al. 2017)."""
    places = np.argsort(labels, kind="stable")
    pieces = np.array_split(places, nodes * config.labels_per_node)
    dealt = generator.permutation(len(pieces)).reshape(nodes, config.labels_per_node)
    return [np.concatenate([pieces[piece] for piece in hand]) for hand in dealt]


def _cut(places: np.ndarray, alpha: float, nodes: int, generator: np.random.Generator) -> list[np.ndarray]:
    ends = np.cumsum(generator.dirichlet([alpha] * nodes)) * len(places)
    return np.split(places, ends.astype(np.int64)[:-1])


SPLITS: dict[str, Callable[..., list[np.ndarray]]] = {
    "iid": _iid,
    "dirichlet": _dirichlet,
    "labels": _labels,
    "sizes": _sizes,
}
