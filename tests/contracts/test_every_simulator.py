"""What every simulator promises, on the smallest session of each, and on one of a user with start and step only."""

import select
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netgym_cli.config.schema import DEFAULT_SIMULATOR
from netgym_cli.envs.base import env_registry
from netgym_cli.envs.make import make_env
from netgym_cli.simulators.base import Simulator, simulator_registry
from netgym_cli.simulators.stats import Layout, Row, Stats

STEPS = 6
NAMES = simulator_registry.names()
# Sessions that are smaller than those of the first environment that runs on the simulator: environment and keys.
SMALL = {"ns3": ("custom", {"measurement_start_time_ms": 100, "num_users": 2})}


class Scripted(Simulator):
    """As the last release's template: nothing but the methods that wait."""

    def start(self, scenario, settings, seed):
        self.now, self.seed = 0.0, seed
        return self.step(None)

    def step(self, policy):
        self.now += 1
        value = self.seed + self.now + (0.0 if policy is None else float(np.sum(policy)))
        return Stats(Layout((Row("scripted", "value", "", (1,)),)), self.now, np.array([value]))

    def close(self):
        pass


@dataclass
class Case:
    """How one kind of simulator is made and started, and what it is given in each step."""

    kind: type[Simulator]
    config: Any
    source: Path | None
    scenario: str
    settings: dict[str, Any]
    controls: list[Any]

    def make(self) -> Simulator:
        return self.kind(self.config, self.source)


def case(name: str) -> Case:
    if name == "scripted":
        controls = [None, *(np.full(2, float(k)) for k in range(STEPS - 1))]
        return Case(Scripted, None, None, "any", {}, controls)
    env_name, keys = small_session(name)
    env = make_env(env_name, seed=1, simulator=name, **keys)
    env.action_space.seed(1)
    controls = [env.adapter.encode_action(env.action_space.sample()) for _ in range(STEPS)]
    kind, adapter = simulator_registry.load(name), env.adapter
    kind.prepare(env.simulator_config, adapter.source())
    return Case(kind, env.simulator_config, adapter.source(), adapter.scenario, adapter.settings(), controls)


def small_session(name: str) -> tuple[str, dict[str, Any]]:
    """An environment that runs on the simulator `name`, and keys that make a session of it small."""
    running = [env for env in env_registry.names() if runs(name, env)]
    assert name in SMALL or running, (
        f"no environment runs on simulator={name}; add `{name!r}: (ENV, KEYS)`, a small session of it, to SMALL in "
        f"{Path(__file__).name}, or an environment whose required_simulator is {name!r} to netgym_cli/envs/builtin"
    )
    return SMALL.get(name) or (running[0], {})


def runs(name: str, env: str) -> bool:
    adapter, scenarios = env_registry.load(env), simulator_registry.load(name).scenarios
    if adapter.required_simulator is not None:
        return adapter.required_simulator == name
    return name == DEFAULT_SIMULATOR if scenarios is None else adapter.scenario in scenarios


@pytest.fixture(params=[*(pytest.param(name, marks=[pytest.mark.ns3] * (name == "ns3")) for name in NAMES), "scripted"])
def kind(request):
    return case(request.param)


def exact(stats: Stats) -> tuple[Any, ...]:
    payload = None if stats.payload is None else (stats.payload.observation.tobytes(), *stats.payload[1:])
    return stats.layout, stats.ts_ms, stats.values.tobytes(), stats.events, payload


def one_by_one(kind: Case, seed: int) -> list[tuple[Any, ...]]:
    with closing(kind.make()) as simulator:
        stats = [simulator.start(kind.scenario, kind.settings, seed)]
        return [exact(s) for s in [*stats, *(simulator.step(control) for control in kind.controls)]]


@pytest.mark.parametrize("name", NAMES)
def test_an_environment_runs_on_every_registered_simulator(name):
    env, keys = small_session(name)
    with closing(make_env(env, simulator=name, **keys)) as made:
        assert made.simulator_config.name == name


def test_the_same_seed_gives_the_same_and_another_one_another(kind):
    assert one_by_one(kind, 1) == one_by_one(kind, 1) != one_by_one(kind, 2)


def test_asking_and_waiting_is_the_same_as_both_at_once(kind):
    with closing(kind.make()) as simulator:
        simulator.start_async(kind.scenario, kind.settings, 1)
        record = [exact(simulator.start_wait())]
        for control in kind.controls:
            simulator.step_async(control)
            record.append(exact(simulator.step_wait()))
    assert record == one_by_one(kind, 1)


def test_one_thread_drives_two_in_turns(kind):
    seeds = (1, 2)
    with ExitStack() as stack:
        both = [stack.enter_context(closing(kind.make())) for _ in seeds]
        for simulator, seed in zip(both, seeds, strict=True):
            simulator.start_async(kind.scenario, kind.settings, seed)
        records = [[exact(simulator.start_wait())] for simulator in both]
        for control in kind.controls:
            for simulator in both:
                simulator.step_async(control)
            for k in in_order_of_answer(both):
                records[k].append(exact(both[k].step_wait()))
    assert records == [one_by_one(kind, seed) for seed in seeds]


def in_order_of_answer(simulators: list[Simulator]) -> list[int]:
    """Indices of those that have answered first; what computes in this process has nothing to wait for."""
    waiting = {simulator.fileno(): k for k, simulator in enumerate(simulators)}
    if None in waiting:
        return list(range(len(simulators)))
    order: list[int] = []
    while waiting:
        readable, _, _ = select.select(list(waiting), [], [], 60)
        assert readable, "no simulator answered within 60 s"
        order += [waiting.pop(descriptor) for descriptor in readable]
    return order


def test_nothing_is_waited_for_before_a_start_and_after_the_end(kind):
    simulator = kind.make()
    assert simulator.fileno() is None
    simulator.start(kind.scenario, kind.settings, 1)
    simulator.close()
    assert simulator.fileno() is None


def test_it_may_be_closed_at_any_time(kind):
    simulator = kind.make()
    simulator.close()
    simulator.start(kind.scenario, kind.settings, 1)
    simulator.step_async(kind.controls[0])
    simulator.close()
    simulator.close()


def test_an_episode_begins_with_a_measurement_or_runs_on(kind):
    with closing(kind.make()) as simulator:
        first = simulator.start(kind.scenario, kind.settings, 1)
        simulator.step(kind.controls[0])
        begun = simulator.begin_episode()
        assert begun is None or (begun.layout == first.layout and (begun.payload is None) == (first.payload is None))
        simulator.step(kind.controls[1])


class Overridden(Scripted):
    """Adds to what it builds on, by the method that waits."""

    def step(self, policy):
        stats = super().step(policy)
        return Stats(stats.layout, stats.ts_ms, stats.values + 100)


def test_what_is_overridden_is_what_an_asynchronous_step_does():
    simulator = Overridden(None)
    simulator.start("any", {}, 0)
    simulator.step_async(None)
    assert simulator.step_wait().values == [102]


class Incomplete(Simulator):
    def close(self):
        pass


@pytest.mark.parametrize(("name", "arguments"), [("start", ("any", {}, 0)), ("step", (None,))])
def test_a_simulator_that_lacks_a_method_says_which(name, arguments):
    message = rf"Incomplete must override {name}\(\), or {name}_async\(\) and {name}_wait\(\)"
    with pytest.raises(TypeError, match=message):
        getattr(Incomplete(None), name)(*arguments)
