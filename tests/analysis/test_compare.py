import json
import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

from netgym_cli.analysis.compare import BUT_TIMES, DIFFERS, EQUAL, ONE_ONLY, compare, remarks
from netgym_cli.cli.app import app
from netgym_cli.common import statistics
from tests.support.reported import Given, write_run


def netgym(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs on one network, of which the second acts otherwise, and one on another network."""
    folder = tmp_path_factory.mktemp("compared")
    given = {"a": Given("ppo"), "b": Given("ppo", weight=0.9, keys={"steps": 7}), "c": Given("random", 5)}
    return {name: write_run(folder / name, how) for name, how in given.items()}


def last_return(run):
    return pd.read_csv(run / "metrics" / "episodes.csv")["return"].tail(2).mean()


def test_what_differs_and_by_how_much(runs):
    found = compare([runs["a"], runs["b"]])
    a, b = map(str, (runs["a"], runs["b"]))
    assert found.config == {"steps": {a: "-", b: "7"}}
    assert found.results["return"][a].mean == pytest.approx(last_return(runs["a"]))
    assert found.differences["return"][b].mean == pytest.approx(last_return(runs["b"]) - last_return(runs["a"]))
    assert found.differences["return"][b].low is None, "there is one network"
    assert found.files["metrics/episodes.csv"][b] == DIFFERS
    assert found.provenance == {}


def test_runs_on_other_networks_have_no_difference(runs):
    found = compare([runs["a"], runs["c"]])
    assert found.differences["return"] == {}
    assert "differences are of runs that met the same networks; others have none" in remarks(found)
    assert found.provenance["seed"] == {str(runs["a"]): "1", str(runs["c"]): "5"}


def test_networks_are_paired_by_their_seeds(tmp_path):
    folders = []
    for name, shift in (("a", 0.0), ("b", 2.0)):
        run = write_run(tmp_path / name, Given())
        path = run / "metrics" / "episodes.csv"
        episodes = pd.read_csv(path)
        last = pd.DataFrame({"seed": [1, 2, 3, 4], "return": [1 + shift, 5, 3 + 2 * shift, 9]})
        episodes.loc[episodes.index[-2:], "seed"] = 9
        pd.concat([episodes.assign(seed=9), *[last.assign(length=4)] * 3]).to_csv(path, index=False)
        folders.append(run)
    found = compare(folders)
    estimate = found.differences["return"][str(folders[1])]
    assert estimate == statistics.paired([3, 5, 7, 9], [1, 5, 3, 9])


def test_tables_that_differ_in_wall_times_alone_are_said_to(runs, tmp_path):
    again = shutil.copytree(runs["a"], tmp_path / "again")
    path = again / "metrics" / "steps.parquet"
    steps = pd.read_parquet(path)
    steps.assign(wall_ms=steps["wall_ms"] + 1).to_parquet(path)
    record = json.loads((again / "run.json").read_text())
    (again / "run.json").write_text(json.dumps(record | {"files": {}}))
    (again / "model.zip").write_bytes(b"1")
    found = compare([runs["a"], again])
    files = {name: told[str(again)] for name, told in found.files.items()}
    assert files.pop("metrics/steps.parquet") == BUT_TIMES and files.pop("model.zip") == ONE_ONLY
    assert set(files.values()) == {EQUAL}
    assert f"the tables of {again} equal those of {runs['a']}, wall times aside" in remarks(found)
    steps.assign(reward=steps["reward"] + 1e-12).to_parquet(path)
    assert compare([runs["a"], again]).files["metrics/steps.parquet"] == {str(again): DIFFERS}


def test_the_terminal_and_json_say_the_same(runs):
    told = netgym("compare", runs["a"], runs["b"])
    assert told.exit_code == 0, told.output
    for words in ("Config: what differs", "run 2 - run 1", "metrics/steps.parquet", "differs"):
        assert words in told.output
    content = json.loads(netgym("compare", runs["a"], runs["b"], "--json").output)
    assert content["config"]["steps"][str(runs["b"])] == "7"
    mean = content["results"]["return"][str(runs["a"])]["mean"]
    assert mean == pytest.approx(last_return(runs["a"])) and f"{mean:.4g}" in told.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{a}"], "compare takes the folders of two runs or more; given: "),
        (["{a}", "{a}/../a"], "compare takes the folders of two runs or more; given: "),
        (["{a}", "nowhere"], "'nowhere' is neither the folder of a run"),
        (["{a}", "{a}/metrics"], "holds no run (run.json is missing)"),
    ],
)
def test_what_cannot_be_compared(runs, words, told):
    done = netgym("compare", *(word.format(a=runs["a"]) for word in words))
    assert (done.exit_code, told in done.stderr) == (2, True), done.output
