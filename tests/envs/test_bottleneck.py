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
