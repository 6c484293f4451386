"""docs/delays.md: its commands and program run, and its bins are the code's."""

import re

import pytest

from netgym_cli.simulators.delays import BINS, BINS_PER_DECADE, DECADES, EDGES_MS, RELATIVE_ERROR
from tests.conftest import REPO
from tests.support.commands import Story
from tests.support.network import output_of

PAGE = (REPO / "docs" / "delays.md").read_text()
(PROGRAM,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(COMMAND,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)


def test_the_command_is_understood():
    Story().understand(COMMAND.strip())


def test_the_bins_are_those_of_the_code():
    assert f"{BINS_PER_DECADE} per decade from {EDGES_MS[0]:g} ms to {EDGES_MS[-1] / 1e3:g} s" in PAGE
    assert f"Bin k, from 1 to {BINS_PER_DECADE * DECADES}," in PAGE and f"bin {BINS - 1} what is longer" in PAGE
    assert f"within {RELATIVE_ERROR:.1%}".replace("%", " %") in PAGE


@pytest.mark.ns3
def test_command_and_program_run(tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from netgym_cli.cli.app import app

    monkeypatch.chdir(tmp_path)
    words = COMMAND.split()[1:]
    assert CliRunner().invoke(app, words).exit_code == 0
    told = output_of(PROGRAM)
    assert re.fullmatch(r"\d+ packets, 99 % within [\d.]+ ms, 0.0% above 10 s\n?", told)
