"""docs/remote.md: its commands are understood, and what it says of limits and messages is the code's."""

import re

from netgym_cli.simulators.remote import destinations, session_service, troubles, wire
from tests.conftest import REPO
from tests.support.commands import Story

PAGE = (REPO / "docs" / "remote.md").read_text()
COMMANDS = re.findall(r"^    (netgym .*)$", PAGE, re.MULTILINE)


def test_every_command_is_understood():
    story = Story()
    for command in COMMANDS:
        story.understand(command)
        if "doctor" in command:
            continue
        assert destinations.destinations(story.last.simulator.host, story.last.simulator.command)
    assert len(COMMANDS) == 7


def test_every_verb_and_key_in_the_text_exists():
    for words in re.findall(r"`(netgym [a-z]+(?: --?[a-z]+)?)", PAGE):
        assert words.split()[1] in {"train", "relay", "serve", "doctor"}, words
    assert all(f"simulator.{key}" in PAGE for key in ("host", "command", "ns3_prefix", "malloc"))


def test_figures_are_those_of_the_code():
    assert f"no sign of life for {wire.NEAR_PATIENCE_S:g} s" in PAGE and f"ends after {wire.FAR_PATIENCE_S:g} s" in PAGE
    assert f"are taken` after {session_service.PLACE_PATIENCE_S:g} s" in PAGE and destinations.PER_CONNECTION == 8
    assert f"at most {wire.MOST_FRAME_BYTES >> 20} MiB" in PAGE
    quoted = "Permission denied", "Connection refused", "No route to host", "Could not resolve hostname"
    for said in quoted:
        assert said in PAGE and any(re.search(pattern, said) for pattern, _ in troubles.REMEDIES)
