"""NetworkGym's offline data as a dataset: one trajectory per file, its seed from the file's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.provenance import now, versions
from netgym_cli.common.registry import unknown
from netgym_cli.compat.networkgym.offline_files import Trajectory, files_of, read
from netgym_cli.datasets.paths import ID
from netgym_cli.datasets.tools.derive import deriving
from netgym_cli.envs.base import env_registry

MOST_SEED = 2**31


@dataclass(frozen=True)
class Imported:
    """What came of it: the dataset's id and folder, and how much it holds."""

    id: str
    folder: Path
    files: int
    episodes: int
    steps: int


def import_files(paths: Sequence[Path], name: str | None, env: str | None, command: list[str]) -> Imported:
    """Makes one dataset of the files.

    Args:
        paths: files, or folders of files.
        name: id of the dataset; None: after the folder or the file.
        env: name of the base environment, such as `nqos_split`, that the data is of; None: not noted.
        command: the command line, for the metadata.

    Raises:
        ConfigError: a file holds anything else, files contradict each other, or the id exists; nothing is left.
        OSError: a file cannot be read, or the disk refused the dataset; nothing is left.
    """
    if env is not None and env not in env_registry.names():
        raise ConfigError(
            f"{unknown('base environment', env, env_registry.names())} A variant, such as nqos_split_light, goes "
            "by the one that it is a variant of."
        )
    files = files_of(paths)
    seeds = _seeds(files)
    dataset_id = name or _default_id(paths, files)
    label = dataset_id.rpartition("/")[2].rpartition("-v")[0]
    noted = {
        "format": 1,
        "complete": True,
        "env": {"name": env} if env else None,
        "label": label,
        "action_source": "as recorded in the files",
        "seeds": sorted(seeds),
        "layout": [],
        "versions": versions(),
        "imported_from": [path.name for path in files],
        "command": command,
        "started_at": now(),
    }
    first = read(files[0])
    with deriving(dataset_id, *_spaces(first), {"algorithm_name": label}, noted) as derived:
        for path, seed in zip(files, seeds, strict=True):
            trajectory = read(path)
            _require_alike(first, files[0], trajectory, path)
            for episode, one in enumerate(trajectory.episodes()):
                derived.append(replace(one, about={"seed": seed, "episode": episode, "file": path.name}))
        writer = derived.writer
    return Imported(dataset_id, writer.folder, len(files), writer.total_episodes, int(writer.metadata["total_steps"]))


def _seeds(files: Sequence[Path]) -> list[int]:
    """Each file's seed: the number that its name ends in, else its place."""
    found: dict[int, Path] = {}
    for place, path in enumerate(files):
        number = re.search(r"([0-9]{1,10})$", path.stem)
        seed = int(number[1]) if number and int(number[1]) < MOST_SEED else place
        if seed in found:
            raise ConfigError(
                f"'{found[seed]}' and '{path}' are both of seed {seed}, the number that their names end in (else their "
                "place); rename one, or import them into two datasets."
            )
        found[seed] = path
    return list(found)


def _default_id(paths: Sequence[Path], files: Sequence[Path]) -> str:
    folders = {path.resolve().parent for path in files}
    if len(files) == 1 and not paths[0].is_dir():
        stem = files[0].stem
    elif len(folders) == 1:
        stem = folders.pop().name
    else:
        raise ConfigError("the files lie in several folders; name the dataset with --name NAMESPACE/NAME-v0.")
    dataset_id = f"networkgym/{re.sub(r'[^-_a-zA-Z0-9]+', '_', stem)}-v0"
    assert ID.fullmatch(dataset_id)
    return dataset_id


def _spaces(trajectory: Trajectory) -> tuple[spaces.Box, spaces.Box]:
    features, links = trajectory.states.shape[1], trajectory.actions.shape[1]
    return spaces.Box(-np.inf, np.inf, (features,), np.float32), spaces.Box(0.0, 1.0, (links,), np.float32)


def _require_alike(first: Trajectory, first_path: Path, other: Trajectory, path: Path) -> None:
    for name in ("states", "actions"):
        one, two = (getattr(trajectory, name).shape[1] for trajectory in (first, other))
        if one != two:
            raise ConfigError(f"{name} have {one} entries in '{first_path}' and {two} in '{path}'; import them apart.")
