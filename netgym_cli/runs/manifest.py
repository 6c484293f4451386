"""`manifest.json`: which files a run wrote, by their hashes, signed as a whole with the user's key.

It binds the files of a run to each other: the config is noted at the start, a model or checkpoint when it is saved,
the record when the run ends, until it goes on. A file that was changed, or comes from another run, no longer agrees
with it; a folder from elsewhere has none with this user's signature. Without a key it says only that it could not be
signed.
"""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netgym_cli.common.files import write_json
from netgym_cli.runs import signing

log = logging.getLogger(__name__)
FORMAT = 1
PURPOSE = b"netgym manifest\n"  # what is signed begins with it, so that no other signature can stand for this one
MOST_BYTES = 16 * 2**20
_refused: set[str] = set()


@dataclass(frozen=True)
class Manifest:
    """What a manifest file says.

    Attributes:
        path: the file.
        exists: whether it is there.
        signed: whether this user signed what it says.
        sums: path in the run's folder to SHA-256; empty unless it is signed.
        keyless: whether it says that there was no key to sign it with.
    """

    path: Path
    exists: bool
    signed: bool
    sums: dict[str, str]
    keyless: bool = False

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """The manifest in this file; whatever cannot be read is signed by nobody."""
        if not path.is_file():
            return cls(path, path.is_symlink() or path.exists(), False, {})
        try:
            with path.open("rb") as file:
                content = json.loads(file.read(MOST_BYTES))
            sums, claimed = content["files"], content["signature"]
            if claimed is None:
                return cls(path, True, False, {}, keyless=True)
            signed = content["format"] == FORMAT and signing.verify(_message(sums), claimed.encode())
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls(path, True, False, {})
        return cls(path, True, signed, dict(sums) if signed else {})

    def notes(self, file: Path) -> bool:
        """Whether it says anything of this file of the run."""
        return self._name(file) in self.sums

    def agrees(self, file: Path, content: bytes) -> bool:
        """Whether the run wrote `content` to this file."""
        return self.signed and self.sums.get(self._name(file)) == _sum(content)

    def with_file(self, file: Path, content: bytes) -> Manifest:
        """The same with what the run is about to write, or has written, to this file."""
        return Manifest(self.path, self.exists, True, {**self.sums, self._name(file): _sum(content)})

    def without_file(self, file: Path) -> Manifest:
        """The same without what it says of this file."""
        left = {name: noted for name, noted in self.sums.items() if name != self._name(file)}
        return Manifest(self.path, self.exists, True, left)

    def write(self) -> None:
        """Signs and writes it, atomically. Without a key, or where nothing can be written, it only warns.

        One that is there keeps its signature when the key has gone; where there is none, one without is written.
        """
        try:
            content = {"format": FORMAT, "files": self.sums, "signature": signing.signature(_message(self.sums))}
            write_json(self.path, content)
        except (OSError, signing.NoKey) as error:
            self._warn(error)
            if isinstance(error, signing.NoKey) and not self.exists:
                with suppress(OSError):
                    write_json(self.path, {"format": FORMAT, "files": {}, "signature": None, "reason": str(error)})

    def _warn(self, error: Exception) -> None:
        if str(error) not in _refused:  # for a run that saves many checkpoints, once
            _refused.add(str(error))
            log.warning("'%s' could not be signed: %s. Loading it may need trust (--trust)", self.path.parent, error)

    def _name(self, file: Path) -> str:
        return file.relative_to(self.path.parent).as_posix()


def _message(sums: dict[str, Any]) -> bytes:
    return PURPOSE + json.dumps([FORMAT, sums], sort_keys=True).encode()


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
