"""The end of a session as a learner should see it."""

import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import DummyVecEnv

from netgym_cli import learner_view, make_env
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from tests.envs.test_session_owner import ACTION, CONFIG, toy
from tests.support.toy_ids import TOY


def flags(env, steps):
    told = []
    for _ in range(steps):
        *_, terminated, truncated, info = env.step(ACTION)
        told.append((terminated, truncated, info.get("session_end", False)))
        if terminated or truncated:
            env.reset()
    return told


def test_it_is_what_the_command_line_shows_its_learners():
    mine, theirs = learner_view(toy()), SequentialSessions(toy(), Plan.of(CONFIG))
    mine.reset(), theirs.reset()
    assert flags(mine, 8) == flags(theirs, 8) == [(False, k % 4 == 3, k == 7) for k in range(8)]


def test_the_environment_itself_ends_a_session_with_both_flags():
    env = toy()
    env.reset()
    assert [told[:2] for told in flags(env, 8)] == [(k == 7, k % 4 == 3) for k in range(8)]


def test_stable_baselines3_bootstraps_at_the_end_of_a_session():
    def ends(make):
        envs = DummyVecEnv([make])
        envs.reset()
        return [envs.step(ACTION[None])[3][0]["TimeLimit.truncated"] for _ in range(8)]

    assert ends(lambda: learner_view(toy())) == [k % 4 == 3 for k in range(8)]
    assert ends(toy) == [k == 3 for k in range(8)]


def test_it_fits_where_libraries_take_a_wrapper():
    envs = make_vec_env(TOY, n_envs=2, seed=1, wrapper_class=learner_view)
    envs.reset()
    told = [envs.step(np.stack([ACTION, ACTION]))[3][1]["TimeLimit.truncated"] for _ in range(8)]
    assert told == [k % 4 == 3 for k in range(8)]
    vector = gymnasium.make_vec(TOY, num_envs=2, vectorization_mode="sync", wrappers=[learner_view])
    vector.reset(seed=1)
    told = [vector.step(np.stack([ACTION, ACTION]))[2].tolist() for _ in range(8)]
    assert told == [[False, False]] * 8


class Falls(gymnasium.Wrapper):
    """Terminates in the third step."""

    def reset(self, **keys):
        self.steps = 0
        return super().reset(**keys)

    def step(self, action):
        self.steps += 1
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, reward, terminated or self.steps == 3, truncated, info


def test_terminations_of_wrappers_inside_pass():
    env = learner_view(Falls(toy()))
    env.reset()
    assert [told[0] for told in flags(env, 3)] == [False, False, True]


@pytest.mark.parametrize("make", [lambda: make_env("gym", 1, id="CartPole-v1"), lambda: gymnasium.make("CartPole-v1")])
def test_terminal_states_stay_terminal(make):
    env = learner_view(make())
    env.reset(seed=1)
    told = [(False, False)]
    while not any(told[-1]):
        told.append(env.step(0)[2:4])
    assert told[-1] == (True, False)
