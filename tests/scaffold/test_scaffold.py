import pytest
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from netgym_cli.common.errors import ConfigError
from netgym_cli.config import conf_dirs
from netgym_cli.scaffold import new_env

pytestmark = pytest.mark.usefixtures("workdir")


def netgym(*words):
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize(
    ("simulator", "name", "third"),
    [
        ("cpp", "stadium", "stadium.cc"),
        ("python", "harbour", "harbour_simulator.py"),
        pytest.param("ns3-python", "village", "village_scenario.py", marks=[pytest.mark.ns3, pytest.mark.long]),
    ],
)
def test_a_new_environment_keeps_its_word(workdir, simulator, name, third):
    done = netgym("new", "env", name, "--simulator", simulator)
    assert done.exit_code == 0, done.output
    files = {str(path.relative_to(workdir)) for path in workdir.rglob("*") if path.is_file()}
    assert files == {f"conf/env/{name}.yaml", f"conf/{name}_env.py", f"conf/{third}"}
    assert not any("custom" in (workdir / file).read_text().lower() for file in files)
    licences = [line for line in (workdir / "conf" / third).read_text().splitlines() if "SPDX" in line]
    assert len(licences) == (0 if simulator == "python" else 1)
    command = next(line.split()[1:] for line in done.stdout.splitlines() if "netgym check" in line)
    done = netgym(*command, "--steps", "3")
    assert done.exit_code == 0, done.output
    assert done.stdout.count(" ok ") >= 4


def test_the_printed_train_command_trains(workdir):
    done = netgym("new", "env", "quay", "--simulator", "python", "-o", "mine/here")
    command = next(line.split()[1:] for line in done.stdout.splitlines() if "netgym train" in line)
    assert "mine/here" in command
    done = netgym(*command, "evaluate_at_end=0", "agent.n_epochs=1")  # the evaluation costs more than the training
    assert done.exit_code == 0, done.output
    assert "1000 steps" in done.stdout


def test_nothing_is_overwritten(workdir):
    assert netgym("new", "env", "depot").exit_code == 0
    (workdir / "conf" / "depot_env.py").write_text("mine")
    (workdir / "conf" / "env" / "depot.yaml").unlink()
    done = netgym("new", "env", "depot")
    assert (done.exit_code, "depot_env.py exists and is not overwritten" in done.stderr) == (2, True)
    assert (workdir / "conf" / "depot_env.py").read_text() == "mine"
    assert not (workdir / "conf" / "env" / "depot.yaml").exists()


@pytest.mark.parametrize(
    "name", ["nqos_split", "custom", "Stadium", "2nd", "class", "a-b", "a b", "../x", "", "interval_scenario", "flow"]
)
def test_a_name_that_cannot_be_is_refused(workdir, name):
    done = netgym("new", "env", name)
    assert (done.exit_code, "NAME is" in done.stderr) == (2, True)
    assert list(workdir.iterdir()) == []


def test_a_one_letter_name_still_makes_a_class_of_its_own(workdir):
    assert netgym("new", "env", "x").exit_code == 0
    assert "class XEnv(" in (workdir / "conf" / "x_env.py").read_text()
    assert "new XEnv(" in (workdir / "conf" / "x.cc").read_text()


def test_a_folder_that_cannot_be_written_is_told_with_a_way_out(workdir):
    (workdir / "file").write_text("in the way")
    done = netgym("new", "env", "arena", "-o", "file/conf")
    assert (done.exit_code, "choose another folder by -o DIR" in done.stderr) == (2, True)


@pytest.mark.parametrize("folder", [".", "env", "../conf"])
def test_netgyms_own_conf_directory_is_not_written_to(folder):
    own = conf_dirs.builtin()
    before = set(own.rglob("*"))
    done = netgym("new", "env", "meadow", "-o", str(own / folder))
    assert (done.exit_code, "is netgym's own conf directory" in done.stderr, "-o DIR" in done.stderr) == (2, True, True)
    assert set(own.rglob("*")) == before


def test_a_module_of_that_name_is_not_hidden(workdir, monkeypatch):
    monkeypatch.syspath_prepend(workdir)
    (workdir / "barn_env.py").write_text("")
    with pytest.raises(ConfigError, match="Python module barn_env already"):
        new_env.new_env("barn", "cpp", workdir / "conf")


def test_a_compile_error_in_the_users_file_reaches_the_user(workdir):
    assert netgym("new", "env", "tower").exit_code == 0
    source = workdir / "conf" / "tower.cc"
    lines = source.read_text().splitlines()
    at = next(k for k, line in enumerate(lines) if "const int users" in line)
    lines[at] = "        const int users = oops;"
    source.write_text("\n".join(lines) + "\n")
    done = netgym("check", "--config-dir", "conf", "env=tower")
    assert done.exit_code == 1
    assert f"tower.cc:{at + 1}:27: error:" in done.stderr


def test_a_compile_error_is_known_before_an_evaluation_starts_its_workers(workdir):
    assert netgym("new", "env", "jetty").exit_code == 0
    file = workdir / "conf" / "jetty.cc"
    file.write_text('#include "nowhere.h"\n' + file.read_text())  # ends the compiler at once
    done = netgym("evaluate", "--config-dir", "conf", "env=jetty", "agent=random", "seeds=1", "episodes=1")
    assert done.exit_code == 1
    assert "jetty.cc could not be compiled" in done.stderr and "agent random" not in done.stderr
