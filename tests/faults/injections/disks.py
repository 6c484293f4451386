"""Writes that fail: a full disk, a limit on the size of files, folders that vanish under a run."""

import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.injections.registry import RUN, Bench, fault


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
    return _losing(bench, lambda run: (run / "metrics").rename(bench.folder / "elsewhere"))


@fault("run folder deleted in mid-run", times=1)
def folder_deleted(bench: Bench) -> str:
    return _losing(bench, lambda run: shutil.rmtree(run, ignore_errors=True))


@fault("parts of steps.parquet deleted in mid-run", times=2)
def parts_deleted(bench: Bench) -> str:
    return _losing(bench, lambda run: min((run / "metrics/steps.parquet").glob("*.parquet")).unlink())


@fault("run.json deleted in mid-run", times=1)
def record_deleted(bench: Bench) -> str:
    with bench.start() as program:
        program.wait_until(bench.later())
        if not program.over:
            (bench.folder / "run/run.json").unlink(missing_ok=True)
        return bench.outcome(program)


def _losing(bench: Bench, lose: Callable[[Path], object]) -> str:
    """A run that loses what it has written, as soon as it has written steps, has failed and says so."""
    run = bench.folder / "run"
    with bench.start("env.steps_per_episode=6000") as program:
        while not program.over and not any((run / "metrics/steps.parquet").glob("*.parquet")):
            time.sleep(0.05)
        assert not program.over, program.errors
        lose(run)
        code = program.end()
        assert program.orphans() == []
    status = json.loads((run / "run.json").read_text())["status"] if (run / "run.json").exists() else "no record"
    assert code == 1 and status in ("failed", "no record"), (code, status)
    return f"exit {code}, {status}"
