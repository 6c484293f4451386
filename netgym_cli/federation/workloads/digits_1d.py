"""Ten digits as lines: each example is a template, moved, stretched and disturbed, as in MNIST-1D (Greydanus 2020).

The examples come from a generator of netgym's own, from a seed: nothing is downloaded, and the order of additions is
fixed, so that they are the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from omegaconf import MISSING

from netgym_cli.config.fields import ranged
from netgym_cli.federation.classification import Classification, ClassificationConfig, Examples

LABELS = 10
POINTS = 40  # of an example
BEND = 6  # points between the corners of a template
MARGIN = 6  # most points by which a template is moved to either side


@dataclass
class Digits1dConfig(ClassificationConfig):
    """Keys of conf/env/workload/digits_1d.yaml."""

    training_examples: int = ranged(LABELS, 1_000_000)
    validation_examples: int = ranged(LABELS, 1_000_000)
    noise: float = ranged(0, 100)
    data_seed: int = ranged(0, 2**31 - 1)
    name: str = MISSING


class Digits1d(Classification[Digits1dConfig]):
    """Ten classes of lines of 40 points."""

    config_schema = Digits1dConfig

    def data(self) -> Examples:
        """Labels are as frequent as each other, but for a remainder."""
        config = self.config
        generator = np.random.default_rng((config.data_seed, 1))
        templates = np.stack([_template(generator) for _ in range(LABELS)])
        count = config.training_examples + config.validation_examples
        labels = generator.permutation(np.arange(count) % LABELS)
        inputs = np.stack([_example(templates[label], config.noise, generator) for label in labels])
        end = config.training_examples
        return Examples(inputs[:end], labels[:end], inputs[end:], labels[end:])


def _template(generator: np.random.Generator) -> np.ndarray:
    """A line through random corners, wide enough to be moved."""
    width = POINTS + 2 * MARGIN
    corners = generator.uniform(-1, 1, width // BEND + 2)
    return np.interp(np.arange(width) / BEND, np.arange(len(corners)), corners)


def _example(template: np.ndarray, noise: float, generator: np.random.Generator) -> np.ndarray:
    moved = generator.integers(2 * MARGIN + 1)
    line = template[moved : moved + POINTS] * generator.uniform(0.6, 1.4)
    slope = np.linspace(-0.3, 0.3, POINTS) * generator.uniform(-1, 1)
    return np.asarray(line + slope + noise * generator.uniform(-1, 1, POINTS))
