import numpy as np
import pytest

from netgym_cli.common.errors import ActionError, AdapterError, ConfigError, SessionError, SimulatorDied, SimulatorError
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.sessions.batched import BatchedSessions, can_be_batched
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from netgym_cli.sessions.step import Observer
from netgym_cli.simulators.stats import Stats
from tests.support.engine import run_config
from tests.support.many_toys import LoopedToys, ManyToys, ManyToysSimulator, ToyBatch
from tests.support.toy import ToyAdapter

ADAPTERS = [ManyToys, LoopedToys]
N = 5
SESSIONS = [{}, {"episodes_per_session": 1, "steps_per_episode": 6}, {"random_seed": 77}]


class Told(Observer):
    """Everything that an observer hears, slot by slot, in a form that can be compared."""

    def __init__(self):
        self.told = {env: [] for env in range(N)}

    def session_started(self, session, seed, env=0):
        self.told[env].append(("session", session, seed))

    def episode_started(self, start):
        self.told[start.env].append(("start", *start[:3], start.observation.tolist(), start.stats.values.tolist()))

    def step(self, step):
        plain = step._asdict()
        for kept_apart in ("wall_ms", "info", "env"):
            del plain[kept_apart]
        for array in ("observation", "action", "chosen"):
            plain[array] = None if plain[array] is None else np.asarray(plain[array]).tolist()
        plain["stats"] = (step.stats.layout, step.stats.ts_ms, step.stats.values.tolist(), step.stats.events)
        plain["effective_action"] = step.effective_action().tolist()
        self.told[step.env].append(plain)

    def episode_ended(self, session, episode, env=0):
        self.told[env].append(("end", session, episode))

    def session_ended(self, session, status, reason, env=0):
        self.told[env].append(("ended", session, status, reason))


def name_of(adapter):
    return f"{adapter.__module__}:{adapter.__qualname__}"


def planned(adapter, seed=3, sessions=SESSIONS, **env):
    config = run_config(seed=seed, sessions=sessions, env={"name": name_of(adapter), **env})
    alone = Plan.of(config)
    plan = Plan(alone.configs, alone.seeds, tuple(tuple(range(10 * k, 10 * k + len(sessions))) for k in range(1, N)))
    return config, plan


def batched(adapter, *observers, **keys):
    config, plan = planned(adapter, **keys)
    return BatchedSessions(NetworkEnv(config.env, config.simulator), plan, observers)


def actions_of(kind, step):
    drawn = np.random.default_rng(step).random((N, 3)).astype(np.float32)
    some = [None if env == step % N else action for env, action in enumerate(drawn)]
    return {"all": drawn, "none": [None] * N, "some": some}[kind]


def walk_alone(adapter, kind):
    """What each slot's observers hear, and what its agent gets, when it is alone."""
    config, plan = planned(adapter)
    told, answers = Told(), []
    for env in range(N):
        walk = SequentialSessions(NetworkEnv(config.env, config.simulator), plan.slot(env), [told], env)
        answered, t = [walk.reset()[0].tolist()], 0
        while not walk.finished:
            observation, reward, terminal, truncated, info = walk.step(actions_of(kind, t)[env])
            first = walk.reset()[0] if truncated else observation
            answered.append((first.tolist(), reward, terminal, truncated, info.get("session_end", False)))
            answered.append(observation.tolist() if truncated else None)
            t += 1
        answers.append(answered)
    return told.told, answers


@pytest.mark.parametrize("kind", ["all", "none", "some"])
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_slot_is_what_it_is_alone(adapter, kind):
    told = Told()
    env = batched(adapter, told)
    observations, t = env.reset(), 0
    answers = [[row.tolist()] for row in observations]
    while not env.finished:
        observations, rewards, terminal, truncated, infos = env.step(actions_of(kind, t))
        assert rewards.dtype == np.float64 and observations.dtype == np.float32
        for k in range(N):
            row = observations[k].tolist(), float(rewards[k]), bool(terminal[k]), bool(truncated[k])
            answers[k].append((*row, infos[k].get("session_end", False)))
            last = infos[k].get("terminal_observation")
            answers[k].append(None if last is None else last.tolist())
        t += 1
    assert (told.told, answers) == walk_alone(adapter, kind)
    env.close()


def test_one_batch_serves_sessions_of_one_config():
    before = ToyBatch.made
    env = batched(ManyToys, sessions=[{}] * 4)
    env.reset()
    while not env.finished:
        env.step(None)
    assert ToyBatch.made == before + 1


def test_seeds_that_nobody_gave_are_drawn_and_differ():
    config, plan = planned(ManyToys)
    free = Plan(plan.configs, (None,) * 3, ((None,) * 3,) * (N - 1))
    told = Told()
    BatchedSessions(NetworkEnv(config.env, config.simulator), free, [told]).reset()
    assert len({told.told[env][1][3] for env in range(N)}) == N


def test_what_is_done_after_the_end_or_elsewhere_is_refused():
    env = batched(ManyToys, sessions=[{}])
    env.reset()
    for _ in range(8):
        env.step(None)
    assert env.finished
    with pytest.raises(SessionError, match="after the last of 1 sessions"):
        env.step(None)
    env.close()
    env.close()


def test_a_failure_ends_the_sessions():
    env = batched(ManyToys, fail_at_step=3)
    env.reset()
    env.step(None)
    with pytest.raises(SimulatorDied):
        [env.step(None) for _ in range(5)]
    with pytest.raises(SessionError, match="cut short by a failure"):
        env.step(None)
    env.close()


@pytest.mark.parametrize("actions", [np.zeros((N, 4)), np.full((N, 3), np.nan), np.full((N, 3), 2.0), np.zeros((2, 3))])
def test_actions_that_cannot_be_are_refused_and_the_session_goes_on(actions):
    env = batched(ManyToys)
    env.reset()
    with pytest.raises(ActionError, match="action"):
        env.step(actions)
    env.step(np.zeros((N, 3)))


def test_measurements_are_checked(monkeypatch):
    env = batched(ManyToys)
    env.reset()
    read = ToyBatch._read

    def broken(self, each):
        values = read(self, each)
        values[3, 1] = np.nan
        return values

    monkeypatch.setattr(ToyBatch, "_read", broken)
    with pytest.raises(SimulatorError, match=r"step 0 of episode 0, session 0 measured NaN in env 3 as toy::dl::rate"):
        env.step(None)


@pytest.mark.parametrize(
    ("method", "value", "words"),
    [
        ("reward", np.array([0.0, 1, np.inf, 0, 0]), "reward of ManyToys in env 2, step 0"),
        ("reward", 0.0, "is 0.0; allowed: 5 numbers, as `batched` promises"),
        ("observation", np.zeros((N, 1, 3)) - [[[0]], [[0]], [[0]], [[1]], [[0]]], "observation of ManyToys in env"),
    ],
)
def test_an_adapter_s_answers_are_checked(monkeypatch, method, value, words):
    env = batched(ManyToys)
    env.reset()
    monkeypatch.setattr(ManyToys, method, lambda self, stats: value)
    with pytest.raises(AdapterError, match=words):
        env.step(None)


def test_what_can_be_batched():
    config, _ = planned(ManyToys)
    assert can_be_batched(NetworkEnv(config.env, config.simulator))
    config, _ = planned(ToyAdapter)  # its simulator is one network
    assert not can_be_batched(NetworkEnv(config.env, config.simulator))


def test_an_adapter_with_ends_of_its_own_is_not_batched(monkeypatch):
    config, _ = planned(ManyToys)
    monkeypatch.setattr(ManyToys, "ending", lambda self, stats: (False, False))
    assert not can_be_batched(NetworkEnv(config.env, config.simulator))


def test_a_simulator_of_one_network_says_so():
    config, plan = planned(ToyAdapter)
    with pytest.raises(ConfigError, match="does not simulate many networks"):
        BatchedSessions(NetworkEnv(config.env, config.simulator), plan).reset()
    with pytest.raises(TypeError, match="must override batch"):
        ManyToysSimulator.__mro__[1].batch(None, "toy", {}, 2)


def test_one_network_of_many():
    stats = Stats(None, np.array([1.0, 2.0]), np.arange(6.0).reshape(2, 3), np.array([7, 9]))
    one = stats.network(1)
    assert (one.ts_ms, one.events, one.values.tolist()) == (2.0, 9, [3.0, 4.0, 5.0])
