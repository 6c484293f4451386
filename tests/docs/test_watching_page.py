"""The commands of docs/watching.md are understood."""

import re

from netgym_cli.config.schema import TRACKERS
from tests.conftest import REPO
from tests.support.commands import Story

PAGE = (REPO / "docs" / "watching.md").read_text()


def test_the_commands_of_the_page_are_understood(monkeypatch):
    monkeypatch.setattr("netgym_cli.experiment.run.require_installed", lambda name: None)
    story = Story()
    for command in re.findall(r"^    (netgym .*)$", PAGE, re.MULTILINE):
        story.understand(command.partition(" > ")[0])
    assert story.folders == {"outputs/media", "outputs/recorded"}


def test_the_trackers_of_the_page_are_those_that_there_are():
    rows = PAGE.partition("| `tracker` |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", rows, re.MULTILINE) == list(TRACKERS)
