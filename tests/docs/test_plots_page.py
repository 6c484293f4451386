"""docs/plots.md: its commands are understood, and its tables have the options and columns that there are."""

import re
import shlex

from netgym_cli.analysis.courses import POINTS
from netgym_cli.simulators.delays import BINS_PER_DECADE, RELATIVE_ERROR
from tests.conftest import REPO
from tests.support.commands import Story, parsed

PAGE = (REPO / "docs" / "plots.md").read_text()


def test_the_commands_of_the_page_are_understood():
    story = Story()
    commands = re.findall(r"^    (netgym .*)$", PAGE, re.MULTILINE)
    for command in commands:
        story.understand(command)
    drawn = [parsed(shlex.split(command)[1:])[1] for command in commands[1:]]
    assert {str(given["folders"][0]) for given in drawn} == story.sweeps
    assert [given["over_time"] or given["cdf"] for given in drawn] == [False, True, True]


def test_the_tables_name_every_option():
    _, given = parsed(["plot", "outputs/rules"])
    named = set(re.findall(r"--([a-z-]+)", "".join(re.findall(r"^\| .*$", PAGE, re.MULTILINE))))
    assert {option.replace("_", "-") for option in given} - {"folders"} == named - {"pooled"}


def test_its_figures_are_those_of_the_code():
    assert f"more than {POINTS}," in PAGE and f"({BINS_PER_DECADE} per\ndecade)" in PAGE
    assert f"within {100 * RELATIVE_ERROR:.1f} %" in PAGE
