"""`netgym evaluate`: from its arguments to the folder with its results."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netgym_cli.config.schema import plain, require
from netgym_cli.evaluation import report
from netgym_cli.evaluation.contest import Contest, Evaluation
from netgym_cli.evaluation.grid import GridEvaluation, Point, points_of
from netgym_cli.evaluation.request import Request, parse
from netgym_cli.experiment.caveats import tell_caveats
from netgym_cli.jobs.pool import SessionFailed
from netgym_cli.wrappers.required_simulators import check_simulators

log = logging.getLogger(__name__)


def evaluate(
    args: Sequence[str],
    config_dirs: Sequence[str | Path],
    baseline: str | None,
    jobs: int | None,
    output: Path | None,
    trust: bool,
    command: Sequence[str],
) -> tuple[Evaluation | GridEvaluation, Path]:
    """Plays what `args` ask for and writes the results to a folder; returns both.

    Raises:
        ConfigError: the user can fix it; nothing was played and no folder made.
        SessionFailed: a session failed; the message ends in a command that plays it alone.
    """
    found = points_of(args, config_dirs, trust, jobs)
    keys, points, left_out = found or ((), [Point({}, parse(args, config_dirs, trust, jobs), {})], [])
    for run in left_out:
        log.warning("left out, not complete: %s", run)
    contests = [_contest(point.request, baseline, trust) for point in points]
    tell_caveats([point.request.config for point in points])
    record: dict[str, Any] = {"command": list(command)}
    if found is None:
        record |= {"config": plain(points[0].request.config.env), "agents": _agents(points[0].request)}
    with report.new_folder(output) as folder:
        played = []
        for point, contest in zip(points, contests, strict=True):
            try:
                played.append(contest.play(point.request.jobs, baseline))
            except SessionFailed as error:
                error.add_note(f"Reproduce it with: {_alone(error, point.request, trust, config_dirs)}")
                raise
        if found is None:
            report.write(played[0], folder, record)
            return played[0], folder
        of_agents = [
            {label: {**point.values, **point.of_runs.get(label, {})} for label in point.request.contenders}
            for point in points
        ]
        evaluation = GridEvaluation(keys, tuple(zip(of_agents, played, strict=True)))
        agents = [_agents(point.request) for point in points]
        report.write(evaluation, folder, record | {"agents": agents})
    return evaluation, folder


def _contest(request: Request, baseline: str | None, trust: bool) -> Contest:
    require(baseline is None or baseline in request.contenders, "--baseline", baseline, ", ".join(request.contenders))
    check_simulators(request.config)
    return Contest.of(request.config, request.contenders, request.seeds, request.episodes, trust)


def _agents(request: Request) -> dict[str, Any]:
    return {label: report.told(contender) for label, contender in request.contenders.items()}


def _alone(error: SessionFailed, request: Request, trust: bool, config_dirs: Sequence[str | Path]) -> str:
    """The command that plays the one session again that failed."""
    options = [
        *(["--trust"] if trust else []),
        *(arg for config_dir in config_dirs for arg in ("--config-dir", str(config_dir))),
    ]
    session = request.alone(error.label, error.seed, error.training)
    return shlex.join(["netgym", "evaluate", *session, *options])
