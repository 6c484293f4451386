import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

import netgym_cli
from netgym_cli.cli.app import app
from tests.conftest import REPO

CONF = str(REPO / "tests" / "support" / "conf")
TOY = ["--config-dir", CONF, "env=toy", "agent=random"]
HEAVY = {"torch", "stable_baselines3", "ns", "ns3", "cppyy", "pandas", "pyarrow"}

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


def start(*words):
    command = [sys.executable, "-m", "netgym_cli", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run_records(folder):
    return {path.parent.name: json.loads(path.read_text()) for path in sorted(Path(folder).rglob("run.json"))}


def test_train_leaves_a_complete_folder(workdir):
    done = netgym("train", *TOY)
    assert done.exit_code == 0, done.stderr
    (record,) = run_records(workdir / "outputs").values()
    assert record["status"] == "complete"
    (config,) = workdir.glob("outputs/*/*/.hydra/config.yaml")
    assert "random_seed: 1\n" in config.read_text()  # resolved, not ${seed}
    assert str(config.parent.parent) in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["env=nqos_spilt"], "unknown env 'nqos_spilt'. Did you mean 'nqos_split'?"),
        (["agent=pppo"], "unknown agent 'pppo'. Did you mean 'ppo'?"),
        (["channel=nonne"], "unknown channel 'nonne'. Did you mean 'none'?"),
        ([*TOY, "agnet=ppo"], "unknown key 'agnet'. Did you mean 'agent'?"),
        ([*TOY, "env.num_user=3"], "unknown key 'env.num_user'. Did you mean 'env.num_users'?"),
        ([*TOY, "+env.num_user=3"], "unknown key 'env.num_user'. Did you mean 'env.num_users'?"),
        ([*TOY, "episodes_per_session=3"], "Did you mean 'env.episodes_per_session'?"),
        ([*TOY, "+sead=3"], "unknown key 'sead'. Did you mean 'seed'?"),
        ([*TOY, "seed=abc"], "bad value for 'seed'"),
        ([*TOY, "seed=-1"], "seed is -1; allowed: 0 to 2147483647"),
        ([*TOY, "env.num_users=many"], "bad value for 'env.num_users'"),
        ([*TOY, "env=3"], "unknown env '3'. Known: "),
        ([*TOY, "env.steps_per_episode=0"], "env.steps_per_episode is 0; allowed: 1 or more"),
        ([*TOY, "env.episodes_per_session=0"], "env.episodes_per_session is 0; allowed: 1 or more"),
        ([*TOY, "simulator.step_timeout_s=0"], "simulator.step_timeout_s is 0.0; allowed: a number of seconds above 0"),
        ([*TOY, "sessions=[]"], "sessions is []; allowed: how many, 1 to 1000000, or a list of one or more"),
        ([*TOY, "sessions=0"], "sessions is 0; allowed: how many"),
        ([*TOY, "sessions=true"], "sessions is True; allowed: how many"),
        ([*TOY, "sessions=many"], "sessions is 'many'; allowed: how many"),
        ([*TOY, "sessions=[3]"], "sessions[0] is 3; allowed: a mapping of env keys"),
        ([*TOY, "steps=10"], "steps is 10; allowed: whole episodes of env.steps_per_episode=4 steps, such as 8 or 12"),
        ([*TOY, "steps=8", "sessions=[{}]"], "steps is 8, and sessions, a list, says how long the run is, too"),
        ([*TOY, "evaluate_at_end=1"], "evaluate_at_end.networks is 1; allowed: 2 or more, or 0 for none"),
        ([*TOY, "evaluate_at_end=much"], "evaluate_at_end is 'much'; allowed: how many networks"),
        ([*TOY, "evaluate_at_end.epsiodes=3"], "Did you mean 'evaluate_at_end.episodes'?"),
        ([*TOY, "evaluate_at_end.simulator=gymnasium"], "evaluate_at_end.simulator is 'gymnasium'; allowed for env"),
        ([*TOY, "sessions=[{num_user: 3}]"], "unknown key 'sessions[0].num_user'"),
        ([*TOY, "env.name=tests.support.toy:Nobody"], "has no class Nobody"),
        ([*TOY, "env.name=tests.support.toy:ToySimulator"], "is not a subclass of"),
        ([*TOY, "seed=1,2"], "`netgym train -m` runs each of them"),
        ([*TOY, "=3"], "cannot read the override '=3'; write KEY=VALUE"),
        ([*TOY, "seed"], "cannot read the override 'seed'; write KEY=VALUE"),
        (["--config-dir", "nowhere"], "nowhere' is not a directory"),
        (["-m", *TOY, "seed=1,2", "env.steps_per_episode=4,0"], "env.steps_per_episode is 0"),
    ],
)
def test_a_mistake_gets_one_message_and_leaves_nothing(workdir, words, message):
    done = netgym("train", *words)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(workdir.iterdir()) == []


def test_broken_yaml_is_told_with_file_and_line(workdir):
    (workdir / "env").mkdir()
    (workdir / "env" / "mine.yaml").write_text("# Mine\nname: x\nsteps: [1, 2\nmore: 3\n")
    done = netgym("train", "--config-dir", ".", "env=mine")
    assert done.exit_code == 2
    assert "mine.yaml, line 4" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_yaml_key_that_nobody_knows(workdir):
    (workdir / "env").mkdir()
    text = (REPO / "tests" / "support" / "conf" / "env" / "toy.yaml").read_text().replace("num_users:", "num_user:")
    (workdir / "env" / "mine.yaml").write_text(text)
    done = netgym("train", "--config-dir", ".", "env=mine")
    assert (done.exit_code, "Did you mean 'env.num_users'?" in done.stderr) == (2, True)


def test_a_dying_simulator_exits_1_and_names_its_folder(workdir):
    done = netgym("train", *TOY, "env.fail_at_step=3")
    assert done.exit_code == 1
    ((name, record),) = run_records(workdir).items()
    assert record["status"] == "failed"
    assert "failed at step 3" in done.stderr
    assert f"/{name}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_exits_1(monkeypatch):
    from netgym_cli.experiment import run

    def full(config, folder, command, **_):
        (folder / "run.json").write_text("{}")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "train", full)
    done = netgym("train", *TOY)
    assert done.exit_code == 1
    assert "No space left on device" in done.stderr
    assert "run folder: " in done.stderr


def test_a_bug_hides_its_traceback_unless_asked(monkeypatch):
    from netgym_cli.experiment import run

    def bug(*_, **__):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(run, "train", bug)
    assert "NETGYM_TRACEBACK=1" in netgym("train", *TOY).stderr
    monkeypatch.setenv("NETGYM_TRACEBACK", "1")
    assert "ZeroDivisionError: oh" in netgym("train", *TOY).stderr


def test_a_sweep_leaves_a_folder_per_job(workdir):
    done = netgym("train", "-m", *TOY, "seed=1,2", "env.num_users=2,3")
    assert done.exit_code == 0, done.stderr
    records = run_records(workdir / "outputs" / "multirun")
    assert {name: record["status"] for name, record in records.items()} == dict.fromkeys("0123", "complete")
    assert [record["seed"] for record in records.values()] == [1, 1, 2, 2]
    assert "4 of 4 jobs done" in done.stdout


KILLER = """
import os, signal
from tests.support.toy import ToyAdapter, ToySimulator
class Adapter(ToyAdapter):
    required_simulator = "killer:Simulator"
class Simulator(ToySimulator):
    def step(self, policy):
        if self.fail_at_step and self.steps == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.users == 2:
            import time; time.sleep(0.1)
        return super().step(policy)
"""


@pytest.fixture
def killer(workdir):
    (workdir / "env").mkdir()
    text = (REPO / "tests" / "support" / "conf" / "env" / "toy.yaml").read_text()
    (workdir / "env" / "killer.yaml").write_text(text.replace("tests.support.toy:ToyAdapter", "killer:Adapter"))
    (workdir / "killer.py").write_text(KILLER)
    return ["--config-dir", str(workdir), "env=killer", "agent=random"]


def test_a_job_that_dies_ends_no_other(workdir, killer):
    done = netgym("sweep", *killer, "env.fail_at_step=100,0")
    assert done.exit_code == 1
    records = run_records(workdir / "outputs")
    states = {name: record["status"] for name, record in records.items()}
    assert states == {"0": "failed", "0.attempt1": "failed", "1": "complete"}
    assert "SIGKILL" in records["0"]["error"]["message"]
    assert "1 of 2 jobs done" in done.stdout
    assert "killed by SIGKILL" in done.stderr


@pytest.mark.parametrize(
    ("verb", "number"),
    [
        ("train", signal.SIGINT),
        ("train", signal.SIGTERM),
        ("sweep", signal.SIGINT),
        pytest.param("sweep", signal.SIGTERM, marks=pytest.mark.long),  # the handler of the three others
    ],
)
def test_interrupts_keep_what_there_was(workdir, killer, verb, number):
    child = start(verb, *killer, "env.num_users=2", "env.episodes_per_session=1000")
    wait_for(lambda: list(workdir.rglob("steps.parquet")))
    child.send_signal(number)
    _, errors = child.communicate()
    assert child.returncode == 128 + number
    assert "interrupted" in errors
    assert "Traceback" not in errors
    assert [record["status"] for record in run_records(workdir).values()] == ["interrupted"]


def test_a_killed_sweep_leaves_no_job_running(workdir, killer):
    child = start("sweep", *killer, "env.num_users=2", "env.episodes_per_session=1000")
    wait_for(lambda: list(workdir.rglob("run.json")))
    child.kill()
    child.communicate()
    wait_for(lambda: [record["status"] for record in run_records(workdir).values()] == ["interrupted"])


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("waited for a minute")


QUICK = ["--help", "--version", "list", "list env --json", "train --help", "train --cfg job", "doctor"]


def test_quick_verbs_import_nothing_heavy():
    code = (
        "import sys\nfrom netgym_cli.cli.app import app\n"
        "for line in sys.argv[1:]:\n"
        "    try: app(line.split())\n"
        "    except SystemExit as end: assert not end.code or line == 'doctor', (line, end.code)\n"
        "    print('\\nLOADED', *sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, *QUICK], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = [set(line.split()) for line in done.stdout.splitlines() if line.startswith("LOADED ")]
    assert [modules & HEAVY for modules in loaded] == [set()] * len(QUICK)


def test_version():
    assert netgym("--version").stdout == f"netgym {netgym_cli.__version__}\n"


def test_cfg_prints_the_config_and_runs_nothing(workdir):
    done = netgym("train", *TOY, "--cfg", "job", "--resolve", "seed=7")
    assert done.exit_code == 0
    assert "random_seed: 7\n" in done.stdout
    assert list(workdir.iterdir()) == []


def test_list_json():
    found = json.loads(netgym("list", "--json", "--config-dir", CONF).stdout)
    assert {("env", "toy"), ("agent", "ppo"), ("channel", "none")} <= {(one["group"], one["name"]) for one in found}
    assert all(one["meaning"] for one in found)


def test_show_json():
    shown = json.loads(netgym("show", "--json", *TOY).stdout)
    assert shown["spaces"]["observation"]["shape"] == [1, 3]
    keys = {key["key"]: key for key in shown["keys"]}
    told = {"key": "env.num_users", "default": 3, "unit": "", "allowed": "", "meaning": "users"}
    assert keys["env.num_users"] == told and keys["env.steps_per_episode"]["allowed"] == "1 or more"
    assert not any(key.startswith("channel") for key in keys)


def test_check_passes_for_the_toy_and_fails_for_a_liar(workdir):
    done = netgym("check", "--json", *TOY)
    assert done.exit_code == 0, done.stdout
    assert len(json.loads(done.stdout)) == 4
    (workdir / "env").mkdir()
    text = (REPO / "tests" / "support" / "conf" / "env" / "toy.yaml").read_text()
    (workdir / "env" / "liar.yaml").write_text(text.replace("tests.support.toy:ToyAdapter", "liar:Liar"))
    (workdir / "liar.py").write_text(
        "import random\nfrom tests.support.toy import ToyAdapter\n"
        "class Liar(ToyAdapter):\n    def reward(self, stats):\n        return random.random()\n"
    )
    done = netgym("check", "--json", "--config-dir", ".", "env=liar", "agent=random")
    verdicts = {verdict["name"]: verdict["ok"] for verdict in json.loads(done.stdout)}
    assert done.exit_code == 1
    assert verdicts["same seed, same numbers"] is False
    assert verdicts["other seed, other numbers"] is True


def test_doctor_json():
    done = netgym("doctor", "--json")
    names = {finding["name"] for finding in json.loads(done.stdout)}
    assert {"netgym", "python", "ns3", "torch", "compiler", "native part", "fluid kernel"} <= names


def test_what_was_loaded_is_said_on_stderr():
    child = start("show", *TOY, "--json")
    out, errors = child.communicate()
    json.loads(out)
    assert errors.startswith("loaded env tests.support.toy:ToyAdapter from ")
    assert errors.count("loaded env") == 1
