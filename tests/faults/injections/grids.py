"""Grids whose jobs fail, die or end their process, and whose launcher dies."""

import json
import signal

from tests.faults.injections.registry import RUN, Bench, fault
from tests.faults.program import Program

ENDS = ["raise ValueError('no')", "os.kill(os.getpid(), 9)", "os._exit(0)", "sys.exit(0)"]


@fault("a job that fails, is killed, or ends its process", times=4, one_run=False)
def job_that_ends(bench: Bench) -> str:
    ending = bench.turns(ENDS)
    (bench.folder / "conf/env").mkdir(parents=True)
    (bench.folder / "conf/ender.py").write_text(ENV.format(end=ending))
    words = ["train", "-m", "--config-dir", "conf", "env=gym", "env.id=ender:Ender-v0", "agent=random"]
    words += ["env.steps_per_episode=20", "+env.kwargs.end=0,1,0.5", "hydra.sweep.dir=grid"]
    with Program(words, bench.folder) as program:
        code = program.end()
        assert program.orphans() == []
    records = {path.parent.name: json.loads(path.read_text()) for path in bench.folder.glob("grid/*/run.json")}
    states = {job: record["status"] for job, record in records.items() if job.isdecimal()}
    expected = {"0": "complete", "1": "failed", "2": "complete"}
    assert (code, states) == (1, expected), (ending, code, states, program.errors)
    return "exit 1, that job failed, the others complete"


@fault("launcher of a grid killed", times=2, one_run=False)
def launcher_killed(bench: Bench) -> str:
    words = ["train", "-m", *RUN[:-1], "seed=1,2,3", "hydra.sweep.dir=grid"]
    number = bench.turns([signal.SIGKILL, signal.SIGTERM])
    with Program(words, bench.folder) as program:
        program.wait_until(bench.random.uniform(1, 2) * bench.reference.seconds)
        program.send(number)
        code = program.end()
        assert program.orphans() == []
    states = [json.loads(path.read_text())["status"] for path in bench.folder.glob("grid/*/run.json")]
    assert set(states) <= {"complete", "interrupted"}, states
    with Program(words, bench.folder) as program:
        again = program.end()
        assert program.orphans() == []
    paths = [path for path in bench.folder.glob("grid/*/run.json") if path.parent.name.isdecimal()]
    assert (again, [json.loads(path.read_text())["status"] for path in paths]) == (0, ["complete"] * 3), program.errors
    return f"exit {code}, no orphan, jobs {' and '.join(sorted(set(states))) or 'not begun'}"


ENV = """
import os, sys
import gymnasium
class Ender(gymnasium.Env):
    observation_space = action_space = gymnasium.spaces.Box(0, 1, (1,))
    def __init__(self, end=0, render_mode=None):
        self.ending = end == 1
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.observation_space.sample(), {{}}
    def step(self, action):
        if self.ending:
            {end}
        return self.observation_space.sample(), 0.0, False, False, {{}}
gymnasium.register("Ender-v0", entry_point=Ender)
"""
