import hashlib
import subprocess

import pytest

from netgym_cli.cli.machine_report import examine
from netgym_cli.common.errors import BuildError, ConfigError
from netgym_cli.simulators.ns3 import build, installed
from netgym_cli.simulators.ns3.object_cache import object_path
from tests.simulators.conftest import GOOD, compilations
from tests.support.network import network, output_of, python, stepped


def path_now():
    return build.library_path(installed.locate(), build.compiler())


def test_a_second_build_finds_the_first_ones_file_untouched(native):
    lines = []
    first = build.ensure(report=lines.append)
    before = first.library.stat()
    second = build.ensure(report=lines.append)
    assert (first.cached, second.cached) == (False, True)
    assert second.library == first.library
    assert (second.library.stat().st_mtime_ns, second.library.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert compilations(native) == 2
    assert len(lines) == 4  # the announcement, a line per file, the outcome
    assert build.status().library == first.library


@pytest.mark.parametrize("name", ["bridge/one.cc", "bridge/one.h"])
def test_a_changed_source_is_kept_elsewhere(native, name):
    before = path_now()
    (native / name).write_text(GOOD[name] + "// changed\n")
    assert path_now() != before
    (native / name).write_text(GOOD[name])
    assert path_now() == before


@pytest.mark.parametrize(("name", "again"), [("radio/two.cc", 1), ("bridge/one.h", 1)])
def test_only_what_changed_is_compiled_again(native, name, again):
    build.ensure()
    (native / name).write_text(GOOD[name] + "// changed\n")
    assert not build.ensure().cached
    assert compilations(native) == 2 + again


@pytest.mark.parametrize("flags", ["FLAGS", "LINK_FLAGS"])
def test_a_changed_flag_is_kept_elsewhere(native, monkeypatch, flags):
    before = path_now()
    monkeypatch.setattr(installed, flags, [*getattr(installed, flags), "-g"])
    assert path_now() != before


def test_a_new_or_renamed_source_is_kept_elsewhere(native):
    before = path_now()
    (native / "radio/two.cc").rename(native / "radio/three.cc")
    renamed = path_now()
    (native / "radio/three.cc").rename(native / "bridge/three.cc")
    moved = path_now()
    (native / "radio/four.cc").write_text("")
    assert len({before, renamed, moved, path_now()}) == 4


def test_sources_of_one_name_in_two_rooms_are_both_in_the_library(native):
    (native / "radio/one.cc").write_text("int another;\n")
    (native / "bridge/two.cc").write_text("int one_more;\n")
    defined = subprocess.run(["nm", "-D", build.ensure().library], capture_output=True, text=True, check=True).stdout
    assert {"two", "another", "one_more"} <= {line.split()[-1] for line in defined.splitlines()}
    assert compilations(native) == 4


@pytest.mark.parametrize("name", ["mine/one.h", "native/radio/one.h"])
def test_an_object_is_named_after_the_headers_that_its_source_includes_without_their_room(native, tmp_path, name):
    source = tmp_path / "mine" / "own.cc"
    source.parent.mkdir()
    source.write_text('#include "one.h"\n')
    before = object_path(tmp_path, source, build.include_dirs(), "")
    (native / "bridge/one.h").unlink()
    (tmp_path / name).write_text(GOOD["bridge/one.h"])
    moved = object_path(tmp_path, source, build.include_dirs(), "")
    (tmp_path / name).write_text("// changed\n")
    assert len({before, moved, object_path(tmp_path, source, build.include_dirs(), "")}) == 3


def test_a_compile_error_is_told_with_the_compilers_line_and_leaves_nothing(native):
    (native / "radio/two.cc").write_text("int two = missing;\n")
    with pytest.raises(BuildError, match=r"(?s)two\.cc:1:11: error: .*missing.*The command was: .* -c "):
        build.ensure()
    assert not path_now().exists()
    assert sorted(path.name for path in build.cache_dir().iterdir()) == ["build.lock", "objects"]
    (native / "radio/two.cc").write_text(GOOD["radio/two.cc"])
    assert build.ensure().library.exists()


def test_a_compiler_that_does_not_work_is_a_build_error(native, monkeypatch):
    monkeypatch.setenv("CXX", "false")
    with pytest.raises(BuildError, match="could not be compiled"):
        build.ensure()


def test_two_processes_that_build_at_once_share_one_library(native, tmp_path):
    code = f"""
from pathlib import Path
from netgym_cli.simulators.ns3 import build, installed
build.NATIVE = Path({str(native)!r})
library = build.ensure().library
print(library, library.stat().st_ino)
"""
    with python(code) as one, python(code) as other:
        answers = [process.communicate(timeout=60)[0] for process in (one, other)]
    assert answers[0] == answers[1] != ""
    assert compilations(native) == 2
    assert len(list(build.cache_dir().glob("native-*/*.so"))) == 1


def test_a_cache_that_cannot_be_made_is_told_with_a_way_out(native, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NETGYM_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(BuildError, match=r"cannot write the cache .*file/cache: .*set NETGYM_CACHE to a writable"):
        build.ensure()
    (finding,) = [finding for finding in examine() if finding.name == "cache"]
    assert not finding.ok
    assert "set NETGYM_CACHE" in finding.advice


def test_a_folder_without_ns3_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match=r"simulator.ns3_prefix is .*; allowed: a folder with include/ns3"):
        installed.locate(str(tmp_path))


def test_no_compiler_is_no_error(native, monkeypatch):
    monkeypatch.setenv("CXX", "/nonexistent")
    lines = []
    assert build.ensure(report=lines.append).library is None
    assert "install g++" in lines[0]
    assert build.status().library is None


@pytest.mark.ns3
@pytest.mark.long
def test_without_a_compiler_cling_runs_the_same_session(tmp_path):
    code = """
import hashlib
from tests.support.network import network, stepped
print(hashlib.sha256(b"".join(s.values.tobytes() for s in stepped(network(), [0.5, 0.3, 0.2], 5))).hexdigest())
"""
    env = network()
    compiled = b"".join(stats.values.tobytes() for stats in stepped(env, [0.5, 0.3, 0.2], 5))
    env.close()
    by_cling = output_of(code, CXX="/nonexistent", NETGYM_CACHE=str(tmp_path))
    assert by_cling.strip() == hashlib.sha256(compiled).hexdigest()
    assert list(tmp_path.iterdir()) == []
