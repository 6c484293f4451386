"""The arguments of `netgym collect`: a run folder or overrides, and keys of its own, in any order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netgym_cli.collection.plan import Plan, plan_of
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer
from netgym_cli.config.schema import RunConfig, plain
from netgym_cli.datasets import folder_of
from netgym_cli.experiment.config import agent_of, config_of
from netgym_cli.experiment.requests import (
    JOBS,
    Args,
    ConfigDirs,
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

OWN = ("episodes", "seeds", *JOBS, "name", "agent", "licence")
INSTEAD = {
    **dict.fromkeys(("seed", "sessions", "evaluate_at_end", "env.random_seed"), "seeds"),
    **dict.fromkeys(("steps", "env.episodes_per_session"), "episodes"),
}
FOREIGN = "gym"  # many environments by one name: their datasets are named after env.id
LICENCE = "CC-BY-4.0"
DEFAULT_AGENT = "system_default"


@dataclass(frozen=True)
class Request:
    """What to collect.

    Attributes:
        config: environment, channel, simulator and agent.
        folder: the run that trained the agent, by its folder or a checkpoint in it; None for an agent that needs none.
        label: name that the agent was chosen by.
        dataset_id: id of the dataset.
        plan: episodes of every seed.
        jobs: sessions played at once.
        licence: under which the data may be used.
    """

    config: RunConfig
    folder: Path | None
    label: str
    dataset_id: str
    plan: Plan
    jobs: int
    licence: str


def parse(
    args: Args,
    config_dirs: ConfigDirs = (),
    default_action: bool = False,
    trust: bool = False,
    jobs: int | None = None,
) -> Request:
    """The request in `args`.

    Args:
        args: as on the command line.
        config_dirs: the user's own conf directories.
        default_action: the environment's default algorithm is to act.
        trust: take a run from elsewhere even if its config names code.
        jobs: what the option of that name says.

    Raises `ConfigError` for whatever the user can fix.
    """
    folders, own, overrides = parse_args(args, OWN)
    reject_overrides(overrides, INSTEAD, "a collection")
    Composer([], config_dirs)  # the modules of the run may lie there
    names = agent_names(own.get("agent", ""), "collect")
    given = (
        ["--default-action"] * default_action
        + [f"agent={name}" for name in names]
        + [str(folder) for folder in folders]
    )
    if len(given) != 1:
        agents = f"there are {len(given)} agents ({', '.join(given)})" if given else "there is no agent"
        raise ConfigError(f"{agents} to collect with; give one: --default-action, agent=NAME, or the folder of a run.")
    if folders:
        reject_agent_keys(overrides)
        run = config_of(folders[0], trust)
        saved = SavedModel.at(folders[0])
        config, label = in_environment_of(run, overrides, config_dirs), saved.label(agent_of(folders[0], run))
    else:
        label = DEFAULT_AGENT if default_action else names[0]
        config = composed(label, overrides, config_dirs, None)
    tell([unread(config, list(dict.fromkeys(overrides)))])
    episodes = whole_number(own["episodes"], "episodes") if "episodes" in own else None
    env, channel = config.name_of("env"), config.name_of("channel")
    if env == FOREIGN:
        env = f"{FOREIGN}-{plain(config.env)['id'].rpartition(':')[2]}"
    dataset_id = _id(own.get("name"), env, label, channel)
    return Request(
        config=config,
        folder=folders[0].resolve() if folders else None,
        label=label,
        dataset_id=dataset_id,
        plan=plan_of(episodes, _seeds(own)),
        jobs=jobs_of(own, jobs),
        licence=own.get("licence", LICENCE),
    )


def _seeds(own: Mapping[str, str]) -> tuple[int, ...] | None:
    if (text := own.get("seeds")) is None:
        return None
    if (listed := listed_seeds(text)) is not None:
        return listed
    return tuple(range(seed_count(text)))


def _id(name: str | None, env: str, label: str, channel: str) -> str:
    """The id that was asked for, completed by namespace and version, or one made of what is collected."""
    env, label, channel = (re.sub(r"[^-\w]", "_", part) for part in (env, label, channel))
    if name is None:
        name = label if channel == "none" else f"{label}-{channel}"
    name = name if "/" in name else f"netgym/{env}/{name}"
    name = name if re.search(r"-v\d+$", name) else f"{name}-v0"
    folder_of(name)
    return name
