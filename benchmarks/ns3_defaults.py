"""Prints ns-3's own values of the attributes that docs/ns3_defaults.md compares with deployed systems.

    python benchmarks/ns3_defaults.py

They are read from the attribute system of the installed ns-3, by a program of ten lines that links against it.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from netgym_cli.simulators.ns3.compiler import compiler
from netgym_cli.simulators.ns3.installed import locate

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "ns3_defaults.md"
SOURCE = Path(__file__).with_suffix(".cc")


def documented() -> dict[str, str]:
    """Attribute, without `ns3::`, and ns-3's value of it, from every row of the page's tables that names one."""
    rows = re.findall(r"^\| `([\w<>]+::\w+)` \| `([^`]*)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(rows)


def installed(attributes: Iterable[str]) -> dict[str, str]:
    """The initial values of attributes, such as `TcpSocketBase::MinRto`, as ns-3 prints them."""
    ns3, cxx = locate(), compiler()
    assert cxx, "a C++ compiler is needed"
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "ns3_defaults"
        flags = [*ns3.compile_flags, str(SOURCE), "-Wl,--no-as-needed", *ns3.link_flags]
        subprocess.run([cxx, *flags, "-o", str(program)], check=True)
        names = [f"ns3::{attribute}" for attribute in attributes]
        output = subprocess.run([program, *names], check=True, capture_output=True, text=True).stdout
    return dict(line.removeprefix("ns3::").split("\t") for line in output.splitlines())


def main() -> None:
    for attribute, value in installed(documented()).items():
        print(f"{attribute:60} {value}")


if __name__ == "__main__":
    main()
