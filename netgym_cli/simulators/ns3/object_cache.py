"""Where the object file of one C++ source is kept: named after all that went into it."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.MULTILINE)


def object_path(folder: Path, source: Path, headers: Sequence[Path], key: str) -> Path:
    """The object file in `folder` for `source`, the headers it includes by quotes, and `key`.

    Args:
        folder: where object files are kept.
        source: the C++ file.
        headers: directories that quoted includes are searched in, in order, after the including file's own.
        key: compiler and flags.
    """
    digest = hashlib.sha256(key.encode())
    named = sorted((f"{file.parent.name}/{file.name}", file) for file in _closure(source, headers))
    for name, file in named:  # in one order, wherever their folders are
        digest.update(name.encode() + file.read_bytes())
    return folder / f"{source.stem}-{digest.hexdigest()[:16]}.o"


def _closure(source: Path, headers: Sequence[Path]) -> set[Path]:
    found, ahead = set(), [source]
    while ahead:
        file = ahead.pop()
        if file in found or not file.is_file():
            continue
        found.add(file)
        for name in INCLUDE.findall(file.read_text(encoding="utf-8")):
            places = (folder / name for folder in (file.parent, *headers))
            ahead += [place for place in places if place.is_file()][:1]
    return found
