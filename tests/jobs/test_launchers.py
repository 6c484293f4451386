"""Where jobs run besides this machine: what is said of it, and what is made of a job whose engine is done."""

import json
import os
import threading

import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import output_dirs
from netgym_cli.jobs.launcher import LocalLauncher
from netgym_cli.jobs.launchers import engine, ray
from netgym_cli.jobs.launchers.engine import EngineJob, EngineLauncher, Ticket, supervise
from netgym_cli.jobs.launchers.request import LOCALLY, LauncherRequest
from netgym_cli.jobs.request import parse
from netgym_cli.runs.claim import claimed
from netgym_cli.runs.folder import RunFolder


def test_the_words_of_a_launcher_are_told_from_the_grid():
    asked, left = parse(["launcher=submitit_slurm", "launcher.partition=gpu", "launcher.time=60", "seed=1,2"])
    assert left == ["seed=1,2"]
    assert asked.launcher == LauncherRequest("submitit_slurm", (("partition", "gpu"), ("time", 60)))
    assert asked.launcher.detached and asked.launcher.queues
    assert parse(["seed=1"])[0].launcher == parse(["launcher=local"])[0].launcher == LOCALLY and not LOCALLY.detached


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["launcher=slurm"], "launcher is 'slurm'; allowed: local, submitit_slurm, submitit_local, ray"),
        (["launcher.time=60"], "launcher=local takes no launcher.time"),
        (["launcher=ray", "launcher=local"], "say the same"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, told):
    with pytest.raises(ConfigError, match=told):
        parse(words)


def test_without_slurm_the_message_says_so(tmp_path, monkeypatch):
    pytest.importorskip("submitit")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="needs Slurm, and there is no sbatch here"):
        LauncherRequest("submitit_slurm").launcher(tmp_path, ())
    assert list(tmp_path.iterdir()) == []


def test_an_option_that_submitit_does_not_know_is_refused_with_those_that_it_does(tmp_path, monkeypatch):
    pytest.importorskip("submitit")
    for name in ("sbatch", "srun"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ConfigError, match=r"does not take launcher.partion=gpu: .*partion"):
        LauncherRequest("submitit_slurm", (("partion", "gpu"),)).launcher(tmp_path / "sweep", ())
    made = LauncherRequest("submitit_slurm", (("partition", "gpu"), ("time", 60))).launcher(tmp_path / "sweep", ())
    assert isinstance(made, EngineLauncher)


@pytest.mark.parametrize(
    ("address", "told"), [("http://127.0.0.1:9", "does not answer"), ("127.0.0.1:6379", "allowed: http://HOST:PORT")]
)
def test_an_address_that_takes_no_jobs_is_told(tmp_path, address, told):
    with pytest.raises(ConfigError, match=told):
        LauncherRequest("ray", (("address", address),)).launcher(tmp_path, ())


def test_an_address_that_is_silent_is_told_within_its_time(tmp_path, monkeypatch):
    import socket

    monkeypatch.setattr(ray, "ANSWERS_WITHIN_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ConfigError, match=r"does not answer .*ray start --head"):
            LauncherRequest("ray", (("address", address),)).launcher(tmp_path, ())


class Starting:
    """A cluster's client that has no place for a job until it was asked so many times."""

    def __init__(self, refusals, told):
        self.refusals, self.told = refusals, told

    def submit_job(self, **asked):
        self.refusals -= 1
        if self.refusals >= 0:
            raise RuntimeError(f"Request failed with status code 500: {self.told}")
        return asked["entrypoint"]


def test_a_cluster_that_has_just_started_is_asked_again(monkeypatch):
    monkeypatch.setattr(ray, "ASKED_EVERY_S", 0)
    client = Starting(2, "No available agent to submit job, please try again later.")
    assert isinstance(ray.RayLauncher(client, {}, ()).start(["true"]), Ticket) and client.refusals == -1
    client = Starting(2, "the disk is full")
    with pytest.raises(ray.RayLost, match=r"did not take a job: .*the disk is full"):
        ray.RayLauncher(client, {}, ()).start(["true"])
    monkeypatch.setattr(ray, "READY_WITHIN_S", 0)
    with pytest.raises(ray.RayLost, match="No available agent"):
        ray.RayLauncher(Starting(2, ray.NOT_READY), {}, ()).start(["true"])


class Given(Ticket):
    over = True
    stopped = 0

    def is_over(self):
        return self.over

    def stop(self):
        self.stopped += 1

    def told(self):
        return "FAILED"


class Engine(EngineLauncher):
    def start(self, command):
        self.command = command
        return Given()


def test_an_engine_starts_the_job_in_its_folder_and_nothing_more(tmp_path):
    launcher = Engine([tmp_path / "conf"])
    launcher.submit(tmp_path / "run", goes_on=True)
    assert launcher.command[1:] == [
        *("-P", "-m", "netgym_cli", "job", "--detached", "--trust", "--goes-on"),
        *(str(tmp_path / "run"), "--config-dir", str(tmp_path / "conf")),
    ]


@pytest.mark.parametrize(
    ("record", "error"),
    [
        ({"status": "complete"}, None),
        ({"status": "failed", "error": {"type": "ProcessDied", "message": "killed by SIGABRT"}}, "killed by SIGABRT"),
        ({"status": "failed", "error": {"type": "X", "message": "why\nmore"}}, "X: why (exit 1)"),
        ({"status": "running"}, "killed by SIGKILL"),
        (None, "the engine says 'FAILED', and its run is not begun"),
    ],
)
def test_the_folder_decides_how_a_job_ended(tmp_path, record, error):
    if record is not None:
        RunFolder(tmp_path).record_path.write_text(json.dumps(record))
    assert EngineJob(tmp_path, Given()).poll().error == error


def test_an_engine_is_asked_now_and_then_and_told_to_stop(tmp_path, monkeypatch):
    ticket = Given()
    ticket.over = False
    job = EngineJob(tmp_path, ticket)
    assert job.poll() is None
    ticket.over = True
    assert job.poll() is None  # asked just before
    monkeypatch.setattr(engine, "LOOK_EVERY_S", 0.0)
    assert job.poll() is not None
    job.ask_to_end()
    job.cancel()
    assert ticket.stopped == 2


class Child:
    """The job of a supervisor."""

    def __init__(self, error):
        self.error, self.cancelled = error, False

    def wait(self):
        if self.error is KeyboardInterrupt:
            raise KeyboardInterrupt
        return self

    def cancel(self):
        self.cancelled = True


def test_who_looks_after_a_job_claims_its_folder_and_ends_it(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "_end_with_parent", lambda: None)
    children = []

    def submit(self, folder, locks, quiet, goes_on):
        assert len(locks) == 1 - goes_on and quiet
        children.append(child)
        return child

    monkeypatch.setattr(LocalLauncher, "submit", submit)
    child = Child(None)
    assert supervise(tmp_path / "run", (), False) == 0
    child = Child("why")
    assert supervise(tmp_path / "run", (), False) == 1
    assert supervise(tmp_path / "run", (), True) == 1
    child = Child(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        supervise(tmp_path / "run", (), False)
    assert child.cancelled and len(children) == 4
    with claimed(RunFolder(tmp_path / "run"), output_dirs.SWEEP_DIR), pytest.raises(ConfigError, match="another run"):
        supervise(tmp_path / "run", (), False)


def test_who_looks_after_a_job_ends_with_who_has_started_it(monkeypatch):
    signalled, parents = threading.Event(), iter([7, 7, 1])
    monkeypatch.setattr(engine, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(engine.os, "getppid", lambda: next(parents, 1))
    monkeypatch.setattr(engine.os, "kill", lambda pid, number: signalled.set())
    engine._end_with_parent()
    assert signalled.wait(5)
