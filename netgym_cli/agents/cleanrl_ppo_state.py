"""The files of `cleanrl_ppo`: its weights, and what a training that was interrupted goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from netgym_cli.agents.random_state import generators, restore_generators
from netgym_cli.common.errors import ConfigError

MOMENTS = ("mean", "var", "count")


def read_weights(path: Path) -> tuple[bytes, dict[str, np.ndarray]]:
    """What a file of weights holds, and the arrays in it. Raises `ConfigError` if there are none."""
    try:
        content = path.read_bytes()
        with np.load(BytesIO(content), allow_pickle=False) as file:  # numbers only: no code can run
            return content, dict(file)
    except (OSError, ValueError, BadZipFile) as error:
        raise ConfigError(f"no model in '{path}': {error}; give a run that is complete.") from error


def state_of(policy: Any, optimizer: Any, returns: Any, shuffle: Any, more: tuple[Any, ...]) -> dict[str, Any]:
    """All that changes while it learns, between two rollouts: networks, scales, generators, and `more`."""
    weights = {name: weight.numpy().copy() for name, weight in policy.network.state_dict().items()}
    settings = optimizer.state_dict()
    moments = {
        k: {name: entry.numpy().copy() for name, entry in entries.items()} for k, entries in settings["state"].items()
    }
    return {
        "weights": weights,
        "optimizer": {"state": moments, "param_groups": settings["param_groups"]},
        "scales": [{name: getattr(scale, name) for name in MOMENTS} for scale in (policy.scale, returns)],
        "shuffle": shuffle.bit_generator.state,
        "random": generators(),
        "more": more,
    }


def restored(state: Mapping[str, Any], policy: Any, optimizer: Any, returns: Any, shuffle: Any) -> tuple[Any, ...]:
    """Puts everything back as `state_of` told it, and returns its `more`."""
    from torch import from_numpy

    policy.network.load_state_dict({name: from_numpy(weight) for name, weight in state["weights"].items()})
    moments = state["optimizer"]["state"]
    tensors = {k: {name: from_numpy(entry) for name, entry in entries.items()} for k, entries in moments.items()}
    optimizer.load_state_dict(state["optimizer"] | {"state": tensors})
    for scale, saved in zip((policy.scale, returns), state["scales"], strict=True):
        for name in MOMENTS:
            setattr(scale, name, saved[name])
    shuffle.bit_generator.state = state["shuffle"]
    restore_generators(state["random"])
    more: tuple[Any, ...] = state["more"]
    return more
