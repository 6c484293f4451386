"""Run folders that somebody else made, or changed: what their configs name does not run unless the user says so."""

import json
import logging
import os
import shutil
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf
from typer.testing import CliRunner

from netgym_cli import load_agent
from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.foreign import code_in
from netgym_cli.experiment.config import config_of
from netgym_cli.experiment.launch import train_job
from netgym_cli.runs import signing
from netgym_cli.runs.folder import RunFolder
from tests.conftest import REPO

EARLIER = REPO / "tests" / "compat" / "last_release" / "run"  # without a manifest, and all it names is built in
CODE = "from pathlib import Path\n(Path(__file__).parent / 'ran').touch()\n"
GYM = {"name": "gym", "random_seed": 3, "steps_per_episode": 4, "episodes_per_session": 2, "kwargs": None}
NAMING_CODE = {
    "an environment": {"env": {"name": "download.evil:Env"}},
    "an agent": {"agent": {"name": "download.evil:Agent"}},
    "a user's class": {"agent": {"name": "custom", "cls": "download.evil:Agent", "kwargs": None}},
    "a channel": {"channel": {"name": "download.evil:Channel"}},
    "a channel of actions": {"channel": {"action": {"name": "download.evil:Channel"}}},
    "a simulator": {"simulator": {"name": "download.evil:Simulator"}},
    "a module of Gymnasium ids": {"env": GYM | {"id": "download.evil:X-v0"}},
    "such a module for a session": {"env": GYM | {"id": "CartPole-v1"}, "sessions": [{"id": "download.evil:X-v0"}]},
    "arguments of a constructor": {"env": GYM | {"id": "CartPole-v1", "kwargs": {"file": "evil.xml"}}},
    "libraries of ns-3": {"simulator": {"ns3_prefix": "download/ns3"}},
    "a name that is not ASCII": {"env": {"name": "émile:Env"}},
}

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


def train(*words, folder):
    short = ["env=gym", "env.steps_per_episode=4", "env.episodes_per_session=2", "sessions=1"]
    done = netgym("train", *short, "agent.n_steps=8", "agent.batch_size=4", *words, f"hydra.run.dir={folder}")
    assert done.exit_code == 0, done.stderr
    return done


def edit(folder, changes):
    """Merges `changes` into the groups of a run's config."""
    path = folder / ".hydra" / "config.yaml"
    config = yaml.safe_load(path.read_text())
    for key, value in changes.items():
        config[key] = config[key] | value if isinstance(value, dict) and "id" not in value else value
    path.write_text(yaml.safe_dump(config))


@pytest.fixture
def download(workdir):
    """A run folder that was unpacked into the working directory, with a module in it."""
    folder = shutil.copytree(EARLIER, workdir / "download")
    (folder / "evil.py").write_text(CODE)
    shutil.copy(folder / "evil.py", workdir / "émile.py")
    return folder


@pytest.fixture
def own(workdir):
    """A run of one's own that needs no simulator, without training worth the name."""
    train("agent=cleanrl_ppo", folder="own")
    return workdir / "own"


@pytest.mark.parametrize("changes", NAMING_CODE.values(), ids=NAMING_CODE)
def test_what_a_config_from_elsewhere_names_is_not_run(workdir, download, changes):
    edit(download, changes)
    done = netgym("evaluate", "download")
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1
    (name,) = code_in(yaml.safe_load((download / ".hydra" / "config.yaml").read_text()))
    assert name in done.stderr and "--trust" in done.stderr and "it has no manifest.json" in done.stderr
    assert not list(workdir.rglob("ran")) and not (workdir / "outputs").exists()


def test_it_is_neither_run_by_the_verbs_that_take_a_folder_too(workdir, download):
    edit(download, NAMING_CODE["an environment"])
    done = netgym("collect", "download")
    assert done.exit_code == 2 and "--trust" in done.stderr
    with pytest.raises(ConfigError, match="--trust"):
        train_job(download)
    assert not list(workdir.rglob("ran"))


def test_with_trust_it_is_run(workdir, download):
    edit(download, NAMING_CODE["an environment"])
    done = netgym("evaluate", "download", "--trust")
    assert done.exit_code == 2 and "has no class Env" in done.stderr
    assert list(workdir.rglob("ran"))


@pytest.mark.parametrize("value", ["${oc.env:PATH}", "${seed}${seed}", "${env}", "${none}"])
@pytest.mark.parametrize("trust", [[], ["--trust"]])
def test_an_interpolation_of_a_run_s_config_is_never_resolved(download, value, trust):
    edit(download, {"dataset": value})
    done = netgym("evaluate", "download", *trust)
    assert done.exit_code == 2 and f"dataset is '{value}'" in done.stderr
    assert os.environ["PATH"] not in done.stderr


def test_a_reference_to_a_value_of_the_same_config_is_one(download):
    edit(download, {"env": {"random_seed": "${seed}"}})
    done = netgym("evaluate", "download", "env.num_users=0")
    assert done.exit_code == 2 and "env.num_users is 0" in done.stderr


def test_labels_of_a_run_from_elsewhere_resolve_nothing(download):
    (download / ".hydra" / "hydra.yaml").write_text("hydra: {runtime: {choices: {agent: '${oc.env:PATH}'}}}")
    assert RunFolder(download).choices() == {"agent": "${oc.env:PATH}"}


def test_a_folder_that_names_no_code_needs_no_trust_and_a_model_of_arrays_neither(own, another_user):
    another_user()
    done = netgym("evaluate", "own", "seeds=1", "episodes=1")
    assert done.exit_code == 0, done.stderr


def test_an_edited_config_of_ones_own_is_noticed(own, caplog):
    logging.getLogger("netgym_cli").propagate = True
    edit(own, {"env": {"steps_per_episode": 3}})
    assert config_of(own).env.steps_per_episode == 3
    assert "was made here, but its .hydra/config.yaml is not the one that the run wrote" in caplog.text
    edit(own, {"channel": {"name": "own.evil:Channel"}})
    done = netgym("evaluate", "own")
    assert done.exit_code == 2 and "its .hydra/config.yaml is not the one that the run wrote" in done.stderr


def test_an_edited_record_or_a_foreign_model_is_noticed(own, workdir):
    record = json.loads((own / "run.json").read_text())
    (own / "run.json").write_text(json.dumps(record | {"seeds": []}))
    assert RunFolder(own).doubt() == "its run.json is not the one that the run wrote"
    (own / "model.npz").write_bytes((EARLIER / "model.npz").read_bytes())
    done = netgym("evaluate", "own")
    assert done.exit_code == 2 and "model.npz' is not the one that the run wrote" in done.stderr


def test_a_manifest_that_somebody_else_completed_is_signed_by_nobody(own):
    manifest = json.loads((own / "manifest.json").read_text())
    assert manifest["files"].keys() == {".hydra/config.yaml", "run.json", "model.npz"}
    assert RunFolder(own).doubt() is None
    manifest["files"]["model.zip"] = "0" * 64
    (own / "manifest.json").write_text(json.dumps(manifest))
    assert "does not bear your signature" in RunFolder(own).doubt()


def test_a_damaged_manifest_signs_nothing(download):
    for content in ("", "[" * 100_000, "{}", '{"format": 1, "files": [], "signature": 7}', "\x00"):
        (download / "manifest.json").write_text(content)
        assert "does not bear your signature" in RunFolder(download).doubt()
    (download / "manifest.json").unlink()
    os.mkfifo(download / "manifest.json")
    assert "does not bear your signature" in RunFolder(download).doubt()


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 33])
def test_a_damaged_key_signs_nothing_and_is_replaced(tmp_path, damage):
    signed = signing.signature(b"content").encode()
    key = tmp_path / "state" / "netgym" / "model.key"
    key.write_bytes(damage)
    assert not signing.verify(b"content", signed)
    assert signing.verify(b"content", signing.signature(b"content").encode()) and len(key.read_bytes()) == 32


def test_a_key_that_others_can_use_signs_nothing(tmp_path):
    signed = signing.signature(b"content").encode()
    assert signing.verify(b"content", signed)
    (tmp_path / "state" / "netgym" / "model.key").chmod(0o644)
    assert not signing.verify(b"content", signed)
    with pytest.raises(signing.NoKey, match="chmod 600"):
        signing.signature(b"content")


@pytest.mark.parametrize(("agent", "needed"), [("ppo_gym", True), ("cleanrl_ppo", False)])
def test_without_a_key_the_run_says_what_to_set_and_proposes_what_works(workdir, monkeypatch, caplog, agent, needed):
    logging.getLogger("netgym_cli").propagate = True
    (workdir / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(workdir / "file"))
    done = train(f"agent={agent}", folder="it")
    assert "set XDG_STATE_HOME" in caplog.text and caplog.text.count("could not be signed") == 1
    assert "could not be signed when it was made (no key)" in RunFolder(workdir / "it").doubt()
    (onward,) = (line.split()[2:] for line in done.stdout.splitlines() if line.startswith("next: "))
    assert ("--trust" in onward) is needed
    load_agent(onward[1], trust="--trust" in onward)
    if needed:
        with pytest.raises(ConfigError, match="trust"):
            load_agent(onward[1])


def test_an_unsigned_run_stays_so_and_a_signed_one_too(download, monkeypatch):
    run = RunFolder(download)
    monkeypatch.setattr(signing, "_path", lambda: Path("/dev/null/model.key"))
    run.save_config(OmegaConf.create({}))
    assert run.manifest().keyless
    monkeypatch.undo()
    run.sign(run.record_path)
    assert run.manifest().keyless
    run.save_config(OmegaConf.create({}))
    assert run.doubt() is None
    monkeypatch.setattr(signing, "_path", lambda: Path("/dev/null/model.key"))
    run.sign(run.record_path)
    monkeypatch.undo()
    assert run.doubt() is None


def test_what_is_wrong_with_a_key_is_told_once(own, tmp_path, caplog):
    logging.getLogger("netgym_cli").propagate = True
    (tmp_path / "state" / "netgym" / "model.key").chmod(0o644)
    config_of(own)
    config_of(own)
    assert caplog.text.count("chmod 600 it") == 1


def test_a_key_is_made_without_hard_links_and_is_ones_own(tmp_path, monkeypatch):
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    assert signing.verify(b"content", signing.signature(b"content").encode())
    (key,) = (tmp_path / "state" / "netgym").iterdir()
    assert (key.name, key.stat().st_mode & 0o777) == ("model.key", 0o600)


def test_without_a_home_the_key_says_what_to_set(monkeypatch):
    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(signing.NoKey, match="set XDG_STATE_HOME"):
        signing.signature(b"content")
    assert not signing.verify(b"content", b"")


def test_what_is_built_in_names_no_code():
    for path in sorted(Path(REPO / "conf").glob("*/*.yaml")):
        values = {path.parent.name: yaml.safe_load(path.read_text())}
        assert code_in(values) == [], path


def test_what_a_folder_from_elsewhere_says_does_not_reach_the_terminal_as_it_is(download):
    record = {"status": "failed", "error": {"message": "\x1b[2Jgone"}}
    (download / "run.json").write_text(json.dumps(record))
    done = netgym("evaluate", "download")
    assert done.exit_code == 2 and "?[2Jgone" in done.stderr and "\x1b" not in done.stderr


def test_a_run_that_was_killed_is_ones_own(download):
    RunFolder(download).save_config(OmegaConf.create({"env": {"name": "mine:Env"}}))
    assert RunFolder(download).doubt() is None
    RunFolder(download).mark_dead("killed by SIGKILL")
    assert RunFolder(download).doubt() is None


def test_a_model_belongs_to_the_run_that_saved_it(download, workdir):
    other = RunFolder(shutil.copytree(download, workdir / "other"))
    for run, content in ((RunFolder(download), b"a"), (other, b"b")):
        run.save_config(OmegaConf.create({}))
        run.model_path.write_bytes(content)
        run.sign(run.model_path)
        assert run.wrote(run.model_path, content)
    assert not RunFolder(download).wrote(download / "model.zip", b"b")
    assert RunFolder.of_model(download / "checkpoints" / "step_9.zip") == RunFolder(download)


def test_a_model_of_an_earlier_release_keeps_its_own_signature(download, another_user):
    run = RunFolder(download)
    run.model_path.with_name("model.zip.sig").write_text(signing.signature(b"model") + "\n")
    assert run.wrote(run.model_path, b"model") and not run.wrote(run.model_path, b"other")
    another_user()
    assert not run.wrote(run.model_path, b"model")
