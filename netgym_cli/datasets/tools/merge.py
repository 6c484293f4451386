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

PASSING = ("episodes_per_session", "random_seed")  # of env: a plan says how many episodes of which seeds there are
OWN = ("id", "total_steps", "sha256")  # metadata of an episode that belong to its place in a dataset


@dataclass(frozen=True)
class Merged:
    """What came of it.

    Attributes:
        id, folder: the new dataset.
        episodes: number of its episodes.
        dropped: id of each source that gave an episode which an earlier one held already, to how many.
        incomplete: sources whose collection is not complete.
    """

    id: str
    folder: Path
    episodes: int
    dropped: dict[str, int]
    incomplete: list[str]


def merge(datasets: Sequence[Dataset], name: str) -> Merged:
    """Copies the episodes of all `datasets` into a new one, in order.

    An episode of the same seed with the same content as an earlier one is dropped. Each keeps its metadata, with the id
    of its dataset as `source`. Of netgym's metadata, what all have in common is kept, as is an `env` that
    differs in nothing but the length and seed of its sessions; what differs stands under `sources`, per dataset.

    Args:
        datasets: two or more.
        name: id of the new dataset.

    Raises:
        ConfigError: spaces or environments differ, a dataset is named twice, or the new one exists; nothing is left.
        DatasetError: an episode cannot be read; nothing is left.
        OSError: the disk refused it; nothing is left.
    """
    _require_alike(datasets)
    first = datasets[0]
    dropped = dict.fromkeys((one.id for one in datasets), 0)
    seen: set[tuple[str, str]] = set()
    noted = _noted(datasets)
    specs = {json.dumps(one.metadata.get("env_spec")) for one in datasets}
    about: dict[str, Any] = {
        "combined_datasets": [one.id for one in datasets],
        "algorithm_name": " + ".join(dict.fromkeys(notes_of(one.metadata).agent for one in datasets)),
    }
    if len(specs) == 1 and "env_spec" in first.metadata:
        about["env_spec"] = first.metadata["env_spec"]
    with deriving(name, first.observation_space, first.action_space, about, noted) as derived:
        for dataset in datasets:
            for episode in dataset.episodes():
                key = (str(episode.about.get("seed")), episode.digest())
                if key in seen:
                    dropped[dataset.id] += 1
                    continue
                seen.add(key)
                kept = {key: value for key, value in episode.about.items() if key not in OWN}
                derived.append(replace(episode, about={**kept, "source": dataset.id}))
        for entry in noted["sources"]:
            entry["dropped"] = dropped[entry["id"]]
        growing = derived.growing
    return Merged(
        id=name,
        folder=growing.folder,
        episodes=growing.total_episodes,
        dropped={one: count for one, count in dropped.items() if count},
        incomplete=[one.id for one in datasets if notes_of(one.metadata).complete is False],
    )


def _noted(datasets: Sequence[Dataset]) -> dict[str, Any]:
    """What all have in common, and what differs under `sources`."""
    all_noted = [one.netgym for one in datasets]
    common = {
        key: value
        for key, value in all_noted[0].items()
        if key != "sources" and all(key in noted and noted[key] == value for noted in all_noted)
    }
    sources: list[dict[str, Any]] = [
        {"id": one.id, **{key: value for key, value in noted.items() if key not in common}}
        for one, noted in zip(datasets, all_noted, strict=True)
    ]
    seeds = {seed for noted in all_noted for seed in listed(noted.get("seeds")) if isinstance(seed, int)}
    complete = all(notes_of(one.metadata).complete is not False for one in datasets)
    env = {} if "env" in common else _shared_env([mapping(noted.get("env")) for noted in all_noted])
    return {"format": 1, **common, **env, "complete": complete, "seeds": sorted(seeds), "sources": sources}


def _shared_env(envs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The one environment of all, if they differ only in how long a session is and by what it is drawn."""
    kept = [{key: value for key, value in env.items() if key not in PASSING} for env in envs]
    if not kept[0] or any(one != kept[0] for one in kept):
        return {}
    lengths = [length for env in envs if type(length := env.get("episodes_per_session")) is int]
    return {"env": {**envs[0], "random_seed": None, **({"episodes_per_session": max(lengths)} if lengths else {})}}


def _require_alike(datasets: Sequence[Dataset]) -> None:
    ids = [one.id for one in datasets]
    if len(ids) < 2:
        raise ConfigError(f"there is only {ids[0]} to merge; give two or more datasets.")
    for twice in {one for one in ids if ids.count(one) > 1}:
        raise ConfigError(f"dataset '{twice}' is given twice; each one can be merged once.")
    first = datasets[0]
    for other in datasets[1:]:
        envs = [notes_of(one.metadata).env for one in (first, other)]
        if envs[0] != envs[1]:
            raise ConfigError(
                f"'{first.id}' is of environment '{envs[0]}' and '{other.id}' of '{envs[1]}'; merge what one "
                "environment gave."
            )
        for kind in ("observation_space", "action_space"):
            if getattr(first, kind) != getattr(other, kind):
                one, two = distinct_texts(getattr(first, kind), getattr(other, kind))
                raise ConfigError(
                    f"the {kind}s differ: {one} in '{first.id}', {two} in '{other.id}'; a dataset has one."
                )
