"""Writes that fail: a full disk, a limit on the size of files, folders that vanish under a run."""

import json
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.injections.registry import RUN, Bench, fault
from tests.faults.program import Program

LONG = ["env.steps_per_episode=6000"]


@fault("full disk of 0.1 to 1 MB", times=4)
def full_disk(bench: Bench) -> str:
    kilobytes = bench.turns([120, 160, 300, 1000])
    (bench.folder / "disk").mkdir()
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("may not mount here")
    run = shlex.join([sys.executable, "-m", "netgym_cli", "train", *RUN, "hydra.run.dir=disk/run"])
    # the mount is seen, and ends, in a namespace of its own; what is left is copied out of it
    script = f"mount -t tmpfs -o size={kilobytes}k tmpfs disk && {{ {run}; code=$?; cp -r disk/run left; exit $code; }}"
    done = subprocess.run(["unshare", "-m", "bash", "-c", script], cwd=bench.folder, capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return bench.verdict("left", done.returncode)


@fault("limit of 0 to 100 kB per file", times=3)
def limited_files(bench: Bench) -> str:
    blocks = bench.turns([0, 1, 4, 20, 100])
    with bench.start(before=f"ulimit -f {blocks};") as program:
        return bench.outcome(program)


@fault("metrics folder moved away in mid-run", times=1)
def tables_moved(bench: Bench) -> str:
    with bench.start(*LONG) as program:
        _wait_for_tables(bench, program)
        (bench.folder / "run/metrics").rename(bench.folder / "elsewhere")
        code = program.end()
        assert program.orphans() == []
    return _told(bench, code)


@fault("run folder deleted in mid-run", times=1)
def folder_deleted(bench: Bench) -> str:
    with bench.start(*LONG) as program:
        _wait_for_tables(bench, program)
        shutil.rmtree(bench.folder / "run", ignore_errors=True)
        code = program.end()
        assert program.orphans() == []
    return _told(bench, code)


@fault("parts of steps.parquet deleted in mid-run", times=2)
def parts_deleted(bench: Bench) -> str:
    with bench.start(*LONG) as program:
        parts = _wait_for_tables(bench, program)
        for part in parts[:1]:
            part.unlink(missing_ok=True)
        code = program.end()
        assert program.orphans() == []
    return _told(bench, code)


@fault("run.json deleted in mid-run", times=1)
def record_deleted(bench: Bench) -> str:
    with bench.start() as program:
        program.wait_until(bench.later())
        if not program.over:
            (bench.folder / "run/run.json").unlink(missing_ok=True)
        return bench.outcome(program)


def _wait_for_tables(bench: Bench, program: Program) -> list[Path]:
    """Returns the parts of steps.parquet as soon as there are any."""
    while not program.over and not (parts := sorted((bench.folder / "run/metrics/steps.parquet").glob("*.parquet"))):
        time.sleep(0.05)
    assert not program.over, program.errors
    return parts


def _told(bench: Bench, code: int) -> str:
    """A run that lost what it had written must not be called complete."""
    record = bench.folder / "run/run.json"
    status = json.loads(record.read_text())["status"] if record.exists() else "no record"
    assert (code, status) != (0, "complete") or (bench.folder / "run/metrics").exists(), "complete, without tables"
    if code == 0:
        return bench.verdict("run", code)
    assert code == 1 and status in ("failed", "no record"), (code, status)
    return f"exit {code}, {status}"
