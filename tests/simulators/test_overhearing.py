"""Idle Wi-Fi stations that receive only what is for them: fewer events, and who is in use hears as before."""

from contextlib import closing

import pytest

from netgym_cli.envs.make import make_env
from tests.support.network import WIFI, network, stepped

pytestmark = pytest.mark.ns3

STANDING = {"user_random_walk": {"min_speed_mps": 0, "max_speed_mps": 0}}
CORNERS = [{"x_m": x, "y_m": y, "z_m": 3} for x, y in ((0, 0), (20, 20))]


def told(overhear, steps=6, users=3, wifi=(), **keys):
    """Measurements as exact bytes, the number of events and the serving cells; every packet takes Wi-Fi."""
    wifi = {"idle_stations_overhear": overhear, **dict(wifi)}
    with closing(network(users=users, wifi=wifi, **keys)) as env:
        measured = stepped(env, WIFI, steps)
    cells = {tuple(stats["wifi::cell_id"]) for stats in measured}
    return [stats.values.tobytes() for stats in measured], measured[-1].events, cells


@pytest.mark.parametrize("shared", [False, True])
def test_users_who_stay_with_their_cells_get_equal_measurements_of_fewer_events(shared):
    keys = {"wifi_ap_locations": CORNERS, "wifi": {"ap_share_same_band": shared}, **STANDING}
    heard, many, cells = told(True, **keys)
    spared, few, _ = told(False, **keys)
    assert spared == heard
    assert few < 0.95 * many
    (serving,) = cells
    assert set(serving) == {1, 2}  # each cell has users, so every user has an idle station


def test_stations_in_use_overhear_as_before():
    assert told(False) == told(True)  # one cell, whose stations are all in use


def test_users_who_come_and_go_are_simulated_alike_each_time():
    keys = {"users": 4, "steps": 8, "wifi_ap_locations": CORNERS}
    keys["user_random_walk"] = {"min_speed_mps": 20, "max_speed_mps": 30}
    first = told(False, **keys)
    assert len(first[2]) > 1
    assert told(False, **keys) == first


@pytest.mark.long
@pytest.mark.parametrize("name", ["nqos_split", "qos_steer", "dynamic_qos", "energy_saving"])
def test_equal_seeds_and_actions_give_equal_bits_in_every_environment(name):
    def session():
        with closing(make_env(name, **{"wifi.idle_stations_overhear": False})) as env:
            env.reset(seed=3)
            env.action_space.seed(0)
            for _ in range(15):
                env.step(env.action_space.sample())
                yield env.stats.values.tobytes(), env.stats.events

    first = list(session())
    assert list(session()) == first
    assert len(set(first)) == len(first)
