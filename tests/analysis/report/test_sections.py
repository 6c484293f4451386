from pathlib import Path

import pandas as pd
import pytest
from omegaconf import OmegaConf

from netgym_cli.analysis import tables
from netgym_cli.analysis.report import material
from netgym_cli.analysis.report.contests import at_the_end
from netgym_cli.analysis.report.page import sections_of
from netgym_cli.analysis.report.sections import actions, agents, configs, failures, learning, profiles, users, verdict
from netgym_cli.config.compose import compose
from netgym_cli.runs.folder import RunFolder
from tests.support.reported import EPISODES, Given, write_evaluation, write_run


def sentences(*folders):
    return verdict.section(material.read(folders)).blocks[0]


def shown(section):
    return [block.drawn for block in section.blocks if hasattr(block, "drawn")]


def test_one_run_of_one_seed(tmp_path):
    run = write_run(tmp_path / "run", Given())
    told = sentences(run)
    assert told.startswith("In walk, random returned ") and "it was not evaluated on new networks." in told
    read = material.read([run])
    assert profiles.section(read) is None and configs.section(read) is None and failures.section(read) is None
    (curve,) = shown(learning.section(read))
    assert curve.table["low"].isna().all() and len(curve.table) == EPISODES


def test_failed_runs_only_and_runs_without_an_episode(tmp_path):
    error = {"type": "SimulatorDied", "message": "it died\nat once"}
    failed = write_run(tmp_path / "failed", Given(status="failed", error=error))
    (RunFolder(failed).metrics / "episodes.csv").unlink()
    read = material.read([failed])
    assert sentences(failed) == "Of 1 runs, 1 failed: they are lines apart, with a remark."
    assert [section.title for section in sections_of(read)] == [
        "Verdict", "Runs that are not complete", "Runs, versions, hashes"
    ]  # fmt: skip
    (rows,) = shown(failures.section(read))
    assert rows.table.iloc[0][["state", "reason"]].tolist() == ["failed", "SimulatorDied: it died"]
    commands = [line for block in failures.section(read).blocks if hasattr(block, "lines") for line in block.lines]
    assert commands == ["netgym train env=walk agent=random seed=1", f"netgym resume {failed}"]


def test_jobs_that_never_began_are_among_the_failures(tmp_path):
    write_run(tmp_path / "0", Given())
    row = {"folder": "1", "status": "not begun", "reason": "", "reproduce": "netgym train seed=2"}
    pd.DataFrame([row, row | {"folder": "0", "status": "failed"}]).to_csv(tmp_path / "jobs.csv")
    (rows,) = shown(failures.section(material.read([tmp_path])))
    assert rows.table[["run", "state"]].to_numpy().tolist() == [[str(tmp_path / "1"), "not begun"]]


def test_environments_are_kept_apart(tmp_path):
    for env in ("walk", "stroll"):
        write_run(tmp_path / env, Given(env=env))
    told = sentences(tmp_path)
    assert "In walk, random returned" in told and "In stroll, random returned" in told
    names = [drawn.name for drawn in shown(learning.section(material.read([tmp_path])))]
    assert sorted(names) == ["learning_stroll", "learning_walk"]


def test_runs_that_differ_in_a_key_are_lines_with_its_value(tmp_path):
    for number, rate in enumerate((0.1, 0.2, 0.2)):
        write_run(tmp_path / str(number), Given("ppo", number + 1, keys={"steps": rate}))
    (group,) = material.read([tmp_path]).groups
    assert {name: len(runs) for name, runs in group.members.items()} == {"ppo, steps=0.1": 1, "ppo, steps=0.2": 2}
    (table,) = shown(configs.section(material.read([tmp_path])))
    assert table.table["key"].tolist() == ["env.random_seed", "seed", "steps"]


def test_too_many_lines_are_said_and_nothing_else_fails(tmp_path):
    run = write_run(tmp_path / "0", Given())
    config = RunFolder(run).config_path.read_text()
    for number in range(1, 22):
        copy = tmp_path / str(number)
        (copy / ".hydra").mkdir(parents=True)
        for name in ("run.json", "metrics", ".hydra/hydra.yaml", ".hydra/overrides.yaml"):
            (copy / name).symlink_to(run / name)
        (copy / ".hydra" / "config.yaml").write_text(f"{config}\nsteps: {number}\n")
    read = material.read([tmp_path])
    told = "In walk, the runs differ in steps, which makes 22 lines: too many to tell apart"
    remark, picture = learning.section(read).blocks
    assert remark.startswith(told) and verdict.section(read).blocks[1].startswith(told)
    assert set(picture.drawn.table["agent"]) == {"random"} and set(picture.drawn.table["runs"]) == {22}


def test_a_run_under_way_is_a_line_with_a_remark(tmp_path):
    write_run(tmp_path / "0", Given())
    write_run(tmp_path / "1", Given(seed=2, status="interrupted"))
    (group,) = material.read([tmp_path]).groups
    assert list(group.members) == ["random", "random (interrupted)"]


def test_the_baseline_is_the_default_algorithm_else_random_unless_chosen(tmp_path):
    run = write_run(tmp_path / "run", Given("ppo"))
    whole = write_evaluation(tmp_path / "whole", {"ppo": [run]})
    without = write_evaluation(tmp_path / "without", {"ppo": [run]}, ("queue", "random"))
    assert [material.read([folder]).contests[0].baseline for folder in (whole, without)] == ["system_default", "random"]
    chosen = material.read([whole], "random")
    assert "more than random." in verdict.section(chosen).blocks[0]
    assert "minus random" in shown(agents.section(chosen))[0].table


def test_evaluations_that_followed_trainings_are_one_of_several_trainings(tmp_path):
    runs = []
    for seed in (1, 2, 3):
        run = write_run(tmp_path / str(seed), Given("ppo", seed))
        write_evaluation(run / "evaluation", {"ppo": [run]})
        runs.append(("ppo", run))
    (contest,), folders = at_the_end(runs)
    assert contest.trainings("ppo") == 3 and contest.rules == ("random", "system_default") and len(folders) == 3
    assert "In walk, ppo (3 trainings) returns" in sentences(tmp_path)


def test_an_evaluation_that_was_given_is_not_counted_twice(tmp_path):
    run = write_run(tmp_path / "0", Given("ppo"))
    write_evaluation(run / "evaluation", {"ppo": [run]})
    given = write_evaluation(tmp_path / "given", {"ppo": [run]})
    assert len(material.read([run, given]).contests) == 1


def test_actions_are_those_that_the_environment_reads_from_its_measurements(tmp_path):
    run = write_run(tmp_path / "run", Given(env="rmcat"))
    (reported,) = material.read([run]).runs
    found = actions.actions(reported.run)
    stats = pd.read_parquet(run / "metrics" / "stats.parquet")
    rates = stats[(stats["source"] == "rmcat") & (stats["episode"] >= EPISODES - 2)]["value"]
    assert found["value"].tolist() == rates.tolist() and set(found["entry"]) == {"rate of flow 1, kbit/s"}
    walk = write_run(tmp_path / "walk", Given())
    assert actions.actions(material.read([walk]).runs[0].run).empty, "code of the run's own is not started"


def test_delays_of_links_that_nobody_used_are_left_out(tmp_path):
    run = write_run(tmp_path / "run", Given())
    path = run / "metrics" / "stats.parquet"
    stats = pd.read_parquet(path)
    unused = (stats["name"] == "dl::owd") & (stats["id"] == 2)
    stats.assign(value=stats["value"].where(~unused, 0.0)).to_parquet(path)
    tables_of = {drawn.name: drawn.table for drawn in shown(users.section(material.read([run])))}
    assert set(tables_of["cdf_walk_gma::dl::owd"]["whose"]) == {"random"}
    assert (tables_of["cdf_walk_gma::dl::owd"]["value"] >= 5).all()
    assert set(tables_of["cdf_walk_gma::dl::rate"]["whose"]) == {"1", "2"}


def test_a_long_run_is_looked_at_from_its_last_steps(tmp_path):
    run = material.read([write_run(tmp_path / "run", Given())]).runs[0].run
    assert tables.last_episodes(run)["episode"].tolist() == [8, 9]
    assert tables.last_episodes(run, 7)["episode"].tolist() == [9]
    assert tables.last_episodes(run, 1)["episode"].tolist() == [9], "never none"
    assert set(tables.everything_measured(run, 4)["episode"]) == {9}


def test_tables_that_still_grow_or_are_damaged(tmp_path):
    run = write_run(tmp_path / "run", Given(status="running"))
    path = run / "metrics" / "steps.parquet"
    whole = pd.read_parquet(path)
    path.unlink()
    path.mkdir()
    whole[:20].to_parquet(path / "part-00000000.parquet")
    whole[20:].to_parquet(path / "part-00000001.parquet")
    (run / "metrics" / "stats.parquet").write_bytes(b"PAR1")
    read = material.read([run])
    assert read.runs[0].now.status == "running" or read.runs[0].now.status == "silent"
    titles = [section.title for section in sections_of(read)]
    assert "Indicators over an episode" in titles and "Rates and delays" not in titles


@pytest.mark.parametrize("env", ["energy_saving", "nqos_split_light", "rmcat"])
def test_maps_of_environments(env):
    from netgym_cli.analysis import network_map, sites

    config = OmegaConf.to_container(compose([f"env={env}"]).env, resolve=True)
    assert sites.has_map(config) == (env != "rmcat")
    if env != "rmcat":
        figure = network_map.figure_of(config)
        shown_kinds = {text.get_text() for text in figure.legends[0].get_texts()}
        assert any(" users" in text for text in shown_kinds)
        assert len(sites.sites(config)) == sum(len(line.get_xdata()) for line in figure.axes[0].lines)


def test_every_section_has_a_place_of_its_own():
    from netgym_cli.analysis.report import sections

    names = [path.stem for path in Path(sections.__path__[0]).glob("*.py") if path.stem != "__init__"]
    places = [__import__(f"{sections.__name__}.{name}", fromlist=["PLACE"]).PLACE for name in names]
    assert len(names) >= 11 and len(set(places)) == len(places)


@pytest.mark.parametrize("damage", ["channel: 5", "env: []", "agent: {}\nenv: {}", "- 1", "a: ${b", ""])
def test_configs_of_somebody_else_may_say_anything(tmp_path, damage):
    run = write_run(tmp_path / "run", Given())
    RunFolder(run).config_path.write_text(damage)
    read = material.read([run])
    assert [section.title for section in sections_of(read)][-1] == "Runs, versions, hashes"
