"""Simulators behind a relay on this machine, in a folder for sockets of the test's own."""

import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from netgym_cli.envs.make import make_env
from netgym_cli.simulators.remote import daemon
from netgym_cli.simulators.remote.sites import Sites
from tests.support.network import PATIENCE_S, dead

RELAY = [sys.executable, "-P", "-m", "netgym_cli", "relay"]
ALONE = [*RELAY, "--alone"]


@contextmanager
def sockets_of_its_own():
    """A runtime folder, short enough for sockets; whoever serves there is ended."""
    folder = Path(tempfile.mkdtemp(prefix="ng"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        patch.setattr(Sites, "shared", {})
        try:
            yield folder
        finally:
            if told := daemon.status():
                os.kill(told["pid"], signal.SIGKILL)
                assert ended([told["pid"]])
            shutil.rmtree(folder)


def ended(pids, patience_s=PATIENCE_S) -> bool:
    """Waits for the end of all these processes, but not for longer."""
    until_s = time.monotonic() + patience_s
    while not all(map(dead, pids)) and time.monotonic() < until_s:
        time.sleep(0.02)
    return all(map(dead, pids))


def session(command, steps=40, name="rmcat", simulator=None, **keys):
    """An environment whose simulator is behind `command`; None: here."""
    elsewhere = {} if command is None else {"command": list(command)}
    keys = {"steps_per_episode": steps, "episodes_per_session": 1} | keys
    return make_env(name, seed=7, simulator=elsewhere | (simulator or {}), **keys)


def walked(env, steps=40, before=lambda step: None):
    """Rewards and measurements of random actions and empty ones."""
    env.reset(seed=7)
    env.action_space.seed(3)
    told = []
    for step in range(steps):
        before(step)
        _, reward, _, _, info = env.step(None if step % 7 == 3 else env.action_space.sample())
        told.append((reward, info.stats.ts_ms, info.stats.events, np.asarray(info.stats.values).tobytes()))
    env.close()
    return told
