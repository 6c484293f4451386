"""Writes that fail and files that vanish: no table speaks of steps that steps.parquet does not have, and it is told."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure

from netgym_cli.cli.output import print_json
from netgym_cli.evaluation import report
from netgym_cli.evaluation.contest import Evaluation
from netgym_cli.experiment import run
from netgym_cli.runs.tables import ParquetTable
from tests.faults.test_endings import agreeing
from tests.support.engine import run_config
from tests.support.toy import ToySimulator

pytestmark = pytest.mark.usefixtures("workdir")


@pytest.fixture
def eager(monkeypatch):
    """Tables are written after every step."""
    monkeypatch.setattr(ParquetTable, "due", property(lambda self: True))


def trained(workdir, **keys):
    run.train(run_config(sessions=[{}, {}], **keys), workdir / "run", ["netgym", "train"])


def refusing(monkeypatch, after, until, *names):
    """Lets the disk refuse the writes of these tables from one write to another."""
    writes = []

    def write(table, path, *words, original=pq.write_table, **keys):
        if any(name in str(path) for name in names):
            writes.append(path)
            if after < len(writes) <= until:
                raise OSError(13, "Permission denied")
        original(table, path, *words, **keys)

    monkeypatch.setattr(pq, "write_table", write)


@pytest.mark.parametrize("until", [5, 6, 10**9])
@pytest.mark.parametrize("names", [("steps.parquet",), ("stats.parquet",), ("steps.parquet", "stats.parquet")])
def test_tables_stay_behind_the_steps_when_the_disk_refuses_them(workdir, monkeypatch, eager, names, until):
    refusing(monkeypatch, 4, until, *names)
    with pytest.raises(OSError, match="Permission denied"):
        trained(workdir)
    record = agreeing(workdir)
    assert record["status"] == "failed" and 2 <= record["steps"] <= 16
    steps = pd.read_parquet(workdir / "run/metrics/steps.parquet")
    stats = pd.read_parquet(workdir / "run/metrics/stats.parquet")
    places = ["session", "episode", "step"]
    assert set(map(tuple, stats[places].to_numpy())) <= set(map(tuple, steps[places].to_numpy()))
    episodes = pd.read_csv(workdir / "run/metrics/episodes.csv")
    assert episodes["length"].sum() <= len(steps)


def at_step(monkeypatch, number, act):
    """Lets something happen once, before a step of the first session."""
    done = []

    def step(self, policy, original=ToySimulator.step):
        if self.steps == number and not done:
            done.append(act())
        return original(self, policy)

    monkeypatch.setattr(ToySimulator, "step", step)


@pytest.mark.parametrize("name", ["steps.parquet", "stats.parquet"])
@pytest.mark.parametrize("lost", ["part-00000002.parquet", ""])
def test_parts_that_vanish_fail_the_run(workdir, monkeypatch, eager, name, lost):
    def vanish():
        path = workdir / "run/metrics" / name / lost
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    at_step(monkeypatch, 6, vanish)
    with pytest.raises(OSError, match=rf"{name}' has lost rows: it holds \d+ of \d+ that were written"):
        trained(workdir)
    record, steps = (json.loads((workdir / "run/run.json").read_text()), workdir / "run/metrics/steps.parquet")
    assert (record["status"], record["steps"]) == ("failed", len(pd.read_parquet(steps)))
    assert pd.read_csv(workdir / "run/metrics/sessions.csv")["steps"].sum() == record["steps"]


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_table_of_episodes_that_is_not_the_written_one_fails_the_run(workdir, monkeypatch, eager, how):
    def vanish():
        (workdir / "run/metrics/episodes.csv").unlink()
        if how == "replaced":
            (workdir / "run/metrics/episodes.csv").write_text("mine\n")

    at_step(monkeypatch, 6, vanish)
    with pytest.raises(OSError, match=rf"episodes.csv' was {how}"):
        trained(workdir, env={"episodes_per_session": 1, "steps_per_episode": 8})
    assert json.loads((workdir / "run/run.json").read_text())["status"] == "failed"


def evaluation(value=1.0):
    values = {"return": np.array([[1.0, 2.0]]), "delay_ms": np.array([[value, value]])}
    return Evaluation("toy", (5, 6), 3, "random", {"random": values, "other": values})


def test_what_was_not_measured_is_null_in_json(workdir, capsys):
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    with np.errstate(all="ignore"):
        report.write(evaluation(np.nan), workdir, {"command": ["netgym"]})
    print_json({"folder": workdir, **report.as_json(evaluation(np.nan))})
    for text in ((workdir / "evaluation.json").read_text(), capsys.readouterr().out):
        told = json.loads(text, parse_constant=refuse)
        assert [row["delay_ms"] for row in told["by_seed"]] == [None] * 4 and told["by_seed"][0]["return"] == 1.0


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_evaluation_that_cannot_be_written_whole_leaves_nothing(workdir, monkeypatch, at, error):
    calls = []

    def writing(original):
        def write(*words, **keys):
            calls.append(words)
            if len(calls) == at + 1:
                raise error
            return original(*words, **keys)

        return write

    for name in ("write_bytes", "write_text"):
        monkeypatch.setattr(Path, name, writing(getattr(Path, name)))
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", writing(Figure.savefig))
    with pytest.raises(type(error)):
        report.write(evaluation(), workdir, {})
    monkeypatch.undo()
    assert [path for path in workdir.iterdir() if path.is_file()] == []


def test_an_evaluation_that_is_whole_stays_whole(workdir):
    report.write(evaluation(), workdir, {})
    before = {path: path.read_bytes() for path in workdir.iterdir() if path.is_file()}
    assert set(report.FILES) == {path.name for path in before}
    with (workdir / "summary.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 4
    with pytest.raises(Exception, match="holds an evaluation already"):
        report.write(evaluation(), workdir, {})
    assert {path: path.read_bytes() for path in workdir.iterdir() if path.is_file()} == before
