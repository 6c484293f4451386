"""Policies that treat users alike: a permutation of users permutes their actions, and any number of them will do."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from gymnasium import spaces

from netgym_cli.agents.base import agent_registry
from netgym_cli.agents.entities import EntityAxes, policy_for
from netgym_cli.agents.pooled import MANY_ROWS, PooledLayers, arranged, by_user
from netgym_cli.agents.sb3.build import build, normalized_env
from netgym_cli.agents.sb3.dry_build import SpacesOnly
from netgym_cli.common.errors import ConfigError
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.base import adapter_of, env_registry
from netgym_cli.envs.make import make_env
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment import run
from netgym_cli.experiment.task import Task
from netgym_cli.runs.folder import RunFolder
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from tests.conftest import homes_in
from tests.support.engine import run_config

USERS, MARKS = "tests.support.toy_users:ToyUsers", "tests.support.toy_users:ToyMarks"
LEARNERS = ["ppo", "a2c", "sac", "cleanrl_ppo"]
WITH_ENTITIES = [name for name in env_registry.names() if env_registry.load(name).entities is not None]


def configured(agent="ppo", env=USERS, users=3, **keys):
    return run_config(agent, env={"name": env, "num_users": users}, **({"policy": "per_user"} | keys))


def done(config, folder):
    run.check(config)
    run.train(config, folder, ["netgym"], console=False)
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("per_user")
    with homes_in(folder):
        yield folder


@pytest.fixture(autouse=True)
def own_homes(place):
    """The tests of this module share them, as they share the runs."""


@pytest.fixture(scope="module")
def trained(place):
    """The folder of a short run on three users, by agent, environment and keys."""
    folders = {}

    def folder_of(agent="ppo", env=USERS, **keys):
        key = (agent, env, str(keys))
        if key not in folders:
            folders[key] = done(configured(agent, env, **keys), place / f"run_{len(folders)}")
        return folders[key]

    return folder_of


def loaded(folder, config):
    """The agent of a run, fitted to the environment of `config`."""
    agent = Task.of(config, folder, False, 5, 1).agent()
    agent.begin(SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config)), 5)
    return agent


def random_policy(adapter, agent="ppo", seed=0):
    """A policy with random weights, none of them small, on the spaces of an adapter."""
    config = replace(run_config(agent).agent, policy="per_user")
    env = normalized_env(config, SpacesOnly(adapter.observation_space, adapter.action_space))
    policy = build(agent_registry.load(agent).algorithm, config, env, 0, EntityAxes.of(adapter)).policy
    torch.manual_seed(seed)
    for weights in policy.parameters():
        torch.nn.init.normal_(weights)
    return policy


@pytest.mark.parametrize("name", WITH_ENTITIES)
def test_a_permutation_of_users_permutes_their_actions_and_keeps_the_value(name):
    adapter = make_env(name).adapter
    policy, axes = random_policy(adapter), EntityAxes.of(adapter)
    features, users = adapter.observation_space.shape
    observations = torch.randn(4, features, users)
    order = torch.randperm(users, generator=torch.Generator().manual_seed(1))
    before, after = (policy.get_distribution(seen).mode() for seen in (observations, observations[:, :, order]))
    by_user = [
        actions.reshape(4, -1, users) if axes.last else actions.reshape(4, users, -1).transpose(1, 2)
        for actions in (before, after)
    ]
    assert torch.allclose(by_user[0][:, :, order], by_user[1], atol=1e-5)
    assert users == 1 or not torch.allclose(by_user[0][..., 0], by_user[0][..., -1], atol=1e-3)
    values = [policy.predict_values(seen) for seen in (observations, observations[:, :, order])]
    assert values[0].shape == (4, 1) and torch.allclose(*values, atol=1e-5)
    sampled = policy.get_distribution(observations).get_actions(deterministic=False)
    again = policy.evaluate_actions(observations, sampled)
    assert torch.allclose(again[1], policy.get_distribution(observations).log_prob(sampled), atol=1e-5)


@pytest.mark.parametrize(
    "name", [name for name in WITH_ENTITIES if isinstance(make_env(name).action_space, spaces.Box)]
)
def test_a_permutation_of_users_permutes_the_actions_of_sac_and_keeps_its_values(name):
    adapter = make_env(name).adapter
    policy, last = random_policy(adapter, "sac"), EntityAxes.of(adapter).last
    features, users = adapter.observation_space.shape
    entries = int(np.prod(adapter.action_space.shape)) // users
    observations, actions = torch.randn(4, features, users), torch.rand(4, users, entries)
    order = torch.randperm(users, generator=torch.Generator().manual_seed(1))
    before, after = (policy.actor(seen, True) for seen in (observations, observations[:, :, order]))
    assert torch.allclose(by_user(before, entries, last)[:, order], by_user(after, entries, last), atol=1e-5)
    flat, flat_after = (arranged(given, [1] * entries, last) for given in (actions, actions[:, order]))
    values = (
        torch.cat(policy.critic(observations, flat)),
        torch.cat(policy.critic(observations[:, :, order], flat_after)),
    )
    assert values[0].shape == (8, 1) and torch.allclose(*values, rtol=1e-4)
    swapped = torch.cat(policy.critic(observations, arranged(actions.flip(1), [1] * entries, last)))
    assert users == 1 or not torch.allclose(values[0], swapped, rtol=1e-4)  # whose action it is, counts


@pytest.mark.parametrize("hidden", [[], [8], [8, 6], [8, 6, 4]])
def test_layers_of_many_rows_are_those_of_few(hidden):
    torch.manual_seed(1)
    layers = PooledLayers(4, hidden, torch.nn.Tanh)
    features = torch.randn(MANY_ROWS, 3, 4)
    together = layers(features)
    few = torch.cat([layers(part) for part in features.split(MANY_ROWS // 4)])
    assert together.shape == (MANY_ROWS, 3, layers.outputs)
    assert torch.allclose(together, few, atol=1e-6)
    gradients = [
        torch.autograd.grad(outputs.square().sum(), layers.parameters()) for outputs in (together, few) if hidden
    ]
    assert all(torch.allclose(*pair, rtol=1e-4, atol=1e-3) for pair in zip(*gradients, strict=True))


def test_a_user_sees_the_others_only_through_their_mean():
    policy = random_policy(make_env("nqos_split").adapter)
    observations = torch.randn(1, 3, 5)
    changed = observations.clone()
    changed[:, :, 4] += 1
    means = [policy.get_distribution(seen).mode()[0, :3] for seen in (observations, changed)]
    assert not torch.allclose(*means)  # the first user's weights follow what the last one measures
    twice = torch.cat([observations, observations], -1)
    with torch.no_grad():
        policy.resize(spaces.Box(-9, 9, (3, 10)), spaces.Box(-1, 1, (10, 3)))
        assert torch.allclose(policy.get_distribution(twice).mode()[0, :3], means[0], atol=1e-5)


@pytest.mark.parametrize(
    ("agent", "env"), [(a, e) for a in LEARNERS for e in (USERS, MARKS) if (a, e) != ("sac", MARKS)]
)
def test_a_model_of_three_users_acts_on_five_with_a_scale_per_feature(agent, env, trained):
    five = configured(agent, env, users=5)
    observation = np.random.default_rng(0).random((2, 5)).astype(np.float32)
    fitted = loaded(trained(agent, env), five)
    action = fitted.act(observation, {})
    assert action in adapter_of(five.env).action_space
    if agent == "cleanrl_ppo":
        shape = fitted.policy.scale.mean.shape
    else:
        content = zipfile.ZipFile(RunFolder(trained(agent, env)).model_path).read("normalization.json")
        shape = np.shape(json.loads(content)["observation"][""]["mean"])[:1]
    assert shape == (2,)


@pytest.mark.parametrize("agent", ["ppo", "a2c", "sac"])
def test_a_model_of_three_users_is_continued_on_five_and_acts_on_three_again(agent, trained, tmp_path):
    five = configured(agent, users=5)
    observation = np.random.default_rng(0).random((2, 5)).astype(np.float32)
    more = done(replace(five, agent=replace(five.agent, init=str(trained(agent)))), tmp_path / "more")
    before, after = loaded(trained(agent), five), loaded(more, five)
    assert not np.array_equal(before.act(observation, {}), after.act(observation, {}))
    three = configured(agent)
    assert loaded(more, three).act(observation[:, :3], {}) in adapter_of(three.env).action_space


@pytest.mark.parametrize("agent", ["ppo", "sac", "cleanrl_ppo"])
def test_two_users_act_the_same_beside_two_like_them(agent, trained):
    """The saved scale is that of a feature, not of a user and a feature."""
    fitted = [loaded(trained(agent), configured(agent, users=users)) for users in (4, 2)]
    two = np.array([[1, 7], [4, 2]], np.float32)
    four, alone = fitted[0].act(np.hstack([two, two]), {}), fitted[1].act(two, {})
    np.testing.assert_allclose(four, np.vstack([alone, alone]), atol=1e-6)


@pytest.mark.parametrize(
    ("env", "users", "message"),
    [(MARKS, 3, "the model was trained for the actions"), ("tests.support.toy:ToyAdapter", 3, "trained for the obs")],
)
def test_what_differs_in_more_than_the_number_of_users_is_refused(env, users, message, trained):
    with pytest.raises(ConfigError, match=message):
        loaded(trained(), configured(env=env, users=users, policy="auto"))


def test_a_policy_of_all_users_is_still_refused_another_number_of_them(trained):
    folder = trained(policy="auto")
    with pytest.raises(ConfigError, match="the model was trained for the observations"):
        loaded(folder, configured(users=5, policy="auto"))


@pytest.mark.parametrize(("before", "now"), [("auto", "per_user"), ("per_user", "auto")])
def test_training_continues_only_the_same_kind_of_policy(before, now, trained):
    config = configured(policy=now, init=str(trained(policy=before)))
    with pytest.raises(ConfigError, match=f"agent.policy is '{now}'.* write agent.policy={before}"):
        run.check(config)
    run.check(replace(config, agent=replace(config.agent, policy="by_env")))


def test_an_environment_without_users_is_refused_with_those_that_have_them():
    config = run_config("ppo", policy="per_user")
    with pytest.raises(ConfigError) as refused:
        run.check(config)
    text = str(refused.value)
    assert "has no users" in text and "agent.policy" in text
    assert all(name in text for name in WITH_ENTITIES) and "users: dynamic_qos, nqos_split, qos_steer" in text


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"use_sde": True}, "agent.use_sde is True; allowed: false with policy: per_user"),
        ({"policy_kwargs": {"features_extractor_class": "flatten"}}, "agent.policy_kwargs.features_extractor_class"),
    ],
)
def test_settings_that_do_not_fit_the_policy_are_refused(keys, message):
    kwargs = keys.pop("policy_kwargs", {})
    config = configured(**keys)
    config = replace(config, agent=replace(config.agent, policy_kwargs=replace(config.agent.policy_kwargs, **kwargs)))
    with pytest.raises(ConfigError, match=message):
        run.check(config)


def test_users_whose_actions_differ_are_refused():
    axes, seen = EntityAxes(last=False), spaces.Box(0, 1, (3, 2))
    assert axes.objection(seen, spaces.MultiDiscrete([2, 2])) is None
    assert "the same actions for each of the 2 users" in axes.objection(seen, spaces.MultiDiscrete([2, 3]))
    assert "one column per user" in axes.objection(spaces.Box(0, 1, (3,)), spaces.MultiDiscrete([2, 2]))


@pytest.mark.parametrize("name", env_registry.names())
def test_by_env_is_one_policy_for_all_users_where_there_are_any(name):
    spec = AgentSpec.of(make_env(name).adapter)
    expected = "per_user" if spec.adapter.entities == "users" else "auto"
    assert policy_for("by_env", spec) == expected
    assert policy_for("MlpPolicy", spec) == "MlpPolicy"
    window = spaces.Dict({"observations": spaces.Box(0, 1, (4, 3, 5))})
    assert policy_for("by_env", replace(spec, observation_space=window)) == "auto"  # behind a channel


@pytest.mark.parametrize("agent", ["ppo", "sac", "cleanrl_ppo"])
def test_softmax_actions_are_saved_with_the_model(agent, tmp_path):
    config = configured(agent, policy="auto", action="softmax")
    folder = done(config, tmp_path)
    action = loaded(folder, config).act(np.array([[3, 4, 5], [0, 1, 2]], np.float32), {})
    assert np.allclose(action.max(axis=1), 1) and (action > 0).all()
    if agent == "cleanrl_ppo":
        return
    content = json.loads(zipfile.ZipFile(RunFolder(folder).model_path).read("normalization.json"))
    assert content["action"]["sharpness"] == 5
    with pytest.raises(ConfigError, match=r"write agent\.action=softmax"):
        run.check(configured(agent, policy="auto", init=str(folder)))


def test_softmax_is_refused_where_actions_are_no_shares():
    with pytest.raises(ConfigError, match=r"agent\.action is .softmax.; allowed: box in env"):
        run.check(run_config("ppo", action="softmax"))
    assert AgentSpec.of(make_env("nqos_split").adapter).adapter.actions_are_shares
