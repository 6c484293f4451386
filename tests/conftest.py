import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from netgym_cli.common import user_modules

REPO = Path(__file__).parent.parent

# A gate that was started in the background or by nohup ignores these, and so would every process that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items):
    """Tests without the simulator first: a mistake shows before it is built; long ones last."""
    items.sort(key=lambda item: [item.get_closest_marker(mark) is not None for mark in ("long", "ns3")])


@contextmanager
def homes_in(folder):
    """Keeps what netgym remembers of this machine's models, and datasets, below `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setenv("MINARI_DATASETS_PATH", str(folder / "datasets"))
        yield folder


@pytest.fixture(autouse=True)
def own_homes(tmp_path):
    """Models and datasets of each test are its own; what was compiled is shared by all."""
    with homes_in(tmp_path):
        yield


@pytest.fixture(autouse=True)
def own_modules(tmp_path):
    """What a test makes importable, and the modules that it imports from its folder, end with it."""
    before, known = list(sys.path), set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(user_modules, "_folders", [])
        yield
    sys.path[:] = before
    for name in sys.modules.keys() - known:  # looking at all of them takes longer than most tests
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).is_relative_to(tmp_path):
            del sys.modules[name]


@pytest.fixture
def root(tmp_path):
    """Where a test's datasets lie; nothing is there yet."""
    return tmp_path / "datasets"


@pytest.fixture
def another_user(tmp_path, monkeypatch):
    """From the call on, nothing was made here."""
    return lambda: monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another user"))


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    """An empty working directory from which tests.support.toy can be imported, by child processes too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(REPO), *user_modules.chosen_path()]))
    return tmp_path
