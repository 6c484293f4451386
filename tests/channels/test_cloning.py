"""What behaviour cloning does where its dataset has never been."""

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from netgym_cli.agents.offline.bc import BcLearner
from tests.support.spaces_only import SpacesOnlyEnv

SEEN = spaces.Box(-10, 10, (6,), np.float32)
ALWAYS = torch.tensor([1.0, -1.0])


def cloned(actions, observations, updates=200):
    model = PPO("MlpPolicy", SpacesOnlyEnv(SEEN, spaces.Box(-1, 1, (2,), np.float32)), seed=1, device="cpu")
    learner = BcLearner(model, log_std_min=-3.0)
    learner.begin(actions)
    unused = torch.zeros(len(actions), 1)
    for _ in range(updates):
        learner.update(ReplayBufferSamples(observations, actions, observations, unused, unused))
    return model


def test_what_a_behaviour_always_did_is_done_on_observations_far_from_the_dataset():
    near = torch.randn(256, 6, generator=torch.Generator().manual_seed(2)) * 0.3 + 1
    model = cloned(ALWAYS.expand(256, 2), near)
    acted, _ = model.predict(-near.numpy(), deterministic=True)
    assert np.abs(acted - ALWAYS.numpy()).max() < 0.05


def test_a_policy_begins_with_the_spread_of_the_actions_and_never_under_its_floor():
    drawn = torch.randn(4096, 2, generator=torch.Generator().manual_seed(3)) * torch.tensor([0.5, 0.0])
    policy = cloned(drawn, torch.zeros(4096, 6), updates=0).policy
    assert np.allclose(policy.log_std.detach().exp(), [0.5, np.exp(-3)], rtol=0.05)
