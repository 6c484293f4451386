"""Promises that every channel keeps, whatever its kind; a new member is tested by existing."""

import hashlib
import struct

import gymnasium
import numpy as np
import pandas as pd
import pytest

from netgym_cli.channels.base import DeliveryConfig, channel_registry
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import compose
from netgym_cli.config.conf_dirs import members
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.wrappers.channel_configs import build, channel_config
from netgym_cli.wrappers.networked_env import NetworkedEnv
from tests.support.network import python

NAMES = [pytest.param(name, marks=pytest.mark.ns3 if name.startswith("ns3") else ()) for name in members("channel")]
CROSSED = [one for one in NAMES if one.values != ("none",)]
PACKETS = 120


def played(name, seed, step_ms=20.0):
    """A digest of everything that arrived in a session of two episodes."""
    channel = build(channel_config(name), step_ms)
    told = hashlib.sha256()
    for episode_seed in (seed, None):
        channel.reset(episode_seed)
        for step in range(PACKETS):
            for port in range(channel.ports):
                assert channel.send(200, step * step_ms, port) == step
            for one in channel.advance((step + 1) * step_ms):
                assert one.sent_ms <= one.arrived_ms < (step + 1) * step_ms and one.port < channel.ports
                told.update(struct.pack("iddi", *one))
            state = channel.info()
            assert state["sent"] == state["arrived"] + state["lost"] + state["in_flight"] == (step + 1) * channel.ports
            assert state["queue_bytes"] >= 0 and isinstance(state["state"], str) and state["duplicates"] >= 0
    channel.close()
    channel.close()
    return told.hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_from_the_books_and_equal_seeds_give_equal_arrivals(name):
    first = played(name, 5)
    assert played(name, 5) == first
    with python(f"from tests.contracts.test_every_channel import played; print(played({name!r}, 5))") as other:
        assert other.communicate(timeout=300)[0].strip().endswith(first)


@pytest.mark.parametrize("name", NAMES)
def test_a_second_reset_with_the_same_seed_gives_the_same(name):
    channel = build(channel_config(name), 20.0)

    def arrivals():
        channel.reset(9)
        told = []
        for step in range(40):
            for port in range(channel.ports):
                channel.send(200, step * 20.0, port)
            told += channel.advance((step + 1) * 20.0)
        return told

    first = arrivals()
    assert first == arrivals()
    channel.close()


@pytest.mark.parametrize("name", CROSSED)
def test_it_stands_between_any_environment_and_its_agent(name):
    config = channel_config(name)
    if config.ports > 1:
        pytest.skip("for several observers; tested with them")
    env = NetworkedEnv(gymnasium.make("Pendulum-v1"), channel_config=config)
    env.action_space.seed(0)
    observation, _ = env.reset(seed=3)
    for _ in range(30):
        assert observation in env.observation_space
        observation, *_ = env.step(env.action_space.sample())
    again, _ = env.reset(seed=3)
    assert again in env.observation_space
    env.close()


@pytest.mark.parametrize("name", CROSSED)
def test_a_run_behind_it_is_complete_and_its_seed_decides(name, tmp_path):
    words = ["env=gym", "agent=random", f"channel={name}", "env.episodes_per_session=3", "sessions=[{},{}]", "seed=4"]
    config = typed_run(compose(words))
    run.check(config)
    tables = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        run.train(config, folder, ["netgym"])
        tables.append(pd.read_parquet(folder / "metrics" / "steps.parquet").drop(columns="wall_ms"))
    assert tables[0].equals(tables[1])
    steps = tables[0]
    stations = config.channel.ports
    first = steps["step"] == 0  # which counts what reset sent, too
    assert (steps["channel_sent"] == stations * np.where(first, 2, 1)).all() and steps["session"].nunique() == 2
    flown = steps.groupby(["session", "episode"])[["channel_sent", "channel_arrived", "channel_lost"]].sum()
    assert (flown["channel_sent"] >= flown["channel_arrived"] + flown["channel_lost"]).all()
    assert (steps["channel_arrived"].sum() > 0) and (steps["channel_age_ms"] >= 0).all()
    assert np.array_equal(steps["channel_delay_ms"].notna(), steps["channel_arrived"] > 0)


@pytest.mark.parametrize("name", CROSSED)
def test_its_common_keys_are_checked(name):
    for key, value in (("buffer_size", 0), ("fill", "nan"), ("step_duration_ms", -1.0), ("action_hold", "never")):
        with pytest.raises(ConfigError, match=f"channel.{key} is {value!r}; allowed: "):
            channel_config(name, **{key: value})
    assert issubclass(channel_registry.load(channel_config(name).name).config_schema, DeliveryConfig)
