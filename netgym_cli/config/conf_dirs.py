"""Where config files lie: netgym's own conf/ directory and the user's `--config-dir`s."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from netgym_cli.common import user_modules
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.home import expanded
from netgym_cli.common.registry import unknown

GROUPS = ("env", "agent", "channel", "simulator")  # a run has one member of each
EXPERIMENT = "experiment"  # settings of a whole run under one name; a run has one or none
CHOICES = (*GROUPS, EXPERIMENT)


def builtin() -> Path:
    """netgym's conf/ directory: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "conf", package.parent / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise FileNotFoundError(f"netgym's conf/ directory is missing from {package}; install netgym again.")


def user_dirs(config_dirs: Sequence[str | Path]) -> list[Path]:
    """`config_dirs` as absolute paths. Raises `ConfigError` for one that is not a directory."""
    here = _working_directory()
    folders = [_absolute(here, Path(folder)) for folder in config_dirs]
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(
                f"--config-dir '{folder}' is not a directory; give one with env/, agent/, channel/ or simulator/."
            )
    return folders


def _absolute(here: Path, folder: Path) -> Path:
    """`folder` seen from `here`; a `~` that the shell has left is the home directory where nothing has that name."""
    if not (here / folder).is_dir():
        with suppress(ConfigError):  # nobody has such a home
            folder = expanded(folder)
    return (here / folder).resolve()


def make_importable(folders: Sequence[Path]) -> None:
    """Lets `name: module:Class` in a user's config name modules in `folders` and in the working directory."""
    user_modules.search_in([*map(str, folders), str(_working_directory())])


def _working_directory() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise ConfigError("the working directory is gone; go to one that exists: cd PATH.") from error


def members(group: str, folders: Sequence[Path] = ()) -> dict[str, Path]:
    """Name to YAML file of everything `group=` may be set to, sorted by name; netgym's own win over the user's."""
    files: dict[str, Path] = {}
    for folder in (builtin(), *folders):
        for file in sorted((folder / group).glob("*.yaml")):
            if file.is_file():
                files.setdefault(file.stem, file)
    return dict(sorted(files.items()))


def unknown_member(group: str, name: str, known: Sequence[str]) -> str:
    """The message for a name that nothing in the directories searched has, and where there is one."""
    found = [folder for folder in (Path("conf"), Path()) if name and (folder / group / f"{name}.yaml").is_file()]
    hint = f" There is {found[0] / group / f'{name}.yaml'}: add --config-dir {found[0]}." if found else ""
    return unknown(group, name, list(known)) + hint
