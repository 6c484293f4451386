"""The commands of docs/watching.md are understood."""

import re

from tests.conftest import REPO
from tests.support.commands import Story

PAGE = (REPO / "docs" / "watching.md").read_text()


def test_the_commands_of_the_page_are_understood():
    story = Story()
    for command in re.findall(r"^    (netgym .*)$", PAGE, re.MULTILINE):
        story.understand(command.partition(" > ")[0])
    assert story.folders == {"outputs/media", "outputs/recorded"}
