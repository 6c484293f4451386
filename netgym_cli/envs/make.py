"""An environment from plain Python, without the command line."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer
from netgym_cli.config.conf_dirs import builtin
from netgym_cli.config.dotted import nested
from netgym_cli.config.effect import without_effect
from netgym_cli.config.messages import dotted_keys
from netgym_cli.config.schema import known_keys, typed
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.frames.rendered import METADATA, supported
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.simulators.base import simulator_registry
from netgym_cli.simulators.selection import require_choice

log = logging.getLogger(__name__)


def make_env(
    name: str,
    seed: int | None = None,
    config_dir: str | Path | None = None,
    simulator: str | Mapping[str, Any] | None = None,
    render_mode: str | None = None,
    **overrides: Any,
) -> NetworkEnv:
    """The environment of conf/env/`name`.yaml.

    Args:
        name: name of an environment's YAML file, such as `"nqos_split"`.
        seed: seed of the first session, 0 to 2147483647; None draws a fresh one. `reset(seed=...)` comes before it.
        config_dir: your own conf directory; its env/ is searched too, and its modules become importable.
        simulator: name of a simulator's YAML file, or keys that differ from the default one's (`name` chooses another).
        render_mode: what `render` of the environment returns: `"ansi"` (text), `"rgb_array"` (a picture), or None.
        overrides: keys of the environment that differ from its YAML; nested ones as dictionaries, or with dots as on
            the command line: `**{"nr.tx_power_dbm": 20}`. Those that begin with `simulator.` are the simulator's.
            A part with YAML files of its own, as conf/env/strategy/, is chosen by the name of one: `strategy="diloco"`.

    Raises:
        ConfigError: unknown name or key, wrong type or impossible value.
        UnsupportedMode: Gymnasium's error for a `render_mode` that there is not.
    """
    supported(render_mode)
    deadlines = {key: overrides.pop(key) for key in list(overrides) if key.startswith("simulator.")}
    chosen_keys = {"name": simulator} if isinstance(simulator, str) else dict(simulator or {})
    keys = nested({**chosen_keys, **deadlines}, "simulator")
    choice = keys.pop("name", None)
    parts = {key: overrides.pop(key) for key, value in list(overrides.items()) if _is_part(key, value)}
    words = [f"env={name}", *([] if choice is None else [f"simulator={choice}"])]
    words += [f"env/{key}={part}" for key, part in parts.items()]
    composed = Composer(words, [config_dir] if config_dir is not None else []).compose()
    OmegaConf.set_struct(composed, False)
    own = nested({**({} if seed is None else {"env.random_seed": seed}), **overrides}, "env")
    mine = _plain({"env": {"random_seed": None, **own}, "simulator": keys})
    raw: dict[str, Any] = OmegaConf.to_container(OmegaConf.merge(composed, mine), resolve=True)  # type: ignore[assignment]
    adapter = env_registry.load(raw["env"]["name"])
    if "channel" in own and "channel" not in known_keys(adapter.config_schema):
        raise ConfigError(
            f"'channel' is {own['channel']!r}, and make_env makes the environment alone; wrap it: "
            "NetworkedEnv(env, channel_config=channel_config('mobile')) for observations, ActionChannelEnv for actions."
        )
    config = typed(adapter.config_schema, raw["env"], "env")
    chosen = typed(simulator_registry.load(raw["simulator"]["name"]).config_schema, raw["simulator"], "simulator")
    config.validate()
    chosen.validate()
    if choice is not None:
        require_choice(chosen, adapter.required_simulator, adapter.scenario, config.name)
    for sentence in without_effect(config, "env", list(dotted_keys({"env": own}))):
        log.warning("note: %s", sentence)
    return NetworkEnv(config, chosen, render_mode)


# gymnasium.make looks here for the modes of what it is about to make.
make_env.metadata = METADATA  # type: ignore[attr-defined]


def _is_part(key: str, value: Any) -> bool:
    """Whether a value of an override names a YAML file of netgym's for a part of an environment."""
    return isinstance(value, str) and (builtin() / "env" / key / f"{value}.yaml").is_file()


def _plain(value: Any) -> Any:
    """`value` without NumPy: seeds and settings are often drawn or computed with it."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
