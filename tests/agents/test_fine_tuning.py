"""A run that continues another run's model begins where that one ended."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from netgym_cli.agents.base import agent_registry
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import compose
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.runs.folder import RunFolder
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.single import as_vector
from netgym_cli.wrappers.build import open_env
from tests.agents.test_offline_agents import (  # noqa: F401 - fixtures among them
    OFFLINE,
    QUICK,
    configured,
    done,
    observations,
    own_homes,
    place,
)
from tests.support import offline_data

SHORT = {
    "ppo": ["agent.n_steps=25", "agent.batch_size=25", "agent.n_epochs=1"],
    "a2c": ["agent.n_steps=25"],
    "sac": ["agent.learning_starts=10", "agent.batch_size=16"],
    "td3": ["agent.learning_starts=10", "agent.batch_size=16"],
}
CONTINUES = {"PPO": "ppo", "A2C": "a2c", "SAC": "sac", "TD3": "td3"}


def online(name, init, *words):
    """The config of a run that learns in the environment."""
    env = ["env=gym", "env.id=tests.support.offline_data:LQ-v0", f"env.steps_per_episode={offline_data.STEPS}"]
    short = ["sessions=1", "env.episodes_per_session=2", "agent.checkpoint_every_steps=0", *SHORT.get(name, [])]
    return typed_run(compose([*env, f"agent={name}", *([f"init={init}"] if init else []), *short, *words]))


@pytest.fixture(scope="module")
def before(place):  # noqa: F811
    """The folder of a short run, by the agent's name."""
    folders = {}

    def folder_of(name):
        if name not in folders:
            folders[name] = place / f"before_{name}"
            config = configured(name) if name in OFFLINE else online(name, None)
            done(config, folders[name])
        return folders[name]

    return folder_of


def begun(config, folder):
    """A training before its first step."""
    from netgym_cli.agents.sb3.training import Training
    from netgym_cli.agents.sb3.warm_start import Start

    agent = run.make_agent(config)
    env = as_vector(SequentialSessions(open_env(config), agent.plan(config)))
    start = Start.of(config.agent, agent.algorithm)
    return Training(agent.algorithm, config.agent, as_vector(env), config.seed, folder, start.build), start


@pytest.mark.parametrize("name", [*OFFLINE, *CONTINUES.values()])
def test_it_acts_exactly_as_the_model_it_continues_and_goes_on(name, before, tmp_path):
    kind = agent_registry.load(name)
    successor = CONTINUES[kind.algorithm]
    config = online(successor, before(name))
    training, start = begun(config, tmp_path)
    policy = training.result()
    for observation in observations():
        assert np.array_equal(policy.act(observation), start.trained.act(observation))
    assert policy.normalization.observation == start.trained.normalization.observation
    old, new = start.trained.model, policy.model
    same = all(torch.equal(a, b) for a, b in zip(old.policy.parameters(), new.policy.parameters(), strict=True))
    assert same and (name == successor) == _goes_on(new)
    summary = done(config, tmp_path / "run")
    assert summary.steps == 50 * config.agent.n_envs
    after = agent_registry.load(successor).load(config.agent, tmp_path / "run").trained
    assert not torch.equal(next(iter(after.model.policy.parameters())), next(iter(new.policy.parameters())))


def _goes_on(model):
    """Whether the optimizer remembers gradients."""
    optimizer = getattr(model, "actor", model.policy).optimizer
    return any(optimizer.state.values())


def test_the_policy_acts_from_the_first_step(before, tmp_path):
    config = online("td3", before("td3_bc"), "agent.action_noise.kind=none", "agent.learning_starts=30")
    policy = begun(config, tmp_path / "x")[0].result()
    agent, done_here = run.make_agent(config), []
    env = SequentialSessions(open_env(config), agent.plan(config))
    step = env.env.step
    env.env.step = lambda action: done_here.append((env._last, action)) or step(action)
    agent.learn(env, 1, tmp_path)
    away = [np.abs(action - policy.act(observation)).max() for observation, action in done_here[:24]]
    assert max(away) < 0.3, "before it learns, only the running normalisation changes"


def test_layers_are_those_of_the_model(before, tmp_path):
    config = online("td3", before("td3_bc"), "agent.policy_kwargs.net_arch=[7]")
    training, _ = begun(config, tmp_path)
    assert training.result().model.policy.net_arch == [32, 32]
    assert "[32, 32], and not agent.policy_kwargs.net_arch=[7]" in done(config, tmp_path / "run").notes[0]


@pytest.mark.parametrize(
    ("name", "successor", "words", "named"),
    [
        ("td3_bc", "sac", [], ["holds a TD3 model (agent td3_bc)", "agent=sac", "continue it with agent=td3"]),
        ("iql", "td3", [], ["holds a SAC model (agent iql)", "continue it with agent=sac"]),
        ("bc", "a2c", [], ["holds a PPO model (agent bc)", "continue it with agent=ppo"]),
        ("td3", "td3", ["env.id=Pendulum-v1"], ["actions", "(2,)", "(1,)"]),
        ("td3", "td3", ["agent.rescale_action=false"], ["agent.rescale_action=true"]),
        ("td3", "td3", ["agent.normalize_observation=false"], ["agent.normalize_observation=true"]),
    ],
)
def test_what_cannot_be_continued_is_said_before_the_run(name, successor, words, named, before):
    with pytest.raises(ConfigError) as caught:
        run.check(online(successor, before(name), *words))
    assert all(word in str(caught.value) for word in named), caught.value


def test_only_models_that_were_made_here_are_continued(before, tmp_path, another_user):
    with pytest.raises(ConfigError, match="not the folder of a run"):
        run.check(online("td3", tmp_path))
    shutil.copytree(before("td3"), tmp_path / "copy")
    run.check(online("td3", tmp_path / "copy"))
    another_user()
    with pytest.raises(ConfigError, match="continues only models that were made here"):
        run.check(online("td3", tmp_path / "copy"))
    (tmp_path / "copy" / "run.json").write_text('{"agent": "os:path"}')
    with pytest.raises(ConfigError, match="'os:path'"):
        run.check(online("td3", tmp_path / "copy"))
    (tmp_path / "copy" / "run.json").write_text('{"agent": "random"}')
    with pytest.raises(ConfigError, match="no model of Stable-Baselines3"):
        run.check(online("td3", tmp_path / "copy"))


def test_what_was_learnt_offline_is_worth_something_online(place, tmp_path):  # noqa: F811
    done(configured("td3_bc", "steps=400", *QUICK.get("td3_bc", [])), tmp_path / "offline")
    words = ("env.episodes_per_session=4", "agent.learning_starts=90")
    done(online("td3", tmp_path / "offline", *words), tmp_path / "continued")
    done(online("td3", None, *words), tmp_path / "anew")
    first = {
        name: pd.read_csv(tmp_path / name / "metrics" / "episodes.csv")["return"] for name in ("continued", "anew")
    }
    assert first["continued"].max() > first["anew"].max() and first["continued"].mean() > first["anew"].mean() / 3


def test_seeds_behind_a_model_are_remembered(place, tmp_path):  # noqa: F811
    dataset = offline_data.write("LQ", count=1, about={"netgym": {"seeds": [5, 6]}}, version=7)
    done(configured("td3_bc", dataset=dataset), tmp_path / "offline")
    done(online("td3", tmp_path / "offline"), tmp_path / "continued")
    assert RunFolder(tmp_path / "offline").seeds() == {5, 6}
    assert RunFolder(tmp_path / "continued").seeds() == {1, 5, 6}
