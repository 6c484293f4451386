"""All runs, versions, hashes and commands."""

from __future__ import annotations

import shlex
from typing import Any

import pandas as pd

from netgym_cli.analysis.evaluated import RECORD
from netgym_cli.analysis.report.drawn import Block, Commands, Drawn, Section, Table
from netgym_cli.analysis.report.material import Material
from netgym_cli.analysis.report.sections.failures import command
from netgym_cli.common.bounded import read_json
from netgym_cli.runs.contents import FILES
from netgym_cli.runs.folder import METRICS

PLACE = 110
HASHED = (f"{METRICS}/", "model.", "agent/")  # how the names of tables and models begin
MOST_COMMANDS = 100


def section(material: Material) -> Section:
    """Tables of runs, versions and hashes, and the commands."""
    evaluations = [_record(folder / RECORD) for folder in material.evaluations]
    blocks: list[Block] = []
    if material.runs:
        blocks.append(Table(Drawn("runs", pd.DataFrame([_run(reported) for reported in material.runs])), "All runs."))
    made = [*(reported.record for reported in material.runs), *evaluations]
    if rows := _versions(made):
        blocks.append(Table(Drawn("versions", pd.DataFrame(rows)), "Versions, machines and states of the repository."))
    if hashes := _hashes(material):
        told = "SHA-256 of tables and models, as the runs noted them."
        blocks.append(Table(Drawn("hashes", pd.DataFrame(hashes)), told, True))
    commands = [command(reported) for reported in material.runs]
    played = [record["command"] for record in evaluations if isinstance(record.get("command"), list)]
    commands += [shlex.join(map(str, words)) for words in played]
    if known := [line for line in dict.fromkeys(commands) if line]:
        blocks += [f"Commands{'' if len(known) <= MOST_COMMANDS else f', {MOST_COMMANDS} of {len(known)}'}:",
                   Commands(known[:MOST_COMMANDS])]  # fmt: skip
    return Section("Runs, versions, hashes", blocks)


def _run(reported: Any) -> dict[str, Any]:
    now = reported.now
    return {
        "run": str(reported.folder), "state": now.status, "env": now.env, "agent": now.agent, "seed": now.seed,
        "steps": now.steps, "planned": now.planned_steps, "episodes": now.episodes, "mean return": now.mean_return,
        "last tenth": now.last_return, "steps/s": now.steps_per_s, "wall, s": now.wall_s, "host": now.host,
        "recoveries": reported.record.get("recoveries"),
    }  # fmt: skip


def _versions(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is in the records, with the number of those that say so."""
    found: dict[tuple[str, str], int] = {}
    for record in records:
        told = {**_mapping(record.get("versions")), "cpu": _mapping(record.get("machine")).get("cpu")}
        git = _mapping(record.get("git"))
        told["git"] = f"{git.get('commit')}{' with changes' if git.get('dirty') else ''}" if git else None
        for name, value in told.items():
            if value is not None:
                found[name, str(value)] = found.get((name, str(value)), 0) + 1
    return [
        {"what": name, "value": value, "runs and evaluations": count} for (name, value), count in sorted(found.items())
    ]


def _hashes(material: Material) -> list[dict[str, Any]]:
    return [
        {"run": str(reported.folder), "file": name, "SHA-256": value}
        for reported in material.runs
        for name, value in _mapping(reported.record.get(FILES)).items()
        if name.startswith(HASHED)
    ]


def _record(path: Any) -> dict[str, Any]:
    try:
        return _mapping(read_json(path))
    except (OSError, ValueError):
        return {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
