"""Runs that are not complete: why, and the command that runs them again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pandas as pd

from netgym_cli.analysis.report.drawn import Block, Commands, Drawn, Section, Table
from netgym_cli.analysis.report.material import Material, ReportedRun

PLACE = 100
JOBS = "jobs.csv"  # of a sweep
MOST_COMMANDS = 50


def section(material: Material) -> Section | None:
    """A row for each, and the commands; jobs of a sweep that never began are among them."""
    rows = [_row(reported) for reported in material.runs if reported.now.status != "complete"]
    rows += _never_began(material)
    if not rows:
        return None
    table = pd.DataFrame(rows)
    blocks: list[Block] = [Table(Drawn("failures", table.drop(columns="reproduce")))]
    commands = [row["reproduce"] for row in rows if row["reproduce"]]
    if commands:
        further = "" if len(commands) <= MOST_COMMANDS else f" (the first {MOST_COMMANDS} of {len(commands)})"
        blocks += [f"Each is run alone by{further}:", Commands(commands[:MOST_COMMANDS])]
    if resumable := [
        reported for reported in material.runs if reported.now.status in ("died", "interrupted", "failed")
    ]:
        onward = [shlex.join(["netgym", "resume", str(run.folder)]) for run in resumable[:MOST_COMMANDS]]
        blocks += ["Those with a checkpoint go on by:", Commands(onward)]
    return Section("Runs that are not complete", blocks)


def _row(reported: ReportedRun) -> dict[str, Any]:
    now = reported.now
    return {
        "run": str(reported.folder), "state": now.status, "steps": now.steps, "planned": now.planned_steps,
        "reason": now.error or "", "reproduce": command(reported),
    }  # fmt: skip


def command(reported: ReportedRun) -> str:
    """The command line that reproduces a run; empty if its record does not say."""
    words = reported.record.get("command")
    return shlex.join(map(str, words)) if isinstance(words, list) else ""


def _never_began(material: Material) -> list[dict[str, Any]]:
    begun = {reported.folder.resolve() for reported in material.runs}
    return [row for folder in material.given for row in _jobs(folder, begun)]


def _jobs(folder: Path, begun: set[Path]) -> list[dict[str, Any]]:
    """The jobs of a sweep that have no folder of a run yet."""
    try:
        jobs = pd.read_csv(folder / JOBS, dtype=str, keep_default_na=False)
        return [
            {"run": str(folder / job["folder"]), "state": job["status"], "steps": 0, "planned": 0,
             "reason": job["reason"], "reproduce": job["reproduce"]}
            for job in jobs.to_dict("records")
            if job["status"] != "complete" and (folder / job["folder"]).resolve() not in begun
        ]  # fmt: skip
    except (OSError, ValueError, KeyError):  # no sweep, or a file of somebody else
        return []
