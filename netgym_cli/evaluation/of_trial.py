"""What a trial of a search is worth: its agent, as the training left it, on networks apart from all others."""

from __future__ import annotations

import logging
from math import isfinite
from pathlib import Path
from statistics import fmean
from typing import Any

from netgym_cli.common import interruption
from netgym_cli.common.errors import NetgymError
from netgym_cli.config.schema import RunConfig
from netgym_cli.evaluation.rollout import measure
from netgym_cli.experiment.config import config_of
from netgym_cli.experiment.run import make_agent
from netgym_cli.experiment.task import Task
from netgym_cli.jobs.search.trial import TrialFile
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.record import OBJECTIVE, note_objective
from netgym_cli.wrappers.required_simulators import prepare_simulators

log = logging.getLogger(__name__)


def measure_trial(folder: Path, trust: bool = False) -> None:
    """Measures the agent of the complete run in `folder` if it is a trial of a search and not measured yet.

    The record of the run has the outcome; a measurement that fails is one, too.

    Raises:
        KeyboardInterrupt: interrupted; it can be made up for.
        ConfigError, OSError: the record cannot be read or written.
    """
    asked, run = TrialFile.read(folder), RunFolder(folder)
    if asked is None or run.record().get(OBJECTIVE) is not None:
        return
    interruption.reopen()
    try:
        outcome = _outcome(config_of(folder, trust), asked, folder, trust)
    except (NetgymError, OSError) as error:
        outcome = {"error": f"it could not be measured: {type(error).__name__}: {error}".splitlines()[0]}
    finally:
        interruption.settle()
    note_objective(run, outcome)
    log.info("%s is %s", asked.objective, outcome.get("value", outcome.get("error")))


def _outcome(config: RunConfig, asked: TrialFile, folder: Path, trust: bool) -> dict[str, Any]:
    prepare_simulators(config)
    trained = folder if make_agent(config).needs_training else None
    figures = [measure(Task.of(config, trained, trust, seed, asked.episodes)) for seed in asked.seeds]
    means = {name: fmean(figure[name] for figure in figures) for name in figures[0]}
    value = means.get(asked.objective)
    told = {"name": asked.objective, "metrics": means, "seeds": list(asked.seeds), "episodes": asked.episodes}
    if value is None or not isfinite(value):
        return {**told, "error": f"its {asked.objective} is {value}, which is no number to compare"}
    return {**told, "value": value}
