"""The example of docs/agents.md is run as it stands."""

import json
import re
import textwrap

from typer.testing import CliRunner

from netgym_cli.cli.app import app
from tests.conftest import REPO

DOCUMENT = (REPO / "docs" / "agents.md").read_text()
TOY = ["--config-dir", str(REPO / "tests" / "support" / "conf"), "env=toy"]


def block(language):
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    return found


def test_the_custom_agent_of_the_document_learns_and_is_evaluated(workdir, monkeypatch):
    monkeypatch.syspath_prepend(str(workdir))
    (workdir / "climber.py").write_text(block("python"))
    (workdir / "agent").mkdir()
    (workdir / "agent" / "climber.yaml").write_text(block("yaml"))
    words = [*TOY, "--config-dir", "."]
    long = "env.episodes_per_session=30"
    done = CliRunner().invoke(app, ["train", *words, long, "agent=climber", "hydra.run.dir=run"])
    assert done.exit_code == 0, done.stderr
    told = CliRunner().invoke(
        app, ["evaluate", *TOY[:2], "--config-dir", ".", "run", "agent=constant", "seeds=2", "episodes=2", "--json"]
    )
    assert told.exit_code == 0, told.stderr
    (paired,) = [row for row in json.loads(told.stdout)["paired"] if row["metric"] == "return"]
    assert (paired["agent"], paired["baseline"]) == ("constant", "climber")
    assert paired["mean"] < -5, "the middle of the actions earns less than what was climbed to"


def test_the_command_of_the_document_composes(workdir):
    (workdir / "climber.py").write_text(block("python"))
    (command,) = re.findall(r"^    netgym train (.*agent=custom.*)$", DOCUMENT, re.MULTILINE)
    assert 'agent.cls=climber:Climber "agent.kwargs={width: 0.2}"' in command
    words = [*TOY, "agent=custom", "agent.cls=climber:Climber", "agent.kwargs={width: 0.2}", "--cfg", "job"]
    done = CliRunner().invoke(app, ["train", *words])
    assert done.exit_code == 0 and "width: 0.2" in done.stdout


def test_the_program_of_the_document_lets_a_model_act(workdir):
    (command,) = re.findall(r"After `netgym (train .*hydra.run.dir=swing)`", DOCUMENT)
    short = ["env.steps_per_episode=20", "env.episodes_per_session=2", "sessions=1", "agent.learning_starts=30"]
    done = CliRunner().invoke(app, [*command.split(), *short])
    assert done.exit_code == 0, done.stderr
    (program,) = re.findall(r"^    import gymnasium\n(?:    .*\n|\n)*", DOCUMENT, re.MULTILINE)
    names = {}
    exec(textwrap.dedent(program), names)
    assert names["truncated"] and names["agent"].act(names["observation"]) in names["env"].action_space
