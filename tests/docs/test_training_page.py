"""The commands and the file of docs/training.md and docs/experiments.md are understood."""

import re

import pytest

from netgym_cli.config.compose import Composer
from netgym_cli.config.schema import EndEvaluation
from netgym_cli.experiment import run
from netgym_cli.experiment.config import run_of
from tests.conftest import REPO
from tests.support.commands import Story

TRAINING, EXPERIMENTS = ((REPO / "docs" / name).read_text() for name in ("training.md", "experiments.md"))
COMMANDS = re.findall(r"^    (netgym .*)$", EXPERIMENTS, re.MULTILINE)
OWN = "netgym train --config-dir DIR experiment=mine"
# Keys with values that stand in tables and sentences.
SETTINGS = re.findall(r"`((?:sessions|steps|evaluate_at_end|agent\.evaluate_every_steps)=[^`]+)`", TRAINING)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_understood(command):
    Story().understand(command)


@pytest.mark.parametrize("setting", [text for text in SETTINGS if not text.endswith("=N")])
def test_a_setting_of_the_page_can_be_run(setting):
    run.check(run_of(Composer(["env=nqos_split", "agent=ppo", setting])))


def test_the_defaults_in_the_table_are_those_of_a_run():
    rows = re.findall(r"^\| .*`evaluate_at_end\.(\w+)` \| .* \| (\S+) \|$", TRAINING, re.MULTILINE)
    told = {key: None if value == "null" else float(value) for key, value in rows}
    assert told == vars(run_of(Composer()).evaluate_at_end) == vars(EndEvaluation())
    assert f"`sessions={run_of(Composer()).sessions}`" in TRAINING


def test_an_experiment_of_the_user_s_own_is_found(tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", EXPERIMENTS, re.DOTALL)
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "mine.yaml").write_text(text)
    assert OWN in EXPERIMENTS
    Story().understand(OWN.replace("DIR", str(tmp_path)))
