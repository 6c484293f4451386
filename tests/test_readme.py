"""Every command and program that README.md shows is run as it stands, in a directory of its own."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
NETGYM = Path(sys.executable).with_name("netgym")
# A training run is cut to this many episodes; every agent's defaults learn something within it.
SHORT = "env.episodes_per_session=4"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


# What is collected in one line is used in the next.
STORIES = [block for block in blocks("bash") if "netgym collect" in block]
SINGLE = [block for block in [*blocks("bash"), *blocks("")[:1]] if block not in STORIES]
COMMANDS = [line for block in SINGLE for line in block.splitlines() if line]


def shortened(command: str) -> list[str]:
    words = shlex.split(command)
    trains = "train" in words and "--cfg" not in words and "sessions=" not in command
    return [*words, SHORT] if trains else words


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(command: str, tmp_path: Path) -> None:
    program, *arguments = shortened(command)
    assert program == "netgym"
    done = subprocess.run([NETGYM, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    if arguments[0] == "train" and "--cfg" not in arguments:
        assert list(tmp_path.glob("outputs/**/metrics/steps.parquet"))


@pytest.mark.slow
@pytest.mark.parametrize("story", STORIES)
def test_commands_of_the_readme_that_build_on_each_other_run(story: str, tmp_path: Path) -> None:
    env = os.environ | {"MINARI_DATASETS_PATH": str(tmp_path / "datasets"), "XDG_STATE_HOME": str(tmp_path / "state")}
    for line in story.splitlines():
        _, *arguments = shortened(line) if "dataset=" not in line else shlex.split(line)
        done = subprocess.run([NETGYM, *arguments], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{line}: {done.stderr}"
    assert (tmp_path / "outputs" / "offline" / "model.zip").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("program", blocks("python"))
def test_a_program_of_the_readme_runs(program: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_make_demo_trains_and_tells_where_the_tables_are(tmp_path: Path) -> None:
    if not Path(sys.prefix, ".installed").exists():
        pytest.skip("this environment was not set up by make")
    demo = f"DEMO=env=nqos_split_light agent=ppo {SHORT} hydra.run.dir={tmp_path}/run"
    command = ["make", "demo", f"VENV={sys.prefix}", demo]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "tables: " in done.stdout and (tmp_path / "run" / "model.zip").exists()


def test_every_file_that_the_documents_link_to_exists() -> None:
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
