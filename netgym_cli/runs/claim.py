"""A run folder belongs to one run: the claim on it is taken before anything is written, and by one of several only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.runs.folder import HYDRA, METRICS, RunFolder


class Claim:
    """A run folder that is now this process's, made if need be.

    The file that keeps room on the disk while the run goes on is the claim on it: of several processes one makes it.

    Args:
        folder: where the run is going to be.
        key: the override that chooses another folder.

    Raises:
        ConfigError: a run lies there, or is about to; nothing was changed.
        OSError: the folder cannot be made; nothing is left of it.
    """

    def __init__(self, folder: RunFolder, key: str) -> None:
        self.folder = RunFolder(folder.path.absolute())
        path = self.folder.path
        self._made = [parent for parent in (path, *path.parents) if not parent.exists()]
        self._hydra_was_there = (path / HYDRA).exists()
        self._begun = False
        self.folder.require_free(key)
        try:
            path.mkdir(parents=True, exist_ok=True)
            self.folder.reserve_path.open("x").close()
        except FileExistsError as error:
            self._remove_what_was_made()
            self.folder.require_free(key)
            raise NotADirectoryError(error.errno, "it is no folder", str(folder.path)) from error
        except OSError as error:
            self._remove_what_was_made()
            raise OSError(error.errno, error.strerror, str(folder.path)) from error
        try:
            self.folder.require_free(key, claimed=True)  # another run may have come and gone since the first look
        except ConfigError:
            self.folder.reserve_path.unlink()
            raise

    def keep(self) -> None:
        """A run is going to begin here: `give_back` leaves the folder as it is."""
        self._begun = True

    def give_back(self) -> None:
        """Removes what was made here, unless a run has begun."""
        if self._begun or self.folder.holds_run:
            return
        if self.folder.path in self._made:
            shutil.rmtree(self.folder.path, ignore_errors=True)
        else:
            for name in (METRICS, *([] if self._hydra_was_there else [HYDRA])):
                shutil.rmtree(self.folder.path / name, ignore_errors=True)
            self.folder.reserve_path.unlink(missing_ok=True)
        self._remove_what_was_made()

    def _remove_what_was_made(self) -> None:
        for folder in self._made:
            with suppress(OSError):  # somebody else has put something into it
                os.rmdir(folder)


@contextmanager
def claimed(folder: RunFolder, key: str) -> Iterator[Claim]:
    """A `Claim` that is given back in the end, unless a run has begun. Raises as `Claim` does."""
    claim = Claim(folder, key)
    try:
        yield claim
    finally:
        claim.give_back()


def require_apart(folders: list[Path], key: str) -> None:
    """Raises `ConfigError` if two of these run folders are the same; `key` is the override that tells them apart."""
    numbers: dict[Path, int] = {}
    for number, folder in enumerate(folders):
        first = numbers.setdefault(folder.resolve(), number)
        if first != number:
            raise ConfigError(
                f"the jobs {first} and {number} would both be in {folder.absolute()}; each needs a folder of its own: "
                f"let {key} name what differs, as in '{key}=${{hydra.job.num}}'."
            )
