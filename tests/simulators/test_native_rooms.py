"""The rooms of the native part: which may include which, and how headers are named."""

import re
from pathlib import Path

import pytest

from netgym_cli.simulators.ns3.build import NATIVE

# From the ground up: a room may include its own headers and those of the rooms named here, which stand above it.
MAY_INCLUDE = {
    "bridge": set(),
    "measure": set(),
    "replacements": set(),
    "radio": {"bridge"},
    "tunnel": {"bridge", "measure", "radio"},
    "traffic": {"bridge", "measure", "radio"},
    "energy": {"bridge", "radio"},
    "scenarios": {"bridge", "measure", "radio", "tunnel", "traffic", "energy"},
}
FILES = sorted(path for path in NATIVE.rglob("*") if path.suffix in (".h", ".cc"))


def included(path: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include\s*"([^"]+)"', path.read_text(), re.MULTILINE)


def test_every_file_is_in_a_room_of_the_table():
    assert len(FILES) > 60
    assert {path.parent.relative_to(NATIVE).as_posix() for path in FILES} == set(MAY_INCLUDE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(NATIVE).as_posix())
def test_quoted_includes_name_their_room_and_a_file_in_it(path):
    for name in included(path):
        assert re.fullmatch(r"\w+/\w+\.h", name), f"{name}: write room/file.h"
        assert (NATIVE / name).is_file()


def test_rooms_include_what_the_table_allows_and_all_of_it():
    used = {room: set() for room in MAY_INCLUDE}
    for path in FILES:
        used[path.parent.name] |= {Path(name).parent.name for name in included(path)} - {path.parent.name}
    assert used == MAY_INCLUDE


def test_includes_point_one_way():
    order = list(MAY_INCLUDE)
    for room, others in MAY_INCLUDE.items():
        assert others <= set(order[: order.index(room)])


def test_no_two_headers_have_one_name_because_users_scenarios_may_leave_the_room_out():
    names = [path.name for path in FILES if path.suffix == ".h"]
    assert len(set(names)) == len(names)
