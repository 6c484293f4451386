"""Random numbers of channels: one row for each packet, drawn in blocks, the same for one channel and for a batch.

A stream is NumPy's PCG64, seeded by a `SeedSequence`. First come the numbers of the session, then blocks of `BLOCK`
packets; a block holds one column after the other. So a packet's numbers depend on the seed and on how many packets came
before it, and on nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np

BLOCK = 256
LINE = 8  # float64 numbers in a line of a processor's cache
Row = tuple[float, ...]

# What a column may hold, and the generator's method that draws it: uniform in [0, 1), uniform in [-1, 1), standard
# normal, exponential of mean 1, or zeros, for which nothing is drawn.
KINDS = {
    "uniform": "random",
    "symmetric": "random",
    "normal": "standard_normal",
    "exponential": "standard_exponential",
    "none": "",
}


def stream(seed: int | None) -> np.random.Generator:
    """A stream of its own; None: from the operating system."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))


def streams(seeds: Sequence[int] | None, copies: int) -> list[np.random.Generator]:
    """A stream for each copy; without seeds: from the operating system."""
    return [stream(None) for _ in range(copies)] if seeds is None else [stream(seed) for seed in seeds]


class _Blocks:
    """Draws blocks of columns of the named kinds."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self._symmetric = [place for place, kind in enumerate(kinds) if kind == "symmetric"]
        methods = groupby(range(len(kinds)), lambda place: KINDS[kinds[place]])
        runs = [(method, list(places)) for method, places in methods if method]
        self._runs = [(method, slice(places[0], places[-1] + 1)) for method, places in runs]

    def parts(self, block: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """The pieces of a block, of shape `(columns, BLOCK)`, in the order in which they are drawn."""
        return [(method, block[places]) for method, places in self._runs]

    @staticmethod
    def draw(generator: np.random.Generator, parts: list[tuple[str, np.ndarray]]) -> None:
        """Fills a block, given as its parts, from the stream."""
        for method, part in parts:
            getattr(generator, method)(out=part)

    def finish(self, columns: np.ndarray) -> None:
        """Makes columns, of any shape behind the first axis, what they are named."""
        for place in self._symmetric:
            columns[place] *= 2
            columns[place] -= 1


class Draws:
    """The rows of one stream.

    Args:
        generator: the stream, from which the numbers of the session were taken already.
        kinds: a name in `KINDS` for each column.

    Attributes:
        rows: what is drawn but not used, last row first, so that `rows.pop()` is the next packet's; always this list.
    """

    def __init__(self, generator: np.random.Generator, kinds: Sequence[str]) -> None:
        self._generator, self._blocks = generator, _Blocks(kinds)
        self._block = np.zeros((len(kinds), BLOCK))
        self.rows: list[Row] = []

    def refill(self) -> Row:
        """Draws a block and takes its first row."""
        self._blocks.draw(self._generator, self._blocks.parts(self._block))  # not kept: a deep copy would part them
        self._blocks.finish(self._block)
        self.rows.extend(zip(*self._block[:, ::-1].tolist(), strict=True))
        return self.rows.pop()


class BatchDraws:
    """The rows of n streams that are used in step: copy i gets what `Draws` of stream i would give it.

    Args:
        generators: n streams.
        kinds: a name in `KINDS` for each column.
    """

    def __init__(self, generators: Sequence[np.random.Generator], kinds: Sequence[str]) -> None:
        self._generators, self._blocks = generators, _Blocks(kinds)
        self._columns = np.zeros((len(kinds), BLOCK, len(generators)))
        self._drawn = np.zeros((LINE, len(kinds), BLOCK))
        self._next = BLOCK

    def row(self) -> np.ndarray:
        """The numbers of the next packet of every copy: shape `(columns, n)`, valid until the next call."""
        if self._next == BLOCK:
            self._refill()
        self._next += 1
        row: np.ndarray = self._columns[:, self._next - 1]
        return row

    def _refill(self) -> None:
        copies = len(self._generators)
        for first in range(0, copies, LINE):  # transposed by cache lines, which takes a fourth of the time
            group = self._generators[first : first + LINE]
            for generator, block in zip(group, self._drawn, strict=False):
                self._blocks.draw(generator, self._blocks.parts(block))
            self._columns[:, :, first : first + LINE] = self._drawn[: len(group)].transpose(1, 2, 0)
        self._blocks.finish(self._columns)
        self._next = 0
