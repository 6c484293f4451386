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
    """The new dataset: id, folder, and numbers of files, episodes and steps.

    `unnumbered` are the names of files that end in no number, so that their seeds are only their places in the list.
    """

    id: str
    folder: Path
    files: int
    episodes: int
    steps: int
    unnumbered: tuple[str, ...] = ()


def import_trajectories(paths: Sequence[Path], name: str | None, env: str | None, command: list[str]) -> Imported:
    """Makes one dataset of the files.

    Args:
        paths: files, or folders of files.
        name: id of the dataset; None: after the folder or the file.
        env: name of the base environment, such as `nqos_split`, that the data is of; None: unknown.
        command: the command line, for the metadata.

    Raises:
        ConfigError: a file holds anything else, files contradict each other, or the id exists; nothing is written.
        OSError: a file cannot be read, or the dataset cannot be written; nothing is left.
    """
    if env is not None and env not in env_registry.names():
        raise ConfigError(
            f"{unknown('base environment', env, env_registry.names())} For a variant, such as nqos_split_light, "
            "give its base environment."
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
            for number, episode in enumerate(trajectory.episodes()):
                derived.append(replace(episode, about={"seed": seed, "episode": number, "file": path.name}))
        writer = derived.writer
    unnumbered = tuple(path.name for path in files if _number(path) is None)
    steps = int(writer.metadata["total_steps"])
    return Imported(dataset_id, writer.folder, len(files), writer.total_episodes, steps, unnumbered)


def _seeds(files: Sequence[Path]) -> list[int]:
    """Each file's seed: the number that its name ends in, else its index."""
    paths_by_seed: dict[int, Path] = {}
    for index, path in enumerate(files):
        seed = index if (number := _number(path)) is None else number
        if seed in paths_by_seed:
            raise ConfigError(
                f"'{paths_by_seed[seed]}' and '{path}' are both of seed {seed}, the number that their names end "
                "in (else their index); rename one, or import them into two datasets."
            )
        paths_by_seed[seed] = path
    return list(paths_by_seed)


def _number(path: Path) -> int | None:
    """The number that a file's name ends in, if it can be a seed."""
    number = re.search(r"([0-9]{1,10})$", path.stem)
    return int(number[1]) if number and int(number[1]) < MOST_SEED else None


def _default_id(paths: Sequence[Path], files: Sequence[Path]) -> str:
    folders = {path.resolve().parent for path in files}
    if len(files) == 1 and not paths[0].is_dir():
        stem = files[0].stem
    elif len(folders) == 1:
        stem = folders.pop().name
    else:
        raise ConfigError("the files are in several folders; name the dataset with --name NAMESPACE/NAME-v0.")
    dataset_id = f"networkgym/{re.sub(r'[^-_a-zA-Z0-9]+', '_', stem)}-v0"
    assert ID.fullmatch(dataset_id)
    return dataset_id


def _spaces(trajectory: Trajectory) -> tuple[spaces.Box, spaces.Box]:
    features, links = trajectory.states.shape[1], trajectory.actions.shape[1]
    return spaces.Box(-np.inf, np.inf, (features,), np.float32), spaces.Box(0.0, 1.0, (links,), np.float32)


def _require_alike(first: Trajectory, first_path: Path, later: Trajectory, path: Path) -> None:
    for name in ("states", "actions"):
        first_size, size = (getattr(trajectory, name).shape[1] for trajectory in (first, later))
        if first_size != size:
            raise ConfigError(
                f"{name} have {first_size} entries in '{first_path}' and {size} in '{path}'; import them apart."
            )
