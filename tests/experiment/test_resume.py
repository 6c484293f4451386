"""Runs that are cut off and resumed equal uninterrupted ones; what cannot be resumed is refused in words."""

import json
import os
import random
import shutil

import numpy as np
import pandas as pd
import pytest

from netgym_cli.common.errors import ConfigError, ReplayDiffers, RunFailed
from netgym_cli.common.locks import Lock
from netgym_cli.experiment import run
from netgym_cli.experiment.resume import resume
from netgym_cli.runs import checkpoints
from netgym_cli.runs.checkpoints import Checkpoints, SavedState
from netgym_cli.runs.folder import RunFolder
from tests.experiment.test_loaded_agent import trained
from tests.support.engine import run_config
from tests.support.interrupted import Killed, checkpoints_at, killed_at, outcome
from tests.support.toy import ToySimulator

EVALUATED = {"evaluate_every_steps": 6, "evaluation_episodes": 2}
NOISE = {"action_noise": {"kind": "ornstein_uhlenbeck", "sigma": 0.2, "theta": 0.15}}
CASES = {
    "ppo": ("ppo", EVALUATED),
    "ppo in three simulators": ("ppo", {"n_envs": 3, "n_steps": 2}),
    "sac": ("sac", {"buffer_size": 7}),
    "td3 with noise": ("td3", NOISE | {"train_freq": 2, "policy_delay": 2}),
    "cleanrl_ppo": ("cleanrl_ppo", {"anneal_lr": True}),
}
QUICK = ("ppo in three simulators", "cleanrl_ppo")
MORE = {
    "ppo with gSDE": ("ppo", {"use_sde": True, "sde_sample_freq": 2}),
    "a2c": ("a2c", {}),
    "a2c in three simulators": ("a2c", {"n_envs": 3, "n_steps": 2}),
    "sac in three simulators": ("sac", {"n_envs": 3, "learning_starts": 6}),
    "sac by episodes": ("sac", {"n_envs": 1, "train_freq": [1, "episode"]}),
    "td3 with noise in three simulators": ("td3", NOISE | {"n_envs": 3, "learning_starts": 6}),
    "cleanrl_ppo in three simulators": ("cleanrl_ppo", {"n_envs": 3, "n_steps": 2}),
    "ppo with a falling rate": ("ppo", {"learning_rate": "linear:0.001", "clip_range": "linear:0.2"}),
}


def config_of(case, seed=1, sessions=2):
    name, keys = ({**CASES, **MORE})[case]
    return run_config(name, seed, [{}] * sessions, **keys)


def steps_of(config):
    return config.n_envs * sum(run.make_agent(config).plan(config).steps)


def resumed(folder):
    """The outcome, and the steps that the run went on from."""
    resume(folder)
    told = json.loads((folder / "run.json").read_text())
    assert not (folder / "resume").exists() and not (folder / ".reserve").exists()
    return outcome(folder), [entry["from_step"] for entry in told["resumed"]]


@pytest.mark.parametrize(
    "case", [case if case in QUICK else pytest.param(case, marks=pytest.mark.long) for case in (*CASES, *MORE)]
)
def test_killed_and_resumed_equals_uninterrupted(case, tmp_path):
    config, rng = config_of(case), random.Random(case)
    whole = trained(config, tmp_path / "whole")
    expected, total = outcome(whole), steps_of(config)
    went_on = []
    with checkpoints_at():
        for kill, step in enumerate(rng.sample(range(total // 3, total + 1), 2)):
            folder, left = tmp_path / f"run{kill}", tmp_path / f"left{kill}"
            with killed_at(step, folder, left):
                trained(config, folder)
            if kill == 0:  # killed again
                with killed_at(1, left, tmp_path / "again"):
                    resume(left)
                left = tmp_path / "again"
            told, began_at = resumed(left)
            assert told == expected
            went_on += began_at
    assert any(went_on), went_on


@pytest.mark.long
@pytest.mark.parametrize("case", [*CASES, *MORE])
def test_it_does_not_depend_on_when_checkpoints_are_taken(case, tmp_path):
    config, rng = config_of(case, seed=4, sessions=3), random.Random(case)
    expected, total = outcome(trained(config, tmp_path / "whole")), steps_of(config)
    for kill in range(20):
        folder, left = tmp_path / f"run{kill}", tmp_path / f"left{kill}"
        with checkpoints_at(every=rng.randint(1, 4)):
            with killed_at(rng.randint(1, total), folder, left):
                trained(config, folder)
            assert resumed(left)[0] == expected
        shutil.rmtree(left)


def ended_early(config, folder, error):
    """A run that this error ends at the 19th step of its simulator."""
    step, calls = ToySimulator.step, [0]

    def once(self, policy):
        calls[0] += 1
        if calls[0] == 19:
            raise error
        return step(self, policy)

    with pytest.MonkeyPatch.context() as patch, checkpoints_at(), pytest.raises(type(error)):
        patch.setattr(ToySimulator, "step", once)
        trained(config, folder)
    return folder


@pytest.mark.parametrize(
    ("how", "error"),
    [("interrupted", KeyboardInterrupt()), pytest.param("failed", OSError("once"), marks=pytest.mark.long)],
)
def test_a_run_that_has_completed_its_tables_goes_on_without_a_seam(how, error, tmp_path):
    expected = outcome(trained(config_of("ppo"), tmp_path / "whole"))
    run_folder = ended_early(config_of("ppo"), tmp_path / "run", error)
    assert (run_folder / "metrics" / "steps.parquet").is_file()
    assert outcome(run_folder)["status"] == how
    told, began_at = resumed(run_folder)
    assert told == expected and began_at[0] > 0 and not (run_folder / "error.txt").exists()


def test_a_run_that_goes_on_after_its_end_stays_one_s_own(tmp_path, caplog):
    ended, left = ended_early(config_of("ppo"), tmp_path / "run", KeyboardInterrupt()), tmp_path / "left"
    assert RunFolder(ended).manifest().notes(ended / "run.json")
    with checkpoints_at(), killed_at(1, ended, left):
        resume(ended)
    assert json.loads((left / "run.json").read_text())["status"] == "running"
    assert RunFolder(left).doubt() is None
    resumed(left)
    assert "is not the one that the run wrote" not in caplog.text
    assert RunFolder(left).doubt() is None and RunFolder(left).manifest().notes(left / "run.json")


def cut_off(tmp_path, case="ppo", at=14, every=1):
    """The folder of a run that was killed at this step."""
    with checkpoints_at(every), killed_at(at, tmp_path / "run", tmp_path / "left"):
        trained(config_of(case), tmp_path / "run")
    return tmp_path / "left"


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "damage", ["arrays.npz", *(pytest.param(name, marks=pytest.mark.long) for name in ("actions.npz", "state.json"))]
)
def test_a_damaged_checkpoint_is_passed_over_and_told(damage, tmp_path, caplog):
    expected = outcome(trained(config_of("ppo"), tmp_path / "whole"))
    left = cut_off(tmp_path)
    newest, before = Checkpoints(RunFolder(left)).steps
    path = left / "resume" / f"step_{newest:09d}" / damage
    path.write_bytes(path.read_bytes()[:-20])
    told, began_at = resumed(left)
    assert told == expected and began_at == [before]
    assert f"the checkpoint of step {newest} is damaged" in caplog.text
    remarks = json.loads((left / "run.json").read_text())["resumed"][0]["remarks"]
    assert [f"the checkpoint of step {newest} is damaged" in remark for remark in remarks] == [True]


def test_killed_while_a_checkpoint_is_written(tmp_path):
    expected = outcome(trained(config_of("sac"), tmp_path / "whole"))
    for number in (4, 5, 6):  # a portion of the buffer, arrays, actions
        folder, left = tmp_path / f"run{number}", tmp_path / f"left{number}"
        with checkpoints_at(), pytest.MonkeyPatch.context() as patch:
            packed, calls = checkpoints._packed, [0]

            def dying(arrays, number=number, folder=folder, left=left, packed=packed, calls=calls):
                calls[0] += 1
                if calls[0] == number:
                    shutil.copytree(folder, left)
                    raise Killed
                return packed(arrays)

            patch.setattr(checkpoints, "_packed", dying)
            with pytest.raises(Killed):
                trained(config_of("sac"), folder)
        assert resumed(left)[0] == expected


def test_tampered_actions_are_found_at_their_step_and_nothing_is_changed(tmp_path):
    left = cut_off(tmp_path)
    newest = Checkpoints(RunFolder(left)).steps[0]
    path = left / "resume" / f"step_{newest:09d}" / "actions.npz"
    actions = dict(np.load(path))
    name = next(name for name, array in actions.items() if array.dtype == np.uint8 and len(array) > len(actions) * 2)
    numbers = actions[name].copy().view(np.float32)
    numbers[3] = 1 - numbers[3]  # the first of the second step's three
    np.savez(path, **actions | {name: numbers.view(np.uint8)})
    before = files(left)
    with pytest.raises(ReplayDiffers, match="step 2 of session 1"):
        resume(left)
    assert files(left) == before


def test_a_table_that_has_lost_rows_is_refused(tmp_path):
    left = cut_off(tmp_path)
    shutil.rmtree(left / "metrics" / "steps.parquet")
    before = files(left)
    with pytest.raises(RunFailed, match=r"steps.parquet' has 0 rows, and had 12"):
        resume(left)
    assert files(left) == before


def test_what_cannot_be_resumed_is_told(tmp_path):
    with pytest.raises(ConfigError, match="there is no folder"):
        resume(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"holds no run \(run.json is missing\)"):
        resume(tmp_path / "empty")
    whole = trained(config_of("ppo"), tmp_path / "whole")
    before = files(whole)
    assert resume(whole) is None and files(whole) == before
    left = cut_off(tmp_path)
    with Lock(left / ".reserve"), pytest.raises(ConfigError, match=f"still under way \\(process {os.getpid()}\\)"):
        resume(left)
    record = json.loads((left / "run.json").read_text())
    record["versions"]["netgym"] = "0.0.1"
    (left / "run.json").write_text(json.dumps(record))
    with pytest.raises(ConfigError, match=r"begun by netgym 0\.0\.1.*init="):
        resume(left)


def test_another_machine_is_told_and_noted(tmp_path, caplog):
    left = cut_off(tmp_path)
    record = json.loads((left / "run.json").read_text())
    record["versions"]["torch"], record["machine"]["cpu"] = "1.0", "another"
    (left / "run.json").write_text(json.dumps(record))
    resume(left)
    assert "need not equal one without interruption to the bit: torch was 1.0, is" in caplog.text
    (remark,) = json.loads((left / "run.json").read_text())["resumed"][0]["remarks"]
    assert "cpu was another" in remark


def test_a_run_without_checkpoints_begins_anew(tmp_path, caplog):
    expected = outcome(trained(config_of("ppo"), tmp_path / "whole"))
    with killed_at(14, tmp_path / "run", tmp_path / "left"):
        trained(config_of("ppo"), tmp_path / "run")
    assert resumed(tmp_path / "left") == (expected, [0])
    assert "begins anew, because it has no checkpoint yet" in caplog.text


def test_checkpoints_take_at_most_their_share_and_replay_buffers_are_stored_in_portions(tmp_path):
    left = cut_off(tmp_path, "sac", 16)
    names = sorted(path.name for path in (left / "resume").iterdir())
    assert [name for name in names if name.startswith("step_")] == ["step_000000014", "step_000000015"]
    saved, damages = Checkpoints(RunFolder(left)).newest()
    assert isinstance(saved, SavedState) and damages == [] and 1 <= len(saved.rows) <= 8
    assert len(pd.read_parquet(left / "metrics" / "steps.parquet")) >= 15
