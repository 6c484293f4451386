"""A run's folder is judged before anything is written."""

import os

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from tests.conftest import REPO

TOY = ["--config-dir", str(REPO / "tests" / "support" / "conf"), "env=toy", "agent=random", "sessions=1"]

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("verb", "key", "taken"), [("train", "hydra.run.dir", "once"), ("sweep", "hydra.sweep.dir", "once/1")]
)
@pytest.mark.parametrize("held", ["run.json", "metrics"])
def test_a_folder_that_holds_a_run_is_left_as_it_is(workdir, verb, key, taken, held):
    (workdir / taken / ".hydra").mkdir(parents=True)
    (workdir / taken / ".hydra" / "config.yaml").write_text("of the first run\n")
    (workdir / taken / held).mkdir()
    before = contents(workdir)
    done = netgym(verb, *TOY, f"{key}=once", "seed=1,2" if verb == "sweep" else "seed=1")
    assert done.exit_code == 2
    assert f"{taken} holds a run already ({held}); choose another by {key}=PATH." in done.stderr
    assert contents(workdir) == before


def test_hydras_own_interpolations_are_understood(workdir):
    words = ["train", *TOY, "hydra.run.dir=${hydra:job.name}-${now:%Y}"]
    assert [netgym(*words).exit_code for _ in range(2)] == [0, 2]


@pytest.mark.parametrize("verb", ["train", "sweep"])
def test_a_folder_that_cannot_be_made(workdir, verb):
    (workdir / "file").write_text("in the way")
    key = "hydra.run.dir" if verb == "train" else "hydra.sweep.dir"
    done = netgym(verb, *TOY, f"{key}=file/run")
    assert done.exit_code == 2
    assert "cannot create the run folder file/run" in done.stderr
    assert f"choose another by {key}=PATH." in done.stderr


@pytest.mark.parametrize("empty", ["hydra.run.dir=", "hydra.run.dir=null"])
def test_no_folder_is_refused(workdir, empty):
    done = netgym("train", *TOY, empty)
    assert (done.exit_code, "hydra.run.dir" in done.stderr) == (2, True)
    assert list(workdir.iterdir()) == []


def test_a_working_directory_that_is_gone(workdir):
    (workdir / "gone").mkdir()
    os.chdir(workdir / "gone")
    (workdir / "gone").rmdir()
    done = netgym("train", *TOY)
    assert (done.exit_code, "the working directory is gone" in done.stderr) == (2, True)


def test_an_ns3_that_is_not_there_leaves_no_folder(workdir):
    done = netgym("train", "agent=random", "simulator.ns3_prefix=/nope")
    assert done.exit_code == 2
    assert "simulator.ns3_prefix is '/nope'" in done.stderr
    assert list(workdir.iterdir()) == []
