"""Collections of somebody else's environments, `env=gym`: how they are called, and what they say of themselves."""

import json

import minari
import pytest

from netgym_cli.datasets import open_dataset
from tests.collection.test_collect import netgym

pytestmark = pytest.mark.usefixtures("workdir")


def collected(*words):
    done = netgym("collect", "env=gym", "agent=random", "jobs=1", *words)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_with_the_same_gym_environment_minari_makes_it_again():
    collected("env.id=CartPole-v1", "episodes=3")
    dataset = minari.load_dataset("netgym/gym-CartPole-v1/random-v0")
    episode = next(dataset.iterate_episodes())
    assert episode.terminations[-1] and not episode.truncations.any() and len(episode) < 60
    assert dataset.recover_environment().spec.id == "CartPole-v1"


@pytest.mark.parametrize(
    ("words", "dataset_id"),
    [
        (["env.id=Pendulum-v1"], "netgym/gym-Pendulum-v1/random-v0"),
        (["env.id=CartPole-v1", "name=mine"], "netgym/gym-CartPole-v1/mine-v0"),
        (["env.id=gymnasium.envs.classic_control:Acrobot-v1"], "netgym/gym-Acrobot-v1/random-v0"),
    ],
)
def test_the_dataset_is_named_after_the_environment(words, dataset_id):
    assert f"{dataset_id}: 1 episode, 3 steps" in collected("episodes=1", "env.steps_per_episode=3", *words)
    assert open_dataset(dataset_id).total_steps == minari.load_dataset(dataset_id).total_steps == 3


def test_a_merge_claims_no_length_of_episodes_that_is_not_so():
    for name, steps in (("shorter", 3), ("longer", 5)):
        collected("episodes=1", "env.id=Pendulum-v1", f"env.steps_per_episode={steps}", f"name={name}")
        spec = json.loads(open_dataset(f"netgym/gym-Pendulum-v1/{name}-v0").metadata["env_spec"])
        assert spec["max_episode_steps"] == steps
    ids = [f"netgym/gym-Pendulum-v1/{name}-v0" for name in ("shorter", "longer")]
    assert netgym("data", "merge", *ids, "--name", "a/both-v0").exit_code == 0
    both = open_dataset("a/both-v0")
    assert "env_spec" not in both.metadata and "env" not in both.netgym
    assert [one["env"]["steps_per_episode"] for one in both.netgym["sources"]] == [3, 5]
