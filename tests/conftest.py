import os
import signal
from pathlib import Path

import pytest

REPO = Path(__file__).parent.parent

# A gate that was started in the background or by nohup ignores these, and so would every process that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items):
    """Fast tests first: a mistake shows before the real simulator is built."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is not None)


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    """An empty working directory from which tests.toy can be imported, by child processes too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(REPO) + os.pathsep + os.environ.get("PYTHONPATH", ""))
    return tmp_path
