"""Signals that ask a run to end: once, to the whole group, and twice before it could answer."""

import signal
import time

from tests.faults.injections.registry import Bench, fault

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@fault("SIGINT, SIGTERM, SIGHUP once", times=9)
def once(bench: Bench) -> str:
    with bench.start() as program:
        program.wait_until(bench.moment_s())
        program.send(bench.turns(ASKING))
        return bench.outcome(program)


@fault("the same to the whole group", times=3)
def group(bench: Bench) -> str:
    with bench.start() as program:
        program.wait_until(bench.moment_s())
        program.send_group(bench.turns(ASKING))
        return bench.outcome(program)


@fault("twice within 0 to 100 ms", times=9)
def twice(bench: Bench) -> str:
    with bench.start() as program:
        program.wait_until(bench.later())
        number = bench.turns(ASKING)
        program.send(number)
        time.sleep(bench.random.choice([0, 0.001, 0.004, 0.008, 0.03, 0.1]))
        program.send(number)
        return bench.outcome(program)


@fault("five times within 50 ms", times=3)
def five_times(bench: Bench) -> str:
    with bench.start() as program:
        program.wait_until(bench.later())
        for _ in range(5):
            program.send(bench.random.choice(ASKING))
            time.sleep(0.01)
        return bench.outcome(program)
