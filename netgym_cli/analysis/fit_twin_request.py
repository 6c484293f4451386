"""What `netgym fit-twin` was asked for: the sessions to record, the fit, and the files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from netgym_cli.agents.base import agent_registry
from netgym_cli.analysis.fit_twin import Fitted, Imitation, fitted, text_of
from netgym_cli.analysis.twin_recording import Recording, is_rule, load, record, save
from netgym_cli.common.errors import ConfigError
from netgym_cli.common.files import write
from netgym_cli.common.seeds import FirstSeed
from netgym_cli.config.compose import Composer
from netgym_cli.config.schema import RunConfig, require
from netgym_cli.envs.agent_spec import AgentSpec
from netgym_cli.envs.base import adapter_of
from netgym_cli.experiment.config import config_of, run_of, seeds_of
from netgym_cli.experiment.task import Task
from netgym_cli.runs.saved_model import SavedModel
from netgym_cli.simulators import selection
from netgym_cli.simulators.fluid.calibration import calibration
from netgym_cli.simulators.fluid.config import DEFAULT
from netgym_cli.simulators.fluid.limits import require_modelled
from netgym_cli.wrappers.required_simulators import required_simulators

# Words of this verb alone, with what they are unless given. `skip` leaves the first seeds to another calibration.
OWN = {"seeds": 3, "episodes": 1, "rounds": 4, "skip": 0}
MEASURED_BEFORE = "wifi_mcs"  # parameters that are read off ns-3 directly and not fitted


@dataclass(frozen=True)
class Request:
    """Everything that a fit needs, checked.

    Attributes:
        configs: label to the run of every agent.
        seeds, episodes, rounds, skip: as they were asked for.
        file: of the calibration.
        runs: label to the run that an agent was trained in, for those that were.
    """

    configs: dict[str, RunConfig]
    seeds: int
    episodes: int
    rounds: int
    skip: int
    file: Path
    runs: dict[str, Path] = field(default_factory=dict)

    @property
    def recording(self) -> Path:
        """Where the sessions are kept, so that they are simulated once."""
        return self.file.with_suffix(".npz")

    @property
    def session_seeds(self) -> tuple[int, ...]:
        """Those of the sessions, one each."""
        first = FirstSeed.FIT_TWIN + self.skip
        return tuple(range(first, first + self.seeds))

    def recorded(self, told: Callable[[str], None]) -> dict[str, Recording]:
        """The sessions of every agent, played now where they are not kept yet."""
        kept = load(self.recording) if self.recording.exists() else {}
        seeds = self.session_seeds
        due = {name: config for name, config in self.configs.items() if name not in kept or kept[name].seeds != seeds}
        if due:
            selection.prepare(required_simulators(next(iter(due.values()))))
        for name, config in due.items():
            kept[name] = record(config, seeds, self.episodes, told, self.runs.get(name))
            save(self.recording, kept)
        return {name: kept[name] for name in self.configs}

    def fit(self, told: Callable[[str], None]) -> Fitted:
        """Records, fits and writes the calibration."""
        recordings = self.recorded(told)
        config = next(iter(self.configs.values()))
        imitation = Imitation(config, recordings)
        start = calibration(DEFAULT, imitation.adapter.scenario)
        names = [name for name, value in start.values.items() if value > 0 and not name.startswith(MEASURED_BEFORE)]
        found = fitted(start, imitation, names, self.rounds, told)
        seeds = self.session_seeds
        played = f"{', '.join(recordings)}; seeds {seeds[0]} to {seeds[-1]}"
        write({self.file: text_of(found.calibration, f"fit-twin, {config.name_of('env')} on ns-3, {played}")},
              "choose another by --output")  # fmt: skip
        return found


def request(words: Sequence[str], config_dirs: Sequence[str | Path], output: Path | None) -> Request:
    """Reads the command line.

    Args:
        words: overrides, `agent=NAME,RUN` and any of `OWN` among them.
        config_dirs: the user's own conf directories.
        output: the YAML file; None: ENV_twin.yaml here.

    Raises:
        ConfigError: the user can mend it.
    """
    own = {key: str(value) for key, value in OWN.items()}
    agents, overrides = "", []
    for word in words:
        key, _, value = word.partition("=")
        if key in own:
            own[key] = value
        elif key == "agent":
            agents = value
        else:
            overrides.append(word)
    numbers = {key: _count(key, value, min(1, OWN[key])) for key, value in own.items()}
    first = run_of(Composer([*overrides, "agent=random"], config_dirs))
    adapter = adapter_of(first.env)
    require_modelled(adapter.scenario, adapter.settings())
    if first.simulator.name == "fluid":
        raise ConfigError("simulator is 'fluid'; allowed: the one that the twin is to resemble, such as ns3.")
    spec = AgentSpec.of(adapter)
    fitting = [
        name
        for name in agent_registry.names()
        if is_rule(name) and agent_registry.load(name).incompatibility(spec) is None
    ]
    chosen = agents.split(",") if agents else fitting
    trained = [name for name in chosen if name not in fitting and Path(name).exists()]
    for name in chosen:
        allowed = f"agents that need no training here: {', '.join(fitting)}, or the folder of a run"
        require(name in fitting or name in trained, "agent", name, allowed)
    file = output or Path(f"{first.name_of('env')}_twin.yaml")
    if file.exists():
        raise ConfigError(f"{file} exists and is not overwritten; choose another by --output.")
    configs = {name: run_of(Composer([*overrides, f"agent={name}"], config_dirs)) for name in chosen if name in fitting}
    runs = {}
    for run in map(Path, trained):
        config = config_of(run)
        label = f"{SavedModel.at(run).label(config.agent.name)}:{SavedModel.at(run).run.path.resolve().name}"
        configs[label], runs[label] = replace(first, agent=config.agent), run
    selection.check(required_simulators(first))
    asked = Request(configs, file=file, runs=runs, **numbers)
    for label, run in runs.items():
        _require_strange(run, asked.session_seeds)
        Task.of(configs[label], run, False, asked.session_seeds[0], asked.episodes).check()
    return asked


def _require_strange(run: Path, seeds: Sequence[int]) -> None:
    if met := sorted(seeds_of(run, config_of(run)) & set(seeds)):
        raise ConfigError(
            f"'{run}' has met the seeds {met} of the fit; leave them out by skip={max(met) + 1 - seeds[0]}."
        )


def _count(key: str, text: str, least: int) -> int:
    require(text.isdigit() and least <= int(text) <= 1000, key, text, f"{least} to 1000")
    return int(text)
