import matplotlib.pyplot as plt
import pandas as pd
import pytest

from netgym_cli.analysis.report.make import make
from tests.support.reported import write_study


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Runs and an evaluation; treat them as read only."""
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="session")
def made(study, tmp_path_factory):
    """The report of the study: the page's text, and every table by its name."""
    folder = tmp_path_factory.mktemp("made")
    told = make(study, folder / "r.html", folder / "numbers", None, None)
    tables = {path.stem: pd.read_csv(path) for path in (folder / "numbers").glob("*.csv")}
    assert not plt.get_fignums(), "figures of pyplot stay in memory"
    return told, (folder / "r.html").read_text(), tables
