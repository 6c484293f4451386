"""The memory allocator of the simulator processes: which one, that it is in use, that no number depends on it."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from netgym_cli.common.errors import ConfigError
from netgym_cli.simulators.ns3 import allocator
from netgym_cli.simulators.ns3.allocator import TUNABLES
from tests.support.network import network


@pytest.fixture
def unset(monkeypatch):
    for name in ("LD_PRELOAD", "GLIBC_TUNABLES"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_tcmalloc_is_taken_from_a_usual_place(unset, tmp_path):
    unset.setattr(allocator, "FOLDERS", (str(tmp_path / "nowhere"), str(tmp_path)))
    (tmp_path / "libtcmalloc_minimal.so.4").touch()
    chosen = allocator.allocator("auto")
    assert chosen.name == chosen.variables["LD_PRELOAD"] == str(tmp_path / "libtcmalloc_minimal.so.4")


def test_without_it_glibc_s_is_tuned(unset, tmp_path):
    unset.setattr(allocator, "FOLDERS", (str(tmp_path),))
    chosen = allocator.allocator("auto")
    assert chosen.name == "glibc, tuned"
    assert all(f"glibc.malloc.{name}={value}" in chosen.variables["GLIBC_TUNABLES"] for name, value in TUNABLES.items())


@pytest.mark.parametrize("name", ["LD_PRELOAD", "GLIBC_TUNABLES"])
def test_what_the_user_has_set_already_stays(unset, tmp_path, name):
    unset.setattr(allocator, "FOLDERS", (str(tmp_path),))
    unset.setenv(name, "of-my-own")
    chosen = allocator.allocator("auto")
    assert "of-my-own" in chosen.name
    assert chosen.variables == {}


def test_one_library_by_its_path_goes_before_what_is_preloaded_already(unset, tmp_path):
    library = tmp_path / "libmine.so"
    library.touch()
    unset.setenv("LD_PRELOAD", "of-my-own")
    assert allocator.allocator(str(library)).variables == {"LD_PRELOAD": f"{library} of-my-own"}
    assert allocator.allocator("glibc").variables == {}


@pytest.mark.parametrize("choice", ["tcmalloc", "/nowhere/libtcmalloc.so", "/etc/passwd"])
def test_no_library_is_a_config_error(choice):
    with pytest.raises(ConfigError, match=r"simulator\.malloc is '.*'.*allowed: auto, glibc, or the path of one"):
        allocator.allocator(choice)


@pytest.mark.ns3
def test_a_worker_has_it_and_simulates_the_same(unset):
    def session(malloc):
        with closing(network(simulator={"malloc": malloc})) as env:
            env.reset()
            pid = env._simulator.pid
            for _ in range(3):
                env.step(None)
            told = env.stats.values
            return told, Path(f"/proc/{pid}/environ").read_bytes(), Path(f"/proc/{pid}/maps").read_text()

    plain, variables, _ = session("glibc")
    assert b"LD_PRELOAD=" not in variables
    assert b"GLIBC_TUNABLES=" not in variables
    chosen = allocator.allocator("auto")
    told, variables, maps = session("auto")
    given = variables.replace(b"\0", b":")  # glibc divides its tunables there
    assert all(f"{name}={value}".encode() in given for name, value in chosen.variables.items())
    assert "LD_PRELOAD" not in chosen.variables or str(Path(chosen.name).resolve()) in maps
    assert np.array_equal(told, plain)
