"""The programs of docs/channels.md and docs/gym.md run, their commands are understood; `make test-long` runs them."""

import re
import shlex
import subprocess
import sys

import pytest

from tests.conftest import REPO
from tests.support.commands import Story

DOCUMENTS = [(REPO / "docs" / name).read_text() for name in ("channels.md", "gym.md")]
PROGRAMS = [block for text in DOCUMENTS for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL)]
COMMANDS = [line for text in DOCUMENTS for line in re.findall(r"^    netgym (.*)$", text, re.MULTILINE)]
SHORT = ["env.episodes_per_session=2", "env.steps_per_episode=10", "sessions=1"]
LEARNERS = {
    "agent=ppo_gym": ["agent.n_steps=10", "agent.batch_size=10"],
    "agent=ppo": ["agent.n_steps=10", "agent.batch_size=10"],
}


@pytest.mark.ns3
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_runs(program, tmp_path):
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_every_command_is_understood(workdir):
    story = Story()
    for command in COMMANDS:
        story.understand(f"netgym {command}")
        if "fit-channel" in command:  # what it writes is used in the next
            (workdir / "conf" / "channel").mkdir(parents=True)
            (workdir / "conf" / "channel" / "ns3_wifi_fit.yaml").write_text("defaults: [gilbert_elliott, _self_]\n")


@pytest.mark.ns3
@pytest.mark.long
def test_the_commands_run_one_after_the_other(workdir):
    grids = 0
    for command in COMMANDS:
        words = [word.replace("outputs/multirun/DATE/TIME", f"grid{grids}") for word in shlex.split(command)]
        if words[0] == "train":
            kept = [word for word in words if not word.startswith(("env.episodes_per", "env.steps_per"))]
            words = [*kept, *SHORT, *(value for agent in LEARNERS if agent in words for value in LEARNERS[agent])]
        if "-m" in words:
            grids += 1
            words = [word.split(",")[0] for word in words if not word.startswith("seed=")]
            words += ["seed=1,2", f"hydra.sweep.dir=grid{grids}"]
        if words[0] == "fit-channel":
            words.append("packets=1000")
        done = subprocess.run(
            [sys.executable, "-m", "netgym_cli", *words], cwd=workdir, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, (words, done.stderr)
