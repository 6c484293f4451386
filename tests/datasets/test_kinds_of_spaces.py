"""Datasets of every kind of space: what is read is what was written, or it is refused before anything is."""

import numpy as np
import pytest
from gymnasium import spaces

from netgym_cli.common.errors import ConfigError
from netgym_cli.datasets import Episode, ids, open_dataset, write_dataset
from netgym_cli.datasets.episode import stack
from netgym_cli.datasets.schema import as_stored
from netgym_cli.datasets.tools.action_coverage import Range, coverage
from tests.support.kinds import SPACES

STORED = [name for name in SPACES if name not in ("box_without_entries", "text", "sequence", "graph", "one_of")]
STEPS = 4


@pytest.mark.parametrize("name", STORED)
def test_what_is_read_is_what_was_written(name):
    space = SPACES[name]
    space.seed(3)
    episode = Episode(
        observations=stack([space.sample() for _ in range(STEPS + 1)]),
        actions=stack([space.sample() for _ in range(STEPS)]),
        rewards=np.zeros(STEPS),
        terminations=np.zeros(STEPS, bool),
        truncations=np.arange(STEPS) == STEPS - 1,
    )
    write_dataset("a/b-v0", space, space, [episode])
    dataset = open_dataset("a/b-v0")
    (read,) = dataset.episodes()
    assert read.digest() == episode.digest()
    assert dataset.action_space == dataset.observation_space == as_stored(space)
    assert coverage(dataset.action_space, [read.actions])


@pytest.mark.parametrize("name", [name for name in SPACES if name not in STORED])
def test_what_cannot_be_stored_is_refused_and_leaves_nothing(name):
    for both in ((SPACES[name], SPACES["choice"]), (SPACES["choice"], spaces.Dict(inner=SPACES[name]))):
        with pytest.raises(ConfigError, match="cannot be stored; allowed: Box, Discrete"):
            write_dataset("a/b-v0", *both, [])
    assert not ids()


def test_all_whole_numbers_are_the_whole_range():
    space = SPACES["whole"]
    (found,) = coverage(space, [np.arange(-5, 6)[:, None]])
    assert isinstance(found, Range) and found.visited == 1
    (found,) = coverage(space, [np.array([[-5], [0], [5]])])
    assert found.visited == pytest.approx(3 / 11)
