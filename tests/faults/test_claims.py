"""Of several that want one place, one gets it; the others exit 2 and leave what is there as it is."""

import csv
import errno
import json
import subprocess
import sys
import time

import pytest
import yaml
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import write
from netgym_cli.common.locks import Lock
from netgym_cli.datasets import DatasetWriter, folder_of, open_dataset
from netgym_cli.datasets.tools import export
from netgym_cli.evaluation import verb
from netgym_cli.evaluation.contest import Contest
from netgym_cli.runs.folder import RunFolder
from tests.conftest import REPO
from tests.support.collected import collect

CONF = ["--config-dir", str(REPO / "tests" / "support" / "conf")]
TOY = [*CONF, "env=toy", "agent=random"]
STARTER = """
import sys, time
from pathlib import Path
from typer.testing import CliRunner
from netgym_cli.cli.app import app
from netgym_cli.collection import verb
from netgym_cli.evaluation import verb
from netgym_cli.experiment import run
from netgym_cli.jobs import sweep
from netgym_cli.datasets.tools import export
Path(sys.argv[1]).touch()
while not Path("go").exists():
    time.sleep(0.001)
done = CliRunner().invoke(app, sys.argv[2:])
sys.stderr.write(done.stderr)
sys.exit(done.exit_code)
"""

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


def left(folder):
    """What is in a folder apart from this user's key."""
    return [path for path in folder.rglob("*") if path.relative_to(folder).parts[0] != "state"]


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("verb", ["train", pytest.param("sweep", marks=pytest.mark.long)])
def test_a_run_that_looked_before_the_other_began_changes_nothing_of_it(workdir, monkeypatch, verb):
    place = "hydra.run.dir=there" if verb == "train" else "hydra.sweep.dir=grid"
    assert netgym(verb, *TOY, place, "seed=1").exit_code == 0
    before = contents(workdir)
    monkeypatch.setattr(RunFolder, "require_free", lambda *_, **__: None)  # as it was when it looked
    monkeypatch.setattr("netgym_cli.jobs.grid.check", lambda *_: None)
    with Lock(workdir / ("there" if verb == "train" else "grid/0") / ".reserve"):  # the other one goes on
        assert netgym(verb, *TOY, place, "seed=2").exit_code == 2
    assert {path: data for path, data in contents(workdir).items() if path.name != ".reserve"} == before


def test_a_claim_ends_with_the_process_that_held_it(workdir):
    (workdir / "there").mkdir()
    (workdir / "there" / ".reserve").touch()  # its process was killed before its run began
    done = netgym("train", *TOY, "hydra.run.dir=there", "seed=1")
    assert done.exit_code == 0 and not (workdir / "there" / ".reserve").exists()


def test_too_many_open_files_are_not_told_as_a_folder_that_cannot_be_made(monkeypatch):
    def too_many(*_, **__):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("netgym_cli.experiment.run.open_sessions", too_many)
    done = netgym("train", *TOY, "hydra.run.dir=there")
    assert done.exit_code == 1 and "cannot create" not in done.stderr and "Too many open files" in done.stderr


@pytest.mark.parametrize("subdir", ["same", "${hydra.job.name}"])
def test_points_of_a_grid_in_one_folder_are_refused_before_the_first_starts(workdir, subdir):
    done = netgym("train", "-m", *TOY, "seed=1,2", "hydra.sweep.dir=grid", f"hydra.sweep.subdir={subdir}")
    assert done.exit_code == 2 and "the jobs 0 and 1 would both be in" in done.stderr
    assert "hydra.sweep.subdir=${hydra.job.num}" in done.stderr and list(workdir.iterdir()) == []


def test_a_grid_that_was_begun_tells_what_is_there(workdir):
    for job, status in (("0", "complete"), ("1", "interrupted"), ("2", "complete")):
        (workdir / "grid" / job).mkdir(parents=True)
        (workdir / "grid" / job / "run.json").write_text(json.dumps({"status": status}))
    before = contents(workdir)
    done = netgym("train", "-m", *TOY, "seed=1,2,3,4", "hydra.sweep.dir=grid")
    assert done.exit_code == 2 and contents(workdir) == before
    assert "Of the 4 jobs of this grid: 2 complete (0, 2), 1 interrupted (1), 1 not begun (3)." in done.stderr


def test_jobs_that_never_begin_leave_no_folder(workdir, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr("netgym_cli.jobs.scheduler.Scheduler.run", interrupted)
    assert netgym("train", "-m", *TOY, "seed=1,2", "hydra.sweep.dir=grid").exit_code == 130
    assert left(workdir) == []


def test_a_disk_that_is_full_at_the_start_leaves_no_folder(workdir, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    (workdir / "mine").mkdir()
    monkeypatch.setattr("netgym_cli.runs.recorder.Recorder._write_sessions", full)
    for place in ("new/run", "mine"):
        done = netgym("train", *TOY, f"hydra.run.dir={place}")
        assert done.exit_code == 2, done.output
        assert f"cannot create the run folder {place}: No space left on device" in done.stderr
    assert left(workdir) == [workdir / "mine"]


def test_an_environment_that_cannot_be_made_when_the_run_begins_leaves_no_folder(workdir, monkeypatch):
    def broken(config, plan):
        raise ConfigError("it broke")

    monkeypatch.setattr("netgym_cli.experiment.run.open_sessions", broken)
    done = netgym("train", *TOY, "hydra.run.dir=there")
    assert (done.exit_code, left(workdir)) == (2, []) and "it broke" in done.stderr


def test_a_dataset_is_locked_before_it_says_what_it_is(root):
    collect()
    dataset = open_dataset("netgym/custom/system_default-v0")
    spaces = dataset.observation_space, dataset.action_space
    with DatasetWriter.create("netgym/custom/new-v0", *spaces, {"algorithm_name": "one"}):
        metadata = folder_of("netgym/custom/new-v0") / "data" / "metadata.json"
        metadata.unlink()  # as it was before the one that holds the lock has written it
        with pytest.raises(ConfigError, match="another process is writing"):
            DatasetWriter.create("netgym/custom/new-v0", *spaces, {"algorithm_name": "other"})
        assert not metadata.exists()


def test_a_collection_looks_again_at_what_was_made_meanwhile(monkeypatch):
    def made_meanwhile(config):
        assert netgym("collect", *CONF, "env=toy", "env.num_users=2", *words).exit_code == 0

    words = ["agent=random", "episodes=2", "jobs=1", "name=mine"]
    with monkeypatch.context() as patch:
        calls = iter([made_meanwhile, lambda config: None])
        patch.setattr("netgym_cli.collection.collection.prepare_simulators", lambda config: next(calls)(config))
        done = netgym("collect", *CONF, "env=toy", *words)
    assert done.exit_code == 2 and "choose another name=" in done.stderr
    assert open_dataset("netgym/toy/mine-v0").action_space.shape == (2,)


def test_of_two_evaluations_in_one_folder_one_is_refused(workdir, monkeypatch):
    refused = []

    def play(self, *words, original=Contest.play):
        monkeypatch.setattr(Contest, "play", original)
        with pytest.raises(ConfigError, match="another evaluation is going to write to"):
            verb.evaluate([*TOY[2:], "seeds=2", "episodes=1"], CONF[1:], None, 1, workdir / "out", False, [])
        refused.append(True)
        return original(self, *words)

    monkeypatch.setattr(Contest, "play", play)
    done = netgym("evaluate", *TOY, "seeds=3", "episodes=1", "-j", "1", "-o", "out")
    assert done.exit_code == 0 and refused
    with (workdir / "out" / "seeds.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 3


def test_an_export_does_not_replace_what_came_meanwhile(workdir, monkeypatch):
    def slow(dataset, path, original=export.WRITERS["csv"]):
        (workdir / "out.csv").write_text("of another\n")
        original(dataset, path)

    collect()
    monkeypatch.setitem(export.WRITERS, "csv", slow)
    done = netgym("data", "export", "netgym/custom/system_default-v0", "--to", "csv", "-o", "out.csv")
    assert done.exit_code == 2 and "exists already" in done.stderr
    assert {path.name for path in workdir.iterdir()} - {"datasets", "state"} == {"out.csv"}
    assert (workdir / "out.csv").read_text() == "of another\n"


def test_written_files_replace_nothing_and_come_all_or_none(workdir):
    (workdir / "b").write_text("mine")
    with pytest.raises(ConfigError, match="b exists and is not overwritten; choose"):
        write({workdir / "a": "new", workdir / "b": "new"}, "choose")
    assert contents(workdir) == {workdir / "b": b"mine"}


def test_a_picture_that_cannot_be_drawn_leaves_the_old_one(workdir, monkeypatch):
    assert netgym("train", *TOY, "hydra.run.dir=there").exit_code == 0
    assert netgym("plot", "there", "-o", "p.svg").exit_code == 0
    before = (workdir / "p.svg").read_bytes()

    def half(self, path, **_):
        path.write_bytes(before[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", half)
    assert netgym("plot", "there", "-o", "p.svg").exit_code == 2
    assert (workdir / "p.svg").read_bytes() == before
    assert sorted(path.name for path in workdir.iterdir() if path.is_file()) == ["p.svg"]


def at_once(workdir, *both):
    """Exit codes of two programs that begin their work at the same moment."""
    children = []
    for number, words in enumerate(both):
        command = [sys.executable, "-c", STARTER, f"ready{number}", *words]
        children.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
    while not all((workdir / f"ready{number}").exists() for number in range(2)):
        assert all(child.poll() is None for child in children)
        time.sleep(0.01)
    (workdir / "go").touch()
    told = [child.communicate()[1] for child in children]
    codes = [child.returncode for child in children]
    assert sorted(codes) == [0, 2], (codes, told)
    for name in ("go", "ready0", "ready1"):
        (workdir / name).unlink()
    return codes.index(0)


@pytest.mark.long
@pytest.mark.parametrize("attempt", range(4))
def test_two_processes_begin_one_run(workdir, attempt):
    seeds = [1, 2]
    winner = at_once(workdir, *(["train", *TOY, f"seed={seed}", "hydra.run.dir=there"] for seed in seeds))
    assert json.loads((workdir / "there/run.json").read_text())["seed"] == seeds[winner]
    assert yaml.safe_load((workdir / "there/.hydra/config.yaml").read_text())["seed"] == seeds[winner]
    assert f"- seed={seeds[winner]}\n" in (workdir / "there/.hydra/overrides.yaml").read_text()


@pytest.mark.long
def test_two_processes_begin_one_grid(workdir):
    grids = ["1,2", "3,4"]
    winner = at_once(workdir, *(["sweep", *TOY, f"seed={seeds}", "hydra.sweep.dir=grid"] for seeds in grids))
    for job, seed in enumerate(grids[winner].split(",")):
        assert json.loads((workdir / f"grid/{job}/run.json").read_text())["seed"] == int(seed)
        assert yaml.safe_load((workdir / f"grid/{job}/.hydra/config.yaml").read_text())["seed"] == int(seed)


@pytest.mark.long
def test_two_processes_begin_one_evaluation(workdir):
    words = ["evaluate", *TOY, "episodes=1", "-j", "1", "-o", "out"]
    winner = at_once(workdir, [*words, "seeds=1..3"], [*words, "seeds=4..6"])
    assert json.loads((workdir / "out/evaluation.json").read_text())["seeds"][0] == [1, 4][winner]
    with (workdir / "out/seeds.csv").open() as file:
        assert int(next(csv.DictReader(file))["seed"]) == [1, 4][winner]


@pytest.mark.long
def test_two_processes_begin_one_dataset(workdir):
    words = ["collect", *CONF, "env=toy", "agent=random", "episodes=20", "jobs=1", "name=mine"]
    winner = at_once(workdir, [*words, "env.num_users=2"], [*words, "env.num_users=4"])
    dataset = open_dataset("netgym/toy/mine-v0")
    assert dataset.action_space.shape == ([2, 4][winner],) and dataset.netgym["complete"]
    assert netgym("data", "check", dataset.id).exit_code == 0
