"""What to do about episodes that are damaged or missing, by how their dataset was made."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def repair_hint(metadata: Mapping[str, Any], folder: Path, what: str = "it") -> str:
    """How to get lost episodes back, a part of a sentence; empty for a dataset that was made elsewhere.

    Args:
        metadata: netgym's metadata of the dataset, which is not trusted.
        folder: the dataset's folder.
        what: the pronoun for the episodes, `it` or `them`.
    """
    if "sources" in metadata:
        return f"delete '{folder}' and merge its sources again"
    if "imported_from" in metadata:
        return f"delete '{folder}' and import its files again"
    if "plan" not in metadata:
        return ""
    command = metadata.get("command")
    if not (isinstance(command, list) and command[:2] == ["netgym", "collect"]):
        return f"the command that collected it records {what} again"
    shown = shlex.join(map(str, command))
    return f"`{''.join(letter if letter.isprintable() else '?' for letter in shown)}` records {what} again"
