"""Standard streams that are closed, full or read by nobody, and limits of the process."""

import subprocess

from tests.faults.injections.registry import Bench, fault

CLOSED = {"stdin": "exec <&-;", "stdout": "exec >&-;", "stderr": "exec 2>&-;", "all three": "exec <&- >&- 2>&-;"}


@fault("stdin, stdout, stderr or all closed", times=8)
def closed(bench: Bench) -> str:
    name = bench.turns(sorted(CLOSED))
    with bench.start(before=CLOSED[name]) as program:
        outcome = bench.outcome(program)
    assert outcome == "exit 0, complete", (name, outcome)
    return outcome


@fault("stdout into /dev/full or a pipe that nobody reads", times=2)
def unread(bench: Bench) -> str:
    before = bench.turns(["exec >/dev/full;", "exec > >(true);"])
    with bench.start(before=before) as program:
        outcome = bench.outcome(program)
    assert outcome == "exit 0, complete", (before, outcome)
    return outcome


@fault("few file descriptors", times=4)
def few_descriptors(bench: Bench) -> str:
    with bench.start(before=f"ulimit -n {bench.turns([8, 12, 16, 24, 32, 48])};") as program:
        return _ended_in_words(bench, program)


@fault("little address space", times=3)
def little_memory(bench: Bench) -> str:
    with bench.start(before=f"ulimit -v {bench.turns([200_000, 500_000, 1_000_000])};") as program:
        return _ended_in_words(bench, program)


@fault("HOME unset, not there, or read-only", times=3)
def no_home(bench: Bench) -> str:
    home = bench.turns(["unset HOME;", "export HOME=/nonexistent;", "export HOME=/proc;"])
    with bench.start(before=home) as program:
        outcome = bench.outcome(program)
    assert outcome == "exit 0, complete", (home, outcome)
    return outcome


@fault("wall clock that jumps by years", times=2)
def jumping_clock(bench: Bench) -> str:
    source, library = bench.folder / "clock.c", bench.folder / "clock.so"
    source.write_text(CLOCK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    with bench.start(environment={"LD_PRELOAD": str(library)}) as program:
        outcome = bench.outcome(program)
    assert outcome == "exit 0, complete", outcome
    return outcome


def _ended_in_words(bench: Bench, program) -> str:
    """Whatever it ends in has a folder that says so, or none; Python itself may not even start."""
    code = program.end()
    assert program.orphans() == []
    if (bench.folder / "run/run.json").exists():
        return bench.verdict("run", code)
    assert code != 0 and program.errors.strip(), f"exit {code} without a word"
    return f"exit {code}, no run begun"


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <sys/time.h>
static int calls;
int clock_gettime(clockid_t which, struct timespec *t) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int status = real(which, t);
  if (which == CLOCK_REALTIME && ++calls % 3) t->tv_sec += calls % 2 ? 800000000 : -30000000;
  return status;
}
"""
