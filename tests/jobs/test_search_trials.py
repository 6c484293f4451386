"""How trials end: measured, pruned, failed or killed; the jobs themselves are tables that somebody writes."""

import json
from dataclasses import replace

import pytest

from netgym_cli.jobs import scheduler as module
from netgym_cli.jobs.launcher import JobHandle, JobResult
from netgym_cli.jobs.request import SweepRequest
from netgym_cli.jobs.scheduler import Observer, Scheduler
from netgym_cli.jobs.search import follower as follower_module
from netgym_cli.jobs.search.follower import Follower
from netgym_cli.jobs.search.request import SearchRequest
from netgym_cli.jobs.search.space import Dimension
from netgym_cli.jobs.search.study import Study
from netgym_cli.jobs.search.trial import NAME, UNMEASURED, Progress, TrialFile, TrialFolder
from netgym_cli.jobs.sweep_file import Point

EPISODES = 8
ASKED = TrialFile("return", (6_000_000,), 1)
UNBEGUN = {"status": "failed", "error": {"type": "ConfigError", "message": "no such thing"}}


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    pytest.importorskip("optuna")
    monkeypatch.setattr(module, "POLL_S", 0.001)
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(follower_module, "LOOK_EVERY_S", 0.0)


class Trial(JobHandle):
    """One whose episodes have all this return, and whose record is `end` in the end; one episode for each look."""

    def __init__(self, job, value, end, slow):
        self.job, self.value, self.end, self.slow, self.stopped = job, value, end, slow, False
        self.rows = 0 if slow else EPISODES
        self.write({"status": "running"})

    def write(self, record):
        folder = self.job.run.path
        (folder / "metrics").mkdir(parents=True, exist_ok=True)
        lines = [f"0,0,{k},{self.value},4,1\n" for k in range(self.rows)]
        text = "session,env,episode,return,length,seed\n" + "".join(lines)
        (folder / "metrics" / "episodes.csv").write_text(text + ("0,0," if self.rows < EPISODES else ""))
        self.job.run.record_path.write_text(json.dumps({"planned_steps": 4 * EPISODES, **record}))

    def poll(self):
        self.rows = min(EPISODES, self.rows + 1)
        if self.stopped or self.rows < EPISODES:
            self.write({"status": "running"})
        return self.wait() if self.stopped or self.rows == EPISODES else None

    def wait(self):
        self.write({"status": "interrupted"} if self.stopped else self.end)
        error = None if self.end["status"] == "complete" and not self.stopped else "it did not end"
        return JobResult(self.job.run.path, error)

    def ask_to_end(self):
        self.stopped = True

    cancel = wait


def complete(value):
    return {"status": "complete", "objective": {"name": "return", "value": value}}


class Search:
    """A search whose trials have these returns on the way, and these ends one after the other."""

    def __init__(self, folder, values, ends=None, slow=(), pruner="none"):
        self.folder, self.values, self.slow, self.begun_jobs = folder, values, slow, []
        self.ends = ends or [[complete(value)] for value in values]
        self.request = SearchRequest(len(values), pruner=pruner)

    def run(self):
        study = Study(self.folder, self.request, [Dimension("x", low=0, high=1)], 1)
        trials = [TrialFolder(Point(n, str(n), (), ""), self.folder, ASKED) for n in range(len(self.values))]
        self.follower = Follower(study, trials, self.request, 1, False, Observer())

        def submit(job, locks, goes_on):
            number = job.point.number
            self.begun_jobs.append(number)
            if not goes_on:
                study.ask(number)
                trials[number] = replace(trials[number])
            return Trial(job, self.values[number], self.ends[number].pop(0), number in self.slow)

        self.scheduler = Scheduler(trials, 1, 1, SweepRequest(search=self.request), submit, self.follower)
        self.follower.take(self.scheduler.outcomes)
        self.scheduler.run()
        self.study, self.trials = study, trials
        return [row[1:3] for row in study.table()[1]]


def test_every_trial_is_told_with_what_it_is_worth(tmp_path):
    search = Search(tmp_path, [1.0, 3.0, 2.0])
    assert search.run() == [["complete", 1.0], ["complete", 3.0], ["complete", 2.0]]
    assert [number for number, _, _ in search.study.best(2)] == [1, 2]
    assert (tmp_path / "trials.csv").read_text().splitlines()[0] == "number,state,value,x"
    again = Search(tmp_path, [1.0, 3.0, 2.0])
    assert again.run() == [["complete", 1.0], ["complete", 3.0], ["complete", 2.0]] and again.begun_jobs == []


@pytest.mark.parametrize("slow", [(), (6,)])  # seen at its end, or on the way
def test_who_is_behind_is_pruned_and_counts_as_no_failure(tmp_path, slow):
    search = Search(tmp_path, [5.0] * 6 + [1.0, 6.0], slow=slow, pruner="median")
    states = search.run()
    assert states == [["complete", 5.0]] * 6 + [["pruned", 1.0], ["complete", 6.0]]
    assert search.scheduler.outcomes == dict.fromkeys(range(8))
    record = search.trials[6].run.record()
    assert (record["status"], record["pruned"]) == ("pruned", {"report": EPISODES // 4})
    assert search.study.reported(6) == dict.fromkeys(range(EPISODES // 4 + 1), 1.0)
    assert Search(tmp_path, [0.0] * 8, pruner="median").run() == states


def test_who_failed_stays_so_without_a_record_too(tmp_path):
    search = Search(tmp_path, [1.0, 2.0, 3.0], [[complete(1.0)], [UNBEGUN], [complete(3.0)]])
    assert [state for state, _ in search.run()] == ["complete", "fail", "complete"]
    (search.trials[1].run.record_path).unlink()
    search.trials[1].note_error("no such thing")
    again = Search(tmp_path, [1.0, 2.0, 3.0])
    assert [state for state, _ in again.run()] == ["complete", "fail", "complete"]
    assert again.begun_jobs == [] and again.scheduler.outcomes[1] == "no such thing"
    assert json.loads((tmp_path / "1" / NAME).read_text())["error"] == "no such thing"


def test_who_was_killed_while_it_measured_is_measured_again_and_no_number_is_a_failure(tmp_path):
    no_number = {"status": "complete", "objective": {"name": "return", "error": "its return is nan"}}
    search = Search(tmp_path, [1.0, 2.0], [[{"status": "complete"}, complete(1.0)], [no_number]])
    assert search.run() == [["complete", 1.0], ["fail", None]]
    assert search.begun_jobs == [0, 0, 1] and search.scheduler.outcomes == {0: None, 1: "its return is nan"}
    assert not list(tmp_path.glob("*.attempt*"))
    twice = Search(tmp_path / "twice", [1.0], [[{"status": "complete"}] * 2])
    (tmp_path / "twice").mkdir()
    assert [state for state, _ in twice.run()] == ["fail"] and twice.scheduler.outcomes == {0: UNMEASURED}


def test_a_search_waits_for_a_trial_that_goes_on_elsewhere(tmp_path):
    search = Search(tmp_path, [1.0, 2.0])
    held = TrialFolder(Point(0, "0", (), ""), tmp_path, ASKED).lock()
    begun = []

    def looked(scheduler):
        begun.append(list(search.begun_jobs))
        if len(begun) == 20:
            held.release()

    Observer.looked, original = lambda self, scheduler: looked(scheduler), Observer.looked
    try:
        assert search.run() == [["complete", 1.0], ["complete", 2.0]]
    finally:
        Observer.looked = original
    assert begun[19] == [] and search.begun_jobs == [0, 1]


def test_how_a_trial_does_is_a_mean_of_its_last_episodes_at_fifty_places_at_most(tmp_path):
    job = TrialFolder(Point(0, "0", (), ""), tmp_path, ASKED)
    trial = Trial(job, 2.0, complete(2.0), True)
    trial.rows = 3
    trial.write({"status": "running"})
    assert Progress(job.run, "return", False).looks() == ({0: 2.0, 1: 2.0, 2: 2.0}, EPISODES)
    assert Progress(job.run, "reward", False).looks()[0] == {0: 0.5, 1: 0.5, 2: 0.5}
    trial.write({"status": "running", "planned_steps": 4 * 101})
    assert Progress(job.run, "return", False).looks() == ({0: 2.0}, 34)
    job.run.evaluations_path.write_text("step,return,best\n100,1.5,True\n200,2.5,True\n300,")
    assert Progress(job.run, "return", True).looks()[0] == {0: 1.5, 1: 2.5}
