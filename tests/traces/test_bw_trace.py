import logging
import runpy

import gymnasium
import pytest

import netgym_cli  # noqa: F401 - registers the ids
from netgym_cli.common.errors import ConfigError
from netgym_cli.envs.make import make_env
from netgym_cli.traces.bw_trace import COLUMNS, HEADER, SHIPPED, read_bw_trace, shipped
from tests.support.network import REPO

KEY = "env.bw_trace_file"


def written(folder, *lines, header=HEADER):
    file = folder / "mine.csv"
    file.write_text("\n".join([header, *lines]) + "\n")
    return str(file)


@pytest.mark.parametrize("name", shipped())
def test_shipped_traces_are_readable_and_span_a_session(name):
    trace = read_bw_trace(name, KEY)
    assert list(trace) == list(COLUMNS)
    assert trace["time_ms"][0] == 0
    assert 60_000 < trace["time_ms"][-1] < 100_000
    assert len(set(map(len, trace.values()))) == 1


def test_shipped_traces_are_what_the_generator_writes(tmp_path):
    runpy.run_path(str(REPO / "benchmarks" / "traces.py"))["write"](tmp_path)
    assert sorted(file.stem for file in tmp_path.iterdir()) == shipped()
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (SHIPPED / file.name).read_bytes()


def test_the_default_is_the_originals():
    trace = read_bw_trace("networkgym", KEY)
    assert trace["time_ms"] == [0, 10000, 50000, 70000]
    assert trace["bw_kbps"] == [1000, 2000, 500, 1000]
    assert trace["delay_ms"] == [10] * 4
    assert trace["loss"] == [0] * 4


def test_columns_are_found_by_name_and_blank_lines_passed_over(tmp_path):
    file = written(
        tmp_path, "0.5, 20, 1000, 0, home", "", "0, 30, 2000, 10, away", header="loss,delay_ms,bw_kbps,time_ms,x"
    )
    trace = read_bw_trace(file, KEY)
    assert trace == {"time_ms": [0, 10], "bw_kbps": [1000, 2000], "delay_ms": [20, 30], "loss": [0.5, 0]}


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path):
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n0,1000,10,0\r\n".encode())
    assert read_bw_trace(str(tmp_path / "bom.csv"), KEY)["bw_kbps"] == [1000]


def test_paths_are_relative_to_the_working_directory(tmp_path, monkeypatch):
    written(tmp_path, "0,1234,10,0")
    monkeypatch.chdir(tmp_path)
    assert make_env("rmcat", bw_trace_file="mine.csv").adapter.settings()["bw_trace"]["bw_kbps"] == [1234]


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (["0,1000,ten,0"], 2, "delay_ms is 'ten'"),
        (["0,1000,10,0", "5,,10,0"], 3, "bw_kbps is ''"),
        (["0,nan,10,0"], 2, "bw_kbps is 'nan'"),
        (["0,inf,10,0"], 2, "bw_kbps is 'inf'"),
        (["0,1000,10,0", "20,1000,10,0", "10,1000,10,0"], 4, "time_ms is 10 after 20"),
        (["0,1000,10,0", "0,1000,10,0"], 3, "time_ms is 0 after 0"),
        (["-1,1000,10,0"], 2, "time_ms is '-1'"),
        (["0,-5,10,0"], 2, "bw_kbps is '-5'; allowed: 0 (an outage) to 1e9, kbit/s"),
        (["0,1e308,10,0"], 2, "bw_kbps is '1e308'"),
        (["0,1000,-10,0"], 2, "delay_ms is '-10'"),
        (["0,1000,10,1.5"], 2, "loss is '1.5'; allowed: a fraction from 0 to 1"),
        (["0,1000,10,-0.1"], 2, "loss is '-0.1'"),
        (["0,1000,10"], 2, "has 3 values"),
        (["0,1000,10,0,7"], 2, "has 5 values"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_file_line_and_key(tmp_path, lines, line, message):
    file = written(tmp_path, *lines)
    with pytest.raises(ConfigError) as refused:
        make_env("rmcat", bw_trace_file=file)
    for part in (KEY, file, f"line {line}", message, "allowed"):
        assert part in str(refused.value)


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_missing_column_is_named(tmp_path, missing):
    header = ",".join(column for column in COLUMNS if column != missing)
    with pytest.raises(ConfigError, match=rf"{KEY}: .*mine.csv, line 1: there is no column '{missing}'"):
        read_bw_trace(written(tmp_path, "1,1,1", header=header), KEY)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; the first line must be"),
        (HEADER.encode(), "has no rows"),
        (b"\xff\xfe\x00", "cannot read"),
    ],
)
def test_a_file_without_a_trace_is_refused(tmp_path, content, message):
    (tmp_path / "empty.csv").write_bytes(content)
    with pytest.raises(ConfigError, match=message) as refused:
        read_bw_trace(str(tmp_path / "empty.csv"), KEY)
    assert KEY in str(refused.value) and "empty.csv" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("wifi_lik", "neither a shipped trace nor a file. Did you mean 'wifi_like'"),
        ("nowhere/x.csv", "neither a shipped trace nor a file"), ("", "nor a file"), (".", "nor a file"),
    ],
)  # fmt: skip
def test_an_unknown_trace_is_refused(name, message):
    with pytest.raises(ConfigError, match=message):
        make_env("rmcat", bw_trace_file=name)


# --- outages


def test_a_rate_of_zero_is_an_outage(tmp_path):
    assert read_bw_trace(written(tmp_path, "0,7200,10,0", "1000,0,10,0"), KEY)["bw_kbps"] == [7200, 0]


# --- two columns


@pytest.mark.parametrize("separator", ["\t", " ", "  ", ",", ", ", ";"])
def test_two_columns_are_seconds_and_mbits(tmp_path, separator):
    file = tmp_path / "norway_bus_1"
    file.write_text("\n".join(f"{second}{separator}{rate}" for second, rate in [("0.0", 1.25), ("1.5", 0), ("2", 3)]))
    expected = {"time_ms": [0, 1500, 2000], "bw_kbps": [1250, 0, 3000], "delay_ms": [7] * 3, "loss": [0] * 3}
    assert read_bw_trace(str(file), KEY, delay_ms=7) == expected


def test_rmcat_gives_two_columns_its_default_delay(tmp_path):
    (tmp_path / "trace").write_text("0 1\n1 2\n")
    trace = make_env("rmcat", bw_trace_file=str(tmp_path / "trace"), topo_default_delay_ms=35).adapter.settings()
    assert trace["bw_trace"]["delay_ms"] == [35, 35]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 1\n1 -2\n", "line 2: Mbit/s is '-2'; allowed: 0 to 1e+06"),
        ("0 1\n\n1 x\n", "line 3: Mbit/s is 'x'"),
        ("0 1\nnan 2\n", "line 2: seconds is 'nan'"),
        ("0 1\n1 2 3\n", "line 2 has 3 values; allowed: two columns"),
        ("0 1\n0 2\n", "line 2: time_ms is 0 after 0; allowed: times that rise"),
    ],
)
def test_a_bad_line_of_two_columns_is_told(tmp_path, text, message):
    (tmp_path / "trace").write_text(text)
    with pytest.raises(ConfigError) as refused:
        make_env("rmcat", bw_trace_file=str(tmp_path / "trace"))
    assert message in str(refused.value) and KEY in str(refused.value)


# --- when a trace begins


def begun(caplog, file, **config):
    """The times of a trace that `rmcat` got, and what was said about it."""
    with caplog.at_level(logging.INFO, "netgym_cli"):
        env = gymnasium.make("netgym/rmcat-v0", bw_trace_file=file, **config)
    return env.unwrapped.adapter.settings()["bw_trace"]["time_ms"], caplog.text


@pytest.mark.parametrize(("first", "unit"), [("1576503604000", "ms"), ("1576503604.5", "s")])
def test_dates_count_from_the_first_row_and_that_is_said(tmp_path, caplog, first, unit):
    if unit == "ms":
        file = written(tmp_path, f"{first},300,10,0", "1576503609000,3000,10,0")
    else:
        file = str(tmp_path / "dated")
        (tmp_path / "dated").write_text(f"{first} 0.3\n1576503609.5 3\n")
    times, said = begun(caplog, file)
    assert times == [0, 5000]
    assert "WARNING" in said and "counted from that first row on" in said and "157650360" in said


def test_a_trace_that_begins_after_the_session_s_end_is_warned_of(tmp_path, caplog):
    length = {"steps_per_episode": 10, "episodes_per_session": 2}
    times, said = begun(caplog, written(tmp_path, "2000,300,10,0"), **length)
    assert times == [2000]
    assert "WARNING" in said and "begins at 2000 ms and the session ends at 2000 ms" in said


def test_what_holds_before_a_later_first_row_is_said(tmp_path, caplog):
    times, said = begun(caplog, written(tmp_path, "1999,300,10,0"), steps_per_episode=20, episodes_per_session=1)
    assert times == [1999]
    assert "INFO" in said and "until then env.topo_default_bw_kbps=1000 holds" in said


def test_a_trace_that_begins_at_0_needs_no_word(tmp_path, caplog):
    assert begun(caplog, written(tmp_path, "0,300,10,0")) == ([0], "")


def test_a_trace_is_not_longer_than_ns_3_can_count(tmp_path):
    with pytest.raises(ConfigError, match=r"the last time_ms is 1e\+13; allowed: up to 1e\+12"):
        read_bw_trace(written(tmp_path, "0,300,10,0", "1e13,300,10,0"), KEY)
