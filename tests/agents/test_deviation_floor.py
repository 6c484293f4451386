"""A feature that hardly changes in training must not become a huge number when it changes later."""

import json
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from netgym_cli.agents.builtin.cleanrl_ppo import Policy
from netgym_cli.agents.deviation_floor import floored, units
from netgym_cli.agents.normalization import Normalization
from netgym_cli.agents.sb3.floored_normalize import FlooredNormalize
from netgym_cli.config.compose import compose
from netgym_cli.config.conf_dirs import members
from netgym_cli.experiment.config import typed_run
from tests.support.engine import agent_yaml

SPACE = spaces.Box(np.zeros(3, np.float32), np.array([1000, 1000, 0.2], np.float32))
FLOOR = 0.02


class Drawn(gymnasium.Env):
    """Its first feature is almost constant, the second swings, the third is a small share."""

    observation_space, action_space = SPACE, spaces.Discrete(2)

    def __init__(self):
        self.random = np.random.default_rng(3)

    def observe(self):
        return np.array([2.0, 30 + 9 * self.random.normal(), 0.04 * self.random.random()], np.float32)

    def reset(self, *, seed=None, options=None):
        return self.observe(), {}

    def step(self, action):
        return self.observe(), 0.0, False, False, {}


def run_in(kind, **keywords):
    env = kind(DummyVecEnv([Drawn]), **keywords)
    env.reset()
    return env, np.concatenate([env.step(np.array([0]))[0] for _ in range(200)])


def test_units_are_one_or_a_narrower_range():
    assert units(SPACE, (3,)).tolist() == pytest.approx([1, 1, 0.2])
    unbounded = spaces.Box(-np.inf, np.inf, (2, 3))
    assert units(unbounded, (2, 3)).tolist() == [[1] * 3] * 2
    users = spaces.Box(np.zeros((2, 3), np.float32), np.array([[5, 5, 5], [0.5, 0.2, 0.3]], np.float32))
    assert units(users, (2, 1)).tolist() == pytest.approx(np.array([[1.0], [0.2]]))  # moments that users share


def test_the_floor_is_a_share_of_mean_or_unit():
    deviation, mean, unit = np.array([1e-9, 1e-9, 3.0]), np.array([-40.0, 0.1, 40.0]), np.array([1.0, 1.0, 1.0])
    assert floored(deviation, mean, 0.05, unit).tolist() == [2.0, 0.05, 3.0]
    assert floored(deviation, mean, 0, unit) is deviation


def test_running_scales_are_equal_where_the_floor_does_not_bite():
    _, plain = run_in(VecNormalize)
    _, without = run_in(FlooredNormalize, min_deviation=0.0)
    _, with_floor = run_in(FlooredNormalize, min_deviation=FLOOR)
    assert (without == plain).all()
    assert (with_floor[10:, 1] == plain[10:, 1]).all()


def test_a_constant_feature_stays_small_when_it_changes():
    packets = np.array([[2.15, 30, 0.02]], np.float32)
    env, _ = run_in(FlooredNormalize, min_deviation=0.0)
    assert env.normalize_obs(packets)[0, 0] == 10  # what the key is there for
    env, _ = run_in(FlooredNormalize, min_deviation=FLOOR)
    assert env.normalize_obs(packets)[0, 0] == pytest.approx(0.15 / 0.04, rel=0.01)


def test_the_saved_scales_are_those_of_the_training():
    env, _ = run_in(FlooredNormalize, min_deviation=FLOOR)
    saved = Normalization.of(env, None)
    again = Normalization.from_json(saved.to_json())
    assert again == saved
    for observation in (Drawn().observe(), np.array([2.15, 3, 0.2], np.float32)):
        assert (again.apply(observation) == env.normalize_obs(observation)).all()


def test_scales_of_a_release_without_a_floor_have_none():
    env, _ = run_in(FlooredNormalize, min_deviation=FLOOR)
    raw = json.loads(Normalization.of(env, None).to_json())
    del raw["min_deviation"], raw["units"]
    old = Normalization.from_json(json.dumps(raw))
    assert old.apply(np.array([2.15, 30, 0.02]))[0] == 10


@pytest.mark.parametrize(("floor", "first"), [(0.0, 10.0), (FLOOR, 3.75)])
def test_cleanrl_ppo_has_it_too(floor, first):
    config = replace(typed_run(compose(["env=gym", "agent=cleanrl_ppo"])).agent, min_deviation=floor)
    policy, drawn = Policy(config, SPACE, spaces.Discrete(2)), Drawn()
    policy.normalize([drawn.observe() for _ in range(200)], learn=True)
    assert policy.normalize([np.array([2.15, 30, 0.02])])[0, 0] == pytest.approx(first, rel=0.01)


@pytest.mark.parametrize("name", [name for name in members("agent") if "normalize_observation" in agent_yaml(name)])
def test_every_learner_that_normalises_has_a_floor(name):
    assert agent_yaml(name)["min_deviation"] == FLOOR
