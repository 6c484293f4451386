"""The folder of a run: which files lie where in it, and what they say."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from netgym_cli.common.bounded import parsed_yaml, read_bytes, read_json
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import write_json
from netgym_cli.common.provenance import now
from netgym_cli.runs import signing
from netgym_cli.runs.manifest import Manifest

if TYPE_CHECKING:
    import pandas as pd

RECORD, METRICS, HYDRA, MANIFEST, RESERVE = "run.json", "metrics", ".hydra", "manifest.json", ".reserve"
CHECKPOINTS, MODELS = "checkpoints", "models"  # folders of models besides the one of the run's end
PRUNED = "pruned"  # status of a trial of a search that ended early
PROCESS_DIED = "ProcessDied"  # type of the error of a run whose process could not tell what ended it
STEPS, STATS, EPISODES, SESSIONS = "steps.parquet", "stats.parquet", "episodes.csv", "sessions.csv"  # in METRICS
RECORDED, DELAYS = "recorded.parquet", "delays.parquet"  # there, too; the latter of networks with packets


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run, which need not exist yet. Files are read when a method asks for them, not before.

    Attributes:
        path: the folder.
    """

    path: Path

    @classmethod
    def of_model(cls, path: Path) -> RunFolder:
        """The folder of the run that saved this model or checkpoint."""
        return cls(path.parent.parent if path.parent.name in (CHECKPOINTS, MODELS) else path.parent)

    @property
    def record_path(self) -> Path:
        """`run.json`: what ran and how it ended."""
        return self.path / RECORD

    @property
    def config_path(self) -> Path:
        """The composed config, as YAML."""
        return self.path / HYDRA / "config.yaml"

    @property
    def metrics(self) -> Path:
        """The folder of the tables."""
        return self.path / METRICS

    @property
    def evaluations_path(self) -> Path:
        """The table of evaluations on the way through a training."""
        return self.metrics / "evaluations.csv"

    @property
    def last_evaluation(self) -> Path:
        """The folder of the evaluation that follows a training."""
        return self.path / "evaluation"

    @property
    def model_path(self) -> Path:
        """The model of a Stable-Baselines3 agent."""
        return self.path / "model.zip"

    @property
    def weights_path(self) -> Path:
        """The model of an agent that saves arrays by name."""
        return self.path / "model.npz"

    @property
    def agent_files(self) -> Path:
        """The folder that a user's agent saves its files in."""
        return self.path / "agent"

    @property
    def agent_record_path(self) -> Path:
        """The class and the hashes of what lies in `agent_files`."""
        return self.path / "agent.json"

    @property
    def tensorboard(self) -> Path:
        """The folder of the learner's own log."""
        return self.path / "tb"

    @property
    def error_path(self) -> Path:
        """The traceback of a run that failed."""
        return self.path / "error.txt"

    @property
    def reserve_path(self) -> Path:
        """Keeps room on the disk for the end of the run, and claims the folder for it; there only while it runs."""
        return self.path / RESERVE

    @property
    def holds_run(self) -> bool:
        """Whether a run was begun here."""
        return self.record_path.is_file()

    @property
    def checkpoints(self) -> Path:
        """The folder of the models that were saved on the way, `step_N.zip` after so many steps or updates."""
        return self.path / CHECKPOINTS

    def new_checkpoint(self, steps: int) -> Path:
        """Where the model after so many steps or updates is to be saved; makes the folder of checkpoints."""
        self.checkpoints.mkdir(exist_ok=True)
        return self.checkpoints / f"step_{steps:09d}.zip"

    @property
    def best_model(self) -> Path:
        """The model that was best in the evaluations on the way."""
        return self.path / MODELS / "best.zip"

    def latest_checkpoint(self) -> Path | None:
        """The last model that was saved on the way; None if there is none."""
        return max(self.checkpoints.glob("step_*.zip"), default=None)

    @staticmethod
    def require_config_in(name: str | None) -> None:
        """Raises `ConfigError` unless `name`, the folder that Hydra saves the config in, is where others look."""
        if name != HYDRA:
            raise ConfigError(
                f"hydra.output_subdir is {name!r}; allowed: {HYDRA}, where evaluate, plot and collect look for "
                "the config of a run. Leave it out."
            )

    def require_free(self, key: str) -> None:
        """Raises `ConfigError` if a run lies here already; `key` is the override that chooses another folder."""
        for name in (RECORD, METRICS):
            if (self.path / name).exists():
                raise ConfigError(f"{self.path.absolute()} holds a run already ({name}); choose another by {key}=PATH.")

    def record(self) -> dict[str, Any]:
        """What `run.json` says. Raises `ConfigError` if it holds no record of a run."""
        if not self.path.is_dir():
            raise ConfigError(f"'{self.path}' is neither the folder of a run nor KEY=VALUE.")
        try:
            content = read_json(self.record_path)
        except FileNotFoundError as error:
            raise ConfigError(f"'{self.path}' holds no run ({RECORD} is missing); give a run's own folder.") from error
        except ValueError as error:
            raise ConfigError(f"{self.record_path} cannot be read: {error}; give another run.") from error
        if not isinstance(content, dict):
            raise ConfigError(f"{self.record_path} holds no record of a run; give another run.")
        return content

    def status(self) -> str:
        """The record's word for how the run stands, such as `complete`; else `not begun` or `unreadable`."""
        if not self.holds_run:
            return "not begun"
        try:
            return str(self.record().get("status", "unreadable"))
        except ConfigError:
            return "unreadable"

    def seeds(self) -> frozenset[int]:
        """Seeds of all sessions that the run trained on or chose its best model by, and of those behind its beginning.

        Raises `ConfigError` as `record` does.
        """
        record = self.record()
        seeds = [*record.get("seeds", []), *record.get("learnt_on", []), *record.get("selected_on", [])]
        return frozenset(seed for seed in seeds if isinstance(seed, int))

    def mark_dead(self, reason: str) -> None:
        """For a parent that saw the run's process die: turns `running` into `failed` for `reason`, and nothing else."""
        if not self.holds_run:
            return
        if self.status() == "running":
            record = self.record()
            record |= {"status": "failed", "ended_at": now(), "error": {"type": PROCESS_DIED, "message": reason}}
            write_json(self.record_path, record)
        self.reserve_path.unlink(missing_ok=True)

    def config(self) -> dict[str, Any]:
        """The whole config as plain nested values. Raises `ConfigError` if it is missing or no YAML."""
        try:
            return _mapping(self.config_path)
        except FileNotFoundError as error:
            raise ConfigError(
                f"'{self.path}' has no {HYDRA}/{self.config_path.name}; give the folder of a run of `netgym train`."
            ) from error
        except (yaml.YAMLError, ValueError, OmegaConfBaseException) as error:
            raise ConfigError(f"{self.config_path} cannot be read: {error}; give another run.") from error

    def save_config(self, config: DictConfig) -> None:
        """Replaces the config by the values of this one, without interpolations, and begins a manifest with it."""
        OmegaConf.save(config, self.config_path, resolve=True)
        empty = Manifest(self._manifest_path, False, False, {})
        empty.with_file(self.config_path, self.config_path.read_bytes()).write()

    def begin_like(self, other: RunFolder, config: DictConfig) -> None:
        """Makes the folder with this config, and with what the folder of `other` tells of how it was chosen."""
        shutil.copytree(other.path / HYDRA, self.path / HYDRA)
        self.save_config(config)

    def sign(self, file: Path, content: bytes | None = None) -> None:
        """Notes in the manifest that the run has written this file, or is about to write `content` to it."""
        manifest = self.manifest()
        if not manifest.keyless:  # what was not signed at the start stays so, or the config would count as changed
            manifest.with_file(file, file.read_bytes() if content is None else content).write()

    def take_back(self, file: Path) -> None:
        """Lets the manifest say nothing of this file, which is about to change and to be signed again later."""
        if (manifest := self.manifest()).notes(file):
            manifest.without_file(file).write()

    def wrote(self, file: Path, content: bytes) -> bool:
        """Whether a run of this user wrote `content` to this file of the folder.

        A folder of the last release has no manifest: its models bear a signature each.
        """
        if (manifest := self.manifest()).exists:
            return manifest.agrees(file, content)
        beside = file.with_name(f"{file.name}.sig")
        return beside.is_file() and signing.verify(content, beside.read_bytes())

    def require_unchanged(self, file: Path, content: bytes) -> None:
        """Raises `ConfigError` if a run of this user wrote something else than `content` to this file of the folder."""
        manifest = self.manifest()
        if manifest.notes(file) and not manifest.agrees(file, content):
            raise ConfigError(
                f"'{file}' is not the one that the run wrote; load it with trust (--trust) if it is meant."
            )

    def manifest(self) -> Manifest:
        """What `manifest.json` says now."""
        return Manifest.read(self._manifest_path)

    def doubt(self, manifest: Manifest | None = None) -> str | None:
        """Why config and record do not count as written by a run of this user, as a phrase; None if they do.

        Args:
            manifest: the folder's, if it has been read already.
        """
        manifest = manifest or self.manifest()
        if not manifest.exists:
            return f"it has no {MANIFEST}, so it comes from elsewhere, or from an earlier release"
        if manifest.keyless:
            return f"its {MANIFEST} could not be signed when it was made (no key), so it may come from elsewhere"
        if not manifest.signed:
            return f"its {MANIFEST} does not bear your signature, so it comes from elsewhere"
        for file in (self.config_path, self.record_path):
            expected = file == self.config_path or manifest.notes(file)  # the record is noted when the run has ended
            if expected and not (file.is_file() and manifest.agrees(file, read_bytes(file))):
                return f"its {file.relative_to(self.path)} is not the one that the run wrote"
        return None

    @property
    def _manifest_path(self) -> Path:
        return self.path / MANIFEST

    def choices(self) -> dict[str, str]:
        """Config group, such as `env`, to the name that its member was chosen by; empty if the folder does not tell."""
        try:
            chosen: Any = _mapping(self.path / HYDRA / "hydra.yaml")
        except (OSError, ValueError, yaml.YAMLError, OmegaConfBaseException):
            return {}
        for key in ("hydra", "runtime", "choices"):
            chosen = chosen.get(key) if isinstance(chosen, dict) else None
        named = chosen.items() if isinstance(chosen, dict) else ()
        return {str(group): str(name) for group, name in named if name is not None}

    def overrides(self) -> list[str]:
        """The overrides that made the run, as on the command line."""
        return list(_loaded(self.path / HYDRA / "overrides.yaml"))

    def episodes(self) -> pd.DataFrame:
        """The table of ended episodes, one row each; without rows or columns if none was written."""
        import pandas as pd

        path = self.metrics / EPISODES
        return pd.read_csv(path) if path.is_file() else pd.DataFrame()


def _mapping(path: Path) -> dict[str, Any]:
    """The nested values of a YAML file. Raises `ValueError` if it is no mapping."""
    values = OmegaConf.to_container(_loaded(path), resolve=False)
    if not isinstance(values, dict):
        raise ValueError("it is no mapping of keys to values")
    return {str(key): value for key, value in values.items()}


def _loaded(path: Path) -> Any:
    return parsed_yaml(read_bytes(path).decode(), OmegaConf.create)
