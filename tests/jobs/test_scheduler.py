"""Which jobs of a sweep are begun, when, and how often; the jobs themselves are records that somebody writes."""

import json
import os

import pytest

from netgym_cli.common.locks import Lock
from netgym_cli.jobs import scheduler as module
from netgym_cli.jobs.job_folder import JobFolder
from netgym_cli.jobs.launcher import JobHandle, JobResult
from netgym_cli.jobs.request import SweepRequest
from netgym_cli.jobs.scheduler import Observer, Scheduler
from netgym_cli.jobs.sweep_file import Point

KILLED = {"status": "failed", "error": {"type": "ProcessDied", "message": "killed by SIGKILL"}}
CRASHED = {"status": "failed", "error": {"type": "ProcessDied", "message": "killed by SIGABRT"}}
WRONG = {"status": "failed", "error": {"type": "SimulatorDied", "message": "NS_FATAL\nand more"}}
COMPLETE, INTERRUPTED, RUNNING = {"status": "complete"}, {"status": "interrupted"}, {"status": "running"}


class Job(JobHandle):
    """One that comes to the next of its ends at the second look; None: it has none until it is told to end."""

    def __init__(self, job, end):
        self.job, self.end, self.looks = job, end, 0
        write(job.run, RUNNING)

    def poll(self):
        self.looks += 1
        return self.wait() if self.looks > 1 and self.end is not None else None

    def wait(self):
        write(self.job.run, self.end)
        error = self.end.get("error") or {}
        reason = error.get("message", self.end["status"]).partition("\n")[0]
        return JobResult(self.job.run.path, None if self.end["status"] == "complete" else reason)

    def ask_to_end(self):
        self.end = INTERRUPTED

    def cancel(self):
        return self.wait()


class Sweep(Observer):
    """A sweep of so many jobs in a folder, each with the ends that it comes to one after the other."""

    def __init__(self, folder, ends, n_jobs=2, retries=1, **asked):
        self.ends = {number: list(each) for number, each in enumerate(ends)}
        self.jobs = [JobFolder(Point(number, str(number), (), ""), folder) for number in self.ends]
        self.begun_jobs, self.again, self.went_on, self.most = [], [], [], 0
        self.words = n_jobs, retries, SweepRequest(**asked)
        self.looked_at = lambda: None

    def run(self):
        """The outcomes of all jobs."""
        scheduler = Scheduler(self.jobs, *self.words, self.submit, self)
        self.scheduler = scheduler
        scheduler.run()
        return scheduler.outcomes

    def submit(self, job, locks, goes_on):
        self.went_on += [job.point.number] * goes_on
        assert len(locks) == 2 - goes_on and all(os.fstat(number) for number in locks)
        return Job(job, self.ends[job.point.number].pop(0))

    def begun(self, job):
        self.begun_jobs.append(job.point.number)
        self.most = max(self.most, len(self.scheduler.active))

    def begins_again(self, job, reason):
        self.again.append((job.point.number, reason))

    def looked(self, scheduler):
        self.looked_at()


def write(run, record):
    run.path.mkdir(parents=True, exist_ok=True)
    run.record_path.write_text(json.dumps(record))


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(module, "POLL_S", 0.001)
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)


def test_all_jobs_run_so_many_at_once(tmp_path):
    sweep = Sweep(tmp_path, [[COMPLETE]] * 5, n_jobs=2)
    assert sweep.run() == dict.fromkeys(range(5))
    assert (sweep.begun_jobs, sweep.most) == ([0, 1, 2, 3, 4], 2)
    assert list((tmp_path / ".locks").iterdir()) == []


def test_what_is_complete_is_not_touched_and_what_died_begins_again(tmp_path):
    sweep = Sweep(tmp_path, [[], [COMPLETE], [COMPLETE], [COMPLETE]])
    for job, record in zip(sweep.jobs, [COMPLETE, RUNNING, INTERRUPTED], strict=False):
        write(job.run, record)
    assert sweep.run() == dict.fromkeys(range(4))
    assert sweep.begun_jobs == [1, 2, 3]
    records = {path.parent.name: json.loads(path.read_text()) for path in tmp_path.glob("*.attempt1/run.json")}
    assert records == {"1.attempt1": RUNNING, "2.attempt1": INTERRUPTED}


def test_a_job_that_is_killed_begins_again_and_a_crash_does_not(tmp_path):
    sweep = Sweep(
        tmp_path, [[KILLED, COMPLETE], [CRASHED], [WRONG], [KILLED, KILLED], [INTERRUPTED, COMPLETE]], n_jobs=1
    )
    assert sweep.run() == {0: None, 1: "killed by SIGABRT", 2: "NS_FATAL", 3: "killed by SIGKILL", 4: None}
    assert sweep.begun_jobs == [0, 0, 1, 2, 3, 3, 4, 4]
    assert sweep.again == [(0, "killed by SIGKILL"), (3, "killed by SIGKILL"), (4, "interrupted")]
    assert len(sweep.jobs[3].attempts()) == 1


def test_a_job_with_a_checkpoint_goes_on_and_begins_anew_if_it_cannot(tmp_path):
    notes = {"resumed": [{"from_step": 8}]}
    refused = {"status": "failed", "error": {"type": "ProcessDied", "message": "the process ended with exit 2"}}
    sweep = Sweep(tmp_path, [[COMPLETE | notes], [refused, COMPLETE], [KILLED | notes, COMPLETE]], n_jobs=1)
    for job in sweep.jobs:
        write(job.run, RUNNING)
        (job.run.path / "resume" / "step_000000008").mkdir(parents=True)
    assert sweep.run() == dict.fromkeys(range(3))
    assert (sweep.begun_jobs, sweep.went_on) == ([0, 1, 1, 2, 2], [0, 1, 2, 2])
    assert [len(job.attempts()) for job in sweep.jobs] == [0, 1, 0]
    assert [number for number, _ in sweep.again] == [1, 2]


@pytest.mark.parametrize(("retries", "begun"), [(0, 1), (3, 4)])
def test_a_job_is_retried_as_often_as_was_asked(tmp_path, retries, begun):
    sweep = Sweep(tmp_path, [[KILLED] * 4], retries=retries)
    assert sweep.run() == {0: "killed by SIGKILL"}
    assert len(sweep.begun_jobs) == begun
    assert Sweep(tmp_path, [[COMPLETE]], retries=retries).run() == {
        0: "killed by SIGKILL"
    }  # the next launcher counts on
    assert Sweep(tmp_path, [[COMPLETE]], retries=retries + 1).run() == {0: None}


def test_failures_of_before_are_run_again_only_when_asked_for(tmp_path):
    first = Sweep(tmp_path, [[WRONG], [COMPLETE]])
    assert first.run() == {0: "NS_FATAL", 1: None}
    assert Sweep(tmp_path, [[COMPLETE], []]).run() == {0: "SimulatorDied: NS_FATAL", 1: None}
    again = Sweep(tmp_path, [[WRONG, COMPLETE], []], retry_failed=True)
    assert again.run() == {0: "NS_FATAL", 1: None}  # once
    assert Sweep(tmp_path, [[COMPLETE], []], retry_failed=True).run() == {0: None, 1: None}
    assert [run.path.name for run in again.jobs[0].attempts()] == ["0.attempt1", "0.attempt2"]


def test_a_job_that_another_launcher_runs_is_waited_for(tmp_path):
    sweep = Sweep(tmp_path, [[], [COMPLETE]])
    other = sweep.jobs[0].lock()
    write(sweep.jobs[0].run, RUNNING)

    def completed_elsewhere():
        if sweep.scheduler.elsewhere and sweep.scheduler.outcomes.keys() == {1}:
            write(sweep.jobs[0].run, COMPLETE)
            other.release()

    sweep.looked_at = completed_elsewhere
    assert sweep.run() == {0: None, 1: None}
    assert sweep.begun_jobs == [1]


def test_a_run_that_somebody_continues_by_hand_is_waited_for(tmp_path):
    sweep = Sweep(tmp_path, [[]])
    write(sweep.jobs[0].run, INTERRUPTED)
    by_hand = Lock(sweep.jobs[0].run.reserve_path)

    def completed():
        if sweep.scheduler.elsewhere:
            write(sweep.jobs[0].run, COMPLETE)
            by_hand.release(remove=True)

    sweep.looked_at = completed
    assert (sweep.run(), sweep.begun_jobs) == ({0: None}, [])


def test_what_another_launcher_leaves_dead_is_begun_again(tmp_path):
    sweep = Sweep(tmp_path, [[COMPLETE]])
    write(sweep.jobs[0].run, RUNNING)
    other = sweep.jobs[0].lock()
    sweep.looked_at = other.release
    assert (sweep.run(), sweep.begun_jobs) == ({0: None}, [0])


def test_the_first_failure_ends_a_sweep_that_is_to_fail_fast(tmp_path):
    sweep = Sweep(tmp_path, [[WRONG], [None], []], fail_fast=True)
    assert sweep.run() == {0: "NS_FATAL"}
    assert (sweep.jobs[1].run.status(), sweep.jobs[2].run.status()) == ("interrupted", "not begun")
    later = Sweep(tmp_path, [[], [COMPLETE], [COMPLETE]], fail_fast=True)
    assert later.run() == {0: "SimulatorDied: NS_FATAL", 1: None, 2: None}  # a failure of before is none of now


def test_an_interruption_ends_what_was_begun(tmp_path):
    sweep = Sweep(tmp_path, [[None], [None], [COMPLETE]])

    def interrupt():
        raise KeyboardInterrupt

    sweep.looked_at = interrupt
    with pytest.raises(KeyboardInterrupt):
        sweep.run()
    assert [job.run.status() for job in sweep.jobs] == ["interrupted", "interrupted", "not begun"]
    assert list((tmp_path / ".locks").iterdir()) == []


def test_a_lock_is_held_until_the_last_process_that_has_it_ends(tmp_path):
    job = JobFolder(Point(0, "0", (), ""), tmp_path)
    lock = job.lock()
    inherited = os.dup(lock.filenos()[0])  # as a child process has it
    with pytest.raises(BlockingIOError):
        job.lock()
    os.close(inherited)
    lock.release()
    job.lock().release()
