"""What traces may hold besides rates: outages, dates, two columns without a header."""

import numpy as np
import pytest

from netgym_cli.channels.recorded import Rates
from tests.channels.test_trace import PLAIN, csv, mahimahi, sent_all
from tests.support.channel_play import make

# --- outages


def test_in_an_outage_a_packet_waits_and_goes_on_where_it_was(tmp_path):
    trace = make("trace", trace_file=csv(tmp_path, "0,8,0,0", "100,0,0,0", "300,8,0,0"), repeat=False, **PLAIN)
    trace.reset(1)
    # 1 byte per ms: 150 bytes end at 350, and 100 that end with the outage's begin are not held up by it
    assert sent_all(trace, [100, 50, 10]) == pytest.approx({0: 100, 1: 350, 2: 360})


@pytest.mark.parametrize("repeat", [True, False])
@pytest.mark.parametrize("zeros", [(0,), (2,), (0, 2), (1, 2), (0, 1), (3,), (2, 3), (0, 3), (0, 2, 3)])
def test_capacity_with_outages_is_what_a_clock_of_small_ticks_counts(zeros, repeat):
    rates = [0 if row in zeros else 8.0 * (row + 1) for row in range(4)]
    columns = {"time_ms": [0, 10, 30, 40], "bw_kbps": rates, "delay_ms": [0] * 4, "loss": [0] * 4}
    record, tick_ms, sent = Rates(columns, repeat), 0.5, 0.0
    reached = {0.0: 0.0}
    for tick in range(300):
        at_ms = tick * tick_ms
        row = (
            sum(at_ms % 50 >= np.array(columns["time_ms"])) - 1
            if repeat
            else min(3, sum(at_ms >= np.array(columns["time_ms"])) - 1)
        )
        sent += rates[row] / 8 * tick_ms
        reached.setdefault(sent, at_ms + tick_ms)
        assert record.sent_by(at_ms + tick_ms) == pytest.approx(sent)
    for size, at_ms in list(reached.items())[1:]:
        assert record.time_of(size) == pytest.approx(at_ms)
    if not repeat and rates[-1] == 0:
        assert record.time_of(sent + 1) == np.inf


def test_a_trace_of_outages_only_carries_nothing(tmp_path):
    for repeat in (True, False):
        trace = make("trace", trace_file=csv(tmp_path, "0,0,0,0", "100,0,0,0"), repeat=repeat, **PLAIN)
        trace.reset(1)
        assert sent_all(trace, [100]) == {}
        assert trace.info()["in_flight"] == 1


# --- two columns, and when a trace begins


def test_two_columns_are_seconds_and_mbits(tmp_path):
    file = tmp_path / "trace"
    file.write_text("0.0\t0.008\n1.0\t0.08\n2.0\t0.008\n")
    trace = make("trace", trace_file=str(file), repeat=False, propagation_delay_ms=5, **PLAIN)
    trace.reset(1)
    assert sent_all(trace, [500, 1000, 10_000]) == pytest.approx({0: 505, 1: 1055, 2: 2505})


def test_times_count_from_the_first_row_and_that_is_said(tmp_path, caplog):
    for first in (500, 1576503604000):
        caplog.clear()
        file = csv(tmp_path, f"{first},8,0,0", f"{first + 100},80,0,0")
        trace = make("trace", trace_file=file, repeat=False, **PLAIN)
        trace.reset(1)
        assert sent_all(trace, [100, 100]) == pytest.approx({0: 100, 1: 110})
        assert f"begins at {first} ms; its times are counted from that first row" in caplog.text


def test_dates_in_mahimahi_s_format_count_from_the_first(tmp_path, caplog):
    trace = make("trace", trace_file=mahimahi(tmp_path, 1576503604003, 1576503604005, 1576503604010), **PLAIN)
    trace.reset(1)
    assert sent_all(trace, [1500] * 4) == {0: 2, 1: 7, 2: 7, 3: 9}  # the one at 0 is over
    assert "counted from that first row" in caplog.text
