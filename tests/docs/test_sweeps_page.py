"""The commands of docs/sweeps.md are understood, and its table has the options that there are."""

import re

from netgym_cli.jobs.request import DEFAULT_RETRIES, JOBS, RETRIES, parse
from tests.conftest import REPO
from tests.support.commands import Story

PAGE = (REPO / "docs" / "sweeps.md").read_text()


def test_the_commands_of_the_page_are_understood():
    story = Story()
    for command in re.findall(r"^    (netgym .*)$", PAGE, re.MULTILINE):
        story.understand(command)
    assert story.sweeps == {"outputs/rmcat"}


def test_the_words_of_the_page_are_those_of_a_sweep():
    words = re.findall(r"`(\w+)=N`", PAGE.partition("| word or option")[2].partition("\n\n")[0])
    assert words == [*JOBS, RETRIES]
    for word in words:
        _, left = parse([f"{word}=3", "seed=1"])
        assert left == ["seed=1"]
    assert re.search(r"^\| `retries=N` .* \| (\d+) \|$", PAGE, re.MULTILINE)[1] == str(DEFAULT_RETRIES)
