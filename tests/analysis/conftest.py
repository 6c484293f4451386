from itertools import product

import pytest

from tests.support.reported import Given, write_run


@pytest.fixture(scope="session")
def timed_runs(tmp_path_factory):
    """Two agents on three seeds, two sessions each; and one run whose packets nobody timed. Treat them as read only."""
    folder = tmp_path_factory.mktemp("timed_runs")
    for agent, seed in product(("ppo", "rule"), (1, 2, 3)):
        given = Given(agent, seed, timed=True, sessions=2, weight=0.1 * seed)
        write_run(folder / "timed" / f"{agent}{seed}", given)
    write_run(folder / "plain", Given(seed=7))
    return folder
