"""Promises that a dataset of every environment keeps; a new environment is tested by existing."""

import numpy as np
import pytest

from netgym_cli.collection.verb import collect
from netgym_cli.config.compose import compose
from netgym_cli.datasets import open_dataset
from netgym_cli.envs.base import env_registry
from netgym_cli.experiment.config import typed_run
from netgym_cli.simulators.stats import Layout, Row, Stats
from tests.contracts.test_every_env import ENVS, needing, quick

HOW = [
    needing(env, how, long=how == "random" and env_registry.load(env).has_default)
    for env in ENVS
    for how in ("default", "random")
    if how == "random" or env_registry.load(env).has_default
]


@pytest.mark.parametrize(("env", "how"), HOW)
def test_every_environment_can_be_collected(env, how):
    words = [f"env={env}", *quick(env), "env.steps_per_episode=4", "episodes=3", "seeds=2", "jobs=2", "name=it"]
    words += [] if how == "default" else ["agent=random"]
    found = collect(words, [], how == "default", False, ["netgym"])
    assert found.episodes == 3 and found.new_episodes == 3
    dataset = open_dataset(found.dataset_id)
    config = typed_run(compose([word for word in words if word.startswith("env")])).env
    adapter = env_registry.load(env)(config)
    layout = Layout(tuple(Row(*row[:3], tuple(row[3])) for row in dataset.netgym["layout"]))
    assert dataset.observation_space == adapter.observation_space and dataset.action_space == adapter.action_space
    for episode in dataset.episodes():
        assert all(action in dataset.action_space for action in episode.actions)
        assert all(observation in dataset.observation_space for observation in episode.observations)
        assert (episode.infos["default_action"][:-1] == (how == "default")).all()
        assert (episode.terminations | episode.truncations).tolist() == [False] * (len(episode) - 1) + [True]
        if not adapter.external_env:
            measured = [Stats(layout, 0.0, values) for values in episode.infos["stats"]]
            assert [adapter.reward(one) for one in measured[1:]] == episode.rewards.tolist()
            np.testing.assert_array_equal([adapter.observation(one) for one in measured], episode.observations)


@pytest.mark.ns3
def test_explicit_actions_are_stored_in_one_form():
    words = ["env=nqos_split_small", "agent=random", "episodes=1", "jobs=1", "name=it"]
    collect(words, [], False, False, ["netgym"])
    weights = next(open_dataset("netgym/nqos_split_small/it-v0").episodes()).actions
    np.testing.assert_allclose(weights.sum(axis=2), 1, rtol=1e-6)
    assert len(np.unique(weights)) > 40
