"""A variant keeps its name wherever a run, an evaluation or a dataset says what it was made of, beside its base's."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.collection import request
from netgym_cli.datasets import open_dataset
from tests.conftest import REPO

VARIANTS = {
    "env/small.yaml": "defaults: [toy, _self_]\nnum_users: 2\n",
    "agent/steady.yaml": "defaults: [constant, _self_]\naction: 0.25\n",
    "channel/slow.yaml": "defaults: [wan, _self_]\nloss: 0.5\n",
}
CHOSEN = ["--config-dir", ".", "env=small"]
BASE = {"env": "tests.support.toy:ToyAdapter", "agent": "constant", "channel": "link", "simulator": "ns3"}


def netgym(*words):
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(autouse=True)
def variants(workdir):
    for name, text in VARIANTS.items():
        (workdir / name).parent.mkdir(exist_ok=True)
        (workdir / name).write_text(text)
    (workdir / "env" / "toy.yaml").write_text((REPO / "tests/support/conf/env/toy.yaml").read_text())


def train(*words):
    netgym("train", *CHOSEN, "agent=steady", *words, "hydra.run.dir=run")
    return json.loads(Path("run/run.json").read_text())


def test_the_record_of_a_run_has_both_names():
    record = train("channel=slow")
    assert (record["env"], record["agent"], record["channel"]) == ("small", "steady", "slow")
    assert record["base"] == BASE


def test_a_plot_s_legend_and_title_have_the_variant_s_name(monkeypatch):
    from netgym_cli.analysis import picture

    train()
    titles = []
    draw = picture.draw
    monkeypatch.setattr(picture, "draw", lambda *given: (titles.append(given[4]), draw(*given)))
    netgym("plot", "run", "--x", "env")
    assert titles == ["small, steady"]


def test_an_evaluation_has_both_names(monkeypatch):
    from netgym_cli.evaluation import report

    titles = []
    monkeypatch.setattr(report, "picture", lambda evaluation: titles.append(evaluation.env) or b"")
    netgym("evaluate", *CHOSEN, "agent=steady", "channel=slow", "seeds=1", "episodes=1", "-j", "1", "-o", "out")
    told = json.loads(Path("out/evaluation.json").read_text())
    assert titles == [told["env"]] == ["small"] and told["channel"] == "slow" and list(told["agents"]) == ["steady"]
    assert told["base"] == {key: name for key, name in BASE.items() if key != "agent"}


def test_a_dataset_has_both_names_and_the_id_that_it_always_had():
    for words in (["env=small"], ["env=toy"]):
        netgym("collect", "--config-dir", ".", *words, "agent=steady", "episodes=1", "jobs=1")
    listed = {row["id"]: row["env"] for row in json.loads(netgym("data", "list", "--json"))}
    assert listed == {"netgym/small/steady-v0": "small", "netgym/toy/steady-v0": "toy"}
    dataset = open_dataset("netgym/small/steady-v0")
    assert dataset.netgym["env"]["name"] == BASE["env"]
    assert dataset.netgym["chosen"] == {"env": "small", "agent": "steady", "channel": "none", "simulator": "ns3"}
    assert "env: small (tests.support.toy:ToyAdapter)" in netgym("data", "show", "netgym/small/steady-v0")


def test_a_run_of_a_variant_passes_its_name_on_to_its_dataset():
    train()
    asked = request.parse(["run"], ["."])
    assert (asked.dataset_id, asked.config.name_of("env")) == ("netgym/small/steady-v0", "small")
    other = request.parse(["run", "env=toy", "channel=slow"], ["."])
    assert (other.dataset_id, other.config.name_of("channel")) == ("netgym/toy/steady-slow-v0", "slow")


def test_a_dataset_from_before_goes_on_and_learns_its_name(workdir):
    words = ["collect", "--config-dir", ".", "env=small", "agent=steady", "jobs=1", "seeds=[0,1]"]
    netgym(*words, "episodes=2")
    file = workdir / "datasets" / "netgym" / "small" / "steady-v0" / "data" / "metadata.json"
    content = json.loads(file.read_text())
    del content["netgym"]["chosen"]
    file.write_text(json.dumps(content))
    assert json.loads(netgym("data", "list", "--json"))[0]["env"] == BASE["env"]
    netgym(*words[:-1], "seeds=[0,1,2]", "episodes=3")
    assert json.loads(netgym("data", "list", "--json"))[0]["env"] == "small"


def test_a_merged_dataset_names_all_its_variants(workdir):
    (workdir / "env" / "short.yaml").write_text("defaults: [small, _self_]\nsteps_per_episode: 3\n")
    for env in ("small", "short"):
        netgym("collect", "--config-dir", ".", f"env={env}", "agent=steady", "episodes=1", "jobs=1")
    netgym("data", "merge", "netgym/small/steady-v0", "netgym/short/steady-v0", "--name", "netgym/both/x-v0")
    listed = {row["id"]: row["env"] for row in json.loads(netgym("data", "list", "--json"))}
    assert listed["netgym/both/x-v0"] == "small + short"
