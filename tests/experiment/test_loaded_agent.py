"""A trained model outside the command line acts as it does in an evaluation."""

from contextlib import closing

import numpy as np
import pytest
from omegaconf import OmegaConf

from netgym_cli import load_agent
from netgym_cli.agents.base import agent_registry
from netgym_cli.agents.rule import Rule
from netgym_cli.common.errors import ConfigError, SessionError
from netgym_cli.config.schema import AgentConfig, plain
from netgym_cli.experiment import run
from netgym_cli.experiment.task import Task
from netgym_cli.runs.folder import RunFolder
from netgym_cli.sessions.step import Observer
from tests.support import offline_data
from tests.support.engine import run_config

LEARNERS = [name for name in agent_registry.names() if agent_registry.load(name).needs_training]
ONLINE = [*(name for name in LEARNERS if not agent_registry.load(name).needs_dataset), "custom"]


class ToyRule(Rule[AgentConfig]):
    """All or nothing, by the rate of the first user."""

    config_schema = AgentConfig
    environments = ("toy",)

    def decide(self, stats):
        return np.full(3, float(stats["toy::dl::rate"][0] > 5), np.float32)


class Played(Observer):
    """Observations and infos as the agent met them, and what it did."""

    def __init__(self):
        self.met, self.done = [], []

    def episode_started(self, start):
        self.met.append((start.observation.copy(), start.info))

    def step(self, step):
        self.done.append(step.action)
        self.met.append((step.observation.copy(), step.info))


def trained(config, folder):
    """A run of `config` in `folder`, with its config saved as the command line saves it."""
    saved = RunFolder(folder)
    saved.config_path.parent.mkdir(parents=True)
    parts = {group: plain(getattr(config, group)) for group in ("env", "agent", "channel", "simulator")}
    top = {key: getattr(config, key) for key in ("seed", "sessions", "dataset", "steps", "init", "record", "tracker")}
    saved.save_config(OmegaConf.create(parts | top))
    run.train(config, folder, ["netgym"])
    return folder


@pytest.mark.parametrize("name", ONLINE)
def test_it_does_what_it_does_in_an_evaluation(name, tmp_path):
    config = run_config(name)
    trained(config, tmp_path)
    played = Played()
    task = Task.of(config, tmp_path, False, 7, 1)
    with closing(task.sessions(played)) as env:
        task.agent().rollout(env, 7)
    agent = load_agent(tmp_path)
    assert agent.name == name and agent.action_space == env.action_space
    assert all(np.array_equal(agent.act(*met), did) for met, did in zip(played.met, played.done, strict=False))
    assert len(played.done) == 4 and all(action in env.action_space for action in played.done)


def test_the_library_s_own_load_acts_in_another_scale(tmp_path):
    from stable_baselines3 import PPO

    trained(run_config("ppo", learning_rate=0.0), tmp_path)
    agent = load_agent(str(tmp_path))
    observation = np.full((1, 3), 50, np.float32)
    assert agent.act(observation) == pytest.approx(0.5, abs=0.2)  # of 0 to 1
    bare = PPO.load(tmp_path / "model.zip").predict(observation, deterministic=True)[0]
    assert (bare < 0.2).any() and not np.allclose(bare, agent.act(observation))


def test_an_agent_that_learns_nothing_acts_too_and_a_rule_asks_for_the_measurement(tmp_path):
    loaded = load_agent(trained(run_config("random"), tmp_path / "random"))
    assert loaded.act(None) in loaded.action_space
    config = run_config("random")
    config.agent.name = f"{__name__}:ToyRule"
    rule = load_agent(trained(config, tmp_path / "rule"))
    with closing(Task.of(config, None, False, 7, 1).sessions()) as env:
        observation, info = env.reset()
        assert rule.act(observation, info) in env.action_space
    with pytest.raises(SessionError, match=r"call act\(observation, info\)"):
        rule.act(observation)


def test_what_cannot_be_loaded_is_said(tmp_path, another_user):
    with pytest.raises(ConfigError, match="neither the folder of a run"):
        load_agent(tmp_path / "nothing")
    trained(run_config("a2c"), tmp_path / "run")
    another_user()
    with pytest.raises(ConfigError, match="trust"):
        load_agent(tmp_path / "run")


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in LEARNERS if name not in ONLINE])
def test_offline_agents_act_too(name, tmp_path):
    from netgym_cli.config.compose import compose
    from netgym_cli.experiment.config import typed_run

    offline_data.write("LQ", count=3)
    env = ["env=gym", "env.id=tests.support.offline_data:LQ-v0", f"env.steps_per_episode={offline_data.STEPS}"]
    short = [f"dataset={offline_data.ID}", "steps=5", "agent.evaluate_every_steps=0"]
    config = typed_run(compose([*env, f"agent={name}", "agent.policy_kwargs.net_arch=[16]", *short]))
    run.check(config)
    agent = load_agent(trained(config, tmp_path / "run"))
    agent.observation_space.seed(2)
    observation = agent.observation_space.sample()
    expected = agent_registry.load(name).load(config.agent, tmp_path / "run").trained.act(observation)
    assert agent.act(observation) == pytest.approx(expected) and agent.act(observation) in agent.action_space
