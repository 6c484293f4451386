"""Shortest ways to a run on the toy environment."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from netgym_cli.agents.base import agent_registry
from netgym_cli.config.schema import ChannelConfig, RunConfig, typed
from netgym_cli.sessions.step import Observer
from netgym_cli.simulators.ns3.config import Ns3Config
from tests.support.toy import ToyConfig

CONF = Path(__file__).parents[2] / "conf"
SMALL = {
    "ppo": {"n_envs": 1, "n_steps": 6, "batch_size": 3, "n_epochs": 2},
    "a2c": {"n_steps": 3},
    "sac": {"learning_starts": 3, "batch_size": 4, "buffer_size": 200},
    "cleanrl_ppo": {"n_steps": 6, "batch_size": 3, "n_epochs": 2, "hidden": [8]},
    "custom": {"cls": "tests.support.my_agents:Hill"},
    "td3": {"learning_starts": 3, "batch_size": 4, "buffer_size": 200},
}


class StopAfter(Observer):
    """A Ctrl-C after so many gradient updates."""

    def __init__(self, updates: int) -> None:
        self.updates = updates

    def updated(self, done: int, total: int) -> None:
        if done == self.updates:
            raise KeyboardInterrupt


def agent_yaml(name: str) -> dict[str, Any]:
    """What conf/agent says."""
    run = {"dataset": None, "steps": None, "init": None, "agent": OmegaConf.load(CONF / "agent" / f"{name}.yaml")}
    return OmegaConf.to_container(OmegaConf.create(run), resolve=True)["agent"]  # type: ignore[index,return-value]


def run_config(
    agent: str = "random",
    seed: int = 1,
    sessions: list[dict[str, Any]] | None = None,
    env: dict[str, Any] | None = None,
    **keys: Any,
) -> RunConfig:
    """A run on the toy: two episodes of four steps per session unless `env` says otherwise."""
    small_env = {
        "name": "tests.support.toy:ToyAdapter",
        "random_seed": seed,
        "steps_per_episode": 4,
        "episodes_per_session": 2,
        "num_users": 3,
        "fail_at_step": 0,
    }
    schema = agent_registry.load(agent).config_schema
    return RunConfig(
        env=typed(ToyConfig, {**small_env, **(env or {})}, "env"),
        agent=typed(schema, {**agent_yaml(agent), **SMALL.get(agent, {}), **keys}, "agent"),
        channel=ChannelConfig(name="none", action=None, action_hold="last", action_default=None),
        simulator=Ns3Config(name="ns3", start_timeout_s=10, step_timeout_s=10, close_timeout_s=10, ns3_prefix=None),
        seed=seed,
        sessions=[{}] if sessions is None else sessions,
    )
