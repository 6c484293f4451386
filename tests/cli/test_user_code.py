"""What fails in a user's own class is told with its file and line; what a class lacks, before anything is run."""

import json
import textwrap

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.config.compose import compose
from netgym_cli.evaluation.worker import means
from netgym_cli.experiment.config import typed_run
from netgym_cli.experiment.task import Task
from netgym_cli.jobs.worker import answer
from tests.conftest import REPO

HEAD = """
from dataclasses import dataclass
import numpy as np
from gymnasium import spaces
from netgym_cli.agents.base import Agent
from netgym_cli.agents.rule import Rule
from netgym_cli.channels.base import Arrival, Channel, DeliveryConfig
from netgym_cli.config.schema import AgentConfig, SimulatorConfig
from netgym_cli.envs.base import Adapter
from netgym_cli.simulators.base import Simulator
from netgym_cli.simulators.stats import Stats
from tests.support.toy import ToyAdapter, ToyConfig, ToySimulator
"""
HINT = "NETGYM_TRACEBACK=1 shows the whole traceback"


@pytest.fixture
def users(workdir):
    """Writes mine.py with `code` behind HEAD, a YAML file for its class Mine; gives the overrides that choose it."""

    def write(group, code):
        (workdir / "mine.py").write_text(HEAD + textwrap.dedent(code))
        for folder in ("env", "agent", "channel", "simulator"):
            (workdir / folder).mkdir()
        toy = (REPO / "tests/support/conf/env/toy.yaml").read_text()
        (workdir / "env" / "toy.yaml").write_text(toy)
        member = {
            "env": toy.replace("tests.support.toy:ToyAdapter", "mine:Mine"),
            "agent": "name: mine:Mine\n",
            "channel": "defaults: [/window@_here_, /action@_here_, _self_]\nname: mine:Mine\n",
            "simulator": "name: mine:Mine\nstart_timeout_s: 9\nstep_timeout_s: 9\nclose_timeout_s: 9\n",
        }[group]
        (workdir / group / "mine.yaml").write_text(member)
        chosen = {"env": "toy", "agent": "random"} | {group: "mine"}
        return ["--config-dir", ".", *(f"{key}={name}" for key, name in chosen.items())]

    return write


def netgym(*words):
    return CliRunner().invoke(app, list(words))


def line_of(workdir, text):
    lines = (workdir / "mine.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


TOY = "class Mine(ToyAdapter):\n"
WRONG_CLASSES = {
    "agent without config_schema": ("agent", "class Mine(Agent):\n  def act(self, observation, info): return None",
        "has no config_schema; write `config_schema = AgentConfig`"),
    "agent without act": ("agent", "class Mine(Agent):\n  config_schema = AgentConfig",
        "has no act; write `def act(self, observation, info)`"),
    "agent whose act takes too little": ("agent",
        "class Mine(Agent):\n  config_schema = AgentConfig\n  def act(self): return None",
        "has act(self) (mine.py, line 15); write `def act(self, observation, info)`"),
    "agent without netgym's constructor": ("agent",
        "class Mine(Agent):\n  config_schema = AgentConfig\n  def __init__(self, config): pass\n"
        "  def act(self, observation, info): return None", "does not call `super().__init__(config)`"),
    "agent that loads without @classmethod": ("agent",
        "class Mine(Agent):\n  config_schema = AgentConfig\n  def act(self, observation, info): return None\n"
        "  def load(cls, config, folder, trust): pass", "without @classmethod; write @classmethod above it"),
    "rule without environments": ("agent",
        "class Mine(Rule):\n  config_schema = AgentConfig\n  def decide(self, stats): return None",
        "has no environments; write `environments = "),
    "rule whose environments are one text": ("agent",
        "class Mine(Rule):\n  config_schema = AgentConfig\n  environments = ('toy')\n"
        "  def decide(self, stats): return None",
        "has environments = 'toy'; write `environments = "),
    "adapter without kpis": ("env",
        "class Mine(Adapter):\n  config_schema, scenario, step_ms = ToyConfig, 'toy', 100.0\n"
        "  observation = ToyAdapter.observation\n  reward = ToyAdapter.reward\n"
        "  def encode_action(self, action): return None", "has no kpis; write `def kpis(self, stats)`"),
    "adapter without scenario and config_schema": ("env",
        "class Mine(Adapter):\n  step_ms = 100.0\n" + "".join(
            f"  def {name}(self, stats): return 0\n" for name in ("observation", "reward", "kpis", "encode_action")),
        "has no config_schema; write `config_schema = MyConfig`, a @dataclass that extends "
        "netgym_cli.config.schema.EnvConfig; has no scenario; write `scenario = \"mine\"`"),
    "adapter whose keys are no dataclass": ("env",
        "class Keys(ToyConfig):\n  extra: int = 3\nclass Mine(ToyAdapter):\n  config_schema = Keys",
        "write `config_schema = MyConfig`, a @dataclass"),
    "adapter whose step_ms is a method": ("env", TOY + "  def step_ms(self): return 100.0",
        "has step_ms (mine.py, line 14) as a method; write @property above it"),
    "adapter without spaces": ("env",
        TOY + "  def __init__(self, config): Adapter.__init__(self, config)",
        "observation_space is None; allowed: a space"),
    "adapter without netgym's constructor": ("env", TOY + "  def __init__(self, config): pass",
        "does not call `super().__init__(config)`"),
    "channel without info": ("channel",
        "class Mine(Channel):\n  config_schema = DeliveryConfig\n  def reset(self, seed=None): pass\n"
        "  def send(self, size, now_ms, port=0): return 0\n  def advance(self, to_ms): return []",
        "has no info; write `def info(self)`"),
    "channel whose reset takes no seed": ("channel",
        "class Mine(Channel):\n  config_schema = DeliveryConfig\n  def reset(self): pass\n"
        "  def send(self, size, now_ms, port=0): return 0\n  def advance(self, to_ms): return []\n"
        "  def info(self): return {}", "write `def reset(self, seed=None)`"),
    "channel whose info lacks a key": ("channel",
        "class Mine(Channel):\n  config_schema = DeliveryConfig\n  def reset(self, seed=None): pass\n"
        "  def send(self, size, now_ms, port=0): return 0\n  def advance(self, to_ms): return []\n"
        "  def info(self): return {'state': 'UP', 'sent': 1, 'arrived': 0, 'lost': 0, 'in_flight': 1}",
        "Mine.info() (mine.py, line 18) answered {'state': 'UP', 'sent': 1, 'arrived': 0, 'lost': 0, 'in_flight': 1}; "
        "allowed: a dictionary with duplicates, queue_bytes too"),
    "simulator without step": ("simulator",
        "class Mine(Simulator):\n  def start(self, scenario, settings, seed): pass\n  def close(self): pass",
        "has no step; write `def step(self, control)`, or step_async and step_wait"),
    "simulator that takes no source": ("simulator",
        "class Mine(ToySimulator):\n  def __init__(self, config): pass",
        "write `def __init__(self, config, source=None)`"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG_CLASSES)
def test_what_a_class_lacks_is_told_before_a_run_with_an_example(users, workdir, what):
    group, code, message = WRONG_CLASSES[what]
    before = {
        *workdir.iterdir(),
        workdir / "mine.py",
        *(workdir / name for name in ("env", "agent", "channel", "simulator")),
    }
    words = users(group, code)
    done = netgym("train", *words)
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1), done.output
    assert message in done.stderr and "mine.py, line " in done.stderr
    assert {path for path in workdir.iterdir() if path.name != "__pycache__"} == before


RAISING = {
    "import": ("env", "VALUE = 1 / 0\n" + TOY + "  pass", "ZeroDivisionError: division by zero", "VALUE", 2),
    "syntax": ("env", "class Mine(:\n  pass", "SyntaxError: invalid syntax", "class Mine(:", 2),
    "missing library": ("env", "import no_such_library\n" + TOY + "  pass",
        "No module named 'no_such_library'", "import no_such", 2),
    "constructor": ("env", TOY + "  def __init__(self, config):\n    super().__init__(config)\n    {}['x']",
        "KeyError: 'x'", "{}['x']", 2),
    "unknown measurement": ("env", TOY + "  def observation(self, stats):\n    return stats['toy::dl::rat']",
        "no measurement 'toy::dl::rat'. Did you mean 'toy::dl::rate'? Known: toy::dl::rate.", "stats['toy", 1),
    "observation": ("env", TOY + "  def observation(self, stats):\n    return None + 1",
        "TypeError: unsupp", "None + 1", 1),
    "wrong observation": ("env",
        TOY + "  def observation(self, stats):\n    return np.full((1, 3), np.nan, np.float32)",
        "Mend Mine.observation()", "def observation", 1),
    "reward": ("env", TOY + "  def reward(self, stats):\n    raise ValueError('so')", "ValueError: so", "raise", 1),
    "wrong reward": ("env", TOY + "  kpis = lambda self, stats: {}\n  def reward(self, stats):\n    return None",
        "Mend Mine.reward()", "def reward", 1),
    "wrong kpis": ("env", TOY + "  def kpis(self, stats):\n    return None", "Mine.kpis()", "def kpis", 1),
    "kpis that are no numbers": ("env", TOY + "  def kpis(self, stats):\n    return {'x': 'fast'}",
        "answered {'x': 'fast'}", "def kpis", 1),
    "act": ("agent", "class Mine(Agent):\n  config_schema = AgentConfig\n  def act(self, observation, info):\n"
        "    return info['x']", "KeyError: 'x'", "info['x']", 1),
    "refused action": ("agent", "class Mine(Agent):\n  config_schema = AgentConfig\n"
        "  def act(self, observation, info):\n    return np.zeros(7)", "must be finite and of shape", "def act", 1),
    "file that is not there": ("agent", "class Mine(Agent):\n  config_schema = AgentConfig\n"
        "  def act(self, observation, info):\n    return open('gone.txt')", "No such file", "open(", 1),
    "exit": ("agent", "import sys\nclass Mine(Agent):\n  config_schema = AgentConfig\n"
        "  def act(self, observation, info):\n    sys.exit(0)", "called sys.exit(0)", "sys.exit", 1),
    "NaN of a simulator": ("env",
        "class Sim(ToySimulator):\n  def step(self, control):\n    stats = super().step(control)\n"
        "    stats.values[1] = np.nan if self.steps > 2 else 1\n    return stats\n"
        + TOY + "  required_simulator = 'mine:Sim'", "Sim measured NaN as toy::dl::rate; allowed: numbers, in step",
        "def step", 1),
    "no Stats of a simulator": ("env", "class Sim(ToySimulator):\n  def step(self, control):\n"
        "    return 3 if self.steps else super().step(control)\n"
        + TOY + "  required_simulator = 'mine:Sim'", "the simulator Sim answered 3; allowed: netgym_cli",
        "def step", 1),
    "simulator": ("env", "class Sim(ToySimulator):\n  def step(self, control):\n    return [][0]\n"
        + TOY + "  required_simulator = 'mine:Sim'", "IndexError: list index out of range", "[][0]", 1),
    "channel": ("channel",
        "class Mine(Channel):\n  config_schema = DeliveryConfig\n  def reset(self, seed=None): pass\n"
        "  def send(self, size, now_ms, port=0): return 0\n  def advance(self, to_ms): return self.nothing\n"
        "  def info(self): return {}", "AttributeError: 'Mine' object has no attribute 'nothing'", "self.nothing", 2),
}  # fmt: skip


@pytest.mark.parametrize("what", RAISING)
def test_an_exception_in_a_user_s_code_is_told_in_one_line_with_its_file_and_line(users, workdir, what):
    group, code, message, line, status = RAISING[what]
    done = netgym("train", *users(group, code))
    told, *notes = done.stderr.splitlines()
    assert (done.exit_code, message in told) == (status, True), done.stderr
    assert f"mine.py, line {line_of(workdir, line)}" in told
    assert HINT in notes or "()" in told
    traces = list((workdir / "outputs").rglob("error.txt"))
    assert len(traces) == (status == 1)
    for trace in traces:
        assert "Traceback" in trace.read_text()
        error = json.loads((trace.parent / "run.json").read_text())["error"]
        assert "mine.py, line " in error["message"]


BAD_ACT = """
class Mine(Agent):
    config_schema = AgentConfig
    def act(self, observation, info):
        return {}["x"]
"""


def test_the_whole_traceback_is_shown_when_asked_for(users, monkeypatch):
    words = users("agent", BAD_ACT)
    assert "Traceback" not in netgym("train", *words).stderr
    monkeypatch.setenv("NETGYM_TRACEBACK", "1")
    shown = netgym("train", *words).stderr
    assert "Traceback" in shown and 'return {}["x"]' in shown and HINT not in shown


def test_a_worker_tells_the_line_and_sends_the_whole_traceback(users):
    words = users("agent", BAD_ACT)
    config = typed_run(compose(words[2:], ["."]))
    event = answer(Task.of(config, None, False, 5, 1).line(), means, lambda event: None)
    assert event["message"] == "KeyError: 'x' (mine.py, line 17, in act)"
    assert 'return {}["x"]' in event["traceback"]


def test_evaluate_tells_the_line_and_where_the_traceback_is(users):
    done = netgym("evaluate", *users("agent", BAD_ACT), "seeds=1", "episodes=1", "-j", "1")
    assert done.exit_code == 1
    assert "agent mine, seed 1000000: KeyError: 'x' (mine.py, line 17, in act)" in done.stderr.splitlines()[0]
    assert HINT in done.stderr and "Traceback" not in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("verb", [("train", "-m", "seed=1,2"), ("collect", "episodes=1", "jobs=1")])
def test_jobs_and_collections_tell_the_line(users, capfd, verb):
    done = netgym(verb[0], *users("agent", BAD_ACT), *verb[1:])
    assert done.exit_code == 1
    assert "KeyError: 'x' (mine.py, line 17, in act)" in done.stderr


def test_check_tells_what_stops_every_check_once(users):
    done = netgym("check", *users("env", TOY + "  def kpis(self, stats):\n    return {}['x']"))
    assert done.exit_code == 1
    assert done.stdout.count("KeyError: 'x' (mine.py, line 15, in kpis)") == 1
    assert done.stdout.count("FAILED") == 4 and HINT in done.stderr


def test_a_simulator_that_does_not_say_what_it_runs_is_tried_before_a_run(users, workdir):
    code = """
        MODELS = {"other": 1}
        class Mine(Simulator):
            def start(self, scenario, settings, seed):
                return MODELS[scenario]
            def step(self, control):
                return None
            def close(self):
                pass
    """
    words = [word for word in users("simulator", code) if not word.startswith("env=")]
    done = netgym("train", *words, "env=custom")
    assert done.exit_code == 2, done.output
    assert "cannot start the scenario 'custom' of env 'custom': KeyError: 'custom' (mine.py, line 17" in done.stderr
    assert "scenarios = frozenset(" in done.stderr and not (workdir / "outputs").exists()


def test_a_gymnasium_environment_of_the_user_s_is_told_with_its_line(workdir):
    (workdir / "mine.py").write_text(
        textwrap.dedent("""
        import gymnasium
        class Env(gymnasium.Env):
            observation_space = gymnasium.spaces.Box(0, 1, (1,))
            action_space = gymnasium.spaces.Discrete(2)
            def reset(self, *, seed=None, options=None):
                return self.observation_space.sample(), {}
            def step(self, action):
                return self.nothing
        gymnasium.register("Mine-v0", "mine:Env")
        """)
    )
    done = netgym("train", "--config-dir", ".", "env=gym", "env.id=mine:Mine-v0", "agent=random")
    assert done.exit_code == 1
    assert "has no attribute 'nothing' (mine.py, line 9, in step)" in done.stderr
