import gymnasium
import numpy as np
import pandas as pd
import pytest
from gymnasium import spaces

from netgym_cli.common.errors import ActionError, ConfigError, SimulatorDied
from netgym_cli.config.compose import compose
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions


def configured(*words):
    return typed_run(compose(["env=gym", "agent=random", *words]))


def env_of(*words):
    config = configured(*words)
    return NetworkEnv(config.env, config.simulator)


def test_it_is_the_environment_itself_step_by_step():
    env, plain = env_of(), gymnasium.make("CartPole-v1")
    assert (env.observation_space, env.action_space) == (plain.observation_space, plain.action_space)
    observation, expected = env.reset(seed=11)[0], plain.reset(seed=11)[0]
    for step in range(300):
        assert np.array_equal(observation, expected)
        observation, reward, terminated, truncated, _ = env.step(step % 2)
        expected, *outcome, _ = plain.step(step % 2)
        assert outcome == [reward, terminated, truncated]
        if terminated or truncated:
            observation, expected = env.reset()[0], plain.reset()[0]


def test_a_fallen_pole_is_a_terminal_state_to_the_learner_and_the_sessions_last_step_is_not():
    config = configured("sessions=1", "env.id=MountainCar-v0", "env.steps_per_episode=30", "env.episodes_per_session=2")
    env = SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config))
    ends = []
    for _ in range(2):
        env.reset()
        over = False
        while not over:
            *_, terminated, truncated, info = env.step(0)
            over = terminated or truncated
        ends.append((terminated, truncated, "session_end" in info))
    assert ends == [(False, True, False), (False, True, True)] and env.finished

    config = configured("sessions=1", "env.episodes_per_session=2")
    env = SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config))
    env.reset()
    for _ in range(30):
        *_, terminated, truncated, _ = env.step(0)
        if terminated:
            break
    assert (terminated, truncated, env.finished) == (True, False, False)


def test_episodes_end_by_themselves_and_the_tables_know(tmp_path):
    config = configured("env.episodes_per_session=3", "sessions=[{},{}]", "seed=5")
    run.check(config)
    summary = run.train(config, tmp_path, ["netgym"])
    assert (summary.sessions, summary.episodes, summary.notes) == (2, 6, ())
    assert not any("simulated" in line for line in summary.lines())
    episodes = pd.read_csv(tmp_path / "metrics" / "episodes.csv")
    assert episodes["return"].tolist() == episodes["length"].tolist() and episodes["length"].nunique() > 1
    steps = pd.read_parquet(tmp_path / "metrics" / "steps.parquet")
    assert steps["terminated"].sum() == 6 and len(steps) == episodes["length"].sum()


def test_equal_seeds_give_equal_tables(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        run.train(configured("sessions=1", "env.episodes_per_session=5", f"seed={seed}"), tmp_path / name, ["netgym"])
    a, b, c = (pd.read_csv(tmp_path / name / "metrics" / "episodes.csv")["return"].tolist() for name in "abc")
    assert a == b != c


def test_it_has_an_id_of_its_own_at_gymnasium():
    env = gymnasium.make("netgym/gym-v0", seed=1)
    observation, _ = env.reset()
    assert observation in env.observation_space


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["env.id=CartPol-v1"], "Did you mean: `CartPole`"),
        (["env.id=no_such_module:X-v0"], "no_such_module"),
        (["env.kwargs={gravityy: 3}"], "gravityy"),
    ],
)
def test_an_id_that_cannot_be_made(words, told):
    with pytest.raises(ConfigError, match=told):
        run.check(configured(*words))


def test_there_is_no_default_algorithm():
    with pytest.raises(ConfigError, match="needs an environment with a default algorithm"):
        run.check(configured("agent=system_default"))
    env = env_of()
    env.reset()
    with pytest.raises(ActionError, match="no default algorithm"):
        env.step(None)
    with pytest.raises(ActionError, match=r"action is 7; allowed: Discrete\(2\)"):
        env.step(7)


class Broken(gymnasium.Env):
    """Fails in its third step."""

    observation_space = spaces.Box(0, 1, (1,))
    action_space = spaces.Discrete(2)
    steps = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.steps += 1
        if self.steps == 3:
            raise RuntimeError("out of fuel")
        return np.zeros(1, np.float32), 0.0, False, False, {}


def test_a_crash_of_the_environment_is_an_error_and_not_data(tmp_path):
    gymnasium.register("Broken-v0", entry_point=f"{__name__}:Broken")
    try:
        with pytest.raises(SimulatorDied, match="'Broken-v0' raised RuntimeError: out of fuel"):
            run.train(configured("env.id=Broken-v0"), tmp_path, ["netgym"])
    finally:
        del gymnasium.registry["Broken-v0"]
    assert len(pd.read_parquet(tmp_path / "metrics" / "steps.parquet")) == 2
