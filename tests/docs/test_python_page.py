"""The programs of docs/python.md run, and its sentences on what is refused are what an environment says."""

import re
import subprocess
import sys

import pytest

from tests.conftest import REPO

PAGE = (REPO / "docs" / "python.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.ns3
@pytest.mark.parametrize(
    "program", [pytest.param(p, marks=[pytest.mark.long] * ("stable_baselines3" in p)) for p in PROGRAMS]
)
def test_a_program_runs(program, tmp_path):
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    for printed in re.findall(r"print\(.*\)  # (.*)", program):
        assert done.stdout == f"{printed}\n"


@pytest.mark.parametrize(
    "page", [*sorted((REPO / "docs").glob("*.md")), REPO / "README.md"], ids=lambda page: page.name
)
def test_every_documented_learner_sees_the_end_of_a_session_as_the_command_line_s_do(page):
    for program in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        if "stable_baselines3" in program and "netgym/" in program:
            assert "learner_view" in program
