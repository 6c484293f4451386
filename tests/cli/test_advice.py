"""What a message, a summary or a help text proposes can be done."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from netgym_cli.cli.app import app
from tests.conftest import REPO
from tests.support.commands import Story

CONF = str(REPO / "tests" / "support" / "conf")
TOY = ["--config-dir", CONF, "env=toy", "env.steps_per_episode=2", "env.episodes_per_session=1"]
PACKAGE = REPO / "netgym_cli"
SHORT = ["episodes=1", "seeds=1", "jobs=1"]


def netgym(*words):
    return CliRunner().invoke(app, words)


def verbs(group=None, path=()):
    """Every verb and group of the program: its words and its command."""
    group = group or get_command(app)
    yield path, group
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from verbs(command, (*path, name))
        else:
            yield (*path, name), command


VERBS = dict(verbs())


@pytest.mark.parametrize("path", VERBS, ids=" ".join)
def test_short_and_long_help_at_every_level(path):
    short, long = netgym(*path, "-h"), netgym(*path, "--help")
    assert (short.exit_code, short.stdout) == (0, long.stdout)
    assert "Usage:" in short.stdout


def commands_in_texts():
    """(file, text) of every command between backquotes, or behind `next:`, in the texts of the program."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                text = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            for match in re.finditer(r"`netgym ([^`\n]+)`|next: netgym ([^`;\n]+)", text):
                yield file.name, (match[1] or match[2]).strip()


def test_commands_in_texts_name_verbs_and_options_that_there_are():
    found = sorted(set(commands_in_texts()))
    assert len(found) > 15
    for file, text in found:
        words = shlex.split(text.replace("{}", "X"))
        path = next((tuple(words[:n]) for n in (2, 1) if tuple(words[:n]) in VERBS), None)
        assert path, f"{file}: netgym {text}"
        options = {name for param in VERBS[path].params for name in param.opts}
        assert {word for word in words if re.match("--?[a-z]", word)} <= options, f"{file}: netgym {text}"


def proposed(text):
    """The command behind `next:` or `Reproduce it with:`, as words without the program."""
    (line,) = re.findall(r"(?:next:|Reproduce it with:) netgym (.+)", text)
    return shlex.split(line)


@pytest.mark.parametrize("words", [["agent=system_default"], ["agent=random"]])
def test_a_rule_s_summary_proposes_an_evaluation_that_runs(workdir, words):
    done = netgym("train", *TOY, *words, "hydra.run.dir='a run, of mine'")
    assert done.exit_code == 0, done.output
    evaluation = proposed(done.stdout)
    assert evaluation[0] == "evaluate" and evaluation[-2:] == ["--config-dir", CONF]
    sys.path[:] = [entry for entry in sys.path if entry != CONF]  # as in a new process
    done = netgym(*evaluation, *SHORT)
    assert done.exit_code == 0, done.output


def test_a_rule_and_an_agent_of_the_same_name_are_two(workdir):
    assert netgym("train", *TOY, "agent=random", "hydra.run.dir=rule").exit_code == 0
    done = netgym("evaluate", "rule", "agent=random", "--config-dir", CONF, *SHORT)
    assert done.exit_code == 0, done.output
    assert re.findall(r"^(random\S*) ", done.stdout, re.MULTILINE)[:2] == ["random:rule", "random"]


LEARNER = """
class Learner:
    def __init__(self, observation_space, action_space, seed):
        self.space = action_space
    def act(self, observation, info):
        return self.space.sample()
    def learn(self, observation, action, reward, next_observation, terminated, truncated, info):
        pass
"""


def test_what_cannot_be_evaluated_is_not_proposed(workdir):
    Path("mild.py").write_text(LEARNER)
    done = netgym("train", *TOY, "agent=custom", "agent.cls=mild:Learner", "hydra.run.dir=it")
    assert done.exit_code == 0, done.output
    assert proposed(done.stdout)[0] == "plot"
    refused = netgym("evaluate", "it", "--config-dir", CONF)
    assert (refused.exit_code, "learns and saves nothing" in refused.stderr) == (2, True)
    assert netgym(*proposed(done.stdout)).exit_code == 0


def test_a_grid_s_job_proposes_what_runs_and_keeps_the_environment_variables(workdir):
    words = [
        "train",
        "-m",
        *TOY,
        "agent=system_default",
        "+hydra.job.env_set.NETGYM_TRACEBACK=0",
        "hydra.sweep.dir=grid",
    ]
    done = subprocess.run([sys.executable, "-m", "netgym_cli", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = netgym(*proposed(done.stdout), *SHORT)
    assert done.exit_code == 0, done.output


def test_a_failure_s_command_fails_in_the_same_way(workdir):
    words = ["train", *TOY, "agent=random", "env.fail_at_step=1", "hydra.run.dir=it"]
    first = subprocess.run([sys.executable, "-m", "netgym_cli", *words], capture_output=True, text=True)
    again = netgym(*proposed(first.stderr))
    assert (first.returncode, again.exit_code) == (1, 1)
    assert "toy simulator failed at step 1" in again.stderr


def test_seeds_that_were_met_are_answered_with_others(workdir):
    assert netgym("train", *TOY, "agent=random", "hydra.run.dir=it", "seed=1").exit_code == 0
    refused = netgym("evaluate", "it", "--config-dir", CONF, "seeds=[1,7]")
    (others,) = re.findall(r"such as (seeds=\S+?)\.$", refused.stderr.strip())
    assert (refused.exit_code, others) == (2, "seeds=[1000000,1000001]")
    Story().understand(shlex.join(["netgym", "evaluate", "it", "--config-dir", CONF, others]))


# A command, what is wrong in it, what the message proposes as a pattern, and what that makes of the wrong words.
ENV = ["env=custom", "agent=random"]
MISTAKES = [
    ("train", ["agent=random"], "env=costum", r"Did you mean '(\w+)'\?", "env={}"),
    ("train", ENV, "env.num_user=3", r"Did you mean '(\S+)'\?", "{}=3"),
    ("train", ENV, "channel.loss=0.1", r"Choose one that has: (channel=\w+),", "{} channel.loss=0.1"),
    ("train", [*ENV, "channel=link"], "channel.action.loss=0.1", r"Choose one that has: (channel\.action=\w+),",
     "{} channel.action.loss=0.1"),
    ("train", ENV, "channel=link channel.loss_bad=0.1", r"Choose one that has: (channel=\w+)\.",
     "{} channel.loss_bad=0.1"),
    ("train", ["env=custom", "env.episodes_per_session=20"], "agent=random agent.hidden=[8]",
     r"Choose one that has: (agent=\w+)\.", "{} agent.hidden=[8]"),
    ("train", ENV, "+seed=3", r"write (\w+)=VALUE", "{}=3"),
    ("train", ["env=custom"], "agent=random dataset=x", r"such as (agent=\w+);", "{} dataset=x"),
    ("train", ["agent=random"], "env@other=custom", r"write (\w+)=NAME", "{}=custom"),
    ("train", ENV, "channel=wlan", r"Known: .*(gilbert_elliott)\b", "channel={}"),
    ("train", ENV, "~channel.action", r"leave (~channel.action) out", ""),
    ("evaluate", ENV, "seed=4", r"write (\w+)=\.\.\.", "{}=4"),
    ("evaluate", ENV, "env.episodes_per_session=4", r"write (\w+)=\.\.\.", "{}=4"),
    ("evaluate", ENV, "episode=4", r"Did you mean '(\w+)'\?", "{}=4"),
    ("evaluate", ["env=custom"], "", r"(agent=)NAME, or several", "{}random"),
    ("evaluate", ["env=custom"], "agent=random,random", r"(names, each once)", "agent=random"),
    ("collect", ENV, "seed=4", r"write (\w+)=\.\.\.", "{}=4"),
    ("collect", ENV, "job=4", r"Did you mean '(\w+)'\?", "{}=4"),
    ("collect", ["env=custom"], "", r"give one: (--default-action)", "{}"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "kept", "wrong", "pattern", "instead"), MISTAKES, ids=lambda value: str(value)[:40])
def test_what_a_message_proposes_gets_over_the_mistake(workdir, verb, kept, wrong, pattern, instead):
    refused = netgym(verb, *kept, *wrong.split())
    assert refused.exit_code == 2, refused.output
    found = re.search(pattern, refused.stderr)
    assert found, refused.stderr
    story = Story()
    story.datasets.add("x")
    story.understand(shlex.join(["netgym", verb, *kept, *instead.format(found[1]).split()]))


@pytest.mark.parametrize("verb", ["evaluate", "collect", "check", "show", "train"])
def test_no_verb_proposes_an_option_that_it_lacks(workdir, verb):
    done = netgym(verb, *TOY[:4], "agent=random", "env.num_users=0,10")
    assert (done.exit_code, "`netgym train -m` runs each of them" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mild", "mild.py: write name: mild:Learner."),
        ("wild", "allowed: MODULE:Class, of MODULE.py in a --config-dir, or "),
    ],
)
def test_a_name_without_its_class(workdir, name, message):
    Path("mild.py").write_text(LEARNER)
    Path("agent").mkdir()
    Path("agent/mine.yaml").write_text(f"name: {name}\n")
    done = netgym("train", *TOY, "--config-dir", ".", "agent=mine")
    assert (done.exit_code, message in done.stderr) == (2, True), done.stderr


def test_names_of_folders_are_quoted_for_the_shell(workdir):
    done = netgym("new", "env", "lagoon", "-o", "my conf; x")
    lines = [line.strip() for line in done.stdout.splitlines() if line.startswith("  netgym")]
    assert [shlex.split(line)[2:4] for line in lines] == [["--config-dir", "my conf; x"]] * 2
    Story().understand(lines[0])


def test_jobs_is_the_word_of_every_verb(workdir, caplog):
    words = [*TOY[:4], "agent=random", "episodes=1", "seeds=1"]
    for jobs in (["jobs=1"], ["--jobs", "1"], ["-j", "1"], ["workers=1"]):
        for verb in ("evaluate", "collect"):
            Story().understand(shlex.join(["netgym", verb, *words, *jobs]))
    both = netgym("collect", *words, "jobs=1", "--jobs", "2")
    assert (both.exit_code, "jobs=1 and --jobs 2 are the same; give one of them" in both.stderr) == (2, True)
    assert "note: workers= is called jobs= now" in caplog.text
