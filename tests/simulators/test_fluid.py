"""The fluid twins: one network equals its copy among many, and measurements are described as by ns-3."""

import copy
import pickle
from contextlib import closing

import numpy as np
import pytest

from netgym_cli.common.errors import ActionError, ConfigError, SessionError
from netgym_cli.config.conf_dirs import members
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.make import make_env
from netgym_cli.simulators.fluid import batch as fluid_batch
from netgym_cli.simulators.fluid.batch import FluidBatch, threads_for
from netgym_cli.simulators.fluid.library import library
from netgym_cli.simulators.fluid.limits import LIMITS
from netgym_cli.simulators.selection import default_settings
from netgym_cli.simulators.wire_text import flatten

COPIES, STEPS = 5, 6


def runs_on_twin(env):
    name = make_env(env).config.name
    return env_registry.load(name).scenario in LIMITS


ENVS = [env for env in members("env") if runs_on_twin(env)]


def batch(env, copies, first=0, calibration="default", **keys):
    made = make_env(env, **keys)
    settings = default_settings("fluid")
    settings.calibration = calibration
    return made, FluidBatch(settings, made.adapter.scenario, made.adapter.settings(), copies, first)


def controls(made, copies, seed=3):
    made.action_space.seed(seed)
    drawn = [made.adapter.encode_action(made.action_space.sample()) for _ in range(copies * (STEPS - 1))]
    return np.array(drawn).reshape(STEPS - 1, copies, -1)


def test_the_kernel_has_the_scenarios_that_the_simulator_offers():
    assert library().scenarios().decode().split("\n") == sorted(LIMITS)


@pytest.mark.parametrize("env", ENVS)
def test_a_network_alone_equals_its_copy_in_a_batch(env):
    made, many = batch(env, COPIES)
    seeds = np.arange(10, 10 + COPIES)
    given = controls(made, COPIES)
    together = [many.start(seeds), *(many.step(step) for step in given), many.step(None)]
    assert all(np.isfinite(values).all() for values in together)
    for k in (0, COPIES - 1):
        _, one = batch(env, 1, first=k)
        alone = [one.start(seeds[k : k + 1]), *(one.step(step[k : k + 1]) for step in given), one.step(None)]
        for values, copied in zip(alone, together, strict=True):
            np.testing.assert_array_equal(values[0], copied[k])
        assert one.ts_ms[0] == many.ts_ms[k] and one.ticks[0] == many.ticks[k]


@pytest.mark.parametrize("env", list({make_env(env).adapter.scenario: env for env in ENVS}.values()))
def test_numbers_do_not_depend_on_the_number_of_threads(env, monkeypatch):
    copies, answers = 3 * COPIES, []
    for threads in (1, 2, 7):
        monkeypatch.setattr(fluid_batch, "threads_for", lambda copies, threads=threads: threads)
        made, many = batch(env, copies)
        begun = many.start(np.arange(copies))
        stepped = [many.step(step) for step in controls(made, copies)[:2]]
        again = many.start(np.arange(copies) + 50, np.arange(copies) % 2 == 0)
        answers.append([begun, *stepped, again, copy.deepcopy(many).step(None)])
    for values, *others in zip(*answers, strict=True):
        for other in others:
            np.testing.assert_array_equal(other, values)


def test_threads_are_no_more_than_the_process_has_cpus_and_the_networks_are_worth(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 2, 5, 7})
    assert [threads_for(copies) for copies in (1, 15, 16, 31, 32, 1000)] == [1, 1, 2, 3, 4, 4]
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {3})
    assert threads_for(1000) == 1


@pytest.mark.parametrize("env", ENVS)
def test_what_is_simulated_depends_on_seed_and_actions(env):
    made, many = batch(env, 3)
    first = many.start(np.array([1, 1, 2]))
    np.testing.assert_array_equal(first[0], first[1])
    assert not np.array_equal(first[0], first[2])
    given = controls(made, 2)
    rows = np.stack([given[:, 0], given[:, 1], given[:, 0]], axis=1)
    last = [many.step(step) for step in rows][-1]
    assert not np.array_equal(last[0], last[1])


def test_chosen_networks_begin_anew_and_the_others_go_on():
    made, many = batch("nqos_split", 3)
    seeds = np.arange(3)
    begun = many.start(seeds)
    before = many.step(controls(made, 3)[0])
    after = many.start(seeds, np.array([False, True, False]))
    np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])
    np.testing.assert_array_equal(after[1], begun[1])
    assert many.ts_ms.tolist() == [1200, 1100, 1200]


def test_a_row_of_nan_is_the_default_algorithm():
    _, many = batch("nqos_split", 2)
    many.start(np.array([4, 4]))
    rows = np.array([np.full(many.control_size, np.nan), np.tile([0.0, 1.0, 0.0], 5)])
    last = [many.step(rows) for _ in range(3)][-1]
    _, default = batch("nqos_split", 1)
    default.start(np.array([4]))
    np.testing.assert_array_equal([default.step(None) for _ in range(3)][-1][0], last[0])
    assert not np.array_equal(last[0], last[1])


def test_a_copy_goes_on_by_itself_and_a_pickle_is_refused():
    made, one = batch("nqos_split", 2)
    given = controls(made, 2)
    one.start(np.arange(2))
    one.step(given[0])
    twin = copy.deepcopy(one)
    expected = one.step(given[1])
    one.close()
    np.testing.assert_array_equal(twin.step(given[1]), expected)
    with pytest.raises(SessionError, match="cannot copy or pickle"):
        pickle.dumps(twin)


def test_every_network_may_have_a_calibration_of_its_own(tmp_path):
    other = tmp_path / "slow.yaml"
    other.write_text("scenario: nqos_split\nlike: nqos_split\nparameters: {wifi_mac_efficiency: 0.2}\n")
    _, many = batch("nqos_split_near_capacity", 4, calibration=["default", str(other)])
    wifi = np.tile(np.tile([1.0, 0.0, 0.0], 5), (4, 1))
    many.start(np.array([1, 1, 1, 1]))
    last = [many.step(wifi) for _ in range(4)][-1]
    np.testing.assert_array_equal(last[0], last[2])
    rates = last[:, many.layout.places["gma::dl::rate"]].sum(axis=1)
    assert rates[1] < 0.5 * rates[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scenario: rmcat\n", "is for scenario 'rmcat'"),
        ("scenario: nqos_split\nlike: nqos_split\nparameters: {wifi_speed: 1}\n", "unknown parameter 'wifi_speed'"),
        ("scenario: nqos_split\nparameters: {lte_delay_ms: 3}\n", "lacks bbr_"),
        ("scenario: nqos_split\nlike: nqos_split\nparameters: {lte_delay_ms: fast}\n", "'fast'; allowed: a number"),
        ("[1]\n", "is no calibration"),
        ("a: b: c\n", "cannot be read"),
    ],
)
def test_a_calibration_that_does_not_fit_is_refused(text, message, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        make_env("nqos_split", simulator={"name": "fluid", "calibration": str(file)})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"per_slice_config.transport_protocol": ["udp", "TcpCubic"]}, "'TcpCubic', of which simulator=fluid has no"),
        ({"wifi.rate_control": "MinstrelHt"}, "allowed there: Ideal"),
        ({"wifi.rts_cts": True}, "allowed there: false. simulator=ns3 runs it"),
    ],
)
def test_what_has_no_model_is_refused_before_anything_starts(keys, message):
    with pytest.raises(ConfigError, match=message):
        make_env("nqos_split", simulator="fluid", **keys)
    make_env("nqos_split", **keys)


@pytest.mark.ns3
@pytest.mark.parametrize("env", ENVS)
def test_measurements_are_described_as_by_ns3(env):
    from tests.contracts.test_every_env import hurried

    keys = hurried(make_env(env).config.name, 10)
    layouts, times = [], []
    for simulator in ("ns3", "fluid"):
        made = make_env(env, seed=1, simulator=simulator, steps_per_episode=3, **keys)
        made.reset()
        made.step(None)
        layouts.append(made.stats.layout.rows)
        times.append(made.stats.ts_ms)
        made.close()
    assert layouts[0] == layouts[1]
    assert times[0] == pytest.approx(times[1])


def test_settings_travel_as_lines():
    assert flatten({"a": [{"x": 1}, {"x": 2}], "b": {"c": True}, "d": None}) == "a.x=1,2\nb.c=1\nd="


def test_one_network_refuses_the_actions_of_many():
    with closing(make_env("custom", seed=1, simulator="fluid")) as env:
        env.reset()
        with pytest.raises(ActionError, match="allowed"):
            env.step(env.action_space.sample()[None])
        env.step(env.action_space.sample())
