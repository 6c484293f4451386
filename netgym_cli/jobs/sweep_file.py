"""`sweep.json`: what a sweep is going to run. It is written once, before the first job, and tells no progress."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from netgym_cli import __version__
from netgym_cli.common.bounded import read_json
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import create_json
from netgym_cli.common.provenance import git_state, now
from netgym_cli.config.output_dirs import SWEEP_DIR
from netgym_cli.runs import signing

NAME, FORMAT = "sweep.json", 1
PURPOSE = b"netgym sweep\n"  # what is signed begins with it, so that no other signature can stand for this one
ELSEWHERE = f"or begin a sweep of its own elsewhere, by {SWEEP_DIR}=PATH"


@dataclass(frozen=True)
class Point:
    """One point of a grid.

    Attributes:
        number: its place in the grid, from 0.
        folder: its run folder, seen from the sweep's.
        overrides: what makes it, without what is Hydra's own.
        config: SHA-256 of its config, composed and resolved; see `config_sum`.
    """

    number: int
    folder: str
    overrides: tuple[str, ...]
    config: str


@dataclass(frozen=True)
class SweepFile:
    """What a sweep is going to run.

    Attributes:
        format: of the file, 1.
        netgym: version of netgym that wrote it.
        created_at: date and time, ISO 8601 in UTC.
        command: the command line.
        cwd: where it was typed.
        config_dirs: the user's conf directories, as they were given.
        overrides: the overrides that span the grid, as they were given.
        hydra: those that are Hydra's own and tell more than where the folders are.
        git: commit of the working directory, and whether it differs from that; None outside a repository.
        n_jobs: jobs at once, as asked for; None: as many as fit the cores.
        retries: how often a job that was killed is begun again.
        points: the grid; none of a search.
        search: what is searched, under `asked`, `seeds` and `config` (SHA-256 of the config of its plainest point);
            None: nothing is.
    """

    format: int
    netgym: str
    created_at: str
    command: tuple[str, ...]
    cwd: str
    config_dirs: tuple[str, ...]
    overrides: tuple[str, ...]
    hydra: tuple[str, ...]
    git: dict[str, Any] | None
    n_jobs: int | None
    retries: int
    points: tuple[Point, ...]
    search: dict[str, Any] | None = None

    @classmethod
    def new(cls, points: Sequence[Point], **said: Any) -> SweepFile:
        """What a sweep that begins now is going to run; `said` are the other attributes, which the command tells."""
        here = {"format": FORMAT, "netgym": __version__, "created_at": now(), "cwd": os.getcwd(), "git": git_state()}
        return _of_lists({**here, "points": tuple(points), **said})

    @classmethod
    def read(cls, folder: Path, trust: bool = True) -> SweepFile:
        """What the sweep in `folder` is going to run.

        Args:
            folder: the sweep's.
            trust: take it whoever wrote it; otherwise it must bear this user's signature, because what it says is
                going to be done.

        Raises:
            ConfigError: there is no sweep, or its file was changed, comes from a later release or from elsewhere.
        """
        path = folder / NAME
        try:
            content = read_json(path)
            signature, claimed = content.pop("signature"), content.pop("sha256")
            intact = claimed == _sum(content)
        except FileNotFoundError as error:
            raise ConfigError(
                f"'{folder}' holds no sweep ({NAME} is missing); give the folder that `netgym train -m` has told."
            ) from error
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"{path} cannot be read: {error}; restore it, {ELSEWHERE}.") from error
        if not intact:
            raise ConfigError(
                f"{path} was changed since it was written (its sha256 is not that of what it says); what a sweep runs "
                f"is decided at its start. Restore it, {ELSEWHERE}."
            )
        if content.get("format") != FORMAT:
            raise ConfigError(f"{path} has the format {content.get('format')!r}; this netgym knows {FORMAT}.")
        if not trust and not (isinstance(signature, str) and signing.verify(_message(content), signature.encode())):
            raise ConfigError(
                f"{path} does not bear your signature, so it comes from elsewhere, and what it says would be done. "
                "Look at it, and give it trust (--trust) only if you know who made it; docs/security.md says what that "
                "means."
            )
        points = tuple(Point(**{**point, "overrides": tuple(point["overrides"])}) for point in content["points"])
        return _of_lists({**content, "points": points})

    def create(self, folder: Path) -> None:
        """Writes it, complete from the first moment, and signs it. Raises `FileExistsError` if there is one already."""
        content = json.loads(json.dumps(asdict(self)))
        try:
            signature = signing.signature(_message(content))
        except signing.NoKey:
            signature = None
        create_json(folder / NAME, {**content, "sha256": _sum(content), "signature": signature})

    def require_version(self, folder: Path, force: bool) -> None:
        """Raises `ConfigError` if another netgym began it, unless there is `force`."""
        if self.netgym != __version__ and not force:
            raise ConfigError(
                f"the sweep in {folder} was begun by netgym {self.netgym}, and this is {__version__}, so its jobs may "
                f"not be comparable. --force goes on all the same; otherwise install that version, {ELSEWHERE}."
            )

    def require_same(self, folder: Path, points: Sequence[Sequence[str]], hydra: Sequence[str]) -> None:
        """Raises `ConfigError`, with the difference, if a command spans another grid than this one."""
        before = [point.overrides for point in self.points]
        asked = [tuple(point) for point in points]
        changes = differences(before, asked)
        if tuple(hydra) != self.hydra:
            old, new = (" ".join(said) or "not given" for said in (self.hydra, hydra))
            changes.append(f"Hydra's own part was {old}, is {new}")
        if changes:
            raise ConfigError(
                f"{folder} holds a sweep of another grid of {len(before)} jobs: {'; '.join(changes)}. "
                f"Give the same command (`netgym sweep --resume {folder}` does), {ELSEWHERE}."
            )


def differences(before: Sequence[Sequence[str]], now: Sequence[Sequence[str]]) -> list[str]:
    """In what two grids differ, as phrases; empty if they have the same points, in whatever order."""
    if sorted(map(list, before)) == sorted(map(list, now)):
        return []
    old, new = _axes(before), _axes(now)
    changed = [
        f"{key} was {','.join(old[key]) if key in old else 'not given'}, "
        f"is {','.join(new[key]) if key in new else 'not given'}"
        for key in {**old, **new}
        if old.get(key) != new.get(key)
    ]
    return changed or ["the same keys and values make other points, or come in another order"]


def config_sum(values: Mapping[str, Any]) -> str:
    """SHA-256 of a composed config without interpolations."""
    return _sum(json.loads(json.dumps(values, default=str)))


def _axes(points: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    """Key to its values, each once, in the order in which they come."""
    axes: dict[str, dict[str, None]] = {}
    for point in points:
        for override in point:
            key, _, value = override.partition("=")
            axes.setdefault(key, {})[value] = None
    return {key: list(values) for key, values in axes.items()}


def _of_lists(values: Mapping[str, Any]) -> SweepFile:
    """What these values describe, lists as tuples."""
    known = {field.name: values[field.name] for field in fields(SweepFile) if field.name in values}
    said: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in known.items()}
    return SweepFile(**said)


def _sum(content: Any) -> str:
    return hashlib.sha256(_canonical(content)).hexdigest()


def _message(content: Any) -> bytes:
    return PURPOSE + _canonical(content)


def _canonical(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True).encode()
