"""`netgym fit-twin`: a calibration with which a fluid twin does what another simulator did.

Agents play on the simulator. The twin's users are put in the same places and given the same actions, so what is left of
the difference is the twin's own. Its parameters are then moved so that mean rates, delays and rewards agree, by the
method of Levenberg and Marquardt with differences for derivatives (Marquardt, SIAM Journal on Applied Mathematics 11,
1963); the curvature at the end gives their standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from netgym_cli.analysis.twin_places import places
from netgym_cli.analysis.twin_recording import Recording
from netgym_cli.config.schema import RunConfig
from netgym_cli.envs.base import Adapter, adapter_of
from netgym_cli.simulators.fluid.batch import FluidBatch
from netgym_cli.simulators.fluid.calibration import Calibration
from netgym_cli.simulators.stats import Stats

REPEATS = 4  # networks of the twin for each recorded one: its own chance is not the fit's
DEFAULT_AGENT = "system_default"
RATES, DELAYS = ("rate_mbps", "rate_kbps", "served_rate_mbps"), ("owd_ms", "rtt_ms")
REWARD_WEIGHT = 0.5
LEAST = 0.01  # below it logarithms of rates and delays say nothing
STEP = 0.1  # relative change of a parameter for its derivative: the twin is rough at a smaller scale
PRIOR = 0.3  # weight of a parameter's logarithmic distance from its start: what sessions do not tell stays as it was
DAMPINGS = (0.1, 1.0, 10.0)


class Imitation:
    """The twin in the place of recorded sessions.

    Args:
        config: the run whose environment was recorded.
        recordings: agent to its sessions.
    """

    def __init__(self, config: RunConfig, recordings: Mapping[str, Recording]) -> None:
        self.adapter: Adapter[Any] = adapter_of(config.env)
        self.recordings = recordings
        self._settings = self.adapter.settings()
        self._wanted: np.ndarray | None = None

    def residuals(self, texts: Calibration) -> np.ndarray:
        """The twin's figures minus those recorded, a row of three per agent, flat."""
        rows = [self._played(name, recording, texts) for name, recording in self.recordings.items()]
        return np.asarray((np.array(rows) - self._recorded()).ravel())

    def _recorded(self) -> np.ndarray:
        if self._wanted is None:
            self._wanted = np.array([self._figures(r, r.values).mean(axis=0) for r in self.recordings.values()])
        return self._wanted

    def _played(self, name: str, recording: Recording, calibration: Calibration) -> np.ndarray:
        sessions, steps = recording.rewards.shape
        networks = FluidBatch.of(calibration, self.adapter.scenario, self._settings, sessions * REPEATS)
        try:
            if (users := places(recording, self._settings, self.adapter.step_ms)) is not None:
                networks.place(np.repeat(users, REPEATS, axis=0))
            networks.start(np.arange(sessions * REPEATS) + recording.seeds[0])
            values = np.empty((steps, sessions * REPEATS, networks.layout.size))
            for step in range(steps):
                values[step] = networks.step(None if name == DEFAULT_AGENT else self._controls(recording, step))
        finally:
            networks.close()
        return np.asarray(self._figures(recording, np.swapaxes(values, 0, 1)).mean(axis=0))

    def _controls(self, recording: Recording, step: int) -> np.ndarray:
        """What the agent did in this step, as it can be read from the measurement."""
        rows = []
        for session in range(len(recording.seeds)):
            stats = Stats(recording.layout, 0.0, recording.values[session, step])
            control = self.adapter.encode_action(self.adapter.effective_action(None, stats))
            assert control is not None
            rows.append(control)
        return np.repeat(np.array(rows), REPEATS, axis=0)

    def _figures(self, recording: Recording, values: np.ndarray) -> np.ndarray:
        """Per session: mean logarithms of rate and delay and mean reward, weighted; shape `(sessions, 3)`."""
        rows = []
        for session in values:
            measured = [Stats(recording.layout, 0.0, step) for step in session]
            kpis = [self.adapter.kpis(stats) for stats in measured]
            rate, delay = (_mean_logarithm(kpis, names) for names in (RATES, DELAYS))
            reward = sum(self.adapter.reward(stats) for stats in measured) / len(measured)
            rows.append((rate, delay, REWARD_WEIGHT * reward))
        return np.array(rows)


def _mean_logarithm(kpis: list[dict[str, float]], names: tuple[str, ...]) -> float:
    name = next((name for name in names if name in kpis[0]), None)
    if name is None:
        return 0.0
    return sum(math.log(max(of[name], LEAST)) for of in kpis) / len(kpis)


@dataclass(frozen=True)
class Fitted:
    """A calibration and how well it does.

    Attributes:
        calibration: the parameters found, with their standard errors.
        before, after: root mean square of the residuals over the fitted sessions.
    """

    calibration: Calibration
    before: float
    after: float


def fitted(
    start: Calibration, imitation: Imitation, names: list[str], rounds: int, told: Callable[[str], None]
) -> Fitted:
    """Moves the parameters `names` of `start` until the residuals shrink no more, or for so many rounds."""
    best, residuals = dict(start.values), imitation.residuals(start)
    before = _size(residuals)
    jacobian = np.zeros((residuals.size, len(names)))
    for number in range(rounds):
        jacobian = np.array([_derivative(start, imitation, best, name, residuals) for name in names]).T
        found = None
        for damping in DAMPINGS:
            square = jacobian.T @ jacobian + (PRIOR**2 + damping) * np.eye(len(names))
            away = np.array([math.log(best[name] / start.values[name]) for name in names])
            move = -np.linalg.solve(square, jacobian.T @ residuals + PRIOR**2 * away)
            tried = best | {name: best[name] * math.exp(step) for name, step in zip(names, move, strict=True)}
            changed = imitation.residuals(with_values(start, tried))
            if _size(changed) < _size(residuals if found is None else found[1]):
                found = tried, changed
        if found is None:
            break
        best, residuals = found
        told(f"round {number + 1}: root mean square of the residuals {_size(residuals):.4f}")
    freedom = max(residuals.size // 2, residuals.size - len(names))
    square = jacobian.T @ jacobian + PRIOR**2 * np.eye(len(names))
    covariance = np.linalg.inv(square) * float(residuals @ residuals) / freedom
    deviations = [math.sqrt(max(float(covariance[k, k]), 0.0)) for k in range(len(names))]
    errors = {name: abs(best[name]) * of for name, of in zip(names, deviations, strict=True) if of > 0}
    return Fitted(with_values(start, best, errors), before, _size(residuals))


def _derivative(
    start: Calibration, imitation: Imitation, values: Mapping[str, float], name: str, residuals: np.ndarray
) -> np.ndarray:
    """Of the residuals, by the logarithm of a parameter."""
    moved = with_values(start, {**values, name: values[name] * math.exp(STEP)})
    return np.asarray((imitation.residuals(moved) - residuals) / STEP)


def with_values(
    calibration: Calibration, values: Mapping[str, float], errors: Mapping[str, float] | None = None
) -> Calibration:
    """The same calibration with other values."""
    return Calibration(calibration.scenario, dict(values), dict(errors or {}), calibration.file, calibration.provenance)


def _size(residuals: np.ndarray) -> float:
    return math.sqrt(float(residuals @ residuals) / residuals.size)


def text_of(found: Calibration, provenance: str) -> str:
    """The YAML file of a calibration."""
    lines = [f"scenario: {found.scenario}", "like: null", f"provenance: {provenance}", "parameters:"]
    for name, value in found.values.items():
        error = found.errors.get(name)
        lines.append(f"  {name}: {{value: {value:.6g}, error: {'null' if error is None else f'{error:.2g}'}}}")
    return "\n".join(lines) + "\n"
