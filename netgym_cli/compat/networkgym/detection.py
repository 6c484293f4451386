"""Which environment a configuration is of, and which generation of NetworkGym's layout."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgym_cli.common.errors import ConfigError

ENVS = ("nqos_split", "qos_steer", "network_slicing", "rmcat", "custom")
SECTIONS = ("env_config", "gmasim_config")
CHARACTERISTIC_KEYS = (
    "gma",
    "GMA",
    "per_slice_config",
    "slice_list",
    "nada_flows",
    "num_users",
)  # one of them is in a bare env_config


@dataclass(frozen=True)
class Source:
    """The parts of a configuration.

    Attributes:
        env: name of the environment.
        generation: `gen-0` (gmasim) to `gen-3`, or `netsim-llc`.
        env_config, rl_config: the two parts that are translated.
        other_keys: every other key of the file, with its value.
    """

    env: str
    generation: str
    env_config: Mapping[str, Any]
    rl_config: Mapping[str, Any]
    other_keys: Mapping[str, Any]


def examine(content: Any, file: Path, env: str | None) -> Source:
    """Splits `content` of `file`; `env` forces the environment. Raises `ConfigError` if it is not a configuration."""
    given = content if isinstance(content, Mapping) else {}
    section = next((name for name in SECTIONS if isinstance(given.get(name), Mapping)), None)
    if section is None and not any(key in given for key in CHARACTERISTIC_KEYS):
        raise ConfigError(
            f"{file} is not a NetworkGym configuration; looked for {' or '.join(SECTIONS)}, or one of "
            f"{', '.join(CHARACTERISTIC_KEYS)} at its top."
        )
    env_config = given[section] if section else given
    rl_config: Any = next((given[name] for name in ("rl_config", "rl_agent_config") if name in given), {})
    other_keys = {key: value for key, value in given.items() if key not in (*SECTIONS, "rl_config", "rl_agent_config")}
    return Source(
        env=_env(env_config, rl_config, file, env),
        generation=_generation(env_config, given),
        env_config=env_config,
        rl_config=rl_config if isinstance(rl_config, Mapping) else {},
        other_keys=other_keys if section else {},
    )


def _generation(env_config: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    if "gmasim_config" in whole:
        return "gen-0"
    if "respond_action_after_measurement" in env_config or "downlink" in env_config or "action_template" in whole:
        return "gen-1"
    if "GMA" in env_config:
        return "gen-2"
    if "num_slices" in env_config:
        return "netsim-llc"
    return "gen-3" if "gma" in env_config or "per_slice_config" in env_config else "gen-2 or gen-3"


def _env(env_config: Mapping[str, Any], rl_config: Any, file: Path, forced: str | None) -> str:
    if forced is not None:
        if forced not in ENVS:
            raise ConfigError(f"--env is '{forced}'; allowed: {', '.join(ENVS)}.")
        return forced
    named = env_config.get("env", env_config.get("use_case"))
    if named is not None and named not in ENVS:
        raise ConfigError(f"{file}: 'env' is {named!r}; allowed: {', '.join(ENVS)}. Choose one by --env NAME.")
    # NetworkGym names an environment in the file, or by the folder of the file.
    folder = file.resolve().parent.name
    for name in (named, folder, file.stem, *(env for env in ENVS if _is_part(env, file.stem))):
        if name in ENVS:
            return str(name)
    if "nada_flows" in env_config:  # a key of this one alone, and the reward below of that one alone
        return "rmcat"
    if isinstance(rl_config, Mapping) and rl_config.get("reward_type") == "wifi_qos_user_num":
        return "qos_steer"
    raise ConfigError(
        f"{file} does not say of which environment it is: there is no 'env' and no 'use_case', and neither its folder "
        f"'{folder}' nor its name is one of NetworkGym's. If it is of one of {', '.join(ENVS)}, say so by --env NAME; "
        "an environment of your own is begun by `netgym new env NAME`."
    )


def _is_part(env: str, stem: str) -> bool:
    """Whether an environment's name stands in a file's, as in `gen2_nqos_split`; any file may be called custom."""
    return env != "custom" and re.search(rf"(?<![a-z]){env}(?![a-z])", stem) is not None
