import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv

import netgym_cli
from netgym_cli.common.seeds import seed_of_session
from netgym_cli.envs.checker import check
from tests.support.network import network, python

SEED = 7
LENGTHS = [30, pytest.param(1000, marks=pytest.mark.long)]
FRESH = """
import sys
from tests.simulators.test_ns3_determinism import at_the_cell_edge, record
sys.stdout.write(record(at_the_cell_edge(), {steps}).hex())
"""


def at_the_cell_edge():
    """A user whom LTE reaches badly: errors and retransmissions make the smallest difference show."""
    return network(at=(10, 10), lte_enb_locations={"x_m": 150, "y_m": 50, "z_m": 15})


def actions(steps):
    """The same mixed actions every time: weights, empty, one link only, zeros."""
    rng = np.random.default_rng(0)
    mixed = [rng.random((1, 3), np.float32) for _ in range(steps)]
    mixed[1::7] = [np.eye(3, dtype=np.float32)[[k % 3]] for k in range(len(mixed[1::7]))]
    mixed[2::7] = [np.zeros((1, 3), np.float32) for _ in mixed[2::7]]
    return mixed


def exact(observation, reward, stats):
    return b"".join(
        np.asarray(part).tobytes() for part in (observation, reward, stats.ts_ms, stats.events, stats.values)
    )


def record(env, steps, seed=SEED):
    """Observations, rewards and whole measurements of a new session, as exact bytes."""
    observation, _ = env.reset(seed=seed, options={"new_session": True})
    told = [exact(observation, 0.0, env.unwrapped.stats)]
    for action in actions(steps):
        observation, reward, *_ = env.step(action)
        told.append(exact(observation, reward, env.unwrapped.stats))
    env.close()
    return b"".join(told)


def record_slot(steps):
    """The same from the second slot of a vector environment, each slot in a process of its own."""
    slots = AsyncVectorEnv([at_the_cell_edge, at_the_cell_edge])
    observations, infos = slots.reset(seed=[SEED + 1, SEED])
    told = [exact(observations[1], 0.0, dict.get(infos, "network_stats")[1])]
    for action in actions(steps):
        observations, rewards, *_, infos = slots.step(np.stack([action, action]))
        told.append(exact(observations[1], rewards[1], dict.get(infos, "network_stats")[1]))
    slots.close()
    return b"".join(told)


@pytest.mark.ns3
@pytest.mark.parametrize("steps", LENGTHS)
def test_equal_seeds_and_actions_give_equal_bits_wherever_a_session_runs(steps):
    code = FRESH.format(steps=steps)
    with python(code) as one, python(code) as other:
        fresh = [bytes.fromhex(process.communicate(timeout=300)[0]) for process in (one, other)]
    assert len(fresh[0]) > steps * 100
    env = at_the_cell_edge()
    record(env, 3, seed=99)  # other sessions of other seeds ran before
    places = {
        "another fresh process": fresh[1],
        "a later session": record(env, steps),
        "the session after it": record(env, steps),
        "a slot of AsyncVectorEnv": record_slot(steps),
    }
    assert [place for place, told in places.items() if told != fresh[0]] == []


@pytest.mark.ns3
def test_gymnasium_make_gives_the_same_session():
    made = gymnasium.make(
        "netgym/nqos_split_light-v0",
        steps_per_episode=50,
        per_slice_config={"num_users": [1, 0]},
        disable_env_checker=True,
    )
    ours = netgym_cli.make_env("nqos_split_light", steps_per_episode=50, per_slice_config={"num_users": [1, 0]})
    assert record(made, 10) == record(ours, 10)


@pytest.mark.ns3
def test_another_seed_or_action_gives_other_numbers():
    env = network()
    first = record(env, 10)
    assert record(env, 10, seed=SEED + 1) != first
    env.reset(seed=SEED)
    start = env.stats.values
    env.step([[1, 0, 0]])
    one = env.stats.values
    env.reset(seed=SEED, options={"new_session": True})
    assert np.array_equal(env.stats.values, start)
    env.step([[0, 0, 1]])
    assert not np.array_equal(env.stats.values, one)
    env.close()


@pytest.mark.ns3
def test_every_session_has_its_own_seed_derived_from_the_first():
    env, seeds, starts = network(steps_per_episode=1, episodes_per_session=1), [], []
    for _ in range(3):
        env.reset(seed=SEED if not seeds else None)
        seeds.append(env.session_seed)
        starts.append(env.stats.values.tobytes())
        env.step(None)
    assert seeds == [SEED, seed_of_session(SEED, 1), seed_of_session(SEED, 2)]
    assert len(set(seeds)) == len(set(starts)) == 3
    env.reset(seed=seeds[1])
    assert env.stats.values.tobytes() == starts[1]  # a later session can be run alone
    env.close()


@pytest.mark.ns3
def test_an_episodes_end_does_not_touch_the_network():
    long, short = network(), network(steps_per_episode=2)
    long.reset(), short.reset()
    for _ in range(6):
        long.step(None)
        _, _, _, truncated, _ = short.step(None)
        assert np.array_equal(long.stats.values, short.stats.values)
        if truncated:
            short.reset()
    long.close(), short.close()


@pytest.mark.ns3
def test_the_environment_passes_every_checker():
    env = network(steps_per_episode=10, episodes_per_session=2)
    verdicts = check(env.config, env.simulator_config, steps=5)
    assert [verdict for verdict in verdicts if not verdict.ok] == []
    assert len(verdicts) == 4


@pytest.mark.ns3
@pytest.mark.parametrize("kind", ["DummyVecEnv", "SubprocVecEnv"])
def test_sb3_steps_two_environments_through_episodes_and_sessions(kind):
    from stable_baselines3.common import vec_env

    venv = getattr(vec_env, kind)([lambda: network(seed=1, **SHORT), lambda: network(seed=2, **SHORT)])
    observations, ends = [venv.reset()], 0
    for _ in range(10):
        observation, rewards, dones, infos = venv.step(np.ones((2, 1, 3), np.float32))
        observations.append(observation)
        ends += dones.sum()
        assert np.isfinite(rewards).all()
        assert all(info["TimeLimit.truncated"] is False or done for info, done in zip(infos, dones, strict=True))
    venv.close()
    assert ends == 6
    assert not np.array_equal(np.array(observations)[:, 0], np.array(observations)[:, 1])


SHORT = {"steps_per_episode": 3, "episodes_per_session": 2}
