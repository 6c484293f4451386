"""`reset(seed=...)` at any time begins a session with that seed; `reset()` without one goes on."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from netgym_cli import make_env
from netgym_cli.common.seeds import seed_of_session
from netgym_cli.envs.checker import check
from netgym_cli.envs.network_env import NetworkEnv
from tests.envs.test_session_owner import ACTION, CONFIG, FORMS, toy
from tests.support.engine import run_config
from tests.support.toy_ids import CONF, TOY

DEPTHS = {
    "before a step": 0,
    "in an episode": 1,
    "at an episode's end": 4,
    "in the second": 5,
    "at the session's end": 8,
}


def exact(observation):
    if isinstance(observation, dict):
        return [exact(part) for part in observation.values()]
    return np.asarray(observation).tobytes()


def played(env, steps):
    """What an agent sees of so many steps, episode after episode."""
    told = []
    for _ in range(steps):
        observation, reward, terminated, truncated, info = env.step(ACTION)
        told.append((exact(observation), reward, terminated, truncated))
        told.append({key: str(info[key]) for key in info.keys()})  # noqa: SIM118 - what checkers compare
        if terminated or truncated:
            env.reset()
    return told


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("form", FORMS)
def test_a_seed_begins_a_session_wherever_the_present_one_is(form, depth):
    fresh, env = FORMS[form](), FORMS[form]()
    fresh.reset(seed=9)
    env.reset(seed=3)
    played(env, DEPTHS[depth])
    info = env.reset(seed=9)[1]
    assert (info["session_seed"], info["episode_index"]) == (9, 0)
    assert played(env, 11) == played(fresh, 11)  # and the session after it


def test_without_a_seed_the_session_goes_on():
    env, given_up = toy(), toy()
    for one in (env, given_up):
        one.reset(seed=3)
        one.step(ACTION)
    clock = env.stats.ts_ms
    assert env.reset()[1]["sim_time_ms"] == clock and env.session == 0
    given_up.reset(options={"new_session": True})
    assert (given_up.session, given_up.session_seed) == (1, seed_of_session(3, 1))


def test_sessions_are_counted_on_and_seeds_are_derived_from_the_last_one_given():
    env = toy()
    seeds = []
    for seed in (5, 5, None, 6):
        env.reset(seed=seed)
        seeds.append((env.session, env.session_seed))
        while env.running:  # to the session's end
            env.step(ACTION)
            if env.running and env.episode_over:
                env.reset()
    assert seeds == [(0, 5), (1, 5), (2, seed_of_session(5, 1)), (3, 6)]


def test_a_step_under_way_is_given_up_with_its_session():
    env = toy()
    env.reset(seed=1)
    env.step_async(ACTION)
    env.reset(seed=2)
    assert env.step_index == 0 and env.step(ACTION)[4]["session_seed"] == 2


@pytest.mark.parametrize("vector", [gymnasium.vector.SyncVectorEnv, gymnasium.vector.AsyncVectorEnv])
def test_every_slot_of_a_vector_begins_with_its_own_seed(vector):
    envs = vector([toy, toy])
    try:
        told = []
        for _ in range(2):
            envs.reset(seed=4)
            told.append([envs.step(np.stack([ACTION, ACTION]))[1].tolist() for _ in range(3)])
        single = toy()
        single.reset(seed=5)
        assert told[0] == told[1]
        assert [rewards[1] for rewards in told[0]] == [single.step(ACTION)[1] for _ in range(3)]
    finally:
        envs.close()


def test_a_saved_model_goes_on_learning_where_it_was(tmp_path):
    envs = DummyVecEnv([toy])
    A2C("MlpPolicy", envs, seed=1).learn(10).save(tmp_path / "model.zip")
    loaded = A2C.load(tmp_path / "model.zip", env=envs)
    assert envs.envs[0].running
    assert loaded.learn(10).num_timesteps == 10


@pytest.mark.long
def test_set_env_and_a_second_learn_work_in_a_running_session():
    envs = DummyVecEnv([toy])
    model = PPO("MlpPolicy", envs, n_steps=5, batch_size=5, seed=1).learn(5)
    envs.seed(7)
    model.set_env(envs)
    model.learn(5, reset_num_timesteps=False)
    assert envs.envs[0].session_seed == 7


def test_gymnasium_s_checker_passes_on_the_environment_itself():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make(TOY).unwrapped, skip_render_check=True)
        check_env(NetworkEnv(CONFIG.env, CONFIG.simulator), skip_render_check=True)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("gym", {"env.id": "CartPole-v1"}),
        pytest.param("custom", {"measurement_interval_ms": 100}, marks=[pytest.mark.ns3, pytest.mark.long]),
    ],
)
def test_and_on_registered_ones(name, keys):
    check_env(gymnasium.make(f"netgym/{name}-v0", **keys).unwrapped, skip_render_check=True)


def test_netgym_check_gives_the_checkers_the_environment_itself(monkeypatch):
    checked = []
    for place in ("gymnasium.utils.env_checker.check_env", "stable_baselines3.common.env_checker.check_env"):
        monkeypatch.setattr(place, lambda env, **_: checked.append(type(env)))
    assert all(verdict.ok for verdict in check(CONFIG.env, CONFIG.simulator, steps=2))
    assert checked == [NetworkEnv, NetworkEnv]


def test_infos_of_equal_sessions_are_equal_where_checkers_look_and_whole_elsewhere():
    infos = []
    for _ in range(2):
        env = toy()
        env.reset(seed=1), env.reset(seed=1)
        infos.append(env.step(ACTION)[4])
    one, other = infos
    assert set(one) - one.keys() == {"session", "wall_ms", "network_stats"}
    assert all(one[key] == other[key] for key in one.keys())  # noqa: SIM118
    assert one["session"] == 1 and one["wall_ms"] > 0 and len(one["network_stats"]) == 1
    assert dict(one).keys() == set(one) == {key for key, _ in one.items()}


def test_a_drawn_seed_is_drawn_by_the_last_seed_given():
    config = run_config(env={"random_seed": None})
    first = [NetworkEnv(config.env, config.simulator) for _ in range(2)]
    for env in first:
        env.reset(seed=8)
    assert first[0].np_random.integers(99) == first[1].np_random.integers(99)
    assert make_env("toy", 5, CONF).reset(seed=8)[1]["session_seed"] == 8
