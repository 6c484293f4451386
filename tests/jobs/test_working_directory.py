"""The working directory is not a package path: what lies there is imported by nobody unless a config names it."""

import os
import subprocess
import sys

import pytest

from netgym_cli.common import provenance
from tests.conftest import REPO

GYM = ["env=gym", "env.steps_per_episode=4", "env.episodes_per_session=1", "sessions=1", "agent=random"]
NETWORK = ["env=custom", "env.steps_per_episode=2", "env.episodes_per_session=1", "sessions=1", "agent=random"]
OF_USERS = ["random", "queue", "typer", "json", "logging"]  # as Python and netgym's own libraries have them
MISSED = ["cv2", "tensorflow", "wandb", "shimmy", "colorlog"]  # libraries look whether these are there
AT_START = ["sitecustomize", "usercustomize"]  # Python itself imports these
HEADERS = ["TROOT.h", "string", "vector", "math.h"]  # C++ includes these
PLAIN, MODULE = ["-P", "-m", "netgym_cli"], ["-m", "netgym_cli"]  # as `netgym` does, and as `python -m` does

pytestmark = pytest.mark.usefixtures("workdir")


@pytest.fixture
def crowded(workdir):
    """A working directory full of files that are called like parts of Python, of libraries and of ns-3."""
    code = f"open({str(workdir / 'ran')!r}, 'a').write(__name__ + ' ')\n"
    names = [*(name for name in sys.stdlib_module_names if not name.startswith("_")), *MISSED, *AT_START]
    for folder in (workdir, workdir / "conf"):
        (folder / "hydra_plugins").mkdir(parents=True)
        for name in [*names, "typer", "hydra_plugins/mine"]:
            (folder / f"{name}.py").write_text(code)
        for name in HEADERS:
            (folder / name).write_text("#error taken from the working directory\n")
    return workdir


def run(arguments, words):
    done = subprocess.run([sys.executable, *arguments, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.ns3
@pytest.mark.long
def test_a_run_and_its_simulator_take_nothing_from_there(crowded):
    run(PLAIN, ["train", "--config-dir", "conf", *NETWORK, "hydra.run.dir=single"])
    assert not (crowded / "ran").exists()


def test_the_jobs_of_a_grid_take_nothing_from_there(crowded):
    run(PLAIN, ["train", "-m", "--config-dir", "conf", *GYM, "seed=1", "hydra.sweep.dir=grid"])
    assert not (crowded / "ran").exists()


@pytest.mark.long
@pytest.mark.parametrize("start", [PLAIN, MODULE], ids=["netgym", "python -m netgym_cli"])
@pytest.mark.parametrize(
    "words",
    [
        ["train", "-m", *GYM, "seed=1", "hydra.sweep.dir=grid"],
        ["evaluate", *GYM[:2], "agent=random", "seeds=1", "episodes=1"],
        ["collect", *GYM[:2], "agent=random", "episodes=1"],
    ],
    ids=lambda words: words[0],
)
def test_no_child_process_takes_anything_from_there(workdir, start, words):
    for name in OF_USERS if start is PLAIN else OF_USERS[:3]:  # Python imports the others before netgym can say no
        (workdir / f"{name}.py").write_text("open('ran', 'a').write(__name__)\nraise SystemExit(0)\n")
    run(start, words)
    assert not (workdir / "ran").exists()


def test_an_empty_entry_of_pythonpath_does_not_reach_child_processes(program, workdir, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", f"{REPO}:")
    (workdir / "random.py").write_text("raise SystemExit(9)")
    assert program("import tempfile").wait() == 0


def test_a_repository_from_elsewhere_runs_nothing(workdir):
    for words in (["init", "-q"], ["config", "user.email", "a@b.c"], ["config", "user.name", "a"]):
        subprocess.run(["git", *words], check=True)
    (workdir / "data").write_text("1")
    (workdir / ".gitattributes").write_text("data filter=evil\n")
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run(["git", "commit", "-qm", "first"], check=True)
    for key in ("core.fsmonitor", "filter.evil.clean"):
        subprocess.run(["git", "config", key, "touch ran; cat"], check=True)
    subprocess.run(["git", "config", "filter.evil.required", "true"], check=True)
    os.utime(workdir / "data", (1, 1))
    assert provenance.git_state()["dirty"] is False
    (workdir / "data").write_text("2")
    assert provenance.git_state()["dirty"] is True
    assert not (workdir / "ran").exists()


def test_settings_of_pictures_there_have_no_effect(workdir):
    (workdir / "matplotlibrc").write_text("text.usetex: True\nbackend: module://evil\nfigure.facecolor: red\n")
    (workdir / "evil.py").write_text("open('ran', 'a').write(__name__)\n")
    program = (
        "from matplotlib import rcParams; from netgym_cli.common.drawing import own_settings\n"
        "with own_settings(): print(rcParams['text.usetex'], rcParams['figure.facecolor'])\n"
        "print(rcParams['text.usetex'])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "white", "True"], done.stderr
    assert not (workdir / "ran").exists()
