"""What netgym understands of a command without running it: verb, options, keys and values, and what it builds on."""

import shlex
from dataclasses import replace

from omegaconf import OmegaConf
from typer.main import get_command

from netgym_cli.analysis import fit_channel as fit
from netgym_cli.channels.base import DeliveryConfig
from netgym_cli.cli.app import app
from netgym_cli.collection import request as collect_request
from netgym_cli.common.errors import ConfigError
from netgym_cli.config.compose import Composer, compose
from netgym_cli.datasets import folder_of
from netgym_cli.envs.base import env_registry
from netgym_cli.evaluation import request as evaluate_request
from netgym_cli.experiment import run
from netgym_cli.experiment.config import typed_run
from netgym_cli.jobs import grid as grids
from netgym_cli.jobs import request as sweep_request
from netgym_cli.jobs.search.space import space_of, spelled_out, to_check


def parsed(words):
    """The path of a verb, such as `data show`, and its arguments by name; a wrong usage is an AssertionError."""
    found = []

    def record(group, path):
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                record(command, f"{path}{name} ")
            else:
                command.callback = lambda path=f"{path}{name}", **given: found.append((path, given))

    program = get_command(app)
    record(program, "")
    try:
        program.main(list(words), prog_name="netgym")
    except SystemExit as end:
        assert not end.code, f"netgym cannot be called like this: {shlex.join(words)}"
    ((path, given),) = found
    return path, given


class Story:
    """Commands that build on each other. `understand` raises ConfigError or AssertionError for one that cannot run."""

    def __init__(self):
        self.datasets, self.folders, self.sweeps, self.searches, self.last = set(), set(), set(), set(), None

    def understand(self, line):
        program, *words = shlex.split(line)
        assert program == "netgym", line
        path, given = parsed(words)
        getattr(self, path.replace(" ", "_").replace("-", "_"), lambda **_: None)(**given)

    def train(self, overrides=(), config_dir=(), multirun=False, **_):
        overrides, config_dir = list(overrides or ()), list(config_dir or ())
        if multirun:
            asked, overrides = sweep_request.parse(overrides)
            if asked.search is not None:
                self.search(overrides, config_dir)
                return
        if searched := [folder for folder in config_dir if str(folder).removesuffix("/conf") in self.searches]:
            config_dir = [folder for folder in config_dir if folder not in searched]
            overrides = ["agent=random" if word == "agent=best_agent" else word for word in overrides]
        points = grids.grid(Composer(overrides, config_dir)) if multirun else [overrides]
        met = set()
        for point in points:
            if (essence := tuple(word for word in point if not word.startswith("seed="))) in met:
                continue
            met.add(essence)
            self.last = compose(point, config_dir)
            config = typed_run(self.last)
            if config.dataset is not None:
                assert config.dataset in self.datasets, f"nothing has made the dataset {config.dataset}"
            elif config.init is not None:
                assert config.init in self.folders, f"nothing has made the model {config.init}"
            else:
                run.check(config)
        self.sweeps |= {word.partition("=")[2] for word in overrides if word.startswith("hydra.sweep.dir=")}
        self.folders |= {word.partition("=")[2] for word in overrides if word.startswith("hydra.run.dir=")}

    def search(self, overrides, config_dir):
        dimensions, fixed = space_of(Composer([spelled_out(word) for word in overrides], config_dir))
        self.train(to_check(fixed, dimensions)[0], config_dir)
        folder = [word.partition("=")[2] for word in overrides if word.startswith("hydra.sweep.dir=")]
        self.searches |= set(folder)
        self.sweeps |= set(folder)

    def sweep(self, overrides=(), config_dir=(), resume=None, **_):
        if resume is not None:
            assert str(resume) in self.sweeps, f"nothing has begun the sweep {resume}"
            return
        self.train(overrides, config_dir, multirun=True)

    def runs(self, folder, **_):
        assert str(folder) == "outputs" or str(folder) in self.sweeps, f"nothing has made the folder {folder}"

    def resume(self, folder, **_):
        assert str(folder) in self.folders, f"nothing has begun the run {folder}"

    replay = watch = resume

    def report(self, folders, **_):
        for folder in folders:
            assert str(folder) in self.folders | self.sweeps, f"nothing has made the folder {folder}"

    def evaluate(self, overrides=(), config_dir=(), **_):
        asked = evaluate_request.parse(list(overrides or ()), list(config_dir or ()))
        for agent in asked.contenders.values():
            run.check(asked.config if isinstance(agent, tuple) else replace(asked.config, agent=agent))

    def collect(self, requests=(), config_dir=(), default_action=False, **_):
        asked = collect_request.parse(list(requests or ()), list(config_dir or ()), default_action)
        run.check(asked.config)
        self.datasets.add(asked.dataset_id)

    def check(self, overrides=(), config_dir=(), **_):
        env = typed_run(compose(list(overrides or ()), list(config_dir or ()))).env
        env_registry.load(env.name)(env)

    show = check

    def fit_channel(self, requests=(), config_dir=(), **_):
        own = dict(word.split("=", 1) for word in requests if word.startswith(("to=", "packets=")))
        others = [word for word in requests if not word.startswith(("to=", "packets="))]
        config = typed_run(compose(others, list(config_dir or ())))
        assert isinstance(config.channel, DeliveryConfig) and own["to"] in fit.FITS

    def plot(self, x=None, by=None, **_):
        for key in filter(None, (x, by)):
            assert OmegaConf.select(self.last, key) is not None, f"the runs before have no key {key}"

    def data_show(self, dataset, **_):
        assert dataset in self.datasets, f"nothing has made the dataset {dataset}"

    data_check = data_export = data_show

    def data_merge(self, datasets, name, **_):
        assert set(datasets) <= self.datasets
        folder_of(name)
        self.datasets.add(name)

    def data_import(self, env=None, **_):
        assert env is None or env in env_registry.names(), env


def mistaken(line, story=None):
    """Whether netgym does not understand a command."""
    try:
        (story or Story()).understand(line)
    except (AssertionError, ConfigError):
        return True
    return False
