"""The commands and programs of docs/datasets.md run as they stand, on datasets of the names they use."""

import pickle
import re
import shlex
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from netgym_cli.cli import app
from tests.collected import collect
from tests.conftest import REPO
from tests.test_data_import import trajectory

TEXT = (REPO / "docs" / "datasets.md").read_text()
COMMANDS = re.findall(r"^    netgym (data .*)$", TEXT, re.MULTILINE)
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
ELSEWHERE = [program for program in PROGRAMS if re.match(r"import (minari|pandas)\n", program)]


def test_commands_and_programs_run_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "datasets"))
    monkeypatch.chdir(tmp_path)
    collect()
    collect("netgym/custom/random-v0", seeds=(5, 6), label="random")
    folder = tmp_path / "buffers/sys_default_norm_utility"
    folder.mkdir(parents=True)
    (folder / "0.pickle").write_bytes(pickle.dumps(trajectory()))
    assert len(COMMANDS) == 8
    for command in COMMANDS:
        done = CliRunner().invoke(app, shlex.split(command))
        assert done.exit_code == 0, (command, done.stderr)
    assert len(ELSEWHERE) == 2
    for program in ELSEWHERE:
        ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
        assert ran.returncode == 0 and ran.stdout, ran.stderr


@pytest.mark.parametrize("name", ["metadata", "episodes", "hashes", "counts", "collection", "seeds and plan"])
def test_the_document_explains_each_check(name):
    assert f"| {name} |" in TEXT
