"""`netgym doctor` on an installation with damaged files."""

import pytest

from netgym_cli.cli.machine_report import examine


@pytest.mark.parametrize("file", ["allDict.cxx.pch.6.32.8", "libcling.so"])
def test_a_truncated_library_of_cppyy_is_named(tmp_path, monkeypatch, file):
    about = tmp_path / "cppyy-9.9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: cppyy\nVersion: 9.9\n")
    (about / "RECORD").write_text(f"cppyy/{file},sha256=x,100\ncppyy/header.h,sha256=x,100\n")
    (tmp_path / "cppyy").mkdir()
    (tmp_path / "cppyy" / file).write_bytes(b"x" * 99)
    monkeypatch.syspath_prepend(tmp_path)
    (found,) = [finding for finding in examine() if finding.name == "cppyy"]
    assert (found.found, found.ok) == ("9.9", False)
    assert f"cppyy/{file} has 99 bytes instead of 100" in found.advice
    assert "pip install --force-reinstall --no-deps cppyy==9.9" in found.advice


def test_this_installation_is_whole():
    assert all(finding.ok for finding in examine() if finding.name in ("ns3", "cppyy"))
