import numpy as np
import pytest

from netgym_cli.envs.builtin.rmcat import jain_index
from tests.support.media import PLR, QDEL, RRATE, SRATE, bottleneck, measured
from tests.support.network import series

XREF_MS, RMAX_KBPS = 10, 1500


def congestion_level(bw_kbps, flows=1):
    """NADA's queuing delay in balance, ms: PRIO * XREF * RMAX / r_ref (RFC 8698, equation 5 at rest)."""
    return XREF_MS * RMAX_KBPS / np.minimum(bw_kbps / flows, RMAX_KBPS)


@pytest.mark.ns3
def test_nada_keeps_the_queue_short_and_the_bottleneck_busy():
    found = measured(1000)
    bw = series(found, "bottleneck::bw")[:, 0]
    share = series(found, QDEL)[:, 0] / congestion_level(bw)
    assert (share < 1.5).mean() > 0.9
    assert share[800:].max() < 3  # 10 s after the last change
    used = series(found, "bottleneck::tx_rate")[:, 0].sum() / np.minimum(bw, RMAX_KBPS).sum()
    assert used > 0.9
    assert series(found, PLR).mean() < 0.01
    assert (series(found, SRATE) == series(found, "rmcat::nada_srate")).all()


@pytest.mark.ns3
@pytest.mark.parametrize("bw_kbps", [500, 1000])
def test_nada_rests_where_the_rfc_says(tmp_path, bw_kbps):
    rest = measured(300, bw_trace_file=bottleneck(tmp_path, (0, bw_kbps, 10, 0)))[200:]
    assert series(rest, SRATE).mean() == pytest.approx(bw_kbps, rel=0.02)
    assert series(rest, "rmcat::xcurr").mean() == pytest.approx(congestion_level(bw_kbps), rel=0.15)


@pytest.mark.ns3
def test_nada_ramps_up_by_no_more_than_gamma_and_stops_at_rmax(tmp_path):
    free = measured(120, bw_trace_file=bottleneck(tmp_path, (0, 5000, 10, 0)))
    rate = series(free, SRATE)[:, 0]
    received = series(free, "rmcat::loglen")[:, 0] * 8 / 0.5
    gamma = 50 / (20 + 100 + 120)  # QBOUND / (rtt + DELTA + DFILT), all in ms
    assert (np.diff(rate) >= 0).all()
    assert (rate[10:] <= (1 + gamma) * (received[10:] + 16) + 1).all()  # a packet in 500 ms is 16 kbit/s
    assert rate[10] < 0.5 * RMAX_KBPS
    assert rate[-1] == RMAX_KBPS
    assert series(free, QDEL).max() < 10


@pytest.mark.ns3
def test_two_nada_flows_share_fairly(tmp_path):
    found = measured(600, nada_flows=2, bw_trace_file=bottleneck(tmp_path, (0, 1000, 10, 0)))[200:]
    assert jain_index(series(found, RRATE).mean(axis=0)) > 0.98
    assert series(found, "bottleneck::utilization").mean() > 95
    assert series(found, QDEL).mean() < 1.5 * congestion_level(1000, flows=2)


@pytest.mark.ns3
def test_tcp_and_udp_compete(tmp_path):
    trace = bottleneck(tmp_path, (0, 1000, 10, 0))
    flows = {"tcp_flow_start_time_diff_ms": 20000, "udp_flow_start_time_diff_ms": 10000}
    found = measured(500, env="rmcat_competing", bw_trace_file=trace, **flows)
    alone, udp, tcp = found[50:99], found[120:199], found[250:]
    others = series(found, "bottleneck::tx_rate")[:, 0] - series(found, RRATE)[:, 0]
    assert (others[:100] == 0).all()
    assert others[120:199].mean() == pytest.approx(100, rel=0.05)
    assert series(udp, RRATE).mean() == pytest.approx(900, rel=0.05)
    assert others[250:].mean() > 300
    assert 150 < series(tcp, RRATE).mean() < 0.8 * series(alone, RRATE).mean()
    assert series(tcp, QDEL).mean() > 5 * series(alone, QDEL).mean()  # TCP fills the queue


@pytest.mark.ns3
def test_control_passes_from_the_agent_back_to_nada(tmp_path):
    trace = bottleneck(tmp_path, (0, 1000, 10, 0))
    found = measured(250, lambda step: 300 if step < 100 else None, bw_trace_file=trace)
    rate, advice = series(found, SRATE)[:, 0], series(found, "rmcat::nada_srate")[:, 0]
    assert (rate[1:101] == 300).all()
    # NADA went on advising: no more than it could reach in one step from what arrives.
    assert ((advice[20:101] > 300) & (advice[20:101] <= 1.5 * 330)).all()
    assert (rate[101:] == advice[101:]).all()
    assert 300 < rate[101] < 600
    assert rate[-20:].mean() == pytest.approx(1000, rel=0.03)
    assert series(found, QDEL)[-20:].mean() < 1.5 * congestion_level(1000)
