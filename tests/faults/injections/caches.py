"""Damage to the cache of compiled files: it heals by itself, and the run is what it would have been."""

import shutil

from netgym_cli.simulators.ns3.cache import cache_dir
from tests.faults.injections.registry import Bench, fault

LIBRARY = "libnetgym_ns3.so"


def truncate(library):
    library.write_bytes(library.read_bytes()[:1000])


def empty(library):
    library.write_bytes(b"")


def into_a_folder(library):
    library.unlink()
    library.mkdir()


def flip_a_byte(library):
    content = bytearray(library.read_bytes())
    content[len(content) // 2] ^= 255
    library.write_bytes(content)


def open_to_all(library):
    library.chmod(0o666)


DAMAGE = [truncate, empty, into_a_folder, flip_a_byte, open_to_all]


@fault("library in the cache truncated, empty, a folder, changed, writable by all", times=5, one_run=False)
def damaged_library(bench: Bench) -> str:
    cache = bench.folder / "cache"
    shutil.copytree(cache_dir(), cache, ignore=shutil.ignore_patterns("scenarios", "building-*"))
    for library in cache.glob(f"native-*/{LIBRARY}"):
        bench.turns(DAMAGE)(library)
    with bench.start(environment={"NETGYM_CACHE": str(cache)}) as program:
        outcome = bench.outcome(program)
        assert outcome == "exit 0, complete" and "made again" in program.errors, (outcome, program.errors)
    return outcome
