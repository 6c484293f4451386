"""Experiments: settings of a whole run under one name."""

import pytest
import yaml

from netgym_cli.cli.completion import completions
from netgym_cli.common.errors import ConfigError
from netgym_cli.config import catalog, conf_dirs
from netgym_cli.config.compose import Composer
from netgym_cli.config.dotted import leaves
from netgym_cli.experiment import run
from netgym_cli.experiment.config import run_of
from netgym_cli.experiment.unread import unread
from tests.conftest import REPO

NAMES = sorted(conf_dirs.members(conf_dirs.EXPERIMENT))
DOCUMENTED = (REPO / "docs" / "experiments.md").read_text()


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_experiment_can_be_run_and_sets_nothing_in_vain(name):
    config = run_of(Composer([f"experiment={name}"]))
    run.check(config)
    content = yaml.safe_load(conf_dirs.members(conf_dirs.EXPERIMENT)[name].read_text())
    settings = [f"{key}={value}" for key, value in leaves({key: content[key] for key in content if key != "defaults"})]
    assert settings and unread(config, settings) == []
    assert config.choices["experiment"] == name and f"`{name}`" in DOCUMENTED


@pytest.mark.parametrize("name", NAMES)
def test_the_command_line_has_the_last_word(name):
    config = run_of(Composer([f"experiment={name}", "seed=77", "steps=null", "sessions=3"]))
    assert (config.seed, config.steps, config.sessions) == (77, None, 3)


def test_they_are_listed_and_completed_with_their_meaning():
    listed = {member.name: member.meaning for member in catalog.members([conf_dirs.EXPERIMENT])}
    assert sorted(listed) == NAMES and all(meaning and "@package" not in meaning for meaning in listed.values())
    assert completions(["experiment=rmcat_s"]) == ["experiment=rmcat_sac"]
    assert "experiment=" in completions(["exp"])


@pytest.mark.parametrize("word", ["experiment=mine", "+experiment=mine"])  # the second is of the time without a group
def test_one_of_the_user_s_own(word, tmp_path):
    (tmp_path / "experiment").mkdir()
    text = "# @package _global_\n# Mine\ndefaults: [override /env: custom, override /agent: random]\nsessions: 7\n"
    (tmp_path / "experiment" / "mine.yaml").write_text(text)
    config = run_of(Composer([word], [tmp_path]))
    assert (config.env.name, config.agent.name, config.sessions) == ("custom", "random", 7)
    assert "mine" in [member.name for member in catalog.members(["experiment"], [tmp_path])]


def test_an_unknown_one_is_told_with_those_that_there_are():
    with pytest.raises(ConfigError, match=f"unknown experiment 'rmcat_sacc'. .*{NAMES[-1]}"):
        Composer(["experiment=rmcat_sacc"]).compose()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["experiment=nqos_split_twin", "agent=sac"],
            "unknown key 'agent.n_epochs'.* experiment=nqos_split_twin sets keys of agent=ppo; for agent=sac, "
            "write env=nqos_split agent=sac simulator=fluid in its place",
        ),
        (
            ["experiment=nqos_split_twin", "env=rmcat", "steps=7"],
            "'env.features': 'rich'.* sets keys of env=nqos_split; for env=rmcat, write env=rmcat agent=ppo sim",
        ),
    ],
)
def test_a_key_of_the_experiment_that_the_chosen_member_lacks(words, told):
    with pytest.raises(ConfigError, match=told):
        run_of(Composer(words))


@pytest.mark.parametrize(
    "words", [["experiment=rmcat_sac", "agent.n_epochs=3"], ["experiment=nqos_split_twin", "agent=sac", "agent.x=3"]]
)
def test_a_key_of_the_command_line_is_not_the_experiment_s(words):
    with pytest.raises(ConfigError) as told:
        run_of(Composer(words))
    assert "sets keys of" not in str(told.value)


def test_another_agent_that_has_the_keys_is_taken():
    assert run_of(Composer(["experiment=rmcat_sac", "agent=td3"])).agent.name == "td3"
