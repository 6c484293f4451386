import gc
import os
import signal
from dataclasses import asdict

import pytest

from netgym_cli.common.errors import ConfigError, SimulatorError
from netgym_cli.config.compose import compose
from netgym_cli.simulators.ns3.zygote_client import Zygote
from netgym_cli.simulators.selection import default_settings
from tests.support.network import dead, eventually, output_of, workers, zygotes
from tests.support.ns3_channels import NAMES, at_the_edge, channel, config, conserved, digest, play, step

STEPS = 150


@pytest.fixture(autouse=True)
def nobody_else():
    """Processes are counted here, so what tests before have left must be gone; an idle zygote may serve again."""
    if workers() or len(zygotes()) > 1:
        Zygote.close_all()
    yield
    gc.collect()


@pytest.fixture
def made():
    """Makes channels and closes them; a closed channel leaves no process."""
    open_ones = []

    def keep(make, *args, **keys):
        open_ones.append(make(*args, **keys))
        return open_ones[-1]

    yield keep
    for one in open_ones:
        one.close()
        one.close()
    assert workers() == []


def test_all_four_are_there():
    assert NAMES == ["ns3_lte", "ns3_nr", "ns3_wifi", "ns3_wifi_multi"]


@pytest.mark.parametrize("name", NAMES)
class TestEveryChannel:
    @pytest.mark.ns3
    def test_packets_come_out_once_in_time_and_the_books_balance(self, name, made):
        one = made(at_the_edge, name)
        one.reset(3)
        seen = set()
        for t in range(STEPS):
            arrivals = step(one, t)
            for arrival in arrivals:
                assert arrival.sent_ms == arrival.packet * one.step_ms < arrival.arrived_ms < (t + 1) * one.step_ms
                assert t * one.step_ms <= arrival.arrived_ms
            assert [a.arrived_ms for a in arrivals] == sorted(a.arrived_ms for a in arrivals)
            seen |= {(a.port, a.packet) for a in arrivals}
            told = one.info()
            assert told["arrived"] == len(seen)
            assert told["queue_bytes"] == 256 * told["in_flight"]
        assert told["sent"] == STEPS * one.ports
        assert told["duplicates"] == 0

    @pytest.mark.ns3
    def test_equal_seeds_are_equal_to_the_bit(self, name, made):
        one = made(at_the_edge, name)
        first = play(one, STEPS, seed=5)
        assert play(one, STEPS, seed=5) == first
        assert play(made(at_the_edge, name), STEPS, seed=5) == first
        assert play(one, STEPS, seed=6) != first

    @pytest.mark.ns3
    def test_running_ahead_changes_nothing(self, name, made):
        ahead, plain = made(at_the_edge, name), made(at_the_edge, name, run_ahead=False)
        assert play(ahead, STEPS) == play(plain, STEPS)
        assert ahead.info() == plain.info()

    @pytest.mark.ns3
    def test_another_size_after_running_ahead_changes_the_future_only(self, name, made):
        ahead, plain = made(at_the_edge, name), made(at_the_edge, name, run_ahead=False)
        both = []
        for one in (ahead, plain):
            one.reset(2)
            both.append([step(one, t, 256 if t != 77 else 700) for t in range(STEPS)])
            one.reset()
            both[-1] += [step(one, t, 100 + t) for t in range(50)]
        assert both[0] == both[1]
        assert ahead.info() == plain.info()

    @pytest.mark.ns3
    def test_any_pattern_of_packets_is_carried(self, name, made):
        """Silent steps, several packets in a step, times between the steps, and a clock that keeps no step."""
        told = []
        for run_ahead in (True, False):
            one = made(at_the_edge, name, run_ahead=run_ahead)
            one.reset(4)
            arrivals = [step(one, t) for t in range(20)]
            arrivals.append(one.advance(21 * 5.0))
            one.send(50, 21 * 5.0 + 0.25)
            one.send(60, 21 * 5.0 + 0.25)
            one.send(70, 21 * 5.0 + 4.0)
            arrivals.append(one.advance(21 * 5.0 + 1.1))
            conserved(one)
            arrivals.append(one.advance(2000.0))
            assert conserved(one)["sent"] == 20 * one.ports + 3
            told.append(arrivals)
        assert told[0] == told[1]

    @pytest.mark.ns3
    def test_steps_need_not_be_whole_milliseconds(self, name, made):
        one = made(channel, name, step_ms=0.3)
        arrivals = [a for arrived in play(one, 2 * STEPS) for a in arrived]
        assert len(arrivals) > 30
        assert all(a.sent_ms == a.packet * 0.3 for a in arrivals)
        assert all(a.sent_ms < a.arrived_ms < 2 * STEPS * 0.3 for a in arrivals)

    @pytest.mark.ns3
    def test_episodes_of_a_session_differ_and_repeat(self, name, made):
        one = made(at_the_edge, name)

        def session():
            one.reset(9)
            episodes = [[step(one, t) for t in range(150)]]
            for _ in range(2):
                one.reset()
                episodes.append([step(one, t) for t in range(150)])
            return episodes

        first = session()
        assert first[0] != first[1] != first[2] != first[0]
        assert session() == first

    @pytest.mark.ns3
    def test_without_a_seed_sessions_differ(self, name, made):
        told = []
        for _ in range(2):
            one = made(at_the_edge, name)
            one.reset()
            told.append([step(one, t) for t in range(STEPS)])
        assert told[0] != told[1]

    @pytest.mark.ns3
    def test_resets_without_steps_are_harmless(self, name, made):
        one = made(at_the_edge, name)
        for seed in range(5):
            one.reset(seed)
        one.send(256, 0.0)
        one.reset(1)
        assert one.info()["sent"] == one.info()["queue_bytes"] == 0
        fresh = made(at_the_edge, name)
        assert [step(one, t) for t in range(30)] == play(fresh, 30)

    @pytest.mark.ns3
    @pytest.mark.parametrize("size", [0, -1, 10**6])
    def test_a_packet_that_it_cannot_carry_is_refused(self, name, made, size):
        one = made(channel, name)
        one.reset(1)
        with pytest.raises(ConfigError, match=rf"payload_bytes is {size}; allowed: 1 to {one.max_payload_bytes}"):
            one.send(size, 0.0)
        assert one.send(one.max_payload_bytes, 0.0) == 0
        assert len(one.advance(1000.0)) == 1

    @pytest.mark.ns3
    def test_ports_and_times_that_are_not_there_are_refused(self, name, made):
        one = made(channel, name)
        one.reset(1)
        with pytest.raises(ConfigError, match="port is"):
            one.send(256, 0.0, one.ports)
        one.advance(10.0)
        with pytest.raises(ValueError, match=r"at 10\.0 ms already"):
            one.send(256, 5.0)
        assert one.advance(5.0) == []
        with pytest.raises(ConfigError, match="seed is -1"):
            one.reset(-1)
        with pytest.raises(ConfigError, match="step_ms is 0"):
            channel(name, step_ms=0)

    @pytest.mark.ns3
    def test_a_killed_worker_is_an_error_without_recovery_and_a_reset_starts_another(self, name, made):
        one = made(at_the_edge, name, recover=False)
        expected = play(one, 40)
        os.kill(one.pid, signal.SIGKILL)
        with pytest.raises(SimulatorError, match="SIGKILL"):
            for t in range(40, 80):
                step(one, t)
        with pytest.raises(SimulatorError, match="reset"):
            one.advance(1e6)
        assert play(one, 40) == expected
        os.kill(one.pid, signal.SIGKILL)
        assert eventually(lambda: dead(one.pid))
        one.reset(1)
        with pytest.raises(SimulatorError, match="SIGKILL"):
            step(one, 0)

    @pytest.mark.ns3
    def test_it_serves_again_after_close(self, name, made):
        one = made(at_the_edge, name)
        first = play(one, 20)
        pid = one.pid
        one.close()
        assert dead(pid)
        assert play(one, 20) == first

    @pytest.mark.long
    def test_memory_stays_flat(self, name, made):
        one = made(at_the_edge, name)
        one.reset(1)
        for t in range(2000):
            step(one, t)
        gc.collect()
        before = [resident_mib(pid) for pid in (one.pid, os.getpid())]
        for t in range(2000, 11_000):
            step(one, t)
        gc.collect()
        after = [resident_mib(pid) for pid in (one.pid, os.getpid())]
        assert after[0] < before[0] + 1
        assert after[1] < before[1] + 1

    @pytest.mark.long
    def test_memory_stays_flat_over_resets(self, name, made):
        one = made(at_the_edge, name)
        play(one, 20)
        for _ in range(100):
            one.reset()
            step(one, 0)
        before = resident_mib(one.pid)
        for _ in range(400):
            one.reset()
            step(one, 0)
        assert resident_mib(one.pid) < before + 2


def resident_mib(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.ns3
def test_a_fresh_process_gives_the_same_to_the_bit():
    told = output_of("from tests.support.ns3_channels import NAMES, digest; print(*map(digest, NAMES))")
    assert told.split() == [digest(name) for name in NAMES]


def test_without_a_run_ns3_is_run_as_a_run_would():
    assert asdict(default_settings("ns3")) == compose([]).simulator


BAD = [
    ("ns3_wifi", "distance_m", 0),
    ("ns3_wifi", "distance_m", -5),
    ("ns3_wifi", "distance_m", float("nan")),
    ("ns3_wifi", "tx_power_dbm", 100),
    ("ns3_wifi", "loss_exponent", 0.5),
    ("ns3_wifi", "reference_loss_db", -1),
    ("ns3_wifi", "data_rate_mbps", 11),
    ("ns3_wifi", "max_retries", 0),
    ("ns3_wifi", "interferers", -1),
    ("ns3_wifi", "interferer_distance_m", 0),
    ("ns3_wifi", "interferer_rate_mbps", 0),
    ("ns3_wifi", "interferer_packet_bytes", 2269),
    ("ns3_wifi", "interferer_packet_bytes", 12),
    ("ns3_wifi", "packet_size_bytes", 65508),
    ("ns3_wifi", "packet_size_bytes", 0),
    ("ns3_wifi", "buffer_size", 0),
    ("ns3_wifi_multi", "stations", 0),
    ("ns3_wifi_multi", "distances_m", [15, 20]),
    ("ns3_wifi_multi", "distances_m", [15, 20, 0]),
    ("ns3_wifi_multi", "sector_deg", 361),
    ("ns3_lte", "direction", "sideways"),
    ("ns3_lte", "distance_m", 0),
    ("ns3_lte", "resource_blocks", 20),
    ("ns3_lte", "scheduler", "Fair"),
    ("ns3_lte", "user_tx_power_dbm", 90),
    ("ns3_lte", "fading_coherence_ms", -1),
    ("ns3_lte", "rlc_buffer_bytes", 100),
    ("ns3_lte", "packet_lifetime_ms", 0),
    ("ns3_lte", "packet_size_bytes", 1473),
    ("ns3_nr", "scenario", "Moon"),
    ("ns3_nr", "distance_m", 0),
    ("ns3_nr", "resource_blocks", 276),
    ("ns3_nr", "subcarrier_spacing_khz", 45),
    ("ns3_nr", "carrier_frequency_ghz", 200),
    ("ns3_nr", "target_bler", 0),
    ("ns3_nr", "queue_bytes", 1),
    ("ns3_nr", "packet_size_bytes", 9000),
]


@pytest.mark.parametrize(("name", "key", "value"), BAD)
def test_bad_values_are_named_with_what_is_allowed(name, key, value):
    with pytest.raises(ConfigError, match=rf"channel\.{key}\S* is .*; allowed: "):
        config(name, **{key: value})
