"""Processes that are killed or stopped without a chance to say anything."""

import signal
import time

from tests.faults.injections.registry import Bench, fault
from tests.faults.program import Program

ONE_SECOND_TO_ANSWER = ["simulator.step_timeout_s=1", "simulator.close_timeout_s=1"]


@fault("kill -9 of the run", times=8)
def kill_the_run(bench: Bench) -> str:
    with bench.start() as program:
        program.wait_until(bench.moment_s())
        program.send(signal.SIGKILL)
        return bench.outcome(program)


@fault("kill -9 of the zygote", times=4)
def kill_the_zygote(bench: Bench) -> str:
    return _kill_one(bench, Program.zygotes)


@fault("kill -9 of the worker", times=4)
def kill_the_worker(bench: Bench) -> str:
    return _kill_one(bench, Program.workers)


@fault("SIGABRT, SIGSEGV, SIGBUS of the worker", times=3)
def worker_aborts(bench: Bench) -> str:
    return _kill_one(bench, Program.workers, bench.turns([signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS]))


@fault("SIGSTOP of the worker", times=1)
def stop_the_worker(bench: Bench) -> str:
    with bench.start(*ONE_SECOND_TO_ANSWER) as program:
        _first(bench, program, Program.workers, signal.SIGSTOP)
        return bench.outcome(program)


@fault("SIGSTOP of the worker, then Ctrl-C", times=1)
def stop_the_worker_and_interrupt(bench: Bench) -> str:
    with bench.start("simulator.close_timeout_s=1") as program:
        _first(bench, program, Program.workers, signal.SIGSTOP)
        program.send(signal.SIGINT)
        return bench.outcome(program)


@fault("SIGSTOP of the zygote, then kill -9 of the run", times=1)
def stop_the_zygote_and_kill(bench: Bench) -> str:
    with bench.start() as program:
        _first(bench, program, Program.zygotes, signal.SIGSTOP)
        program.send(signal.SIGKILL)
        return bench.outcome(program)


@fault("SIGSTOP and SIGCONT of all processes", times=2)
def pause_all(bench: Bench) -> str:
    with bench.start() as program:
        program.wait_until(bench.moment_s())
        program.send_group(signal.SIGSTOP)
        time.sleep(1)
        program.send_group(signal.SIGCONT)
        return bench.outcome(program)


def _kill_one(bench: Bench, which, number: signal.Signals = signal.SIGKILL) -> str:
    with bench.start() as program:
        _first(bench, program, which, number)
        return bench.outcome(program)


def _first(bench: Bench, program: Program, which, number: signal.Signals) -> None:
    """Sends a signal to the first of such processes, from a random moment on as soon as there is one."""
    program.wait_until(0.8 * bench.later())
    while not program.over and not (pids := which(program)):
        time.sleep(0.01)
    if not program.over:
        program.kill(pids[0], number)
