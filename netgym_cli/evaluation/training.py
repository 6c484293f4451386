"""A training from Python, with the evaluation at its end: what `netgym train` does, without printing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from netgym_cli.common import interruption
from netgym_cli.evaluation.at_end import evaluate_at_end
from netgym_cli.experiment import launch
from netgym_cli.experiment.summary import Summary
from netgym_cli.runs.folder import RunFolder


def train(overrides: Sequence[str], config_dirs: Sequence[str | Path] = ()) -> Summary:
    """Trains in a new run folder, and evaluates the agent as the config asks for.

    Args:
        overrides: as on the command line, such as `["env=rmcat", "agent=sac", "seed=1"]`.
        config_dirs: conf directories of your own.

    Returns:
        The summary of the run; `outcome` is what the evaluation found, as `run.json` has it under `evaluation`.

    Raises:
        ConfigError: the config is wrong, or the folder is taken; no folder was made.
        NetgymError, OSError: training failed, and the folder keeps what there was; or the evaluation did
            (`EndEvaluationFailed`), and the training is complete.
        KeyboardInterrupt: interrupted; tables are complete, and what was learnt is kept.
    """
    command = ["netgym", "train", *(f"--config-dir={config_dir}" for config_dir in config_dirs), *overrides]
    with interruption.handled():
        return evaluated(launch.train(overrides, config_dirs, command), command)


def evaluated(summary: Summary, command: Sequence[str]) -> Summary:
    """The summary of a complete run with the outcome of its evaluation. Raises as `evaluate_at_end` does."""
    evaluate_at_end(summary, command)
    return replace(summary, outcome=RunFolder(Path(summary.folder)).record().get("evaluation"))
