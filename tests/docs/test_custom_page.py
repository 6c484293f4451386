"""What docs/custom.md shows is understood, and run as it stands there by `make test-long`."""

import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from tests.conftest import REPO
from tests.support.commands import Story

PAGE = (REPO / "docs" / "custom.md").read_text()
COMMANDS = re.findall(r"^    netgym (.+)$", PAGE, re.MULTILINE)
DIFF = re.findall(r"^-( .+)\n\+( .+)$", PAGE, re.MULTILINE)


def netgym(*words):
    done = subprocess.run([sys.executable, "-m", "netgym_cli", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_command_is_understood(workdir):
    story = Story()
    for command in COMMANDS:
        story.understand(f"netgym {command}")
        if command.startswith("new env"):  # the next ones need its files
            assert CliRunner().invoke(app, command.split()).exit_code == 0
    assert "env" in story.last


@pytest.mark.ns3
@pytest.mark.long
def test_the_walk_through_works(workdir):
    assert len(COMMANDS) >= 5
    for command in COMMANDS:
        netgym(*command.split())
    assert list(workdir.glob("outputs/*/*/run.json"))
    adapter = workdir / "conf" / "stadium_env.py"
    text = adapter.read_text()
    assert len(DIFF) == 3
    for before, after in DIFF:
        assert before[1:] in text
        text = text.replace(before[1:], after[1:])
    adapter.write_text(text)
    netgym("check", "--config-dir", "conf", "env=stadium", "--steps", "3")
    assert "sent, Mbit/s" in netgym("show", "--config-dir", "conf", "env=stadium")


def test_the_table_names_the_headers_and_members_that_there_are():
    native = REPO / "netgym_cli" / "simulators" / "ns3" / "worker" / "native"
    headers = re.findall(r"`(\w+/\w+\.h)`", PAGE)
    assert len(headers) >= 6
    for header in headers:
        assert (native / header).is_file()
