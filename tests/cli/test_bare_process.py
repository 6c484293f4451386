"""Programs that are started with little: standard streams closed, no home directory, many files open."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import REPO
from tests.support.network import output_of

TRAIN = [
    sys.executable, "-m", "netgym_cli", "train", "--config-dir", str(REPO / "tests" / "support" / "conf"), "env=toy",
    "agent=random", "env.steps_per_episode=4", "hydra.run.dir=run",
]  # fmt: skip
CLOSED = ["<&- >&- 2>&-", *(pytest.param(one, marks=pytest.mark.long) for one in ("<&-", ">&-", "2>&-", "<&- 2>&-"))]
STRANGER = ["unshare", "-U", "--map-user=12345", "--map-group=12345"]  # passwd does not know this user id


def shell(command, **environ):
    return subprocess.run(["sh", "-c", command], env={**os.environ, **environ}, capture_output=True, text=True)


@pytest.mark.parametrize("closed", CLOSED)
def test_a_run_with_closed_streams_is_a_run(workdir, closed):
    assert shell(f"{' '.join(TRAIN)} {closed}").returncode == 0
    assert json.loads((workdir / "run" / "run.json").read_text())["status"] == "complete"


SIMULATE = """
import os, resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(FILES)]
for number in CLOSED:
    os.close(number)
from netgym_cli.envs.make import make_env
env = make_env("custom", seed=1)
env.reset()
env.step(None)
env.close()
print("simulated")
"""


@pytest.mark.ns3
@pytest.mark.parametrize(
    ("files", "closed"), [(1100, [0, 2]), *(pytest.param(0, [n], marks=pytest.mark.long) for n in (0, 2))]
)
def test_a_program_with_many_files_or_closed_streams_simulates(files, closed):
    assert output_of(SIMULATE.replace("FILES", str(files)).replace("CLOSED", str(closed))) == "simulated\n"


@pytest.fixture
def homeless(tmp_path):
    """The start of a command line: a user without a home, as container platforms make them."""
    if subprocess.run([*STRANGER, "true"], capture_output=True).returncode:
        pytest.skip("this machine lets nobody take another user id")
    without = ("HOME", "USER", "LOGNAME", "XDG_STATE_HOME", "MINARI_DATASETS_PATH")
    return " ".join([*STRANGER, "env", *(f"-u {name}" for name in without)])


def test_doctor_works_without_a_home(workdir, homeless):
    done = shell(f"{homeless} -u NETGYM_CACHE TMPDIR={workdir} {sys.executable} -m netgym_cli doctor --json")
    assert done.returncode == 0, done.stderr
    (cache,) = [finding for finding in json.loads(done.stdout) if finding["name"] == "cache"]
    assert cache["found"] == str(workdir / "netgym-12345")
    assert "set NETGYM_CACHE" in cache["advice"]


@pytest.mark.long
def test_a_user_without_a_home_simulates_and_hears_what_to_set(workdir, homeless):
    train = f"{sys.executable} -m netgym_cli train env=custom agent=ppo agent.n_steps=4 agent.batch_size=4"
    small = "env.steps_per_episode=4 env.episodes_per_session=1 sessions=1 hydra.run.dir=run"
    done = shell(f"{homeless} {train} {small}")
    assert done.returncode == 0, done.stderr
    assert "could not be signed" in done.stderr
    done = shell(f"{homeless} {sys.executable} -m netgym_cli data list")
    assert (done.returncode, "let MINARI_DATASETS_PATH name" in done.stderr) == (2, True)
    done = shell(f"{homeless} {sys.executable} -m netgym_cli show env=custom --config-dir '~/conf'")
    assert (done.returncode, "is not a directory" in done.stderr) == (2, True)
