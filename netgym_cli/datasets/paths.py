"""Where datasets are stored and how their ids are formed: `namespace/.../name-v0`."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netgym_cli.common import suggestions
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.home import home

METADATA = "metadata.json"
LONGEST = 200  # bytes of a part of an id: file systems take 255, and hidden names are longer
ALIKE = 0.6  # of two spellings that mean the same: share of letters that agree
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
ID = re.compile(r"(?:[-_\w]+/)*[-_\w]+-v\d+")  # as Minari reads it


def root() -> Path:
    """The folder that holds all datasets; it need not exist. Raises `ConfigError` if nothing says which."""
    if chosen := os.environ.get("MINARI_DATASETS_PATH"):
        return Path(chosen)
    try:
        return home() / ".minari" / "datasets"
    except FileNotFoundError as error:
        raise ConfigError(f"{error.strerror}; let MINARI_DATASETS_PATH name the folder of datasets.") from error


def folder_of(dataset_id: str) -> Path:
    """The folder of a dataset, which need not exist. Raises `ConfigError` for an invalid id."""
    if not ID.fullmatch(dataset_id):
        raise ConfigError(
            f"'{dataset_id}' is not an id of a dataset; allowed: letters, digits, - and _ in parts joined by /, and a "
            "version at the end, such as netgym/nqos_split/system_default-v0."
        )
    return root() / dataset_id


def require_place(dataset_id: str) -> Path:
    """The folder of a dataset, existing or new.

    Raises:
        ConfigError: it is not an id, a part of it is too long for a file name, or it is inside another dataset.
    """
    folder = folder_of(dataset_id)
    if longest := max((part for part in dataset_id.split("/") if len(part.encode()) > LONGEST), key=len, default=""):
        raise ConfigError(f"'{longest}' has {len(longest)} letters; allowed: {LONGEST} bytes in a part of a name.")
    for parent in list(folder.relative_to(root()).parents)[:-1]:
        if (root() / parent / "data" / METADATA).is_file():
            raise ConfigError(f"'{dataset_id}' would be inside the dataset '{parent.as_posix()}'; choose another name.")
    return folder


@contextmanager
def writing(
    where: str, advice: str = "get write permission, or let MINARI_DATASETS_PATH name another folder"
) -> Iterator[None]:
    """Raises `ConfigError` instead of the `OSError` for a place that may not be written to.

    Args:
        where: the place, as in "the dataset in '/data/x'".
        advice: what to do next, a part of a sentence.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FORBIDDEN:
            raise
        raise ConfigError(f"cannot write to {where}: {error.strerror}; {advice}.") from error


def ids() -> list[str]:
    """Ids of all datasets, sorted. Raises `ConfigError` if the root is not a folder."""
    base, known = root(), []
    if base.exists() and not base.is_dir():
        raise ConfigError(
            f"'{base}', the folder of datasets, is not a folder; MINARI_DATASETS_PATH chooses another one."
        )
    for folder, inner, _ in os.walk(base):
        if (Path(folder) / "data" / METADATA).is_file():
            known.append(Path(folder).relative_to(base).as_posix())
            inner.clear()  # thousands of episodes
    return sorted(dataset_id for dataset_id in known if ID.fullmatch(dataset_id))


def require_known(dataset_id: str) -> Path:
    """The folder of an existing dataset. Raises `ConfigError` with the nearest id that exists."""
    if ID.fullmatch(dataset_id) and ((folder := folder_of(dataset_id)) / "data" / METADATA).is_file():
        return folder
    known = ids()
    hint = suggestions.hint(_nearest(dataset_id, known))
    if not ID.fullmatch(dataset_id):
        try:
            folder_of(dataset_id)
        except ConfigError as error:
            raise ConfigError(f"{error}{hint}") from error
    raise ConfigError(
        f"unknown dataset '{dataset_id}'.{hint} Known: {', '.join(known) or 'none'}. They are in {root()} "
        "(MINARI_DATASETS_PATH chooses another folder); `netgym collect` makes one."
    )


def _nearest(wanted: str, known: list[str]) -> str:
    """The id that ends like `wanted` apart from the version, or has a similar spelling; empty if there is none."""
    ending = f"/{_unversioned(wanted)}"
    if same := [dataset_id for dataset_id in known if f"/{_unversioned(dataset_id)}".endswith(ending)]:
        return same[0]
    name = _name(wanted)
    alike = suggestions.all_alike(wanted, known, ALIKE)
    return next((dataset_id for dataset_id in alike if suggestions.likeness(name, _name(dataset_id)) >= ALIKE), "")


def _unversioned(dataset_id: str) -> str:
    return re.sub(r"-v\d*$", "", dataset_id)


def _name(dataset_id: str) -> str:
    return _unversioned(dataset_id).rpartition("/")[2]
