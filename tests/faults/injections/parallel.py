"""Faults of a training in eight simulators at once, all of them busy."""

import signal
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.injections.registry import Bench, Reference, fault
from tests.faults.outcome import Tables, examine
from tests.faults.program import Program

N = 8
WORDS = [
    *("train", "env=nqos_split_light", "agent=ppo", f"agent.n_envs={N}", "agent.n_steps=6", "agent.batch_size=24"),
    *("env.steps_per_episode=6", "env.episodes_per_session=2", "sessions=1", "evaluate_at_end=0"),
]


@cache
def undisturbed() -> Reference:
    """The training that nothing happens to, done once."""
    started = time.monotonic()
    with TemporaryDirectory() as folder, Program([*WORDS, "hydra.run.dir=run"], Path(folder)) as program:
        assert program.end(900) == 0, program.errors
        return Reference(Tables.of(Path(folder, "run")), time.monotonic() - started)


def disturbed(bench: Bench, disturb) -> str:
    """What comes of a training that is disturbed as soon as all its simulators run, and a while later."""
    reference = undisturbed()
    with Program([*WORDS, "hydra.run.dir=run"], bench.folder) as program:
        while not program.over and len(program.workers()) < N:
            time.sleep(0.02)
        program.wait_until(time.monotonic() - program.started + bench.random.uniform(0, 0.5 * reference.seconds))
        disturb(program)
        code = program.end()
        assert (left := program.orphans()) == [], left
        assert "Traceback" not in program.errors, program.errors
        verdict = examine(bench.folder / "run", code, reference.tables)
        if code == 1:
            assert f" of {N}, session " in program.errors, program.errors
        return verdict


@fault(f"{N} simulators: SIGINT, SIGTERM, SIGHUP", times=3)
def ask(bench: Bench) -> str:
    number = bench.turns((signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    return disturbed(bench, lambda program: program.send(number))


@fault(f"{N} simulators: SIGINT to the whole group, twice", times=1)
def ask_all(bench: Bench) -> str:
    def twice(program: Program) -> None:
        program.send_group(signal.SIGINT)
        program.send_group(signal.SIGINT)

    return disturbed(bench, twice)


@fault(f"{N} simulators: kill -9 of the run", times=2)
def kill(bench: Bench) -> str:
    return disturbed(bench, lambda program: program.send(signal.SIGKILL))


@fault(f"{N} simulators: kill -9 of a worker", times=2)
def kill_a_worker(bench: Bench) -> str:
    def one(program: Program) -> None:
        if workers := program.workers():
            program.kill(bench.random.choice(workers), signal.SIGKILL)

    return disturbed(bench, one)


@fault(f"{N} simulators: kill -9 of the zygote", times=1)
def kill_the_zygote(bench: Bench) -> str:
    return disturbed(bench, lambda program: [program.kill(pid, signal.SIGKILL) for pid in program.zygotes()])
