"""`netgym plot --over-time` and `--cdf`: their numbers recomputed from the tables, and what cannot be drawn."""

import json
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from typer.testing import CliRunner

from netgym_cli.analysis import kpis, panels, plot
from netgym_cli.analysis.courses import POINTS, courses
from netgym_cli.analysis.kpis import Kpi
from netgym_cli.analysis.lines import Lines
from netgym_cli.analysis.measured_lines import Panel
from netgym_cli.cli.app import app
from netgym_cli.common.statistics import of_measured
from tests.support import recomputed
from tests.support.reported import write_evaluation

SEEDS, AGENTS = (1, 2, 3), ("ppo", "rule")


@pytest.fixture
def runs(timed_runs, workdir):
    """A copy of them in the working directory."""
    return shutil.copytree(timed_runs, workdir / "runs")


def netgym(*words):
    return CliRunner().invoke(app, ["plot", *words])


def drawn(*words):
    """The numbers of a picture, and what was said."""
    done = netgym(*words, "--csv", "n.csv", "-o", "p.svg")
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith("numbers: n.csv\npicture: p.svg\n")
    return pd.read_csv("n.csv"), done.stdout


def rows_of(run, table, name=None, session=1):
    rows = pd.read_parquet(f"{run}/metrics/{table}")
    rows = rows[rows["session"] == session]
    return rows if name is None else rows[rows["name"] == name]


def test_a_kpi_of_each_user_over_the_last_session_of_a_run(runs):
    found, told = drawn("runs/timed/ppo1", "--over-time", "rate")
    assert set(found["kpi"]) == {"gma::dl::rate"} and set(found["unit"]) == {"Mbit/s"} and found["low"].isna().all()
    assert list(dict.fromkeys(found["line"])) == ["user 1", "user 2"] and " s, up to its time" not in told
    rows = rows_of("runs/timed/ppo1", "stats.parquet", "dl::rate")
    for user in (1, 2):
        mine, again = found[found["line"] == f"user {user}"], rows[rows["id"] == user]
        assert mine["time_s"].to_numpy() * 1e3 == pytest.approx(again["ts_ms"].to_numpy())
        assert mine["mean"].to_numpy() == pytest.approx(again["value"].to_numpy())
    first, _ = drawn("runs/timed/ppo1", "rate", "--over-time", "--session", "0", "--pooled")
    again = rows_of("runs/timed/ppo1", "stats.parquet", "dl::rate", 0).groupby("ts_ms")["value"].mean()
    assert first["mean"].to_numpy() == pytest.approx(again.to_numpy())


def test_agents_are_compared_with_intervals_over_their_seeds(runs):
    found, _ = drawn("runs/timed", "--over-time", "--by", "agent")
    assert list(dict.fromkeys(found["line"])) == list(AGENTS) and set(found["kpi"]) == {"reward"}
    tables = [rows_of(f"runs/timed/ppo{seed}", "steps.parquet")["reward"].to_numpy() for seed in SEEDS]
    mine = found[found["line"] == "ppo"].reset_index()
    for place in (0, 7, 39):
        again = of_measured([table[place] for table in tables])
        assert mine.loc[place, ["mean", "low", "high"]].tolist() == pytest.approx(list(again[:3]))


@pytest.mark.long
def test_users_of_several_agents_are_together_unless_each_is_asked_for(runs):
    pooled, told = drawn("runs/timed", "--over-time", "rate,delay")
    assert set(pooled["kpi"]) == {"gma::dl::rate", "gma::dl::owd"} and set(pooled["line"]) == set(AGENTS)
    assert "gma::dl::rate is the mean over 2 users; --each draws them apart" in told
    each, _ = drawn("runs/timed", "--over-time", "rate", "--each")
    assert list(dict.fromkeys(each["line"])) == ["ppo, user 1", "ppo, user 2", "rule, user 1", "rule, user 2"]


def test_the_distribution_of_delays_is_of_packets(runs):
    found, told = drawn("runs/timed", "--cdf")
    assert set(found["of"]) == {"packets"} and set(found["runs"]) == {3} and "of packets: shares are exact" in told
    folder = runs / "timed" / "ppo1" / "metrics" / "delays.parquet"
    edges = np.array(json.loads(pq.read_schema(folder).metadata[b"edges_ms"]))
    for row in found[found["line"] == "ppo"].iloc[::9].to_dict("records"):
        edge = int(np.argmin(np.abs(edges - row["value"])))
        shares = [recomputed.share_below(f"runs/timed/ppo{seed}", edge) for seed in SEEDS]
        assert row["share"] == pytest.approx(np.mean(shares))
    assert f"{sum(recomputed.packets(f'runs/timed/ppo{seed}').sum() for seed in SEEDS)} packets" in told
    whole, _ = drawn("runs/timed/ppo1", "--cdf", "delay_ms", "--last", "1")
    every = pd.read_parquet(folder)
    edge = int(np.argmin(np.abs(edges - whole["value"].iloc[20])))
    assert whole["share"].iloc[20] == pytest.approx(recomputed.share_below("", edge, episodes=every))


@pytest.mark.long
def test_of_users_apart_each_has_its_packets(runs):
    found, _ = drawn("runs/timed/ppo1", "--cdf", "owd", "--each")
    last = found[found["line"] == "user 2"].iloc[-1]
    assert list(dict.fromkeys(found["line"])) == ["user 1", "user 2"] and (last["share"], last["runs"]) == (1, 1)


def test_a_kpi_is_known_by_its_whole_name_its_end_or_a_word(runs):
    read, _ = plot.read([runs / "plain"])
    rate, delay = "gma::dl::rate", "gma::dl::owd"
    words = {"rate": [rate], "dl::rate": [rate], "owd, reward": [delay, "reward"], "delay_ms": [delay]}
    assert {word: [kpi.key for kpi in kpis.named(read, word)] for word in words} == words


def test_other_distributions_are_of_means_per_interval(runs):
    found, told = drawn("runs/plain", "--cdf", "rate")
    assert set(found["of"]) == {"means per interval"} and "means per interval" in told
    rows = recomputed.last_episodes(["runs/plain"], "stats.parquet")
    values = rows[rows["name"] == "dl::rate"]["value"]
    for row in found.to_dict("records"):
        assert row["share"] == pytest.approx((values <= row["value"] + 1e-12).mean())


def test_without_packets_in_one_run_all_delays_are_of_means_and_it_is_said(runs):
    found, told = drawn("runs/timed", "runs/plain", "--cdf")
    assert set(found["of"]) == {"means per interval"}
    assert "gma::dl::owd is means per interval, not of packets: there is no delays.parquet in runs/plain" in told


def test_results_over_a_key_have_their_numbers_too(runs):
    found, _ = drawn("runs/timed", "--x", "agent")
    assert found[["by", "x", "runs"]].to_numpy().tolist()[0][1:] == ["ppo", 3] and len(found) == 2
    assert list(found) == ["by", "x", "mean", "low", "high", "runs"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere", "--cdf"], "there is no folder 'nowhere'; give that of a run or of a grid"),
        (
            ["runs/plain", "rte", "--cdf"],
            "'rte' was not measured in these runs. Did you mean 'rate'? Allowed: delay, rate, ",
        ),
        (
            ["runs/plain", "rate", "delay", "--cdf"],
            "'rate' and 'delay' are no folders; --cdf takes one KPI, or several",
        ),
        (["runs/plain", "--cdf", "--over-time"], "--over-time and --cdf are two pictures; give one of them."),
        (["runs/plain", "--cdf", "--x", "seed"], "--x does not go with --cdf; leave it out."),
        (["runs/plain", "--session", "0"], "--session goes with --over-time alone; leave it out, or"),
        (["runs/plain", "--over-time", "--session", "5"], "--session is 5; allowed: 0 to 0, as 'runs/plain' has them."),
        (["runs/plain", "--cdf", "--csv", "n.txt"], "--csv is 'n.txt'; allowed: a file name that ends in .csv"),
        (["runs/plain", "--cdf", "--last", "2"], "--last is 2.0; allowed: above 0, to 1"),
        (["evaluated", "--cdf"], "an evaluation keeps no measurements that --cdf could draw; give folders of runs."),
    ],
)
def test_what_cannot_be_drawn(runs, words, told):
    write_evaluation(runs.parent / "evaluated", {})
    done = netgym(*words)
    assert (done.exit_code, told in done.stderr) == (2, True), done.output
    assert not (runs.parent / "plot.svg").exists()


def test_a_run_without_delays_says_what_there_is(runs):
    (runs / "plain" / "metrics" / "stats.parquet").unlink()
    done = netgym("runs/plain", "--cdf")
    assert (
        done.exit_code == 2
        and "no delay of users or flows was measured in these runs; allowed: reward, " in done.stderr
    )


def test_intervals_are_put_together_where_there_are_many(runs):
    (run,), _ = plot.read([runs / "plain"])
    rows = pd.read_parquet(runs / "plain" / "metrics" / "stats.parquet")
    many = pd.concat([rows.assign(ts_ms=rows["ts_ms"] + k * 4000) for k in range(20)])
    many.to_parquet(runs / "plain" / "metrics" / "stats.parquet")
    found = courses([run], kpis.named([run], "rate"), Lines(()), None, False)
    (panel,) = found.panels
    assert len(panel.table) == 20 * 40 / 4 <= POINTS and np.diff(panel.table["time_s"]) == pytest.approx(0.4)
    assert panel.table["mean"].mean() == pytest.approx(rows[rows["name"] == "dl::rate"]["value"].mean())
    assert found.remarks[-1] == "a point of gma::dl::rate is the mean of 0.4 s, up to its time"


def test_legends_stand_beside_the_axes_and_gaps_stay_open():
    columns = {"time_s": [*range(5)] * 8, "mean": [1.0, np.nan, 3.0, 4.0, 5.0] * 8, "low": np.nan, "high": np.nan}
    table = pd.DataFrame({"line": np.repeat(list("abcdefgh"), 5), **columns, "runs": 1})
    panel = Panel(Kpi("a::b", "", "a", "b"), "", table, "time_s", "mean", ("time", "value"))
    figure = panels.figure_of([panel, panel], "flow", "title")
    assert len(figure.legends[0].get_texts()) == 8
    FigureCanvasAgg(figure).draw()
    legend = figure.legends[0].get_window_extent()
    assert not any(legend.overlaps(axes.get_window_extent()) for axes in figure.axes)
    lines = figure.axes[0].lines
    assert np.isnan(lines[0].get_ydata()[1]) and lines[1].get_ydata().tolist() == [1.0]


def test_bands_do_not_squash_lines_and_rates_do_not_begin_below_zero():
    table = pd.DataFrame({"mean": [0.0, 10.0], "low": [-500.0, 8.0], "high": [500.0, 12.0]})
    assert panels.limits(table, "mean") == pytest.approx((-1, 21))
    assert panels.limits(table.assign(low=np.nan, high=np.nan), "mean") == pytest.approx((-0.5, 10.5))
