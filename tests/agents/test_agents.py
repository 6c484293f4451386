import inspect
import shutil
import subprocess
import sys
import zipfile
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from gymnasium import spaces

from netgym_cli.agents.base import agent_registry
from netgym_cli.agents.sb3 import agent as _sb3
from netgym_cli.agents.sb3 import config as _sb3_config
from netgym_cli.common.errors import ConfigError, SessionError
from netgym_cli.config.schema import known_keys, typed
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment import run
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.single import as_vector
from tests.support.engine import CONF, agent_yaml, run_config
from tests.support.toy import ToyAdapter, ToySimulator

ALL = agent_registry.names()
TOY = AgentSpec.of(ToyAdapter(run_config("random").env))
GENERAL = [name for name in ALL if agent_registry.load(name).incompatibility(TOY) is None]
OFFLINE = [name for name in ALL if agent_registry.load(name).needs_dataset]  # see tests/agents/test_offline_agents.py
GENERAL = [name for name in GENERAL if name not in OFFLINE]
SB3 = [name for name in ALL if issubclass(agent_registry.load(name), _sb3.Sb3Agent)]
LEARNERS = [name for name in SB3 if name not in OFFLINE]
UNREACHABLE = {"self", "env", "seed", "verbose", "tensorboard_log", "_init_setup_model"}


def learnt(name, **keys):
    """An agent after one session, its environment, and the slot that the learner saw."""
    config = run_config(name, **keys)
    env = SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config))
    return run.make_agent(config), env


@pytest.mark.parametrize("name", ALL)
def test_each_yaml_says_its_meaning_and_every_key(name):
    text = (CONF / "agent" / f"{name}.yaml").read_text().splitlines()
    assert text[0].startswith("# ") and text[1] == f"name: {name}"
    assert all("#" in line for line in text[2:])
    schema = agent_registry.load(name).config_schema
    raw = agent_yaml(name)
    typed(schema, raw, "agent").validate()
    nested = [f"{key}.{inner}" for key, value in raw.items() if isinstance(value, dict) for inner in value]
    assert sorted([*raw, *nested]) == sorted(known_keys(schema))


@pytest.mark.parametrize("name", LEARNERS)
def test_every_constructor_argument_is_a_key(name):
    import stable_baselines3

    agent = agent_registry.load(name)
    algorithm = getattr(stable_baselines3, agent.algorithm)
    arguments = set(inspect.signature(algorithm.__init__).parameters) - UNREACHABLE
    assert {one.name for one in fields(agent.config_schema)} - _sb3_config.OWN_KEYS == arguments
    policy = inspect.signature(algorithm.policy_aliases["MlpPolicy"].__init__).parameters
    given_by_sb3 = {"self", "observation_space", "action_space", "lr_schedule", "use_sde"}
    assert set(agent_yaml(name)["policy_kwargs"]) == set(policy) - given_by_sb3


def test_names_of_classes_are_the_ones_there_are():
    from netgym_cli.agents.sb3.build import CLASSES

    assert {kind: tuple(sorted(known)) for kind, known in CLASSES.items()} == {
        "activation_fn": _sb3_config.ACTIVATIONS,
        "optimizer_class": _sb3_config.OPTIMIZERS,
        "features_extractor_class": _sb3_config.EXTRACTORS,
        "rollout_buffer_class": _sb3_config.ROLLOUT_BUFFERS,
        "replay_buffer_class": _sb3_config.REPLAY_BUFFERS,
    }


def test_configs_and_checks_import_no_torch():
    program = """
import sys
from netgym_cli.agents.base import agent_registry
from netgym_cli.experiment import run
for name in agent_registry.names():
    agent_registry.load(name)
from tests.support.engine import run_config
run.check(run_config("random"))
run_config("ppo").validate()
sys.exit(bool({"torch", "stable_baselines3", "matplotlib"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


@pytest.mark.parametrize("name", GENERAL)
def test_every_agent_walks_exactly_the_plan_and_repeats_itself(name, tmp_path):
    def steps(folder, seed):
        config = run_config(name, seed, [{}, {"episodes_per_session": 1}, {}])
        run.check(config)
        before = ToySimulator.started
        summary = run.train(config, tmp_path / folder, ["netgym"])
        assert ToySimulator.started - before == 3
        assert (summary.sessions, summary.episodes, summary.steps) == (3, 5, 20)
        return pd.read_parquet(tmp_path / folder / "metrics" / "steps.parquet").drop(columns="wall_ms")

    first = steps("a", 1)
    assert len(first) == 20
    pd.testing.assert_frame_equal(first, steps("b", 1), check_exact=True)
    assert not first["reward"].equals(steps("c", 2)["reward"])
    if name in LEARNERS:
        assert (tmp_path / "a" / "model.zip").is_file() and list((tmp_path / "a" / "tb").iterdir())


@pytest.mark.parametrize(
    ("name", "keys", "updates", "noted"),
    [
        ("ppo", {"n_steps": 4, "batch_size": 2, "n_epochs": 1}, 4, None),
        ("ppo", {"n_steps": 6, "batch_size": 2, "n_epochs": 1}, 2, "last 4 of 16"),
        ("a2c", {"n_steps": 5}, 3, "last 1 of 16"),
        ("a2c", {"n_steps": 16}, 1, None),
        ("sac", {"learning_starts": 3}, 13, None),
        ("sac", {"learning_starts": 3, "train_freq": [5, "step"]}, 3, "last 1 of 16"),
        ("td3", {"learning_starts": 3, "train_freq": [2, "episode"], "gradient_steps": -1}, 16, None),
        ("td3", {"learning_starts": 3, "train_freq": [3, "episode"], "gradient_steps": 1}, 1, "last 4 of 16"),
    ],
)
def test_whole_rollouts_are_learnt_from_and_the_rest_is_said(name, keys, updates, noted, tmp_path):
    agent, env = learnt(name, sessions=[{}, {}], **keys)
    agent.learn(env, 1, tmp_path)
    assert env.finished and agent.trained.model.num_timesteps == 16
    assert agent.trained.model._n_updates == updates
    assert (noted is None and not agent.notes) or noted in agent.notes[0]


@pytest.mark.parametrize("name", ["sac", "td3"])
def test_learners_bootstrap_at_the_end_of_a_session(name, tmp_path):
    agent, env = learnt(name, sessions=[{}, {}])
    agent.learn(env, 1, tmp_path)
    buffer = agent.trained.model.replay_buffer
    assert buffer.pos == 16
    assert buffer.dones[:16, 0].tolist() == [i % 4 == 3 for i in range(16)]
    assert buffer.timeouts[:16, 0].tolist() == [i % 4 == 3 for i in range(16)]


def test_ppo_bootstraps_at_the_end_of_a_session(tmp_path, monkeypatch):
    from stable_baselines3.common.buffers import RolloutBuffer

    rewards = []
    compute = RolloutBuffer.compute_returns_and_advantage

    def remember(self, *args, **kwargs):
        rewards.extend(self.rewards[:, 0].tolist())
        compute(self, *args, **kwargs)

    monkeypatch.setattr(RolloutBuffer, "compute_returns_and_advantage", remember)
    seen = []
    config = run_config("ppo", sessions=[{}], n_steps=8, batch_size=4)
    env = SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config))
    step = env.network.step
    env.network.step = lambda action: seen.append(step(action)) or seen[-1]
    run.make_agent(config).learn(env, 1, tmp_path)
    bare = [np.float32(one[1]) for one in seen]
    assert [i for i in range(8) if rewards[i] != bare[i]] == [3, 7], "a value is added at each time limit"


@pytest.mark.parametrize("name", LEARNERS)
def test_a_model_comes_back_with_its_normalisation_bit_for_bit(name, tmp_path):
    from netgym_cli.agents.sb3 import build, training

    agent, env = learnt(name, normalize_reward=True, checkpoint_every_steps=4)
    agent.learn(env, 1, tmp_path)
    agent.save(tmp_path)
    back = training.load_model(tmp_path / "model.zip", agent.algorithm)
    assert back.normalization == agent.trained.normalization
    learner_env = agent.trained.model.get_vec_normalize_env()
    for _ in range(20):
        observation = env.observation_space.sample()
        assert np.array_equal(back.normalization.apply(observation), learner_env.normalize_obs(observation))
        assert np.array_equal(back.act(observation), agent.act(observation, {}))
        assert back.act(observation) in env.action_space
    again = build.normalized_env(agent.config, as_vector(env))
    back.normalization.restore(again)
    assert training.Normalization.of(again, back.normalization.action) == agent.trained.normalization
    assert len(list((tmp_path / "checkpoints").glob("step_*.zip"))) == 2
    assert "normalization.json" in zipfile.ZipFile(tmp_path / "checkpoints" / "step_000000004.zip").namelist()


def test_without_normalisation_nothing_is_divided(tmp_path):
    agent, env = learnt("a2c", normalize_observation=False)
    agent.learn(env, 1, tmp_path)
    agent.save(tmp_path)
    normalization = agent.trained.normalization
    assert normalization.observation == {} and normalization.reward is None
    observation = env.observation_space.sample()
    assert normalization.apply(observation) is observation and agent.act(observation, {}) in env.action_space


@pytest.mark.parametrize("rescaled", [True, False])
def test_a_policy_starts_in_the_middle_of_the_actions_if_rescaled(rescaled, tmp_path):
    from netgym_cli.agents.sb3.training import load_model

    agent, env = learnt("ppo", rescale_action=rescaled, learning_rate=0.0, n_steps=4, batch_size=4)
    agent.learn(env, 1, tmp_path)
    agent.save(tmp_path)
    actions = [load_model(tmp_path / "model.zip", "PPO").act(env.observation_space.sample()) for _ in range(5)]
    assert np.mean(actions) == pytest.approx(0.5 if rescaled else 0.0, abs=0.1)


def test_stretched_actions_reach_the_bounds_and_stay_inside():
    from netgym_cli.agents.normalization import Bounds

    bounds = Bounds([0.1, -3.7], [0.7, 1e6])
    space = spaces.Box(np.float32(bounds.low), np.float32(bounds.high))
    assert np.array_equal(bounds.stretch(np.ones(2)), space.high) and np.array_equal(
        bounds.stretch(-np.ones(2)), space.low
    )
    assert all(bounds.stretch(action) in space for action in np.random.default_rng(1).uniform(-1, 1, (1000, 2)))


def test_a_model_from_elsewhere_needs_trust(tmp_path, another_user):
    from netgym_cli.agents.sb3.training import load_model

    agent, env = learnt("a2c")
    agent.learn(env, 1, tmp_path)
    agent.save(tmp_path)
    path = tmp_path / "model.zip"
    load_model(path, "A2C")
    with pytest.raises(ConfigError, match="no model"):
        load_model(tmp_path / "other.zip", "A2C")
    with zipfile.ZipFile(shutil.copy(path, tmp_path / "changed.zip"), "a") as archive:
        archive.writestr("more", "changed")
    with pytest.raises(ConfigError, match="trust"):
        load_model(tmp_path / "changed.zip", "A2C")
    another_user()
    with pytest.raises(ConfigError, match="trust"):
        load_model(path, "A2C")
    load_model(path, "A2C", trust=True)


def test_a_state_directory_that_cannot_be_written_costs_trust_and_not_the_run(tmp_path, monkeypatch):
    from netgym_cli.agents.sb3.training import load_model

    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    agent, env = learnt("a2c")
    agent.learn(env, 1, tmp_path)
    agent.save(tmp_path)
    with pytest.raises(ConfigError, match="trust"):
        load_model(tmp_path / "model.zip", "A2C")


def test_an_agent_that_learnt_nothing_says_so(tmp_path):
    agent, _ = learnt("ppo")
    with pytest.raises(SessionError, match="learnt nothing"):
        agent.save(tmp_path)


def test_all_settings_reach_the_algorithm(tmp_path):
    import torch
    from stable_baselines3.common.noise import OrnsteinUhlenbeckActionNoise

    agent, env = learnt(
        "td3",
        learning_rate="linear:1e-3",
        action_noise={"kind": "ornstein_uhlenbeck", "sigma": 0.3, "theta": 0.2},
        policy_kwargs={
            **agent_yaml("td3")["policy_kwargs"],
            "net_arch": [7],
            "activation_fn": "elu",
            "optimizer_class": "sgd",
            "optimizer_kwargs": {"momentum": 0.5},
        },
        replay_buffer_class="plain",
    )
    agent.learn(env, 1, tmp_path)
    model = agent.trained.model
    assert model.lr_schedule(0.5) == pytest.approx(5e-4)
    assert isinstance(model.action_noise, OrnsteinUhlenbeckActionNoise) and model.action_noise._theta == 0.2
    assert any(isinstance(layer, torch.nn.ELU) for layer in model.actor.modules())
    assert isinstance(model.actor.optimizer, torch.optim.SGD)
    assert torch.get_num_threads() == 1
