"""Observation sets by name: what their rows are, and that scaled ones are of order one on any network."""

from dataclasses import replace

import numpy as np
import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.envs.base import adapter_of
from netgym_cli.envs.make import make_env
from netgym_cli.envs.multi_access import features
from netgym_cli.envs.multi_access.config import FEATURE_SETS
from netgym_cli.envs.multi_access.measurements import PER_SLICE, PER_USER
from netgym_cli.simulators.stats import Layout, Row, Stats
from tests.support.network import network

ENVS = ["nqos_split", "nqos_split_light", "qos_steer", "dynamic_qos", "network_slicing"]


def measured(adapter, seed=0, **values):
    """A measurement of every kind, drawn over the whole range of each but for `values`."""
    config, rng = adapter.config, np.random.default_rng(seed)
    users, slices = tuple(range(1, config.num_users + 1)), range(len(config.per_slice_config.num_users))
    what = [(name, users, *PER_USER[name]) for name in PER_USER]
    what += [(f"{name}::slice={k}", (1,), *PER_SLICE[name]) for name in PER_SLICE for k in slices]
    rows = tuple(Row(*name.split("::", 1), unit, ids) for name, ids, unit, _, _ in what)
    drawn = [values.get(name, low + (high - low) * rng.random(len(ids)) ** 4) for name, ids, _, low, high in what]
    return Stats(Layout(rows), 100.0, np.concatenate(drawn).astype(np.float64))


def adapter_with(env, chosen, **keys):
    return make_env(env, features=chosen, **keys).adapter


@pytest.mark.parametrize("chosen", FEATURE_SETS)
@pytest.mark.parametrize("env", ENVS)
def test_each_set_is_an_observation_with_a_label_per_row(env, chosen):
    adapter = adapter_with(env, chosen)
    assert set(adapter.feature_sets) == set(FEATURE_SETS)
    for seed in range(3):
        observation = adapter.observation(measured(adapter, seed))
        assert observation in adapter.observation_space and observation.dtype == np.float32
    assert len(adapter.observation_labels) == len(observation) == len(adapter.rows.names)
    if chosen != "networkgym":
        assert adapter.observation_space.low.max() == 0 and adapter.observation_space.high.min() == 1


@pytest.mark.parametrize("env", ["nqos_split", "qos_steer", "dynamic_qos", "network_slicing"])
def test_networkgym_is_the_list_that_the_environment_had(env):
    lists = {
        "nqos_split": ["lte::dl::max_rate", "wifi::dl::max_rate", "gma::dl::rate"],
        "qos_steer": ["lte::dl::max_rate", "wifi::dl::max_rate", "gma::dl::rate", "gma::dl::tx_rate",
                      "gma::dl::delay_violation", "gma::wifi::dl::split_ratio"],
        "dynamic_qos": ["gma::dl::rate", "gma::dl::tx_rate", "gma::dl::delay_violation", "gma::dl::loss",
                        "gma::wifi::dl::owd", "gma::lte::dl::owd", "gma::wifi::dl::priority",
                        "gma::lte::dl::priority"],
        "network_slicing": ["gma::dl::cell::rate", "lte::dl::cell::rb_usage", "gma::dl::cell::delay_violation",
                            "gma::dl::cell::owd", "gma::dl::cell::max_owd", "gma::dl::cell::tx_rate"],
    }  # fmt: skip
    named, listed = adapter_with(env, "networkgym"), adapter_with(env, lists[env])
    assert named.observation_space == listed.observation_space
    assert named.observation_labels == listed.observation_labels
    stats = measured(named)
    np.testing.assert_array_equal(named.observation(stats), listed.observation(stats))


def test_rows_of_a_set_are_scaled_by_their_units():
    adapter = adapter_with("nqos_split", "rich")
    values = {"gma::dl::rate": [0, 20, 60, 180, 1000], "gma::dl::owd": [0, 20, 5, 180, 20000],
              "gma::nr::dl::split_ratio": [0, 25, 50, 100, 100]}  # fmt: skip
    shown = dict(zip(adapter.rows.names, adapter.observation(measured(adapter, **values)), strict=True))
    np.testing.assert_allclose(shown["gma::dl::rate"], [0, 0.5, 0.75, 0.9, 1000 / 1020], rtol=1e-6)
    np.testing.assert_allclose(shown["gma::dl::owd"], [0, 0.5, 0.2, 0.9, 10000 / 10020], rtol=1e-6)
    np.testing.assert_allclose(shown["gma::nr::dl::split_ratio"], [0, 0.25, 0.5, 1, 1], rtol=1e-6)
    labels = dict(zip(adapter.rows.names, adapter.observation_labels, strict=True))
    assert labels["gma::dl::rate"] == "gma::dl::rate, x / (x + 20 Mbit/s)"
    assert labels["gma::nr::dl::split_ratio"] == "gma::nr::dl::split_ratio, fraction"


def test_users_of_a_cell_are_counted_where_it_reaches_them():
    adapter = adapter_with("nqos_split", ["wifi::cell_users", "gma::udp", "gma::delay_requirement"])
    reach = {"wifi::cell_id": [3, 7, 3, 3, 7], "wifi::dl::max_rate": [10, 0, 54, 1, 6]}
    observation = adapter.observation(measured(adapter, **reach))
    np.testing.assert_array_equal(observation[0], [3, 0, 3, 3, 1])
    np.testing.assert_array_equal(observation[1], [1, 0, 0, 0, 0])
    np.testing.assert_array_equal(observation[2], [10, 1e6, 1e6, 1e6, 1e6])
    assert adapter.observation_labels[0] == "wifi::cell_users, users"


def test_several_networks_are_observed_as_each_of_them_alone():
    adapter = adapter_with("qos_steer", "rich")
    one, other = measured(adapter, 1), measured(adapter, 2)

    class Batch:
        """Measurements of two networks, with the users along the last axis."""

        def __getitem__(self, key):
            return np.stack([one[key], other[key]])

    both = adapter.observation(Batch())
    np.testing.assert_array_equal(both, np.stack([adapter.observation(one), adapter.observation(other)]))


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ("ritch", "allowed: a list of one or more measurement names, or one of networkgym, rates, rich"),
        ([], "env.features"),
        ([1], "env.features"),
        (["wifi::cell_user"], "Did you mean 'wifi::cell_users'"),
    ],
)
def test_what_no_set_is_called_is_refused(chosen, message):
    with pytest.raises(ConfigError, match=message):
        make_env("nqos_split", features=chosen)


def test_a_set_of_a_variant_is_that_of_its_environment():
    config = make_env("nqos_split_paper", features="rich").adapter.config
    assert adapter_of(replace(config, features="rates")).rows == features.chosen("rates", features.sets([]))


@pytest.mark.ns3
def test_scaled_features_of_a_real_network_vary_and_stay_in_their_range():
    env = network(users=3, rate_mbps=5, features="rich")
    env.reset()
    seen = np.array([env.step(np.full((3, 3), 1 / 3))[0] for _ in range(10)])
    env.close()
    rows = dict(zip(env.adapter.rows.names, seen.swapaxes(0, 1), strict=True))
    assert ((seen >= 0) & (seen <= 1)).all()
    assert all(rows[f"gma::{link}::dl::owd"].max() > 0 for link in ("wifi", "nr", "lte"))
    np.testing.assert_allclose(rows["wifi::cell_users"], 0.5)  # three users at one access point
    assert (rows["gma::udp"] == 1).all()
