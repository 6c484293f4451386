"""Where the object file of one C++ source is kept: named after all that went into it."""

import hashlib
import re
from pathlib import Path

INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.MULTILINE)


def object_path(folder: Path, source: Path, headers: Path, key: str) -> Path:
    """The object file in `folder` for `source`, the headers it includes by quotes, and `key`.

    Args:
        folder: where object files are kept.
        source: the C++ file.
        headers: directory that quoted includes are searched in after the source's own.
        key: compiler and flags.
    """
    digest = hashlib.sha256(key.encode())
    for file in sorted(_closure(source, headers)):
        digest.update(file.name.encode() + file.read_bytes())
    return folder / f"{source.stem}-{digest.hexdigest()[:16]}.o"


def _closure(source: Path, headers: Path) -> set[Path]:
    found, ahead = set(), [source]
    while ahead:
        file = ahead.pop()
        if file in found or not file.is_file():
            continue
        found.add(file)
        for name in INCLUDE.findall(file.read_text(encoding="utf-8")):
            beside = file.parent / name
            ahead.append(beside if beside.is_file() else headers / name)
    return found
