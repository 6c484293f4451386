"""The agents that learn nothing or are the user's: `system_default`, `constant`, `custom`."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from gymnasium import spaces
from typer.testing import CliRunner

from netgym_cli.agents.builtin import constant, custom
from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.envs.base import stated_action
from netgym_cli.evaluation import contest
from netgym_cli.experiment import run
from tests.conftest import REPO
from tests.support.engine import run_config
from tests.support.toy import ToySimulator

TOY = ["--config-dir", str(REPO / "tests" / "support" / "conf"), "env=toy"]
HILL = {"cls": "tests.support.my_agents:Hill"}


def policies(monkeypatch, config, folder):
    """What a run sends to the simulator."""
    sent = []
    step = ToySimulator.step
    monkeypatch.setattr(ToySimulator, "step", lambda self, policy: (sent.append(policy), step(self, policy))[1])
    run.check(config)
    run.train(config, folder, ["netgym"])
    return sent[1:]  # the first is the simulator's own


def test_the_system_default_never_acts(monkeypatch, tmp_path):
    assert policies(monkeypatch, run_config("system_default"), tmp_path / "run") == [None] * 8


@pytest.mark.parametrize(
    ("action", "sent"), [(None, [0.5, 0.5, 0.5]), (1, [1, 1, 1]), (0.25, [0.25] * 3), ([0, 1, 0.5], [0, 1, 0.5])]
)
def test_a_constant_is_sent_at_every_step(monkeypatch, tmp_path, action, sent):
    found = policies(monkeypatch, run_config("constant", action=action), tmp_path / "run")
    assert [one.tolist() for one in found] == [sent] * 8


@pytest.mark.parametrize("action", [1.5, -1, [1, 1], [[1], [1]], "much", [1, None, 1], float("nan"), True, {"a": 1}])
def test_a_constant_that_does_not_fit_is_named_with_what_would(action):
    with pytest.raises(ConfigError, match=r"agent\.action is .*; allowed: null, or a number .*Box\(0\.0, 1\.0, \(3,\)"):
        run.check(run_config("constant", action=action))


@pytest.mark.parametrize(
    ("space", "value", "action"),
    [
        (spaces.Discrete(4), None, 0),
        (spaces.Discrete(4, start=2), None, 2),
        (spaces.Discrete(4), 3, 3),
        (spaces.MultiDiscrete([3, 5]), None, [0, 0]),
        (spaces.MultiDiscrete([3, 5]), 2, [2, 2]),
        (spaces.MultiDiscrete([3, 5]), [1, 4], [1, 4]),
        (spaces.MultiBinary(2), [0, 1], [0, 1]),
        (spaces.Box(-1, 3, (2, 3)), [1, 2, 3], [[1, 2, 3], [1, 2, 3]]),
        (spaces.Box(-1, 3, (2,)), None, [1, 1]),
    ],
)
def test_constants_fit_every_space_of_numbers(space, value, action):
    found = stated_action(value, space, "agent.action")
    assert space.contains(found) and found.tolist() == action


@pytest.mark.parametrize(
    ("space", "value"),
    [
        (spaces.Discrete(4), 4),
        (spaces.Discrete(4), 1.5),
        (spaces.MultiDiscrete([3, 5]), [3, 4]),
        (spaces.Box(0, np.inf, (2,)), None),
    ],
)
def test_constants_outside_a_space_are_refused(space, value):
    with pytest.raises(ConfigError, match=r"agent\.action is"):
        stated_action(value, space, "agent.action")


def test_a_constant_needs_numbers():
    spec = SimpleNamespace(action_space=spaces.Dict({"a": spaces.Discrete(2)}))
    assert constant.Constant.incompatibility(spec) is not None


def test_a_custom_agent_learns_is_saved_and_comes_back(tmp_path):
    config = run_config("custom", env={"episodes_per_session": 30}, **HILL)
    run.check(config)
    summary = run.train(config, tmp_path / "run", ["netgym"])
    assert summary.last_return > summary.first_return + 5
    back = custom.Custom.load(config.agent, tmp_path / "run")
    best = json.loads((tmp_path / "run" / "agent" / "best.json").read_text())["best"]
    back.begin(SimpleNamespace(observation_space=None, action_space=spaces.Box(0, 1, (3,))), 1)
    assert back.act(None, {}).tolist() == pytest.approx(best)


def test_what_a_custom_agent_saved_elsewhere_needs_trust(tmp_path, another_user):
    config = run_config("custom", **HILL)
    run.train(config, tmp_path / "run", ["netgym"])
    custom.Custom.load(config.agent, tmp_path / "run")
    file = tmp_path / "run" / "agent" / "best.json"
    text = file.read_text()
    file.write_text(text + " ")
    with pytest.raises(ConfigError, match="trust"):
        custom.Custom.load(config.agent, tmp_path / "run")
    file.write_text(text)
    another_user()
    with pytest.raises(ConfigError, match="trust"):
        custom.Custom.load(config.agent, tmp_path / "run")
    custom.Custom.load(config.agent, tmp_path / "run", trust=True)


def test_a_custom_agent_that_saves_nothing_is_evaluated_as_it_is():
    config = run_config("custom", cls="tests.support.my_agents:Empty")
    found = contest.evaluate(config, {"custom": config.agent}, [3], 1, jobs=1)
    default = contest.evaluate(config, {"default": run_config("system_default").agent}, [3], 1, jobs=1)
    assert found.values["custom"]["return"] == default.values["default"]["return"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "agent.cls is None; allowed: importable.module:Class"),
        (["agent.cls=Hill"], "agent.cls is 'Hill'; allowed: importable.module:Class"),
        (["agent.cls=no_such_module:Hill"], "No module named 'no_such_module'"),
        (["agent.cls=broken:Hill"], "agent.cls 'broken:Hill': ZeroDivisionError: division by zero (broken.py, line 1)"),
        (["agent.cls=tests.support.my_agents:Nobody"], "tests.support.my_agents has no class Nobody"),
        (["agent.cls=tests.support.my_agents:NUMBER"], "tests.support.my_agents has no class NUMBER"),
        (["agent.cls=tests.support.my_agents:Passive"], "has no method act(self, observation, info)"),
        (["agent.cls=tests.support.my_agents:Short"], "its constructor cannot be called as docs/agents.md says"),
        (["agent.cls=tests.support.my_agents:Deaf"], "act() cannot be called as docs/agents.md says"),
        (["agent.cls=tests.support.my_agents:Hill", "agent.kwargs={depth: 3}"], "unexpected keyword argument 'depth'"),
        (["agent.cls=tests.support.my_agents:Hill", "agent.kwargs={seed: 3}"], "multiple values for argument 'seed'"),
    ],
)
def test_a_class_that_cannot_be_used_gets_one_message_and_leaves_nothing(workdir, words, message):
    (workdir / "broken.py").write_text("1 / 0\n")
    before = sorted(workdir.iterdir())
    done = CliRunner().invoke(app, ["train", *TOY, "agent=custom", *words])
    assert done.exit_code == 2, done.output
    first, *more = done.stderr.splitlines()
    assert message in first
    assert more == ["NETGYM_TRACEBACK=1 shows the whole traceback"] * ("broken.py" in first)
    assert [path for path in sorted(workdir.iterdir()) if path.name != "__pycache__"] == before


def test_arguments_reach_a_custom_agent(tmp_path, monkeypatch):
    still = policies(monkeypatch, run_config("custom", **HILL, kwargs={"width": 0.0}), tmp_path / "run")
    assert {tuple(one) for one in still} == {(0.5, 0.5, 0.5)}
