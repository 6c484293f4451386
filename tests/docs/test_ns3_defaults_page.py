"""docs/ns3_defaults.md says of ns-3 what the installed ns-3 has, and of netgym what the YAML files have."""

import re
import runpy

import pytest

from netgym_cli.envs.make import make_env
from tests.support.network import REPO

PROGRAM = runpy.run_path(str(REPO / "benchmarks" / "ns3_defaults.py"))


def test_the_page_has_the_defaults_of_the_keys():
    rows = re.findall(
        r"^\| `\w+::\w+` \| `[^`]*` \| `tcp\.(\w+)`.* \| (\d+) \| (\d+) \|$", PROGRAM["PAGE"].read_text(), re.M
    )
    media, tunnel = (make_env(name).adapter.config for name in ("rmcat", "nqos_split"))
    shared = {key: getattr(tunnel.tcp, key) for key in vars(tunnel.tcp)} | {"buffer_bytes": tunnel.gma.tcp_buffer_bytes}
    assert {key: float(value) for key, value, _ in rows} == vars(media.tcp)
    assert {key: float(value) for key, _, value in rows} == shared


@pytest.mark.ns3
@pytest.mark.long
def test_the_page_has_the_values_of_the_installed_ns_3():
    said = PROGRAM["documented"]()
    assert len(said) > 60
    assert PROGRAM["installed"](said) == said
