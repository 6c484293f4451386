import numpy as np
import pytest

from tests.support.media import OWD, PLR, QDEL, RRATE, SRATE, bottleneck, measured
from tests.support.network import series


@pytest.mark.ns3
def test_rates_are_those_of_ip_packets_and_delays_follow_from_the_link(tmp_path):
    alone = measured(40, 600, bw_trace_file=bottleneck(tmp_path, (0, 1000, 30, 0)))[10:]
    assert series(alone, RRATE).mean() == pytest.approx(600, rel=0.02)
    assert series(alone, "bottleneck::tx_rate").mean() == series(alone, RRATE).mean()
    assert series(alone, "bottleneck::utilization").mean() == pytest.approx(60, rel=0.02)
    assert series(alone, OWD) == pytest.approx(30 + 8 * 1.002, abs=0.01)  # two bytes of link header
    assert series(alone, "rmcat::rtt") == pytest.approx(60 + 8 * 1.002, abs=0.1)
    assert series(alone, QDEL).max() < 0.01
    assert (series(alone, SRATE) == 600).all()
    assert series(alone, "rmcat::loglen")[5:].mean() == pytest.approx(0.5 * 600 / 8, rel=0.05)


@pytest.mark.ns3
def test_a_silent_bottleneck_shows_growing_delay_and_loss(tmp_path):
    dead = measured(30, 500, bw_trace_file=bottleneck(tmp_path, (0, 1000, 10, 0), (1000, 1000, 10, 1)))
    silent = dead[12:]
    assert (series(silent, RRATE) == 0).all()
    for name in (OWD, "rmcat::max_owd"):
        age = series(silent, name)[:, 0]
        assert np.diff(age)[:6] == pytest.approx(100)
        assert age[-1] == 1000
    assert series(silent, QDEL)[-1] == pytest.approx(1000 - 18, abs=0.1)
    assert series(silent, "rmcat::rtt")[-1] == 1000
    assert series(silent, PLR)[-1] == 1
    assert np.isfinite([stats.values for stats in dead]).all()


@pytest.mark.ns3
def test_above_the_bottleneck_the_queue_fills_and_packets_are_lost(tmp_path):
    over = measured(60, 1300, bw_trace_file=bottleneck(tmp_path, (0, 1000, 10, 0)))[30:]
    assert series(over, "bottleneck::utilization").min() > 99.9
    assert series(over, "bottleneck::queue").min() > 0.9 * 37500
    assert series(over, QDEL).mean() == pytest.approx(300, rel=0.05)  # 37500 bytes at 1000 kbit/s
    assert series(over, PLR).mean() == pytest.approx(0.3 / 1.3, rel=0.1)
    assert series(over, "rmcat::avgint").mean() == pytest.approx(1.3 / 0.3, rel=0.15)
    assert series(over, RRATE).mean() == pytest.approx(1000, rel=0.01)


@pytest.mark.ns3
def test_below_the_bottleneck_there_is_no_queue(tmp_path):
    under = measured(60, 900, bw_trace_file=bottleneck(tmp_path, (0, 1000, 10, 0)))[10:]
    assert series(under, QDEL).max() < 3
    assert series(under, "bottleneck::queue").max() <= 1002
    assert series(under, PLR).max() == 0


@pytest.mark.ns3
def test_the_trace_arrives_on_time(tmp_path):
    trace = bottleneck(tmp_path, (200, 800, 20, 0), (1000, 400, 5, 0.25), (1550, 3000, 40, 0))
    found = measured(20, 150, bw_trace_file=trace)
    expected = [(1000, 10, 0)] + [(800, 20, 0)] * 8 + [(400, 5, 25)] * 6 + [(3000, 40, 0)] * 6
    # An interval reports the state at its end; a change at that very instant may come on either side of it.
    sure = [k for k in range(len(expected)) if (k + 1) * 100 not in (200, 1000)]
    values = [tuple(stats[f"bottleneck::{name}"][0] for name in ("bw", "delay", "loss")) for stats in found]
    assert [values[k] for k in sure] == [expected[k] for k in sure]


@pytest.mark.ns3
def test_without_a_trace_the_default_holds():
    found = measured(5, 900, bw_trace_file=None, topo_default_bw_kbps=700, topo_default_delay_ms=33)
    assert (series(found, "bottleneck::bw") == 700).all() and (series(found, "bottleneck::delay") == 33).all()
    assert series(found, "bottleneck::tx_rate")[-1] == pytest.approx(700, abs=80)


@pytest.mark.ns3
def test_random_loss_is_measured(tmp_path):
    lossy = measured(300, 1000, bw_trace_file=bottleneck(tmp_path, (0, 2000, 10, 0.05)))[10:]
    assert series(lossy, PLR).mean() == pytest.approx(0.05, rel=0.25)
    assert series(lossy, RRATE).mean() == pytest.approx(950, rel=0.03)
    assert series(lossy, "rmcat::avgint").mean() == pytest.approx(20, rel=0.25)


@pytest.mark.ns3
def test_packets_overtaken_on_a_path_that_became_shorter_are_not_lost(tmp_path):
    shorter = measured(30, 900, bw_trace_file=bottleneck(tmp_path, (0, 1000, 150, 0), (1050, 1000, 10, 0)))
    rate = series(shorter, RRATE)[:, 0]
    assert rate[10:12].max() > 1500  # old and new packets arrive together
    assert series(shorter, "rmcat::ploss").max() == 0
    assert series(shorter, OWD)[-1] == pytest.approx(18, abs=1)


# --- a rate that changes while a packet is being sent


@pytest.mark.ns3
def test_what_is_left_of_a_packet_goes_at_the_new_rate(tmp_path):
    slow_then_fast = bottleneck(tmp_path, (0, 8, 10, 0), (500, 8000, 10, 0))  # a packet takes 1002 ms, then 1 ms
    found = measured(8, 150, bw_trace_file=slow_then_fast)
    assert (series(found[:5], RRATE) == 0).all()
    assert 440 < found[5]["rmcat::max_owd"][0] < 512


@pytest.mark.ns3
def test_after_an_outage_the_link_is_back_at_once_and_in_it_nothing_is_sent(tmp_path):
    outage = bottleneck(tmp_path, (0, 1000, 10, 0), (1050, 0, 10, 0), (2050, 1000, 10, 0))
    found = measured(40, 300, bw_trace_file=outage)
    rate, used = series(found, RRATE)[:, 0], series(found, "bottleneck::utilization")[:, 0]
    assert (rate[:10] > 0).all() and (rate[12:20] == 0).all() and (rate[21:] > 0).all()
    assert (used[11:20] == 0).all() and used[21:24] == pytest.approx(100)  # what waited is sent without a pause
    assert series(found, "rmcat::ploss").max() == 0  # 37.5 kB hold a second of 300 kbit/s
    assert rate.mean() == pytest.approx(300, rel=0.02)


@pytest.mark.ns3
def test_a_full_link_delivers_what_the_trace_could_carry(tmp_path):
    draw = np.random.default_rng(1)
    times = np.cumsum(draw.uniform(1, 50, 180)) + 200
    rates = draw.choice([0, 1, 40, 400, 2000, 20000], 180)
    rows = [(0, 1000, 10, 0), *zip(times.tolist(), rates.tolist(), [10] * 180, [0] * 180, strict=True)]
    rows = [row for row in rows if row[0] < 4850] + [(4850, 0, 10, 0)]  # nothing is on the way when measurement ends
    found = measured(50, 100_000, bw_trace_file=bottleneck(tmp_path, *rows), max_rate_kbps=100_000)[2:50]
    starts, kbps = np.array(rows)[:, :2].T
    at = np.arange(200.05, 5000, 0.1)
    capacity = kbps[np.searchsorted(starts, at, side="right") - 1].sum() * 0.1 / 8
    delivered = series(found, "bottleneck::tx_rate").sum() * 100 / 8 * 1.002  # two bytes of link header
    assert delivered == pytest.approx(capacity + 1250, abs=2000)  # what was on the way at 200 ms, and two packets


# --- TCP


@pytest.mark.ns3
def test_tcp_is_linux_s_unless_its_keys_say_otherwise():
    def used(**tcp):
        keys = {"bw_trace_file": None, "topo_default_bw_kbps": 10_000, "queue_bytes": 25_000, "tcp": tcp}
        flows = {"tcp_flows": 2, "tcp_flow_start_time_diff_ms": 10, "tcp_congestion_control": "TcpBbr"}
        return series(measured(100, 150, **keys, **flows)[40:], "bottleneck::utilization").mean()

    as_ns_3 = {"min_rto_ms": 1000, "clock_granularity_ms": 1, "delayed_ack_timeout_ms": 200, "retries": 6}
    assert used() > 85
    assert used(**as_ns_3, buffer_bytes=131072) < 75  # after lost retransmissions, everything waits for a second
