"""Scenario files of the user's own: C++ and Python beside an adapter in a config directory."""

import itertools
import json
import re
from uuid import uuid4

import pytest

from netgym_cli.common.errors import BuildError, ConfigError, SimulatorDied
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.make import make_env
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.scaffold import new_env
from netgym_cli.simulators.ns3 import user_scenario
from tests.support.network import output_of, zygotes

names = (f"own{k}" for k in itertools.count())  # a module is imported once per process, so every test has its own


@pytest.fixture
def own(tmp_path):
    """Makes an environment of the user's: (name, its scenario file)."""

    def make(simulator="cpp"):
        name = next(names)
        return name, new_env.new_env(name, simulator, tmp_path / "conf")[2]

    return make


def started(name, tmp_path, **keys) -> NetworkEnv:
    env = make_env(name, seed=1, config_dir=tmp_path / "conf", **keys)
    env.reset()
    return env


def numbers(env: NetworkEnv, steps=2) -> bytes:
    seen = [env.stats.values.tobytes()]
    for _ in range(steps):
        env.step(None)
        seen.append(env.stats.values.tobytes())
    env.close()
    return b"".join(seen)


@pytest.mark.ns3
def test_a_scenario_in_cpp_gives_the_numbers_of_the_built_in_it_copies(own, tmp_path):
    name, _ = own()
    env = started(name, tmp_path)
    assert [row.source for row in env.stats.layout.rows] == [name] * 4
    builtin = make_env("custom", seed=1)
    builtin.reset()
    assert numbers(env) == numbers(builtin)


def test_a_scenario_of_the_last_release_still_compiles(own, tmp_path):
    """It includes headers without their room and knows `DurationOfMs` by its former name."""
    name, source = own()
    text = source.read_text().replace('#include "bridge/duration.h"\n', "").replace("DurationOfMs", "Milliseconds")
    text, count = re.subn(r'#include "\w+/(\w+\.h)"', r'#include "\1"', text)
    assert count == 4 and text.count("Milliseconds(") == 2
    source.write_text(text)
    started(name, tmp_path).close()


def test_it_is_compiled_once_and_again_when_it_or_a_header_of_its_own_changes(own, tmp_path):
    _, source = own()
    source.write_text(f"int here; // {uuid4()}\n")  # any C++, compiled in no time, and never before
    told = []

    def library():
        return user_scenario.ready(None, source, told.append)[1][1]

    first = library()
    assert (library(), told) == (first, [f"compiling {source}"])
    source.with_name("mine.h").write_text("// 1\n")
    source.write_text('#include "mine.h"\n' + source.read_text())
    second = library()
    source.with_name("mine.h").write_text("// 2\n")
    assert len({first, second, library()}) == 3
    assert len(told) == 3


@pytest.mark.ns3
def test_an_edited_scenario_is_the_one_that_runs(own, tmp_path):
    name, source = own()
    env = started(name, tmp_path)
    before = env.stats[f"{name}::rate"].mean()
    source.write_text(source.read_text().replace("return m_flows[i].meter.Rec", "return 1000 * m_flows[i].meter.Rec"))
    env.reset(options={"new_session": True})
    assert env.stats[f"{name}::rate"].mean() > 500 * before
    env.close()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("const int users = ", "const int users = nonsense + ", r"\.cc:\d+:\d+: error: .*nonsense"),
        ("struct Flow", "static int Lost(); int n = Lost(); struct Flow", r"\.cc:\d+: undefined reference to .*Lost"),
        ('#include "measure/meter.h"', '#include "metre.h"', r"\.cc:\d+:\d+: fatal error: metre\.h"),
    ],
)  # fmt: skip
def test_a_compile_error_is_told_with_file_and_line(own, tmp_path, before, after, message):
    name, source = own()
    source.write_text(source.read_text().replace(before, after))
    with pytest.raises(BuildError, match=rf"(?s){name}\.cc could not be compiled; fix it there:.*{name}{message}"):
        started(name, tmp_path)


@pytest.mark.ns3
@pytest.mark.long
def test_two_scenarios_have_two_zygotes_and_sessions_share_them(own, tmp_path):
    before = set(zygotes())
    environments = [started(own()[0], tmp_path) for _ in range(2)]
    for env in environments:
        env.reset(options={"new_session": True})
    assert len(set(zygotes()) - before) == 2
    for env in environments:
        env.close()


def test_a_missing_or_unknown_file_is_a_config_error(own, tmp_path):
    name, source = own()
    make_env(name, config_dir=tmp_path / "conf")
    adapter = env_registry.load(f"{name}_env:{name.capitalize()}")
    assert adapter.source() == source
    source.unlink()
    with pytest.raises(ConfigError, match=rf"scenario_source is '.*{name}\.cc', which is no file"):
        user_scenario.check_source(source, None)
    text = source.with_suffix(".txt")
    text.write_text("")
    with pytest.raises(ConfigError, match=r"allowed: a file ending in \.cc, \.cpp, \.cxx, \.py"):
        user_scenario.check_source(text, None)
    text.rename(source.with_suffix(".py"))
    with pytest.raises(ConfigError, match=r"simulator\.ns3_prefix is '/opt/ns3'.*allowed: null"):
        user_scenario.check_source(source.with_suffix(".py"), "/opt/ns3")


@pytest.mark.ns3
@pytest.mark.long
def test_without_a_compiler_cling_compiles_it(own, tmp_path):
    name, _ = own()
    code = f"""
from netgym_cli.envs.make import make_env
env = make_env({name!r}, seed=1, config_dir={str(tmp_path / "conf")!r})
env.reset()
print(env.stats.values.tolist())
env.close()
"""
    env = started(name, tmp_path)
    values = env.stats.values.tolist()
    env.close()
    assert json.loads(output_of(code, CXX="/nonexistent", NETGYM_CACHE=str(tmp_path / "cache"))) == values


PYTHON = '''
from ns import ns

def scenario(settings, seed):
    """Draws numbers, so that a session is decided by its seed; the policy comes back as a measurement."""
    draw = ns.CreateObject[ns.UniformRandomVariable]()
    users, interval = settings["num_users"], 0
    policy = None
    while True:
        ns.Simulator.Stop(ns.MilliSeconds(int(settings["measurement_interval_ms"])))
        ns.Simulator.Run()
        values = [draw.GetValue() for _ in range(users)]
        rates = [0.0] * users if policy is None else list(policy)
        MORE
        policy = yield {"NAME::rate": ("Mbit/s", values), "NAME::tx_rate": ("Mbit/s", rates),
                        "NAME::owd": ("ms", values), "NAME::loss": ("%", values)}
        interval += 1
'''


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    """Makes an environment with a scenario in Python: always the same file, so that all tests share one zygote."""
    folder = tmp_path_factory.mktemp("own")
    name = next(names)
    source = new_env.new_env(name, "ns3-python", folder / "conf")[2]
    text = source.read_text()

    def prepare(more="pass", template=False):
        source.write_text(text if template else PYTHON.replace("NAME", name).replace("MORE", more))
        return make_env(name, seed=1, config_dir=folder / "conf")

    return prepare


@pytest.mark.ns3
@pytest.mark.long
def test_the_template_measures_a_network(scenario):
    env = scenario(template=True)
    env.reset()
    name = env.adapter.scenario
    for _ in range(3):
        env.step([0.1] * 5)
    assert env.stats[f"{name}::rate"].mean() == pytest.approx(0.5, rel=0.5)
    low = env.stats[f"{name}::owd"].mean()
    for _ in range(3):
        env.step([1.0] * 5)
    assert env.stats[f"{name}::rate"].sum() == pytest.approx(10, rel=0.2)
    assert env.stats[f"{name}::owd"].mean() > low
    assert env.stats[f"{name}::loss"].mean() > 5
    env.close()


@pytest.mark.ns3
def test_the_policy_arrives_and_seeds_decide_every_number(scenario):
    env = scenario()
    seen = {}
    for seed in (1, 2, 1):
        env.reset(seed=seed, options={"new_session": True})
        env.step([0.2, 0.4, 0.6, 0.8, 1.0])
        name = env.adapter.scenario
        assert env.stats[f"{name}::tx_rate"] == pytest.approx([1, 2, 3, 4, 5])
        assert seen.setdefault(seed, env.stats.values.tobytes()) == env.stats.values.tobytes()
        assert env.stats.ts_ms == 2000
    assert seen[1] != seen[2]
    env.close()


@pytest.mark.ns3
@pytest.mark.long
@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("if interval: values = values[:-1]", r"interval 1: the measurements changed: .*rate was .*5.*, now .*4"),
        ("if interval: values[0] = float('nan')", r"interval 1: .*::rate holds .*nan.*; allowed: no NaN"),
        ("if interval: return", r"ended after 1 intervals; it has to yield for ever"),
        ("if interval: values = [1] * 4 + [None]", r"allowed: .*source::name.*unit"),
        ("if interval: settings['nothing']", r"_scenario\.py, line 14: KeyError: 'nothing'"),
        ("if interval: ns.StringValue(3, 4)", r"line 14: TypeError"),
        ("if interval: ns.TypeId.LookupByName('ns3::Nothing')", r"ns-3 ended it.*ns3::Nothing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(scenario, more, message):
    env = scenario(more)
    env.reset()
    with pytest.raises(SimulatorDied, match=f"(?s){message}"):
        env.step(None)
    assert not env.running
