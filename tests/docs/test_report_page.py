"""The commands of docs/report.md are understood, its table has the page's sections, and its example is what it says."""

import re
import shlex

from netgym_cli.analysis.tables import LAST, MOST_STEPS
from tests.conftest import REPO
from tests.support.commands import Story, parsed

PAGE = (REPO / "docs" / "report.md").read_text()
EXAMPLE = REPO / "docs" / "examples" / "media"
COMMANDS = re.findall(r"^    (netgym .*)$", PAGE, re.MULTILINE)


def test_the_commands_of_the_page_are_understood():
    story = Story()
    for command in COMMANDS:
        if command.startswith("netgym train"):
            story.understand(command)
        else:
            parsed(shlex.split(command)[1:])
    assert story.sweeps == {"outputs/media"}


def test_the_script_of_the_example_has_the_commands_of_the_page():
    script = (EXAMPLE / "make.sh").read_text()
    assert re.findall(r"^netgym .*$", script, re.MULTILINE) == COMMANDS[:3]


def test_the_table_has_the_sections_of_the_page_in_their_order():
    named = re.findall(r"^\| ([A-Z][^|]*?) \|", PAGE.partition("| section |")[2], re.MULTILINE)
    example = re.findall(r"<h2>([^<]*)</h2>", (EXAMPLE / "report.html").read_text())
    assert [name for name in named if name in example] == example
    assert set(named) - set(example) == {"Map", "Runs that are not complete"}
    assert f"{MOST_STEPS:,} steps" in PAGE and LAST == 1 / 5


def test_the_example_is_small_and_loads_nothing():
    assert sum(path.stat().st_size for path in EXAMPLE.iterdir()) < 1_500_000
    page = (EXAMPLE / "report.html").read_text()
    assert "default-src &#x27;none&#x27;" in page and not re.search(r"<script|<link|<img|href=\"http", page)
