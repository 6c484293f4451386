"""The layout that docs/design.md draws: imports point downwards, files stay short, ns-3 stays in its worker."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "netgym_cli"
FILES = sorted(PACKAGE.rglob("*.py"))

# From the ground up. What stands on one floor may import what stands below it or beside it in the same room.
FLOORS = [
    {"errors", "config", "registry", "misfit", "confdirs"},
    {"simulators", "traces"},
    {"adapters", "channels"},
    {"networked"},
    {"env"},
    {"session", "behind_channel"},
    {"metrics", "datasets", "agents", "progress"},
    {"ending", "summary"},
    {"run"},
    {"ownfiles", "explain", "exits", "registration", "catalog", "compose", "folders", "make", "networkgym",
     "check", "doctor", "show", "completion", "sweep", "scaffold", "importer", "output", "arguments", "crew",
     "evaluation", "collecting", "data", "plot", "fit"},
    {"cli_files", "cli_studies", "cli_machine", "cli_collect", "cli_data"},
    {"cli", "__main__", "__init__"},
]  # fmt: skip
FLOOR_OF = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports, `from a import b` as both `a` and `a.b`; type checking aside."""
    names = set()
    tree = ast.parse(path.read_text())
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and getattr(block.test, "id", "") == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    own = room(path)
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith("netgym_cli.")}
    upwards = {other for other in rooms if other in FLOOR_OF and FLOOR_OF[other] > FLOOR_OF[own]}
    assert not upwards, f"{own} imports {upwards}, which stand above it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_hydra_typer_and_ns3_stay_where_they_belong(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    inside_worker = "worker" in path.parts
    assert inside_worker or not roots & {"cppyy", "ns", "ns3"}
    assert FLOOR_OF[room(path)] > FLOOR_OF["run"] or not roots & {"hydra", "typer"}


def test_files_are_short_enough_to_read() -> None:
    sources = [*FILES, *PACKAGE.rglob("*.cc"), *PACKAGE.rglob("*.h"), *Path(__file__).parent.glob("*.py")]
    too_long = {path.name: lines for path in sources if (lines := len(path.read_text().splitlines())) > 300}
    assert not too_long
