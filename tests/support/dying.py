"""Trainings in processes of their own that kill themselves, as `kill -9` does, at a moment that a test chooses."""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from netgym_cli.agents.builtin import cleanrl_ppo
from netgym_cli.config.compose import Composer
from netgym_cli.experiment.config import run_of
from netgym_cli.experiment.resume import resume
from netgym_cli.runs import checkpoints
from netgym_cli.runs.recorder import Recorder
from tests.experiment.test_loaded_agent import trained
from tests.support.interrupted import checkpoints_at, digest

MOMENTS = ".moments"  # beside the run's folder: of an optimizer that the run does not save
PLACES = {"step": (Recorder, "step"), "checkpoint": (checkpoints, "_packed")}


class Kill(NamedTuple):
    """The call, from 1, of this place at whose beginning the process ends."""

    place: str
    call: int


def last_words(words: Sequence[str], folder: Path, every: int, kill: Kill | None = None) -> int:
    """Trains in `folder`, or goes on there, in a new process.

    Args:
        words: of the command line.
        folder: of the run.
        every: a checkpoint is taken at every so many of the moments at which the agent asks.
        kill: where the process ends; None: it does not.

    Returns:
        Its exit status: 0, or minus the number of the signal that ended it.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    state = os.environ["XDG_STATE_HOME"]
    process = context.Process(target=_train, args=(list(words), folder, every, kill, state))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _train(words: list[str], folder: Path, every: int, kill: Kill | None, state: str) -> None:
    os.environ["XDG_STATE_HOME"] = state
    with checkpoints_at(every), _moments_kept(folder), pytest.MonkeyPatch.context() as patch:
        if kill is not None:
            _die(patch, kill)
        if (folder / "run.json").exists():
            resume(folder)
        else:
            trained(run_of(Composer(words)), folder)


def _die(patch: pytest.MonkeyPatch, kill: Kill) -> None:
    place, name = PLACES[kill.place]
    original, calls = getattr(place, name), [0]

    def call(*arguments: Any) -> Any:
        calls[0] += 1
        if calls[0] == kill.call:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments)

    patch.setattr(place, name, call)


@contextmanager
def _moments_kept(folder: Path) -> Any:
    import torch

    def update(policy: Any, optimizer: Any, *rest: Any) -> None:
        original(policy, optimizer, *rest)
        torch.save(optimizer.state_dict(), folder.with_suffix(MOMENTS))

    original = cleanrl_ppo.update
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cleanrl_ppo, "update", update)
        yield


def moments_of(folder: Path) -> str | None:
    """Hash of the optimizer's state after its last update, where a run does not save it; else None."""
    import torch

    path = folder.with_suffix(MOMENTS)
    return digest(torch.load(path, weights_only=True)) if path.is_file() else None
