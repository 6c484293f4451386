"""Agents compared on the same new seeds: from the words of the command to the tables."""

import csv
import json
import os
import signal
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.evaluation import contest, request
from netgym_cli.experiment import run
from tests.conftest import REPO
from tests.support.engine import run_config
from tests.support.network import eventually, marked

CONF = ["--config-dir", str(REPO / "tests" / "support" / "conf")]
TOY = [*CONF, "env=toy"]
SMALL_PPO = ["agent=ppo", "agent.n_envs=1", "agent.n_steps=8", "agent.batch_size=4", "sessions=1"]

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


def rows(path):
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def trained(workdir):
    """A run of PPO on the toy, trained on the seed 1 alone."""
    done = netgym("train", *TOY, *SMALL_PPO, "hydra.run.dir=trained")
    assert done.exit_code == 0, done.stderr
    return workdir / "trained"


def test_rules_are_compared_and_leave_tables_and_a_picture(workdir):
    done = netgym("evaluate", *TOY, "agent=random", "episodes=3", "seeds=4", "-o", "out")
    assert done.exit_code == 0, done.stderr
    folder = workdir / "out"
    summary = {(row["agent"], row["metric"]): row for row in rows(folder / "summary.csv")}
    seeds = rows(folder / "seeds.csv")
    assert [int(row["seed"]) for row in seeds] == [1_000_000 + k for k in range(4)]
    mean = summary["random", "return"]
    assert float(mean["mean"]) == pytest.approx(sum(float(row["return"]) for row in seeds) / 4)
    assert float(mean["low"]) < float(mean["mean"]) < float(mean["high"]) and mean["seeds"] == "4"
    assert float(mean["mean"]) == pytest.approx(4 * float(summary["random", "reward"]["mean"]))  # steps of an episode
    assert {"rate_mbps"} <= {metric for _, metric in summary}
    assert rows(folder / "paired.csv") == []
    assert (folder / "returns.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((folder / "evaluation.json").read_text())["episodes"] == 3


def test_the_same_command_gives_the_same_tables(workdir):
    for out, jobs in (("a", "1"), ("b", "2")):
        done = netgym("evaluate", *TOY, "agent=random", "episodes=2", "seeds=3", "-o", out, "--jobs", jobs)
        assert done.exit_code == 0, done.stderr
    for name in ("summary.csv", "paired.csv", "seeds.csv"):
        assert (workdir / "a" / name).read_bytes() == (workdir / "b" / name).read_bytes()


def test_a_trained_agent_is_known_from_its_folder_and_meets_the_same_seeds(workdir, trained):
    done = netgym(
        "evaluate", *CONF, "trained", "agent=random", "episodes=2", "seeds=3", "--json", "--baseline", "random"
    )
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["env"], told["base"]["env"]) == ("toy", "tests.support.toy:ToyAdapter")
    assert told["baseline"] == "random"
    returns = {(row["agent"], row["seed"]): row["return"] for row in told["by_seed"]}
    assert {agent for agent, _ in returns} == {"ppo", "random"}
    differences = [returns["ppo", seed] - returns["random", seed] for seed in told["seeds"]]
    (paired,) = [row for row in told["paired"] if row["metric"] == "return"]
    assert (paired["agent"], paired["baseline"]) == ("ppo", "random")
    assert paired["mean"] == pytest.approx(sum(differences) / 3)
    assert paired["low"] <= paired["mean"] <= paired["high"]
    assert len(list(workdir.glob("outputs/evaluate/*/*/summary.csv"))) == 1


def test_runs_of_one_algorithm_are_told_apart_by_their_folders(workdir, trained):
    assert netgym("train", *TOY, *SMALL_PPO, "agent.gamma=0.5", "hydra.run.dir=other").exit_code == 0
    asked = request.parse(["trained", "other", "seeds=2"], [CONF[1]])
    assert list(asked.contenders) == ["ppo:trained", "ppo:other"]


def test_an_agent_does_in_an_evaluation_what_it_does_in_a_run(tmp_path):
    config = run_config("random", seed=77)
    summary = run.train(config, tmp_path / "run", ["netgym"])
    found = contest.evaluate(config, {"random": config.agent}, [77], episodes=2, jobs=1)
    assert found.values["random"]["return"][0] == pytest.approx(summary.mean_return, rel=1e-12)
    assert found.summary()[0]["low"] is None


def test_all_agents_meet_the_same_networks():
    config = run_config("random")
    found = contest.evaluate(config, {"one": config.agent, "other": config.agent}, [5, 6, 7], 2, jobs=2)
    assert {row["mean"] for row in found.paired()} == {0.0}
    assert len(set(found.values["one"]["return"])) == 3


def test_new_seeds_are_never_those_of_the_training(trained):
    assert contest.default_seeds(3, frozenset((1_000_001,))) == (1_000_000, 1_000_002, 1_000_003)
    done = netgym("train", *TOY, *SMALL_PPO, "seed=1000000", "hydra.run.dir=far")
    assert done.exit_code == 0
    record = json.loads((trained.parent / "far" / "run.json").read_text())
    assert record["seeds"] == [1_000_000]
    assert 1_000_000 not in request.parse(["far"], [CONF[1]]).seeds
    assert not set(request.parse(["trained", "far"], [CONF[1]]).seeds) & {1, 1_000_000}
    refused = netgym("evaluate", *CONF, "trained", "seeds=[5,1]")
    assert refused.exit_code == 2 and "has met the seeds [1]" in refused.stderr


@pytest.mark.parametrize(("text", "seeds"), [("3..5", (3, 4, 5)), ("[7, 3]", (7, 3)), ("2", (1_000_000, 1_000_001))])
def test_seeds_can_be_counted_listed_or_spanned(text, seeds):
    assert request.parse(["env=toy", "agent=random", f"seeds={text}"], [CONF[1]]).seeds == seeds


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to evaluate"),
        (["nowhere"], "'nowhere' is neither the folder of a run nor KEY=VALUE"),
        (["."], "'.' holds no run (run.json is missing)"),
        (["env=toy", "agent=ppo"], "agent 'ppo' has to be trained"),
        (["env=toy", "agent=randon"], "unknown agent 'randon'. Did you mean 'random'?"),
        (["env=toy", "agent=random", "env.num_user=3"], "Did you mean 'env.num_users'?"),
        (["env=toy", "agent=random", "agent.nothing=3"], "unknown key 'agent.nothing'"),
        (["env=toy", "agent=random", "seeds=0"], "seeds is '0'; allowed: how many"),
        (["env=toy", "agent=random", "seeds=[3,3]"], "seeds is [3, 3]; allowed: one or more, each once"),
        (["env=toy", "agent=random", "seeds=5..3"], "seeds is '5..3'; allowed: the smaller one first"),
        (["env=toy", "agent=random", "seeds=[3000000000]"], "numbers from 0 to 2147483647"),
        (["env=toy", "agent=random", "episodes=no"], "episodes is 'no'; allowed: 1 or more"),
        (["env=toy", "agent=random", "seed=4"], "override 'seed=4' has no effect on an evaluation; write seeds="),
        (["env=toy", "agent=random", "env.episodes_per_session=4"], "write episodes="),
        (["env=toy", "agent=random", "--baseline", "ppo"], "--baseline is 'ppo'; allowed: random"),
    ],
)
def test_a_mistake_gets_one_message_and_leaves_nothing(workdir, words, message):
    done = netgym("evaluate", *CONF, *words)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(workdir.iterdir()) == []


def test_folders_without_a_model_are_refused_with_the_reason(workdir, trained):
    assert netgym("train", *TOY, *SMALL_PPO, "env.fail_at_step=3", "hydra.run.dir=failed").exit_code == 1
    (trained / "model.zip").rename(workdir / "model.zip")
    for folder, message in (
        ("failed", "the status 'failed': toy simulator failed at step 3"),
        ("trained", "no model at 'trained/model.zip'"),
    ):
        done = netgym("evaluate", *CONF, folder)
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
        assert message in done.stderr
    assert not (workdir / "outputs").exists()


def test_a_model_from_elsewhere_needs_trust(trained, another_user):
    another_user()
    words = ["evaluate", *CONF, "trained", "seeds=1", "episodes=1"]
    done = netgym(*words)
    assert done.exit_code == 2 and "--trust" in done.stderr
    assert netgym(*words, "--trust").exit_code == 0


def test_a_trained_agent_can_meet_another_environment_if_it_fits(trained):
    asked = request.parse(["trained", "agent=random", "env.steps_per_episode=7"], [CONF[1]])
    assert asked.config.env.steps_per_episode == 7
    done = netgym("evaluate", *CONF, "trained", "env.num_users=5")
    assert done.exit_code == 2 and "was trained for the observations" in done.stderr


def test_runs_of_different_environments_need_a_word_on_where(trained):
    assert netgym("train", *TOY, *SMALL_PPO, "env.steps_per_episode=8", "hydra.run.dir=longer").exit_code == 0
    with pytest.raises(ConfigError, match=r"env\.steps_per_episode is 8 in 'longer' and 4 in 'trained'"):
        request.parse(["trained", "longer"], [CONF[1]])
    assert request.parse(["trained", "longer", "env=toy"], [CONF[1]]).config.env.steps_per_episode == 4


def test_a_crash_names_agent_seed_and_the_command_that_repeats_it(workdir):
    done = netgym("evaluate", *TOY, "agent=random", "env.fail_at_step=3", "seeds=[8]", "-o", "out")
    assert done.exit_code == 1
    assert "agent random, seed 8: toy simulator failed at step 3" in done.stderr
    (command,) = [line for line in done.stderr.splitlines() if line.startswith("Reproduce it with: netgym evaluate ")]
    assert "agent=random env=toy env.fail_at_step=3 episodes=5 'seeds=[8]'" in command
    assert not (workdir / "out").exists()


DEADLY = """
import os, signal
from tests.support.toy import ToyAdapter, ToySimulator
class Adapter(ToyAdapter):
    required_simulator = "deadly:Simulator"
class Simulator(ToySimulator):
    def step(self, policy):
        if self.fail_at_step and self.steps == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        if not self.fail_at_step:
            open("begun", "w").close()
            import time; time.sleep(0.05)
        return super().step(policy)
"""


@pytest.fixture
def deadly(workdir):
    (workdir / "env").mkdir()
    text = (REPO / "tests" / "support" / "conf" / "env" / "toy.yaml").read_text()
    (workdir / "env" / "deadly.yaml").write_text(text.replace("tests.support.toy:ToyAdapter", "deadly:Adapter"))
    (workdir / "deadly.py").write_text(DEADLY)
    return ["--config-dir", str(workdir), "env=deadly", "agent=random"]


def test_a_killed_worker_is_an_error_and_no_data(workdir, deadly):
    done = netgym("evaluate", *deadly, "env.fail_at_step=100", "seeds=2", "-o", "out")
    assert done.exit_code == 1 and "the worker process ended with status -9" in done.stderr
    assert not (workdir / "out").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interruption_leaves_no_process(workdir, deadly, number):
    mark = f"netgym-evaluate-{os.getpid()}-{number}"
    words = ["evaluate", *deadly, "episodes=100000", "seeds=2", "--jobs", "2"]
    child = subprocess.Popen(
        [sys.executable, "-m", "netgym_cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NETGYM_TEST_MARK": mark},
    )
    assert eventually(lambda: (workdir / "begun").exists())
    child.send_signal(number)
    _, errors = child.communicate()
    assert child.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert "Traceback" not in errors
    assert eventually(lambda: not marked(mark))
    if number != signal.SIGKILL:
        assert "interrupted" in errors and not list(workdir.glob("outputs/evaluate/*/*"))


@pytest.mark.ns3
def test_random_on_the_real_simulator_twice(workdir):
    for out in ("a", "b"):
        words = ["env=nqos_split_small", "agent=random", "episodes=1", "seeds=2", "-o", out]
        done = netgym("evaluate", *words)
        assert done.exit_code == 0, done.stderr
    assert (workdir / "a" / "seeds.csv").read_bytes() == (workdir / "b" / "seeds.csv").read_bytes()
    first, second = rows(workdir / "a" / "seeds.csv")
    assert first["return"] != second["return"]


def test_runs_behind_different_channels_are_not_pooled_behind_the_first_one_s(workdir):
    from netgym_cli.evaluation import request

    for name, loss in (("clear", 0.0), ("lossy", 0.5)):
        words = ["agent=random", "channel=link", f"channel.loss={loss}", f"hydra.run.dir={name}"]
        assert netgym("train", *TOY, *words).exit_code == 0
    done = netgym("evaluate", *CONF, "clear", "lossy", "seeds=1")
    assert done.exit_code == 2, done.output
    assert "channel.loss is 0.5 in 'lossy' and 0.0 in 'clear'; say in which channel" in done.stderr
    assert request.parse(["clear", "lossy", "channel=mobile"], [CONF[1]]).config.name_of("channel") == "mobile"
