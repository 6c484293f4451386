import shutil

import pytest

from netgym_cli.simulators.ns3 import build

GOOD = {
    "bridge/one.cc": '#include "bridge/one.h"\nint One() { return ONE; }\n',
    "bridge/one.h": "#define ONE 1\n",
    "radio/two.cc": "int two;\n",
}


@pytest.fixture
def native(tmp_path, monkeypatch):
    """A tiny source tree in place of the real one, a cache of its own and a compiler that keeps a log."""
    folder = tmp_path / "native"
    for name, text in GOOD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    logged = tmp_path / "logged-g++"
    logged.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\nexec {shutil.which("g++")} "$@"\n')
    logged.chmod(0o755)
    monkeypatch.setattr(build, "NATIVE", folder)
    monkeypatch.setenv("NETGYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", str(logged))
    return folder


def compilations(native):
    return (native.parent / "calls").read_text().count(" -c ")
