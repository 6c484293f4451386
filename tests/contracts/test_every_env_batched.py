"""What an environment makes of many networks in one call is what it makes of each, to the bit; of every environment."""

from functools import cache

import numpy as np
import pytest

from netgym_cli import make_env
from netgym_cli.common.errors import ActionError
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.many_networks import ManyNetworks
from netgym_cli.simulators.stats import Stats
from tests.contracts.test_every_env import NETWORKS, hurried, needing

COPIES = 30
START = (0, 0, 0)


@cache
def measured(env):
    """An environment after a session, and measurements of many networks in its layout, some of them idle."""
    made = make_env(env, seed=3, steps_per_episode=5, episodes_per_session=1, **hurried(env, 100))
    made.reset()
    rows = [made.stats.values, *(made.step(made.action_space.sample())[4].stats.values for _ in range(3))]
    with pytest.raises(ActionError, match="shape"):  # one network takes one action
        made.step(np.stack([made.action_space.sample()] * 2))
    layout = made.stats.layout
    made.close()
    random = np.random.default_rng(4)
    values = np.stack([rows[k % len(rows)] for k in range(COPIES)])
    changed = values * random.choice([0.0, 0.3, 1.0, 1.0, 1.7], values.shape)
    values[4:] = np.where(values[4:] == np.round(values[4:]), values[4:], changed[4:])  # whole numbers may be ids
    values[-3:] *= 0.0
    return made, Stats(layout, 1000.0 + np.arange(COPIES), values, np.arange(COPIES))


@pytest.mark.parametrize("env", NETWORKS)
def test_every_environment_is_batched(env):
    assert env_registry.load(env).batched


@pytest.mark.parametrize("env", [needing(env) for env in NETWORKS])
def test_many_networks_are_each_of_them(env):
    made, many = measured(env)
    adapter, each = made.adapter, [many.network(k) for k in range(COPIES)]
    made.action_space.seed(1)
    actions = [made.action_space.sample() for _ in range(COPIES)]
    actions[0] = np.zeros_like(actions[0]) if np.zeros_like(actions[0]) in made.action_space else actions[0]

    observations = adapter.observation(many)
    assert observations.dtype == made.observation_space.dtype
    assert observations.tobytes() == np.stack([adapter.observation(stats) for stats in each]).tobytes()

    rewards = [adapter.reward(stats) for stats in each]
    assert all(type(reward) is float for reward in rewards)
    assert adapter.reward(many).tolist() == rewards

    kpis, kpis_of_each = adapter.kpis(many), [adapter.kpis(stats) for stats in each]
    assert all(type(value) is float for alone in kpis_of_each for value in alone.values())
    assert {name: values.tolist() for name, values in kpis.items()} == {
        name: [alone[name] for alone in kpis_of_each] for name in kpis_of_each[0]
    }

    controls = adapter.encode_action(np.stack(actions))
    assert controls.dtype == np.float64
    assert controls.tobytes() == np.stack([adapter.encode_action(action) for action in actions]).tobytes()


@pytest.mark.parametrize("env", [needing(env) for env in NETWORKS])
def test_asked_network_by_network_an_adapter_says_the_same(env, monkeypatch):
    made, many = measured(env)
    networks = ManyNetworks(made.adapter, COPIES)
    actions = np.stack([made.action_space.sample() for _ in range(COPIES)])
    told = []
    for batched in (True, False):
        monkeypatch.setattr(type(made.adapter), "batched", batched)
        kpis = networks.kpis(many)
        taken = networks.taken(actions)
        parts = networks.observations(many, START), networks.rewards(many, START), networks.controls(taken)
        told.append([*(part.tobytes() for part in parts), {name: values.tolist() for name, values in kpis.items()}])
    assert told[0] == told[1]
