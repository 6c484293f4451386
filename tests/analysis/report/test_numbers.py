"""What a report says, recomputed from the files by pandas alone; intervals are those of common/statistics.py."""

import numpy as np
import pandas as pd
import pytest

from netgym_cli.common import aggregates, statistics
from tests.support import recomputed


@pytest.fixture
def complete(study):
    return [str(study[0] / str(seed)) for seed in (1, 2, 3)]


def test_returns_of_agents(made, study):
    table = made[2]["agents"].set_index("agent")
    again = recomputed.returns(str(study[1]), "system_default").loc[table.index]
    assert table.index.tolist() == ["random", "system_default", "ppo"], "rules come first"
    assert np.allclose(table["return"], again["return"]) and np.allclose(table["IQM"], again["IQM"])
    others = ["random", "ppo"]
    assert np.allclose(table.loc[others, "minus system_default"], again.loc[others, "minus"])
    assert np.allclose(table.loc[others, "P(more)"], again.loc[others, "P"])
    assert table.loc["system_default", ["minus system_default", "P(more)"]].isna().all()
    assert table["trainings"].tolist() == [1, 1, 3] and set(table["networks"]) == {4}


def test_intervals_are_over_trainings_and_networks(made, study):
    rows = pd.read_csv(study[1] / "seeds.csv")
    wide = rows.pivot(index=["agent", "training"], columns="seed", values="return")
    mine, base = wide.loc["ppo"].to_numpy(), wide.loc["system_default"].to_numpy()
    table = made[2]["agents"].set_index("agent").loc["ppo"]
    estimates = {"return": statistics.of_measured(mine), "IQM": aggregates.interquartile_mean([mine])}
    for name, found in (estimates | {"minus system_default": statistics.paired(mine, base)}).items():
        assert table[[name, f"{name} low", f"{name} high"]].tolist() == pytest.approx(list(found[:3]))
    told = made[0].verdict
    verdict = made[2]["verdict"].iloc[0]
    assert f"{verdict['return']:.4g} [{verdict['return low']:.4g}, {verdict['return high']:.4g}]" in told


def test_profiles(made, study):
    table = made[2]["profile_walk"]
    for row in table.iloc[::7].to_dict("records"):
        assert row["share"] == pytest.approx(recomputed.share_above(str(study[1]), row["agent"], row["return"]))
    assert table["agent"].nunique() == 3


def test_trainings_and_learning_curves(made, complete):
    table = made[2]["trainings"].set_index("agent")
    assert table.loc["ppo", "return"] == pytest.approx(recomputed.last_return(complete))
    assert set(table.index) == {"ppo", "ppo (failed)", "system_default"}
    curve = made[2]["learning_walk"]
    mine = curve[curve["agent"] == "ppo"]
    episodes = [pd.read_csv(f"{run}/metrics/episodes.csv")["return"] for run in complete]
    assert mine["mean"].tolist() == pytest.approx(pd.concat(episodes, axis=1).mean(axis=1).tolist())
    assert mine["step"].tolist() == [2 + 4 * number for number in range(10)] and set(mine["runs"]) == {3}


@pytest.mark.parametrize("indicator", ["reward", "rate_mbps"])
def test_indicators(made, complete, indicator):
    table = made[2][f"indicator_walk_{indicator}"]
    mine = table[table["line"] == "ppo"].set_index("step")
    again = recomputed.course(recomputed.last_episodes(complete, "steps.parquet"), indicator)
    assert np.allclose(mine[["mean", "p10", "p90"]], again) and set(mine["episodes"]) == {6}


@pytest.mark.parametrize("name", ["owd", "rate"])
def test_measurements_over_time_and_their_distributions(made, complete, name):
    rows = recomputed.last_episodes(complete, "stats.parquet")
    rows = rows[rows["name"] == f"dl::{name}"]
    for user in (1, 2):
        values = rows[rows["id"] == user]
        course = made[2][f"course_walk_gma_dl_{name}"]
        mine = course[course["whose"] == f"ppo, {user}"]
        assert np.allclose(mine[["mean", "p10", "p90"]], recomputed.course(values, "value"))
        cdf = made[2][f"cdf_walk_gma_dl_{name}"]
        mine = cdf[cdf["whose"] == f"ppo, {user}"]
        assert np.allclose(mine["value"], recomputed.distribution(values["value"], mine["share"]))
        assert (mine["share"].min(), mine["share"].max(), len(mine)) == (0, 1, 61)


def test_tracks(made, complete):
    rows = recomputed.last_episodes(complete[:1], "stats.parquet")
    tracks = made[2]["map_walk"].dropna(subset=["user"])
    for user in (1, 2):
        for axis in ("x", "y"):
            values = rows[(rows["name"] == f"{axis}_loc") & (rows["id"] == user)]["value"]
            assert tracks[tracks["user"] == user][f"{axis}_m"].tolist() == pytest.approx(values.tolist())
    assert made[2]["map_walk"]["label"].dropna().tolist() == ["cell 1", "cell 2"]
