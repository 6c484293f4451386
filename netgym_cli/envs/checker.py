"""Checks of an environment: Gymnasium's API, Stable-Baselines3's, and whether seeds decide what happens."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.config.schema import EnvConfig, SimulatorConfig
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.simulators import selection
from netgym_cli.simulators.selection import RequiredSimulator, settings_of

COLOUR = re.compile(r"\x1b\[\d*m")


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check: its name, whether it passed and, if not, why; or what it warns of."""

    name: str
    ok: bool
    message: str


def check(config: EnvConfig, simulator: SimulatorConfig, steps: int = 20) -> list[Verdict]:
    """Runs every check on fresh environments.

    Args:
        config: the environment.
        simulator: the run's simulator.
        steps: steps that the determinism checks compare, 1 or more.

    Raises:
        ConfigError: the simulator's settings are wrong.
        BuildError: the simulator could not be compiled.
    """
    adapter = env_registry.load(config.name)
    required = [RequiredSimulator(settings_of(adapter.required_simulator, simulator), adapter.source())]
    selection.check(required)
    selection.prepare(required)

    def gymnasium_api() -> None:
        from gymnasium.utils.env_checker import check_env

        with closing(NetworkEnv(config, simulator)) as env:
            check_env(env, skip_render_check=True)

    def sb3_api() -> None:
        from stable_baselines3.common.env_checker import check_env

        with closing(NetworkEnv(config, simulator)) as env:
            check_env(env)

    def same_seed() -> None:
        first, second = (_record(config, simulator, 1, steps) for _ in range(2))
        for step, (record, other) in enumerate(zip(first, second, strict=True)):
            assert record == other, f"two sessions with seed 1 and the same actions differ at step {step}"

    def other_seed() -> None:
        records = [_record(config, simulator, seed, steps) for seed in (1, 2)]
        assert records[0] != records[1], f"seeds 1 and 2 give the same {steps} steps"

    return [
        _verdict("gymnasium", gymnasium_api),
        _verdict("stable-baselines3", sb3_api),
        _verdict("same seed, same numbers", same_seed),
        _verdict("other seed, other numbers", other_seed),
    ]


def _record(config: EnvConfig, simulator: SimulatorConfig, seed: int, steps: int) -> list[tuple[bytes, float, bytes]]:
    """Observation, reward and statistics of `steps` steps under the same actions, as exact bytes."""
    with closing(NetworkEnv(config, simulator)) as env:
        env.action_space.seed(0)
        observation, _ = env.reset(seed=seed)
        record = [_exact(observation, 0.0, env)]
        for _ in range(steps):
            observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            record.append(_exact(observation, reward, env))
            if terminated or truncated:
                env.reset()
        return record


def _exact(observation: Any, reward: float, env: NetworkEnv) -> tuple[bytes, float, bytes]:
    assert env.stats is not None
    parts = observation.values() if isinstance(observation, dict) else [observation]
    return b"".join(np.asarray(part).tobytes() for part in parts), float(reward), env.stats.values.tobytes()


def _verdict(name: str, check: Callable[[], None]) -> Verdict:
    failure = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            check()
        except Exception as error:  # whatever an environment raises is its answer
            failure = f"{type(error).__name__}: {error}".splitlines()[0]
    if failure:
        return Verdict(name, False, failure)
    messages = {COLOUR.sub("", str(warning.message)).splitlines()[0] for warning in caught}
    return Verdict(name, True, "; ".join(sorted(messages)))
