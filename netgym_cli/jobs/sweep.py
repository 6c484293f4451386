"""A grid of runs: every point is checked before the first is launched, and every job is a process of its own.

So a crash in one job ends no other, whatever Hydra launcher starts them.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import DictConfig

from netgym_cli.config import output_dirs
from netgym_cli.config.compose import Composer
from netgym_cli.experiment.config import typed_run
from netgym_cli.experiment.launch import check, save_composed

# What a job that ends by itself exits with; anything else means that it was killed and could not say so.
ENDED_BY_ITSELF = (0, 1, 2, *(128 + number for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)))
ASKED, PATIENCE_S = 3, 10.0  # how often, and how long each time, an interrupted job is let end by itself

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """How one job of a sweep ended.

    Attributes:
        folder: its run folder.
        error: why it failed, or None.
    """

    folder: Path
    error: str | None


def sweep(overrides: Sequence[str], config_dirs: Sequence[str | Path]) -> list[Job]:
    """Runs the grid that `overrides` span. Raises `ConfigError` before anything is launched if a point is wrong."""
    composer = Composer(overrides, config_dirs)
    points = list(grid(composer))
    for config in [typed_run(Composer(point, config_dirs).compose()) for point in points]:
        check(config)
    whole = composer.whole(RunMode.MULTIRUN)
    for number, point in enumerate(points):
        with composer.errors_explained():
            job = composer.hydra.config_loader.load_sweep_config(whole, point)
        output_dirs.require_free_job(job, number)
    begun: list[Path] = []
    try:
        batches = composer.multirun(partial(run_job, config_dirs=composer.folders, total=len(points), begun=begun))
    except KeyboardInterrupt as interrupt:
        done = max(0, len(begun) - 1)  # the last one was interrupted
        where = f"; sweep folder: {begun[0].parent}" if begun else ""
        interrupt.add_note(f"{done} of {len(points)} jobs had ended, {len(points) - done} are missing{where}")
        raise
    return [job.return_value for batch in batches or [] for job in batch]


def grid(composer: Composer) -> Iterator[list[str]]:
    """The overrides of every point. Values that only a sweeper of another kind can draw (`interval(...)`) are left out.

    Raises:
        ConfigError: an override that cannot be parsed.
    """
    with composer.errors_explained():
        parser = OverridesParser.create(config_loader=composer.hydra.config_loader)
        axes: list[list[str]] = []
        for override in parser.parse_overrides(composer.task_overrides):
            if not override.is_sweep_override():
                axes.append([str(override.input_line)])
            elif override.is_discrete_sweep():
                axes.append([f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()])
    return map(list, itertools.product(*axes))


def run_job(config: DictConfig, config_dirs: Sequence[Path], total: int, begun: list[Path]) -> Job:
    """Trains `config` in a process of its own and waits for it; fails never, but says so in the returned `Job`.

    Args:
        config: what to train.
        config_dirs: conf directories whose modules the job may import.
        total: number of jobs in the sweep, for the log.
        begun: gets the job's folder.
    """
    folder = save_composed(config, config_dirs)
    begun.append(folder)
    hydra = HydraConfig.get()
    told = {"env": hydra.runtime.choices["env"], "agent": hydra.runtime.choices["agent"], "seed": config.seed}
    told |= dict(override.split("=", 1) for override in hydra.overrides.task if "=" in override)
    log.info("job %s/%s: %s", hydra.job.num, total, " ".join(f"{key}={value}" for key, value in told.items()))
    search = [*map(str, config_dirs), str(Path.cwd())]
    if inherited := os.environ.get("PYTHONPATH"):
        search.append(inherited)
    child = subprocess.Popen(
        [sys.executable, "-m", "netgym_cli", "job", str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(search)},
        stdin=subprocess.PIPE,  # its end tells the child that this process is gone
        process_group=0,  # a Ctrl-C reaches the child once, from here
    )
    try:
        code = child.wait()
    except BaseException:
        _end(child)
        failure(folder, child.returncode)
        raise
    finally:
        child.stdin.close()  # type: ignore[union-attr]
    return Job(folder, failure(folder, code))


def _end(child: subprocess.Popen[bytes]) -> None:
    """Lets the job complete its tables; kills it if it does not.

    SIGTERM, because a job of a background shell may have been told to ignore SIGINT; and more than once, because
    Python loses an exception that a signal raises inside a weak reference's callback.
    """
    for _ in range(ASKED):
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE_S)
            return
    child.kill()
    child.wait()


def failure(folder: Path, code: int) -> str | None:
    """Why the job in `folder` failed, or None; marks the run record of a job that could not do it itself."""
    if code == 0:
        return None
    from netgym_cli.runs import record as run_record

    if code in ENDED_BY_ITSELF:
        path = folder / run_record.NAME
        error = json.loads(path.read_text())["error"] if path.is_file() else None
        said = f"{error['type']}: {error['message']}".strip(": ").splitlines()[0] if error else ""
        return f"{said} (exit {code})".strip()
    reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"died with exit {code}"
    run_record.mark_dead(folder, reason)
    return reason
