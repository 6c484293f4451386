"""A grid that a plugin of Hydra's runs; its plain sweeper and launcher stand for one here, which goes the same way."""

import json

import pytest
from hydra.types import RunMode
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.config.compose import Composer
from netgym_cli.jobs import hydra_launcher
from tests.conftest import REPO

TOY = ["env=toy", "agent=random", "sessions=1"]
CONF = ["--config-dir", str(REPO / "tests" / "support" / "conf")]


def test_a_plugin_decides_what_runs_and_nothing_is_continued(workdir, monkeypatch):
    monkeypatch.setattr(hydra_launcher, "needs_plugin", lambda whole: True)
    words = ["train", "-m", *CONF, *TOY, "seed=7", "hydra.sweep.dir=grid"]
    done = CliRunner().invoke(app, words)
    assert (done.exit_code, "1 of 1 jobs done" in done.stdout) == (0, True), done.output
    assert json.loads((workdir / "grid/0/run.json").read_text())["status"] == "complete"
    assert {path.name for path in (workdir / "grid").iterdir()} == {"0", "multirun.yaml"}
    again = CliRunner().invoke(app, words)
    assert (again.exit_code, "grid/0 holds a run already" in again.stderr) == (2, True)


@pytest.mark.parametrize("group", ["launcher", "sweeper"])
def test_another_launcher_or_sweeper_is_a_plugin_s(group):
    whole = Composer(TOY[1:]).whole(RunMode.MULTIRUN)
    assert not hydra_launcher.needs_plugin(whole)
    whole.hydra[group]._target_ = "hydra_plugins.another.Plugin"
    assert hydra_launcher.needs_plugin(whole)
