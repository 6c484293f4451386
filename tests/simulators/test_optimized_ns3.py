"""ns-3 compiled by netgym itself, from a source that the user names."""

import shutil
import tarfile
import zipfile

import pytest

from netgym_cli.common.errors import BuildError, ConfigError
from netgym_cli.simulators.ns3 import build, installed, optimized
from netgym_cli.simulators.ns3.cache import cache_dir, keep
from netgym_cli.simulators.ns3.unity import units

CORE = """#include <ns3/log.h>
namespace ns3
{
NS_LOG_COMPONENT_DEFINE("Netgym%s");
int Netgym%s()
{
    NS_LOG_INFO("told");
    return %s;
}
} // namespace ns3
"""


@pytest.fixture
def wheel():
    return installed.locate(installed.WHEEL)


@pytest.fixture
def source(tmp_path, monkeypatch, wheel):
    """The least that passes for ns-3, with a header of the wheel's, and a cache of its own."""
    root = tmp_path / "ns-3.44"
    model = root / "src" / "core" / "model"
    model.mkdir(parents=True)
    (root / "VERSION").write_text(f"{wheel.version}\n")
    for name in ("One", "Two"):
        (model / f"{name.lower()}.cc").write_text(CORE % (name, name, 1))
    (model / "win32-fd-reader.cc").write_text("#error for another system\n")
    shutil.copy(wheel.include / "ns3" / "log.h", model)
    monkeypatch.setenv("NETGYM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "NATIVE", tmp_path / "native")
    (tmp_path / "native").mkdir()
    return root


def packed(source, kind):
    """The same as an archive."""
    archive = source.parent / f"ns-3.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as file:
            for path in source.rglob("*"):
                file.write(path, path.relative_to(source.parent))
    else:
        with tarfile.open(archive, "w:" + kind.partition(".")[2]) as file:
            file.add(source, source.name)
    return archive


@pytest.mark.ns3
def test_it_becomes_one_library_that_is_used_by_itself_until_it_is_damaged(source, wheel):
    lines = []
    assert installed.locate() == wheel
    library = optimized.build_ns3(str(source), lines.append)
    ours = installed.locate()
    assert (ours.whole, ours.libraries, ours.optimized) == (library, [library], True)
    assert ours.include == wheel.include
    assert not any("ASSERT" in flag or "LOG" in flag for flag in ours.compile_flags)
    assert installed.locate(installed.WHEEL) == wheel
    assert b"NetgymOne" in library.read_bytes() and b"NetgymTwo" in library.read_bytes()
    before = len(lines)
    optimized.build_ns3(str(packed(source, "tar.gz")), lines.append)  # the same files: nothing is compiled again
    assert "0 units" in lines[before]
    library.write_bytes(b"damaged")
    assert installed.locate() == wheel


@pytest.mark.ns3
def test_what_cannot_be_compiled_is_told_with_its_line_and_the_wheel_stays(source, wheel):
    (source / "src" / "core" / "model" / "one.cc").write_text("int one = missing;\n")
    with pytest.raises(BuildError, match=r"one\.cc:1:11: error: .*missing"):
        optimized.build_ns3(str(source), lambda line: None)
    assert installed.locate() == wheel


@pytest.mark.parametrize("kind", ["zip", "tar.xz"])
def test_an_archive_is_unpacked_without_what_is_not_needed(source, kind, tmp_path):
    (source / "src" / "core" / "big.fad").write_text("data")
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    with optimized.unpacked(packed(source, kind), drafts) as root:
        assert (root / "VERSION").is_file()
        assert (root / "src/core/model/one.cc").is_file()
        assert not list(root.rglob("*.fad"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda root: (root / "VERSION").write_text("3.45\n"),
            r"is ns-3 '3\.45'; allowed: 3\.44.*simulator\.ns3_prefix",
        ),
        (lambda root: (root / "VERSION").unlink(), "is no source of ns-3"),
        (lambda root: (root / "src/core/model/log.h").write_text("changed"), r"has another src/core/model/log\.h than"),
        (lambda root: shutil.rmtree(root), "neither a folder nor an archive"),
    ],
)
def test_another_source_is_refused_in_words_and_leaves_nothing(source, spoil, message):
    spoil(source)
    with pytest.raises(ConfigError, match=message):
        optimized.build_ns3(str(source), lambda line: None)
    assert [path.name for path in cache_dir().iterdir()] == ["build.lock"]


def test_every_file_is_in_one_unit_and_some_are_alone(tmp_path):
    model = tmp_path / "lte" / "model"
    model.mkdir(parents=True)
    for number in range(45):
        (model / f"file-{number:02}.cc").touch()
    (model / "lte-fr-hard-algorithm.cc").touch()
    texts = dict(units(tmp_path, ("lte",)))
    assert [text.count('#include "lte/') for text in texts.values()] == [20, 20, 5, 1]
    assert 'lte-fr-hard-algorithm.cc"' in texts["lte-4.cc"]


def test_a_library_that_others_may_write_is_not_used(source, wheel):
    library = installed.optimized_path(wheel)
    library.parent.mkdir(parents=True)
    draft = library.with_name("draft")
    draft.write_bytes(b"library")
    keep(draft, library)
    assert installed.locate().whole == library
    library.chmod(0o666)
    library.touch()
    assert installed.locate() == wheel


@pytest.mark.parametrize("folder", ["lib64", "lib", "lib/x86_64-linux-gnu"])
def test_a_prefix_has_its_libraries_in_one_of_the_usual_places(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "libns3.43-core.so").touch()
    found = installed.locate(str(tmp_path))
    assert (found.version, found.library_dir, found.suffix) == ("3.43", tmp_path / folder, "")
