"""What a dataset says about its making, and whether a collection would continue it or make something else."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from gymnasium.envs.registration import EnvSpec

from netgym_cli.collection.request import DEFAULT_AGENT, Request
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.provenance import git_state, now, versions
from netgym_cli.config.schema import plain
from netgym_cli.envs.base import env_registry

FORMAT = 1
IDENTITY = ("env", "channel", "agent", "run")  # a collection with other ones is another dataset
ASKED = "what the agent asked for, as the network put it in force"
DEFAULT = "what the environment's default algorithm had in force at the interval's end, read from the measurement"


def about(request: Request, command: Sequence[str]) -> dict[str, Any]:
    """The metadata of a new dataset: Minari's keys, and netgym's under `netgym`."""
    config, default = request.config, request.config.agent.name == DEFAULT_AGENT
    env = plain(config.env) | {"random_seed": None, "episodes_per_session": max(n for _, n in request.plan)}
    noted = {
        "format": FORMAT,
        "complete": False,
        "env": env,
        "channel": plain(config.channel),
        "agent": plain(config.agent),
        "label": request.label,
        "run": None if request.folder is None else str(request.folder),
        "action_source": DEFAULT if default else ASKED,
        "plan": [list(session) for session in request.plan],
        "seeds": [seed for seed, _ in request.plan],
        "layout": None,
        "licence": request.licence,
        "machines": [],
        "versions": versions(),
        "git": git_state(),
        "command": list(command),
        "started_at": now(),
        "ended_at": None,
        "dropped": 0,
    }
    spec = _env_spec(request)
    return {
        "algorithm_name": request.label,
        "description": f"{request.label} in netgym's {config.env.name}; licence {request.licence}",
        "requirements": [f"netgym=={noted['versions']['netgym']}"],  # type: ignore[index]
        **({} if spec is None else {"env_spec": spec.to_json()}),
        "netgym": noted,
    }


def require_same(dataset_id: str, existing: Mapping[str, Any], mine: Mapping[str, Any]) -> None:
    """Raises `ConfigError`, naming the first key that differs, unless both describe the same data."""
    for part in IDENTITY:
        old, new = existing.get(part), mine[part]
        if isinstance(old, dict) and isinstance(new, dict):
            passing = {"episodes_per_session", "random_seed"}
            differing = [key for key in {**old, **new} if old.get(key) != new.get(key) and key not in passing]
            if not differing:
                continue
            part, old, new = f"{part}.{differing[0]}", old.get(differing[0]), new.get(differing[0])
        if old != new:
            raise ConfigError(
                f"the dataset '{dataset_id}' was collected with {part}={old!r}, not {new!r}; choose another name=, "
                "or repeat the command that began it."
            )


def _env_spec(request: Request) -> EnvSpec | None:
    """What `gymnasium.make` needs to make the environment again; None behind channels, which it knows nothing of."""
    config = request.config
    if config.channel.name != "none" or config.channel.action is not None or ":" in config.env.name:
        return None
    keys = plain(config.env)
    if env_registry.load(config.env.name).external_env:
        return _foreign_spec(keys)
    kwargs = {key: value for key, value in keys.items() if key not in ("random_seed", "episodes_per_session")}
    return EnvSpec(f"netgym/{config.env.name}-v0", entry_point="netgym_cli.envs.make:make_env", kwargs=kwargs)


def _foreign_spec(keys: Mapping[str, Any]) -> EnvSpec | None:
    import gymnasium

    spec = copy.deepcopy(gymnasium.spec(keys["id"].rpartition(":")[2]))  # a copy of the registered one
    if not isinstance(spec.entry_point, str):
        return None
    spec.kwargs |= keys["kwargs"] or {}
    spec.max_episode_steps = min(spec.max_episode_steps or keys["steps_per_episode"], keys["steps_per_episode"])
    return spec
