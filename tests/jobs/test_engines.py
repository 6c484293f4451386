"""Sweeps whose jobs an engine runs: the same folders, the same results, and an aborting job ends no other."""

import csv
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.conftest import REPO

pytestmark = pytest.mark.long

CONF = REPO / "tests" / "support" / "conf"
HEADS = 5
PATIENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_gcs_server_port_wait_time_s": "600",
           "RAY_DASHBOARD_STARTUP_TIMEOUT_S": "600"}  # fmt: skip
ABORTING = """
import os
from tests.support.toy import ToyAdapter, ToySimulator
class Adapter(ToyAdapter):
    required_simulator = "aborting:Simulator"
class Simulator(ToySimulator):
    def start(self, scenario, settings, seed):
        self.aborts = seed == 2
        return super().start(scenario, settings, seed)
    def step(self, policy):
        if self.aborts and self.steps == 3:
            os.abort()
        return super().step(policy)
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def words(workdir):
    """Of a sweep of three seeds, of which the second one aborts."""
    (workdir / "conf" / "env").mkdir(parents=True)
    text = (CONF / "env" / "toy.yaml").read_text().replace("tests.support.toy:ToyAdapter", "aborting:Adapter")
    (workdir / "conf" / "env" / "aborting.yaml").write_text(text)
    (workdir / "conf" / "aborting.py").write_text(ABORTING)
    return ["sweep", "--config-dir", "conf", "env=aborting", "agent=random", "sessions=1", "seed=1,2,3", "jobs=3"]


@pytest.fixture
def submitit_local():
    pytest.importorskip("submitit")
    return ["launcher=submitit_local"]


@pytest.fixture
def ray():
    """A head of a cluster, which the test starts and stops."""
    pytest.importorskip("ray")
    program = Path(sys.executable).with_name("ray")
    if not program.exists():
        pytest.skip("this environment has no program `ray`")
    with ExitStack() as started:
        for _ in range(HEADS):
            address = started.enter_context(head_of(program))
            if address is not None:
                break
        else:
            pytest.fail(f"no head of a Ray cluster has come up, {HEADS} times")
        yield ["launcher=ray", f"launcher.address={address}"]


@contextmanager
def head_of(program):
    """Its address once it has started; None if it has given up, as Ray does on a busy machine after half a minute."""
    port, dashboard = free_port(), free_port()
    # Sockets have short names, and the folders of tests long ones.
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as place:
        options = ["--head", "--port", str(port), "--dashboard-port", str(dashboard), "--num-cpus", "3"]
        options += ["--object-store-memory", str(100 * 2**20), "--temp-dir", place, "--disable-usage-stats", "--block"]
        log = Path(place) / "head.log"
        with log.open("w") as file:
            head = subprocess.Popen(
                [program, "start", *options],
                env=os.environ | PATIENT | {"RAY_TMPDIR": place},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield f"http://127.0.0.1:{dashboard}" if has_started(head, log) else None
        finally:
            head.terminate()  # it blocks, and ends what it has started
            head.wait(timeout=300)


def has_started(head, log):
    """Whether it says so before it ends."""
    while "Ray runtime started" not in log.read_text():
        if head.poll() is not None:
            return False
        time.sleep(0.5)
    return True


def netgym(words, folder=None):
    place = [] if folder is None else [f"hydra.sweep.dir={folder}"]
    command = [sys.executable, "-m", "netgym_cli", *words, *place]
    return subprocess.run(command, capture_output=True, text=True)


def episodes(folder):
    with (folder / "metrics" / "episodes.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("engine", ["submitit_local", "ray"])
def test_an_engine_s_jobs_are_those_of_this_machine(workdir, words, engine, request):
    launcher = request.getfixturevalue(engine)
    there, here = netgym([*words, *launcher], "there"), netgym(words, "here")
    assert (there.returncode, here.returncode) == (1, 1), there.stderr
    for done in (there, here):
        assert "2 of 3 jobs done" in done.stdout
        (failure,) = [line for line in done.stderr.splitlines() if line.startswith("failed: ")]
        assert failure.endswith("killed by SIGABRT")
    for number in (0, 2):
        assert episodes(workdir / "there" / str(number)) == episodes(workdir / "here" / str(number))
    records = [json.loads((workdir / "there" / str(number) / "run.json").read_text()) for number in range(3)]
    assert [record["status"] for record in records] == ["complete", "failed", "complete"]
    done = netgym(["sweep", "--resume", "there", *launcher])
    assert (done.returncode, "2 of 3 jobs done" in done.stdout) == (1, True), done.stderr
    assert [json.loads((workdir / "there" / str(k) / "run.json").read_text()) for k in range(3)] == records
