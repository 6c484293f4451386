"""`netgym evaluate` from its words to its folder."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from netgym_cli.config.schema import plain, require
from netgym_cli.evaluation import report, request
from netgym_cli.evaluation.contest import Contest, Evaluation
from netgym_cli.jobs.pool import SessionFailed
from netgym_cli.wrappers.required_simulators import check_simulators


def evaluate(
    words: Sequence[str],
    config_dirs: Sequence[str | Path],
    baseline: str | None,
    jobs: int | None,
    output: Path | None,
    trust: bool,
    command: Sequence[str],
) -> tuple[Evaluation, Path]:
    """Plays what `words` ask for and writes it to a folder; returns both.

    Raises:
        ConfigError: the user can mend it; nothing was played and no folder made.
        SessionFailed: a session failed; the message ends in a command that plays it alone.
    """
    asked = request.parsed(words, config_dirs)
    require(baseline is None or baseline in asked.contenders, "--baseline", baseline, ", ".join(asked.contenders))
    contest = Contest.of(asked.config, asked.contenders, asked.seeds, asked.episodes, trust)
    check_simulators(asked.config)
    folder = report.new_folder(output)
    try:
        found = contest.play(jobs, baseline)
    except BaseException as error:
        with suppress(OSError):
            folder.rmdir()
        if not isinstance(error, SessionFailed):
            raise
        options = [
            *(["--trust"] if trust else []),
            *(word for one in config_dirs for word in ("--config-dir", str(one))),
        ]
        alone = shlex.join(["netgym", "evaluate", *asked.alone(error.label, error.seed), *options])
        error.add_note(f"Reproduce it with: {alone}")
        raise
    agents = {label: str(one) if isinstance(one, Path) else plain(one) for label, one in asked.contenders.items()}
    report.write(found, folder, {"command": list(command), "config": plain(asked.config.env), "agents": agents})
    return found, folder
