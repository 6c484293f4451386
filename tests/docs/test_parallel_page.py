"""The commands of docs/parallel.md are understood, and its figures of a run are the code's."""

import re

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
    having = {path.stem for path in (REPO / "conf" / "agent").glob("*.yaml") if "\nn_envs:" in path.read_text()}
    assert set(re.findall(r"`(\w+)`", PAGE.partition("learn from N")[0])) & having == having
