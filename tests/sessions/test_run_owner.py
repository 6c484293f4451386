"""The environment of a run is recorded in one set of tables: it serves one process and has no copies."""

import copy
import pickle

import pytest

from netgym_cli import make_env
from netgym_cli.common.errors import SessionError
from netgym_cli.envs.network_env import NetworkEnv
from netgym_cli.runs.recorder import Recorder
from netgym_cli.sessions.plan import Plan
from netgym_cli.sessions.sequential import SequentialSessions
from tests.support.engine import run_config
from tests.support.forked import in_fork
from tests.support.toy_ids import CONF


@pytest.fixture
def run(tmp_path):
    config = run_config()
    return SequentialSessions(NetworkEnv(config.env, config.simulator), Plan.of(config), [Recorder(tmp_path)])


def tables(folder):
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("started", [False, True])
def test_a_forked_process_writes_no_row(run, tmp_path, started):
    if started:
        run.reset()
    before = tables(tmp_path)
    for use in (run.reset, lambda: run.step(None)):
        refused = in_fork(use)
        assert isinstance(refused, SessionError) and "netgym_cli.make_env" in str(refused)
    assert tables(tmp_path) == before
    run.reset()
    run.step(None)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_no_copy_has_the_same_tables(run, copied):
    for _ in range(2):
        with pytest.raises(SessionError, match=r"one set of tables.*netgym_cli\.make_env"):
            copied(run)
        run.reset()


def test_what_the_message_proposes_works_in_a_forked_process():
    assert in_fork(lambda: make_env("toy", 3, CONF).reset()[1]["session_seed"]) == 3
