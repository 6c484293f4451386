"""Twins whose access points send frame by frame, and whose LTE grants whole groups."""

import numpy as np
import pytest

from netgym_cli.config.compose import compose
from netgym_cli.envs.base import adapter_of
from netgym_cli.experiment.config import typed_run
from netgym_cli.simulators.fluid.batch import FluidBatch
from netgym_cli.simulators.fluid.calibration import Calibration, calibration
from netgym_cli.simulators.stats import Stats

NETWORKS = 8
WIFI, LINKS = 0, 3


class Played:
    """Networks of an environment and their measurements, each of shape `(networks, entities)`."""

    def __init__(self, env, users=None, **changed):
        config = typed_run(compose([f"env={env}", "agent=random", "simulator=fluid"]))
        self.adapter = adapter_of(config.env)
        found = calibration("default", self.adapter.scenario)
        own = Calibration(found.scenario, found.values | changed, {}, found.file, "")
        self.networks = FluidBatch.of(own, self.adapter.scenario, self.adapter.settings(), NETWORKS)
        if users is not None:
            self.networks.place(np.broadcast_to(users, (NETWORKS, *users.shape)))
        self._take(self.networks.start(np.arange(NETWORKS) + 11))

    def step(self, control):
        self._take(self.networks.step(np.tile(np.ravel(control), (NETWORKS, 1))))

    def _take(self, values):
        self.stats = Stats(self.networks.layout, 0.0, values)

    def __getitem__(self, key):
        return self.stats[key]


def real_time(played):
    """Which users of dynamic_qos have little to send, soon."""
    return played["lte::slice_id"][0] == 0


def test_packets_that_are_marked_overtake_those_that_wait():
    played = Played("dynamic_qos")
    marks = np.zeros((10, LINKS))
    for _ in range(5):
        played.step(marks)
    waiting = played["gma::wifi::dl::owd"][:, real_time(played)].mean()
    marks[real_time(played), WIFI] = 1
    played.step(marks)
    loss, late = (played[f"gma::dl::{name}"][:, real_time(played)].mean() for name in ("loss", "delay_violation"))
    assert waiting > 30 and loss > 3 and late > 3
    played.step(marks)
    played.step(marks)
    assert played["gma::dl::loss"][:, real_time(played)].mean() < 0.5
    assert played["gma::wifi::dl::owd"][:, real_time(played)].mean() < 10


@pytest.mark.parametrize(("overhead_us", "waits"), [(180, True), (0, False)])
def test_light_stations_are_served_rarely_and_then_all_at_once(overhead_us, waits):
    played = Played("dynamic_qos", wifi_frame_overhead_us=overhead_us)
    nothing = []
    for _ in range(20):
        played.step(np.zeros((10, LINKS)))
        sent, arrived = (played[f"gma::wifi::dl::{name}"][:, real_time(played)] for name in ("tx_rate", "rate"))
        nothing.append(((sent > 1) & (arrived == 0)).mean())
    assert (np.mean(nothing[5:]) > 0.05) == waits


def steered(far_m):
    """Eight users of qos_steer near the access point, the last of them this far away."""
    users = np.full((8, 5), np.nan)
    users[:, 0], users[:, 1], users[:, 4] = 10, 5, 2
    users[-1, 0] = far_m
    return users


@pytest.mark.parametrize(("far_m", "deaf"), [(60, False), (99, True)])
def test_a_deaf_station_blocks_the_others_until_it_is_steered_away(far_m, deaf):
    played = Played("qos_steer", steered(far_m))
    shares = np.zeros((8, LINKS))
    shares[:, WIFI] = 1
    for _ in range(2):
        played.step(shares)
    others = played["gma::dl::rate"][:, :-1]
    assert (others == 0).all() if deaf else (others > 1.9).all()
    shares[-1] = 0, 0, 1
    for _ in range(3):
        played.step(shares)
    assert (played["gma::dl::rate"] > 1.9).all()


@pytest.mark.parametrize(("share", "all_groups"), [(1, True), (0, False)])
def test_proportional_fair_grants_groups_that_nobody_needs(share, all_groups):
    played = Played("network_slicing", lte_idle_grant_share=share)
    used = []
    for _ in range(10):
        played.step([0, 13, 25, 0, 12, 25])
        used.append(played["lte::dl::rb_usage"].sum(axis=1).min())
    assert (min(used) > 90) == all_groups


def test_a_slice_keeps_groups_that_it_does_not_need():
    rates = []
    for kept in (0, 1):
        played = Played("network_slicing", lte_kept_share=kept, lte_efficiency=0.6)
        for _ in range(20):
            played.step([0, 20, 25, 0, 5, 25])
        rates.append(played["gma::dl::cell::rate::slice=1"].mean())
    assert rates[1] < 0.95 * rates[0]
