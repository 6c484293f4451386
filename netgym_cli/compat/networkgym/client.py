"""NetworkGym's client interface, so that its documented programs run with only their import line changed.

    from netgym_cli import Env, load_config_file

    config_json = load_config_file("nqos_split")
    config_json["env_config"]["episodes_per_session"] = 3
    env = Env(0, config_json)

Two things are as in netgym: an episode has as many steps as `steps_per_episode` says, and `reset` between episodes
does not advance the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import compose
from netgym_cli.envs.make import make_env
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.envs.step_info import StepInfo

# NetworkGym's name of a key whose unit netgym spells out.
NETWORKGYM_NAMES = {
    "x_m": "x",
    "y_m": "y",
    "z_m": "z",
    "min_x_m": "min_x",
    "max_x_m": "max_x",
    "min_y_m": "min_y",
    "max_y_m": "max_y",
    "min_speed_mps": "min_speed_m/s",
    "max_speed_mps": "max_speed_m/s",
    "min_direction_rad": "min_direction_gradients",
    "max_direction_rad": "max_direction_gradients",
}
NETGYM_NAMES = {networkgym: netgym for netgym, networkgym in NETWORKGYM_NAMES.items()}

# NetworkGym's name of a reward, as its forks have it, to netgym's.
REWARDS = {"normalized_utility": "utility_normalized"}

# Keys that NetworkGym computes or uses to reach its server; netgym ignores them.
COMPUTED = ("type", "env", "num_users", "env_end_time_ms", "measurement_interval_ms", "measurement_guard_interval_ms")
COMMON = {
    "connect_via_server_ip_and_server_port": False,
    "server_ip": "localhost",
    "server_port": 8092,
    "local_fowarded_port": 8092,
    "enable_wandb": False,
    "enable_terminal_redering": False,
    "session_name": "netgym",
    "session_key": "",
}


class SystemDefaultEnv(NetworkEnv):
    """Replaces every action by the default algorithm's, as NetworkGym does for the agent `system_default`."""

    def step(self, action: Any) -> tuple[Any, float, bool, bool, StepInfo]:
        return super().step(None)


def load_config_file(env: str) -> dict[str, Any]:
    """The default config of `env` in NetworkGym's layout: `env_config`, `rl_config` and the keys common to all.

    Raises:
        ConfigError: unknown environment.
    """
    raw: dict[str, Any] = OmegaConf.to_container(compose([f"env={env}"]).env, resolve=False)  # type: ignore[assignment]
    raw.pop("name")
    reward = raw.pop("reward", "")
    raw["random_seed"] = 1
    env_config = {"type": "env-start", "env": env, **renamed(raw, NETWORKGYM_NAMES)}
    return {**COMMON, "env_config": env_config, "rl_config": {"agent": "", "reward_type": reward}}


def Env(client_id: int, config_json: Mapping[str, Any]) -> NetworkEnv:
    """The environment that a NetworkGym config describes.

    Args:
        client_id: 0 or more, without effect: every environment has a simulator of its own.
        config_json: as from `load_config_file`; it is not kept, so a change needs a new `Env`.

    Raises:
        ConfigError: a wrong `client_id` or a wrong config.
    """
    if isinstance(client_id, bool) or not isinstance(client_id, int) or client_id < 0:
        raise ConfigError(f"client_id is {client_id!r}; allowed: a whole number, 0 or more.")
    given = config_json.get("env_config") if isinstance(config_json, Mapping) else None
    if not isinstance(given, Mapping) or "env" not in given:
        raise ConfigError("the config has no 'env_config' with an 'env'; start from load_config_file(NAME).")
    env_config, rl_config = config_json["env_config"], config_json.get("rl_config", {})
    overrides = renamed({key: value for key, value in env_config.items() if key not in COMPUTED}, NETGYM_NAMES)
    if reward := rl_config.get("reward_type"):
        overrides["reward"] = REWARDS.get(reward, reward) if isinstance(reward, str) else reward
    env = make_env(env_config["env"], overrides.pop("random_seed", None), **overrides)
    if rl_config.get("agent") == "system_default":
        return SystemDefaultEnv(env.config, env.simulator_config)
    return env


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """`value` with the keys of all its dictionaries renamed, and nothing shared with the original."""
    if isinstance(value, Mapping):
        return {names.get(key, key): renamed(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, names) for inner in value]
    return value
