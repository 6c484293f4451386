"""The rooms of netgym_cli: which may import which, and what stays where. docs/design.md draws the same."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "netgym_cli"
FILES = sorted(PACKAGE.rglob("*.py"))
ENTRANCES = {"__init__", "__main__"}
MOST_ENTRIES = 23
MOST_LINES = 300

# The rooms that a room may import, at the top of a file or where it is needed; every one of them is used.
ALLOWED = {
    room: set(others.split())
    for room, others in {
        "common": "",
        "config": "common",
        "traces": "common",
        "messages": "common config",
        "federation": "common config",
        "simulators": "common config messages federation",
        "scaffold": "common config",
        "channels": "common config simulators traces",
        "envs": "common config messages federation simulators traces",
        "wrappers": "common config simulators channels envs",
        "sessions": "common config simulators envs",
        "runs": "common config simulators sessions",
        "datasets": "common config simulators envs",
        "compat": "common config envs datasets",
        "agents": "common config simulators envs sessions runs datasets",
        "experiment": "common config simulators channels envs wrappers sessions runs agents",
        "jobs": "common config runs experiment",
        "analysis": "common config simulators channels envs wrappers sessions runs agents experiment",
        "evaluation": "common config wrappers sessions runs experiment jobs",
        "collection": "common config simulators envs wrappers sessions runs datasets experiment jobs",
        "cli": "common config simulators envs datasets compat scaffold experiment jobs evaluation collection analysis",
        "__init__": "common compat envs wrappers experiment evaluation",
        "__main__": "cli",
    }.items()
}

# Libraries that only these places may import: a room, or a file in it.
KEPT_IN = {
    "difflib": ("common/suggestions.py",),
    "hydra": (
        "config/",
        "experiment/launch.py",
        "jobs/sweep.py",
        "jobs/grid.py",
        "jobs/hydra_launcher.py",
        "jobs/submission.py",
        "jobs/search/",
    ),
    "typer": ("cli/",),
    "torch": ("agents/", "federation/"),
    "stable_baselines3": ("agents/", "envs/checker.py"),
    "cppyy": ("simulators/ns3/worker/",),
    "ns": ("simulators/ns3/worker/",),
    "ns3": ("simulators/ns3/worker/",),
}

# NumPy functions that have other code, with other last digits, on some CPUs; Python's `math` has not.
NOT_ON_EVERY_CPU = set(
    "exp exp2 expm1 log log2 log10 log1p logaddexp power float_power cbrt sin cos tan sinh cosh tanh arcsin arccos "
    "arctan arcsinh arccosh arctanh arctan2".split()
)

# Names in a run folder that only this room may write; everywhere else a RunFolder gives the path.
KEPT_NAMES = {
    "runs": {
        "run.json", "metrics", "steps.parquet", "stats.parquet", "delays.parquet", "episodes.csv", "sessions.csv",
        "recorded.parquet", "evaluations.csv", ".hydra", "hydra.yaml", "overrides.yaml", "model.zip", "model.npz",
        "agent.json", "checkpoints", "tb", "error.txt", ".reserve",
    },
}  # fmt: skip


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Every module that a file imports, with the names that it takes from it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path} imports relatively"
            yield node.module, [alias.name for alias in node.names]


def path_parts(path: Path) -> set[str]:
    """The parts of all texts in a file that may be paths; docstrings and keys of dictionaries are none."""
    nodes = list(ast.walk(tree(path)))
    others = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    others |= {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    texts = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in others)
    return {part for text in texts if isinstance(text.value, str) for part in text.value.split("/")}


def used() -> dict[str, set[str]]:
    """For each room the rooms that it imports."""
    found: dict[str, set[str]] = {room(path): set() for path in FILES}
    for path in FILES:
        for module, names in imports(path):
            if module.startswith("netgym_cli."):
                found[room(path)].add(module.split(".")[1])
            elif module == "netgym_cli":
                found[room(path)] |= {name for name in names if name in ALLOWED}
    return {name: others - {name} for name, others in found.items()}


def test_rooms_import_what_the_table_allows_and_all_of_it() -> None:
    assert used() == ALLOWED


def test_no_room_needs_itself() -> None:
    assert set(TopologicalSorter(ALLOWED).static_order()) == set(ALLOWED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_another_room_s_private_names_are_not_imported(path: Path) -> None:
    for module, names in imports(path):
        if module.startswith("netgym_cli.") and module.split(".")[1] != room(path):
            parts = [*module.split(".")[1:], *names]
            assert not [part for part in parts if part.startswith("_") and not part.endswith("__")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_libraries_stay_where_they_belong(path: Path) -> None:
    place = path.relative_to(PACKAGE).as_posix()
    for root in {module.split(".")[0] for module, _ in imports(path)} & KEPT_IN.keys():
        assert place.startswith(KEPT_IN[root]), f"{place} imports {root}"


def test_only_one_room_s_file_asks_for_the_home_directory() -> None:
    nodes = ((path, node) for path in FILES for node in ast.walk(tree(path)))
    asking = {path for path, node in nodes if isinstance(node, ast.Attribute) and node.attr in ("home", "expanduser")}
    assert asking == {PACKAGE / "common" / "home.py"}  # it alone answers for a user who has none


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_numbers_do_not_depend_on_the_cpu(path: Path) -> None:
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)]
    used = {node.attr for node in functions if isinstance(node.value, ast.Name) and node.value.id in ("np", "numpy")}
    assert not used & NOT_ON_EVERY_CPU


@pytest.mark.parametrize("owner", KEPT_NAMES)
def test_names_of_files_stay_in_one_room(owner: str) -> None:
    parts = {path: path_parts(path) & KEPT_NAMES[owner] for path in FILES}
    inside = [names for path, names in parts.items() if room(path) == owner]
    assert set().union(*inside) == KEPT_NAMES[owner]
    assert not {path: names for path, names in parts.items() if names and room(path) != owner}


def test_the_top_level_is_small() -> None:
    entries = [entry.name for entry in PACKAGE.iterdir() if entry.name != "__pycache__"]
    assert len(entries) <= MOST_ENTRIES, entries


def test_files_are_short_enough_to_read() -> None:
    sources = [*FILES, *PACKAGE.rglob("*.cc"), *PACKAGE.rglob("*.h"), *(ROOT / "tests").rglob("*.py")]
    too_long = {path.name: lines for path in sources if (lines := len(path.read_text().splitlines())) > MOST_LINES}
    assert not too_long


def test_the_design_says_of_every_room_what_the_room_says_of_itself() -> None:
    rooms = [name for name in ALLOWED if name not in ENTRANCES]
    sentences = {name: importlib.import_module(f"netgym_cli.{name}").__doc__ or "" for name in rooms}
    owns = {name: " ".join(sentence.partition("\n\n")[0].split()) for name, sentence in sentences.items()}
    table = re.findall(r"^\| `(\w+)/` \| (.*) \|$", (ROOT / "docs" / "design.md").read_text(), re.MULTILINE)
    assert dict(table) == owns, "\n".join(f"| `{name}/` | {sentence} |" for name, sentence in owns.items())
