"""Several datasets of one environment as one, such as those of several behaviour policies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.space_text import distinct_texts
from netgym_cli.datasets import Dataset
from netgym_cli.datasets.tools.derive import deriving
from netgym_cli.datasets.tools.metadata import listed, mapping, notes_of

PASSING = (
    "episodes_per_session",
    "random_seed",
)  # keys of env that a plan replaces: it gives the episodes of every seed
OWN = ("id", "total_steps", "sha256")  # metadata of an episode that belong to its number in a dataset


@dataclass(frozen=True)
class Merged:
    """The result of a merge.

    Attributes:
        id, folder: the new dataset.
        episodes: number of its episodes.
        dropped: number of duplicate episodes left out, by the id of their source.
        incomplete: sources whose collection is not complete.
    """

    id: str
    folder: Path
    episodes: int
    dropped: dict[str, int]
    incomplete: list[str]


def merge_datasets(datasets: Sequence[Dataset], name: str) -> Merged:
    """Copies the episodes of all `datasets` into a new one, in order.

    An episode of the same seed with the same content as an earlier one is dropped. Each keeps its metadata, with the id
    of its dataset as `source`. Of netgym's metadata, what all have in common is kept, as is an `env` that
    differs only in the length and seed of its sessions; what differs is under `sources`, per dataset.

    Args:
        datasets: two or more.
        name: id of the new dataset.

    Raises:
        ConfigError: spaces or environments differ, a dataset is named twice, or the new one exists; nothing is left.
        DatasetError: an episode cannot be read; nothing is left.
        OSError: it could not be written; nothing is left.
    """
    _require_alike(datasets)
    first = datasets[0]
    dropped = dict.fromkeys((dataset.id for dataset in datasets), 0)
    merged_already: set[tuple[str, str]] = set()
    noted = _noted(datasets)
    specs = {json.dumps(dataset.metadata.get("env_spec")) for dataset in datasets}
    about: dict[str, Any] = {
        "combined_datasets": [dataset.id for dataset in datasets],
        "algorithm_name": " + ".join(dict.fromkeys(notes_of(dataset.metadata).agent for dataset in datasets)),
    }
    if len(specs) == 1 and "env_spec" in first.metadata:
        about["env_spec"] = first.metadata["env_spec"]
    with deriving(name, first.observation_space, first.action_space, about, noted) as derived:
        for dataset in datasets:
            for episode in dataset.episodes():
                key = (str(episode.about.get("seed")), episode.digest())
                if key in merged_already:
                    dropped[dataset.id] += 1
                    continue
                merged_already.add(key)
                kept = {key: value for key, value in episode.about.items() if key not in OWN}
                derived.append(replace(episode, about={**kept, "source": dataset.id}))
        for entry in noted["sources"]:
            entry["dropped"] = dropped[entry["id"]]
        writer = derived.writer
    return Merged(
        id=name,
        folder=writer.folder,
        episodes=writer.total_episodes,
        dropped={source: count for source, count in dropped.items() if count},
        incomplete=[dataset.id for dataset in datasets if notes_of(dataset.metadata).complete is False],
    )


def _noted(datasets: Sequence[Dataset]) -> dict[str, Any]:
    """Common metadata, and what differs under `sources`."""
    all_noted = [dataset.netgym for dataset in datasets]
    common = {
        key: value
        for key, value in all_noted[0].items()
        if key != "sources" and all(key in noted and noted[key] == value for noted in all_noted)
    }
    sources: list[dict[str, Any]] = [
        {"id": dataset.id, **{key: value for key, value in noted.items() if key not in common}}
        for dataset, noted in zip(datasets, all_noted, strict=True)
    ]
    seeds = {seed for noted in all_noted for seed in listed(noted.get("seeds")) if isinstance(seed, int)}
    complete = all(notes_of(dataset.metadata).complete is not False for dataset in datasets)
    env = {} if "env" in common else _shared_env([mapping(noted.get("env")) for noted in all_noted])
    return {"format": 1, **common, **env, "complete": complete, "seeds": sorted(seeds), "sources": sources}


def _shared_env(envs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The environment of all, if they differ only in the length and seed of their sessions."""
    kept = [{key: value for key, value in env.items() if key not in PASSING} for env in envs]
    if not kept[0] or any(env != kept[0] for env in kept):
        return {}
    lengths = [length for env in envs if type(length := env.get("episodes_per_session")) is int]
    return {"env": {**envs[0], "random_seed": None, **({"episodes_per_session": max(lengths)} if lengths else {})}}


def _require_alike(datasets: Sequence[Dataset]) -> None:
    ids = [dataset.id for dataset in datasets]
    if len(ids) < 2:
        raise ConfigError(f"there is only {ids[0]} to merge; give two or more datasets.")
    for twice in {name for name in ids if ids.count(name) > 1}:
        raise ConfigError(f"dataset '{twice}' is given twice; each can be merged once.")
    first = datasets[0]
    for later in datasets[1:]:
        envs = [notes_of(dataset.metadata).base for dataset in (first, later)]
        if envs[0] != envs[1]:
            raise ConfigError(
                f"'{first.id}' is of environment '{envs[0]}' and '{later.id}' of '{envs[1]}'; merge "
                "datasets of one environment."
            )
        for kind in ("observation_space", "action_space"):
            if getattr(first, kind) != getattr(later, kind):
                text, later_text = distinct_texts(getattr(first, kind), getattr(later, kind))
                raise ConfigError(
                    f"the {kind}s differ: {text} in '{first.id}', {later_text} in '{later.id}'; a dataset has one."
                )
