import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from netgym_cli.analysis import picture, plot
from netgym_cli.analysis.lines import Lines, Run, is_category
from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.statistics import estimate
from netgym_cli.runs.folder import RunFolder

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Random on poles in episodes of two lengths, three seeds each."""
    folder = tmp_path_factory.mktemp("trained") / "grid"
    words = ["env=gym", "agent=random", "sessions=1", "env.episodes_per_session=6", f"hydra.sweep.dir={folder}"]
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
    runs, remarks = plot.read([grid])
    found = plot.points(runs, "env.steps_per_episode", "length", Lines(()), 0.5)
    assert (len(runs), remarks, found["x"].tolist()) == (6, [], [5, 8])
    values = [
        pd.read_csv(one.folder / "metrics" / "episodes.csv")["length"].tail(3).mean()
        for one in runs
        if one.config["env"]["steps_per_episode"] == 8
    ]
    assert found.iloc[1][["mean", "low", "high"]].tolist() == list(estimate(values)[:3]) and found["runs"][1] == 3


def test_lines_by_another_key_and_curves_over_steps(grid):
    runs, _ = plot.read([grid / "0", grid / "1", grid / "4"])
    lines = Lines.of(runs, "seed", "env.steps_per_episode")
    found = plot.points(runs, "seed", "return", lines, 1.0)
    assert found[["by", "x"]].to_numpy().tolist() == [[5, 1], [5, 2], [8, 2]]
    curves, _ = plot.curves(runs[:2], "return", Lines(()))
    assert curves["runs"].tolist() == [2] * 6 and curves["x"].tolist() == [2.5 + 5 * k for k in range(6)]
    expected = np.mean([run.episodes["return"][3] for run in runs[:2]])
    assert curves["mean"].tolist()[3] == expected
    assert netgym("plot", "grid", "--by", "env.steps_per_episode", "-o", "curve.png").exit_code == 0


def test_a_group_is_told_by_the_name_that_was_chosen(workdir):
    words = ["env=gym", "agent=random", "sessions=1", "env.episodes_per_session=2", "hydra.sweep.dir=presets"]
    assert netgym("train", "-m", *words, "channel=wan,mobile").exit_code == 0
    runs, _ = plot.read([workdir / "presets", workdir / "presets" / ".." / "presets"])
    found = plot.points(runs, "channel", "channel_delay_ms", Lines.of(runs, "channel", None), 1.0)
    assert found[["x", "runs"]].to_numpy().tolist() == [["mobile", 1], ["wan", 1]]


def test_a_run_that_is_not_complete_is_told_and_left_out(grid):
    record = grid / "2" / "run.json"
    record.write_text(record.read_text().replace('"complete"', '"failed"'))
    done = netgym("plot", "grid", "--x", "env.steps_per_episode")
    assert done.exit_code == 0 and "left out, not complete: grid/2" in done.output
    with pytest.raises(ConfigError, match="none of the 1 runs is complete"):
        plot.read([grid / "2"])


@pytest.mark.parametrize(("status", "told"), [("running", "died"), ("interrupted", "interrupted")])
def test_a_run_that_died_or_was_interrupted_is_drawn_with_a_remark(grid, status, told):
    record = grid / "2" / "run.json"
    record.write_text(record.read_text().replace('"complete"', f'"{status}"'))
    done = netgym("plot", "grid", "--x", "env.steps_per_episode")
    assert done.exit_code == 0 and f"as far as it is ({told}, 30 of 30 steps): grid/2" in done.output
    assert netgym("plot", "grid/2").exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "'nowhere' holds no run"),
        (["grid", "--x", "env.step_per_episode"], "Did you mean 'env.steps_per_episode'?"),
        (["grid", "--x", "seed", "--y", "retrun"], "--y is 'retrun'; allowed: session, env, episode, return"),
        (["grid", "--x", "seed", "--last", "0"], "--last is 0.0; allowed: above 0, to 1"),
        (["grid", "--x", "seed", "-o", "plot.gif"], "--output is 'plot.gif'; allowed: a file name that ends in .svg"),
    ],
)
def test_what_cannot_be_drawn(grid, words, told):
    done = netgym("plot", *words)
    assert (done.exit_code, told in done.stderr) == (2, True), done.output


def test_runs_of_several_agents_are_a_line_each_whatever_the_axis_shows(grid):
    words = ["env=gym", "agent=constant", "sessions=1", "env.episodes_per_session=6", "env.steps_per_episode=5"]
    for seed in (1, 2, 3):
        assert netgym("train", *words, f"seed={seed}", f"hydra.run.dir=more/{seed}").exit_code == 0
    alike = ["grid/0", "grid/1", "grid/2", "more"]
    for axis in (["--x", "seed"], ["--x", "env.steps_per_episode"], ["--x", "env.id"]):
        told = netgym("plot", *alike, *axis)
        rows = [line.split() for line in told.output.splitlines()]
        assert told.exit_code == 0 and rows[0][0] == "agent", told.output
        pooled = 1 if axis[1] == "seed" else 3
        assert {(row[0], int(row[-1])) for row in rows[1:-1]} == {("constant", pooled), ("random", pooled)}
    told = netgym("plot", "grid", "more", "--x", "seed")
    assert told.exit_code == 0 and "agent, env.steps_per_episode" in told.output
    runs, _ = plot.read([grid, grid.parent / "more"])
    curves, _ = plot.curves(runs, "return", lines := Lines.of(runs, None, None))
    assert lines.keys == ("agent", "env.steps_per_episode")
    assert set(curves["by"]) == {"constant, 5", "random, 5", "random, 8"} and set(curves["runs"]) == {3}


def runs_of(*configs, steps=((5, 5),)):
    """Runs of these configs that were never played, with episodes of these lengths."""
    lengths = [steps[k % len(steps)] for k in range(len(configs))]
    tables = [
        pd.DataFrame({"return": np.arange(len(each), dtype=float) + k, "length": each, "seed": config["seed"]})
        for k, (config, each) in enumerate(zip(configs, lengths, strict=True))
    ]
    return [
        Run(Path(f"nowhere/{k}"), config, table) for k, (config, table) in enumerate(zip(configs, tables, strict=True))
    ]


def config_of(seed=1, agent="random", **env):
    group = {"name": "none"}
    return {"seed": seed, "env": {"name": "gym", **env}, "agent": {"name": agent}, "channel": group, "simulator": group}


@pytest.fixture(autouse=True)
def no_folder(monkeypatch):
    """Runs that are in no folder chose nothing on a command line."""
    there = RunFolder.overrides
    monkeypatch.setattr(RunFolder, "overrides", lambda run: there(run) if run.path.exists() else [])


def test_the_same_run_given_twice_counts_once(grid):
    shutil.copytree(grid / "0", grid.parent / "copy")
    told = netgym("plot", "grid", "grid/0", "copy", "--x", "env.steps_per_episode")
    assert [line.split()[-1] for line in told.output.splitlines()[1:3]] == ["3", "3"]
    assert "left out, the same config and seeds as grid/0: copy" in told.output


def test_what_follows_from_the_axis_makes_no_line():
    runs = runs_of(*(config_of(seed, users=users, load=users / 2) for users in (2, 4) for seed in (1, 2)))
    assert Lines.of(runs, "env.users", None) == Lines(())
    assert Lines.of(runs, None, None) == Lines(("env.users",), ("env.load",))


def test_more_lines_than_can_be_told_apart_are_refused_by_their_keys():
    runs = runs_of(*(config_of(users=users, load=load) for users in range(5) for load in range(5)))
    with pytest.raises(
        ConfigError, match=r"differ in env\.users, env\.load, which makes 25 lines; allowed: 20 or fewer"
    ):
        Lines.of(runs, None, None)


@pytest.mark.parametrize(
    ("key", "values", "category"),
    [("env.users", (2, 4), False), ("env.fast", (True, False), True), ("env.queue", (3, None), True),
     ("env.mode", ("10", "9"), True), ("seed", (1, 2), True), ("agent", ("random", "constant"), True)],
)  # fmt: skip
def test_names_are_neither_joined_nor_taken_for_numbers(key, values, category):
    configs = [config_of(**({key.removeprefix("env."): value})) for value in values]
    runs = runs_of(*configs)
    table = plot.points(runs, key, "return", Lines.of(runs, key, None), 1.0)
    assert is_category(key, table["x"]) == category
    axes = picture.figure_of(table, key, "return", "", "", is_category(key, table["x"])).axes[0]
    joined = [line for line in axes.lines if line.get_linestyle() != "None"]
    assert bool(joined) != category
    if category:
        assert len(axes.get_xticks()) == len(values)


def test_bins_of_curves_are_equal_for_all_runs_and_a_rest_is_told():
    runs = runs_of(config_of(1), config_of(2), steps=([4] * 103, [3] * 150))
    curves, notes = plot.curves(runs, "return", Lines(()))
    width = plot.bin_width(runs)
    assert width == 12 and np.diff(curves["x"]).tolist() == [width] * (len(curves) - 1)
    assert len(curves) == 412 // width and curves["runs"].tolist() == [2] * len(curves)
    assert curves["mean"].tolist()[1] == np.mean([np.mean([3, 4, 5]), 1 + np.mean([4, 5, 6, 7])])
    assert notes == ["left out: up to 42 steps at the end that fill no bin of 12 steps in all runs of a line"]
