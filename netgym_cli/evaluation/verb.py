"""`netgym evaluate`: from its arguments to the folder with its results."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from netgym_cli.config.schema import plain, require
from netgym_cli.evaluation import report
from netgym_cli.evaluation.contest import Contest, Evaluation
from netgym_cli.evaluation.request import parse
from netgym_cli.experiment.caveats import tell_caveats
from netgym_cli.jobs.pool import SessionFailed
from netgym_cli.wrappers.required_simulators import check_simulators


def evaluate(
    args: Sequence[str],
    config_dirs: Sequence[str | Path],
    baseline: str | None,
    jobs: int | None,
    output: Path | None,
    trust: bool,
    command: Sequence[str],
) -> tuple[Evaluation, Path]:
    """Plays what `args` ask for and writes the results to a folder; returns both.

    Raises:
        ConfigError: the user can fix it; nothing was played and no folder made.
        SessionFailed: a session failed; the message ends in a command that plays it alone.
    """
    request = parse(args, config_dirs, trust, jobs)
    require(baseline is None or baseline in request.contenders, "--baseline", baseline, ", ".join(request.contenders))
    contest = Contest.of(request.config, request.contenders, request.seeds, request.episodes, trust)
    check_simulators(request.config)
    tell_caveats([request.config])
    agents = {label: report.told(contender) for label, contender in request.contenders.items()}
    record = {"command": list(command), "config": plain(request.config.env), "agents": agents}
    with report.new_folder(output) as folder:
        try:
            evaluation = contest.play(request.jobs, baseline)
        except SessionFailed as error:
            options = [
                *(["--trust"] if trust else []),
                *(arg for config_dir in config_dirs for arg in ("--config-dir", str(config_dir))),
            ]
            alone = shlex.join(
                ["netgym", "evaluate", *request.alone(error.label, error.seed, error.training), *options]
            )
            error.add_note(f"Reproduce it with: {alone}")
            raise
        report.write(evaluation, folder, record)
    return evaluation, folder
