"""Trainings on ns-3 whose process is killed at random moments and resumed equal those that nothing interrupted.

Weights, moments of optimizers, and all columns of all tables but times on the clock. Twenty moments for each of three
learners:

    pytest tests/experiment/test_killed_trainings.py -m long -k twenty
"""

import random
import shutil
import signal

import pytest

from tests.support.dying import Kill, last_words, moments_of
from tests.support.interrupted import outcome

pytestmark = [pytest.mark.ns3, pytest.mark.long]

PLAN = ["env=rmcat", "env.steps_per_episode=20", "env.episodes_per_session=2", "sessions=2", "evaluate_at_end=null"]
STEPS = 80  # of each simulator
REPLAY = ["agent.learning_starts=12", "agent.batch_size=8"]
AGENTS = {
    "ppo": ["agent.n_steps=10", "agent.batch_size=5", "agent.n_epochs=2"],
    "a2c": ["agent.n_steps=5"],
    "sac": REPLAY,
    "td3": [*REPLAY, "agent.action_noise.kind=ornstein_uhlenbeck"],
    "cleanrl_ppo": ["agent.n_steps=10", "agent.batch_size=5", "agent.n_epochs=2"],
}
CHECKPOINTS = {"ppo": 7, "a2c": 15, "sac": 60, "td3": 60, "cleanrl_ppo": 7}  # at which a process is killed, at most
KILLED_IN_A_CHECKPOINT = 0.25  # share of the kills
KILLED_AGAIN = 0.35  # share of the resumed runs


def words_of(agent, n_envs, channel):
    return [*PLAN, f"agent={agent}", f"agent.n_envs={n_envs}", f"channel={channel}", *AGENTS[agent]]


def drawn(rng, agent, n_envs):
    if rng.random() < KILLED_IN_A_CHECKPOINT:
        return Kill("checkpoint", rng.randint(1, 2 * CHECKPOINTS[agent]))
    return Kill("step", rng.randint(1, STEPS * n_envs))


def require_equal_when_killed(agent, n_envs, channel, kills, folder):
    """Returns how many processes were killed."""
    words, rng, killed = words_of(agent, n_envs, channel), random.Random(f"{agent} {n_envs} {channel}"), 0
    whole = folder / "whole"
    assert last_words(words, whole, every=1) == 0
    expected, moments = outcome(whole), moments_of(whole)
    assert (moments is not None) == (agent == "cleanrl_ppo")
    for number in range(kills):
        run = folder / f"run{number}"
        ends = [last_words(words, run, rng.randint(1, 4), drawn(rng, agent, n_envs))]
        if ends[-1] != 0 and rng.random() < KILLED_AGAIN:
            ends.append(last_words(words, run, rng.randint(1, 4), drawn(rng, agent, n_envs)))
        if ends[-1] != 0:
            ends.append(last_words(words, run, every=rng.randint(1, 4)))
        assert ends[-1] == 0 and set(ends[:-1]) <= {-signal.SIGKILL}, ends
        assert outcome(run) == expected, f"kill {number}: {ends}"
        assert moments_of(run) == moments
        killed += len(ends) - 1
        shutil.rmtree(run)
    return killed


@pytest.mark.parametrize("agent", ["ppo", "sac", "cleanrl_ppo"])
def test_twenty_kills_leave_no_trace(agent, tmp_path):
    assert require_equal_when_killed(agent, 1, "none", 20, tmp_path) >= 18


@pytest.mark.parametrize("channel", ["none", "gilbert_elliott", "ns3_wifi"])
@pytest.mark.parametrize("n_envs", [1, 3])
@pytest.mark.parametrize("agent", AGENTS)
def test_kills_leave_no_trace_behind_channels_and_in_several_simulators(agent, n_envs, channel, tmp_path):
    assert require_equal_when_killed(agent, n_envs, channel, 2, tmp_path)
