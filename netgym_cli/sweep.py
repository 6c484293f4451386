"""A grid of runs: every point is checked before the first is launched, and every job is a process of its own.

So a crash in one job ends no other, whatever Hydra launcher starts them.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig

from netgym_cli.compose import Composer, save_resolved, typed_run

# What a job that ends by itself exits with; anything else means that it was killed and could not say so.
ENDED_BY_ITSELF = (0, 1, 2, 128 + signal.SIGINT, 128 + signal.SIGTERM)


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
    points = [typed_run(Composer(point, config_dirs).compose()) for point in grid(composer)]
    from netgym_cli import run  # slow to import, and the user's mistakes are known by now

    for point in points:
        run.check(point)
    batches = composer.multirun(partial(run_job, config_dirs=composer.folders))
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


def run_job(config: DictConfig, config_dirs: Sequence[Path]) -> Job:
    """Trains `config` in a process of its own and waits for it; fails never, but says so in the returned `Job`."""
    folder = save_resolved(config)
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
        child.send_signal(signal.SIGINT)
        child.wait()
        raise
    finally:
        child.stdin.close()  # type: ignore[union-attr]
    return Job(folder, failure(folder, code))


def failure(folder: Path, code: int) -> str | None:
    """Why the job in `folder` failed, or None; marks the run record of a job that could not do it itself."""
    if code == 0:
        return None
    if code in ENDED_BY_ITSELF:
        return f"exit {code}"
    from netgym_cli.metrics import run_record

    reason = f"killed by {signal.Signals(-code).name}" if code < 0 else f"died with exit {code}"
    run_record.mark_dead(folder, reason)
    return reason
