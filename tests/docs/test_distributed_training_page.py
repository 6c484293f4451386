"""The commands of docs/distributed_training.md are understood, and its choices are those that there are."""

import re
from pathlib import Path

import pytest

from netgym_cli.config.conf_dirs import builtin
from netgym_cli.federation.split import SPLITS
from netgym_cli.federation.strategy import strategy_registry
from netgym_cli.federation.workload import workload_registry
from netgym_cli.messages.collective import collective_registry
from netgym_cli.messages.link import names
from netgym_cli.messages.network import network_registry
from netgym_cli.messages.topology import topology_registry
from tests.support.commands import Story

PAGE = (Path(__file__).parents[2] / "docs" / "distributed_training.md").read_text()
COMMANDS = re.findall(r"^    (netgym .*)$", PAGE, re.MULTILINE)
CHOICES = {
    "env/strategy=": strategy_registry.names(),
    "env/workload=": workload_registry.names(),
    "env.workload.split=": list(SPLITS),
    "env.topology=": topology_registry.names(),
    "env.link=": names(),
    "env.collective=": ["auto", *collective_registry.names()],
    "env.network=": network_registry.names(),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_is_understood(command):
    Story().understand(command)


@pytest.mark.parametrize("key", CHOICES)
def test_every_choice_is_on_the_page_and_in_the_configuration(key):
    row = re.search(rf"^\| `{key}` \| (.*) \|$", PAGE, re.MULTILINE).group(1)
    assert set(CHOICES[key]) <= set(re.findall(r"`(\w+)`", row))
    group, _, kind = key.strip("=").partition("/")
    assert not kind or {file.stem for file in (builtin() / group / kind).glob("*.yaml")} == set(CHOICES[key])
