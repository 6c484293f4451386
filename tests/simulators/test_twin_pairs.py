"""benchmarks/twins.py compares pairs: the twin's users stand where ns-3's stood. Here both sides are the twin."""

import importlib
from math import isnan, nan

import numpy as np
import pytest

from netgym_cli.analysis.twin_recording import record
from netgym_cli.config.compose import compose
from netgym_cli.experiment.config import typed_run
from tests.conftest import REPO

ENV = "qos_steer"
STEPS = 3


@pytest.fixture(scope="module")
def pairs():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(REPO / "benchmarks"))
        yield importlib.import_module("twin_pairs")


@pytest.fixture(scope="module")
def twins():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(REPO / "benchmarks"))
        yield importlib.import_module("twins")


@pytest.fixture(scope="module")
def recordings():
    config = typed_run(
        compose([f"env={ENV}", "agent=system_default", "simulator=fluid", f"env.steps_per_episode={STEPS}"])
    )
    return {"system_default": record(config, (3, 4), 1, lambda line: None)}


@pytest.fixture
def networks(pairs, recordings):
    return pairs.Networks.of(ENV, recordings, "2026-01-31")


def test_users_are_placed_with_what_they_send(networks, recordings):
    assert networks.users.shape == (2, 8, 5)
    sent = recordings["system_default"].of("gma::dl::tx_rate").mean(axis=1) / (1 + 28 / 1400)
    np.testing.assert_allclose(networks.users[..., 4], sent)
    assert ((networks.users[..., 4] > 1.9) & (networks.users[..., 4] < 3.1)).all()


def test_figures_are_means_over_steps(networks, recordings):
    played = recordings["system_default"]
    reward, rate = (networks.figures["system_default"][name] for name in ("reward", "rate_mbps"))
    np.testing.assert_allclose(reward, played.rewards.mean(axis=1))
    np.testing.assert_allclose(rate, played.of("gma::dl::rate").mean(axis=(1, 2)))


def test_what_is_kept_comes_back(networks, pairs, tmp_path, monkeypatch):
    monkeypatch.setattr(pairs, "file", lambda env: tmp_path / f"{env}.json")
    networks.figures["system_default"]["owd_ms"][1] = nan
    networks.save()
    again = pairs.Networks.load(ENV)
    np.testing.assert_allclose(again.users, networks.users, rtol=1e-5)
    assert (again.env, again.day, again.seeds) == (ENV, "2026-01-31", (3, 4))
    assert isnan(again.figures["system_default"]["owd_ms"][1])
    assert again.figures["system_default"]["reward"] == pytest.approx(networks.figures["system_default"]["reward"])


def test_the_twin_stands_in_the_places_also_after_a_lead(networks, pairs, recordings):
    config = typed_run(compose([f"env={ENV}", "agent=system_default", "simulator=fluid"]))
    adapter = importlib.import_module("netgym_cli.envs.base").adapter_of(config.env)
    pairs.PlacedTwin.users = {7: networks.users[0]}
    twin = pairs.PlacedTwin(config.simulator)
    try:
        twin.start(adapter.scenario, adapter.settings(), 7)
        first = twin.step(None)
    finally:
        twin.close()
    np.testing.assert_array_equal(first["gma::x_loc"], networks.users[0, :, 0])
    np.testing.assert_allclose(first["gma::dl::tx_rate"], networks.users[0, :, 4] * 1.02, atol=0.02)


@pytest.mark.long
def test_every_agent_plays_on_every_placed_network(networks, pairs):
    figures, _, steps = pairs.on_twin(networks, "default")
    assert set(figures) == set(pairs.hands(ENV))
    assert steps == len(figures) * 2 * pairs.REPEATS * 10
    assert all(len(values) == 2 for metrics in figures.values() for values in metrics.values())


REWARDS = {"a": [1.0, 2.0, 3.0], "b": [0.8, 1.8, 2.8], "c": [0.5, 1.5, 2.5], "d": [0.0, 1.0, 2.0]}


def side(**changed):
    return {label: {"reward": values, "rate_mbps": values} for label, values in (REWARDS | changed).items()}


@pytest.mark.parametrize(
    ("changed", "best"),
    [
        ({}, "same"),
        ({"d": [0.4, 1.4, 2.4]}, "same"),
        ({"b": [0.7, 2.1, 3.3]}, "within intervals"),  # not above a in every network
        ({"b": [1.2, 2.2, 3.2]}, "other"),
        ({"d": [0.7, 1.7, 2.7]}, "other"),
    ],
)
def test_the_order_of_the_best(changed, best, twins):
    assert twins.judged(side(), side(**changed))["best"] == best


def test_errors_are_of_means_over_networks(twins):
    found = twins.judged(side(), side(d=[0.3, 1.3, 2.3]))
    assert found["reward"] == pytest.approx(0.3 / 4) and found["worst"] == "d"
    assert found["spearman"] == 1 and found["rate"] == 0 and isnan(found["delay"])
    assert twins.row_of([1.0, nan, 3.0], [0.5, 1.0, 2.5])["minus"] == pytest.approx([-0.5, -0.5, -0.5])
