"""What docs/custom.md shows is understood, and run as it stands there by `make test-long`."""

import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from netgym_cli.channels.base import Arrival
from netgym_cli.cli.app import app
from netgym_cli.wrappers.channel_configs import build, channel_config
from tests.conftest import REPO
from tests.support.commands import Story

PAGE = (REPO / "docs" / "custom.md").read_text()
COMMANDS = re.findall(r"^    netgym (\w[\w-]* .+|\w+)$", PAGE, re.MULTILINE)
FILES = dict(re.findall(r"^`(conf/[\w/.]+)`[^\n]*:\n\n```\w+\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL))
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


def test_the_rule_and_the_channel_of_the_page_run_in_an_environment_of_the_user(workdir):
    assert set(FILES) == {"conf/stadium_rules.py", "conf/agent/careful.yaml", "conf/late.py", "conf/channel/late.yaml"}
    assert CliRunner().invoke(app, ["new", "env", "stadium", "--simulator", "python"]).exit_code == 0
    for name, text in FILES.items():
        (workdir / name).parent.mkdir(exist_ok=True)
        (workdir / name).write_text(text)
    words = ["--config-dir", "conf", "env=stadium", "env.episodes_per_session=1", "sessions=1"]
    for more in (["agent=careful"], ["agent=random", "channel=late"], ["agent=careful", "channel=late"]):
        done = CliRunner().invoke(app, ["train", *words, *more])
        assert done.exit_code == 0, done.stderr
    refused = CliRunner().invoke(app, ["train", *words, "agent=queue_aimd"])
    assert (refused.exit_code, "is a rule for custom" in refused.stderr) == (2, True)


def test_the_channel_of_the_page_keeps_books(monkeypatch, workdir):
    monkeypatch.syspath_prepend(workdir)
    (workdir / "late.py").write_text(FILES["conf/late.py"])
    (workdir / "channel").mkdir()
    (workdir / "channel" / "late.yaml").write_text(FILES["conf/channel/late.yaml"])
    channel = build(channel_config("late", [workdir]), step_ms=100)
    channel.reset(1)
    assert [channel.send(10, at_ms) for at_ms in (0, 100)] == [0, 1]
    assert channel.advance(200) == [Arrival(0, 0, 150)]
    counts = {"sent": 2, "arrived": 1, "lost": 0, "in_flight": 1, "duplicates": 0, "queue_bytes": 0}
    assert channel.info() == {"state": "GOOD", **counts}


def test_the_table_names_the_headers_and_members_that_there_are():
    native = REPO / "netgym_cli" / "simulators" / "ns3" / "worker" / "native"
    headers = re.findall(r"`(\w+/\w+\.h)`", PAGE)
    assert len(headers) >= 6
    for header in headers:
        assert (native / header).is_file()
