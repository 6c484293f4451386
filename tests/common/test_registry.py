import logging

import pytest

from netgym_cli.agents.base import agent_registry
from netgym_cli.channels.base import channel_registry
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.registry import Registry
from netgym_cli.envs.base import Adapter, env_registry
from tests.support.toy import ToyAdapter

REGISTRIES = {"env": env_registry, "agent": agent_registry, "channel": channel_registry}


@pytest.mark.parametrize("kind", REGISTRIES)
def test_every_member_loads_and_has_a_schema(kind):
    registry = REGISTRIES[kind]
    assert registry.names()
    for name in registry.names():
        assert hasattr(registry.load(name).config_schema, "validate")


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown agent 'ramdom'. Did you mean 'random'\?"):
        agent_registry.load("ramdom")


def test_names_never_leave_the_package():
    for name in ("..errors", "os", "_sb3", "netgym_cli.envs.base", ""):
        with pytest.raises(ConfigError, match="unknown agent"):
            agent_registry.load(name)


def test_a_users_class_is_loaded_and_told_once(caplog):
    registry = Registry("env", "netgym_cli.envs.base", Adapter)
    with caplog.at_level(logging.INFO, "netgym_cli.common.registry"):
        assert registry.load("tests.support.toy:ToyAdapter") is ToyAdapter
        registry.load("tests.support.toy:ToyAdapter")
    assert len(caplog.messages) == 1
    assert "toy.py" in caplog.text


@pytest.mark.parametrize(
    "name",
    ["no_such_module:X", "tests.support.toy:Nobody", "tests.support.toy:USERS", "tests.support.toy:ToySimulator"],
)
def test_a_users_class_that_is_none(name):
    with pytest.raises(ConfigError, match=f"env '{name}'"):
        env_registry.load(name)
