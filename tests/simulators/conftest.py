import shutil

import pytest

from netgym_cli.simulators.fluid import build as fluid
from netgym_cli.simulators.ns3 import build

GOOD = {
    "bridge/one.cc": '#include "bridge/one.h"\nint One() { return ONE; }\n',
    "bridge/one.h": "#define ONE 1\n",
    "radio/two.cc": "int two;\n",
}
KERNEL = {"three.cc": "int three;\n"}


@pytest.fixture
def native(tmp_path, monkeypatch):
    """Tiny source trees in place of the real ones, a cache of its own and a compiler that keeps a log."""
    folder, kernel = tmp_path / "native", tmp_path / "kernel"
    for place, files in ((folder, GOOD), (kernel, KERNEL)):
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
    logged = tmp_path / "logged-g++"
    logged.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nexec {shutil.which("g++")} "$@"\n')
    logged.chmod(0o755)
    monkeypatch.setattr(build, "NATIVE", folder)
    monkeypatch.setattr(fluid, "NATIVE", kernel)
    monkeypatch.setenv("NETGYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", str(logged))
    return folder


def compilations(native):
    return (native.parent / "calls").read_text().count(" -c ")
