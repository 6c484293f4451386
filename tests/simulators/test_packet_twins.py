"""Twins that go packet by packet, against what can be computed by hand: queues, NADA, TCP, Wi-Fi airtimes, power."""

import numpy as np
import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.envs.make import make_env
from tests.simulators.test_fluid import batch

BEACON_S, BEACONS_PER_S = 292e-6, 1 / 0.1024
STANDING = {"user_random_walk": {"min_speed_mps": 0, "max_speed_mps": 0}}
HERE = {"min_x_m": 0, "max_x_m": 0, "min_y_m": 0, "max_y_m": 0, "z_m": 0}


def played(env, copies, control, steps, **keys):
    """The mean of every measurement over steps and networks, by name; `control` None: the default algorithm."""
    _, many = batch(env, copies, **keys)
    many.start(np.arange(copies))
    controls = None if control is None else np.tile(np.asarray(control, float), (copies, 1))
    values = np.mean([many.step(controls) for _ in range(steps)], axis=(0, 1))
    return {name: values[place] for name, place in many.layout.places.items()}


def one_cell(distance_m, rate_mbps, burst_packets=1, **keys):
    """An environment with one user at a distance from one cell."""
    traffic = {"min_rate_mbps": rate_mbps, "max_rate_mbps": rate_mbps, "burst_packets": burst_packets}
    place = [{"x_m": distance_m, "y_m": 0, "z_m": 0}]
    return {
        "num_users": 1, "cell_locations": place, "user_location_range": HERE, "traffic": traffic, **STANDING, **keys
    }  # fmt: skip


def test_an_overloaded_queue_is_full_and_its_link_busy():
    stats = played("custom", 8, [5.0] * 5, 20)
    service_ms = 1030 * 8e-3 / 10
    assert stats["custom::rate"].sum() == pytest.approx(10 * 1000 / 1030, rel=0.002)
    assert stats["custom::owd"].mean() == pytest.approx(10 + 101 * service_ms, rel=0.01)
    assert stats["custom::loss"].mean() == pytest.approx(100 * (1 - 10 / 25 / 1.03), rel=0.02)


def test_waiting_is_that_of_poisson_arrivals_and_constant_service():
    load = 0.8
    stats = played("custom", 64, [load * 10 / 1.03 / 5] * 5, 20)
    service_ms = 1030 * 8e-3 / 10
    wait_ms = load * service_ms / (2 * (1 - load))  # Pollaczek and Khinchine
    assert stats["custom::owd"].mean() - 10 - service_ms == pytest.approx(wait_ms, rel=0.05)
    assert not stats["custom::loss"].any()


def test_media_below_the_capacity_meets_an_empty_queue():
    keys = {"bw_trace_file": None, "topo_default_bw_kbps": 1000, "topo_default_delay_ms": 20}
    stats = played("rmcat", 4, [500.0], 30, **keys)
    owd_ms = 20 + 1002 * 8 / 1000
    assert stats["rmcat::owd"] == pytest.approx(owd_ms, abs=0.01)
    assert stats["rmcat::rtt"] == pytest.approx(owd_ms + 20, abs=0.01)
    assert stats["rmcat::qdel"] == pytest.approx(0, abs=0.01)
    assert stats["rmcat::plr"] == 0
    assert stats["bottleneck::utilization"] == pytest.approx(50.1, rel=0.02)


def test_media_above_the_capacity_fills_the_queue_and_is_lost():
    keys = {"bw_trace_file": None, "topo_default_bw_kbps": 1000}
    stats = played("rmcat", 4, [1500.0], 100, **keys)
    assert stats["bottleneck::utilization"] == pytest.approx(100, abs=0.5)
    assert stats["rmcat::rrate"] == pytest.approx(998, rel=0.005)
    assert stats["rmcat::plr"] == pytest.approx(1 / 3, rel=0.15)  # for a second, the queue takes all
    assert stats["bottleneck::queue"] == pytest.approx(37500, rel=0.1)


def test_nada_fills_the_link_and_keeps_the_queue_short():
    keys = {"bw_trace_file": None, "topo_default_bw_kbps": 1000}
    stats = played("rmcat", 4, None, 300, **keys)
    assert stats["bottleneck::utilization"] > 85
    assert 5 < stats["rmcat::qdel"][0] < 30
    assert stats["rmcat::nada_srate"] == stats["rmcat::srate"]


@pytest.mark.parametrize("algorithm", ["TcpCubic", "TcpNewReno", "TcpLinuxReno"])
def test_a_tcp_flow_fills_the_queue(algorithm):
    keys = {"bw_trace_file": None, "tcp_flows": 1, "tcp_flow_start_time_diff_ms": 1}
    stats = played("rmcat", 2, [300.0], 300, tcp_congestion_control=algorithm, **keys)
    assert stats["bottleneck::utilization"] > 95
    assert stats["bottleneck::queue"] > 0.4 * 37500
    assert stats["bottleneck::tx_rate"] > 950


@pytest.mark.parametrize(("distance_m", "ppdu_us"), [(5, 156), (30, 236), (45, 316), (60, 460), (95, 860)])
def test_airtimes_are_those_that_ns3_measured(distance_m, ppdu_us):
    stats = played("energy_saving", 2, [2], 10, **one_cell(distance_m, 1.0))
    packets_per_s = stats["user::tx_rate"][0] * 1e6 / (1400 * 8)
    expected = packets_per_s * ppdu_us * 1e-6 + BEACONS_PER_S * BEACON_S
    assert stats["cell::airtime"][0] == pytest.approx(100 * expected, rel=0.02)
    assert stats["user::owd"][0] == pytest.approx(ppdu_us * 1e-3 + 0.012, abs=0.1)


def test_power_is_the_supply_and_what_is_transmitted():
    stats = played("energy_saving", 2, [2], 5, **one_cell(30, 0.001))
    radiated_w = 10 ** (17 / 10 - 3) * stats["cell::airtime"][0] / 100
    assert stats["cell::power"][0] == pytest.approx(6.8 + 4 * radiated_w, rel=1e-9)


def test_a_cell_sleeps_and_wakes_in_its_time():
    _, one = batch("energy_saving", 1, **one_cell(30, 1.0))
    one.start(np.array([1]))
    read = {name: place.start for name, place in one.layout.places.items()}
    asleep = [one.step(np.array([[0.0]]))[0] for _ in range(2)]
    assert [step[read["cell::state"]] for step in asleep] == [0, 0]
    assert asleep[1][read["cell::power"]] == pytest.approx(4.3)
    assert asleep[1][read["user::loss"]] == 100 and asleep[1][read["user::cell_id"]] == 255
    waking = one.step(np.array([[2.0]]))[0]
    assert waking[read["cell::state"]] == 2
    assert 6.8 < waking[read["cell::power"]] < 6.81
    awake = [one.step(np.array([[2.0]]))[0] for _ in range(2)][-1]
    assert awake[read["user::loss"]] == 0 and awake[read["user::cell_id"]] == 1


@pytest.mark.parametrize(
    ("env", "keys", "message"),
    [
        ("rmcat", {"tcp_flows": 1, "tcp_congestion_control": "TcpBbr"}, "allowed there: TcpCubic, TcpNewReno"),
        ("rmcat_competing", {"tcp_congestion_control": "TcpVegas"}, "env.tcp_congestion_control is 'TcpVegas'"),
        ("energy_saving", {"wifi": {"ap_share_same_band": True}}, "env.wifi.ap_share_same_band is True"),
        ("energy_saving", {"wifi": {"rate_control": "MinstrelHt"}}, "allowed there: Ideal. simulator=ns3"),
    ],
)
def test_what_has_no_model_is_refused(env, keys, message):
    with pytest.raises(ConfigError, match=message):
        make_env(env, simulator="fluid", **keys)
    make_env(env, **keys)


def test_a_rival_that_does_not_come_may_have_any_algorithm():
    make_env("rmcat", simulator="fluid", tcp_congestion_control="TcpBbr")
