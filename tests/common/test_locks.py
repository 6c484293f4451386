"""Locks on file systems that know none."""

import errno
import fcntl
import os

import pytest

from netgym_cli.common.errors import BuildError, ConfigError
from netgym_cli.datasets.writer import DatasetWriter
from netgym_cli.evaluation.report import new_folder
from netgym_cli.simulators.ns3 import cache
from tests.datasets.test_datasets import BOX


@pytest.fixture(params=[errno.ENOLCK, errno.ENOTSUP])
def without_locks(request, monkeypatch):
    def refused(descriptor, operation):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refused)


@pytest.mark.usefixtures("without_locks")
def test_what_needs_a_lock_says_where_there_is_one(root, tmp_path):
    with pytest.raises(ConfigError, match=r"cannot lock .* let MINARI_DATASETS_PATH name a folder on a local disk"):
        DatasetWriter.create("netgym/box-v0", *BOX, {})
    assert not (root / "netgym/box-v0").exists()
    with (
        pytest.raises(BuildError, match=r"cannot lock .* set NETGYM_CACHE to a folder on a local disk"),
        cache.locked(tmp_path),
    ):
        pass


@pytest.mark.usefixtures("without_locks")
def test_an_evaluation_needs_none(tmp_path):
    with new_folder(tmp_path / "kept") as folder:
        (folder / "summary.csv").touch()
    assert (tmp_path / "kept/summary.csv").exists()
