"""Recorded links: what is delivered is what the record could carry."""

import numpy as np
import pytest

from netgym_cli.channels.recorded import Opportunities, Rates
from netgym_cli.common.errors import ConfigError
from netgym_cli.traces.bw_trace import HEADER, read_bw_trace, shipped
from tests.support.channel_play import assert_reproducible, balanced, make, play

PLAIN = {"header_bytes": 0, "queue_bytes": None}


def csv(folder, *rows, header=HEADER):
    file = folder / "mine.csv"
    file.write_text("\n".join([header, *rows]) + "\n")
    return str(file)


def mahimahi(folder, *lines):
    file = folder / "mine.up"
    file.write_text("\n".join(map(str, lines)) + "\n")
    return str(file)


def sent_all(channel, sizes, now_ms=0.0, to_ms=1e9):
    """Arrival times of packets that come at once, by number."""
    for size in sizes:
        channel.send(size, now_ms)
    return {one.packet: one.arrived_ms for one in channel.advance(to_ms)}


# --- rates


def test_rate_and_delay_follow_the_rows(tmp_path):
    trace = make("trace", trace_file=csv(tmp_path, "0,8,10,0", "1000,80,20,0", "2000,8,10,0"), repeat=False, **PLAIN)
    trace.reset(1)
    # 1 byte per ms, then 10, then 1 again: 500 bytes end at 500, 1500 at 1050, 11500 at 2500
    assert sent_all(trace, [500, 1000, 10_000]) == pytest.approx({0: 510, 1: 1070, 2: 2510})


def test_a_packet_that_meets_an_idle_link_takes_its_own_time(tmp_path):
    trace = make("trace", trace_file=csv(tmp_path, "0,8,0,0", "1000,80,0,0"), repeat=False, **PLAIN)
    trace.reset(1)
    trace.send(100, 300)
    trace.send(200, 950)
    assert [one.arrived_ms for one in trace.advance(1e6)] == pytest.approx([400, 1015])


def test_loss_is_that_of_the_time(tmp_path):
    trace = make("trace", 1.0, trace_file=csv(tmp_path, "0,80,0,0.2", "10000,80,0,0.6"), loss=0.5, **PLAIN)
    trace.reset(1)
    arrived = np.array([len(step) for step in play(trace, [1] * 20_000, 1.0)])
    assert arrived[:10_000].mean() == pytest.approx(0.8 * 0.5, abs=0.02)
    assert arrived[10_001:].mean() == pytest.approx(0.4 * 0.5, abs=0.02)


@pytest.mark.parametrize("repeat", [True, False])
@pytest.mark.parametrize("name", shipped())
def test_a_saturated_link_delivers_the_traces_capacity(name, repeat):
    trace = make("trace", 100.0, trace_file=name, repeat=repeat, header_bytes=0, queue_bytes=100_000, reordering=True)
    trace.reset(1)
    span_ms, size, free = 200_000, 500, []
    for now in range(0, span_ms, 100):
        while trace.info()["queue_bytes"] + size <= 100_000:
            trace.send(size, now)
        trace.advance(now + 100)
        free.append(trace.info()["queue_bytes"])
    assert min(free) > 0  # so it never was idle
    columns = read_bw_trace(name, "test")
    times, rates = np.array(columns["time_ms"]), np.array(columns["bw_kbps"]) / 8
    period = times[-1] + (times[-1] - times[-2])
    at = np.arange(0.5, span_ms)
    rows = np.searchsorted(times, at % period if repeat else at, side="right") - 1
    served = trace.info()["sent"] * size - trace.info()["queue_bytes"]
    assert served == pytest.approx(rates[rows].sum(), abs=1)
    assert balanced(trace.info())


def test_capacity_and_its_inverse_agree():
    columns = {"time_ms": [0, 700, 1000], "bw_kbps": [100, 3000, 20], "delay_ms": [0] * 3, "loss": [0] * 3}
    for record in (Rates(columns, True), Rates(columns, False)):
        for time in np.linspace(0.01, 10_000, 3333):
            assert record.time_of(record.sent_by(time)) == pytest.approx(time, rel=1e-9)


def test_the_last_row_of_a_repeating_trace_lasts_as_long_as_the_one_before(tmp_path):
    trace = make("trace", trace_file=csv(tmp_path, "0,8,0,0", "100,80,0,0"), **PLAIN)
    trace.reset(1)
    # 100 bytes, 1000 bytes, and again: 2200 bytes need 400 ms
    assert sent_all(trace, [2200, 100]) == pytest.approx({0: 400, 1: 500})


def test_a_single_row_holds_for_ever(tmp_path):
    trace = make("trace", trace_file=csv(tmp_path, "0,8,5,0"), **PLAIN)
    trace.reset(1)
    assert sent_all(trace, [1000] * 3) == pytest.approx({0: 1005, 1: 2005, 2: 3005})


def test_nothing_overtakes_where_the_delay_falls_unless_it_may(tmp_path):
    file = csv(tmp_path, "0,8,500,0", "100,8,10,0")
    for reordering, expected in ((False, [0, 1]), (True, [1, 0])):
        trace = make("trace", trace_file=file, repeat=False, reordering=reordering, **PLAIN)
        trace.reset(1)
        trace.send(50, 0)
        trace.send(100, 50)
        assert [one.packet for one in trace.advance(1e6)] == expected


# --- Mahimahi


def test_each_line_carries_1500_bytes(tmp_path):
    trace = make("trace", trace_file=mahimahi(tmp_path, 3, 3, 5, 10), **PLAIN)
    trace.reset(1)
    assert sent_all(trace, [1500] * 6) == {0: 3, 1: 3, 2: 5, 3: 10, 4: 13, 5: 13}


def test_small_packets_share_an_opportunity_and_large_ones_take_several(tmp_path):
    trace = make("trace", trace_file=mahimahi(tmp_path, 2, 4, 6, 8), **PLAIN)
    trace.reset(1)
    assert sent_all(trace, [500, 1000, 2000, 1000, 1]) == {0: 2, 1: 2, 2: 6, 3: 6, 4: 8}


def test_an_opportunity_that_nothing_waits_for_is_wasted(tmp_path):
    trace = make("trace", trace_file=mahimahi(tmp_path, 2, 4, 6, 8), **PLAIN, propagation_delay_ms=100)
    trace.reset(1)
    trace.send(100, 1)
    trace.send(100, 4)  # comes with an opportunity, which is over
    assert [one.arrived_ms for one in trace.advance(1e6)] == [102, 106]


def test_a_trace_that_does_not_repeat_keeps_what_is_left_and_drops_what_does_not_fit(tmp_path):
    trace = make("trace", trace_file=mahimahi(tmp_path, 1, 2), repeat=False, header_bytes=0, queue_bytes=4500)
    trace.reset(1)
    assert sent_all(trace, [1500] * 3) == {0: 1, 1: 2}
    assert sent_all(trace, [1500] * 4, 1e9, 2e9) == {}
    info = trace.info()
    assert (info["in_flight"], info["dropped"], info["queue_bytes"]) == (3, 2, 4500)
    assert balanced(info)


@pytest.mark.parametrize("packet", [1500, 377, 4000])
def test_a_saturated_mahimahi_link_delivers_every_opportunity(tmp_path, packet):
    times = np.sort(np.random.default_rng(1).integers(0, 1000, 500))
    times[-1] = 1000
    trace = make("trace", trace_file=mahimahi(tmp_path, *times), **PLAIN)
    trace.reset(1)
    arrived = sent_all(trace, [packet] * (500 * 1500 * 4 // packet + 10))
    for time in (10, 500.5, 999, 1000, 2345, 3999):
        opportunities = sum((time >= times + 1000 * k).sum() for k in range(4))
        assert sum(at <= time for at in arrived.values()) == opportunities * 1500 // packet


def test_opportunities_and_their_inverse_agree():
    record = Opportunities([0, 5, 5, 9], True)
    for number in range(1, 41):
        time = record.time_of(1500 * number)
        assert record.sent_by(time) >= 1500 * number > record.sent_by(time - 0.001)


# --- sessions


def test_a_session_may_begin_anywhere(tmp_path):
    file = csv(tmp_path, *(f"{second * 1000},{8 + second},{second},0" for second in range(100)))
    trace = make("trace", trace_file=file, random_start=True, **PLAIN)
    starts = []
    for seed in range(300):
        trace.reset(seed)
        starts.append(trace.info()["start_ms"])
        first = sent_all(trace, [1])
        trace.reset()
        assert trace.info()["start_ms"] == starts[-1]
        assert sent_all(trace, [1]) == first
        rate = (8 + starts[-1] // 1000) / 8
        assert first[0] == pytest.approx(1 / rate + starts[-1] // 1000, abs=1.1)
    assert np.mean(starts) == pytest.approx(50_000, abs=6000)


@pytest.mark.parametrize("name", ["lte_like", "wifi_like"])
def test_equal_seeds_give_equal_arrivals(name):
    assert_reproducible("trace", trace_file=name, loss=0.1, random_start=True)


# --- bad files and values


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        (["0,1000,10,0", "100,,10,0"], "line 3: bw_kbps is ''; allowed: 0 (an outage) to 1e9, kbit/s"),
        (["0,1000,10,0", "100,1000,10"], "line 3 has 3 values; allowed: 4"),
        (["0,1000,10,0", "200,1000,10,0", "100,1000,10,0"], "line 4: time_ms is 100 after 200; allowed: times that r"),
        (["0,-5,10,0"], "line 2: bw_kbps is '-5'; allowed: 0 (an outage) to 1e9, kbit/s"),
        (["0,1000,nan,0"], "line 2: delay_ms is 'nan'; allowed: 0 to 1e9, ms"),
        (["0,1000,10,1.5"], "line 2: loss is '1.5'; allowed: a fraction from 0 to 1"),
        ([], "has no rows; allowed: one or more"),
    ],
)  # fmt: skip
def test_bad_rows_are_told_with_line_value_and_what_is_allowed(tmp_path, rows, wrong):
    with pytest.raises(ConfigError) as error:
        make("trace", trace_file=csv(tmp_path, *rows))
    assert wrong in str(error.value)
    assert "channel.trace_file" in str(error.value)


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ([5, 3], "line 2: '3' after 5; allowed: whole numbers of ms that do not decrease"),
        ([5, "", -3], "line 3: '-3' after 5; allowed: whole numbers"),
        ([5, "nan"], "line 2: 'nan' after 5; allowed: whole numbers"),
        ([-1], "line 1: '-1'; allowed: whole numbers"),
        ([1.5], "line 1: '1.5'; allowed: whole numbers"),
        (["9" * 5000], "line 1: '9999"),
        ([0, 0], "ends at line 2 with 0; allowed: "),
    ],
)
def test_bad_mahimahi_lines_are_told_too(tmp_path, lines, wrong):
    with pytest.raises(ConfigError) as error:
        make("trace", trace_file=mahimahi(tmp_path, *lines))
    assert wrong in str(error.value)
    assert "channel.trace_file" in str(error.value)


def test_an_empty_file_and_a_missing_one_are_told(tmp_path):
    (tmp_path / "empty").write_text("")
    with pytest.raises(ConfigError, match="is empty; the first line must be time_ms"):
        make("trace", trace_file=str(tmp_path / "empty"))
    with pytest.raises(ConfigError, match=r"neither a shipped trace nor a file. Did you mean 'lte_like'\?"):
        make("trace", trace_file="lte_lik")


def test_a_path_is_relative_to_the_working_directory(tmp_path, monkeypatch):
    mahimahi(tmp_path, 7)
    monkeypatch.chdir(tmp_path)
    trace = make("trace", trace_file="mine.up", **PLAIN)
    trace.reset(1)
    assert sent_all(trace, [1]) == {0: 7}


@pytest.mark.parametrize(
    ("key", "value"),
    [("propagation_delay_ms", -1), ("loss", 1.5), ("queue_bytes", 0), ("header_bytes", 2000), ("buffer_size", 0)],
)
def test_bad_values_are_told_with_what_is_allowed(key, value):
    with pytest.raises(ConfigError, match=rf"channel\.{key} is .*; allowed: "):
        make("trace", **{key: value})


def test_a_trace_of_one_row_has_no_random_start(tmp_path):
    with pytest.raises(ConfigError, match=r"channel\.random_start is True; allowed: false"):
        make("trace", trace_file=csv(tmp_path, "0,8,5,0"), random_start=True)
