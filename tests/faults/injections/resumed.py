"""Runs that are killed and go on by `netgym resume`: they end as the run that nothing happened to."""

import signal

from tests.faults.injections.registry import Bench, fault
from tests.faults.program import Program


@fault("kill -9 of the run, then resume", times=6)
def killed_and_resumed(bench: Bench) -> str:
    with bench.start() as program:
        program.wait_until(bench.later())
        program.send(signal.SIGKILL)
        killed = program.end()
        assert program.orphans() == []
    return _resumed(bench, f"exit {killed}")


@fault("kill -9 of the run, a file half written, then resume", times=6)
def half_written_and_resumed(bench: Bench) -> str:
    with bench.start("checkpoint_every_s=0.2") as program:
        program.wait_until(bench.later())
        program.send(signal.SIGKILL)
        killed = program.end()
        assert program.orphans() == []
    written = sorted(path for path in bench.folder.glob("run/resume/**/*") if path.is_file())
    if not written:
        return _resumed(bench, f"exit {killed}, nothing to halve")
    half = bench.random.choice(written)
    with half.open("r+b") as file:
        file.truncate(half.stat().st_size // 2)
    return _resumed(bench, f"exit {killed}")


def _resumed(bench: Bench, before: str) -> str:
    if not (bench.folder / "run/run.json").exists():
        return f"{before}, no run begun"
    with Program(["resume", "run"], bench.folder) as program:
        return f"{before}, then {bench.outcome(program)}"
