"""Evaluations that are interrupted or killed: a whole result, or none."""

import json
import signal

from tests.faults.injections.registry import Bench, fault
from tests.faults.program import Program

EVALUATE = ["evaluate", "env=rmcat", "agent=random", "env.steps_per_episode=100", "episodes=6", "-o", "out"]


@fault("evaluation: any process, any signal", times=6, one_run=False)
def evaluation(bench: Bench) -> str:
    with Program(EVALUATE, bench.folder) as program:
        program.wait_until(bench.random.uniform(0.3, 2) * bench.reference.seconds)
        number = bench.turns([signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
        victims = [program.process.pid, *program.zygotes(), *program.workers()]
        program.kill(bench.random.choice(victims), number)
        code = program.end()
        assert program.orphans() == []
    files = sorted(path.name for path in (bench.folder / "out").glob("*"))
    if "evaluation.json" in files:
        assert json.loads((bench.folder / "out/evaluation.json").read_text())
        return f"exit {code}, whole"
    assert code != 0 and files == [], (code, files)
    return f"exit {code}, nothing left"
