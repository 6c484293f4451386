"""Promises that every environment keeps, with every agent that fits it; a new member is tested by existing."""

import copy
from pathlib import Path

import gymnasium
import numpy as np
import pandas as pd
import pytest
from gymnasium.utils.env_checker import check_env

from netgym_cli import make_env
from netgym_cli.agents.base import agent_registry
from netgym_cli.common.errors import ConfigError, SessionError
from netgym_cli.config.compose import compose
from netgym_cli.config.conf_dirs import members
from netgym_cli.config.schema import DEFAULT_SIMULATOR, plain
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.checker import check
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.simulators.base import simulator_registry
from tests.support.forked import in_fork
from tests.support.network import python

ENVS = env_registry.names()
NETWORKS = [name for name in ENVS if not env_registry.load(name).external_env]
ON_NS3 = {name for name in ENVS if (env_registry.load(name).required_simulator or DEFAULT_SIMULATOR) == "ns3"}
ASKING = {"custom"}  # agents that need more than a name
CHEAP_FIRST = ["gym", "custom", "rmcat", "energy_saving", "network_slicing", "qos_steer", "dynamic_qos", "nqos_split"]
LEARNER = "ppo"
WARM_UP_MS = {"energy_saving": 500}  # the least that it allows
SMALLER = {"distributed_training": {"nodes": 3, "local_steps_range": [1, 5]}}  # where steps have no interval
SHORT = {
    "ppo": ["agent.n_envs=1", "agent.n_steps=4", "agent.batch_size=2"],
    "cleanrl_ppo": ["agent.n_steps=4", "agent.batch_size=2"],
    "a2c": ["agent.n_steps=4"],
    "sac": ["agent.learning_starts=2", "agent.batch_size=2", "agent.buffer_size=100"],
    "td3": ["agent.learning_starts=2", "agent.batch_size=2", "agent.buffer_size=100"],
}


def adapter_of(env):
    config = typed_run(compose([f"env={env}"])).env
    return env_registry.load(config.name)(config)


def fitting(env):
    spec = AgentSpec.of(adapter_of(env))
    kinds = {name: agent_registry.load(name) for name in agent_registry.names()}
    return [name for name, kind in kinds.items() if kind.incompatibility(spec) is None and not kind.needs_dataset]


def with_interval(interval_ms, config):
    """Overrides that make every measurement interval of a config this short, so that steps are cheap."""
    short = {}
    for key, value in config.items():
        if isinstance(value, dict) and (inner := with_interval(interval_ms, value)):
            short[key] = inner
        elif key == "measurement_interval_ms":
            short[key] = interval_ms
    return short


def hurried(env, interval_ms):
    """Overrides that make steps this short and begin to measure as soon as something can be measured."""
    config = plain(adapter_of(env).config)
    early = {"measurement_start_time_ms": WARM_UP_MS.get(env, 100)} if "measurement_start_time_ms" in config else {}
    at_once = {"traffic_lead_ms": 0} if "traffic_lead_ms" in config else {}
    return with_interval(interval_ms, config) | early | at_once | SMALLER.get(env, {})


def quick(env):
    """Words that make a step of the environment 100 ms of simulated time, after a short warm-up."""
    told = hurried(env, 100)
    return [
        f"env.{part}.{key}={value}" if isinstance(inner, dict) else f"env.{part}={inner}"
        for part, inner in told.items()
        for key, value in (inner.items() if isinstance(inner, dict) else [("", "")])
    ]


def chosen():
    """The pairs of the gate: every agent where it is cheapest, and everywhere the default, a rule and a learner."""
    fit = {env: [agent for agent in fitting(env) if agent not in ASKING] for env in ENVS}
    by_cost = sorted(ENVS, key=lambda env: CHEAP_FIRST.index(env) if env in CHEAP_FIRST else len(CHEAP_FIRST))
    pairs = {agent: env for env in reversed(by_cost) for agent in fit[env]}.items()
    everywhere = [(agent, env) for env in ENVS for agent in ("system_default", LEARNER) if agent in fit[env]]
    rules = [(agent, env) for env in NETWORKS for agent in list(filter(is_rule, fit[env]))[:1]]
    return {(env, agent) for agent, env in (*pairs, *everywhere, *rules)}


def is_rule(agent):
    return hasattr(agent_registry.load(agent), "environments")


def needing(env, *more, long=False):
    """Parameters of a test that plays in `env`, with the marks of what it needs."""
    return pytest.param(env, *more, marks=[pytest.mark.ns3] * (env in ON_NS3) + [pytest.mark.long] * long)


GATE = chosen()
PAIRS = [
    needing(env, agent, long=(env, agent) not in GATE) for env in ENVS for agent in fitting(env) if agent not in ASKING
]
PLAYED = [needing(env) for env in ENVS]
FAMILIES = {"custom": 1000, "energy_saving": 200, "nqos_split": 300, "rmcat": 1000}  # steps of a network of each kind


@pytest.mark.parametrize("env", list(members("env")))
def test_each_config_describes_itself_and_fits_its_schema(env):
    text = members("env")[env].read_text()
    assert text.startswith("# ")
    adapter = adapter_of(env)
    assert (adapter.step_ms > 0) != (adapter.external_env or adapter.ends_episodes)
    assert adapter.action_labels or adapter.observation_labels
    assert len(fitting(env)) >= 4


@pytest.mark.parametrize("env", ENVS)
def test_each_environment_has_a_page_with_a_picture_and_two_rules(env):
    page = Path(__file__).parents[2] / "docs" / f"{env}.md"
    assert page.is_file(), f"env={env} needs the page docs/{env}.md, see CONTRIBUTING.md"
    assert "pictures/" in page.read_text(), f"docs/{env}.md needs a picture, see CONTRIBUTING.md"
    rules = [name for name in fitting(env) if is_rule(name)]
    assert env not in NETWORKS or len(rules) >= 2, f"env={env} has the rules {rules}; it needs two, see CONTRIBUTING.md"


@pytest.mark.parametrize("name", agent_registry.names())
def test_a_rules_first_line_names_its_environments(name):
    known = getattr(agent_registry.load(name), "environments", None)
    if known:
        first = members("agent")[name].read_text().splitlines()[0]
        assert first.endswith(f"({', '.join(known)})")
        assert set(known) <= set(ENVS)


@pytest.mark.parametrize(("env", "agent"), PAIRS)
def test_two_short_sessions_of_every_agent_that_fits(env, agent, tmp_path):
    length = ["env.steps_per_episode=2", "env.episodes_per_session=2", "sessions=[{},{}]", *quick(env)]
    config = typed_run(compose([f"env={env}", f"agent={agent}", *SHORT.get(agent, []), *length]))
    run.check(config)
    summary = run.train(config, tmp_path / "run", ["netgym"])
    assert (summary.sessions, summary.episodes, summary.steps) == (2, 4, 8)
    steps = pd.read_parquet(tmp_path / "run" / "metrics" / "steps.parquet")
    numbers = steps.select_dtypes("number")
    assert len(steps) == 8 and np.isfinite(numbers).all().all()
    stats = pd.read_parquet(tmp_path / "run" / "metrics" / "stats.parquet")
    assert np.isfinite(stats["value"]).all() and set(stats["session"]) == ({0, 1} if env in NETWORKS else set())


@pytest.mark.parametrize("env", PLAYED)
def test_every_environment_passes_every_checker(env):
    config = typed_run(compose([f"env={env}", *quick(env)]))
    assert [verdict for verdict in check(config.env, config.simulator, steps=5) if not verdict.ok] == []


ELSEWHERE = [
    (env, simulator)
    for env in NETWORKS
    for simulator in simulator_registry.names()
    if simulator != DEFAULT_SIMULATOR
    and env_registry.load(env).required_simulator is None
    and env_registry.load(env).scenario in (simulator_registry.load(simulator).scenarios or ())
]


@pytest.mark.parametrize(("env", "simulator"), ELSEWHERE)
def test_every_environment_passes_every_checker_on_every_other_simulator_too(env, simulator):
    config = typed_run(compose([f"env={env}", f"simulator={simulator}", *quick(env)]))
    assert [verdict for verdict in check(config.env, config.simulator, steps=5) if not verdict.ok] == []


@pytest.mark.long
@pytest.mark.parametrize("env", PLAYED)
def test_every_environment_made_by_its_id_passes_gymnasium_s_checker(env):
    check_env(gymnasium.make(f"netgym/{env}-v0", **hurried(env, 100)).unwrapped)  # it draws in every mode, too


@pytest.mark.long
@pytest.mark.parametrize("env", PLAYED)
def test_a_running_session_of_every_environment_has_one_owner(env):
    made = make_env(env, 1, **hurried(env, 100))
    made.reset()
    action = made.action_space.sample()
    refused = in_fork(lambda: made.step(action))
    assert isinstance(refused, SessionError) and "session" in str(refused)
    with pytest.raises(SessionError, match="session"):
        copy.copy(made)
    made.step(action)
    made.close()


RECORD = """
import numpy as np
from netgym_cli import make_env

env = make_env({env!r}, seed=7, steps_per_episode={steps}, episodes_per_session=1, **{interval})
env.action_space.seed(7)
env.reset()
print(env.stats.values.tobytes().hex())
for step in range({steps}):
    observation, reward, *_ = env.step(None if step % 5 == 4 else env.action_space.sample())
    parts = np.asarray(observation), np.float64(reward), env.stats.values, np.int64(env.stats.events)
    print(*(part.tobytes().hex() for part in parts))
    if env.episode_over and step + 1 < {steps}:
        env.reset()
env.close()
"""


@pytest.mark.parametrize(
    ("env", "steps"),
    [
        *(needing(env, FAMILIES.get(env, 50)) for env in NETWORKS),
        *(needing(env, 1000, long=True) for env in NETWORKS if FAMILIES.get(env) != 1000),
    ],
)
def test_equal_seeds_give_equal_bits_in_fresh_processes(env, steps):
    code = RECORD.format(env=env, steps=steps, interval=hurried(env, 10))
    with python(code) as one, python(code) as other:
        first, second = (process.communicate(timeout=500)[0].splitlines() for process in (one, other))
    assert len(first) == 1 + steps and all(len(line.split()) == 4 for line in first[1:])
    assert first == second


@pytest.mark.parametrize("env", NETWORKS)
def test_the_empty_action_and_the_space_s_own_actions_become_control(env):
    adapter = adapter_of(env)
    assert adapter.encode_action(None) is None and adapter.encode_action([]) is None
    adapter.action_space.seed(0)
    for _ in range(20):
        control = adapter.encode_action(adapter.action_space.sample())
        assert control is not None and control.ndim == 1 and np.isfinite(control).all()


@pytest.mark.parametrize("env", PLAYED)
def test_observations_stay_in_their_space_whatever_is_done(env):
    made = make_env(env, seed=5, steps_per_episode=15, episodes_per_session=1, **hurried(env, 100))
    made.action_space.seed(5)
    observation, _ = made.reset()
    for _ in range(15):
        assert observation in made.observation_space
        observation, reward, *_ = made.step(made.action_space.sample())
        assert np.isfinite(reward)
        if made.terminal:
            made.reset()
    made.close()


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["env=qos_steer", "agent.link=nr"], "lte, wifi in this environment"),
        (["env=nqos_split", "agent.link=nr", "env.nr_gnb_locations=[]"], "wifi, lte in this environment"),
        (["env=nqos_split", "agent.link=wimax"], "wifi, nr, lte"),
    ],
)
def test_single_link_refuses_a_link_that_is_not_there(words, allowed):
    with pytest.raises(ConfigError, match=rf"agent\.link is '\w+'; allowed: {allowed}"):
        run.check(typed_run(compose(["agent=single_link", *words])))
