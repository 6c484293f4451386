"""Federations with the keys of netgym's YAML files, for tests."""

import numpy as np
from omegaconf import OmegaConf

from netgym_cli.config.conf_dirs import builtin
from netgym_cli.config.schema import typed
from netgym_cli.federation.federation import Federation
from netgym_cli.federation.strategy import strategy_registry
from netgym_cli.federation.workload import workload_registry


def member(kind, registry, name, **keys):
    """The class of a strategy or workload, and its record with some keys changed."""
    loaded = registry.load(name)
    return loaded, typed(loaded.config_schema, {**OmegaConf.load(builtin() / f"env/{kind}/{name}.yaml"), **keys}, kind)


def workload(name="digits_1d", nodes=4, precision="float64", seed=1, **keys):
    small = {"training_examples": 200, "validation_examples": 100} if name == "digits_1d" else {}
    kind, record = member("workload", workload_registry, name, **{**small, **keys})
    return kind(record, nodes, np.random.default_rng(seed), precision)


def federation(strategy="fedavg", on=None, precision="float64", batch_size=16, seed=7, **keys):
    kind, record = member("strategy", strategy_registry, strategy, **keys)
    return Federation(on or workload(precision=precision), kind(record), batch_size, (seed, 5), precision, 1)


def trained(made, rounds, steps, episode=0):
    """The weights of all nodes after so many rounds."""
    made.begin(episode)
    for _ in range(rounds):
        made.round(steps)
    return made.replicas.weights
