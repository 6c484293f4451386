"""Files for a user's own environment, made from the built-in environment `custom` under another name."""

from __future__ import annotations

import importlib.util
import keyword
import re
from pathlib import Path

from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import write
from netgym_cli.config import conf_dirs

PACKAGE = Path(__file__).resolve().parents[1]
ADAPTER = PACKAGE / "envs" / "builtin" / "custom.py"
TEMPLATES = Path(__file__).resolve().parent / "templates"
NATIVE = PACKAGE / "simulators" / "ns3" / "worker" / "native"
# How the network may be simulated: the file to copy, the name of the copy, the adapter's line that points to it.
SIMULATORS = {
    "cpp": (NATIVE / "scenarios" / "custom.cc", "custom.cc", 'scenario_source = "custom.cc"'),
    "ns3-python": (
        TEMPLATES / "custom_scenario.py.txt",
        "custom_scenario.py",
        'scenario_source = "custom_scenario.py"',
    ),
    "python": (
        TEMPLATES / "custom_simulator.py.txt",
        "custom_simulator.py",
        'required_simulator = "custom_simulator:CustomSimulator"',
    ),
}
SCENARIO_LINE = '    scenario = "custom"\n'
MARK = "; the template of `netgym new env`"


def new_env(name: str, simulator: str, folder: Path) -> list[Path]:
    """Writes the YAML, the adapter and the simulation of an environment `name`; returns their paths.

    Args:
        name: name of the environment, a Python identifier.
        simulator: one of `SIMULATORS`.
        folder: the conf directory; created if it does not exist.

    Raises:
        ConfigError: the name or the folder cannot be used, or a file exists already; nothing was written.
    """
    _check_folder(folder)
    source, copy, pointer = SIMULATORS[simulator]
    _check_name(name, source)
    files = {
        folder / "env" / f"{name}.yaml": _renamed(conf_dirs.builtin() / "env" / "custom.yaml", name),
        folder / f"{name}_env.py": _renamed(ADAPTER, name, (SCENARIO_LINE, f"{SCENARIO_LINE}    {pointer}\n")),
        folder / copy.replace("custom", name): _renamed(source, name),
    }
    for path in files:
        if path.exists():
            raise ConfigError(f"{path} exists and is not overwritten; choose another NAME or another folder by -o.")
    write(files, "choose another folder by -o DIR")
    return list(files)


def _check_folder(folder: Path) -> None:
    own, given = conf_dirs.builtin().resolve(), folder.resolve()
    if own in (given, *given.parents):
        raise ConfigError(
            f"'{folder}' is netgym's own conf directory, where every environment is taken for one of netgym's; "
            "write to a folder of your own by -o DIR, such as -o mine."
        )


def _check_name(name: str, source: Path) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ConfigError(f"NAME is '{name}'; allowed: small letters, digits and _, beginning with a letter.")
    if keyword.iskeyword(name):
        raise ConfigError(f"NAME is '{name}', which is a keyword of Python; choose another.")
    if name in conf_dirs.members("env"):
        raise ConfigError(f"NAME is '{name}', which is an environment of netgym; choose another.")
    if importlib.util.find_spec(f"{name}_env") is not None:
        raise ConfigError(f"NAME is '{name}', and there is a Python module {name}_env already; choose another.")
    texts = [path.read_text(encoding="utf-8") for path in (ADAPTER, source, *sorted(NATIVE.rglob("*.h")))]
    for word in (_class_name(name), f"{_class_name(name)}Config", name.upper()):
        if any(re.search(rf"\b{word}\b", text) for text in texts):
            raise ConfigError(
                f"NAME is '{name}', and '{word}' has a meaning in netgym's files already; choose another."
            )


def _renamed(file: Path, name: str, *changes: tuple[str, str]) -> str:
    text = file.read_text(encoding="utf-8").replace(MARK, "")
    for before, after in (
        *changes,
        ("conf/env/custom.yaml", f"env/{name}.yaml"),
        ("name: custom ", f"name: {name}_env:{_class_name(name)} "),
        ("custom", name),
        ("Custom", _class_name(name)),
        ("CUSTOM", name.upper()),
    ):
        text = text.replace(before, after)
    return text


def _class_name(name: str) -> str:
    camel_case = "".join(part.capitalize() for part in name.split("_"))
    return f"{camel_case}Env" if camel_case == name.upper() else camel_case  # the C++ file has a constant in capitals
