"""The commands of docs/parallel.md are understood, and its figures of a run are the code's."""

import re

from netgym_cli.agents.base import agent_registry
from tests.conftest import REPO
from tests.support.commands import Story

PAGE = (REPO / "docs" / "parallel.md").read_text()
COMMANDS = re.findall(r"^    netgym (.*)$", PAGE, re.MULTILINE)


def test_every_command_is_understood():
    story = Story()
    for command in COMMANDS:
        story.understand(f"netgym {command}")
    assert len(COMMANDS) == 2 and all("agent.n_envs=4" in command for command in COMMANDS)


def test_it_names_the_learners_that_have_the_key():
    files = (REPO / "conf" / "agent" / f"{name}.yaml" for name in agent_registry.names())  # and no variants of theirs
    having = {path.stem for path in files if "\nn_envs:" in path.read_text()}
    assert set(re.findall(r"`(\w+)`", PAGE.partition("learn from N")[0])) & having == having
