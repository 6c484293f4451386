import shutil

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from netgym_cli.analysis import plot
from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.statistics import estimate

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Random on poles in episodes of two lengths, three seeds each."""
    folder = tmp_path_factory.mktemp("trained") / "grid"
    words = ["env=gym", "agent=random", "env.episodes_per_session=6", f"hydra.sweep.dir={folder}"]
    done = netgym("train", "-m", *words, "env.steps_per_episode=5,8", "seed=1,2,3")
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def grid(workdir, trained):
    """A copy of it in the working directory."""
    return shutil.copytree(trained, workdir / "grid")


def test_points_are_means_over_the_last_episodes_of_each_seed(grid, workdir):
    done = netgym("plot", "grid", "--x", "env.steps_per_episode", "--y", "length", "--last", "0.5", "-o", "a/b.svg")
    assert done.exit_code == 0, done.output
    assert "picture: a/b.svg" in done.output and (workdir / "a" / "b.svg").read_text().count("<path") > 3
    runs, incomplete = plot.read([grid])
    found = plot.points(runs, "env.steps_per_episode", "length", None, 0.5)
    assert (len(runs), incomplete, found["x"].tolist()) == (6, [], [5, 8])
    values = [
        pd.read_csv(one.folder / "metrics" / "episodes.csv")["length"].tail(3).mean()
        for one in runs
        if one.config["env"]["steps_per_episode"] == 8
    ]
    assert found.iloc[1][["mean", "low", "high"]].tolist() == list(estimate(values)[:3]) and found["runs"][1] == 3


def test_lines_by_another_key_and_curves_over_episodes(grid):
    runs, _ = plot.read([grid / "0", grid / "1", grid / "4"])
    found = plot.points(runs, "seed", "return", "env.steps_per_episode", 1.0)
    assert found[["by", "x"]].to_numpy().tolist() == [[5, 1], [5, 2], [8, 2]]
    curves = plot.curves(runs, "return", "env.steps_per_episode")
    assert curves.groupby("by").size().tolist() == [6, 6] and curves["runs"].tolist() == [2] * 6 + [1] * 6
    expected = np.mean([run.episodes["return"][3] for run in runs[:2]])
    assert curves.query("by == 5")["mean"].tolist()[3] == expected
    assert netgym("plot", "grid", "--by", "env.steps_per_episode", "-o", "curve.png").exit_code == 0


def test_a_group_is_told_by_the_name_that_was_chosen(workdir):
    words = ["env=gym", "agent=random", "env.episodes_per_session=2", "hydra.sweep.dir=presets"]
    assert netgym("train", "-m", *words, "channel=wan,mobile").exit_code == 0
    runs, _ = plot.read([workdir / "presets", workdir / "presets" / ".." / "presets"])
    found = plot.points(runs, "channel", "channel_delay_ms", None, 1.0)
    assert found[["x", "runs"]].to_numpy().tolist() == [["mobile", 1], ["wan", 1]]


def test_a_run_that_is_not_complete_is_told_and_left_out(grid):
    record = grid / "2" / "run.json"
    record.write_text(record.read_text().replace('"complete"', '"failed"'))
    done = netgym("plot", "grid", "--x", "env.steps_per_episode")
    assert done.exit_code == 0 and "left out, not complete: grid/2" in done.output
    with pytest.raises(ConfigError, match="none of the 1 runs is complete"):
        plot.read([grid / "2"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "'nowhere' holds no run"),
        (["grid", "--x", "env.step_per_episode"], "Did you mean 'env.steps_per_episode'?"),
        (["grid", "--x", "seed", "--y", "retrun"], "--y is 'retrun'; allowed: session, episode, return"),
        (["grid", "--x", "seed", "--last", "0"], "--last is 0.0; allowed: above 0, to 1"),
        (["grid", "--x", "seed", "-o", "plot.gif"], "--output is 'plot.gif'; allowed: a file name that ends in .svg"),
    ],
)
def test_what_cannot_be_drawn(grid, words, told):
    done = netgym("plot", *words)
    assert (done.exit_code, told in done.stderr) == (2, True), done.output
