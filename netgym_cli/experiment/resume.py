"""`netgym resume`: a run that was killed, interrupted or failed goes on as if nothing had happened."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netgym_cli.agents.base import agent_registry
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.locks import Lock
from netgym_cli.common.provenance import versions
from netgym_cli.config import conf_dirs
from netgym_cli.config.schema import RunConfig
from netgym_cli.experiment import launch
from netgym_cli.experiment.conditions import changed_conditions
from netgym_cli.experiment.config import groups_of, own_values, typed_run
from netgym_cli.experiment.going_on import GoingOn
from netgym_cli.runs.below import run_at
from netgym_cli.runs.checkpoints import Checkpoints
from netgym_cli.runs.folder import RunFolder

if TYPE_CHECKING:
    from netgym_cli.experiment.summary import Summary

log = logging.getLogger(__name__)


def resume(folder: Path, trust: bool = False, config_dirs: Sequence[str | Path] = ()) -> Summary | None:
    """Goes on with the run in `folder` from its newest checkpoint, or from its beginning if it has none.

    What comes of it equals what would have come of the run without an interruption, to the bit, as long as machine and
    versions are the same; what is not is told and noted in the record.

    Args:
        folder: of the run.
        trust: take its config even if it names code and is not as a run of this user here wrote it.
        config_dirs: the user's conf directories, in which modules that the config names are looked for.

    Returns:
        What the run's end is; None for a run that was complete: nothing was done.

    Raises:
        ConfigError: there is no run, it is under way, another version of netgym began it, or its config is refused.
        ReplayDiffers: the session under way did not repeat; the folder is as it was.
        NetgymError, OSError: the run failed again.
    """
    run = run_at(folder)
    if run.record().get("status") == "complete":
        return None
    conf_dirs.make_importable(conf_dirs.user_dirs(config_dirs))
    with _alone(run):
        record = run.record()
        _require_same_version(run, record)
        config = replace(typed_run(own_values(run, trust)), choices=groups_of(run))
        launch.check(config)
        saved, damages = Checkpoints(run).newest()
        remarks = [*damages, *_unequal(record, config)]
        for remark in remarks:
            log.warning("note: %s", remark)
        log.warning("note: %s", _from(saved.step if saved else 0, config))
        return launch.go_on(GoingOn(run, record, saved, tuple(remarks)), config, config_dirs)


@contextmanager
def _alone(run: RunFolder) -> Iterator[None]:
    """Inside it no other process goes on with the run. Raises `ConfigError` if one does."""
    there = run.reserve_path.exists()
    try:
        lock = Lock(run.reserve_path)
    except BlockingIOError as error:
        pid = run.record().get("pid")
        raise ConfigError(
            f"the run in '{run.path}' is still under way (process {pid}); wait for its end, or interrupt it first."
        ) from error
    try:
        yield
    finally:
        lock.release(remove=not there)


def _require_same_version(run: RunFolder, record: Mapping[str, Any]) -> None:
    before, now = (record.get("versions") or {}).get("netgym"), versions()["netgym"]
    if before != now:
        raise ConfigError(
            f"the run in '{run.path}' was begun by netgym {before}, and this is {now}, which need not do the same with "
            f"its config; resume it with netgym {before}, or begin a run with init={run.path}."
        )


def _unequal(record: Mapping[str, Any], config: RunConfig) -> list[str]:
    """A sentence if results may differ from those of a run that nothing interrupted."""
    found = changed_conditions(record, config)
    return (
        [f"the run goes on, but need not equal one without interruption to the bit: {'; '.join(found)}"]
        if found
        else []
    )


def _from(step: int, config: RunConfig) -> str:
    agent = agent_registry.load(config.agent.name)
    if step:
        return f"the run goes on from {'update' if agent.needs_dataset else 'step'} {step}"
    why = "it has no checkpoint yet" if agent.resumes else f"agent {config.name_of('agent')} makes no checkpoints"
    return f"the run begins anew, because {why}"
