"""Whether a policy's actions are at bounds where its dataset has none: out of distribution.

A known failure of value learning from narrow data: nothing in them contradicts a value that is too high at an action
that was never taken (Fujimoto et al., "Off-policy deep reinforcement learning without exploration", ICML 2019).
"""

from __future__ import annotations

import torch
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.type_aliases import ReplayBufferSamples

AT_BOUND = 0.98  # of an action in -1 to 1
TOO_MUCH = 0.5  # larger share of actions at bounds, policy's over dataset's, that is worth a remark


def at_bounds(model: OffPolicyAlgorithm, samples: ReplayBufferSamples) -> tuple[float, float]:
    """Share of the entries of actions at a bound: the policy's at the observations of `samples`, and the dataset's."""
    model.policy.set_training_mode(False)
    with torch.no_grad():
        chosen = model.policy._predict(samples.observations, deterministic=True)
    policy, dataset = ((actions.abs() > AT_BOUND).float().mean().item() for actions in (chosen, samples.actions))
    return policy, dataset


def out_of_distribution_note(model: OffPolicyAlgorithm, samples: ReplayBufferSamples) -> str | None:
    """A remark for the run's summary; None for a policy within the distribution of its data."""
    policy, dataset = at_bounds(model, samples)
    if policy - dataset <= TOO_MUCH:
        return None
    return (
        f"{policy:.0%} of the policy's actions lie at their bounds and {dataset:.0%} of the dataset's: too high values "
        "lured it to where the data say nothing; weigh imitation or pessimism more, or collect more varied data"
    )
