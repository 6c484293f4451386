"""Hydra's own ways to say something: each works, or is refused in one sentence before anything is written."""

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer, compose
from netgym_cli.experiment.config import run_of
from netgym_cli.jobs.grid import grid
from tests.conftest import REPO

CONF = REPO / "tests" / "support" / "conf"
TOY = ["--config-dir", str(CONF), "env=toy", "agent=random"]


def netgym(*words):
    return CliRunner().invoke(app, words)


def variant(folder, text, group="env", name="mine"):
    (folder / group).mkdir(parents=True, exist_ok=True)
    (folder / group / f"{name}.yaml").write_text(text)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["hydra.output_subdir=null"], "hydra.output_subdir is None; allowed: .hydra"),
        (["hydra.output_subdir=cfg"], "hydra.output_subdir is 'cfg'; allowed: .hydra"),
        (["-m", "seed=1,2", "hydra.output_subdir=cfg"], "hydra.output_subdir is 'cfg'; allowed: .hydra"),
        (["hydra.mode=MULTIRUN", "seed=-1,2"], "seed is -1"),
        (["-m", "hydra.mode=RUN", "seed=1,2"], "hydra.mode=RUN asks for one run"),
        (["-m", "seed=-1,2", "+hydra.job.env_set.THREADS=1"], "seed is -1"),
        (["-m", "seed=interval(1,3)"], "is no list of values, which a grid needs; trials=N makes it a search"),
        (["-m", "+hydra.sweeper.params={seed: '1,-2'}"], "is for YAML files; here a grid is -m KEY=A,B"),
        (["-m", "hydra.sweeper.params.seed='1,-2'"], "is for YAML files; here a grid is -m KEY=A,B"),
        (["hydra.job.env_copy=[NOT_THERE]"], "hydra.job.env_copy names 'NOT_THERE'"),
        (["env@second=custom"], "puts the env in another place; write env=NAME"),
        (["+env@_global_=custom"], "puts the env in another place; write env=NAME"),
        (["channel@channel.action=link"], "write channel=NAME, or channel.action=NAME for the way back"),
        (["env=[toy]"], "env is [toy]; allowed: one name"),
        (["agent={name: random}"], "agent is {name: random}; allowed: one name"),
        (["~channel"], "takes the channel away"),
        (["~channel.action"], "'channel.action' is null already; leave ~channel.action out"),
        (["~env.num_user"], "unknown key 'env.num_user'. Did you mean 'env.num_users'?"),
        (["+seed=3"], "'seed' is there already; write seed=VALUE"),
        (["seed=1e-3"], "bad value for 'seed': 0.001; allowed: a whole number"),
        (["seed=2.5"], "bad value for 'seed': 2.5; allowed: a whole number"),
        (["-cn", "other"], "there is no option -cn: netgym has one main config"),
        (["--config-name=other"], "there is no option --config-name: netgym has one main config"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_leaves_nothing(workdir, words, message):
    done = netgym("train", *TOY, *words)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert list(workdir.iterdir()) == []


@pytest.mark.parametrize("verb", [["train"], ["train", "-m"]])
def test_a_path_that_leads_nowhere_from_the_run_s_own_folder(workdir, verb):
    (workdir / "link.csv").write_text("time_ms,bw_kbps,delay_ms,loss\n0,1000,5,0\n")
    done = netgym(*verb, *TOY, "channel=trace", "channel.trace_file=link.csv", "hydra.job.chdir=true")
    assert (done.exit_code, "hydra.job.chdir is true, and seen from the run's own folder" in done.stderr) == (2, True)
    assert [path.name for path in workdir.iterdir()] == ["link.csv"]


@pytest.mark.parametrize(
    "words",
    [
        ["hydra.job.name=foo"], ["hydra.job.chdir=true"], ["hydra/launcher=basic"], ["++seed=3"], ["seed='3'"],
        ["seed=int(3.0)"], ["hydra/job_logging=default"], ["+hydra.job.env_set.X=1"], ["hydra.job.env_copy=[PATH]"],
        ["+channel@channel.action=link", "channel=link"], ["hydra.searchpath=[file:///tmp]"], ["hydra.verbose=false"],
    ],
)  # fmt: skip
def test_what_hydra_takes_composes(words):
    run_of(Composer([*TOY[2:], *words], [CONF]))


def test_whole_numbers_may_be_written_as_floats(tmp_path):
    variant(tmp_path, "defaults: [toy, _self_]\nepisodes_per_session: 2e0\n")
    run = run_of(Composer(["env=mine", "agent=ppo", "seed=1e6", "agent.n_steps=4e1", "sessions=[{num_users: 2e0}]"],
                          [CONF, tmp_path]))  # fmt: skip
    numbers = (run.seed, run.env.random_seed, run.env.episodes_per_session, run.agent.n_steps)
    assert numbers == (1_000_000, 1_000_000, 2, 40)
    assert all(type(number) is int for number in numbers)


@pytest.mark.parametrize(
    "name",
    ["a b", "my,conf", "k=v", "it's", "ü日本", "$X", "${x}", "[x]", "{y}", "#z", "back\\slash", "end\\", "~tilde"],
)
def test_any_name_of_a_config_directory(workdir, name):
    variant(workdir / name, "defaults: [toy, _self_]\nnum_users: 2\n")
    assert compose(["env=mine"], [CONF, f"./{name}"]).env.num_users == 2


def test_the_home_directory_of_the_shell(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    variant(tmp_path / "conf", "defaults: [toy, _self_]\nnum_users: 2\n")
    assert compose(["env=mine"], [CONF, "~/conf"]).env.num_users == 2
    with pytest.raises(ConfigError, match="is not a directory"):
        compose([], ["~nobody-of-this-name"])


def test_a_grid_in_yaml_is_the_one_that_is_checked(workdir):
    params = "# @package _global_\nhydra:\n  sweeper:\n    params:\n      seed: 1,2\n      env.num_users: 1,2\n"
    variant(workdir, params, "experiment", "grid")
    words = ["+experiment=grid", *TOY[2:]]
    points = list(grid(Composer(words, [CONF, workdir])))
    assert [point[:2] for point in points] == [[f"seed={s}", f"env.num_users={u}"] for s in (1, 2) for u in (1, 2)]
    assert len(list(grid(Composer([*words, "seed=3"], [CONF, workdir])))) == 2  # the command line counts
    variant(workdir, params.replace("seed: 1,2", "seed: 1,-2"), "experiment", "grid")
    done = netgym("train", "-m", "--config-dir", str(workdir), *TOY, "+experiment=grid")
    assert (done.exit_code, "seed is -2" in done.stderr) == (2, True)
    assert [path.name for path in workdir.iterdir()] == ["experiment"]


@pytest.mark.parametrize(("mode", "wanted"), [("MULTIRUN", True), ("RUN", False)])
def test_the_mode_may_stand_in_yaml(workdir, mode, wanted):
    variant(workdir, f"# @package _global_\nhydra:\n  mode: {mode}\n", "experiment", "it")
    composer = Composer([*TOY[2:], "+experiment=it", "seed=1,2"], [CONF, workdir])
    assert composer.asks_for_grid is wanted
    assert Composer([*TOY[2:], f"hydra.mode={mode}", "seed=1,2"], [CONF]).asks_for_grid is wanted


def test_a_name_in_the_conf_directory_here_is_told(workdir):
    variant(workdir / "conf", "defaults: [custom, _self_]\n", name="lagoon")
    done = netgym("train", "env=lagoon")
    assert (done.exit_code, "There is conf/env/lagoon.yaml: add --config-dir conf." in done.stderr) == (2, True)
    done = netgym("show", "channel=link", "channel.action=lagoon")
    assert "--config-dir" not in done.stderr
