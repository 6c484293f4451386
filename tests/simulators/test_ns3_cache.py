"""What is found in the cache: used only if it is whole and nobody else's, told in a line, and made again by itself."""

import ctypes
import os
import shutil
import signal

import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.cli.machine_report import examine
from netgym_cli.common.errors import BuildError
from netgym_cli.simulators.fluid import build as fluid
from netgym_cli.simulators.ns3 import build, user_scenario
from tests.simulators.conftest import compilations
from tests.support.network import eventually, marked, python

STRANGER = 12345
BUILT = ("native part", "fluid kernel")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")


def netgym(*words):
    """Exit code and output of a command."""
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.output


def finding(name):
    return next(finding for finding in examine() if finding.name == name)


def truncate(library):
    library.write_bytes(library.read_bytes()[:-100])


def change(library):
    """One bit, without a trace in size."""
    content = bytearray(library.read_bytes())
    content[len(content) // 2] ^= 1
    library.write_bytes(content)


def replace_by_folder(library):
    library.unlink()
    (library / "inside").mkdir(parents=True)


def replace_by_link(library):
    elsewhere = library.parents[2] / "elsewhere.so"
    library.rename(elsewhere)
    library.symlink_to(elsewhere)


def replace_by_stranger_file(library):
    library.rename(library.with_name("something else"))


def link_folder(library):
    elsewhere = library.parents[2] / "elsewhere"
    library.parent.rename(elsewhere)
    library.parent.symlink_to(elsewhere)


def file_for_folder(library):
    shutil.rmtree(library.parent)
    library.parent.write_text("in the way")


def no_manifest(library):
    library.with_name("manifest.json").unlink()


def half_a_manifest(library):
    manifest = library.with_name("manifest.json")
    manifest.write_text(manifest.read_text()[:20])


def folder_for_manifest(library):
    no_manifest(library)
    library.with_name("manifest.json").mkdir()


def by_others(mode, *, of):
    return lambda library: (library if of == "file" else library.parent).chmod(mode)


def of_a_stranger(library):
    os.chown(library, STRANGER, -1)


def folder_of_a_stranger(library):
    os.chown(library.parent, STRANGER, -1)


DAMAGES = [
    truncate,
    replace_by_link,
    pytest.param(of_a_stranger, marks=needs_root),
    no_manifest,
    *(
        pytest.param(damage, marks=pytest.mark.long)
        for damage in (
            change,
            lambda library: library.write_bytes(b""),
            replace_by_folder,
            replace_by_stranger_file,
            link_folder,
            file_for_folder,
            half_a_manifest,
            folder_for_manifest,
            by_others(0o666, of="file"),
            by_others(0o777, of="folder"),
            lambda library: library.with_name("manifest.json").chmod(0o666),
        )
    ),
    pytest.param(folder_of_a_stranger, marks=[needs_root, pytest.mark.long]),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_library_is_told_and_made_again(native, damage):
    library = build.ensure().library
    damage(library)
    assert finding("native part").advice
    told = []
    healed = build.ensure(report=told.append)
    assert (healed.library, healed.cached) == (library, False)
    assert ctypes.c_int.in_dll(ctypes.CDLL(str(library)), "two").value == 0
    assert finding("native part").advice == ""
    assert build.ensure().cached
    if damage in (truncate, change, of_a_stranger, replace_by_link):
        assert str(library) in told[0] and "it is made again" in told[0]


def test_build_and_doctor_tell_the_truth(native):
    assert [finding(name).found for name in BUILT] == ["not built"] * 2
    assert [finding(name).advice for name in BUILT] == ["netgym build"] * 2
    assert netgym("build")[1].endswith(" s\n")
    libraries = [build.ensure().library, fluid.ensure().library]
    assert [finding(name).found for name in BUILT] == [str(library) for library in libraries]
    assert netgym("build")[1].count("was built already") == 2
    for library in libraries:
        library.write_bytes(b"")
    code, told = netgym("doctor", "--json")
    assert code == 0
    assert told.count("has 0 bytes instead of") == 3  # the cache names one of them, too, and counts the other
    assert told.count("`netgym build` makes it again") == 2
    assert "was built already" not in netgym("build")[1]
    assert "damaged" not in netgym("doctor", "--json")[1]


def test_without_a_compiler_the_kernel_of_the_twins_is_missing(native, monkeypatch):
    monkeypatch.setenv("CXX", "/nonexistent")
    code, told = netgym("build")
    assert (code, "no fluid kernel, which simulator=fluid needs" in told) == (0, True)
    assert finding("fluid kernel").advice == "install g++ for simulator=fluid"
    with pytest.raises(BuildError, match=r"install g\+\+, or take simulator=ns3"):
        fluid.ensure()
    monkeypatch.setenv("CXX", "g++")
    library = fluid.ensure().library
    monkeypatch.setenv("CXX", "/nonexistent")
    assert fluid.ensure()[:2] == (library, True)
    assert "was built already" in netgym("build")[1]


@pytest.mark.parametrize("damage", [truncate, no_manifest])
def test_damaged_object_files_are_compiled_again(native, damage):
    library = build.ensure().library
    kept = sorted(build.cache_dir().glob("objects/*.o"))
    damage(kept[0])
    shutil.rmtree(library.parent)
    assert damage is no_manifest or "made again when needed" in finding("cache").advice
    told = []
    assert build.ensure(report=told.append).library == library
    assert compilations(native) == 2 + (2 if damage is no_manifest else 1)
    assert "object files cannot be used" in told[0]


def test_a_link_in_place_of_the_lock_leaves_its_target_alone(native, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("content")
    build.make_cache()
    (build.cache_dir() / "build.lock").symlink_to(precious)
    assert build.ensure().library.exists()
    assert precious.read_text() == "content"
    assert not (build.cache_dir() / "build.lock").is_symlink()


def test_a_library_that_was_built_is_used_where_there_is_no_compiler(native, monkeypatch):
    library = build.ensure().library
    monkeypatch.setenv("CXX", "/nonexistent")
    told = []
    found = build.ensure(report=told.append)
    assert (found.library, found.cached, told) == (library, True, [])
    assert finding("native part").found == str(library)
    truncate(library)
    assert build.ensure(report=told.append).library is None
    assert "bytes instead of" in told[0]


def test_copies_whose_times_are_rounded_are_the_same(native):
    library = build.ensure().library
    for file in (library, *native.rglob("*.*")):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    assert build.ensure().cached


def test_a_scenario_of_the_user_s_is_checked_and_used_as_netgym_s_own_library(native, tmp_path, monkeypatch):
    source = tmp_path / "own.cc"
    source.write_text("int here;\n")
    told = []

    def library():
        return user_scenario.ready(None, source, told.append)[1]

    first = library()
    truncate(first[1])
    del told[:]
    assert library() == first
    assert "bytes instead of" in told[0] and f"compiling {source}" in told[0]
    assert ctypes.c_int.in_dll(ctypes.CDLL(str(first[1])), "here").value == 0
    monkeypatch.setenv("CXX", "/nonexistent")
    assert library() == first
    truncate(first[1])
    assert library() == []


@pytest.mark.parametrize("mode", [0o777, *(pytest.param(mode, marks=pytest.mark.long) for mode in (0o1777, 0o775))])
def test_a_cache_that_others_may_write_to_is_refused_if_it_holds_more(native, tmp_path, mode):
    build.ensure()
    (tmp_path / "cache" / "mine").write_text("")
    (tmp_path / "cache").chmod(mode)
    code, told = netgym("build")
    assert code == 1
    assert f"may be written by other users (mode {mode:o})" in told
    assert "set NETGYM_CACHE to a folder that only you may write to" in told
    assert (tmp_path / "cache").stat().st_mode & 0o7777 == mode
    assert not finding("cache").ok


def test_a_folder_that_is_nothing_but_the_cache_is_closed_to_others(native, tmp_path):
    library = build.ensure().library
    (tmp_path / "cache").chmod(0o777)
    assert build.ensure().library == library
    assert (tmp_path / "cache").stat().st_mode & 0o7777 == 0o755


@needs_root
def test_a_cache_of_somebody_else_is_refused(native, tmp_path):
    build.ensure()
    os.chown(tmp_path / "cache", STRANGER, -1)
    code, told = netgym("build")
    assert (code, f"belongs to user id {STRANGER}" in told) == (1, True)


BUILD = """
from pathlib import Path
from netgym_cli.simulators.ns3 import build
build.NATIVE = Path({native!r})
build.ensure()
"""


@pytest.mark.parametrize("shot", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_build_leaves_nothing(native, tmp_path, monkeypatch, shot):
    slow = tmp_path / "slow-g++"
    slow.write_text(f"#!/bin/sh\ncase $* in *--version*) ;; *) touch {tmp_path}/began; sleep 600; esac\n")
    slow.chmod(0o755)
    with python(BUILD.format(native=str(native)), mark := str(tmp_path), CXX=str(slow)) as process:
        assert eventually((tmp_path / "began").exists)
        assert any(build.cache_dir().glob("building-*"))
        os.kill(process.pid, shot)
        process.wait()
        assert eventually(lambda: marked(mark) == [])
    assert not any(build.cache_dir().glob("building-*"))


def test_what_killed_builds_left_is_removed_by_the_next(native):
    build.ensure()
    left = build.cache_dir() / "building-12345678"
    left.mkdir()
    (left / "one.o").write_text("half")
    assert str(left) in finding("cache").advice
    assert netgym("build")[0] == 0
    assert not left.exists()
    assert finding("cache").advice == ""
