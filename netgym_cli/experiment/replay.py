"""`netgym replay`: a run is done once more from its folder, and compared with it to the bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from omegaconf import OmegaConf

from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs
from netgym_cli.config.schema import RunConfig
from netgym_cli.experiment import launch
from netgym_cli.experiment.conditions import changed_conditions
from netgym_cli.experiment.config import groups_of, own_values, typed_run
from netgym_cli.runs.below import run_at
from netgym_cli.runs.claim import claimed
from netgym_cli.runs.comparison import Comparison, compare
from netgym_cli.runs.folder import RunFolder


@dataclass(frozen=True)
class Replay:
    """What came of doing a run once more.

    Attributes:
        run: folder of the run.
        folder: the new run's; None if it was not to be kept.
        found: how the two compare.
        remarks: what may make them differ, such as another version of a library.
        models: whether models were compared, too.
    """

    run: Path
    folder: Path | None
    found: Comparison
    remarks: tuple[str, ...]
    models: bool = True

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.found.differences

    def lines(self) -> list[str]:
        """All of it, human-readable."""
        told = [f"note: {remark}" for remark in self.remarks]
        told += [f"different: {difference.told()}" for difference in self.found.differences]
        if self.equal:
            rows = [f"{name} ({rows} row{'' if rows == 1 else 's'})" for name, rows in self.found.rows.items()]
            models = [f"{self.found.models} model{'' if self.found.models == 1 else 's'}"] if self.models else []
            told.append(f"equal to the bit: {', '.join([*rows, *models])}")
        return [*told, *([] if self.folder is None else [f"the new run: {self.folder}"])]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        differences = [difference._asdict() for difference in self.found.differences]
        return {
            "run": str(self.run),
            "folder": None if self.folder is None else str(self.folder),
            "equal": self.equal,
            "rows": self.found.rows,
            "models": self.found.models,
            "differences": differences,
            "remarks": list(self.remarks),
        }


def replay(
    folder: Path, output: Path | None = None, trust: bool = False, config_dirs: Sequence[str | Path] = ()
) -> Replay:
    """Does the run in `folder` once more, from its config and seeds, and compares tables and models.

    Args:
        folder: of the run, which must be complete; it is only read.
        output: where the new run is kept; None: nowhere.
        trust: take its config even if it names code and is not as a run of this user here wrote it.
        config_dirs: the user's conf directories, in which modules that the config names are looked for.

    Raises:
        ConfigError: there is no complete run, its networks were drawn afresh, or its config is refused.
        NetgymError, OSError: the new run failed.
    """
    from netgym_cli.experiment import run as program

    run, record, config = complete_run(folder, trust, config_dirs)
    command = ["netgym", "replay", str(folder)]
    with _place(output) as place:
        place.begin_like(run, OmegaConf.create(own_values(run, trust)))
        program.train(replace(config, tracker="none"), place.path, command)
        found = compare(run, place)
    return Replay(folder, output, found, remarks_on(record, config))


def complete_run(
    folder: Path, trust: bool, config_dirs: Sequence[str | Path]
) -> tuple[RunFolder, dict[str, Any], RunConfig]:
    """The run in `folder`, what its record says, and its config, checked. Raises `ConfigError` as `replay` does."""
    run = run_at(folder)
    if (status := (record := run.record()).get("status")) != "complete":
        raise ConfigError(
            f"the run in '{folder}' is not complete ({status}), so there is no end to compare with; "
            "`netgym resume` goes on with one that ended early."
        )
    conf_dirs.make_importable(conf_dirs.user_dirs(config_dirs))
    config = replace(typed_run(own_values(run, trust)), choices=groups_of(run))
    launch.check(config)
    if config.env.random_seed is None:
        raise ConfigError(
            f"the networks of the run in '{folder}' were drawn afresh (env.random_seed is null), and would be others; "
            "give a run with seeds."
        )
    return run, record, config


def remarks_on(record: Mapping[str, Any], config: RunConfig) -> tuple[str, ...]:
    """A sentence if the numbers of the run need not come out again here."""
    changed = changed_conditions(record, config)
    return (f"the two need not be equal to the bit: {'; '.join(changed)}",) if changed else ()


@contextmanager
def _place(output: Path | None) -> Iterator[RunFolder]:
    """Where the new run goes: a folder that is claimed for it, or one that is gone in the end."""
    if output is None:
        with TemporaryDirectory(prefix="netgym-replay-") as temporary:
            yield RunFolder(Path(temporary))
        return
    with claimed(RunFolder(output), "--output") as claim:
        yield claim.folder
