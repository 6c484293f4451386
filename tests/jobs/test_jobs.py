"""Child processes, and jobs that a launcher starts in them."""

import os
import signal
import time

import pytest

from netgym_cli.config.compose import compose
from netgym_cli.jobs import child as children
from netgym_cli.jobs.launcher import LocalLauncher
from netgym_cli.runs.folder import RunFolder
from tests.conftest import REPO

CONF = REPO / "tests" / "support" / "conf"
ECHO = """
import sys
for line in sys.stdin:
    print(line.upper(), end="", flush=True)
for number in range(20):
    print("error", number, file=sys.stderr)
"""
STUBBORN = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
print("ready", flush=True)
while True:
    signal.pause()
"""
RELENTING = """
import signal, sys
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
print("ready", flush=True)
while len(asked) < 2:
    signal.pause()
sys.exit(7)
"""


def test_a_child_answers_until_its_input_ends_and_its_errors_are_kept(program):
    child = program(ECHO)
    child.send("a line\n")
    assert child.readline() == "A LINE\n"
    assert child.poll() is None
    child.close_input()
    assert (child.readline(), child.wait()) == ("", 0)
    assert child.tail() == "".join(f"\n  error {number}" for number in range(8, 20))
    child.send("too late\n")


def test_a_child_has_a_group_of_its_own_and_its_modules_from_here(program, tmp_path, monkeypatch):
    (tmp_path / "only_there.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    child = program("import os, only_there; print(os.getpgrp())")
    group = int(child.readline())
    assert group != os.getpgrp() and child.wait() == 0


def test_a_child_that_does_not_end_is_asked_again_and_then_killed(program, monkeypatch):
    monkeypatch.setattr(children, "PATIENCE_S", 0.3)
    for text, status in ((RELENTING, 7), (STUBBORN, -signal.SIGKILL)):
        child = program(text)
        assert child.readline() == "ready\n"
        assert child.end() == status
    assert [child.readline() for _ in range(4)] == ["asked\n"] * 3 + [""]


def test_waiting_for_a_child_ends_in_time(program):
    child = program(STUBBORN)
    with pytest.raises(TimeoutError):
        child.wait(0.1)
    child.kill()
    assert child.wait() == -signal.SIGKILL


@pytest.fixture
def submit(workdir):
    """Submits a job in a run folder that nobody has used, as a sweep does."""
    launcher = LocalLauncher()

    def submit(*overrides):
        run = RunFolder(workdir / "run")
        (run.path / ".hydra").mkdir(parents=True)
        (run.path / ".hydra" / "overrides.yaml").write_text("[]")
        run.save_config(compose(["env=toy", "agent=random", *overrides], [CONF]))
        return launcher.submit(run.path), run

    return submit


def test_a_job_is_waited_for(submit):
    job, run = submit()
    assert job.poll() is None
    result = job.wait()
    assert (result.folder, result.error, run.record()["status"]) == (run.path, None, "complete")
    assert job.poll() == result


def test_a_job_that_fails_says_why(submit):
    job, run = submit("env.fail_at_step=3")
    error = job.wait().error
    assert "toy simulator failed at step 3" in error and error.endswith("(exit 1)")
    assert run.record()["status"] == "failed"


def test_a_job_that_is_cancelled_completes_its_tables(submit):
    job, run = submit("env.episodes_per_session=1000000")
    while not (run.holds_run and run.record()["steps"]):
        assert job.poll() is None
        time.sleep(0.05)
    assert job.cancel().error == "KeyboardInterrupt: interrupted by SIGTERM (exit 143)"
    assert run.record()["status"] == "interrupted" and len(run.episodes())


def test_a_job_that_is_killed_is_marked_as_dead(submit):
    job, run = submit("env.episodes_per_session=1000000")
    while not run.holds_run:
        time.sleep(0.05)
    os.kill(run.record()["pid"], signal.SIGKILL)
    assert job.wait().error == "killed by SIGKILL"
    assert run.record()["error"] == {"type": "ProcessDied", "message": "killed by SIGKILL"}
