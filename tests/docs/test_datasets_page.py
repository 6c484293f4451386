"""docs/datasets.md told as it stands: its commands in their order in one directory, and its programs behind them."""

import os
import pickle
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.commands import Story

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "datasets.md").read_text()
ELSEWHERE = "import d3rlpy"  # needs an environment of its own


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_every_command_of_the_page_is_understood():
    story = Story()
    for line in "".join(blocks("bash")).splitlines():
        story.understand(line)


@pytest.mark.ns3
@pytest.mark.long
def test_the_commands_and_programs_of_the_page_run_in_their_order(tmp_path):
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    buffers = tmp_path / "buffers" / "sys_default_norm_utility"
    buffers.mkdir(parents=True)
    states = np.arange(11 * 56, dtype=np.float32).reshape(11, 56)
    content = (states[:-1], np.full((10, 4), 0.5, np.float32), np.zeros(10, np.float32), states[1:])
    (buffers / "seed_3.pickle").write_bytes(pickle.dumps(content))
    lines = [line for block in blocks("bash") for line in block.splitlines()]
    programs = [[sys.executable, "-c", program] for program in blocks("python") if ELSEWHERE not in program]
    assert len(lines) >= 9 and len(programs) >= 2
    for command in [*([sys.executable, "-m", "netgym_cli", *shlex.split(line)[1:]] for line in lines), *programs]:
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{command}: {done.stderr}"


def test_every_program_compiles():
    assert any(ELSEWHERE in program for program in blocks("python"))
    for program in blocks("python"):
        compile(program, "train.py", "exec")
