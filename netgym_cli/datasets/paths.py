"""Where datasets lie and how they are called: `namespace/.../name-v0`."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netgym_cli.common import suggestions
from netgym_cli.common.errors import ConfigError

METADATA = "metadata.json"
LONGEST = 200  # bytes of a part of an id: file systems take 255, and hidden names are longer
ALIKE = 0.6  # of two spellings that mean the same: share of letters that agree
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
ID = re.compile(r"(?:[-_\w]+/)*[-_\w]+-v\d+")  # as Minari reads it


def root() -> Path:
    """The folder that holds all datasets; it need not exist."""
    return Path(os.environ.get("MINARI_DATASETS_PATH") or Path.home() / ".minari" / "datasets")


def folder_of(dataset_id: str) -> Path:
    """The folder of a dataset, which need not exist. Raises `ConfigError` for what is no id."""
    if not ID.fullmatch(dataset_id):
        raise ConfigError(
            f"'{dataset_id}' is no id of a dataset; allowed: letters, digits, - and _ in parts joined by /, and a "
            "version at the end, such as netgym/nqos_split/system_default-v0."
        )
    return root() / dataset_id


def require_place(dataset_id: str) -> Path:
    """The folder of a dataset, where one is or could be made.

    Raises:
        ConfigError: it is no id, a part of it is too long for a file, or it lies inside another dataset.
    """
    folder = folder_of(dataset_id)
    if longest := max((part for part in dataset_id.split("/") if len(part.encode()) > LONGEST), key=len, default=""):
        raise ConfigError(f"'{longest}' has {len(longest)} letters; allowed: {LONGEST} bytes in a part of a name.")
    for parent in list(folder.relative_to(root()).parents)[:-1]:
        if (root() / parent / "data" / METADATA).is_file():
            raise ConfigError(
                f"'{dataset_id}' would lie inside the dataset '{parent.as_posix()}'; choose another name."
            )
    return folder


@contextmanager
def writing(
    where: str, way: str = "get leave to write there, or let MINARI_DATASETS_PATH name another folder"
) -> Iterator[None]:
    """Raises `ConfigError` instead of the `OSError` for a place that may not be written to.

    Args:
        where: the place, as in "the dataset in '/data/x'".
        way: what to do next, a part of a sentence.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FORBIDDEN:
            raise
        raise ConfigError(f"cannot write to {where}: {error.strerror}; {way}.") from error


def ids() -> list[str]:
    """Ids of all datasets, sorted. Raises `ConfigError` if the root is no folder."""
    base, found = root(), []
    if base.exists() and not base.is_dir():
        raise ConfigError(f"'{base}', where datasets lie, is no folder; MINARI_DATASETS_PATH chooses another one.")
    for folder, inner, _ in os.walk(base):
        if (Path(folder) / "data" / METADATA).is_file():
            found.append(Path(folder).relative_to(base).as_posix())
            inner.clear()  # thousands of episodes
    return sorted(one for one in found if ID.fullmatch(one))


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
        f"unknown dataset '{dataset_id}'.{hint} Known: {', '.join(known) or 'none'}. They lie in {root()} "
        "(MINARI_DATASETS_PATH chooses another folder); `netgym collect` makes one."
    )


def _nearest(wanted: str, known: list[str]) -> str:
    """The id that ends in what is wanted, but for the version, or that is spelled alike; empty if none does."""
    ending = f"/{_unversioned(wanted)}"
    if same := [one for one in known if f"/{_unversioned(one)}".endswith(ending)]:
        return same[0]
    name = _name(wanted)
    alike = suggestions.all_alike(wanted, known, ALIKE)
    return next((other for other in alike if suggestions.likeness(name, _name(other)) >= ALIKE), "")


def _unversioned(dataset_id: str) -> str:
    return re.sub(r"-v\d*$", "", dataset_id)


def _name(dataset_id: str) -> str:
    return _unversioned(dataset_id).rpartition("/")[2]
