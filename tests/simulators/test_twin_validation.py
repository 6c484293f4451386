"""What the calibrations say of how near their twins are to ns-3, and what a run on a twin says of it."""

import logging
import runpy
from dataclasses import replace
from math import nan

import pytest
import yaml
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer
from netgym_cli.experiment.caveats import caveat, tell_caveats
from netgym_cli.experiment.config import run_of
from netgym_cli.simulators.fluid.calibration import calibration, shipped
from netgym_cli.simulators.fluid.validation import BARS, Validation, bars
from tests.conftest import REPO

GOOD = Validation(1.0, 0.01, 0.01, 0.01, 10, "2026-01-31")
NEAR = "nqos_split_near_capacity"


def run_on_twin(*words):
    return run_of(Composer(["env=custom", "simulator=fluid", "agent=random", *words], []))


def file_with(folder, validation):
    file = folder / "mine.yaml"
    file.write_text(f"scenario: custom\nlike: custom\nvalidation: {validation}\n")
    return file


@pytest.fixture(scope="module")
def benchmark():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(REPO / "benchmarks"))
        yield runpy.run_path(str(REPO / "benchmarks" / "twins.py"))


def test_shipped_calibrations_say_what_the_benchmark_found(benchmark):
    before = {file: file.read_text() for file in shipped().values()}
    written = {}
    benchmark["write_validations"](benchmark["runnable"](), lambda file, text: written.__setitem__(file, text))
    assert written == {file: before[file] for file in written}, "run: python benchmarks/twins.py --env --write"
    scenarios = {yaml.safe_load(text)["scenario"] for text in before.values()}
    assert {file.stem for file in written} == scenarios  # variants of one scenario's calibration stand unvalidated


@pytest.mark.parametrize(
    ("env", "figures", "missed"),
    [
        ("custom", {}, []),
        ("custom", {"spearman": 0.89}, ["spearman"]),
        ("custom", {"spearman": nan}, ["spearman"]),
        ("custom", {"rate_error": 0.051, "reward_error": 0.11}, ["rate_error", "reward_error"]),
        ("custom", dict.fromkeys(BARS), []),
        ("custom", {"owd_error": 0.3}, ["owd_error"]),
        (NEAR, {"owd_error": 0.3, "reward_error": 0.15}, []),
        (NEAR, {"owd_error": 0.36, "rate_error": 0.06}, ["rate_error", "owd_error"]),
    ],
)
def test_bars_that_are_missed(env, figures, missed):
    found = replace(GOOD, **figures)
    assert found.missed(env) == missed
    told = found.fault(env)
    assert (told is None) == (missed == [])
    for name in missed:
        shown = f"{bars(env)[name]:g}" if name in ("spearman", "reward_error") else f"{bars(env)[name]:.0%}"
        assert f"(bar {shown})" in told


def test_figures_survive_their_file(tmp_path):
    found = replace(GOOD, spearman=nan, owd_error=None, rate_error=0.123)
    file = file_with(tmp_path, f"{{custom: {found.line()}, other: null}}")
    read = calibration(str(file), "custom").validation
    assert str(read["custom"]) == str(found) and read["other"] is None


@pytest.mark.parametrize(
    "validation",
    ["3", "{custom: 3}", "{custom: {spearman: 1}}", f"{{custom: {GOOD.line().replace('10', 'null')}}}",
     f"{{custom: {GOOD.line().replace('spearman: 1', 'spearman: high')}}}"],
)  # fmt: skip
def test_a_damaged_validation_is_refused(validation, tmp_path):
    with pytest.raises(ConfigError, match="validation"):
        calibration(str(file_with(tmp_path, validation)), "custom")


def test_a_twin_that_meets_its_bars_says_nothing():
    assert caveat(run_on_twin()) is None
    assert caveat(run_of(Composer(["env=custom", "agent=random"], []))) is None  # on ns-3


def test_a_twin_that_misses_a_bar_names_it_once_for_many_runs(tmp_path, caplog):
    file = file_with(tmp_path, f"{{custom: {replace(GOOD, rate_error=0.2).line()}}}")
    run = run_on_twin(f"simulator.calibration=[default,{file},{file}]")
    with caplog.at_level(logging.WARNING):
        tell_caveats([run, run])
    (line,) = caplog.messages
    assert f"calibrated by {file}, the twin misses its bars on 10 networks of env custom" in line
    assert "rates 20% off (bar 5%)" in line


def test_a_calibration_without_validation_says_so(tmp_path):
    file = file_with(tmp_path, "null")
    assert "not validated on fresh networks of env custom" in caveat(run_on_twin(f"simulator.calibration={file}"))


def test_a_validation_is_of_one_environment_and_not_of_its_variants():
    run = run_of(Composer(["env=rmcat_lte", "simulator=fluid", "agent=random"], []))
    assert "not validated on fresh networks of env rmcat_lte" in caveat(run)


@pytest.mark.parametrize(
    "words",
    [
        ["train", "hydra.run.dir=run", "env.episodes_per_session=1"],
        ["evaluate", "episodes=1", "seeds=1", "-o", "here"],
        pytest.param(["collect", "episodes=1", "seeds=1", "jobs=1"], marks=pytest.mark.long),
        pytest.param(["check", "--steps", "1"], marks=pytest.mark.long),
    ],
    ids=("train", "evaluate", "collect", "check"),
)
def test_verbs_say_it_in_one_line(words, workdir, caplog):
    file = file_with(workdir, "null")
    agent = [] if words[0] == "check" else ["agent=random"]
    given = ["env=custom", "env.steps_per_episode=2", "simulator=fluid", f"simulator.calibration={file}"]
    done = CliRunner().invoke(app, [words[0], *given, *agent, *words[1:]])
    assert done.exit_code == 0, done.output
    assert [message for message in caplog.messages if "not validated" in message] == [
        f"note: {caveat(run_on_twin(f'simulator.calibration={file}'))}"
    ]
