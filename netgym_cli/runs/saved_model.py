"""What a run has saved of its agent: the model of its end, or a checkpoint on the way there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.folder import RunFolder


@dataclass(frozen=True)
class SavedModel:
    """A model as the user names it: by the folder of its run, or by a file in that folder.

    Attributes:
        run: the run's folder.
        checkpoint: the file of a checkpoint, or of the best model; None: what the run saved at its end.
    """

    run: RunFolder
    checkpoint: Path | None = None

    @classmethod
    def at(cls, path: Path) -> Self:
        """The model that `path` names: `RUN`, `RUN/model.zip`, `RUN/model.npz`, `RUN/checkpoints/step_N.zip` or
        `RUN/models/best.zip`.

        Raises `ConfigError` for another file, and for the folder of the checkpoints.
        """
        folder = RunFolder(path.parent)
        if path.is_dir():
            if path == folder.checkpoints and folder.holds_run:
                raise ConfigError(f"'{path}' holds checkpoints; give one of them{_such_as(folder)}.")
            return cls(RunFolder(path))
        if path.is_file():
            if path in (folder.model_path, folder.weights_path):
                return cls(folder)
            run = RunFolder(path.parent.parent)
            if path != run.best_model and (path.parent != run.checkpoints or path.suffix != ".zip"):
                raise ConfigError(
                    f"'{path}' is no model of a run; give the folder of a run, its {folder.model_path.name}, or a "
                    f"checkpoint where the run has put it, in the run's {run.checkpoints.name}/."
                )
            return cls(run, path)
        if path.parent == RunFolder(path.parent.parent).checkpoints:
            run = RunFolder(path.parent.parent)
            raise ConfigError(f"there is no checkpoint '{path}'; give one that is there{_such_as(run)}.")
        return cls(RunFolder(path))

    def label(self, agent: str) -> str:
        """A name for the run's agent as it was then, such as `ppo@step_200`; `agent` itself at the end of the run."""
        if self.checkpoint is None:
            return agent
        kind, _, number = self.checkpoint.stem.rpartition("_")
        return f"{agent}@{kind}_{int(number)}" if number.isdecimal() else f"{agent}@{self.checkpoint.stem}"


def instead_of_final(run: RunFolder) -> str:
    """The advice to take a checkpoint, for a message about a run without a final model; empty if there is none."""
    latest = run.latest_checkpoint()
    return "" if latest is None else f", or its last checkpoint: '{latest}'"


def _such_as(run: RunFolder) -> str:
    latest = run.latest_checkpoint()
    return "" if latest is None else f", such as '{latest}'"
