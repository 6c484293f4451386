"""Collections that are killed, continued, and done twice at once."""

import hashlib
import signal

from tests.faults.injections.registry import Bench, fault
from tests.faults.program import Program

COLLECT = ["collect", "env=rmcat", "agent=random", "episodes=8", "seeds=0..7", "jobs=2"]
COLLECT += ["env.steps_per_episode=100"]
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MOST_ATTEMPTS = 8


@fault("collection killed at random moments and continued", times=3, one_run=False)
def killed_collection(bench: Bench) -> str:
    with _collect(bench, "whole") as program:
        assert program.end() == 0, program.errors
    seconds = bench.reference.seconds
    for attempt in range(MOST_ATTEMPTS):
        with _collect(bench, "broken") as program:
            program.wait_until(bench.random.uniform(0, 1.5 * seconds) if attempt < MOST_ATTEMPTS - 1 else 1e9)
            victims = [program.process.pid, *program.zygotes(), *program.workers()]
            number = bench.random.choice(SIGNALS)
            if not program.over:
                program.kill(bench.random.choice(victims), number)
            code = program.end()
            assert program.orphans() == []
        if code == 0:
            break
    assert code == 0, program.errors
    assert _digests(bench, "broken") == _digests(bench, "whole")
    return "continued to the same dataset"


@fault("two collections to one dataset", times=2, one_run=False)
def two_collections(bench: Bench) -> str:
    with _collect(bench, "shared") as one, _collect(bench, "shared", "env.queue_bytes=9000") as other:
        codes = sorted([one.end(), other.end()])
        assert one.orphans() == other.orphans() == []
        told = one.errors + other.errors
    assert codes in ([0, 2], [2, 2]) and "Traceback" not in told, (codes, told)
    return "exit 0 and 2"


def _collect(bench: Bench, name: str, *more: str) -> Program:
    datasets = {"MINARI_DATASETS_PATH": str(bench.folder / "data")}
    return Program([*COLLECT, f"name={name}", *more], bench.folder, datasets)


def _digests(bench: Bench, name: str) -> dict[str, str]:
    (root,) = (path for path in (bench.folder / "data").rglob(f"{name}-v0"))
    tables = sorted(root.rglob("part-0.parquet"))
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in tables}
