"""Every command that README.md shows is understood, and the short ones run; `make test-long` runs all, and programs."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import Story, mistaken

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
NETGYM = Path(sys.executable).with_name("netgym")
# A training run is cut to this many networks; every agent's defaults learn something within it.
SHORT = "sessions=1"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


# What is collected in one line is used in the next.
STORIES = [
    block for block in blocks("bash") if any(f"netgym {verb}" in block for verb in ("collect", "resume", "report"))
]
SINGLE = [block for block in [*blocks("bash"), *blocks("")[:1]] if block not in STORIES]
COMMANDS = [line for block in SINGLE for line in block.splitlines() if line]


LONG = [pytest.mark.ns3, pytest.mark.long]
LOADED = 'config_json = load_config_file("nqos_split")\n'
QUICK = [line for line in COMMANDS if line.split()[1] in ("list", "show", "doctor", "new") or "--cfg" in line]
TYPOS = {
    "trian": "train",
    "env=nqos_spilt": "env=nqos_split",
    "agent=ppo,randon": "agent=ppo,random",
    "--cgf": "--cfg",
    "--cfg jib": "--cfg job",
    "env.step_per_episode": "env.steps_per_episode",
    "seed=x": "seed=7",
    "[64,x]": "[64,64]",
    "wifi::dl::mx_rate": "wifi::dl::max_rate",
    "system_defualt": "random,system_default",
    "epsiodes=": "episodes=2 seeds=5",
    "agent.link=nx": "agent.link=nr",
    "new evn": "new env",
    "channel.action=mobil ": "channel.action=mobile",
    "channel.distance=": "channel.distance_m=82",
    "to=gilbert_eliot": "to=gilbert_elliott",
    "--defualt-action": "--default-action",
    "data shwo": "data show",
    "system_default-v1": "system_default-v0",
    "init=outputs/ofline": "init=outputs/offline",
    "resume outputs/medai": "resume outputs/media",
    "episodes_per_sesion:": "episodes_per_session:",
}


def shortened(command: str) -> list[str]:
    words = shlex.split(command)
    trains = "train" in words and "--cfg" not in words and "sessions=" not in command and "steps=" not in command
    if "experiment=nqos_split_twin" in words:  # a session of all its networks
        return [word for word in words if not word.startswith("steps=")] + ["steps=20480"]
    return [*words, SHORT] if trains else words


@pytest.mark.parametrize("block", [*blocks("bash"), *blocks("")[:1]])
def test_every_command_of_the_readme_is_understood(block: str) -> None:
    story = Story()
    for line in filter(None, block.splitlines()):
        story.understand(line)


@pytest.mark.parametrize(("typo", "right"), TYPOS.items())
def test_a_typo_in_the_readme_would_be_noticed(typo: str, right: str) -> None:
    block = next(block for block in [*blocks("bash"), *blocks("")[:1]] if right in block)
    story, lines = Story(), [line for line in block.splitlines() if line]
    wrong = next(k for k, line in enumerate(lines) if right in line)
    for line in lines[:wrong]:
        story.understand(line)
    assert mistaken(lines[wrong].replace(right, typo, 1), story)


@pytest.mark.parametrize("command", [pytest.param(line, marks=[] if line in QUICK else LONG) for line in COMMANDS])
def test_a_command_of_the_readme_runs(command: str, tmp_path: Path) -> None:
    program, *arguments = shortened(command)
    assert program == "netgym"
    done = subprocess.run([NETGYM, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    if arguments[0] == "train" and "--cfg" not in arguments:
        assert list(tmp_path.glob("outputs/**/metrics/steps.parquet"))


@pytest.mark.ns3
@pytest.mark.long
@pytest.mark.parametrize("story", STORIES)
def test_commands_of_the_readme_that_build_on_each_other_run(story: str, tmp_path: Path) -> None:
    for line in story.splitlines():
        _, *arguments = shortened(line) if "dataset=" not in line else shlex.split(line)
        done = subprocess.run([NETGYM, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, f"{line}: {done.stderr}"
    (folder,) = set(re.findall(r"hydra.run.dir=(\S+)", story))
    assert (tmp_path / folder / "model.zip").is_file()


@pytest.mark.ns3
@pytest.mark.parametrize("program", blocks("python"))
@pytest.mark.parametrize("short", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_program_of_the_readme_runs(program: str, short: bool, tmp_path: Path) -> None:
    if short:
        program = program.replace(LOADED, f'{LOADED}config_json["env_config"]["steps_per_episode"] = 2\n')
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


@pytest.mark.ns3
@pytest.mark.long
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
