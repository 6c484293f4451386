"""A policy that has left its data for the bounds of the actions is told of, and one that stayed is not."""

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import SAC, TD3
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from netgym_cli.agents.offline.out_of_distribution import out_of_distribution_note
from tests.support.spaces_only import SpacesOnlyEnv

SEEN = spaces.Box(-10, 10, (3,), np.float32)
ACTIONS = spaces.Box(-1, 1, (2,), np.float32)


@pytest.mark.parametrize("kind", [TD3, SAC])
@pytest.mark.parametrize(
    ("pushed", "dataset", "told"),
    [
        (20.0, 0.3, "100% of the policy's actions lie at their bounds and 0% of the dataset's"),
        (20.0, 1.0, None),
        (0.0, 0.3, None),
    ],
)
def test_a_policy_is_compared_with_its_dataset(kind, pushed, dataset, told):
    model = kind("MlpPolicy", SpacesOnlyEnv(SEEN, ACTIONS), seed=1, device="cpu", buffer_size=1)
    last = model.actor.mu[-2] if kind is TD3 else model.actor.mu
    with torch.no_grad():
        last.bias.fill_(pushed)
    seen, none = torch.randn(64, 3, generator=torch.Generator().manual_seed(2)), torch.zeros(64, 1)
    note = out_of_distribution_note(model, ReplayBufferSamples(seen, torch.full((64, 2), dataset), seen, none, none))
    assert note is None if told is None else told in note
