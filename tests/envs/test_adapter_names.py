"""Adapters whose methods have the names of the last release: they work, and the log says the new names."""

import logging
from typing import Any, ClassVar

import numpy as np
import pytest

from netgym_cli.envs.base import OLD_NAMES, Adapter
from netgym_cli.envs.network_env import NetworkEnv
from tests.support.engine import run_config
from tests.support.toy import ToyAdapter, ToyConfig


class Old(ToyAdapter):
    """Halves what the toy sends; its sessions end only with the episode's last step."""

    foreign: ClassVar[bool] = True

    def policy(self, action: Any) -> np.ndarray | None:
        encoded = super().policy(action)
        return None if encoded is None else encoded / 2

    def in_force(self, action: Any, stats: Any) -> np.ndarray:
        return super().in_force(action, stats) * np.float32(0.5)


def env_of(name):
    config = run_config(env={"name": name, "steps_per_episode": 2, "episodes_per_session": 1})
    return NetworkEnv(config.env, config.simulator)


def played(env, action):
    """Rewards of the two steps, and whether each was the end."""
    env.reset()
    steps = [env.step(action) for _ in range(2)]
    return [reward for _, reward, *_ in steps], [terminated for _, _, terminated, *_ in steps]


def test_old_names_are_what_an_environment_uses():
    old, new = env_of("tests.envs.test_adapter_names:Old"), env_of("tests.support.toy:ToyAdapter")
    whole = np.array([0.2, 0.4, 1.0], np.float32)
    assert played(old, whole) == (played(new, whole / 2)[0], [False, False])
    assert played(new, whole)[1] == [False, True]
    assert old.adapter.effective_action([], None).tolist() == [0.25, 0.25, 0.25]


def test_the_log_says_each_new_name_once(caplog):
    caplog.set_level(logging.WARNING, "netgym_cli")

    def defined():
        class Named(ToyAdapter):
            foreign = True
            policy = Old.policy
            in_force = Old.in_force
            simulator = "tests.support.toy:ToySimulator"

        class Derived(Named):
            pass

        class New(ToyAdapter):
            pass

        return Derived, New

    defined(), defined()
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == len(OLD_NAMES)
    for old, new in OLD_NAMES.items():
        assert [text for text in told if f"Named defines '{old}', which is named '{new}' now" in text]


def test_nothing_is_said_of_new_names(caplog):
    caplog.set_level(logging.WARNING, "netgym_cli")

    class Middle(Adapter[ToyConfig]):
        pass

    class Leaf(Middle):
        external_env = True

        def encode_action(self, action: Any) -> np.ndarray | None:
            return None

    class Last(Leaf):
        pass

    assert not caplog.records
    assert Last.foreign is True and Last.policy is Leaf.encode_action


def test_new_members_answer_to_old_names():
    assert ToyAdapter.policy is ToyAdapter.encode_action
    assert ToyAdapter.in_force is ToyAdapter.effective_action
    assert ToyAdapter.foreign is False


def test_an_old_method_of_a_mixin_counts():
    class Mixin:
        def policy(self, action: Any) -> str:
            return "mixin"

    class Mixed(Mixin, ToyAdapter):
        pass

    assert Mixed.encode_action is Mixin.policy


def test_an_adapter_that_encodes_no_action_stays_abstract():
    assert "encode_action" in Adapter.__abstractmethods__
    assert not ToyAdapter.__abstractmethods__ and not Old.__abstractmethods__

    class Nothing(Adapter[ToyConfig]):
        pass

    with pytest.raises(TypeError, match="encode_action"):
        Nothing(None)
