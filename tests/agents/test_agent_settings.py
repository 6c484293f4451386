"""What an agent's settings may be, all of it known before a run leaves a trace."""

from types import SimpleNamespace

import numpy as np
import pytest
from gymnasium import spaces

from netgym_cli.agents.base import agent_registry
from netgym_cli.common.errors import ConfigError
from netgym_cli.experiment import run
from tests.support.engine import agent_yaml, run_config
from tests.support.toy import ToySimulator

LEARNERS = ("a2c", "ppo", "sac", "td3")


@pytest.mark.parametrize(
    ("name", "keys", "named"),
    [
        ("ppo", {"learning_rate": "cosine:1"}, ["learning_rate", "cosine:1", "linear:"]),
        ("ppo", {"batch_size": 4, "n_steps": 6}, ["batch_size is 4", "n_steps is 6"]),
        ("ppo", {"clip_range": -1}, ["clip_range", "-1"]),
        ("ppo", {"policy": "Mlp"}, ["policy", "'Mlp'", "MlpPolicy"]),
        ("ppo", {"policy": "MultiInputPolicy"}, ["policy", "MultiInputPolicy", "Box"]),
        ("ppo", {"n_steps": 10, "batch_size": 5}, ["n_steps is 10", "8 steps"]),
        ("sac", {"learning_starts": 8}, ["learning_starts is 8", "8 steps"]),
        ("sac", {"ent_coef": "much"}, ["ent_coef", "much", "auto"]),
        ("sac", {"train_freq": [1, "minute"]}, ["train_freq", "minute", "episode"]),
        ("sac", {"optimize_memory_usage": True}, ["optimize_memory_usage", "handle_timeout_termination"]),
        (
            "td3",
            {"action_noise": {"kind": "pink", "sigma": 0.1, "theta": 0.1}},
            ["action_noise.kind", "pink", "normal"],
        ),
        ("a2c", {"rollout_buffer_class": "os.system"}, ["rollout_buffer_class", "os.system", "plain"]),
    ],
)
def test_a_bad_setting_is_named_with_what_is_allowed(name, keys, named):
    with pytest.raises(ConfigError) as caught:
        run.check(run_config(name, **keys))
    assert all(word in str(caught.value) for word in named), caught.value


@pytest.mark.parametrize("name", ["ppo", "td3"])
@pytest.mark.parametrize("arch", ["foo", [64, -1], [0], [True], {"a": [3]}, {"pi": 3}, 64])
def test_layers_are_checked_without_the_library(name, arch):
    kwargs = {**agent_yaml(name)["policy_kwargs"], "net_arch": arch}
    with pytest.raises(ConfigError, match=r"agent\.policy_kwargs\.net_arch .*\[64, 64\]"):
        run_config(name, policy_kwargs=kwargs).validate()


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("arch", [[], [8, 8], "heads"])
def test_every_shape_of_layers_that_is_allowed_can_be_built(name, arch):
    heads = agent_registry.load(name)(run_config(name).agent).config.policy_kwargs.heads
    arch = {key: [4] for key in heads} if arch == "heads" else arch
    run.check(run_config(name, policy_kwargs={**agent_yaml(name)["policy_kwargs"], "net_arch": arch}))


def test_a_check_leaves_the_config_as_it_was():
    config = run_config("sac", n_steps=2, replay_buffer_kwargs={"handle_timeout_termination": True})
    run.check(config)
    assert config.agent.replay_buffer_kwargs == {"handle_timeout_termination": True}


@pytest.mark.parametrize("name", ["ppo", "sac"])
@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"policy_kwargs": {"optimizer_kwargs": {"foo": 1}}}, ["agent.policy_kwargs.optimizer_kwargs={'foo': 1}"]),
        ({"policy": "CnnPolicy"}, ["agent.policy='CnnPolicy'", "Box"]),
        ({"device": "foo"}, ["agent.device", "foo", "cpu"]),
        ({"device": "cuda"}, ["agent.device", "cuda", "cpu"]),
    ],
)
def test_what_the_library_refuses_is_found_before_the_run(name, keys, named, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    if "policy_kwargs" in keys:
        keys = {"policy_kwargs": {**agent_yaml(name)["policy_kwargs"], **keys["policy_kwargs"]}}
    before = ToySimulator.started
    with pytest.raises(ConfigError) as caught:
        run.check(run_config(name, **keys))
    assert all(word in str(caught.value) for word in named), caught.value
    assert ToySimulator.started == before


def test_agents_refuse_what_they_cannot_act_in():
    seen = spaces.Box(0, 1, (1,))
    discrete = SimpleNamespace(observation_space=seen, action_space=spaces.Discrete(3))
    endless = SimpleNamespace(observation_space=seen, action_space=spaces.Box(-np.inf, np.inf, (2,)))
    able = {
        name: agent_registry.load(name).incompatibility(discrete) is None
        for name in ("ppo", "a2c", "sac", "td3", "random")
    }
    assert able == {"ppo": True, "a2c": True, "sac": False, "td3": False, "random": True}
    assert "bounded" in agent_registry.load("ppo").incompatibility(endless)
