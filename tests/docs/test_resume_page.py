"""The commands of docs/resume.md are understood, and its defaults and agents are the code's."""

import re

from netgym_cli.agents.base import agent_registry
from netgym_cli.config.compose import Composer
from netgym_cli.experiment.config import run_of
from tests.conftest import REPO
from tests.support.commands import Story

PAGE = (REPO / "docs" / "resume.md").read_text()


def test_every_command_is_understood():
    story = Story()
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines():
        story.understand(line)


def test_the_defaults_are_those_of_a_run():
    config = run_of(Composer())
    assert f"`checkpoint_every_s` ({config.checkpoint_every_s:g} s; 0: never)" in PAGE and config.simulator.recover


def test_it_names_the_agents_that_go_on():
    named = set(re.findall(r"`(\w+)`", PAGE.partition("| agent |")[2].partition("| rules,")[0]))
    assert named == {name for name in agent_registry.names() if agent_registry.load(name).resumes}
