"""A twin is fitted to what another simulator did; here that one is the twin itself, with another parameter."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from netgym_cli.analysis import fit_twin
from netgym_cli.analysis.fit_twin_request import request
from netgym_cli.analysis.twin_places import places
from netgym_cli.analysis.twin_recording import load, record, save
from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import compose
from netgym_cli.experiment.config import typed_run
from netgym_cli.simulators.fluid.calibration import calibration

STEPS = 6
WORDS = [
    "env=nqos_split_near_capacity",
    f"env.steps_per_episode={STEPS}",
    "env.user_random_walk={min_speed_mps: 0, max_speed_mps: 0}",
]


def run(*words):
    return typed_run(compose([*WORDS, *words]))


@pytest.fixture
def slow(tmp_path):
    """Sessions on a network whose Wi-Fi wastes more."""
    file = tmp_path / "slow.yaml"
    file.write_text("scenario: nqos_split\nlike: nqos_split\nparameters: {wifi_mac_efficiency: 0.6}\n")
    config = run("agent=single_link", "agent.link=wifi", "simulator=fluid", f"simulator.calibration={file}")
    return {"single_link": record(config, (3, 4), 1, lambda line: None)}


def test_a_recording_comes_back_from_its_file(slow, tmp_path):
    save(tmp_path / "it.npz", slow)
    again, before = load(tmp_path / "it.npz")["single_link"], slow["single_link"]
    assert (again.keys, again.seeds) == (before.keys, before.seeds)
    np.testing.assert_array_equal(again.values, before.values)
    assert again.rewards.shape == (2, STEPS) and again.layout.size == again.values.shape[2]


def test_the_twin_stands_where_the_recorded_users_stood(slow):
    recording, config = slow["single_link"], run("agent=random")
    imitation = fit_twin.Imitation(config, slow)
    users = places(recording, imitation.adapter.settings(), imitation.adapter.step_ms)
    assert users.shape == (2, 5, 5)
    np.testing.assert_array_equal(users[:, :, 0], recording.of("gma::x_loc")[:, 0])
    assert np.isnan(users[:, :, 3]).all()  # no load swings


def test_a_parameter_is_found_again(slow):
    start = calibration("default", "nqos_split")
    imitation = fit_twin.Imitation(run("agent=random"), slow)
    found = fit_twin.fitted(start, imitation, ["wifi_mac_efficiency"], 4, lambda line: None)
    assert found.after < 0.3 * found.before
    assert found.calibration.values["wifi_mac_efficiency"] == pytest.approx(0.6, rel=0.1)
    assert 0 <= found.calibration.errors["wifi_mac_efficiency"] < 0.2
    assert found.calibration.values["lte_delay_ms"] == start.values["lte_delay_ms"]


def test_what_is_written_is_a_calibration(tmp_path):
    start = calibration("default", "nqos_split")
    file = tmp_path / "mine.yaml"
    file.write_text(fit_twin.text_of(fit_twin.with_values(start, start.values, {"lte_delay_ms": 0.1}), "a test"))
    again = calibration(str(file), "nqos_split")
    assert again.values == pytest.approx(start.values) and again.errors == {"lte_delay_ms": 0.1}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["env=gym"], "no twin of scenario 'gymnasium'"),
        (["env=nqos_split", "simulator=fluid"], "the one that the twin is to resemble"),
        (["env=nqos_split", "agent=ppo"], "agent is 'ppo'; allowed: agents that need no training here: "),
        (["env=nqos_split", "seeds=none"], "seeds is 'none'; allowed: 1 to 1000"),
        (["env=nqos_split", "skip=-1"], "skip is '-1'; allowed: 0 to 1000"),
    ],
)
def test_what_cannot_be_fitted_is_refused(words, message, tmp_path):
    with pytest.raises(ConfigError, match=message):
        request(words, [], tmp_path / "it.yaml")


@pytest.fixture
def learnt(tmp_path):
    folder = tmp_path / "run"
    words = [
        *WORDS,
        "simulator=fluid",
        "agent=ppo",
        "steps=48",
        "agent.n_steps=12",
        "agent.batch_size=12",
        "seed=2000001",
        "evaluate_at_end=0",
    ]
    done = CliRunner().invoke(app, ["train", *words, f"hydra.run.dir={folder}"])
    assert done.exit_code == 0, done.output
    return folder


@pytest.mark.long
def test_a_trained_run_plays_beside_the_rules(learnt, tmp_path):
    asked = request([*WORDS, f"agent=random,{learnt}", "seeds=2", "skip=2"], [], tmp_path / "it.yaml")
    assert list(asked.configs) == ["random", "ppo:run"] and asked.runs == {"ppo:run": learnt}
    on_twin = run("simulator=fluid", "agent=random").simulator
    config = replace(asked.configs["ppo:run"], simulator=on_twin)
    played = record(config, (3, 4), 1, lambda line: None, learnt)
    again = record(config, (3, 4), 1, lambda line: None, learnt)
    np.testing.assert_array_equal(played.values, again.values)
    save(tmp_path / "it.npz", {"ppo:run": played})
    np.testing.assert_array_equal(load(tmp_path / "it.npz")["ppo:run"].values, played.values)
    imitation = fit_twin.Imitation(run("agent=random"), {"ppo:run": played})
    assert np.isfinite(imitation.residuals(calibration("default", "nqos_split"))).all()


@pytest.mark.long
def test_a_trained_run_has_to_fit_and_to_be_a_stranger(learnt, tmp_path):
    with pytest.raises(ConfigError, match="the model was trained for the observations"):
        request([*WORDS, f"agent={learnt}", "skip=2", "env.features=rich"], [], tmp_path / "it.yaml")
    with pytest.raises(ConfigError, match=r"has met the seeds \[2000001\] of the fit; leave them out by skip=2"):
        request([*WORDS, f"agent={learnt}"], [], tmp_path / "it.yaml")


def test_a_file_that_is_there_stays(tmp_path):
    (tmp_path / "it.yaml").write_text("mine")
    result = CliRunner().invoke(app, ["fit-twin", "env=nqos_split", "-o", str(tmp_path / "it.yaml")])
    assert result.exit_code == 2 and (tmp_path / "it.yaml").read_text() == "mine"


def test_skipped_seeds_are_left_to_another_calibration(tmp_path):
    first = request(["env=nqos_split", "seeds=3"], [], tmp_path / "first.yaml").session_seeds
    second = request(["env=nqos_split", "seeds=3", "skip=3"], [], tmp_path / "second.yaml").session_seeds
    assert [*first, *second] == [*range(2_000_000, 2_000_006)]
