"""An episode as a flat table, a row per step: one column per number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.datasets import Dataset, Episode

KPI = "kpi_"


def flat_columns(dataset: Dataset, number: int, episode: Episode) -> dict[str, Any]:
    """The columns of an episode, in order: name to array of shape `(T,)`.

    `episode, step, seed` (-1 if there is none), `observation_...`, `action_...`, `reward`, `termination`, `truncation`,
    `next_observation_...`, and `default_action` and `kpi_...` if they were recorded. Arrays are flattened in C order;
    an entry of a Dict or Tuple has its key before the number. KPIs are those of the interval that the step simulated.

    Raises:
        ConfigError: the spaces cannot be laid out in columns.
    """
    steps = len(episode)
    seed = episode.about.get("seed")
    named: list[tuple[str, Any]] = [
        ("episode", np.full(steps, number)),
        ("step", np.arange(steps)),
        ("seed", np.full(steps, seed if isinstance(seed, int) and abs(seed) < 2**63 else -1)),
        *_flat(dataset.observation_space, episode.observations, "observation", slice(0, steps)),
        *_flat(dataset.action_space, episode.actions, "action", slice(0, steps)),
        ("reward", episode.rewards),
        ("termination", episode.terminations),
        ("truncation", episode.truncations),
        *_flat(dataset.observation_space, episode.observations, "next_observation", slice(1, steps + 1)),
    ]
    if "default_action" in episode.infos:
        named.append(("default_action", np.asarray(episode.infos["default_action"], bool)[:steps]))
    named += [(name, values[1 : steps + 1]) for name, values in episode.infos.items() if _is_kpi(name, values)]
    columns = dict(named)
    if len(columns) < len(named):
        raise ConfigError(f"two columns of dataset '{dataset.id}' would have the same name: its Dict spaces' keys.")
    return columns


def _is_kpi(name: str, values: np.ndarray) -> bool:
    return name.startswith(KPI) and values.ndim == 1


def _flat(space: spaces.Space[Any], values: Any, name: str, rows: slice) -> Iterator[tuple[str, np.ndarray]]:
    if isinstance(space, spaces.Dict | spaces.Tuple):
        for key, part in space.spaces.items() if isinstance(space, spaces.Dict) else enumerate(space.spaces):
            yield from _flat(part, values[key], f"{name}_{key}", rows)
    elif isinstance(space, spaces.Discrete):
        yield name, np.asarray(values)[rows]
    elif isinstance(space, spaces.Box | spaces.MultiDiscrete | spaces.MultiBinary):
        array = np.asarray(values)[rows]
        flat = array.reshape(len(array), -1)
        yield from ((f"{name}_{k}", flat[:, k]) for k in range(flat.shape[1]))
    else:
        raise ConfigError(
            f"entries of {space} have no columns; what can be exported: Box, Discrete, MultiDiscrete, MultiBinary, and "
            "Dict or Tuple of these."
        )
