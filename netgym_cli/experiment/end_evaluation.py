"""The evaluation that follows a training: whether there is one, and where its networks are simulated."""

from __future__ import annotations

from dataclasses import replace

from netgym_cli.common.errors import ConfigError
from netgym_cli.config.schema import AgentConfig, RunConfig
from netgym_cli.envs.base import env_registry
from netgym_cli.simulators.base import simulator_registry
from netgym_cli.simulators.selection import require_choice, settings_of


def why_not_evaluated(run: RunConfig) -> str | None:
    """Why a run is not evaluated at its end, whatever `evaluate_at_end` says, as a clause; None if it is."""
    from netgym_cli.experiment.run import make_agent

    agent, name = make_agent(run), run.name_of("agent")
    if agent.needs_dataset:
        return f"agent {name} is evaluated by agent.evaluate_every_steps"
    if not agent.learns:
        return f"agent {name} learns nothing"
    return None if agent.can_be_loaded else f"nothing can load agent {name}"


def asked_for(run: RunConfig) -> bool:
    """Whether the agent of a run is to be evaluated at its end."""
    return run.evaluate_at_end is not None and run.evaluate_at_end.networks > 0 and why_not_evaluated(run) is None


def at_the_end(run: RunConfig) -> RunConfig:
    """`run` on the simulator of its last evaluation. Raises `ConfigError` for one that nobody knows."""
    asked = run.evaluate_at_end
    assert asked is not None
    name = asked.simulator or simulator_registry.load(run.simulator.name).twin_of
    if name in (None, run.simulator.name):
        return run
    return replace(run, simulator=settings_of(name, run.simulator), choices={**run.choices, "simulator": str(name)})


def rivals(run: RunConfig) -> dict[str, AgentConfig]:
    """Whom the agent of a run meets at its end: name to config."""
    has_default = env_registry.load(run.env.name).has_default
    return {name: AgentConfig(name=name) for name in ("random", *(["system_default"] if has_default else []))}


def check(run: RunConfig) -> None:
    """Raises `ConfigError` if the simulator that the config names for the last evaluation cannot run its networks."""
    if run.evaluate_at_end is None or run.evaluate_at_end.simulator is None:
        return
    adapter = env_registry.load(run.env.name)
    try:
        chosen = at_the_end(run).simulator
        require_choice(chosen, adapter.required_simulator, adapter.scenario, run.name_of("env"))
    except ConfigError as error:
        raise ConfigError(f"evaluate_at_end.{error}".replace(" simulator=", " evaluate_at_end.simulator=")) from error
