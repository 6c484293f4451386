"""From a command line to a run: what was checked is what is written and what is run."""

from hydra._internal.hydra import Hydra
from omegaconf import OmegaConf

from netgym_cli.experiment import config as experiment_config
from netgym_cli.experiment import launch, run
from netgym_cli.experiment.config import typed_run
from netgym_cli.runs.folder import RunFolder

WORDS = ["env=gym", "agent=random", "channel=mobile", "channel.action=wan", "env.episodes_per_session=1", "sessions=1"]


def spied(monkeypatch, owner, name):
    """The arguments of every call, which is carried out as before."""
    calls, real = [], getattr(owner, name)

    def call(*arguments, **keys):
        calls.append((*arguments, *keys.values()))
        return real(*arguments, **keys)

    monkeypatch.setattr(owner, name, call)
    return calls


def test_a_run_is_composed_once_and_typed_once(workdir, monkeypatch):
    composed = spied(monkeypatch, Hydra, "compose_config")
    typed = spied(monkeypatch, experiment_config, "RunConfig")
    checked, trained = spied(monkeypatch, run, "check"), spied(monkeypatch, run, "train")
    launch.train([*WORDS, "hydra.run.dir=out"], [], ["netgym"])
    assert [name for _, name, *_ in composed if name is not None] == ["config"]
    assert (len(typed), len(checked), len(trained)) == (1, 1, 1)
    assert trained[0][0] is checked[0][0]
    assert typed_run(RunFolder(workdir / "out").config()) == checked[0][0]


def test_a_run_leaves_hydras_files(workdir):
    words = [*WORDS, "seed=7", "hydra.run.dir=runs/${seed}"]
    launch.train(words, [], ["netgym"])
    folder = workdir / "runs" / "7"
    hydra = OmegaConf.load(folder / ".hydra" / "hydra.yaml").hydra
    assert (hydra.mode, hydra.runtime.output_dir) == ("RUN", str(folder))
    assert RunFolder(folder).overrides() == [*WORDS, "seed=7"]
    assert "${" not in (folder / ".hydra" / "config.yaml").read_text()
