"""The simulator is a choice of the run, unless an environment or a channel requires one."""

import json
import logging
from dataclasses import asdict

import pytest
from omegaconf import OmegaConf
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.cli.completion import completions
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer, compose
from netgym_cli.config.schema import SimulatorConfig
from netgym_cli.envs.make import make_env
from netgym_cli.experiment.config import run_of, typed_run
from netgym_cli.experiment.requests import in_environment_of
from netgym_cli.simulators.ns3.config import Ns3Config
from netgym_cli.simulators.selection import RequiredSimulator, default_settings, settings_of
from netgym_cli.wrappers.required_simulators import required_simulators
from tests.conftest import REPO
from tests.support.toy import ToyAdapter

CONF = REPO / "tests" / "support" / "conf"
GYM = ["env=gym", "agent=random"]
MIST = """
from dataclasses import dataclass
from netgym_cli.config import SimulatorConfig
from tests.support.toy import ToySimulator
@dataclass
class MistConfig(SimulatorConfig):
    steps_per_ms: int = 1
class Mist(ToySimulator):
    config_schema = MistConfig
"""


def netgym(*words):
    return CliRunner().invoke(app, words)


def run(*words, config_dir=()):
    return run_of(Composer(words, config_dir))


def names(config):
    return [(simulator.config.name, simulator.source) for simulator in required_simulators(config)]


def test_ns3_is_the_default_and_its_keys_are_typed():
    config = run("simulator.step_timeout_s=5", "simulator.ns3_prefix=/opt/ns3")
    assert config.simulator == Ns3Config("ns3", 120, 5, 10, "/opt/ns3")
    assert names(config) == [("ns3", None)]


@pytest.mark.parametrize("choice", [[], ["simulator=gymnasium"]])
def test_gym_takes_its_own_by_itself(choice):
    assert names(run(*GYM, *choice)) == [("gymnasium", None)]


def test_what_is_required_has_the_deadlines_that_were_chosen():
    config = run(*GYM, "simulator.step_timeout_s=5", "simulator.ns3_prefix=/opt/ns3")
    (required,) = required_simulators(config)
    assert required.config == SimulatorConfig("gymnasium", 120, 5, 10)


def test_a_channel_on_ns3_takes_the_runs_ns3_under_any_environment():
    config = run(*GYM, "channel=ns3_wifi", "simulator.ns3_prefix=/opt/ns3")
    assert names(config) == [("gymnasium", None), ("ns3", None)]
    assert required_simulators(config)[1] == RequiredSimulator(Ns3Config("ns3", 120, 120, 10, "/opt/ns3"))


def test_a_channel_on_ns3_has_its_defaults_where_the_run_chose_another():
    config = run(*GYM, "channel=ns3_wifi", "simulator=gymnasium", "simulator.step_timeout_s=5")
    assert required_simulators(config)[1].config == Ns3Config("ns3", 120, 5, 10, None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["env=gym", "simulator=ns3"], "simulator is 'ns3'; allowed for env 'gym': gymnasium."),
        (
            ["env=nqos_split", "simulator=gymnasium"],
            "simulator is 'gymnasium'; allowed for env 'nqos_split': fluid, ns3.",
        ),
        (["simulator=ns4"], "unknown simulator 'ns4'. Did you mean 'ns3'? Known: federation, fluid, gymnasium, ns3."),
        (["simulator.name=ns4"], "simulator.name is 'ns4'; allowed: MODULE:Class, of MODULE.py in a --config-dir, or"),
        (
            ["simulator.start_timeout=5"],
            "unknown key 'simulator.start_timeout'. Did you mean 'simulator.start_timeout_s'?",
        ),
        (
            ["env=gym", "simulator=gymnasium", "simulator.ns3_prefix=/x"],
            "unknown key 'simulator.ns3_prefix': simulator=gymnasium has no ns3_prefix.",
        ),
    ],
)
@pytest.mark.parametrize("verb", ["train", "check", "evaluate", "collect", "sweep"])
def test_a_choice_that_cannot_be_is_one_message_and_no_folder(workdir, verb, words, message):
    more = [] if verb == "check" else ["agent=random"]
    done = netgym(verb, *words, *more, *(["env.id=CartPole-v1"] if "env=gym" in words else []))
    assert done.exit_code == 2, done.output
    assert message in done.stderr and len(done.stderr.strip().splitlines()) == 1
    assert list(workdir.iterdir()) == []


def test_a_run_has_a_simulator(workdir):
    done = netgym("train", "~simulator")
    assert done.exit_code == 2 and "every run has one: simulator=NAME" in done.stderr


def test_a_run_is_evaluated_on_another_simulator_only_if_its_environment_allows():
    config = run(*GYM)
    assert in_environment_of(config, ["simulator=gymnasium"], []).simulator.name == "gymnasium"
    assert in_environment_of(config, ["simulator.step_timeout_s=5"], []).simulator.step_timeout_s == 5
    with pytest.raises(ConfigError, match="simulator is 'ns3'; allowed for env 'gym': gymnasium"):
        in_environment_of(config, ["simulator=ns3"], [])


def test_a_config_without_the_choice_means_ns3():
    config = compose(GYM)
    OmegaConf.set_struct(config, False)
    del config.simulator["name"]
    assert typed_run(config).simulator == default_settings("ns3")


@pytest.mark.parametrize("given", ["ns3", None, {"name": 3}])
def test_what_is_no_simulator_says_how_to_choose_one(given):
    config = OmegaConf.to_container(compose(GYM)) | {"simulator": given}
    with pytest.raises(ConfigError, match="Choose one by simulator=NAME"):
        typed_run(OmegaConf.create(config))


@pytest.fixture
def mist(workdir):
    (workdir / "simulator").mkdir()
    text = (REPO / "conf" / "simulator" / "gymnasium.yaml").read_text().replace("name: gymnasium", "name: mist:Mist")
    (workdir / "simulator" / "mist.yaml").write_text(text + "steps_per_ms: 7  # how fine it is\n")
    (workdir / "mist.py").write_text(MIST)
    return ["--config-dir", str(workdir)]


def test_a_simulator_of_the_users_own_is_a_choice_with_its_own_keys(workdir, mist, monkeypatch):
    monkeypatch.setattr(ToyAdapter, "required_simulator", None)
    words = ["--config-dir", str(CONF), "env=toy", "agent=random", "simulator=mist", "hydra.run.dir=run"]
    assert "mist" in netgym("list", "simulator", *mist).stdout
    assert "how fine it is" in netgym("show", "simulator=mist", *mist).stdout
    done = netgym("train", *mist, *words, "simulator.steps_per_ms=3")
    assert done.exit_code == 0, done.output
    saved = OmegaConf.load(workdir / "run" / ".hydra" / "config.yaml").simulator
    assert (saved.name, saved.steps_per_ms) == ("mist:Mist", 3)


def test_the_group_is_listed_shown_and_completed(workdir):
    listed = json.loads(netgym("list", "simulator", "--json").stdout)
    assert [member["name"] for member in listed] == ["federation", "fluid", "gymnasium", "ns3"]
    assert completions(["simulator=n"]) == ["simulator=ns3"]
    keys = [key["key"] for key in json.loads(netgym("show", "simulator=ns3", "--json").stdout)["keys"]]
    assert keys == [f"simulator.{key}" for key in asdict(default_settings("ns3"))]


def test_python_names_a_simulator_or_changes_its_keys():
    assert make_env("gym", simulator="gymnasium").simulator_config.name == "gymnasium"
    assert make_env("custom", simulator={"step_timeout_s": 7}).simulator_config.step_timeout_s == 7
    both = {"name": "gymnasium", "step_timeout_s": 7}
    assert make_env("gym", simulator=both).simulator_config == SimulatorConfig("gymnasium", 120, 7, 10)
    with pytest.raises(ConfigError, match="simulator is 'ns3'; allowed for env 'gym'"):
        make_env("gym", simulator="ns3")


def test_an_adapter_of_the_last_release_requires_its_simulator_and_says_the_new_name(caplog):
    with caplog.at_level(logging.WARNING, "netgym_cli"):
        logging.getLogger("netgym_cli").propagate = True

        class Old(ToyAdapter):
            simulator = "gymnasium"

        class Older(Old):
            pass

    assert Old.required_simulator == Older.required_simulator == "gymnasium"
    (message,) = [record.message for record in caplog.records]
    assert "Old defines 'simulator', which is named 'required_simulator' now" in message


def test_the_choice_itself_is_used_where_it_is_what_is_required():
    chosen = Ns3Config("ns3", 1, 2, 3, "/opt/ns3")
    assert settings_of("ns3", chosen) is settings_of(None, chosen) is chosen
