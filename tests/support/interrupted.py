"""Runs that are cut off at some step as a kill would, and what two runs have to have in common to be equal."""

import hashlib
import io
import json
import shutil
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from netgym_cli.experiment.resume_points import RunResumePoints
from netgym_cli.runs.recorder import Recorder

WALL = ("wall_ms", "wall_s")
LISTS = {"bins", "counts"}  # columns of lists


class Killed(BaseException):
    """Nothing catches it but the test: the run's folder was copied at that moment."""


@contextmanager
def checkpoints_at(every: int = 1):
    """Inside it, checkpoints are due at every so many of the moments at which an agent asks."""
    asked = [0]

    def due(_: RunResumePoints) -> bool:
        asked[0] += 1
        return asked[0] % every == 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunResumePoints, "due", property(due))
        yield


@contextmanager
def killed_at(step: int, folder: Path, left: Path, method: str = "step", kind: Any = Recorder):
    """Inside it, the call of this number, from 1, ends the run in `folder`; what a kill leaves of it is in `left`."""
    calls, original = [0], getattr(kind, method)

    def call(self: Any, *arguments: Any, **keys: Any) -> Any:
        calls[0] += 1
        if calls[0] == step:
            shutil.copytree(folder, left)
            raise Killed
        return original(self, *arguments, **keys)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, method, call)
        with pytest.raises(Killed):
            yield


def outcome(run: Path) -> dict[str, str]:
    """What a run has come to, table by table and the model, each as a hash; times on the clock do not count."""
    told = {}
    for path in sorted((run / "metrics").iterdir()):
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        table = table.drop(columns=[name for name in WALL if name in table])
        for name in LISTS & set(table):
            table[name] = table[name].map(tuple)
        told[path.name] = hashlib.sha256(
            pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes()
        ).hexdigest()
        told[f"{path.name}, rows"] = str(len(table))
    model = hashlib.sha256()
    for name, content in _models(run):
        model.update(name.encode())
        _add(model, content)
    return told | {"model": model.hexdigest(), "status": json.loads((run / "run.json").read_text())["status"]}


def digest(content: Any) -> str:
    """The hash of arrays, tensors and plain values in mappings and lists."""
    found = hashlib.sha256()
    _add(found, content)
    return found.hexdigest()


def _models(run: Path) -> Any:
    import torch

    for path in (run / "model.zip", run / "models" / "best.zip"):
        if path.is_file():
            with zipfile.ZipFile(path) as archive:
                for name in sorted(name for name in archive.namelist() if name.endswith(".pth")):
                    yield name, torch.load(io.BytesIO(archive.read(name)), weights_only=True)
    if (run / "model.npz").is_file():
        yield "weights", dict(np.load(run / "model.npz"))


def _add(model: Any, content: Any) -> None:
    if isinstance(content, dict):
        for key, value in content.items():
            model.update(str(key).encode())
            _add(model, value)
    elif isinstance(content, list | tuple):
        for value in content:
            _add(model, value)
    else:
        array = content.detach() if hasattr(content, "detach") else content
        model.update(np.asarray(array).tobytes() if hasattr(array, "shape") else repr(array).encode())
