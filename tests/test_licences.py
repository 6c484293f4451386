"""Every file of the program that links ns-3 says its licence in its first line."""

from pathlib import Path

import pytest

from tests.conftest import REPO

WORKER = REPO / "netgym_cli" / "simulators" / "ns3" / "worker"
GPL = "SPDX-License-Identifier: GPL-2.0-only"
EITHER = "SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only"
SHARED = {"__init__.py", "protocol.py"}  # the trainer imports them, and it is under Apache-2.0
FILES = sorted(
    path for path in [*WORKER.rglob("*"), *(REPO / "benchmarks").glob("*.cc")] if path.suffix in (".py", ".cc", ".h")
)


def licences(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if "SPDX-License-Identifier" in line]


def test_there_are_files_of_every_kind():
    assert {path.suffix for path in FILES} == {".py", ".cc", ".h"}
    assert len(FILES) > 80
    assert {path.name for path in WORKER.glob("*.py")} > SHARED


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(REPO).as_posix())
def test_the_first_line_is_the_licence_and_the_only_one(path):
    mark = "# " if path.suffix == ".py" else "// "
    expected = EITHER if path.name in SHARED else GPL
    assert path.read_text().splitlines()[0] == mark + expected
    assert licences(path) == [mark + expected]
