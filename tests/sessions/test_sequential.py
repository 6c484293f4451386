import numpy as np
import pytest

from netgym_cli.common.errors import AdapterError, ConfigError, SessionError, SimulatorDied
from netgym_cli.common.seeds import seed_of_session
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.step import Observer
from tests.support.engine import run_config
from tests.support.toy import ToySimulator


class Notes(Observer):
    """An observer that remembers."""

    def __init__(self):
        self.told = []
        self.starts = []

    def session_started(self, session, seed, env=0):
        self.told.append(("session", session, seed))

    def episode_started(self, start):
        self.told.append(("start", start.session, start.episode, start.seed))
        self.starts.append(start)

    def step(self, step):
        self.told.append(step)

    def episode_ended(self, session, episode, env=0):
        self.told.append(("end", session, episode))

    def session_ended(self, session, status, reason, env=0):
        self.told.append(("ended", session, status))

    def updated(self, done, total):
        self.told.append(("updated", done, total))

    @property
    def steps(self):
        return [one for one in self.told if hasattr(one, "reward")]


def walked(config):
    notes = Notes()
    return SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config), [notes]), notes


def walk(env):
    while not env.finished:
        env.reset()
        over = False
        while not over:
            *_, over, _ = env.step(None)


@pytest.fixture
def started():
    before = ToySimulator.started
    return lambda: ToySimulator.started - before


def test_the_plan_counts_steps_and_derives_seeds():
    plan = Plan.of(run_config(seed=5, sessions=[{}, {"episodes_per_session": 1}, {"random_seed": 9}, {}]))
    assert plan.steps == (8, 4, 8, 8) and plan.total_steps == 28
    assert plan.seeds == (5, seed_of_session(5, 1), 9, seed_of_session(5, 3))


def test_overrides_apply_to_the_base_and_not_to_the_session_before():
    sessions = [{"steps_per_episode": 2}, {"episodes_per_session": 1}, {}]
    config = run_config(sessions=sessions)
    assert Plan.of(config).steps == (4, 4, 8)
    env, notes = walked(config)
    walk(env)
    assert [sum(step.session == k for step in notes.steps) for k in range(3)] == [4, 4, 8]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"step_per_episode": 2}, "sessions[1].step_per_episode"),
        ({"steps_per_episode": "many"}, "sessions[1].steps_per_episode"),
        ({"steps_per_episode": 0}, "sessions[1].steps_per_episode is 0"),
        ({"name": "other"}, "sessions[1].name"),
        (3, "sessions[1]"),
    ],
)
def test_a_bad_override_is_named(override, message):
    with pytest.raises(ConfigError) as caught:
        Plan.of(run_config(sessions=[{}, override]))
    assert message in str(caught.value)


def test_n_sessions_start_n_simulators_and_no_more(started):
    env, notes = walked(run_config(sessions=[{}, {}, {"episodes_per_session": 1}]))
    walk(env)
    assert started() == 3 and len(notes.steps) == 20
    observation, info = env.reset()
    assert info["session_end"] and observation in env.observation_space
    assert started() == 3
    with pytest.raises(SessionError, match="3 sessions"):
        env.step(None)


def test_a_session_end_is_a_truncation_to_the_agent_and_both_flags_to_the_observer():
    env, notes = walked(run_config(sessions=[{}, {}]))
    flags, ends = [], []
    while not env.finished:
        env.reset()
        truncated = False
        while not truncated:
            _, _, terminated, truncated, info = env.step(None)
            flags.append((terminated, truncated))
            ends.append(info.get("session_end", False))
    assert flags == [(False, i % 4 == 3) for i in range(16)]
    assert ends == [i % 8 == 7 for i in range(16)]
    assert [(s.terminated, s.truncated) for s in notes.steps] == [(i % 8 == 7, i % 4 == 3) for i in range(16)]


def test_the_observer_hears_everything_in_order():
    env, notes = walked(run_config(seed=3, env={"steps_per_episode": 1}))
    walk(env)
    kinds = [one if not hasattr(one, "reward") else (one.episode, one.step, one.seed) for one in notes.told]
    episodes = [[("start", 0, k, 3), (k, 0, 3), ("end", 0, k)] for k in (0, 1)]
    assert kinds == [("session", 0, 3), *episodes[0], *episodes[1], ("ended", 0, "complete")]
    env.updated(2, 5)
    assert notes.told[-1] == ("updated", 2, 5)


def test_the_observer_gets_what_the_agent_gets_and_the_action_in_force():
    env, notes = walked(run_config(seed=3, env={"steps_per_episode": 3, "episodes_per_session": 1}))
    first, info = env.reset()
    (start,) = notes.starts
    assert start.observation is first and start.info is info and start.stats.ts_ms == info["sim_time_ms"]
    chosen = np.array([0.25, 0.5, 1.0])
    for action in (chosen, None, np.zeros(0)):
        observation, *_, info = env.step(action)
        step = notes.steps[-1]
        assert step.observation is observation and step.info is info
        assert step.action is (chosen if action is chosen else None)
        np.testing.assert_array_equal(step.effective_action(), chosen if action is chosen else [0.5] * 3)
    assert not any(step.terminal for step in notes.steps)
    assert [step.terminated for step in notes.steps] == [False, False, True]


def test_the_action_in_force_is_computed_for_those_who_ask_only(monkeypatch):
    env, notes = walked(run_config())
    monkeypatch.setattr(type(env.network.adapter), "effective_action", lambda self, action, stats: 1 / 0)
    walk(env)
    with pytest.raises(ZeroDivisionError):
        notes.steps[0].effective_action()


def test_the_plan_alone_decides_on_seeds():
    env, notes = walked(run_config(seed=3, sessions=[{}, {"random_seed": None}]))
    env.reset(seed=77)
    assert env.network.session_seed == 3
    walk(env)
    fresh = {step.seed for step in notes.steps if step.session == 1}
    assert len(fresh) == 1 and fresh != {seed_of_session(3, 1)}


def test_an_early_reset_gives_up_the_episode_and_starts_no_extra_simulator(started):
    env, notes = walked(run_config(sessions=[{}, {}]))
    for _ in range(4):
        env.reset()
        env.step(None)
    env.reset()
    assert env.finished and started() == 2 and len(notes.steps) == 4
    assert [one for one in notes.told if one[0] == "end"] == [("end", s, e) for s in (0, 1) for e in (0, 1)]


def test_a_failed_session_is_not_silently_restarted(started):
    env, _ = walked(run_config(env={"fail_at_step": 3}))
    env.reset()
    env.step(None), env.step(None)
    with pytest.raises(SimulatorDied):
        env.step(None)
    with pytest.raises(SessionError, match="cut short"):
        env.reset()
    assert started() == 1


def test_sequential_sessions_equal_single_ones():
    env, notes = walked(run_config(seed=3, sessions=[{}, {}]))
    walk(env)
    alone, single = walked(run_config(seed=seed_of_session(3, 1)))
    walk(alone)
    assert np.array_equal([s.reward for s in notes.steps[8:]], [s.reward for s in single.steps])


@pytest.mark.parametrize(
    ("broken", "value", "words"),
    [
        ("reward", float("nan"), ["reward of ToyAdapter", "nan", "finite"]),
        ("reward", float("inf"), ["reward of ToyAdapter", "inf"]),
        ("observation", np.full((1, 3), np.nan, np.float32), ["observation of ToyAdapter", "nan", "Box"]),
        ("observation", np.zeros(3, np.float32), ["observation of ToyAdapter", "Box"]),
    ],
)
def test_an_adapter_that_breaks_its_word_ends_the_session(broken, value, words):
    config = run_config()
    env = NetworkEnv(config.env, config.simulator)
    env.reset()
    setattr(env.adapter, broken, lambda stats: value)
    with pytest.raises(AdapterError) as caught:
        env.step(None)
    assert all(word in str(caught.value) for word in words), caught.value
    assert not env.running
