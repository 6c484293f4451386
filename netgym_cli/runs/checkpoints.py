"""Checkpoints that `netgym resume` goes on from: the newest two, in folders that appear whole, of arrays and JSON only.

    resume/step_000004096/   state.json  arrays.npz  actions.npz
    resume/rows_00000002.npz

A checkpoint is a folder that was renamed into its place. What only grows, such as a replay buffer, is stored in
portions of its own, which checkpoints refer to. Nothing in them can run code: no pickle is written or read.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from netgym_cli.common.bounded import read_json
from netgym_cli.common.files import replacing
from netgym_cli.runs.folder import RunFolder
from netgym_cli.runs.plain_tree import join, split

FORMAT = 1
FOLDER = "resume"  # in the run's
KEPT = 2
STATE, ARRAYS, ACTIONS = "state.json", "arrays.npz", "actions.npz"
DAMAGES = (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, BadZipFile)


@dataclass(frozen=True)
class SavedState:
    """What a checkpoint holds.

    Attributes:
        step: steps of the run, or updates, until then.
        sessions: where the environment was, as `state` of the sessions tells it.
        tables: what the tables held.
        record: what the record of the run knew.
        learner: what the agent had learnt and drawn, in its own words.
        rows: what only grew, in the order in which it came.
    """

    step: int
    sessions: Any
    tables: Any
    record: Any
    learner: Any
    rows: tuple[Mapping[str, np.ndarray], ...] = ()


class Checkpoints:
    """The checkpoints of one run.

    Args:
        run: the run's folder.
    """

    def __init__(self, run: RunFolder) -> None:
        self._folder = run.path / FOLDER
        self._rows: dict[str, str] = {}  # portions that the next checkpoint refers to, too, with their hashes

    @property
    def steps(self) -> list[int]:
        """Those that are there, the newest first."""
        return sorted((int(path.name.removeprefix("step_")) for path in self._folder.glob("step_*")), reverse=True)

    def newest(self) -> tuple[SavedState | None, list[str]]:
        """The newest that can be read, None if there is none, and why newer ones cannot."""
        reasons: list[str] = []
        for step in self.steps:
            try:
                return self._read(step), reasons
            except DAMAGES as error:
                reasons.append(f"the checkpoint of step {step} is damaged ({str(error) or type(error).__name__})")
        return None, reasons

    def write(self, state: SavedState, whole: bool = True) -> None:
        """Adds a checkpoint and drops all but the newest two.

        Args:
            state: its `rows` are those since the last checkpoint.
            whole: these rows are all that there are; what earlier checkpoints have is not needed any more.

        Raises:
            OSError: the disk refuses it; those that are there remain.
            TypeError: it holds what only a pickle could store.
        """
        self._folder.mkdir(exist_ok=True)
        rows = {} if whole else dict(self._rows)
        rows |= dict(map(self._write_rows, state.rows))
        place = self._place(state.step)
        draft = self._folder / f".{place.name}.{os.getpid()}.tmp"
        shutil.rmtree(draft, ignore_errors=True)
        try:
            draft.mkdir()
            told, arrays = split({name: getattr(state, name) for name in ("tables", "record", "learner")})
            sessions, actions = split(state.sessions)
            (draft / ARRAYS).write_bytes(content := _packed(arrays))
            (draft / ACTIONS).write_bytes(_packed(actions))
            about = {"format": FORMAT, "step": state.step, "arrays": _sum(content), "rows": rows}
            text = json.dumps(about | {"state": told, "sessions": sessions})
            (draft / STATE).write_text(text)
            if place.exists():
                shutil.rmtree(place)
            draft.rename(place)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self._rows = rows
        self.forget(self.steps[KEPT:])

    def go_on_from(self, step: int | None) -> None:
        """Drops what is newer than the checkpoint of `step`, or all of them; the next one follows that one."""
        self._rows = {} if step is None else read_json(self._place(step) / STATE)["rows"]
        self.forget([newer for newer in self.steps if step is None or newer > step])

    def forget(self, steps: Sequence[int]) -> None:
        """Drops these checkpoints, and what no other one refers to."""
        for step in steps:
            shutil.rmtree(self._place(step), ignore_errors=True)
        needed = set(self._rows)
        for step in self.steps:
            try:
                needed |= set(read_json(self._place(step) / STATE)["rows"])
            except DAMAGES:
                continue
        for path in self._folder.glob("rows_*.npz"):
            if path.name not in needed:
                path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Drops all of them, as of a run that is complete."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _place(self, step: int) -> Path:
        return self._folder / f"step_{step:09d}"

    def _write_rows(self, portion: Mapping[str, np.ndarray]) -> tuple[str, str]:
        """Name and hash of a new file with this portion."""
        numbers = [int(path.stem.removeprefix("rows_")) for path in self._folder.glob("rows_*.npz")]
        name = f"rows_{max(numbers, default=-1) + 1:08d}.npz"
        with replacing(self._folder / name) as hidden:
            hidden.write_bytes(content := _packed(portion))
        return name, _sum(content)

    def _read(self, step: int) -> SavedState:
        place = self._place(step)
        about = read_json(place / STATE)
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']}, and this netgym reads {FORMAT}")
        content = (place / ARRAYS).read_bytes()
        rows = {name: (self._folder / name).read_bytes() for name in about["rows"]}
        for name, expected in {ARRAYS: about["arrays"], **about["rows"]}.items():
            if _sum(rows.get(name, content)) != expected:
                raise ValueError(f"{name} is not as it was written")
        told = join(about["state"], _unpacked(content))
        sessions = join(about["sessions"], _unpacked((place / ACTIONS).read_bytes()))
        parts = (sessions, told["tables"], told["record"], told["learner"])
        return SavedState(about["step"], *parts, tuple(map(_unpacked, rows.values())))


def _packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    file = BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _unpacked(content: bytes) -> dict[str, np.ndarray]:
    with np.load(BytesIO(content), allow_pickle=False) as file:
        return dict(file)


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
