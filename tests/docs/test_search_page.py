"""The commands of docs/search.md are understood, and its tables have the words that there are."""

import re
from dataclasses import fields

from netgym_cli.common.seeds import FirstSeed
from netgym_cli.config.compose import Composer
from netgym_cli.jobs.search.request import CHOICES, TRIALS, WORDS, SearchRequest
from netgym_cli.jobs.search.space import space_of, spelled_out
from tests.conftest import REPO
from tests.support.commands import Story

PAGE = (REPO / "docs" / "search.md").read_text()


def rows(head):
    """Rows of the table with this head, each as its cells."""
    lines = PAGE.partition(head)[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_commands_of_the_page_are_understood():
    story = Story()
    for command in re.findall(r"^    (netgym .*)$", PAGE, re.MULTILINE):
        story.understand(command)
    assert story.searches == {"outputs/ppo_search"}


def test_the_words_of_the_page_are_those_of_a_search_with_their_defaults():
    table = {
        re.match(r"`(\w+)=", word)[1]: (meaning, default.strip("`")) for word, meaning, default in rows("| word |")
    }
    assert set(table) == set(WORDS)
    defaults = {field.name: str(field.default) for field in fields(SearchRequest) if field.name != TRIALS}
    assert {word: default for word, (_, default) in table.items() if word != TRIALS} == defaults
    for word, allowed in CHOICES.items():
        assert [name for name in allowed if f"`{name}`" not in table[word][0]] == []


def test_the_values_of_the_page_are_understood():
    for value in re.findall(r"`([^`]*\)|relu,tanh)`", "\n".join(cells[0] for cells in rows("| value |"))):
        key = "agent=" if "glob" in value else "agent.learning_rate="
        dimensions, _ = space_of(Composer(["env=rmcat", spelled_out(f"{key}{value}")]))
        assert len(dimensions) == 1


def test_the_first_seed_of_the_page_is_that_of_a_search():
    assert f"their seeds begin at {FirstSeed.SEARCH:d}" in PAGE
