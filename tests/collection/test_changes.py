"""What a collection says when an episode that it plays again comes out differently."""

import json
import re

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.datasets import folder_of, open_dataset
from tests.conftest import REPO

WORDS = [
    "collect", "--config-dir", str(REPO / "tests" / "support" / "conf"), "env=toy", "env.steps_per_episode=4",
    "--default-action", "jobs=1",
]  # fmt: skip
DEFAULT = "netgym/toy/system_default-v0"
DATA = "data"

pytestmark = pytest.mark.usefixtures("workdir")


def changed(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def begun_on(change):
    """A dataset whose metadata `change` makes another machine's, and whose episode comes out differently here."""
    assert CliRunner().invoke(app, [*WORDS, "episodes=2", "seeds=[1]"]).exit_code == 0
    folder = folder_of(DEFAULT) / DATA
    changed(folder / "metadata.json", lambda content: change(content["netgym"]))
    changed(folder / "0" / "metadata.json", lambda content: content.update(sha256="0"))


def continued():
    done = CliRunner().invoke(app, [*WORDS, "episodes=3", "seeds=[1]"])
    assert done.exit_code == 1
    assert "came out differently" in done.stderr
    return done.stderr


def another_cpu(noted):
    noted["machines"][0] |= {"cpu": "Another CPU", "numpy_features": ["X86_V2", "AVX512_SKX"]}


def another_numpy(noted):
    noted["versions"]["numpy"] = "1.0"


def of_an_earlier_netgym(noted):
    del noted["machines"]


def test_the_machines_of_a_dataset_are_noted():
    begun_on(lambda noted: None)
    (machine,) = open_dataset(DEFAULT).netgym["machines"]
    assert machine["cpu"] and machine["numpy_features"] and machine["libc"]
    assert "the machine and the versions are those it was begun with" in continued()


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (another_cpu, r"another kind of machine \(cpu was Another CPU, is .*numpy_features is without AVX512_SKX"),
        pytest.param(another_numpy, r"what computes it has changed \(numpy was 1.0, is ", marks=pytest.mark.long),
        pytest.param(of_an_earlier_netgym, "has changed, or draws without its seed", marks=pytest.mark.long),
    ],
)
def test_the_cause_that_the_records_show_is_named(change, cause):
    begun_on(change)
    assert re.search(cause, continued())


@pytest.mark.long
def test_a_library_that_is_told_to_compute_as_on_another_cpu_is_named(monkeypatch):
    begun_on(lambda noted: None)
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", "default")
    assert "(ATEN_CPU_CAPABILITY was not set, is default)" in continued()
