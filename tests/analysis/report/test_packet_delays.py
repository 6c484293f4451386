"""Delays of packets in a report, recomputed from delays.parquet by pandas alone; means stand where it is missing."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from netgym_cli.analysis.report import material
from netgym_cli.analysis.report.sections import users
from netgym_cli.common import statistics
from tests.support import recomputed

CDF, TABLE = "cdf_walk_gma::dl::owd", "percentiles_walk"


@pytest.fixture(scope="module")
def section(timed_runs):
    return users.section(material.read([timed_runs / "timed"]))


@pytest.fixture(scope="module")
def tables(section):
    """Every number of the section by its name, which `--csv` writes."""
    return {block.drawn.name: block.drawn.table for block in section.blocks if hasattr(block, "drawn")}


@pytest.fixture(scope="module")
def runs(timed_runs):
    return [str(timed_runs / "timed" / f"ppo{seed}") for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def edges(runs):
    return json.loads(pq.read_schema(f"{runs[0]}/metrics/delays.parquet").metadata[b"edges_ms"])


@pytest.mark.parametrize("user", [1, 2])
def test_the_distribution_is_that_of_the_packets_of_each_run(runs, edges, tables, user):
    mine = tables[CDF][tables[CDF]["whose"] == f"ppo, {user}"]
    assert mine["share"].iloc[0] == 0 and mine["share"].iloc[-1] == 1 and len(mine) > 10
    for row in mine.iloc[::6].to_dict("records"):
        edge = int(np.argmin(np.abs(np.array(edges) - row["value"])))
        shares = [recomputed.share_below(run, edge, users=(user,)) for run in runs]
        found = statistics.of_measured(shares)
        assert row["share"] == pytest.approx(found.mean) and row["runs"] == 3
        assert [row["low"], row["high"]] == pytest.approx([max(0, found.low), min(1, found.high)])


@pytest.mark.parametrize("user", [1, 2])
def test_percentiles_are_means_over_runs_and_within_their_bins(runs, edges, tables, user):
    table = tables[TABLE].set_index(["delay", "line"])
    row = table.loc["gma::dl::owd", f"ppo, {user}"]
    counted = [recomputed.packets(run, users=(user,)).sum() for run in runs]
    assert row["packets"] == sum(counted) and row["runs"] == 3
    for percent in (50, 95, 99):
        bins = [recomputed.bin_of_percentile(run, percent, users=(user,)) for run in runs]
        middles = [np.sqrt(edges[number - 1] * edges[number]) for number in bins]
        found = statistics.of_measured(middles)
        assert row[f"p{percent}_ms"] == pytest.approx(found.mean)
        assert [row[f"p{percent}_ms low"], row[f"p{percent}_ms high"]] == pytest.approx([found.low, found.high])


def test_it_is_said_what_distributions_are_of(section):
    assert "The distributions of delays are of packets, where a caption says so" in section.blocks[0]
    captions = [block.caption for block in section.blocks[1:]]
    assert "gma::dl::owd: CDF of the packets' one-way delays, mean and 95 % interval over runs." in captions
    assert "gma::dl::rate: CDF of the mean rate per interval." in captions


def test_where_a_run_knows_no_packets_all_are_of_means(timed_runs):
    read = material.read([timed_runs / "timed" / "ppo1", timed_runs / "plain"])
    section = users.section(read)
    assert "packets of one interval are not told apart" in section.blocks[0]
    captions = [block.caption for block in section.blocks[1:]]
    assert "gma::dl::owd: CDF of the mean one-way delay per interval." in captions
    assert not any("packets" in caption for caption in captions)
