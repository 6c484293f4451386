"""Our own PPO: its advantages by hand, its spaces, its file, and that it learns."""

from types import SimpleNamespace

import numpy as np
import pytest
from gymnasium import spaces

from netgym_cli.agents.builtin import cleanrl_ppo
from netgym_cli.agents.builtin.cleanrl_ppo import CleanrlPpo, Policy
from netgym_cli.common.errors import ConfigError
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment import run
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from tests.support.engine import run_config

CHOICES = {"name": "tests.support.toy:ToyChoices"}
QUICK = {"n_steps": 16, "batch_size": 8, "n_epochs": 10, "hidden": [16], "learning_rate": 0.01}
SPACES = [
    spaces.Box(np.array([[0.1, -3.7]], np.float32), np.array([[0.7, 1e6]], np.float32)),
    spaces.Discrete(4, start=-1),
    spaces.MultiDiscrete([3, 5, 2]),
    spaces.MultiDiscrete([[2, 3], [4, 5]]),
]


def learnt(folder, sessions=None, env=None, **keys):
    config = run_config("cleanrl_ppo", sessions=sessions, env=env, **keys)
    sessions = SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config))
    agent = run.make_agent(config)
    agent.learn(sessions, 1, folder)
    return agent, sessions


def config(**keys):
    return run_config("cleanrl_ppo", **keys).agent


def test_advantages_are_those_computed_by_hand():
    # observation, choice, log probability, value, reward, value of what follows, end of an episode
    steps = [
        ([0], [0], 0, 1.0, 2.0, 4.0, False),
        ([0], [0], 0, 4.0, 1.0, 3.0, True),
        ([0], [0], 0, 5.0, 0.0, 2.0, False),
    ]
    rollout = [tuple(np.array([part, part]) for part in step) for step in steps]  # the same in two simulators
    *_, advantages, returns = cleanrl_ppo.columns(rollout, config(gamma=0.5, gae_lambda=0.5, n_steps=2, batch_size=2))
    last = 0.0 + 0.5 * 2 - 5
    end = 1.0 + 0.5 * 3 - 4  # bootstrapped, and nothing of the next episode leaks in
    first = 2.0 + 0.5 * 4 - 1 + 0.25 * end
    assert advantages.tolist() == pytest.approx(np.repeat([first, end, last], 2))
    assert returns.tolist() == pytest.approx(np.repeat([first + 1, end + 4, last + 5], 2))


def test_the_value_of_the_true_last_observation_counts_at_every_time_limit(tmp_path, monkeypatch):
    rollouts, measured = [], []
    monkeypatch.setattr(cleanrl_ppo, "columns", lambda rollout, config: rollouts.append(rollout))
    monkeypatch.setattr(cleanrl_ppo, "update", lambda *_: None)
    step = SequentialSessions.step
    monkeypatch.setattr(SequentialSessions, "step", lambda *args: measured.append(step(*args)) or measured[-1])
    agent, _ = learnt(tmp_path, [{}, {}], n_steps=8, batch_size=8, normalize_observation=False)
    steps = [step for rollout in rollouts for step in rollout]
    assert [over.tolist() for *_, over in steps] == [[False]] * 3 + [[True]] + ([[False]] * 3 + [[True]]) * 3
    for (*_, values, _), (observation, *_) in zip(steps, measured, strict=True):
        tensor = cleanrl_ppo.tensor(np.ravel(observation))
        assert values.tolist() == [agent.policy.network["critic"](tensor).item()] != [0]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_every_action_is_in_its_space_and_has_its_probability(space):
    import torch

    torch.manual_seed(1)
    observations = spaces.Box(0, 1, (2, 2))
    policy = Policy(config(), observations, space)
    for _ in range(50):
        seen = policy.normalize([observations.sample() for _ in range(3)])
        choices, log_probs, values = policy.sample(seen)
        for choice in choices:
            action = policy.to_action(choice)
            assert space.contains(action if space.shape else action[()]), action
        again, entropy, worth = policy.judge(cleanrl_ppo.tensor(seen), cleanrl_ppo.tensor(choices))
        assert again.tolist() == pytest.approx(log_probs, rel=1e-5) and worth.tolist() == pytest.approx(
            values, rel=1e-5
        )
        assert again.shape == entropy.shape == worth.shape == (3,)
        best = policy.best(observations.sample())
        assert space.contains(best if space.shape else best[()])
    if policy.nvec:
        assert entropy.tolist() == pytest.approx([np.log(policy.nvec).sum()] * 3, rel=1e-3), (
            "the first policy is undecided"
        )


def test_the_same_seed_gives_the_same_model(tmp_path):
    one, other = (learnt(tmp_path, [{}, {}])[0].policy.arrays() for _ in range(2))
    assert all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("env", [{}, CHOICES])
def test_a_model_comes_back_from_numbers_alone(tmp_path, env):
    agent, sessions = learnt(tmp_path, env=env)
    agent.save(tmp_path)
    assert np.load(tmp_path / "model.npz", allow_pickle=False)["mean"].shape == (3,)
    back = CleanrlPpo.load(agent.config, tmp_path)
    back.begin(sessions, 5)
    for _ in range(20):
        observation = sessions.observation_space.sample()
        assert np.array_equal(back.act(observation, {}), agent.act(observation, {}))
    for kind, other in (("observation", spaces.Box(0, 100, (1, 4))), ("action", spaces.Box(0, 2, (3,)))):
        known = {kind: getattr(sessions, kind) for kind in ("network", "observation_space", "action_space")}
        with pytest.raises(ConfigError, match="trained for other observations or actions"):
            back.begin(SimpleNamespace(**{**known, f"{kind}_space": other}), 5)
    with pytest.raises(ConfigError, match="no model"):
        CleanrlPpo.load(agent.config, tmp_path / "nowhere")


def test_steps_that_fill_no_rollout_are_told(tmp_path):
    agent, sessions = learnt(tmp_path, [{}, {}], n_steps=6, batch_size=3)
    assert (
        sessions.finished
        and agent.updates == 2
        and agent.notes == ["the last 4 steps did not fill a rollout and taught nothing"]
    )


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"n_steps": 10, "batch_size": 5}, ["agent.n_steps is 10", "at most 8"]),
        ({"batch_size": 4}, ["agent.batch_size is 4", "divisor of n_steps x n_envs (6)"]),
        ({"gamma": 1.5}, ["agent.gamma is 1.5", "0 to 1"]),
        ({"clip_range": 0.0}, ["agent.clip_range is 0.0"]),
        ({"hidden": [0]}, ["agent.hidden is [0]"]),
        ({"target_kl": -1.0}, ["agent.target_kl is -1.0", "null"]),
    ],
)
def test_a_bad_setting_is_named_with_what_is_allowed(keys, named):
    one = run_config("cleanrl_ppo", **keys)
    with pytest.raises(ConfigError) as caught:
        run.check(one)
    assert all(word in str(caught.value) for word in named), caught.value


@pytest.mark.parametrize("env", [{}, CHOICES])
@pytest.mark.parametrize("normalize_reward", [False, True])
def test_it_learns(tmp_path, env, normalize_reward):
    one = run_config(
        "cleanrl_ppo", env={"episodes_per_session": 160, **env}, normalize_reward=normalize_reward, **QUICK
    )
    summary = run.train(one, tmp_path / "run", ["netgym"])
    assert summary.first_return < 28 and summary.last_return > 34  # 22 is chance, 42 is best


def test_a_model_that_cannot_be_written_whole_leaves_nothing_hidden(tmp_path, monkeypatch):
    agent, _ = learnt(tmp_path)
    before = sorted(tmp_path.iterdir())

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cleanrl_ppo.np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        agent.save(tmp_path)
    assert sorted(tmp_path.iterdir()) == before
