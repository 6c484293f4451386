"""Distributed training: nodes train one model over slow links, and the agent decides how often they talk.

A step is a round: some steps of every node for itself, then an exchange, which takes as long as the network needs. An
episode is a training from new weights. It ends at its target.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces

from netgym_cli.config.schema import plain
from netgym_cli.envs.base import Adapter, box_action, is_empty
from netgym_cli.envs.distributed.config import DistributedTrainingConfig
from netgym_cli.envs.distributed.features import FEATURES, figure, loss_slope
from netgym_cli.envs.last_axis import PerNetwork, number
from netgym_cli.messages.link import link_keys
from netgym_cli.simulators.stats import Stats


class DistributedTraining(Adapter[DistributedTrainingConfig]):
    """When nodes that train one model talk to each other.

    observation: float32 of shape (len(features),): the last round, see `FEATURES`.
    action: float32 of shape (1,) in [0, 1]: steps of each node in the next round, from `local_steps_range` by its
        logarithm. Empty: the strategy's own schedule.
    """

    config_schema = DistributedTrainingConfig
    required_simulator = "federation"
    scenario = "distributed_training"
    action_space: spaces.Box
    action_labels = ("steps of each node, by its logarithm",)
    batched: ClassVar[bool] = True
    ends_episodes: ClassVar[bool] = True

    def __init__(self, config: DistributedTrainingConfig) -> None:
        super().__init__(config)
        self.features = [FEATURES[name] for name in config.features]
        low, high = ([getattr(feature, end) for feature in self.features] for end in ("low", "high"))
        self.observation_space = spaces.Box(np.array(low, np.float32), np.array(high, np.float32), dtype=np.float32)
        self.action_space = spaces.Box(0.0, 1.0, (1,), np.float32)
        self.observation_labels = tuple(feature.label for feature in self.features)

    @property
    def step_ms(self) -> float:
        """A round takes as long as it takes."""
        return 0.0

    def settings(self) -> dict[str, Any]:
        return {**plain(self.config), "link": plain(link_keys(self.config.link, "env.link"))}

    def observation(self, stats: Stats) -> np.ndarray:
        values = [feature.of(stats, self.config) for feature in self.features]
        return np.stack(values, axis=-1).astype(np.float32)

    def reward(self, stats: Stats) -> PerNetwork:
        """See `REWARDS`; less `failure` where the training is given up without having reached its target."""
        terms = self.config.reward_terms
        return REWARDS[self.config.reward](self, stats) - terms.failure * number(self._failed(stats))

    def ending(self, stats: Stats) -> tuple[bool, bool]:
        """Terminal at the target, and when the training has diverged; cut off at the end of the time budget."""
        return bool(self._reached(stats) or figure(stats, "train::diverged")), bool(self._late(stats))

    def encode_action(self, action: Any) -> np.ndarray | None:
        """Steps of each node."""
        if is_empty(action):
            return None
        low, high = self.config.local_steps_range
        given = box_action(action, self.action_space, many=True)
        steps = [float(round(low * (high / low) ** value)) for value in given.ravel().tolist()]
        return np.array(steps).reshape(given.shape)

    def action_for(self, local_steps: float) -> np.ndarray:
        """The action that asks for so many steps of each node, or for the nearest number in the range."""
        low, high = self.config.local_steps_range
        steps = min(max(local_steps, low), high)
        return np.array([math.log(steps / low) / math.log(high / low) if high > low else 0.0], np.float32)

    def effective_action(self, action: Any, stats: Stats) -> np.ndarray:
        """What the round's number of steps is asked for by, whoever decided it."""
        return self.action_for(float(stats["train::local_steps"][0]))

    def kpis(self, stats: Stats) -> dict[str, PerNetwork]:
        found = {name: figure(stats, key) for name, key in KPIS.items() if key in stats.layout.places}
        for name, key in MEGABYTES.items():
            found[name] = figure(stats, key) / 1e6
        found["retransmitted_pct"] = 100 * figure(stats, "net::retransmitted_share")
        return found

    def time_scale_s(self, stats: Stats) -> PerNetwork:
        """Virtual time that costs 1."""
        own = figure(stats, "time::default_round")
        given = self.config.reward_terms.time_scale_s
        return number(np.where(np.asarray(own) > 0, own, 1.0)) if given is None else given

    def _reached(self, stats: Stats) -> Any:
        config, reached = self.config, np.asarray(False)
        if config.target_accuracy is not None:
            reached = reached | (figure(stats, "train::accuracy") >= config.target_accuracy)
        if config.target_loss is not None:
            reached = reached | (figure(stats, "train::loss") <= config.target_loss)
        return reached

    def _late(self, stats: Stats) -> Any:
        budget_s = self.config.time_budget_s
        return np.asarray(False) if budget_s is None else figure(stats, "time::training") >= budget_s

    def _failed(self, stats: Stats) -> Any:
        """Whether the training ends here without having reached a target that it has."""
        if self.config.target_accuracy is None and self.config.target_loss is None:
            return np.asarray(figure(stats, "train::diverged")) > 0
        last = figure(stats, "train::rounds") >= self.config.steps_per_episode
        over = last | self._late(stats) | (np.asarray(figure(stats, "train::diverged")) > 0)
        return over & ~self._reached(stats)


def _time(adapter: DistributedTraining, stats: Stats) -> PerNetwork:
    """Minus the time of the round: the return is minus the time to the target."""
    return -figure(stats, "time::round") / adapter.time_scale_s(stats)


def _progress(adapter: DistributedTraining, stats: Stats) -> PerNetwork:
    """What the loss has fallen by, as a logarithm, minus time and bytes; these add up over a training."""
    scale_mb = adapter.config.reward_terms.bytes_scale_mb
    cost = 0.0 if scale_mb is None else figure(stats, "net::bytes") / 1e6 / scale_mb
    return loss_slope(stats, adapter.config) + _time(adapter, stats) - cost


REWARDS: dict[str, Callable[[DistributedTraining, Stats], PerNetwork]] = {"time": _time, "progress": _progress}

KPIS = {
    "time_s": "time::training",
    "round_s": "time::round",
    "compute_s": "time::compute",
    "wait_s": "time::wait",
    "comm_s": "time::comm",
    "local_steps": "train::local_steps",
    "loss": "train::loss",
    "accuracy": "train::accuracy",
    "local_loss": "train::local_loss",
    "train_loss": "train::train_loss",
    "drift": "train::drift",
    "examples": "train::examples",
    "utilization_pct": "time::utilization_pct",
}
MEGABYTES = {"wire_mb": "net::bytes", "payload_mb": "net::payload"}
