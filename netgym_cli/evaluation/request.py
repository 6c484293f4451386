"""The arguments of `netgym evaluate`: run folders, overrides, `episodes=` and `seeds=`, in any order."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer
from netgym_cli.config.schema import AgentConfig, RunConfig, known_keys, plain
from netgym_cli.evaluation.contest import default_seeds
from netgym_cli.experiment.config import agent_of, config_of, seeds_of, typed_run
from netgym_cli.experiment.requests import (
    JOBS,
    Args,
    agent_names,
    composed,
    in_environment_of,
    jobs_of,
    listed_seeds,
    parse_args,
    reject_agent_keys,
    reject_overrides,
    seed_count,
    whole_number,
)
from netgym_cli.experiment.unread import tell, unread
from netgym_cli.runs.saved_model import SavedModel

EPISODES, SEEDS = 5, 10
WORDS = {"env": "environment", "channel": "channel"}
INSTEAD = {
    **dict.fromkeys(("seed", "sessions", "evaluate_at_end", "env.random_seed"), "seeds"),
    **dict.fromkeys(("steps", "env.episodes_per_session"), "episodes"),
}


@dataclass(frozen=True)
class Request:
    """Arguments of `evaluate`.

    Attributes:
        config: the environment.
        contenders: label to agent, or to the runs that trained it, with different seeds.
        seeds, episodes: the seeds, and the episodes of each.
        overrides: those of the config.
        jobs: sessions played at once.
    """

    config: RunConfig
    contenders: dict[str, AgentConfig | tuple[Path, ...]]
    seeds: tuple[int, ...]
    episodes: int
    overrides: tuple[str, ...]
    jobs: int = 1

    def alone(self, label: str, seed: int, training: int) -> list[str]:
        """Arguments that ask for one session of one agent."""
        first = next((agent[0] for agent in self.contenders.values() if isinstance(agent, tuple)), None)
        agent = self.contenders[label]
        known = [str(first)] if first else []
        args = [str(agent[training])] if isinstance(agent, tuple) else [*known, f"agent={label}"]
        return [*args, *self.overrides, f"episodes={self.episodes}", f"seeds=[{seed}]"]


def parse(args: Args, config_dirs: Sequence[str | Path] = (), trust: bool = False, jobs: int | None = None) -> Request:
    """The request in `args`, with `trust` in the code that runs from elsewhere name, and what the option `jobs` says.

    Raises `ConfigError` for whatever the user can fix.
    """
    folders, own, overrides = parse_args(args, ("episodes", "seeds", "agent", *JOBS))
    reject_overrides(overrides, INSTEAD, "an evaluation")
    Composer([], config_dirs)  # the modules of the runs may lie there
    trained = {folder: config_of(folder, trust) for folder in folders}
    names = agent_names(own.get("agent", ""), "evaluate")
    if not names and not trained:
        raise ConfigError("nothing to evaluate; give the folder of a run, agent=NAME, or several: agent=NAME,NAME.")
    if not names:
        reject_agent_keys(overrides)
    run = next(iter(trained.values()), None)
    fitting = _fitting(names, overrides, config_dirs)
    bases = [composed(name, fitting[name], config_dirs, run) for name in names]
    if not bases:
        bases = [in_environment_of(next(iter(trained.values())), overrides, config_dirs)]
    tell([unread(base, list(dict.fromkeys(overrides))) for base in bases])
    said = {override.partition("=")[0] for override in overrides}
    for group in () if "env" in said else ("env", "channel"):
        if group not in said:
            _require_one(group, trained)
    contenders: dict[str, AgentConfig | tuple[Path, ...]] = dict(_labelled(trained, set(names)))
    contenders |= {name: base.agent for name, base in zip(names, bases, strict=False)}
    used = frozenset().union(*(seeds_of(folder, config) for folder, config in trained.items()))
    return Request(
        bases[0],
        contenders,
        _seeds(own.get("seeds", str(SEEDS)), used),
        whole_number(own.get("episodes", str(EPISODES)), "episodes"),
        tuple(overrides),
        jobs_of(own, jobs),
    )


def _fitting(names: Args, overrides: Args, config_dirs: Sequence[str | Path]) -> dict[str, list[str]]:
    """The overrides for each agent: `agent.KEY=` is for those that have the key, or for all if none has."""
    keys = {}
    for name in names:
        schema = type(typed_run(Composer([f"agent={name}"], config_dirs).compose()).agent)
        keys[name] = {f"agent.{key}" for key in known_keys(schema)}
    everyone = set().union(*keys.values())
    agent_keys = {override: re.match(r"agent\.\w+", override.lstrip("+~")) for override in overrides}
    return {
        name: [override for override, key in agent_keys.items() if key is None or key[0] not in everyone - keys[name]]
        for name in names
    }


def _require_one(group: str, trained: dict[Path, RunConfig]) -> None:
    """Raises `ConfigError` if runs were trained in environments or channels that differ in more than their plan."""
    runs = [(folder, essence(getattr(run, group))) for folder, run in trained.items()]
    (first, mine), *others = runs or [(Path(), {})]
    for folder, other in others:
        for key in sorted(mine.keys() | other.keys(), key=lambda key: (key != "name", key)):
            if mine.get(key) != other.get(key):
                raise ConfigError(
                    f"{group}.{key} is {other.get(key)!r} in '{folder}' and {mine.get(key)!r} in '{first}'; "
                    f"say in which {WORDS[group]} to evaluate both: {group}=NAME."
                )


def essence(config: Any) -> dict[str, Any]:
    """What a part of the config says of the environment: all but how long a session is, and of which seed."""
    return {key: value for key, value in plain(config).items() if key not in ("random_seed", "episodes_per_session")}


def _labelled(trained: Mapping[Path, RunConfig], others: Collection[str]) -> dict[str, tuple[Path, ...]]:
    """The runs by their agents; runs that differ in their seed alone are trainings of one agent."""
    same: dict[str, list[Path]] = {}
    for path, config in trained.items():
        model = SavedModel.at(path)
        step = None if model.checkpoint is None else model.checkpoint.name
        same.setdefault(json.dumps([step, _without_seeds(config)], sort_keys=True, default=str), []).append(path)
    groups = {runs[0]: tuple(runs) for runs in same.values()}
    labels = _labels({first: trained[first] for first in groups}, others)
    return dict(zip(labels, groups.values(), strict=True))


def _without_seeds(config: RunConfig) -> dict[str, Any]:
    values = config.values()
    return {**values, "seed": None, "env": {**values["env"], "random_seed": None}}


def _labels(trained: Mapping[Path, RunConfig], others: Collection[str]) -> list[str]:
    """Names of the runs' agents, with a checkpoint's step, and the folder if that tells them apart or from `others`."""
    saved = [SavedModel.at(path) for path in trained]
    agents = [agent_of(path, config) for path, config in trained.items()]
    names = [model.label(agent) for model, agent in zip(saved, agents, strict=True)]
    short = [f"{name}:{model.run.path.resolve().name}" for name, model in zip(names, saved, strict=True)]
    long = [f"{name}:{folder}" for name, folder in zip(names, trained, strict=True)]
    return next(labels for labels in (names, short, long) if len({*labels, *others}) == len(labels) + len(others))


def _seeds(text: str, used: frozenset[int]) -> tuple[int, ...]:
    """`10`: ten that no training used; `[3,5]` and `3..5`: exactly these."""
    if (listed := listed_seeds(text)) is not None:
        return listed
    return default_seeds(seed_count(text), used)
