"""Why an episode that is played again may come out differently: what has changed since the dataset was begun."""

from __future__ import annotations

import json
from pathlib import Path

from netgym_cli.common.machine import differences, machine
from netgym_cli.common.provenance import git_state, versions
from netgym_cli.datasets.paths import METADATA


def why_different(folder: Path) -> str:
    """What has changed since the dataset in `folder` was begun, as far as it is recorded, and what to do."""
    noted = json.loads((folder / "data" / METADATA).read_text())["netgym"]
    code = differences(noted.get("versions") or {}, versions())
    before, now = noted.get("git"), git_state()
    if before and now and before != now:
        dirty = " (with changes)" if now["dirty"] else ""
        code.append(f"the commit in the working directory was {before['commit'][:12]}, is {now['commit'][:12]}{dirty}")
    here = machine()
    known = [differences(there, here) for there in noted.get("machines") or []]
    computer = min(known, key=len, default=[])
    advice = " Continue as it was begun, or collect under another name=."
    if computer:
        return (
            f"it was begun on another kind of machine ({'; '.join([*computer, *code])}), where what an agent has "
            f"learnt, or the environment, gives numbers with other last digits.{advice}"
        )
    if code:
        return f"what computes it has changed ({'; '.join(code)}).{advice}"
    return (
        "the machine and the versions are those it was begun with, so the agent or the environment has changed, or "
        "draws without its seed. Collect under another name=."
    )
